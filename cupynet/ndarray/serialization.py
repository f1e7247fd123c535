"""MXNet's container of arrays (``.params`` files), on the level of NumPy arrays.

A container is a header, a list of array records and a list of names (none, or one per array); all integers
are little-endian. Four versions of the record exist. The first 32-bit word tells which one it is:

=====  ======================  =====================================================================
V0     the number of axes      32-bit lengths; everything saved before MXNet 0.11
V1     ``0xF993FAC8``          64-bit lengths
V2     ``0xF993FAC9``          adds a storage type, so that sparse arrays can be stored; the usual one
V3     ``0xF993FACA``          as V2, but no axes mean a scalar, and an unknown length is -1
=====  ======================  =====================================================================

Reading trusts nothing: every count and length is compared with the bytes that are left before anything of
that size is made, and whatever does not fit is an :class:`MXNetError` that names the array and the byte.
"""
from __future__ import annotations

import contextlib
import math
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..dtypes import dtype_of_flag, flag_of

__all__ = ["Record", "dump", "dump_one", "load", "load_one", "write_file"]

_CONTAINER = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_STORAGE = {0: "default", 1: "row_sparse", 2: "csr"}
_STORAGE_FLAGS = {name: flag for flag, name in _STORAGE.items()}
_AUXILIARY = {"default": (), "row_sparse": ("indices",), "csr": ("indptr", "indices")}
_DEVICES = (1, 2, 3, 5)  # cpu, gpu, cpu_pinned, cpu_shared
_MAX_NDIM = 32


@dataclass(eq=False)
class Record:
    """One stored array.

    Attributes
    ----------
    array : numpy.ndarray or None
        The elements; of a sparse array only those that are stored. None where the file holds no array.
    dev_type, dev_id : int
        The context that the array lived in, in MXNet's numbers (1 cpu, 2 gpu, 3 cpu_pinned, 5 cpu_shared).
    stype : str
        ``"default"``, ``"row_sparse"`` or ``"csr"``.
    aux : tuple of numpy.ndarray
        ``(indices,)`` of a row_sparse array, ``(indptr, indices)`` of a csr matrix.
    shape : tuple of int or None
        The logical shape. None means that of `array`.
    """

    array: np.ndarray | None
    dev_type: int = 1
    dev_id: int = 0
    stype: str = "default"
    aux: tuple[np.ndarray, ...] = ()
    shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.shape is None:
            self.shape = () if self.array is None else self.array.shape


# ---- writing -------------------------------------------------------------------------------------


def dump(records: Iterable[Record], names: Iterable[str] = (), np_shape: bool = False) -> bytes:
    """Return the container that holds `records`.

    Parameters
    ----------
    records : iterable of Record
        Written in V2, byte for byte as MXNet 1.9.1 does, or in V3 where V2 has no words for it: a scalar
        without axes, which V2 would take for "no array".
    names : iterable of str
        One name per record, or none at all.
    np_shape : bool
        Write every dense record in V3, as MXNet does where the switch np_shape is on.
    """
    records, names = list(records), list(names)
    if names and len(names) != len(records):
        raise MXNetValueError(f"save: {len(names)} names for {len(records)} arrays; expected one for each or none")
    chunks = [struct.pack("<3Q", _CONTAINER, 0, len(records))]
    for record in records:
        chunks += _record_chunks(record, np_shape)
    chunks.append(struct.pack("<Q", len(names)))
    for name in names:
        chunks += _name_chunks(name)
    return b"".join(chunks)


def dump_one(record: Record, np_shape: bool = False) -> bytes:
    """Return the bytes of `record` alone, without a container: what a pickled NDArray holds."""
    return b"".join(_record_chunks(record, np_shape))


