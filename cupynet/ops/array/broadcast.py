"""Stretching axes of length 1."""
from __future__ import annotations

from collections.abc import Callable

from ..catalog import op, require
from ..infer import ShapeLike, Slots, alike, either, first_type, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .shapes import replaced

__all__: list[str] = []


def _broadcast_check(name: str, data: tuple, target: tuple) -> None:
    lead = len(target) - len(data)
    require(lead >= 0 and all(n == 1 or alike(n, m) for n, m in zip(data, target[max(lead, 0):])), name,
            f"data has shape {data}, which does not broadcast to {target}")


def _broadcast_shape(name: str, target_of: Callable[[Attrs, Slots], ShapeLike]) -> Callable:
    """Return the shape rule of an operator that broadcasts its first input to ``target_of(attrs, ins)``."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[0] = target_of(attrs, ins)
        data, target = ins[0], outs[0]
        if data is not None and target is not None:
            _broadcast_check(name, data, target)
            lead = len(target) - len(data)  # a length that is not 1 stays what it is
            outs[0] = (*target[:lead], *(m if n == 1 else either(n, m) for n, m in zip(data, target[lead:])))
    return rule


def _kept(shape: tuple[int, ...], data: tuple) -> tuple:
    """Return `shape` with 0 replaced by the length of the same axis (from the right) of `data`."""
    if 0 not in shape:
        return shape
    lead = len(shape) - len(data)
    require(lead >= 0 and 0 not in shape[:lead], "broadcast_to",
            f"shape is {shape} for data of shape {data}; a length of 0 keeps an axis that data has")
    return tuple(n or data[i - lead] for i, n in enumerate(shape))


@op(name="broadcast_to", view=True, broadcasts=True)
def broadcast_to(xp, data, *, shape: Shape = ()):
    """`data` repeated along its axes of length 1 to fill `shape`, in which 0 keeps an axis as it is.

    New axes in front are allowed (unlike MXNet's operator, like NumPy's).
    """
    return xp.broadcast_to(data, _kept(shape, data.shape))


broadcast_to.shape(_broadcast_shape("broadcast_to", lambda attrs, ins: (
    tuple(n or None for n in attrs.shape) or None if ins[0] is None else _kept(attrs.shape, ins[0]))))


def _spread(data: tuple, axis: tuple[int, ...], size: tuple[int, ...]) -> tuple:
    """Return the shape `data` with the lengths `size` at `axis`, where it has length 1."""
    require(len(axis) == len(size), "broadcast_axis", f"axis is {axis} and size {size}; expected as many of each")
    for each, length in zip(axis, size):
        i = normal_axis("broadcast_axis", each, len(data))
        require(data[i] in (None, 1), "broadcast_axis", f"data has shape {data}; expected length 1 at axis {each}")
        data = replaced(data, i, length)
    return data


@op(name="broadcast_axis", aliases=("broadcast_axes",), view=True, broadcasts=True)
def broadcast_axis(xp, data, *, axis: Shape = (), size: Shape = ()):
    """`data` repeated ``size[i]`` times along ``axis[i]``, where it has length 1."""
    return xp.broadcast_to(data, _spread(data.shape, axis, size))


broadcast_axis.shape(_broadcast_shape("broadcast_axis", lambda attrs, ins: (
    None if ins[0] is None else _spread(ins[0], attrs.axis, attrs.size))))


def _like_axes(lhs: tuple, rhs: tuple, lhs_axes: tuple[int, ...] | None, rhs_axes: tuple[int, ...] | None) -> tuple:
    """Return the shape of `lhs` broadcast like `rhs`, or with axes of the one like axes of the other."""
    if lhs_axes is None or rhs_axes is None:
        require(lhs_axes is rhs_axes, "broadcast_like", "lhs_axes and rhs_axes come together or not at all")
        return rhs
    require(len(lhs_axes) == len(rhs_axes), "broadcast_like",
            f"lhs_axes is {lhs_axes} and rhs_axes {rhs_axes}; expected as many of each")
    for mine, theirs in zip(lhs_axes, rhs_axes):
        lhs = replaced(lhs, normal_axis("broadcast_like", mine, len(lhs)),
                        rhs[normal_axis("broadcast_like", theirs, len(rhs))])
    return lhs


@op(name="broadcast_like", view=True, broadcasts=True, nograd=("rhs",))
def broadcast_like(xp, lhs, rhs, *, lhs_axes: Shape | None = None, rhs_axes: Shape | None = None):
    """`lhs` broadcast to the shape of `rhs`, or its axes `lhs_axes` to the lengths of `rhs_axes` of `rhs`.

    Only the shape of `rhs` matters; no gradient flows to it.
    """
    return xp.broadcast_to(lhs, _like_axes(lhs.shape, rhs.shape, lhs_axes, rhs_axes))


broadcast_like.shape(_broadcast_shape("broadcast_like", lambda attrs, ins: (
    None if None in tuple(ins) else _like_axes(*ins, attrs.lhs_axes, attrs.rhs_axes))))
broadcast_like.grad("lhs")(lambda F, grad: grad)
broadcast_like.type(first_type)

for _op in (broadcast_to, broadcast_axis):
    _op.grad("data")(lambda F, grad: grad)
    _op.type(same_type)
