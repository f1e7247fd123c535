"""Sorting along an axis: whole, as positions, or the first few.

Equal elements keep their order, whichever way is sorted, and NaN comes last; MXNet leaves both to chance.
``axis=None`` sorts the flattened array.
"""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..catalog import op, require
from ..infer import Length, Slots, elements, first_type, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, DType, Shape

__all__: list[str] = []


_FLOAT32, _INDEX = np.dtype(np.float32), np.dtype(np.int64)


def _key(data: Any, is_ascend: bool) -> Any:
    """Return what to sort upwards; for the other way this reverses the order and is its own inverse."""
    if is_ascend:
        return data
    return -data if data.dtype.kind == "f" else ~data  # ~ overflows for no whole number


def _line(data: Any, axis: int | None, name: str) -> tuple[Any, int]:
    """Return `data` and the axis to sort, counted from the front; flattened for None."""
    return (data.reshape(-1), 0) if axis is None else (data, normal_axis(name, axis, data.ndim))


def _along(xp: Any, positions: Any, axis: int) -> tuple[Any, ...]:
    """Return the index that picks (or places) elements at `positions` along `axis`."""
    index = [xp.arange(n).reshape((-1,) + (1,) * (positions.ndim - i - 1)) for i, n in enumerate(positions.shape)]
    index[axis] = positions
    return tuple(index)


def _line_shape(shape: tuple[Length, ...], axis: int | None) -> tuple[Length, ...]:
    return (elements(shape),) if axis is None else shape


# ---- whole ----------------------------------------------------------------------------------------

@op(name="sort", outputs=("output0",))
def sort(xp, data, *, axis: int | None = -1, is_ascend: bool = True):
    """Elements in order along an axis.

    Parameters
    ----------
    data : any shape, any dtype
    axis : int or None
        None sorts the flattened array.
    is_ascend : bool
        Smallest first, else largest first; NaN last in both cases.

    Returns
    -------
    Shape and dtype of `data`, one axis for ``axis=None``.

    Raises
    ------
    MXNetValueError
        If `axis` is out of range.
    """
    data, axis = _line(data, axis, "sort")
    return _key(xp.sort(_key(data, is_ascend), axis=axis), is_ascend)


@op(name="argsort", differentiable=False)
def argsort(xp, data, *, axis: int | None = -1, is_ascend: bool = True, dtype: DType = _FLOAT32):
    """Positions that put the elements in order along an axis; equal elements keep their order.

    Parameters
    ----------
    data : any shape, any dtype
    axis : int or None
        None sorts the flattened array.
    is_ascend : bool
        Smallest first, else largest first; NaN last in both cases.
    dtype : dtype
        Of the positions. The default float32 is exact to 2**24.

    Returns
    -------
    The shape of `data`, one axis for ``axis=None``.

    Raises
    ------
    MXNetValueError
        If `axis` is out of range.
    """
    data, axis = _line(data, axis, "argsort")
    return xp.argsort(_key(data, is_ascend), axis=axis, kind="stable").astype(dtype, copy=False)


for _op in (sort, argsort):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots, name: str = _op.name) -> None:
        shape = ins[0]
        if attrs.axis is None:
            outs[0] = None if shape is None else _line_shape(shape, None)
            return
        outs[0] = shape
        ins[0] = outs[0]
        if outs[0] is not None:
            normal_axis(name, attrs.axis, len(outs[0]))


sort.type(same_type)


@argsort.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.dtype


@sort.grad("data")
def _(F, grad, data, *, axis, is_ascend):
    positions = F.argsort(data, axis=axis, is_ascend=is_ascend, dtype="int64")
    return F._scatter_along_axis(grad, positions, axis=axis, shape=data.shape)


# ---- the first few --------------------------------------------------------------------------------

_TOPK_OUTPUTS = {"indices": ("output",), "mask": ("output",), "value": ("output0", "indices"),
                 "both": ("output0", "output1")}


@op(name="topk", outputs=lambda attrs: _TOPK_OUTPUTS["both" if attrs is None else attrs.ret_typ],
    visible=lambda attrs: 2 if attrs.ret_typ == "both" else 1)
