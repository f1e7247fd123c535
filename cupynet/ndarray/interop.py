"""Arrays in the functions of NumPy, CuPy and every library that speaks their protocols or DLPack."""
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetValueError
from ..context import current_context
from ..tape import state
from .arithmetic import SCALARS, number, operand
from .base import NDArrayBase, wrap
from .flight import note
from .invoke import call

__all__ = ["Interop"]

_UFUNC_METHODS = {np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
                  np.true_divide: operator.truediv, np.power: operator.pow, np.mod: operator.mod,
                  np.equal: operator.eq, np.not_equal: operator.ne, np.greater: operator.gt,
                  np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
                  np.matmul: operator.matmul}
_UFUNC_OPS = {name: name for name in (
    "exp expm1 log log2 log10 log1p sqrt cbrt square sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh "
    "arctanh floor ceil trunc sign negative reciprocal degrees radians").split()}
_UFUNC_OPS |= {"absolute": "abs", "fabs": "abs", "deg2rad": "radians", "rad2deg": "degrees"}
_FUNCTION_METHODS = {"sum", "mean", "max", "min", "amax", "amin", "prod", "argmax", "argmin", "transpose", "squeeze",
                     "clip", "round"}


def _foreign(func: Callable, args: Any, kwargs: Any) -> Any:
    """Run a NumPy function on the raw arrays inside `args`; array results become NDArrays again."""
    arrays: list[NDArrayBase] = []

    def unwrap(value: Any) -> Any:
        if isinstance(value, NDArrayBase):
            if state.recording and value._entry is not None:
                raise MXNetError(f"{getattr(func, '__name__', func)}: NumPy functions without an operator of their own "
                                 "cannot be recorded; use mx.nd, or detach() the array first")
            arrays.append(note(value))
            value._ctx.device.enter()
            return value._data
        if isinstance(value, (list, tuple)):
            return type(value)(map(unwrap, value))
        return value

    def rewrap(value: Any) -> Any:
        if isinstance(value, ctx.device.xp.ndarray):
            if not value.flags.c_contiguous:  # views of an array write through it, so its elements lie in a row
                value = value.copy(order="C")
            array = wrap(value, ctx, None, cls)
            return note(array) if value.base is not None else array
        if isinstance(value, (list, tuple)):
            return [rewrap(each) for each in value]
        return value

    def bring(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return ctx.device.from_host(value)
        return type(value)(map(bring, value)) if isinstance(value, (list, tuple)) else value

    args = unwrap(tuple(args))
    kwargs = {name: unwrap(value) for name, value in kwargs.items()}
    ctx, cls = (arrays[0]._ctx, arrays[0]._class) if arrays else (current_context(), None)
    if ctx.device.kind != "cpu":
        args, kwargs = bring(args), {name: bring(value) for name, value in kwargs.items()}
    return rewrap(func(*args, **kwargs))


class Interop(NDArrayBase):
    """The protocols by which other libraries take arrays."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        device = self._ctx.device
        if device.kind == "cpu":
            raw = self._data
            shares = not copy and (dtype is None or raw.dtype == dtype)
            return device.lend(raw) if shares else np.array(raw, dtype, copy=copy)
        if copy is False:
            raise MXNetValueError("an array on a GPU cannot become a NumPy array without a copy")
        array = self.asnumpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if len(inputs) == 2 and ufunc in _UFUNC_METHODS:
                first, second = inputs
                if isinstance(first, NDArrayBase):
                    return _UFUNC_METHODS[ufunc](first, second)
                scalar = isinstance(first, SCALARS) or (isinstance(first, np.ndarray) and not first.ndim)
                array = number(first) if scalar else operand(second, first)
                if array is not None:
                    return _UFUNC_METHODS[ufunc](array, second)
            if len(inputs) == 1 and ufunc.__name__ in _UFUNC_OPS:
                return call(_UFUNC_OPS[ufunc.__name__], inputs[0])
        out = kwargs.pop("out", None)
        result = _foreign(getattr(ufunc, method), inputs, kwargs)
        if out is None:
            return result
        target = out[0]
        target[...] = result if isinstance(target, NDArrayBase) else np.asarray(result)
        return target

    def __array_function__(self, func: Callable, types: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if name in _FUNCTION_METHODS and isinstance(args[0], NDArrayBase) and len(args) == 1 and \
                not set(kwargs) - {"axis", "keepdims"}:
            return getattr(args[0], name)(**kwargs)
        return _foreign(func, args, kwargs)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._ctx.device.dlpack(self._data, **kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    @property
    def __cuda_array_interface__(self) -> dict:
        return self._ctx.device.interface(self._data)

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule, after waiting for the work that computes the elements."""
        self.wait_to_read()
        return self.__dlpack__()

    to_dlpack_for_write = to_dlpack_for_read

    def __cupy_get_ndarray__(self) -> Any:
        return self._ctx.device.lend(self._data)
