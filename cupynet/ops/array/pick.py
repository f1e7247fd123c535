"""One element of each row."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...base import MXNetValueError
from ..catalog import op, require
from ..infer import Slots, first_type, merge_shapes
from ..math.reduce import normal_axis
from ..schema import Attrs, DType, Shape
from .indices import whole, within

__all__: list[str] = []

_FLOAT32 = np.dtype(np.float32)


def _picked(xp: Any, index: Any, shape: tuple[int, ...], axis: int, mode: str) -> tuple:
    """Return the key of one element along `axis` of an array of `shape` for every element of `index`."""
    rows = (*shape[:axis], 1, *shape[axis + 1:])
    index = within(xp, index, shape[axis], mode, "pick").reshape(rows)
    rank = len(shape)
    return tuple(index if i == axis else xp.arange(n).reshape([n if j == i else 1 for j in range(rank)])
                 for i, n in enumerate(shape))


def _pick_axis(axis: int | None, rank: int) -> int:
    require(axis is not None, "pick", "axis is None; expected an axis")
    return normal_axis("pick", axis, rank)


@op(name="pick", aliases=("choose_element_0index",), nograd=("index",))
def pick(xp, data, index, *, axis: int | None = -1, keepdims: bool = False, mode: Literal["clip", "wrap"] = "clip"):
    """One element of `data` along `axis` for every position in the other axes.

    Parameters
    ----------
    data : any shape, any dtype
    index : the shape of `data` without `axis`, or with length 1 there; any dtype
        Outside the axis the nearest element counts (``clip``), or the index modulo the length (``wrap``).

    Returns
    -------
    The shape of `data` without `axis` (length 1 with `keepdims`; ``(1,)`` if nothing remains), its dtype.
    """
    axis = axis % data.ndim
    result = data[_picked(xp, index, data.shape, axis, mode)]
    return result if keepdims or data.ndim == 1 else result.reshape(data.shape[:axis] + data.shape[axis + 1:])


@pick.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data, index = ins
    if data is None:
        if attrs.keepdims and outs[0] is not None:
            axis = _pick_axis(attrs.axis, len(outs[0]))
            ins["data"] = (*outs[0][:axis], None, *outs[0][axis + 1:])
        return
    axis = _pick_axis(attrs.axis, len(data))
    short, long = (*data[:axis], *data[axis + 1:]) or (1,), (*data[:axis], 1, *data[axis + 1:])
    if index is not None:
        for shape in (short, long):
            try:
                ins["index"] = merge_shapes(index, shape)
                break
            except ValueError:
                pass
        else:
            raise MXNetValueError(f"pick: index has shape {index}; expected {short} or {long} for data of shape {data}")
    outs[0] = long if attrs.keepdims else short
    if index is None:
        ins["index"] = short


pick.type(first_type)


@pick.grad("data")
def _(F, grad, index, data_shape, *, axis, mode):
    return F._backward_pick(grad, index, shape=data_shape, axis=axis, mode=mode)


@op(name="_backward_pick", nograd=("index",))
def backward_pick(xp, data, index, *, shape: Shape, axis: int, mode: Literal["clip", "wrap"], out=None):
    """Gradient of ``pick``: zeros of `shape` with `data` at the elements that were picked."""
    axis = axis % len(shape)
    if out is None:
        out = xp.zeros(shape, data.dtype)
    else:
        out[...] = 0
    out[_picked(xp, index, shape, axis, mode)] = data.reshape(*shape[:axis], 1, *shape[axis + 1:])
    return out


@backward_pick.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_pick.type(first_type)


@backward_pick.grad("data")
def _(F, grad, index, data_shape, *, axis, mode):
    return F.Reshape(F.pick(grad, index, axis=axis, mode=mode), shape=data_shape)


@op(name="batch_take", nograd=("indices",))
def batch_take(xp, a, indices):
    """``a[i, indices[i]]`` for every row `i` of the matrix `a`; indices are clipped to its columns."""
    return a[xp.arange(len(a)), within(xp, indices.reshape(-1), a.shape[1], "clip", "batch_take")]


@batch_take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    a = ins["a"]
    if a is not None:
        require(len(a) == 2, "batch_take", f"a has shape {a}; expected a matrix")
        ins["indices"] = a[:1]
    outs[0] = ins["indices"]
    ins["indices"] = outs[0]
    if outs[0] is not None:
        ins["a"] = (*outs[0], None)


@batch_take.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins["indices"] is None:
        ins["indices"] = np.dtype(np.int32)
    first_type(attrs, ins, outs)


@batch_take.grad("a")
def _(F, grad, indices, a_shape):
    return F._backward_pick(grad, indices, shape=a_shape, axis=1, mode="clip")


@op(name="fill_element_0index", differentiable=False)
def fill_element_0index(xp, lhs, mhs, rhs):
    """The matrix `lhs` with ``mhs[i]`` at column ``rhs[i]`` of every row `i`."""
    result = lhs.copy()
    result[xp.arange(len(lhs)), within(xp, rhs, lhs.shape[1], "clip", "fill_element_0index")] = mhs
    return result


@fill_element_0index.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["lhs"]
    ins["lhs"] = outs[0]
    lhs = ins["lhs"]
    require(lhs is None or len(lhs) == 2, "fill_element_0index", f"lhs has shape {lhs}; expected a matrix")
    for name in ("mhs", "rhs", "mhs"):
        ins[name] = ins["rhs"] if lhs is None else lhs[:1]


fill_element_0index.type(first_type)


@op(name="one_hot", differentiable=False)
def one_hot(xp, indices, *, depth: int, on_value: float = 1.0, off_value: float = 0.0, dtype: DType = _FLOAT32):
    """`on_value` at the position that every element of `indices` names along a new last axis, `off_value` elsewhere.

    Parameters
    ----------
    indices : any shape, any dtype
        Fractions are cut off; an index outside ``[0, depth)`` gives only `off_value`.
    depth : int
        Length of the new axis.

    Returns
    -------
    Shape ``indices.shape + (depth,)``, dtype `dtype`.
    """
    hot = whole(indices)[..., None] == xp.arange(depth)
    if on_value == 1 and off_value == 0:
        return hot.astype(dtype)
    on, off = (xp.asarray(value).astype(dtype) for value in (on_value, off_value))
    return xp.where(hot, on, off)


@one_hot.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.depth > 0, "one_hot", f"depth is {attrs.depth}; expected a positive number")
    if outs[0] is not None:
        ins[0] = outs[0][:-1]
    if ins[0] is not None:
        outs[0] = (*ins[0], attrs.depth)


@one_hot.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.dtype
