"""States of optimizers as bytes: the pickles that MXNet writes, without the dangers of pickles.

MXNet keeps states, and perhaps the optimizer itself, as a Python pickle that names MXNet's classes. Here a small
writer makes such pickles, with those names, so that MXNet reads them; the reader makes nothing but arrays, numbers,
texts, containers, optimizers and schedules, whatever a file asks for.
"""
from __future__ import annotations

import io
import pickle
import pickletools
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import lr_scheduler
from ..base import MXNetError, MXNetTypeError
from ..lr_scheduler import LRScheduler
from ..ndarray import NDArray
from ..ndarray.files import from_record_bytes, to_record_bytes
from .base import Optimizer

__all__ = ["dumps", "loads"]

_PACKAGE = __name__.rpartition(".")[0]
_OPTIMIZERS = "mxnet.optimizer"
_SCHEDULES = "mxnet.lr_scheduler"
_ARRAYS = {("mxnet.ndarray.ndarray", "NDArray"), ("mxnet.ndarray", "NDArray"),
           ("mxnet.ndarray.sparse", "RowSparseNDArray"), ("mxnet.ndarray.sparse", "CSRNDArray")}


# ---- writing --------------------------------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """Return states, or a tuple of states and optimizer, as a pickle of MXNet's classes.

    Raises MXNetTypeError for anything but None, numbers, texts, bytes, NDArrays, optimizers, schedules and tuples,
    lists and dicts of them.
    """
    writer = _Writer()
    writer.write(value)
    return b"\x80\x04" + b"".join(writer.parts) + b"."


class _Writer:
    """Writes opcodes of protocol 4 (see the module `pickletools`); objects that occur twice are one object again."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.memo: dict[int, int] = {}
        self.seen: list[Any] = []  # keeps what is in the memo alive, so that no identity is used again

    def remember(self, value: Any) -> None:
        self.memo[id(value)] = len(self.memo)
        self.seen.append(value)
        self.parts.append(b"\x94")

    def write(self, value: Any) -> None:
        if isinstance(value, np.generic):
            value = value.item()
        if id(value) in self.memo:
            self.parts.append(b"j" + struct.pack("<I", self.memo[id(value)]))
        elif value is None or isinstance(value, bool):
            self.parts.append({None: b"N", True: b"\x88", False: b"\x89"}[value])
        elif isinstance(value, int):
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            self.parts += [b"\x8b", struct.pack("<i", len(data)), data]
        elif isinstance(value, float):
            self.parts.append(b"G" + struct.pack(">d", value))
        elif isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            self.parts += [b"X", struct.pack("<I", len(data)), data]
        elif isinstance(value, (bytes, bytearray)):
            self.parts += [b"\x8e", struct.pack("<Q", len(value)), bytes(value)]
        elif isinstance(value, (tuple, list, dict)):
            self.write_container(value)
        else:
            self.write_object(value)

    def write_container(self, value: Any) -> None:
        if isinstance(value, tuple):
            opening, items, closing = b"(", value, b"t"
            self.parts.append(opening)
        else:
            opening, closing = (b"}", b"u") if isinstance(value, dict) else (b"]", b"e")
            items = [each for pair in value.items() for each in pair] if isinstance(value, dict) else value
            self.parts.append(opening)
            self.remember(value)
            self.parts.append(b"(")
        for each in items:
            self.write(each)
        self.parts.append(closing)

    def write_global(self, module: str, name: str) -> None:
        self.write(module)
        self.write(name)
        self.parts.append(b"\x93")

    def write_object(self, value: Any) -> None:
        if isinstance(value, NDArray):
            self.write_global("mxnet.ndarray.ndarray", "NDArray")
            self.parts.append(b"N\x85R")  # called with (None,)
            self.remember(value)
            self.parts.append(b"}")
            self.write("handle")
            self.write_global("builtins", "bytearray")
            self.write(bytes(to_record_bytes(value)))
            self.parts.append(b"\x85Rsb")
        elif isinstance(value, (Optimizer, LRScheduler)):
            self.write_global(*_public_path(type(value)))
            self.parts.append(b")\x81")  # cls.__new__(cls)
            self.remember(value)
            state = value.__getstate__() if isinstance(value, Optimizer) else dict(vars(value))
            self.write(state)
            self.parts.append(b"b")
        else:
            raise MXNetTypeError(f"get_states: a state holds a {type(value).__name__}; expected NDArrays, numbers, "
                                 "texts, and tuples, lists and dicts of them")


def _public_path(klass: type) -> tuple[str, str]:
    """Return module and name of MXNet's class, or of a class that is the user's own."""
    module = klass.__module__
    if module == lr_scheduler.__name__:
        return _SCHEDULES, klass.__name__
    if module.rpartition(".")[0] == _PACKAGE:
        return f"{_OPTIMIZERS}.{'contrib' if module.endswith('.contrib') else 'optimizer'}", klass.__name__
    return module, klass.__qualname__


# ---- reading --------------------------------------------------------------------------------------


