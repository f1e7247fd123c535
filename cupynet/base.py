"""The small vocabulary that every other room shares, and the names that old programs import from ``mxnet.base``."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .c_api import (
    _LIB,
    CachedOpHandle,
    CudaKernelHandle,
    CudaModuleHandle,
    DataIterCreatorHandle,
    DataIterHandle,
    DLPackHandle,
    ExecutorHandle,
    FunctionHandle,
    KVStoreHandle,
    NDArrayHandle,
    OpHandle,
    ProfileHandle,
    RecordIOHandle,
    RtcHandle,
    SymbolHandle,
    c_array,
    c_array_buf,
    c_handle_array,
    c_str,
    c_str_array,
    check_call,
    ctypes2buffer,
    ctypes2numpy_shared,
    mx_float,
    mx_float_p,
    mx_int,
    mx_int64,
    mx_uint,
    py_str,
)
from .dtypes import mx_real_t
from .error import (
    MXNetAssertionError,
    MXNetError,
    MXNetIndexError,
    MXNetKeyError,
    MXNetNotImplementedError,
    MXNetTypeError,
    MXNetValueError,
    NotImplementedForSymbol,
    NotSupportedForSparseNDArray,
    error_types,
)
from .error import register as register_error

__all__ = ["MXNetError", "MXNetAssertionError", "MXNetValueError", "MXNetTypeError", "MXNetIndexError", "MXNetKeyError",
           "MXNetNotImplementedError", "NotImplementedForSymbol", "NotSupportedForSparseNDArray", "error_types",
           "register_error", "classproperty", "with_metaclass", "string_types", "numeric_types", "integer_types",
           "mx_real_t", "others_told", "data_dir", "data_dir_default", "build_param_doc",
           "check_call", "c_str", "c_str_array", "c_array", "c_array_buf", "c_handle_array", "py_str", "ctypes2buffer",
           "ctypes2numpy_shared", "mx_int", "mx_int64", "mx_uint", "mx_float", "mx_float_p", "CachedOpHandle",
           "CudaKernelHandle", "CudaModuleHandle", "DLPackHandle", "DataIterCreatorHandle", "DataIterHandle",
           "ExecutorHandle", "FunctionHandle", "KVStoreHandle", "NDArrayHandle", "OpHandle", "ProfileHandle",
           "RecordIOHandle", "RtcHandle", "SymbolHandle", "_LIB", "_Null", "_NullType", "_as_list"]

# MXNet's tuples of types, from the days of Python 2.
string_types = (str,)
integer_types = (int, np.int32, np.int64)
numeric_types = (float, int, np.generic)
long, basestring = int, str


class _NullType:
    """The type of ``_Null``: an argument that was not given."""

    def __repr__(self) -> str:
        return "_Null"


_Null = _NullType()
_MANY = 20  # names in one message


def _as_list(obj: Any) -> Sequence[Any]:
    """Return a list or tuple as it is, and anything else in a list."""
    return obj if isinstance(obj, (list, tuple)) else [obj]


# ---- properties of classes ------------------------------------------------------------------------

class classproperty:
    """A property of a class itself: ``NameManager.current``.

    A setter works where the metaclass of the class is :class:`WithClassProperties`.
    """

    def __init__(self, fget: Callable[[type], Any], fset: Callable[[type, Any], None] | None = None):
        self._get, self._set = fget, fset
        self.__doc__ = fget.__doc__

    def __get__(self, instance: object, owner: type) -> Any:
        return self._get(owner)

    def setter(self, fset: Callable[[type, Any], None]) -> classproperty:
        """Return the property with a function that sets it."""
        return classproperty(self._get, fset)

    def assign(self, owner: type, value: Any) -> None:
        """Set the property of the class `owner`."""
        if self._set is None:
            raise AttributeError(f"this property of {owner.__name__} cannot be set")
        self._set(owner, value)


class WithClassProperties(type):
    """The metaclass of classes whose class properties can be set."""

    def __setattr__(cls, name: str, value: Any) -> None:
        found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
        if isinstance(found, classproperty):
            found.assign(cls, value)
        else:
            super().__setattr__(name, value)


_MXClassPropertyMetaClass = WithClassProperties


def with_metaclass(meta: type, *bases: type) -> type:
    """Return a base class for classes of the metaclass `meta`, as Python 2 and 3 both understood it."""
    class _Temporary(type):
        def __new__(cls, name: str, _: tuple, members: dict[str, Any]) -> type:
            return meta(name, bases, members)
    return type.__new__(_Temporary, "temporary_class", (), {})


# ---- texts and folders ----------------------------------------------------------------------------

def others_told(given: Iterable[str], known: Iterable[str]) -> str:
    """Return a remark for errors: which of the names that are `given` are not `known`, or ''.

    >>> others_told(['fc1_weight', 'out_weight'], ['fc1_weight', 'fc1_bias'])
    ' (of another network: out_weight)'
    """
    names = sorted(set(given) - set(known))
    return f" (of another network: {', '.join(names[:_MANY])}{', ...' * (len(names) > _MANY)})" if names else ""


def data_dir_default() -> str:
    """Return the folder for data sets and models where the environment names none: ``~/.mxnet``."""
    return os.path.join(os.path.expanduser("~"), ".mxnet")


def data_dir() -> str:
    """Return the folder for data sets and models: ``MXNET_HOME``, or ``~/.mxnet``."""
    return os.environ.get("MXNET_HOME", data_dir_default())


def build_param_doc(arg_names: Sequence[str], arg_types: Sequence[str], arg_descs: Sequence[str],
                    remove_dup: bool = True) -> str:
    """Return the section ``Parameters`` of a docstring; of names that are there twice the first counts."""
    lines, seen = ["Parameters", "----------"], set()
    for name, kind, description in zip(arg_names, arg_types, arg_descs):
        if name in seen and remove_dup:
            continue
        seen.add(name)
        lines.append(f"{name} : {kind}")
        if description:
            lines.append(f"    {description}")
    return "\n".join(lines) + "\n"