def _name_chunks(name: str) -> list[bytes]:
    if not isinstance(name, str):
        raise MXNetTypeError(f"save: the name of an array is {name!r}; expected a str")
    try:
        encoded = name.encode()
    except UnicodeEncodeError as error:
        raise MXNetValueError(f"save: the name {name!r} cannot be written as UTF-8") from error
    return [struct.pack("<Q", len(encoded)), encoded]


def _record_chunks(record: Record, np_shape: bool) -> list[Any]:
    stype, array, shape = record.stype, record.array, record.shape
    if stype not in _STORAGE_FLAGS:
        raise MXNetValueError(f"save: storage type {stype!r}; expected one of {', '.join(_STORAGE_FLAGS)}")
    if len(shape) > _MAX_NDIM:
        raise MXNetValueError(f"save: an array of {len(shape)} axes; the format allows at most {_MAX_NDIM}")
    if array is None:  # V2 without axes is "no array"
        return [struct.pack("<Ii", _V2, 0), _shape_bytes(())]
    dense = stype == "default"
    if dense and array.shape != tuple(shape):
        raise MXNetValueError(f"save: a dense record of shape {tuple(shape)} holds an array of shape {array.shape}")
    if len(record.aux) != len(_AUXILIARY[stype]):
        raise MXNetValueError(f"save: {len(record.aux)} index arrays in a record of storage type {stype}; "
                              f"expected {len(_AUXILIARY[stype])}")
    version = _V3 if dense and (np_shape or not shape) else _V2
    chunks = [struct.pack("<Ii", version, _STORAGE_FLAGS[stype])]
    if not dense:
        chunks.append(_shape_bytes(array.shape))
    chunks += [_shape_bytes(shape), struct.pack("<3i", record.dev_type, record.dev_id, _flag(array))]
    for index in record.aux:
        chunks += [struct.pack("<i", _flag(index)), _shape_bytes(index.shape)]
    return chunks + [_data_bytes(each) for each in (array, *record.aux)]


def _flag(array: np.ndarray) -> int:
    return flag_of(array.dtype.newbyteorder("="))


def _shape_bytes(shape: Sequence[int]) -> bytes:
    return struct.pack(f"<i{len(shape)}q", len(shape), *shape)


