"""Operators that read and write elements by position: slices, takes, gathers, scatters, masks.

Indices may have any dtype (MXNet's are often float32); fractions are cut off. Gradients of reading are
written with :func:`scatter_add`, the only place where equal indices must add up.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Literal

import numpy as np

from ..base import MXNetIndexError, MXNetValueError
from .infer import Slots, first_type, known, merge_shapes, same_shape, same_type
from .reduce import normal_axis
from .registry import op, require
from .schema import Attrs, DType, Floats, OptShape, Shape

__all__ = ["scatter_add"]

_FLOAT32 = np.dtype(np.float32)
_INT64 = np.dtype(np.int64)
_Key = tuple[slice, ...]


def scatter_add(xp: Any, target: Any, index: Any, values: Any) -> None:
    """Add row `i` of `values` to row ``index[i]`` of `target`, also where indices are equal.

    Parameters
    ----------
    target : (n, width), C-contiguous
        Changed in place.
    index : (k,), integers in [0, n)
    values : (k, width)
    """
    if xp is not np:
        import cupyx  # there is no need for it on the host
        cupyx.scatter_add(target, index, values)
        return
    width = target.shape[1]
    if width > 1:  # NumPy's loop over flat elements is several times faster than the one over rows
        index = (index[:, None] * width + np.arange(width)).reshape(-1)
    np.add.at(target.reshape(-1), index, values.reshape(-1))


def _whole(index: Any) -> Any:
    """Return `index` as int64."""
    return index if index.dtype == _INT64 else index.astype(_INT64)


def _within(xp: Any, index: Any, length: int, mode: str, name: str = "take") -> Any:
    """Return `index` as int64 in ``[0, length)``: clipped, wrapped around, or found to be there (``raise``)."""
    index = _whole(index)
    if mode == "wrap":
        return index % length
    if mode == "clip":
        return xp.clip(index, 0, length - 1)
    outside = (index < 0) | (index >= length)
    if outside.any():
        raise MXNetIndexError(f"{name}: index {int(index[outside][0])} is out of bounds for an axis of length {length}")
    return index


# ---- slices ---------------------------------------------------------------------------------------

def _key(name: str, begin: Sequence, end: Sequence, step: Sequence = ()) -> _Key:
    """Return the slices that `begin`, `end` and `step` of the first axes mean."""
    require(len(begin) == len(end) and len(step) in (0, len(begin)), name,
            f"begin is {begin}, end {end}, step {step}; expected as many of each")
    require(0 not in step, name, f"step is {step}; a step cannot be 0")
    return tuple(slice(*each) for each in zip_longest(begin, end, step))


def _sliced(name: str, shape: tuple[int, ...], key: _Key) -> tuple[int, ...]:
    """Return the shape of ``array[key]`` for an array of `shape`, 0 where it is not known."""
    require(len(key) <= len(shape), name, f"begin has {len(key)} items, but data has only {len(shape)} axes: {shape}")
    return (*(n and len(range(n)[part]) for n, part in zip(shape, key)), *shape[len(key):])


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
        ins[0] = (*(n * each for n, each in zip(outs[0], whole)), *outs[0][len(key):])
    if ins[0] is not None:
        outs[0] = _sliced("slice", ins[0], key)


slice_.type(same_type)


@slice_.grad("data")
def _(F, grad, data_shape, *, begin, end, step):
    return F._backward_slice(grad, shape=data_shape, begin=begin, end=end, step=step)


def _span(axis: int, begin: int, end: int | None, shape: tuple[int, ...]) -> slice:
    """Return ``begin:end`` in the axis `axis` of `shape`, whose length must be known, as MXNet reads it."""
    length = shape[axis]
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
        ins[0] = (*outs[0][:axis], 0, *outs[0][axis + 1:])
    if ins[0] is not None:
        axis = normal_axis("slice_axis", attrs.axis, len(ins[0]))
        part = _span(axis, attrs.begin, attrs.end, ins[0]) if ins[0][axis] else slice(0, 0)
        outs[0] = (*ins[0][:axis], part.stop - part.start, *ins[0][axis + 1:])


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
        require(i < len(like) and (0 in (data[i], like[i]) or like[i] <= data[i]), "slice_like",
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


def _copied(xp: Any, data: Any, out: Any) -> Any:
    """Return a copy of `data` to write to: `out` if there is one (it may be `data` itself)."""
    if out is None:
        return data.copy()
    if out is not data:
        out[...] = data
    return out


@op(name="_slice_assign", aliases=("_crop_assign",))
def slice_assign(xp, lhs, rhs, *, begin: OptShape, end: OptShape, step: OptShape = (), out=None):
    """`lhs` with `rhs` in place of ``lhs[begin[0]:end[0]:step[0], ...]``, whose shape it has."""
    out = _copied(xp, lhs, out)
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
def slice_assign_scalar(xp, data, *, scalar: float = 0.0, begin: OptShape, end: OptShape, step: OptShape = (),
                        out=None):
    """`data` with `scalar` in place of ``data[begin[0]:end[0]:step[0], ...]``."""
    out = _copied(xp, data, out)
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


# ---- whole rows by their numbers ----------------------------------------------------------------------

def _gather(xp: Any, array: Any, index: Any, axis: int, out: Any) -> Any:
    """Return ``array.take(index, axis)`` for an `index` that is in bounds."""
    if out is None:
        return array.take(index, axis)
    if xp is np:  # in the mode "raise", the default, NumPy would write to a buffer first
        return array.take(index, axis, out, mode="clip")
    return array.take(index, axis, out)


@op(name="take", nograd=("indices",))
def take(xp, a, indices, *, axis: int = 0, mode: Literal["clip", "raise", "wrap"] = "clip", out=None):
    """The parts of `a` at the positions `indices` of its axis `axis`.

    Parameters
    ----------
    a : any shape, any dtype
    indices : any shape, any dtype
        Fractions are cut off. Outside ``[0, a.shape[axis])`` the nearest position counts (``clip``), the
        position modulo the length (``wrap``), or an MXNetIndexError is raised (``raise``, which waits for
        the values on a GPU).

    Returns
    -------
    Shape ``a.shape[:axis] + indices.shape + a.shape[axis + 1:]``, the dtype of `a`.
    """
    return _gather(xp, a, _within(xp, indices, a.shape[axis], mode), axis, out)


@take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    a, indices = ins
    if a is None:
        return
    axis = normal_axis("take", attrs.axis, len(a))
    if outs[0] is not None:
        rank = len(outs[0]) - len(a) + 1
        require(rank >= 0, "take", f"a has shape {a}, too many axes for an output of shape {outs[0]}")
        ins["indices"] = outs[0][axis:axis + rank]
        ins["a"] = (*outs[0][:axis], 0, *outs[0][axis + rank:])
        a, indices = ins
    if indices is not None:
        outs[0] = (*a[:axis], *indices, *a[axis + 1:])


take.type(first_type)


@take.grad("a")
def _(F, grad, indices, a_shape, *, axis, mode):
    return F._backward_take(grad, indices, shape=a_shape, axis=axis, mode="wrap" if mode == "wrap" else "clip")


@op(name="_backward_take", nograd=("indices",))
def backward_take(xp, data, indices, *, shape: Shape, axis: int = 0, mode: Literal["clip", "wrap"] = "clip", out=None):
    """Gradient of ``take`` and ``Embedding``: zeros of `shape`, to whose parts at `indices` those of `data` are added.

    float16 is summed up in float32.
    """
    axis, dtype = axis % len(shape), data.dtype
    index = _within(xp, indices, shape[axis], mode).reshape(-1)
    width = math.prod(shape[:axis]) * math.prod(shape[axis + 1:])
    values = data.reshape(*shape[:axis], index.size, *shape[axis + 1:])
    values = xp.moveaxis(values, axis, 0).reshape(index.size, width)
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    direct = out is not None and axis == 0 and wide == dtype
    sums = out.reshape(shape[0], width) if direct else xp.empty((shape[axis], width), wide)
    sums[...] = 0
    scatter_add(xp, sums, index, values.astype(wide, copy=False))
    if direct:
        return out
    result = xp.moveaxis(sums.reshape(shape[axis], *shape[:axis], *shape[axis + 1:]), 0, axis)
    if out is None:
        return xp.ascontiguousarray(result, dtype)
    out[...] = result
    return out


@backward_take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_take.type(first_type)


@backward_take.grad("data")
def _(F, grad, indices, *, axis, mode):
    return F.take(grad, indices, axis=axis, mode=mode)


@op(name="Embedding", aliases=("_sparse_Embedding",), nograd=("data",), ignores=("sparse_grad",))
def embedding(xp, data, weight, *, input_dim: int, output_dim: int, dtype: DType = _FLOAT32, out=None):
    """Row ``data[...]`` of the matrix `weight` for every element of `data`.

    Parameters
    ----------
    data : any shape, any dtype
        Row numbers; fractions are cut off, and the nearest row counts for what is out of bounds.
    weight : (input_dim, output_dim)
    dtype : data type
        Of `weight`, where it is not known.

    Returns
    -------
    Shape ``data.shape + (output_dim,)``, the dtype of `weight`.
    """
    return _gather(xp, weight, _within(xp, data, weight.shape[0], "clip"), 0, out)


@embedding.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["weight"] = (attrs.input_dim, attrs.output_dim)
    if outs[0] is not None:
        ins["data"] = outs[0][:-1]
    if ins["data"] is not None:
        outs[0] = (*ins["data"], attrs.output_dim)


@embedding.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["weight"] = ins["weight"] or outs[0] or attrs.dtype
    outs[0] = ins["weight"]


@embedding.grad("weight")
def _(F, grad, data, weight_shape):
    return F._backward_take(grad, data, shape=weight_shape)


# ---- one element of each row ----------------------------------------------------------------------------

def _picked(xp: Any, index: Any, shape: tuple[int, ...], axis: int, mode: str) -> tuple:
    """Return the key of one element along `axis` of an array of `shape` for every element of `index`."""
    rows = (*shape[:axis], 1, *shape[axis + 1:])
    index = _within(xp, index, shape[axis], mode, "pick").reshape(rows)
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
            ins["data"] = (*outs[0][:axis], 0, *outs[0][axis + 1:])
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
    return a[xp.arange(len(a)), _within(xp, indices.reshape(-1), a.shape[1], "clip", "batch_take")]


@batch_take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    a = ins["a"]
    if a is not None:
        require(len(a) == 2, "batch_take", f"a has shape {a}; expected a matrix")
        ins["indices"] = a[:1]
    outs[0] = ins["indices"]
    ins["indices"] = outs[0]
    if outs[0] is not None:
        ins["a"] = (*outs[0], 0)


batch_take.type(first_type)


@batch_take.grad("a")
def _(F, grad, indices, a_shape):
    return F._backward_pick(grad, indices, shape=a_shape, axis=1, mode="clip")


@op(name="fill_element_0index", differentiable=False)
def fill_element_0index(xp, lhs, mhs, rhs):
    """The matrix `lhs` with ``mhs[i]`` at column ``rhs[i]`` of every row `i`."""
    result = lhs.copy()
    result[xp.arange(len(lhs)), _within(xp, rhs, lhs.shape[1], "clip", "fill_element_0index")] = mhs
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
    hot = _whole(indices)[..., None] == xp.arange(depth)
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


# ---- single positions in several axes ---------------------------------------------------------------------

def _positions(xp: Any, indices: Any, shape: tuple[int, ...]) -> Any:
    """Return the numbers of the rows that `indices` (axis, point) names in ``shape[:axes]``, flattened.

    Negative indices count from the end; what is still outside wraps around, for looking would make the host wait.
    """
    flat = 0
    for index, length in zip(_whole(indices).reshape(len(indices), -1), shape):
        flat = flat * length + index % length
    return flat


def _checked(indices: Any, shape: tuple[int, ...], name: str) -> None:
    """Raise MXNetIndexError for host indices that are out of bounds (as MXNet does on a CPU)."""
    if isinstance(indices, np.ndarray):
        for axis, (index, length) in enumerate(zip(indices, shape)):
            if index.size and not (-length <= index.min() and index.max() < length):
                wrong = index[(index < -length) | (index >= length)].reshape(-1)[0]
                raise MXNetIndexError(f"{name}: index {int(wrong)} is out of bounds for axis {axis} with size {length}")


def _rows(array: Any, depth: int) -> Any:
    """Return `array` with its first `depth` axes merged."""
    return array.reshape(math.prod(array.shape[:depth]), *array.shape[depth:])


@op(name="gather_nd", nograd=("indices",))
def gather_nd(xp, data, indices):
    """``data[indices[0], indices[1], ...]``.

    Parameters
    ----------
    data : any shape, any dtype
    indices : ``(m, ...)``, any dtype
        `m` is at most the rank of `data`. Negative indices count from the end.

    Returns
    -------
    Shape ``indices.shape[1:] + data.shape[m:]``, the dtype of `data`.

    Raises
    ------
    MXNetIndexError
        On the host if an index is out of bounds; on a GPU it wraps around.

    Notes
    -----
    The gradient adds up where positions are equal, negative ones included (MXNet's loses those).
    """
    _checked(indices, data.shape, "gather_nd")
    depth = len(indices)
    result = _rows(data, depth).take(_positions(xp, indices, data.shape), 0)
    return result.reshape(*indices.shape[1:], *data.shape[depth:])


def _points_shape(name: str, ins: Slots, data: tuple[int, ...] | None, values: tuple | None) -> tuple | None:
    """Return the shape of the elements of `data` that the input ``indices`` names, as far as it is known."""
    indices = ins["indices"]
    if indices is None:
        return None
    require(indices, name, "indices has no axis; expected (axes, ...)")
    if data is None or not indices[0]:
        return None
    require(indices[0] <= len(data), name,
            f"indices has shape {indices}; expected at most {len(data)} rows, one for each axis of {data}")
    return (*indices[1:], *data[indices[0]:]) or (1,)


@gather_nd.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = _points_shape("gather_nd", ins, ins["data"], outs[0])


gather_nd.type(first_type)


@gather_nd.grad("data")
def _(F, grad, indices, data_shape):
    return F._backward_gather_nd(grad, indices, shape=data_shape)


@op(name="_backward_gather_nd", nograd=("indices",))
def backward_gather_nd(xp, data, indices, *, shape: Shape, out=None):
    """Zeros of `shape`, to whose elements at `indices` those of `data` are added: the gradient of ``gather_nd``."""
    if out is None:
        out = xp.empty(shape, data.dtype)
    out[...] = 0
    depth = len(indices)
    places = _positions(xp, indices, shape)
    scatter_add(xp, out.reshape(math.prod(shape[:depth]), math.prod(shape[depth:])), places,
                data.reshape(places.size, math.prod(shape[depth:])))
    return out


@op(name="scatter_nd", nograd=("indices",))
def scatter_nd(xp, data, indices, *, shape: Shape):
    """Zeros of `shape` with ``data[i]`` at the position ``indices[:, i]``: the inverse of ``gather_nd``.

    Negative indices count from the end. Which value stays where positions are equal is not defined; for
    their sum use ``_backward_gather_nd``.
    """
    return _scattered(xp, xp.zeros(shape, data.dtype), indices, data)


def _scattered(xp: Any, target: Any, indices: Any, values: Any) -> Any:
    """Write `values` to `target` at the positions `indices` and return it."""
    _checked(indices, target.shape, "scatter_nd")
    depth = len(indices)
    places = _positions(xp, indices, target.shape)
    _rows(target, depth)[places] = values.reshape(places.size, *target.shape[depth:])
    return target


def _scatter_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape
    ins["data"] = _points_shape("scatter_nd", ins, attrs.shape, ins["data"])


for _op in (backward_gather_nd, scatter_nd):
    _op.shape(_scatter_shape)
    _op.type(first_type)


@backward_gather_nd.grad("data")
def _(F, grad, indices):
    return F.gather_nd(grad, indices)


@scatter_nd.grad("data")
def _(F, grad, indices):
    return F.gather_nd(grad, indices)


@op(name="_scatter_set_nd", nograd=("indices",))
def scatter_set_nd(xp, lhs, rhs, indices, *, shape: Shape, out=None):
    """`lhs`, of the shape `shape`, with ``rhs[i]`` at the position ``indices[:, i]``."""
    return _scattered(xp, _copied(xp, lhs, out), indices, rhs)


@scatter_set_nd.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape
    ins["lhs"] = attrs.shape
    ins["rhs"] = _points_shape("_scatter_set_nd", ins, attrs.shape, ins["rhs"])


@scatter_set_nd.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for _ in range(2):
        ins["lhs"] = ins["rhs"] or outs[0]
        ins["rhs"] = outs[0] = ins["lhs"]


@scatter_set_nd.grad("lhs")
def _(F, grad, rhs, indices, *, shape):
    return F._scatter_set_nd(grad, F.zeros_like(rhs), indices, shape=shape)


@scatter_set_nd.grad("rhs")
def _(F, grad, indices):
    return F.gather_nd(grad, indices)


@op(name="_ravel_multi_index", aliases=("ravel_multi_index",), differentiable=False)
def ravel_multi_index(xp, data, *, shape: Shape):
    """Positions in a flattened array of the shape `shape`, whose first length does not matter.

    Parameters
    ----------
    data : ``(len(shape), ...)``, any dtype
        The indices along each axis.

    Returns
    -------
    Shape ``data.shape[1:]``, the dtype of `data`.
    """
    flat = xp.zeros(data.shape[1:], _INT64)
    for index, length in zip(_whole(data), shape):
        flat = flat * length + index
    return flat.astype(data.dtype)


@ravel_multi_index.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = (len(attrs.shape), *outs[0])
    if ins[0] is not None:
        require(len(ins[0]) > 1 and ins[0][0] in (0, len(attrs.shape)), "_ravel_multi_index",
                f"data has shape {ins[0]}; expected ({len(attrs.shape)}, ...), an index for each axis of {attrs.shape}")
        outs[0] = ins[0][1:]


@op(name="_unravel_index", aliases=("unravel_index",), differentiable=False)
def unravel_index(xp, data, *, shape: Shape):
    """Indices along each axis of `shape` of positions in the flattened array: the inverse of ``_ravel_multi_index``.

    Returns
    -------
    Shape ``(len(shape),) + data.shape``, the dtype of `data` (MXNet drops elements if `data` is no vector).
    """
    flat = _whole(data)
    result = xp.empty((len(shape), *data.shape), data.dtype)
    for axis in range(len(shape) - 1, 0, -1):
        result[axis] = flat % shape[axis]
        flat = flat // shape[axis]
    result[0] = flat
    return result


@unravel_index.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.shape, "_unravel_index", "required argument 'shape' is missing")
    if outs[0] is not None:
        ins[0] = outs[0][1:]
    if ins[0] is not None:
        outs[0] = (len(attrs.shape), *ins[0])


ravel_multi_index.type(same_type)
unravel_index.type(same_type)


# ---- choosing by a condition ------------------------------------------------------------------------------

@op(name="where", aliases=("_sparse_where",), nograd=("condition",))
def where(xp, condition, x, y):
    """Elements of `x` where `condition` is not zero, of `y` elsewhere.

    Parameters
    ----------
    condition : the shape of `x`, or a vector with an entry for each of its rows; any dtype
    x, y : one shape, one dtype

    Returns
    -------
    The shape and dtype of `x`.
    """
    condition = condition if condition.dtype == np.bool_ else condition != 0
    if condition.ndim != x.ndim:
        condition = condition.reshape(-1, *(1,) * (x.ndim - 1))
    return xp.where(condition, x, y)


@where.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("x", "y", "x"):
        outs[0] = ins[name]
        ins[name] = outs[0]
    condition, shape = ins["condition"], outs[0]
    if condition is None or shape is None:
        return
    if len(condition) == len(shape):
        ins["condition"] = shape
        for name in ("x", "y"):
            ins[name] = ins["condition"]
        outs[0] = ins["condition"]
    else:
        require(len(condition) == 1 and (0 in (condition[0], shape[0]) or condition == shape[:1]), "where",
                f"condition has shape {condition}; expected {shape}, that of x, or {shape[:1]}")
        ins["condition"] = shape[:1]


@where.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("x", "y", "x"):
        outs[0] = ins[name]
        ins[name] = outs[0]


@where.grad("x")
def _(F, grad, condition):
    return F.where(condition, grad, F.zeros_like(grad))


@where.grad("y")
def _(F, grad, condition):
    return F.where(condition, F.zeros_like(grad), grad)


@op(name="_contrib_boolean_mask", nograd=("index",))
def boolean_mask(xp, data, index, *, axis: int = 0):
    """The parts of `data` along `axis` at which the vector `index` is not zero.

    The shape of the output depends on the values of `index`, so no shape is declared for that axis, and on a
    GPU the host waits for them.
    """
    return data.take(xp.flatnonzero(index), axis)


@boolean_mask.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for slots in (ins, outs):
        shape = slots[0]
        if shape is not None:
            axis = normal_axis("_contrib_boolean_mask", attrs.axis, len(shape))
            (outs if slots is ins else ins)[0] = (*shape[:axis], 0, *shape[axis + 1:])
    if ins["data"] is not None:
        ins["index"] = ins["data"][attrs.axis:][:1]


boolean_mask.type(first_type)


@boolean_mask.grad("data")
def _(F, grad, index, data_shape, *, axis):
    return F._backward_boolean_mask(grad, index, shape=data_shape, axis=axis)


@op(name="_backward_boolean_mask", differentiable=False)
def backward_boolean_mask(xp, data, index, *, shape: Shape, axis: int = 0, out=None):
    """Gradient of ``_contrib_boolean_mask``: zeros of `shape` with `data` where the mask is not zero."""
    if out is None:
        out = xp.empty(shape, data.dtype)
    out[...] = 0
    out[(slice(None),) * (axis % len(shape)) + (xp.flatnonzero(index),)] = data
    return out


@backward_boolean_mask.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_boolean_mask.type(first_type)


@op(name="_contrib_index_copy", nograd=("index_vector",))
def index_copy(xp, old_tensor, index_vector, new_tensor):
    """`old_tensor` with row ``index_vector[i]`` replaced by row `i` of `new_tensor`."""
    result = old_tensor.copy()
    result[_within(xp, index_vector, len(result), "clip")] = new_tensor
    return result


@index_copy.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["old_tensor"]
    ins["old_tensor"] = outs[0]
    index, new = ins["index_vector"], ins["new_tensor"]
    require(index is None or len(index) == 1, "_contrib_index_copy",
            f"index_vector has shape {index}; expected a vector")
    if new is not None:
        ins["index_vector"] = new[:1]
    if outs[0] is not None:
        ins["new_tensor"] = ((ins["index_vector"] or (0,))[0], *outs[0][1:])


@index_copy.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("old_tensor", "new_tensor", "old_tensor"):
        outs[0] = ins[name]
        ins[name] = outs[0]


@index_copy.grad("old_tensor")
def _(F, grad, index_vector):
    return F._contrib_index_copy(grad, index_vector, F.zeros_like(F.take(grad, index_vector)))


@index_copy.grad("new_tensor")
def _(F, grad, index_vector):
    return F.take(grad, index_vector)


# ---- counting ----------------------------------------------------------------------------------------

@op(name="_histogram", outputs=("output0", "output1"), differentiable=False,
    when={"bins": lambda attrs: attrs.bin_cnt is None})
def histogram(xp, data, bins=None, *, bin_cnt: int | None = None, range: Floats | None = None):
    """How many elements of `data` fall into each bin.

    Parameters
    ----------
    data : any shape, any dtype
    bins : (n + 1,), rising
        The edges of the bins; absent if `bin_cnt` is given. The last bin includes its right edge.
    bin_cnt : int
        The number of equally wide bins in `range`.
    range : (float, float)
        The outer edges for `bin_cnt`.

    Returns
    -------
    The counts, int64, and the edges, in the dtype of `data`.
    """
    if bin_cnt is None:
        edges = bins
    else:
        edges = xp.linspace(*range, bin_cnt + 1)
    flat = data.reshape(-1)
    places = xp.searchsorted(edges, flat, side="right")
    places = xp.where(flat == edges[-1], len(edges) - 1, places)
    counts = xp.bincount(places, minlength=len(edges) + 1)[1:-1]  # the outer two are below and above all bins
    return counts.astype(_INT64), edges.astype(data.dtype)


@histogram.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    count = attrs.bin_cnt
    if count is None:
        require(attrs.range is None, "_histogram", "range comes with bin_cnt, not with bins")
        outs[1] = ins["bins"]
        ins["bins"] = outs[1]
        if known(outs[1]):
            require(len(outs[1]) == 1 and outs[1][0] > 1, "_histogram",
                    f"bins has shape {outs[1]}; expected a vector of two or more edges")
            outs[0] = (outs[1][0] - 1,)
        elif outs[0] is not None:
            ins["bins"] = (outs[0][0] + 1,)
        return
    ends = attrs.range or ()
    require(count > 0 and len(ends) == 2 and ends[0] < ends[1], "_histogram",
            f"bin_cnt is {count} and range {attrs.range}; expected a positive number and (lowest, highest)")
    outs[0], outs[1] = (count,), (count + 1,)


@histogram.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = _INT64
    outs[1] = ins[0]
    ins[0] = outs[1]
    if "bins" in ins:
        ins["bins"] = ins[0]
