"""Slices: reading them, and writing into them."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from ..catalog import op, require
from ..infer import Length, Slots, derived, first_type, same_shape, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, OptShape, Scalar, Shape
from .shapes import replaced

__all__ = ["copied"]

_Key = tuple[slice, ...]


def _key(name: str, begin: Sequence, end: Sequence, step: Sequence = ()) -> _Key:
    """Return the slices that `begin`, `end` and `step` of the first axes mean."""
    require(len(begin) == len(end) and len(step) in (0, len(begin)), name,
            f"begin is {begin}, end {end}, step {step}; expected as many of each")
    require(0 not in step, name, f"step is {step}; a step cannot be 0")
    return tuple(slice(*each) for each in zip_longest(begin, end, step))


def _sliced(name: str, shape: tuple[Length, ...], key: _Key) -> tuple[Length, ...]:
    """Return the shape of ``array[key]`` for an array of `shape`, None where it is not known."""
    require(len(key) <= len(shape), name, f"begin has {len(key)} items, but data has only {len(shape)} axes: {shape}")
    return (*(derived(lambda n, part: len(range(n)[part]), *each) for each in zip(shape, key)), *shape[len(key):])


@op(name="slice", aliases=("crop", "_sparse_slice"), view=True)
def slice_(xp, data, *, begin: OptShape, end: OptShape, step: OptShape = ()):
    """``data[begin[0]:end[0]:step[0], begin[1]:end[1]:step[1], ...]`` with Python's rules; None stands for nothing."""
    return data[_key("slice", begin, end, step)]


@slice_.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    key = _key("slice", attrs.begin, attrs.end, attrs.step)
    if outs[0] is not None:  # whole axes are as long as they come out
        require(len(key) <= len(outs[0]), "slice", f"begin has {len(key)} items for an output of shape {outs[0]}")
        whole = [part.start is None and part.stop is None and part.step in (None, 1, -1) for part in key]
        ins[0] = (*(n if each else None for n, each in zip(outs[0], whole)), *outs[0][len(key):])
    if ins[0] is not None:
        outs[0] = _sliced("slice", ins[0], key)


slice_.type(same_type)


@slice_.grad("data")
def _(F, grad, data_shape, *, begin, end, step):
    return F._backward_slice(grad, shape=data_shape, begin=begin, end=end, step=step)


def _span(axis: int, begin: int, end: int | None, shape: tuple[int, ...]) -> slice:
    """Return ``begin:end`` in the axis `axis` of `shape`, whose length must be known, as MXNet reads it.

    Of an axis without elements any part is empty.
    """
    length = shape[axis]
    if not length:
        return slice(0, 0)
    start, stop = begin + length * (begin < 0), length if end is None else end + length * (end < 0)
    require(0 <= start < stop <= length, "slice_axis",
            f"begin is {begin} and end {end}; expected a part of axis {axis} of data, which has shape {shape}")
    return slice(start, stop)


@op(name="slice_axis", view=True)
def slice_axis(xp, data, *, axis: int, begin: int, end: int | None):
    """The part ``begin:end`` of the axis `axis`; negative numbers count from its end, which is also None."""
    axis = normal_axis("slice_axis", axis, data.ndim)
    return data[(slice(None),) * axis + (slice(begin, end),)]


@slice_axis.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        axis = normal_axis("slice_axis", attrs.axis, len(outs[0]))
        ins[0] = replaced(outs[0], axis, None)
    if ins[0] is not None:
        axis = normal_axis("slice_axis", attrs.axis, len(ins[0]))
        part = None if ins[0][axis] is None else _span(axis, attrs.begin, attrs.end, ins[0])
        outs[0] = replaced(ins[0], axis, derived(lambda part: part.stop - part.start, part))


slice_axis.type(same_type)


@slice_axis.grad("data")
def _(F, grad, data_shape, *, axis, begin, end):
    before = (None,) * (axis % len(data_shape))
    return F._backward_slice(grad, shape=data_shape, begin=(*before, begin), end=(*before, end))


