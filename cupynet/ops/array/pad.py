"""Padding at the borders."""
from __future__ import annotations

from typing import Literal

from ..catalog import op, require
from ..infer import Slots, derived, same_type
from ..schema import Attrs, Shape

__all__: list[str] = []


def _widths(pad_width: tuple[int, ...], rank: int) -> list[tuple[int, int]]:
    """Return `pad_width` as (before, after) of each axis."""
    require(len(pad_width) == 2 * rank and min(pad_width, default=0) >= 0, "Pad",
            f"pad_width is {pad_width}; expected two numbers, 0 or more, for each of {rank} axes")
    return list(zip(pad_width[::2], pad_width[1::2]))


@op(name="Pad", aliases=("pad",))
def pad(xp, data, *, mode: Literal["constant", "edge", "reflect"], pad_width: Shape, constant_value: float = 0.0,
        out=None):
    """`data` with a border of ``pad_width[2 * i]`` elements before and ``pad_width[2 * i + 1]`` after along axis `i`.

    The border is `constant_value`, a copy of the nearest element (``edge``), or a reflection that does not
    repeat the nearest element (``reflect``). Any rank, any dtype (MXNet: 4 and 5 axes, the last two or three).
    """
    widths = _widths(pad_width, data.ndim)
    if mode != "constant":
        result = xp.pad(data, widths, mode=mode)
        if out is None:
            return result
        out[...] = result
        return out
    if out is None:
        out = xp.empty([before + n + after for n, (before, after) in zip(data.shape, widths)], data.dtype)
    out[...] = constant_value
    out[tuple(slice(before, before + n) for n, (before, _) in zip(data.shape, widths))] = data
    return out


@pad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0] if ins[0] is not None else outs[0]
    if shape is None:
        return
    widths = _widths(attrs.pad_width, len(shape))
    if ins[0] is not None:
        outs[0] = tuple(derived(lambda n, pair: n + sum(pair), n, pair) for n, pair in zip(ins[0], widths))
        fits = all(n is None or max(pair) < n or not any(pair) for n, pair in zip(ins[0], widths))
        require(attrs.mode != "reflect" or fits, "Pad",
                f"pad_width is {attrs.pad_width}; a reflection is narrower than data, which has shape {ins[0]}")
    ins[0] = tuple(derived(lambda n, pair: n - sum(pair), n, pair) for n, pair in zip(outs[0], widths))


pad.type(same_type)


@pad.grad("data")
def _(F, grad, data_shape, *, mode, pad_width):
    if mode != "constant":
        return F._backward_pad(grad, mode=mode, pad_width=pad_width)
    begin = pad_width[::2]
    return F.slice(grad, begin=begin, end=tuple(n + before for n, before in zip(data_shape, begin)))


@op(name="_backward_pad")
def backward_pad(xp, data, *, mode: Literal["edge", "reflect"], pad_width: Shape):
    """Gradient of Pad in the modes that copy elements: what went into the border is added where it came from."""
    for axis, (before, after) in enumerate(_widths(pad_width, data.ndim)):
        if before == after == 0:
            continue
        data = xp.moveaxis(data, axis, 0)
        stop = len(data) - after
        core, head, tail = data[before:stop].copy(), data[:before], data[stop:]
        if mode == "edge":
            core[0] += head.sum(0)
            core[-1] += tail.sum(0)
        else:
            core[1:before + 1] += head[::-1]
            core[len(core) - 1 - after:-1] += tail[::-1]
        data = xp.moveaxis(core, 0, axis)
    return data.copy() if not any(pad_width) else data


@backward_pad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        widths = _widths(attrs.pad_width, len(ins[0]))
        outs[0] = tuple(derived(lambda n, pair: n - sum(pair), n, pair) for n, pair in zip(ins[0], widths))


backward_pad.type(same_type)


@backward_pad.grad("data")
def _(F, grad, *, mode, pad_width):
    return F.Pad(grad, mode=mode, pad_width=pad_width)
