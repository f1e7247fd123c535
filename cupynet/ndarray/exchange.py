"""Arrays shared with other libraries: NumPy's by their memory, all others' by DLPack."""
from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..context import as_context, gpu
from ..dtypes import as_dtype
from .base import wrap
from .ndarray import NDArray

__all__ = ["from_numpy", "from_dlpack", "to_dlpack_for_read", "to_dlpack_for_write"]


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True, array_cls: type = NDArray) -> Any:
    """Return a NumPy array as an array of class `array_cls` on the CPU.

    With `zero_copy` it shares the memory, of which it is the owner from then on: `ndarray` becomes read-only.
    """
    ctx = as_context("cpu(0)")
    dtype = as_dtype(ndarray.dtype)
    if zero_copy and not ndarray.flags.c_contiguous:
        raise MXNetValueError("from_numpy: only C-contiguous arrays can be shared; pass zero_copy=False")
    if not zero_copy:
        return wrap(np.array(ndarray, dtype, order="C"), ctx, cls=array_cls)
    shared = ctx.device.borrow(ndarray)[...]
    ndarray.flags.writeable = False
    return wrap(shared, ctx, cls=array_cls)


class _Capsule:
    """A bare DLPack capsule as a producer, which can say on which device its memory is."""

    def __init__(self, capsule: Any):
        self._capsule = capsule

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
        try:
            address = pointer(self._capsule, b"dltensor")
        except ValueError:
            raise MXNetValueError("from_dlpack: the capsule holds no tensor, or was used before") from None
        kind, index = (ctypes.c_int32 * 2).from_address(address + ctypes.sizeof(ctypes.c_void_p))  # after the data
        return kind, index


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an NDArray that shares the memory of a DLPack producer (``torch.Tensor``, ``cupy.ndarray``, ...).

    A bare capsule, such as ``to_dlpack_for_read`` returns, will do too; it can be used once.
    """
    if type(dlpack).__name__ == "PyCapsule":
        dlpack = _Capsule(dlpack)
    elif not hasattr(dlpack, "__dlpack_device__"):
        raise MXNetTypeError(f"from_dlpack: got {type(dlpack).__name__}; expected an object that has __dlpack__, or a "
                             "DLPack capsule")
    kind, index = dlpack.__dlpack_device__()
    if int(kind) == 2:
        ctx = gpu(int(index))
        ctx.device.enter()
    else:
        ctx = as_context("cpu(0)")
    raw = ctx.device.xp.from_dlpack(dlpack)
    if not raw.flags.c_contiguous:
        raw = raw.copy(order="C")
    elif isinstance(dlpack, _Capsule) and isinstance(raw, np.ndarray) and not raw.flags.writeable:
        memory = (ctypes.c_char * raw.nbytes).from_address(raw.ctypes.data)  # a bare capsule cannot say: NumPy
        memory.owner = raw                                                   # is careful, MXNet writes
        raw = np.ndarray(raw.shape, raw.dtype, memory)
    return wrap(ctx.device.borrow(raw), ctx)


def to_dlpack_for_read(data: NDArray) -> Any:
    """Return a DLPack capsule of `data`, after waiting for the work that computes it."""
    return data.to_dlpack_for_read()


to_dlpack_for_write = to_dlpack_for_read
