"""Shapes, sizes and positions as arrays."""
from __future__ import annotations

import math

import numpy as np

from ..catalog import op, require
from ..infer import Slots, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape

__all__: list[str] = []

_INT64 = np.dtype(np.int64)


def _int64_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = _INT64


@op(name="shape_array", differentiable=False)
def shape_array(xp, data):
    """The shape of `data` as an int64 array."""
    return xp.asarray(data.shape, dtype=_INT64)


@shape_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = (None if ins[0] is None else len(ins[0]),)


@op(name="size_array", differentiable=False)
def size_array(xp, data):
    """The number of elements of `data` as an int64 array of shape ``(1,)``."""
    return xp.asarray((data.size,), dtype=_INT64)


@size_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = (1,)


@op(name="_contrib_arange_like", differentiable=False, ignores=("ctx",))
def arange_like(xp, data, *, start: float = 0.0, step: float = 1.0, repeat: int = 1, ctx: str = "",
                axis: int | None = None):
    """``start, start + step, ...``, each `repeat` times, in the shape and dtype of `data`, or as long as its `axis`."""
    shape = data.shape if axis is None else (data.shape[axis],)
    places = xp.arange(math.prod(shape))
    if repeat != 1:
        places //= repeat
    return (places * step + start).astype(data.dtype).reshape(shape)


@arange_like.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.repeat > 0, "_contrib_arange_like", f"repeat is {attrs.repeat}; expected a positive number")
    if ins[0] is not None and attrs.axis is not None:
        outs[0] = (ins[0][normal_axis("_contrib_arange_like", attrs.axis, len(ins[0]))],)
    elif attrs.axis is None:
        outs[0] = ins[0]
        ins[0] = outs[0]


arange_like.type(same_type)


@op(name="_contrib_index_array", differentiable=False)
def index_array(xp, data, *, axes: Shape | None = None):
    """The index of every element of `data`, or the parts of it in `axes`, along a new last axis, in int64."""
    axes = range(data.ndim) if axes is None else axes
    result = xp.empty((*data.shape, len(axes)), _INT64)
    for i, axis in enumerate(axes):
        n = data.shape[axis]
        result[..., i] = xp.arange(n).reshape([n if j == axis % data.ndim else 1 for j in range(data.ndim)])
    return result


@index_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        for axis in attrs.axes or ():
            normal_axis("_contrib_index_array", axis, len(ins[0]))
        outs[0] = (*ins[0], len(ins[0]) if attrs.axes is None else len(attrs.axes))
    if outs[0] is not None:
        ins[0] = outs[0][:-1]


for _op in (shape_array, size_array, index_array):
    _op.type(_int64_type)
