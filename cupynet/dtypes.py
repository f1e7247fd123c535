"""The element types of arrays and the integer flags that MXNet files use for them."""
from __future__ import annotations

from typing import Any

import numpy as np

from .error import MXNetTypeError

try:  # NumPy has no bfloat16 of its own
    from ml_dtypes import bfloat16 as _bfloat16
except ImportError:
    _bfloat16 = None

__all__ = ["mx_real_t", "as_dtype", "flag_of", "dtype_of_flag", "is_integer"]

mx_real_t = np.float32

_FLAGS: dict[int, np.dtype] = {
    flag: np.dtype(name) for flag, name in enumerate(
        ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool",
         "int16", "uint16", "uint32", "uint64"))
}
if _bfloat16 is not None:
    _FLAGS[12] = np.dtype(_bfloat16)
_BY_DTYPE = {dtype: flag for flag, dtype in _FLAGS.items()}


def as_dtype(value: Any, default: Any = mx_real_t) -> np.dtype:
    """Return the NumPy dtype that `value` means: a name, a class, a dtype, or ``None`` for `default`."""
    if value is None:
        return np.dtype(default)
    if value == "bfloat16":
        if _bfloat16 is None:
            raise MXNetTypeError("dtype 'bfloat16' needs the package ml_dtypes, which is not installed")
        return np.dtype(_bfloat16)
    try:
        dtype = np.dtype(value)
    except TypeError as error:
        raise MXNetTypeError(f"{value!r} is not a data type") from error
    if dtype not in _BY_DTYPE:
        raise MXNetTypeError(f"data type {dtype} is not supported; expected one of "
                             + ", ".join(str(known) for known in _BY_DTYPE))
    return dtype


def flag_of(dtype: Any) -> int:
    """Return MXNet's integer flag for `dtype` (0 float32, 1 float64, ... 12 bfloat16)."""
    return _BY_DTYPE[as_dtype(dtype)]


def dtype_of_flag(flag: int) -> np.dtype:
    """Return the dtype that an MXNet file means by `flag`."""
    try:
        return _FLAGS[flag]
    except KeyError:
        hint = " (bfloat16 needs the package ml_dtypes)" if flag == 12 else ""
        raise MXNetTypeError(f"unknown data type flag {flag}{hint}") from None


def is_integer(dtype: np.dtype) -> bool:
    """Whether `dtype` holds whole numbers or truth values."""
    return dtype.kind in "iub"
