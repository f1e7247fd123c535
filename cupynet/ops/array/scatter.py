"""Single positions in several axes: gathering from them, scattering to them, and their flat numbers."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base import MXNetIndexError
from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, alike, first_type, same_type
from ..schema import Attrs, Shape
from .indices import whole
from .slices import copied

__all__: list[str] = []

_INT64 = np.dtype(np.int64)


def _positions(xp: Any, indices: Any, shape: tuple[int, ...]) -> Any:
    """Return the numbers of the rows that `indices` (axis, point) names in ``shape[:axes]``, flattened.

    Negative indices count from the end; what is still outside wraps around, for looking would make the host wait.
    """
    flat = 0
    for index, length in zip(whole(indices).reshape(len(indices), -1), shape):
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
    if data is None or indices[0] is None:
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
    backend(xp).scatter_add(out.reshape(math.prod(shape[:depth]), math.prod(shape[depth:])), places,
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
    return _scattered(xp, copied(xp, lhs, out), indices, rhs)


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
    for index, length in zip(whole(data), shape):
        flat = flat * length + index
    return flat.astype(data.dtype)


@ravel_multi_index.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = (len(attrs.shape), *outs[0])
    if ins[0] is not None:
        require(len(ins[0]) > 1 and alike(ins[0][0], len(attrs.shape)), "_ravel_multi_index",
                f"data has shape {ins[0]}; expected ({len(attrs.shape)}, ...), an index for each axis of {attrs.shape}")
        outs[0] = ins[0][1:]


@op(name="_unravel_index", aliases=("unravel_index",), differentiable=False)
def unravel_index(xp, data, *, shape: Shape):
    """Indices along each axis of `shape` of positions in the flattened array: the inverse of ``_ravel_multi_index``.

    Returns
    -------
    Shape ``(len(shape),) + data.shape``, the dtype of `data` (MXNet drops elements if `data` is no vector).
    """
    flat = whole(data)
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