def _like(data: tuple[int, ...], like: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape `data` cut to the lengths of `like` in `axes` (all if empty)."""
    require(axes or len(data) == len(like), "slice_like",
            f"data has shape {data} and shape_like {like}; expected as many axes, or the argument axes")
    chosen = {normal_axis("slice_like", axis, min(len(data), len(like))) if axis >= 0 else
              normal_axis("slice_like", axis, len(data)) for axis in axes or range(len(data))}
    for i in chosen:
        require(i < len(like) and (None in (data[i], like[i]) or like[i] <= data[i]), "slice_like",
                f"shape_like has shape {like}, which does not fit into data {data} along axis {i}")
    return tuple(like[i] if i in chosen else n for i, n in enumerate(data))


@op(name="slice_like", view=True, nograd=("shape_like",))
def slice_like(xp, data, shape_like, *, axes: Shape = ()):
    """The beginning of `data`, as long as `shape_like` along `axes` (all axes if empty).

    Only the shape of `shape_like` matters; no gradient flows to it.
    """
    return data[tuple(slice(n) for n in _like(data.shape, shape_like.shape, axes))]


@slice_like.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if None not in tuple(ins):
        outs[0] = _like(*ins, attrs.axes)
    elif not attrs.axes:
        outs[0] = ins["shape_like"]
        ins["shape_like"] = outs[0]


slice_like.type(first_type)


@slice_like.grad("data")
def _(F, grad, data_shape):
    return F._backward_slice(grad, shape=data_shape, begin=(0,) * len(data_shape), end=grad.shape)


@op(name="_backward_slice")
def backward_slice(xp, data, *, shape: Shape, begin: OptShape, end: OptShape, step: OptShape = (), out=None):
    """Gradient of slicing: zeros of `shape` with `data` where the slice was."""
    if out is None:
        out = xp.zeros(shape, data.dtype)
    else:
        out[...] = 0
    out[_key("_backward_slice", begin, end, step)] = data
    return out


@backward_slice.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape
    ins[0] = _sliced("_backward_slice", attrs.shape, _key("_backward_slice", attrs.begin, attrs.end, attrs.step))


backward_slice.type(same_type)


@backward_slice.grad("data")
def _(F, grad, *, begin, end, step):
    return F.slice(grad, begin=begin, end=end, step=step)


def copied(xp: Any, data: Any, out: Any) -> Any:
    """Return a copy of `data` to write to: `out` if there is one (it may be `data` itself)."""
    if out is None:
        return data.copy()
    if out is not data:
        out[...] = data
    return out


@op(name="_slice_assign", aliases=("_crop_assign",))
def slice_assign(xp, lhs, rhs, *, begin: OptShape, end: OptShape, step: OptShape = (), out=None):
    """`lhs` with `rhs` in place of ``lhs[begin[0]:end[0]:step[0], ...]``, whose shape it has."""
    out = copied(xp, lhs, out)
    out[_key("_slice_assign", begin, end, step)] = rhs
    return out


@slice_assign.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]
    ins[0] = outs[0]
    if ins[0] is not None:
        ins[1] = _sliced("_slice_assign", ins[0], _key("_slice_assign", attrs.begin, attrs.end, attrs.step))


slice_assign.type(same_type)


@slice_assign.grad("lhs")
def _(F, grad, *, begin, end, step):
    return F._slice_assign_scalar(grad, scalar=0, begin=begin, end=end, step=step)


@slice_assign.grad("rhs")
def _(F, grad, *, begin, end, step):
    return F.slice(grad, begin=begin, end=end, step=step)


@op(name="_slice_assign_scalar", aliases=("_crop_assign_scalar",))
def slice_assign_scalar(xp, data, *, scalar: Scalar = 0.0, begin: OptShape, end: OptShape, step: OptShape = (),
                        out=None):
    """`data` with `scalar` in place of ``data[begin[0]:end[0]:step[0], ...]``."""
    out = copied(xp, data, out)
    out[_key("_slice_assign_scalar", begin, end, step)] = scalar
    return out


@slice_assign_scalar.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    same_shape(attrs, ins, outs)
    if ins[0] is not None:
        _sliced("_slice_assign_scalar", ins[0], _key("_slice_assign_scalar", attrs.begin, attrs.end, attrs.step))


slice_assign_scalar.type(same_type)


@slice_assign_scalar.grad("data")
def _(F, grad, *, begin, end, step):
    return F._slice_assign_scalar(grad, scalar=0, begin=begin, end=end, step=step)
