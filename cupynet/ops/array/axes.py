"""Axes in another order, and elements in reverse order along them."""
from __future__ import annotations

import functools
from collections.abc import Sequence

from ..catalog import require
from ..infer import Slots
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .shapes import moving_op

__all__: list[str] = []


@functools.lru_cache(maxsize=4096)
def _order(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return the complete order of axes that ``transpose`` makes of `axes`."""
    if not axes:
        return tuple(range(rank))[::-1]
    order = tuple(normal_axis("transpose", axis, rank) for axis in axes)
    require(sorted(order) == list(range(rank)), "transpose", f"axes is {axes}; expected each of {rank} axes once")
    return order


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


@moving_op("transpose")
def transpose(xp, data, *, axes: Shape = ()):
    """Axes in another order: axis `i` of the output is ``axes[i]`` of `data`; reversed if `axes` is empty."""
    return data.transpose(*axes)


@transpose.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = tuple(ins[0][i] for i in _order(attrs.axes, len(ins[0])))
    if outs[0] is not None:
        ins[0] = tuple(outs[0][i] for i in _inverse(_order(attrs.axes, len(outs[0]))))


@transpose.grad("data")
def _(F, grad, *, axes):
    return F.transpose(grad, axes=_inverse(_order(axes, len(axes))) if axes else ())


@moving_op("SwapAxis", ("swapaxes",))
def swap_axis(xp, data, *, dim1: int = 0, dim2: int = 0):
    """Exchange the axes `dim1` and `dim2`."""
    return data.swapaxes(dim1, dim2)


@swap_axis.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for source, target in ((ins, outs), (outs, ins)):
        if source[0] is not None:
            shape = list(source[0])
            i, j = (normal_axis("SwapAxis", dim, len(shape)) for dim in (attrs.dim1, attrs.dim2))
            shape[i], shape[j] = shape[j], shape[i]
            target[0] = tuple(shape)


@swap_axis.grad("data")
def _(F, grad, *, dim1, dim2):
    return F.SwapAxis(grad, dim1=dim1, dim2=dim2)


@moving_op("reverse", ("flip",))
def reverse(xp, data, *, axis: Shape):
    """Elements in reverse order along each axis of `axis`."""
    return xp.flip(data, axis)


@reverse.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]
    ins[0] = outs[0]
    if ins[0] is not None:
        axes = {normal_axis("reverse", axis, len(ins[0])) for axis in attrs.axis}
        require(len(axes) == len(attrs.axis), "reverse", f"axis is {attrs.axis}; expected each axis once")


@reverse.grad("data")
def _(F, grad, *, axis):
    return F.reverse(grad, axis=axis)