def loads(data: bytes) -> Any:
    """Return what such a pickle holds. Raises MXNetError if it is damaged or asks for anything else."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise MXNetTypeError(f"set_states: states are {type(data).__name__}; expected bytes")
    data = bytes(data)
    try:
        _check_opcodes(data)
        # Files of Python 2 hold texts as bytes.
        found = _Reader(io.BytesIO(data), encoding="latin-1").load()
        return _Arrays(len(data)).put_into(found)
    except MXNetError:
        raise
    except Exception as error:  # a hostile pickle can fail in any way
        raise MXNetError(f"set_states: the data are no states of an optimizer ({type(error).__name__}: {error})"
                         ) from error


_FORBIDDEN = {"PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "INST", "OBJ", "NEWOBJ_EX", "NEXT_BUFFER",
              "READONLY_BUFFER"}


def _check_opcodes(data: bytes) -> None:
    """Refuse lengths and positions that would make the unpickler allocate more than there is data."""
    stop = puts = 0
    for code, argument, position in pickletools.genops(data):
        if code.name in _FORBIDDEN:
            raise MXNetError(f"set_states: the data contain {code.name}, which states have no use for")
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            puts += 1
            if argument > puts:
                raise MXNetError(f"set_states: object {puts} is to be remembered as number {argument}")
        stop = position
    if stop + 1 != len(data):
        raise MXNetError(f"set_states: {len(data) - stop - 1} bytes follow the end")


class _Stored:
    """An array that is still bytes."""

    def __init__(self, handle: None = None, writable: bool = True):
        self.data: Any = None

    def __setstate__(self, state: Any) -> None:
        self.data = state["handle"]


def _as_bytes(data: Any = b"", encoding: str | None = None) -> Any:
    """Stand in for ``bytearray``, which would make any number of zeros, and for the encoding of bytes as text.

    Nothing is copied here: a text whose characters are bytes stays one until the array is made.
    """
    if isinstance(data, (str, bytes, bytearray)) and encoding in (None, "latin-1", "latin1"):
        return data
    raise MXNetError(f"set_states: an array is made from {type(data).__name__}; expected bytes")


def _new(klass: type, base: type, state: Any) -> Any:
    """Stand in for the function by which Python 2 makes objects."""
    if base is not object or not issubclass(klass, (Optimizer, LRScheduler)):
        raise MXNetError(f"set_states: the data ask for an object of {klass!r}")
    return klass.__new__(klass)


# By their names in Python 3 and 2.
_STAND_INS = {("builtins", "bytearray"): _as_bytes, ("__builtin__", "bytearray"): _as_bytes,
              ("_codecs", "encode"): _as_bytes, ("builtins", "object"): object, ("__builtin__", "object"): object,
              ("copyreg", "_reconstructor"): _new, ("copy_reg", "_reconstructor"): _new}


def _subclasses(klass: type) -> Iterator[type]:
    for each in klass.__subclasses__():
        yield each
        yield from _subclasses(each)


class _Reader(pickle.Unpickler):
    """Knows only what states are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ARRAYS or (module, name) == (NDArray.__module__, NDArray.__name__):
            return _Stored
        if (module, name) in _STAND_INS:
            return _STAND_INS[module, name]
        for klass in (*Optimizer.opt_registry.values(), *_subclasses(LRScheduler)):
            home, public = _public_path(klass)
            if (module, name) in ((home, public), (klass.__module__, klass.__qualname__)):
                return klass
            if name == public and home.startswith("mxnet.") and module.startswith((_SCHEDULES, _OPTIMIZERS)):
                return klass  # the modules of other versions of MXNet
        raise MXNetError(f"set_states: the data ask for {module}.{name}, which is no part of states; a class of your "
                         "own must be registered first")


class _Arrays:
    """Turns stored bytes into NDArrays, in place."""

    def __init__(self, budget: int):
        self.budget = budget  # so that bytes that are named many times do not fill the memory
        self.done: dict[int, Any] = {}
        self.seen: list[Any] = []

    def put_into(self, value: Any) -> Any:
        if id(value) in self.done:
            return self.done[id(value)]
        if not isinstance(value, (_Stored, dict, list, tuple, Optimizer)):
            return value
        self.seen.append(value)
        if isinstance(value, (_Stored, tuple)):
            found = self.array(value) if isinstance(value, _Stored) else tuple(self.put_into(v) for v in value)
            self.done[id(value)] = found
            return found
        self.done[id(value)] = value
        if isinstance(value, Optimizer):
            self.put_into(value.__dict__)
        else:
            for key, each in value.items() if isinstance(value, dict) else enumerate(value):
                value[key] = self.put_into(each)
        return value

    def array(self, stored: _Stored) -> NDArray:
        data = stored.data
        if not isinstance(data, (str, bytes, bytearray)):
            raise MXNetError("set_states: an array has no data")
        self.budget -= len(data)
        if self.budget < 0:
            raise MXNetError("set_states: the arrays hold more bytes than the data")
        return from_record_bytes(data.encode("latin-1") if isinstance(data, str) else data)
