"""Correlation of two feature maps."""
from __future__ import annotations

from typing import Any

from ..catalog import op, require
from ..infer import Length, Slots, same_type
from ..schema import Attrs
from .maps import accumulator, require_rank

__all__: list[str] = []


def _displacements(max_displacement: int, stride: int) -> list[tuple[int, int]]:
    """Return the displacements (y, x) that maps are compared at, in the order of the output's channels."""
    reach = max_displacement // stride
    steps = [step * stride for step in range(-reach, reach + 1)]
    return [(y, x) for y in steps for x in steps]


def _correlation_size(shape: tuple, attrs: Any) -> tuple[Length, Length]:
    border = attrs["max_displacement"] + (attrs["kernel_size"] - 1) // 2
    return tuple(None if n is None else -(-(n + 2 * attrs["pad_size"] - 2 * border) // attrs["stride1"])
                 for n in shape[2:])


def _windows(pad: int, size: tuple, kernel: int, max_displacement: int, stride: int) -> list:
    """Return, for each place in the kernel, the function from a displacement to a slice of the padded maps."""
    spans = [(n - 1) * stride + 1 for n in size]

    def at(i: int, j: int):
        def window(dy: int, dx: int) -> tuple:
            y, x = max_displacement + i + dy, max_displacement + j + dx
            return (slice(None), slice(None), slice(y, y + spans[0], stride), slice(x, x + spans[1], stride))
        return window
    return [at(i, j) for i in range(kernel) for j in range(kernel)]


def _pad(xp: Any, data: Any, pad: int) -> Any:
    return xp.pad(data, ((0, 0), (0, 0), (pad, pad), (pad, pad))) if pad else data


@op(name="Correlation")
def correlation(xp, data1, data2, *, kernel_size: int = 1, max_displacement: int = 1, stride1: int = 1,
                stride2: int = 1, pad_size: int = 0, is_multiply: bool = True):
    """Compare patches of two feature maps at displacements up to `max_displacement` (FlowNet).

    One output channel for each displacement (dy, dx), a multiple of `stride2`: the mean over the channels and a
    patch of ``kernel_size ** 2`` of ``data1(p) * data2(p + d)``, or of ``|data1(p) - data2(p + d)|``.

    Parameters
    ----------
    data1, data2 : (N, C, H, W), floating point
    kernel_size : int
        Odd.
    max_displacement : int
    stride1, stride2 : int
        Steps between patches and between displacements.
    pad_size : int
        Zeros around both maps.
    is_multiply : bool
        False: absolute differences.

    Returns
    -------
    (N, D * D, H', W') with ``D = 2 * (max_displacement // stride2) + 1``. Fischer et al., 2015.
    """
    attrs = {"kernel_size": kernel_size, "max_displacement": max_displacement, "pad_size": pad_size, "stride1": stride1}
    one, two = (_pad(xp, accumulator(data), pad_size) for data in (data1, data2))
    moves = _displacements(max_displacement, stride2)
    size = _correlation_size(data1.shape, attrs)
    result = xp.zeros((data1.shape[0], len(moves), *size), one.dtype)
    for window in _windows(pad_size, size, kernel_size, max_displacement, stride1):
        still = one[window(0, 0)]
        for channel, move in enumerate(moves):
            moved = two[window(*move)]
            result[:, channel] += (still * moved if is_multiply else xp.abs(still - moved)).sum(1)
    result /= kernel_size * kernel_size * data1.shape[1]
    return result.astype(data1.dtype, copy=False)


@correlation.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.kernel_size % 2 == 1, "Correlation", f"kernel_size is {attrs.kernel_size}; expected an odd number")
    require(min(attrs.stride1, attrs.stride2) > 0 <= min(attrs.pad_size, attrs.max_displacement), "Correlation",
            "expected stride1 and stride2 greater than 0, pad_size and max_displacement 0 or more")
    for i in (0, 1):
        require_rank("Correlation", ins.names[i], ins[i], 4, "(N, C, H, W)")
    if outs[0] is not None:
        ins[0] = (outs[0][0], None, None, None)
    ins[1] = ins[0]
    ins[0] = ins[1]
    if ins[0] is not None:
        batch, size = ins[0][0], _correlation_size(ins[0], attrs)
        require(all(n is None or n > 0 for n in size), "Correlation",
                f"maps of shape {ins[0]} with pad_size={attrs.pad_size} have no room for "
                f"kernel_size={attrs.kernel_size} and max_displacement={attrs.max_displacement}")
        outs[0] = (batch, len(_displacements(attrs.max_displacement, attrs.stride2)), *size)


correlation.type(same_type)


@correlation.grad("data1", "data2")
def _(F, grad, data1, data2, *, kernel_size, max_displacement, stride1, stride2, pad_size, is_multiply):
    return F._backward_Correlation(grad, data1, data2, kernel_size=kernel_size, max_displacement=max_displacement,
                                   stride1=stride1, stride2=stride2, pad_size=pad_size, is_multiply=is_multiply)


@op(name="_backward_Correlation", outputs=("one", "two"), differentiable=False)
def correlation_grad(xp, flow, data1, data2, *, kernel_size: int = 1, max_displacement: int = 1, stride1: int = 1,
                     stride2: int = 1, pad_size: int = 0, is_multiply: bool = True):
    """Gradients of Correlation to both maps."""
    one, two = (_pad(xp, accumulator(data), pad_size) for data in (data1, data2))
    back_one, back_two = xp.zeros_like(one), xp.zeros_like(two)
    back = accumulator(flow) * (1 / (kernel_size * kernel_size * data1.shape[1]))
    for window in _windows(pad_size, flow.shape[2:], kernel_size, max_displacement, stride1):
        for channel, move in enumerate(_displacements(max_displacement, stride2)):
            here, there = window(0, 0), window(*move)
            each = back[:, channel:channel + 1]
            if is_multiply:
                back_one[here] += each * two[there]
                back_two[there] += each * one[here]
            else:
                each = xp.where(one[here] >= two[there], each, -each)  # where both are the same, as in MXNet
                back_one[here] += each
                back_two[there] -= each
    inner = (slice(None), slice(None), *(slice(pad_size, pad_size + n) for n in data1.shape[2:]))
    return tuple(xp.ascontiguousarray(back[inner]).astype(data1.dtype, copy=False) for back in (back_one, back_two))


@correlation_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for i in (0, 1):
        outs[i] = ins[1]


correlation_grad.type(same_type)