def _data_bytes(array: np.ndarray) -> np.ndarray:
    """Return the bytes of `array` in the file's order, without a copy where memory holds them so already."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)


# ---- reading -------------------------------------------------------------------------------------


def load(buffer: Any) -> tuple[list[Record], list[str]]:
    """Return the records and the names (empty for a plain list) of a container.

    Parameters
    ----------
    buffer : bytes-like
        The whole container. The arrays returned are copies: nothing refers to it afterwards.

    Raises
    ------
    MXNetError
        If anything in it is not as it should be. Stricter than MXNet, which overlooks bytes after the
        end, repeated names and indices of sparse arrays that point outside: here these are damage, too.
    """
    reader = _Reader(buffer)
    magic = reader.number("Q", "the magic number")
    if magic != _CONTAINER:
        kinds = {b"PK\x03\x04": " (this is a zip or .npz archive)", b"PK\x05\x06": " (this is an empty zip archive)",
                 b"\x93NUM": " (this is a .npy file)"}
        raise reader.error(f"the magic number is {magic:#x}{kinds.get(bytes(reader.view[:4]), '')}; "
                           f"expected {_CONTAINER:#x}", 0)
    reader.number("Q", "the reserved word")
    records = []
    for i in range(reader.count(4, "arrays")):
        reader.where = f"array {i}: "
        records.append(_read_record(reader))
    reader.where = ""
    start = reader.at
    names: dict[str, int] = {}
    n_names = reader.count(8, "names")
    if n_names not in (0, len(records)):
        raise reader.error(f"{n_names} names for {len(records)} arrays; expected one for each or none", start)
    for i in range(n_names):
        reader.where = f"name {i}: "
        start = reader.at
        encoded = reader.take(reader.count(1, "bytes"), "the text")
        try:
            name = str(encoded, "utf-8")
        except UnicodeDecodeError as error:
            raise reader.error(f"{bytes(encoded[:40])!r} is not UTF-8", start) from error
        if names.setdefault(name, i) != i:
            raise reader.error(f"{name!r} is the name of array {names[name]} already", start)
    reader.where = ""
    reader.finish()
    return records, list(names)


def load_one(buffer: Any) -> Record:
    """Return the record that `buffer` holds without a container (see :func:`dump_one`)."""
    reader = _Reader(buffer)
    record = _read_record(reader)
    reader.finish()
    return record


class _Reader:
    """A position in a buffer that never moves past its end."""

    def __init__(self, buffer: Any):
        try:
            self.view = memoryview(buffer).cast("B")
        except TypeError as error:
            raise MXNetTypeError(f"load: cannot read arrays from {type(buffer).__name__}: {error}") from error
        self.at = 0
        self.where = ""

    def error(self, problem: str, at: int | None = None) -> MXNetError:
        at = self.at if at is None else at
        return MXNetError(f"Invalid NDArray file format: {self.where}{problem} (at byte {at})")

    @property
    def left(self) -> int:
        return len(self.view) - self.at

    def take(self, length: int, what: str) -> memoryview:
        if length > self.left:
            raise self.error(f"{what} needs {length} bytes, but only {self.left} are left")
        self.at += length
        return self.view[self.at - length:self.at]

    def numbers(self, code: str, count: int, what: str) -> tuple[int, ...]:
        layout = f"<{count}{code}"
        return struct.unpack(layout, self.take(struct.calcsize(layout), what))

    def number(self, code: str, what: str) -> int:
        return self.numbers(code, 1, what)[0]

    def count(self, least: int, what: str) -> int:
        """Read how many `what` follow; each takes at least `least` bytes."""
        count = self.number("Q", f"the number of {what}")
        if count > self.left // least:
            raise self.error(f"{count} {what} are announced, but only {self.left} bytes are left", self.at - 8)
        return count

    def shape(self, what: str, code: str = "q") -> tuple[int, ...]:
        return self.axes(self.number("i", f"the number of axes of {what}"), what, code)

    def axes(self, ndim: int, what: str, code: str) -> tuple[int, ...]:
        if not 0 <= ndim <= _MAX_NDIM:
            raise self.error(f"{what} has {ndim} axes; expected 0 to {_MAX_NDIM}", self.at - 4)
        return self.numbers(code, ndim, what)

    def dtype(self, what: str) -> np.dtype:
        flag = self.number("i", f"the data type of {what}")
        try:
            return dtype_of_flag(flag)
        except MXNetTypeError as error:
            raise self.error(f"{what} has {error}", self.at - 4) from error

    def array(self, shape: tuple[int, ...], dtype: np.dtype, what: str) -> np.ndarray:
        # An axis of length 0 hides the others from the size, but NumPy must still be able to count them.
        if min(shape, default=0) < 0 or math.prod(length or 1 for length in shape) * dtype.itemsize >= 1 << 63:
            raise self.error(f"{what} has the impossible shape {shape}")
        data = self.take(math.prod(shape) * dtype.itemsize, f"{what} of shape {shape} and type {dtype}")
        if dtype.kind == "b":  # a byte that is neither 0 nor 1 would behave oddly later
            return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        stored = np.frombuffer(data, dtype.newbyteorder("<"))
        return stored.astype(dtype).reshape(shape)

    def finish(self) -> None:
        if self.left:
            raise self.error(f"{self.left} bytes follow the end")


def _read_record(reader: _Reader) -> Record:
    version = reader.number("I", "the version")
    if version in (_V2, _V3):
        flag = reader.number("i", "the storage type")
        if flag not in _STORAGE or (version == _V3 and flag):
            raise reader.error(f"unknown storage type {flag}", reader.at - 4)
        stype = _STORAGE[flag]
    elif version == _V1 or version <= _MAX_NDIM:
        stype = "default"
    else:
        raise reader.error(f"the first word is {version:#x}: neither a version of the format nor a number of axes",
                           reader.at - 4)
    storage = None if stype == "default" else reader.shape("the storage shape")
    if version == _V3:
        ndim = reader.number("i", "the number of axes of the shape")
        shape = None if ndim == -1 else reader.axes(ndim, "the shape", "q")
        if shape is None or -1 in shape:
            return Record(None)
    else:
        shape = reader.axes(version, "the shape", "I") if version <= _MAX_NDIM else reader.shape("the shape")
        if not shape:
            return Record(None)
    dev_type, dev_id = reader.numbers("i", 2, "the context")
    if dev_type not in _DEVICES or dev_id < 0:
        raise reader.error(f"no context has the numbers ({dev_type}, {dev_id})", reader.at - 8)
    dtype = reader.dtype("the array")
    if storage is None:
        return Record(reader.array(shape, dtype, "the array"), dev_type, dev_id)
    described = [(name, reader.dtype(name), reader.shape(name)) for name in _AUXILIARY[stype]]
    start = reader.at
    array = reader.array(storage, dtype, "the array")
    aux = tuple(reader.array(form, kind, name) for name, kind, form in described)
    problem = _sparse_problem(stype, shape, array, aux)
    if problem:
        raise reader.error(f"{stype} array of shape {shape}: {problem}", start)
    return Record(array, dev_type, dev_id, stype, aux, shape)


def _sparse_problem(stype: str, shape: tuple[int, ...], array: np.ndarray, aux: tuple[np.ndarray, ...]) -> str | None:
    """Return what is wrong with the parts of a sparse array, or None."""
    if min(shape) < 0 or math.prod(length or 1 for length in shape) * array.itemsize >= 1 << 63:
        return "impossible shape"
    if any(index.ndim != 1 or index.dtype.kind not in "iu" for index in aux):
        return "expected index arrays with one axis and of an integer type"
    *indptr, indices = aux
    if stype == "row_sparse":
        limit = shape[0]
        if array.shape != (len(indices), *shape[1:]):
            return f"{len(indices)} indices do not fit stored rows of shape {array.shape}"
    else:
        if len(shape) != 2:
            return "expected two axes"
        limit = shape[1]
        if array.shape != indices.shape:
            return f"{len(indices)} column indices do not fit stored elements of shape {array.shape}"
        (indptr,) = indptr
        if indptr.shape != (shape[0] + 1,):
            return f"indptr has {len(indptr)} elements; expected {shape[0] + 1}"
        if indptr[0] != 0 or indptr[-1] != len(indices) or (indptr[1:] < indptr[:-1]).any():
            return f"indptr does not lead from 0 up to the {len(indices)} stored elements"
    if len(indices) and (indices.min() < 0 or indices.max() >= limit):
        return f"an index is outside 0 to {limit - 1}"
    return None


# ---- files ---------------------------------------------------------------------------------------


def write_file(path: Any, data: Any) -> None:
    """Make `data` the content of the file `path`, wholly or not at all.

    The bytes go to a new file beside it that takes its place when it is complete, so that a full disk or
    a killed process leaves the old file as it was. Symbolic links are followed and permissions kept;
    what is not a regular file (a pipe, ``/dev/stdout``) is simply written to.
    """
    temporary = None
    try:
        path = os.path.realpath(path)
        old = os.stat(path) if os.path.exists(path) else None
        if old is not None and not stat.S_ISREG(old.st_mode):
            with open(path, "wb") as file:
                file.write(data)
            return
        beside = f"{path}.{os.urandom(4).hex()}.tmp"
        with open(beside, "xb") as file:
            temporary = beside
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            os.chmod(beside, stat.S_IMODE(old.st_mode))
        os.replace(beside, path)
        temporary = None
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
        raise MXNetError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
