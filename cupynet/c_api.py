"""What is left of MXNet's C interface: conversions, the types of handles, and a library that says that it is none.

Old programs import these names from ``mx.base``. The conversions work; whatever calls into the library ends as an
MXNetError, since there is none.
"""
from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from .error import MXNetError, MXNetTypeError

__all__ = ["check_call", "c_str", "c_str_array", "c_array", "c_array_buf", "c_handle_array", "py_str", "ctypes2buffer",
           "ctypes2numpy_shared", "mx_int", "mx_int64", "mx_uint", "mx_float", "mx_float_p", "CachedOpHandle",
           "CudaKernelHandle", "CudaModuleHandle", "DLPackHandle", "DataIterCreatorHandle", "DataIterHandle",
           "ExecutorHandle", "FunctionHandle", "KVStoreHandle", "NDArrayHandle", "OpHandle", "ProfileHandle",
           "RecordIOHandle", "RtcHandle", "SymbolHandle"]

mx_int, mx_int64, mx_uint, mx_float = ctypes.c_int, ctypes.c_int64, ctypes.c_uint, ctypes.c_float
mx_float_p = ctypes.POINTER(mx_float)
CachedOpHandle = CudaKernelHandle = CudaModuleHandle = DLPackHandle = DataIterCreatorHandle = DataIterHandle = \
    ExecutorHandle = FunctionHandle = KVStoreHandle = NDArrayHandle = OpHandle = ProfileHandle = RecordIOHandle = \
    RtcHandle = SymbolHandle = ctypes.c_void_p


class _Library:
    """Stands where MXNet has its shared library: every function of it refuses."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(*args: Any) -> Any:
            raise MXNetError(f"{name}: cupynet is pure Python, so there is no C library to call")
        return refuse


_LIB = _Library()


def check_call(ret: int) -> None:
    """Raise MXNetError if a C function returned a failure (anything but 0)."""
    if ret != 0:
        raise MXNetError(f"a call into a C library failed with the code {ret}")


def c_str(string: str) -> ctypes.c_char_p:
    """Return text as a C string."""
    return ctypes.c_char_p(string.encode("utf-8"))


def c_str_array(strings: Sequence[str]) -> ctypes.Array:
    """Return texts as an array of C strings."""
    return (ctypes.c_char_p * len(strings))(*(text.encode("utf-8") for text in strings))


def c_array(ctype: Any, values: Sequence[Any]) -> ctypes.Array:
    """Return numbers as a C array of `ctype`."""
    return (ctype * len(values))(*values)


def c_array_buf(ctype: Any, buf: array) -> ctypes.Array:
    """Return a buffer such as ``array.array`` as a C array of `ctype` that shares its memory."""
    return (ctype * len(buf)).from_buffer(buf)


def c_handle_array(objs: Sequence[Any]) -> ctypes.Array:
    """Return the handles of objects as a C array."""
    return (ctypes.c_void_p * len(objs))(*(each.handle for each in objs))


def py_str(x: bytes) -> str:
    """Return the text of a C string."""
    return x.decode("utf-8") if isinstance(x, bytes) else x


def ctypes2buffer(cptr: Any, length: int) -> bytearray:
    """Return a copy of the `length` bytes that a C pointer to char points to."""
    if not isinstance(cptr, ctypes.POINTER(ctypes.c_char)):
        raise MXNetTypeError(f"ctypes2buffer: cptr is {cptr!r}; expected a pointer to char")
    return bytearray(ctypes.string_at(cptr, length))


def ctypes2numpy_shared(cptr: Any, shape: Sequence[int]) -> np.ndarray:
    """Return what a C pointer to float points to as an array of `shape` that shares the memory."""
    if not isinstance(cptr, mx_float_p):
        raise MXNetTypeError(f"ctypes2numpy_shared: cptr is {cptr!r}; expected a pointer to float")
    return np.ctypeslib.as_array(cptr, shape=tuple(shape))
