"""``mx.nd.save`` and ``mx.nd.load``: NDArrays in MXNet's own file format."""
from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import device as _device
from ..base import MXNetError, MXNetTypeError
from ..context import Context, as_context
from ..util import is_np_shape
from .base import wrap
from .ndarray import NDArray
from .serialization import Record, dump, dump_one, load_one, write_file
from .serialization import load as _parse

__all__ = ["save", "load", "load_frombuffer", "to_record_bytes", "from_record_bytes"]

_DENSE_LIMIT = 1 << 30  # bytes that a stored sparse array may take once it is dense


def _record(array: NDArray) -> Record:
    return Record(array.asnumpy(), array.context.device_typeid, array.context.device_id)


def save(fname: str, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Write arrays to a file that MXNet 1.9.1 reads, byte for byte as it would write it.

    The file appears complete or not at all.

    Parameters
    ----------
    fname : str
    data : NDArray, or list, or dict by name of them
    """
    if isinstance(data, NDArray):
        data = [data]
    if isinstance(data, Mapping):
        names, arrays = list(data), list(data.values())
    elif isinstance(data, (list, tuple)):
        names, arrays = [], list(data)
    else:
        raise MXNetTypeError(f"save: data is {type(data).__name__}; expected an NDArray, or a list or dict of them")
    for each in names:
        if not isinstance(each, str):
            raise MXNetTypeError(f"save: the name {each!r} is not text")
    for each in arrays:
        if not isinstance(each, NDArray):
            raise MXNetTypeError(f"save: data holds a {type(each).__name__}; expected NDArrays")
    write_file(fname, dump([_record(array) for array in arrays], names, is_np_shape()))


def load(fname: str) -> list[NDArray] | dict[str, NDArray]:
    """Return the arrays of a file: a dict if they have names, else a list.

    Reads what every version of MXNet 1.x has written. Arrays of a GPU come back to that GPU if it exists,
    otherwise to the CPU; sparse ones become dense. Raises MXNetError for a damaged file.
    """
    if not isinstance(fname, (str, os.PathLike)):
        raise MXNetTypeError(f"load: fname is {type(fname).__name__}; expected a path")
    try:
        with open(fname, "rb") as file:
            data = file.read()
    except OSError as error:
        raise MXNetError(f"load: cannot read {fname}: {error.strerror or error}") from error
    return load_frombuffer(data)


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """Return the arrays in the bytes of such a file."""
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise MXNetTypeError(f"load_frombuffer: buf is {type(buf).__name__}; expected bytes")
    records, names = _parse(buf)
    arrays = [_array(record) for record in records]
    return dict(zip(names, arrays)) if names else arrays


def _array(record: Record) -> NDArray:
    values = record.array
    if values is None:
        values = np.zeros((0,), np.float32)  # MXNet's "none": an array that was never given a shape
    elif record.stype != "default":
        values = _dense(record)
    ctx = _context(record)
    return wrap(ctx.device.from_host(values), ctx)


def _context(record: Record) -> Context:
    if record.dev_type == 2 and record.dev_id < _device.count_gpus():
        return Context("gpu", record.dev_id)
    return as_context("cpu(0)")


def _dense(record: Record) -> np.ndarray:
    if math.prod(record.shape) * record.array.itemsize > _DENSE_LIMIT:
        raise MXNetError(f"load: a {record.stype} array of shape {record.shape} is too large to be made dense")
    values = np.zeros(record.shape, record.array.dtype)
    if record.stype == "row_sparse":
        values[record.aux[0]] = record.array
    else:
        indptr, columns = record.aux
        values[np.repeat(np.arange(record.shape[0]), np.diff(indptr)), columns] = record.array
    return values


def to_record_bytes(array: NDArray) -> bytearray:
    """Return one array as MXNet pickles it."""
    return bytearray(dump_one(_record(array), is_np_shape()))


def from_record_bytes(data: bytes) -> NDArray:
    """Return the array in such bytes."""
    return _array(load_one(bytes(data)))


def _getstate(self: NDArray) -> dict[str, Any]:
    return {"handle": to_record_bytes(self)}


def _setstate(self: NDArray, state: dict[str, Any]) -> None:
    found = from_record_bytes(state["handle"])
    self._data, self._ctx, self._entry = found._data, found._ctx, None


def _reduce(self: NDArray) -> tuple:
    return NDArray, (None,), _getstate(self)


# The pickled form is MXNet's own, so it belongs to this file; the class gets it from here.
NDArray.__getstate__, NDArray.__setstate__, NDArray.__reduce__ = _getstate, _setstate, _reduce