def topk(xp, data, *, axis: int | None = -1, k: int = 1,
         ret_typ: Literal["both", "indices", "mask", "value"] = "indices", is_ascend: bool = False,
         dtype: DType = _FLOAT32):
    """The `k` largest elements along an axis, largest first; of equal ones the earlier first.

    Parameters
    ----------
    data : any shape, any dtype
    axis : int or None
        None looks at the flattened array.
    k : int
        How many; below 1 means all.
    ret_typ : str
        ``"indices"``: positions; ``"value"``: elements; ``"both"``: elements and positions; ``"mask"``: an
        array like `data` that is 1 at those elements and 0 elsewhere.
    is_ascend : bool
        The smallest instead, smallest first.
    dtype : dtype
        Of positions. The default float32 is exact to 2**24.

    Returns
    -------
    Elements and mask have the dtype of `data`.

    Raises
    ------
    MXNetValueError
        If `axis` is out of range or `k` larger than the axis.
    """
    line, along = _line(data, axis, "topk")
    k = _count(k, line.shape[along])
    order = xp.argsort(_key(line, is_ascend), axis=along, kind="stable")
    order = order[(slice(None),) * along + (slice(k),)]
    if ret_typ == "indices":
        return (order.astype(dtype),)
    index = _along(xp, order, along)
    if ret_typ == "mask":
        mask = xp.zeros_like(line)
        mask[index] = 1
        return (mask.reshape(data.shape),)
    # where only elements are asked for, their positions stay exact, for the gradient alone
    return line[index], order.astype(dtype if ret_typ == "both" else _INDEX)


def _count(k: int, length: int) -> int:
    require(k <= length, "topk", f"k is {k}; expected at most {length}, the length of the axis")
    return k if k > 0 else length


@topk.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    if shape is None:
        return
    if attrs.ret_typ == "mask":
        outs[0] = shape
        return
    line = _line_shape(shape, attrs.axis)
    along = normal_axis("topk", attrs.axis or 0, len(line))
    length = line[along]
    k = _count(attrs.k, length) if length is not None else attrs.k if attrs.k > 0 else None
    for i in range(len(outs)):
        outs[i] = (*line[:along], k, *line[along + 1:])


@topk.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if attrs.ret_typ == "indices":
        outs[0] = attrs.dtype
        return
    outs[0] = ins[0]
    ins[0] = outs[0]
    if len(outs) > 1:
        outs[1] = attrs.dtype if attrs.ret_typ == "both" else _INDEX


@topk.grad("data")
def _(F, grads, data_shape, output1, *, axis, ret_typ):
    if ret_typ in ("indices", "mask") or grads[0] is None:
        return None
    return F._scatter_along_axis(grads[0], output1, axis=axis, shape=data_shape)


# ---- their gradients ------------------------------------------------------------------------------

@op(name="_scatter_along_axis", nograd=("positions",))
def scatter_along_axis(xp, data, positions, *, axis: int | None, shape: Shape):
    """Zeros of `shape` with `data` put at distinct `positions` along an axis: the gradient of sorting.

    Parameters
    ----------
    data, positions : one shape
        Elements, and where they belong; positions of any dtype.
    axis : int or None
        None for positions in the flattened array.
    shape : tuple of int
        Of the result, which has the dtype of `data`.
    """
    line = xp.zeros(_line_shape(shape, axis), data.dtype)
    along = normal_axis("_scatter_along_axis", axis or 0, line.ndim)
    line[_along(xp, positions.astype(_INDEX, copy=False), along)] = data
    return line.reshape(shape)


@scatter_along_axis.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = ins["positions"]
    ins["positions"] = ins["data"]
    outs[0] = attrs.shape


scatter_along_axis.type(first_type)


@scatter_along_axis.grad("data")
def _(F, grad, positions, *, axis):
    return F._gather_along_axis(grad, positions, axis=axis)


@op(name="_gather_along_axis", nograd=("positions",))
def gather_along_axis(xp, data, positions, *, axis: int | None):
    """Elements of `data` at `positions` along an axis (None: in the flattened array), in its dtype."""
    line, along = _line(data, axis, "_gather_along_axis")
    return line[_along(xp, positions.astype(_INDEX, copy=False), along)]


@gather_along_axis.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["positions"]
    ins["positions"] = outs[0]


gather_along_axis.type(first_type)


@gather_along_axis.grad("data")
def _(F, grad, data_shape, positions, *, axis):
    return F._scatter_along_axis(grad, positions, axis=axis, shape=data_shape)
