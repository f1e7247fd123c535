"""Making arrays: from values, from other libraries, and the functions that are not operators."""
from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import device as _device
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context, as_context
from ..dtypes import as_dtype
from ..ops import catalog
from ..ops.infer import known
from ..ops.notation import read_shape, undetermined
from ..tape import state
from .base import wrap
from .invoke import invoke
from .ndarray import NDArray

__all__ = ["array", "empty", "zeros", "ones", "full", "arange", "linspace", "eye", "concatenate", "moveaxis", "waitall",
           "onehot_encode", "histogram", "split_v2"]

Shape = int | Sequence[int]


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    try:
        shape = tuple(map(operator.index, (shape,) if isinstance(shape, (int, np.integer)) else shape))
    except TypeError:
        raise MXNetTypeError(f"{name}: shape is {shape!r}; expected an int or a tuple of int") from None
    if any(n < 0 for n in shape):
        raise MXNetValueError(f"{name}: shape is {shape}; lengths cannot be negative")
    return shape


def _call(name: str, *ins: NDArray, ctx: Any = None, out: Any = None, **values: Any) -> Any:
    op = catalog.get(name)
    return invoke(op, ins, op.parse(values), out, None if ctx is None and out is not None else
                  None if ins else as_context(ctx))


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return an array with the values of `source_array` (an array of any library, or nested lists).

    The dtype is `dtype`, that of an NDArray source, or float32 for everything else.
    """
    ctx = as_context(ctx)
    if isinstance(source_array, NDArray):
        if state.recording and source_array._entry is not None:
            return source_array.as_in_context(ctx).astype(as_dtype(dtype, source_array.dtype))
        raw = source_array._data
        dtype = as_dtype(dtype, raw.dtype)
        source_array._ctx.device.enter()
        raw = raw if raw.dtype == dtype else raw.astype(dtype)
        return wrap(ctx.device.copy_from(raw, source_array._ctx.device), ctx)
    dtype = as_dtype(dtype)
    if hasattr(source_array, "__cuda_array_interface__") and hasattr(source_array, "get"):
        source_array = source_array.get()
    if isinstance(source_array, (list, tuple)) and any(isinstance(x, NDArray) for x in source_array):
        source_array = [x.asnumpy() if isinstance(x, NDArray) else x for x in source_array]
    try:
        try:
            values = np.asarray(source_array, dtype)
        except OverflowError:  # as in C, -1 is 255 in uint8
            values = np.asarray(source_array).astype(dtype)
    except (ValueError, TypeError) as error:
        raise MXNetTypeError(f"array: source_array is no array of numbers: {error}") from None
    return wrap(ctx.device.from_host(values), ctx)


def _dense(name: str, stype: str | None) -> None:
    """Refuse the storage types of sparse arrays."""
    if stype not in (None, "default"):
        raise MXNetError(f"{name}: storage type {stype!r} is not supported; arrays are dense ('default')")


def empty(shape: Shape, ctx: Context | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """Return an array whose values are not set."""
    _dense("empty", stype)
    return _made("empty", shape, lambda xp, shape, dtype: xp.empty(shape, dtype), ctx, dtype)


def _made(name: str, shape: Shape, make: Callable, ctx: Any, dtype: Any) -> NDArray:
    """Return ``make(xp, shape, dtype)`` as an array."""
    ctx = as_context(ctx)
    shape, dtype, device = _shape(name, shape), as_dtype(dtype), ctx.device
    device.enter()
    try:
        return wrap(make(device.xp, shape, dtype), ctx)
    except (*device.failures, ValueError, OverflowError) as error:
        raise device.failed(f"{name}: an array of shape {shape}", error) from error


def _determined(name: str, shape: Any, ctx: Any, dtype: Any) -> Any:
    """Return `shape`. Raises if under the switch np_shape it is one that is not known, where nothing can tell it."""
    try:
        meaning = read_shape((shape,) if isinstance(shape, (int, np.integer)) else shape)
    except TypeError:
        raise MXNetTypeError(f"{name}: shape is {shape!r}; expected an int or a tuple of int") from None
    if not known(meaning):
        raise undetermined(name, meaning, {"dtype": as_dtype(dtype), "ctx": as_context(ctx), "shape": shape})
    return shape


def _as_operator(name: str, shape: Any, kwargs: dict[str, Any]) -> Any:
    """Return `shape` as the operator called `name` reads it, which also takes text. Raises if it lacks a keyword."""
    kwargs.pop("name", None)
    if not kwargs and not isinstance(shape, str):
        return shape
    return catalog.get(name).parse({"shape": shape, **kwargs})["shape"]


def filled(name: str, shape: Shape, value: Any, ctx: Any, dtype: Any, out: NDArray | None = None) -> NDArray:
    """Return an array of any `shape` filled with `value`, for the function called `name`."""
    if out is not None:
        if out.shape != _shape(name, shape):
            raise MXNetValueError(f"{name}: out has shape {out.shape}, expected {_shape(name, shape)}")
        out[:] = value
        return out
    # memory that the system gives out is zero already, so zeros cost nothing until they are touched
    return _made(name, shape, lambda xp, shape, dtype: xp.zeros(shape, dtype) if value.__class__ is int and value == 0
                 else xp.full(shape, value, dtype), ctx, dtype)


def zeros(shape: Shape, ctx: Context | None = None, dtype: Any = None, stype: str | None = None,
          out: NDArray | None = None, **kwargs: Any) -> NDArray:
    """Return an array of zeros."""
    _dense("zeros", stype)
    shape = _as_operator("_zeros", shape, kwargs)
    return filled("zeros", _determined("_zeros", shape, ctx, dtype), 0, ctx, dtype, out)


def ones(shape: Shape, ctx: Context | None = None, dtype: Any = None, out: NDArray | None = None,
         **kwargs: Any) -> NDArray:
    """Return an array of ones."""
    shape = _as_operator("_ones", shape, kwargs)
    return filled("ones", _determined("_ones", shape, ctx, dtype), 1, ctx, dtype, out)


def full(shape: Shape, val: float, ctx: Context | None = None, dtype: Any = np.float32,
         out: NDArray | None = None) -> NDArray:
    """Return an array filled with `val`."""
    if isinstance(shape, (tuple, list)) and not shape:
        _determined("_full", shape, ctx, dtype)
    return filled("full", shape, val, ctx, dtype, out)


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool = False,
           ctx: Context | None = None, dtype: Any = np.float32) -> NDArray:
    """Return evenly spaced values in ``[start, stop)``, each `repeat` times; ``arange(n)`` starts at 0."""
    if stop is None and not infer_range:
        start, stop = 0, start
    return _call("_arange", ctx=ctx, start=start, stop=stop, step=step, repeat=repeat,
                 dtype=as_dtype(dtype, np.float64))


def linspace(start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None,
             dtype: Any = np.float32) -> NDArray:
    """Return `num` evenly spaced values from `start` to `stop`."""
    return _call("_linspace", ctx=ctx, start=start, stop=stop, num=num, endpoint=endpoint,
                 dtype=as_dtype(dtype, np.float64))


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = np.float32, **kwargs: Any) -> NDArray:
    """Return an ``N x M`` array (square if `M` is 0 or less) with ones on the diagonal `k`."""
    kwargs.pop("name", None)
    return _call("_eye", ctx=ctx, N=N, M=M, k=k, dtype=dtype, **kwargs)


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Return the arrays joined along `axis`; a single one comes back itself unless `always_copy`."""
    if not arrays:
        raise MXNetValueError("concatenate: needs at least one array")
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return _call("Concat", *arrays, dim=axis)


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Return `tensor` with the axes `source` moved to the places `destination`."""
    try:
        order = np.moveaxis(np.empty(tensor.shape, bool), source, destination).shape  # checks the axes
        source, destination = np.atleast_1d(source) % tensor.ndim, np.atleast_1d(destination) % tensor.ndim
    except ValueError as error:
        raise MXNetValueError(f"moveaxis: {error}") from None
    rest = iter(i for i in range(tensor.ndim) if i not in source)
    place = dict(zip(destination.tolist(), source.tolist()))
    order = tuple(place[i] if i in place else next(rest) for i in range(tensor.ndim))
    return _call("transpose", tensor, axes=order)


def split_v2(ary: NDArray, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
             ) -> NDArray | list[NDArray]:
    """Return `ary` split into equal sections, or before the given indices."""
    return ary.split_v2(indices_or_sections, axis, squeeze_axis)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write the one-hot rows of `indices` into `out`, of shape (n, classes)."""
    out[:] = _call("one_hot", indices, depth=out.shape[1])
    return out


def histogram(a: NDArray, bins: int | NDArray = 10, range: tuple[float, float] | None = None
              ) -> list[NDArray] | tuple[NDArray, NDArray]:
    """Return counts and edges of bins for the values of `a`: a tuple for a number of bins alone, else a list."""
    if isinstance(bins, NDArray):
        return _call("_histogram", a, bins)
    if range is not None:
        return _call("_histogram", a, bin_cnt=bins, range=range)
    low, high = float(a.min().asscalar()), float(a.max().asscalar())
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)  # as in NumPy
    counts, edges = _call("_histogram", a.astype(np.float64), bin_cnt=bins, range=(low, high))
    return counts.astype(np.float32), edges.astype(np.float32)  # MXNet makes these from NumPy's, as float32


def waitall() -> None:
    """Wait until all work on all devices is done."""
    _device.synchronize_all()
