"""The RecordIO format (dmlc-core): records in a file, each after a magic number and its length.

A record is the magic number, a word with its length (29 bits) and what kind of part it is (3 bits), the payload and
zeros up to a multiple of four bytes. A payload that has the magic number at a multiple of four bytes is written in
parts, cut there and without it, so that wherever a reader begins, an aligned magic number is the beginning of a part.
"""
from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator

from ..base import MXNetError, MXNetValueError

__all__ = ["MAGIC", "RecordFile", "framed"]

MAGIC = struct.pack("<I", 0xCED7230A)
_HEAD = struct.Struct("<4sI")
_LENGTH = (1 << 29) - 1  # the bits of the length
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_CHUNK = 1 << 20


def framed(payload: bytes) -> list[bytes]:
    """Return what stands in a file for a record, in pieces.

    Examples
    --------
    >>> b"".join(framed(b"hello"))
    b'\\n#\\xd7\\xce\\x05\\x00\\x00\\x00hello\\x00\\x00\\x00'
    """
    if len(payload) > _LENGTH:
        raise MXNetValueError(f"MXRecordIO.write: RecordIO only accepts records of less than {_LENGTH + 1} bytes; got "
                              f"{len(payload)}")
    cuts = _aligned_magics(payload)
    padding = b"\0" * (-len(payload) % 4)
    if not cuts:
        return [_HEAD.pack(MAGIC, len(payload)), payload, padding]
    pieces, start = [], 0
    for stop in [*cuts, len(payload)]:
        kind = _FIRST if start == 0 else _LAST if stop == len(payload) else _MIDDLE
        pieces += [_HEAD.pack(MAGIC, kind << 29 | stop - start), payload[start:stop]]
        start = stop + 4
    return [*pieces, padding]


def _aligned_magics(payload: bytes) -> list[int]:
    """Return where `payload` has the magic number at a multiple of four bytes."""
    found, place = [], payload.find(MAGIC)
    while place >= 0:
        if place % 4 == 0:
            found.append(place)
            place += 3  # it does not overlap itself
        place = payload.find(MAGIC, place + 1)
    return found


class RecordFile:
    """A file of records, open for reading; several threads and forked children may read at the same time.

    Nothing is kept but the open file: every call says where it reads, so there is no position that two readers would
    move against each other.

    Parameters
    ----------
    path : str
        The file to open.
    name : str, optional
        What messages call it.

    Raises
    ------
    MXNetError
        If the file cannot be opened, or, from all methods, if there is no whole record where one should be. The
        message names the file and the offset.
    """

    def __init__(self, path: str, name: str | None = None):
        self.name, self._file = name or path, None
        try:
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
            raise MXNetError(f'cannot read {self.name}: Open "{self.name}": '
                             f"{getattr(error, 'strerror', None) or error}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many bytes the file has now."""
        return os.fstat(self._file).st_size

    def read(self, offset: int) -> tuple[bytes | None, int]:
        """Return the record at `offset` and the offset of the next one; at the end of the file None and `offset`."""
        head = self._bytes(offset, 8)
        if not head:
            return None, offset
        kind, length = self._head(head, offset)
        if kind == _WHOLE:
            return self._payload(offset, length), offset + 8 + length + -length % 4
        if kind != _FIRST:
            raise self._broken(offset, "there is a later part of a record, not the beginning of one")
        parts, place = [], offset
        while True:
            parts.append(self._payload(place, length))
            place += 8 + length + -length % 4
            if kind == _LAST:
                return MAGIC.join(parts), place
            if length % 4:
                raise self._broken(place, f"a part of the record at byte {offset} ends at no multiple of four bytes")
            kind, length = self._head(self._bytes(place, 8), place)
            if kind not in (_MIDDLE, _LAST):
                raise self._broken(place, f"the record that begins at byte {offset} goes on at byte {place}, where "
                                          "another one begins")

    def offsets(self, start: int = 0, stop: int | None = None) -> Iterator[int]:
        """Yield where the records begin that begin in ``[start, stop)``; `start` is where one begins.

        Only the heads are read.
        """
        stop = self.size if stop is None else stop
        place = start
        while place < stop:
            yield place
            kind = None
            while kind not in (_WHOLE, _LAST):
                kind, length = self._head(self._bytes(place, 8), place)
                place += 8 + length + -length % 4

    def partition(self, num_parts: int, part_index: int) -> tuple[int, int]:
        """Return where the records of one of `num_parts` parts begin and end: ``offsets(*partition(n, k))``.

        The file is cut into equal numbers of bytes, as MXNet's iterators cut it, and a record belongs to the part in
        which it begins.
        """
        if not 0 <= part_index < num_parts:
            raise MXNetValueError(f"{self.name}: part_index is {part_index}; there are {num_parts} parts")
        size = self.size
        step = -(-size // num_parts)
        step += -step % 4
        first, last = (self.next_head(min(step * part, size)) for part in (part_index, part_index + 1))
        return first, last

    def next_head(self, offset: int) -> int:
        """Return where the first record begins at `offset` (a multiple of four) or behind it, or the file's size."""
        while True:
            chunk = self._bytes(offset, _CHUNK)
            if len(chunk) < 8:
                return self.size
            for place in _aligned_magics(chunk[:-4]):
                if int.from_bytes(chunk[place + 4:place + 8], "little") >> 29 in (_WHOLE, _FIRST):
                    return offset + place
            offset += len(chunk) // 4 * 4 - 4

    def _head(self, head: bytes, offset: int) -> tuple[int, int]:
        """Return kind and length of the part whose head was read at `offset`."""
        if len(head) < 8:
            raise self._broken(offset, "the file ends in the middle of a record")
        magic, word = _HEAD.unpack(head)
        if magic != MAGIC:
            raise self._broken(offset, f"no record begins: found the bytes {magic.hex(' ')}, expected the magic number "
                                       f"{MAGIC.hex(' ')}")
        return word >> 29, word & _LENGTH

    def _payload(self, offset: int, length: int) -> bytes:
        """Return the payload of the part at `offset`, for which its padding must be there as well."""
        found = self._bytes(offset + 8, length + -length % 4)
        if len(found) < length + -length % 4:
            raise self._broken(offset, f"a part of a record has {length} bytes, but the file ends after {len(found)} "
                                       "of them")
        return found[:length] if length % 4 else found

    def _broken(self, offset: int, what: str) -> MXNetError:
        return MXNetError(f"Invalid RecordIO File {self.name}: at byte {offset} {what}")

    def _bytes(self, offset: int, count: int) -> bytes:
        """Return `count` bytes at `offset`, or fewer at the end of the file."""
        if offset < 0:
            raise self._broken(offset, "nothing can be read")
        try:
            found = _pread(self._file, count, offset)
            while 0 < len(found) < count:  # a system call reads up to 2 GB, or less over a network
                more = _pread(self._file, count - len(found), offset + len(found))
                if not more:
                    break
                found += more
        except OSError as error:
            raise MXNetError(f"cannot read {self.name} at byte {offset}: {error}") from error
        return found


if hasattr(os, "pread"):
    _pread = os.pread
else:  # Windows
    _MOVING = threading.Lock()

    def _pread(file: int, count: int, offset: int) -> bytes:
        with _MOVING:
            os.lseek(file, offset, os.SEEK_SET)
            return os.read(file, count)
