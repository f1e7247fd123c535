"""Reading and writing files of records, one after the other or by keys."""
from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any

from ..base import MXNetError, MXNetKeyError, MXNetTypeError, MXNetValueError
from .framing import RecordFile, framed
from .pending import PendingFile, commit, readable

__all__ = ["MXRecordIO", "MXIndexedRecordIO"]


class NoSuchFile(MXNetError, FileNotFoundError):
    """A file that is not there (also a :class:`FileNotFoundError`)."""

    __str__ = RuntimeError.__str__


class MXRecordIO:
    """A file of records, read or written one after the other.

    What is written is there when the writer is closed (or nobody has it any more, or the program ends): the new file
    takes the place of an old one then, so a killed process leaves the old one whole. Within the process a reader may be
    opened before. A ``with`` block that ends with an exception leaves the old file.

    Parameters
    ----------
    uri : str
        The file.
    flag : str
        ``'r'`` to read, ``'w'`` to write.

    Examples
    --------
    >>> record = mx.recordio.MXRecordIO('tmp.rec', 'w')
    >>> for i in range(3):
    ...     record.write(b'record_%d' % i)
    >>> record.close()
    >>> record = mx.recordio.MXRecordIO('tmp.rec', 'r')
    >>> record.read(), record.read(), record.read(), record.read()
    (b'record_0', b'record_1', b'record_2', None)
    """

    def __init__(self, uri: str, flag: str):
        self.uri, self.flag = os.fspath(uri), flag
        self.is_open = False
        self.pid: int | None = None  # the process that may go on at the current position
        self.open()

    def open(self) -> None:
        """Open the file: a reader begins at its beginning, a writer begins a new file."""
        if self.flag not in ("r", "w"):
            raise MXNetValueError(f"{type(self).__name__}: Invalid flag {self.flag}; expected 'r' or 'w'")
        self._discard()
        self.writable = self.flag == "w"
        if self.writable:
            self._begin_writing()
        else:
            self._begin_reading()
        self.pid, self.is_open = os.getpid(), True

    def _begin_reading(self) -> None:
        self._read = self._stamps()
        self._file, self._position = RecordFile(readable(self.uri), self.uri), 0

    def _begin_writing(self) -> None:
        self._write_to(PendingFile(self.uri))

    def _write_to(self, *files: PendingFile) -> None:
        """Begin to write `files`, which are kept when nobody has this writer any more."""
        self._pending = files
        self._kept = weakref.finalize(self, commit, files)

    def close(self) -> None:
        """Close the file; what was written takes its place."""
        if self.is_open:
            self.is_open, self.pid = False, None
            if self.writable:
                self._kept()
            else:
                self._file.close()

    def _discard(self) -> None:
        """Close the file; what was written is forgotten."""
        if self.is_open and self.writable:
            self._kept.detach()
            for file in self._pending:
                file.discard()
        elif self.is_open:
            self._file.close()
        self.is_open, self.pid = False, None

    def reset(self) -> None:
        """Go back to the beginning; a writer forgets what it has written."""
        if self.is_open and not self.writable and self._read == self._stamps():
            self._position, self.pid = 0, os.getpid()  # nothing to be opened, or of an index to be read, again
        else:
            self.open()

    def _stamps(self) -> list[tuple]:
        """Return by what the files that are read would differ if they were others, or had changed."""
        stamps = []
        for path in self._sources():
            try:
                found = os.stat(readable(path))
                stamps.append((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
            except OSError:
                stamps.append((path, "is not there"))
        return stamps

    def _sources(self) -> list[str]:
        return [self.uri]

    def __enter__(self) -> MXRecordIO:
        return self

    def __exit__(self, kind: type | None, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self._discard()

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process needs to open the file again, from its beginning."""
        if self.is_open and self.writable:
            raise MXNetError(f"{type(self).__name__}: {self.uri} is being written; a copy would begin it anew, so only "
                             "readers can be pickled")
        state = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {**state, "pid": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, is_open=False)
        if state["is_open"]:
            self.open()

    def _need(self, what: str, *, writing: bool) -> None:
        """Check that the file is open for writing, or reading, and in this process."""
        if writing != self.writable:
            raise MXNetError(f"{type(self).__name__}.{what}: {self.uri} is opened for "
                             f"{'writing' if self.writable else 'reading'} (flag {self.flag!r})")
        if not self.is_open:
            raise MXNetError(f"{type(self).__name__}.{what}: {self.uri} is closed; open() begins again")
        if self.pid != os.getpid():
            raise MXNetError(f"{type(self).__name__}.{what}: Forbidden operation in multiple processes: {self.uri} was "
                             "opened before this process was forked; reset() begins again")

    def write(self, buf: bytes) -> None:
        """Write a record.

        Parameters
        ----------
        buf : bytes, or what has the buffer of some
            Less than 2**29 of them.
        """
        self._need("write", writing=True)
        try:
            payload = buf if type(buf) is bytes else bytes(memoryview(buf))
        except TypeError as error:
            raise MXNetTypeError(f"{type(self).__name__}.write: buf is {type(buf).__name__}; expected bytes") from error
        self._pending[0].write(*framed(payload))

    def read(self) -> bytes | None:
        """Return the next record, or None at the end of the file.

        Raises
        ------
        MXNetError
            If what follows is no whole record. (Of a record whose last parts are missing MXNet says that it is the end
            of the file.)
        """
        self._need("read", writing=False)
        record, self._position = self._file.read(self._position)
        return record


class MXIndexedRecordIO(MXRecordIO):
    """A file of records, and another one that says by keys where they are.

    A forked child, and a copy that was pickled, read on by themselves. Keys are in the order of the file; a key that
    is there twice means its last record.

    A kill while the writer is closed may leave records without an index, but never with the index of others.

    Parameters
    ----------
    idx_path, uri : str
        The files of the index, and of the records.
    flag : str
        ``'r'`` to read, ``'w'`` to write.
    key_type : callable
        Makes keys of texts.

    Examples
    --------
    >>> record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'w')
    >>> for i in range(5):
    ...     record.write_idx(i, b'record_%d' % i)
    >>> record.close()
    >>> record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'r')
    >>> record.keys, record.read_idx(3)
    ([0, 1, 2, 3, 4], b'record_3')
    """

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Callable[[Any], Any] = int):
        self.idx_path, self.key_type = os.fspath(idx_path), key_type
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        super().__init__(uri, flag)

    def _sources(self) -> list[str]:
        return [self.uri, self.idx_path]

    def _begin_reading(self) -> None:
        self.idx, self.keys = _read_index(self.idx_path, self.key_type)
        super()._begin_reading()

    def _begin_writing(self) -> None:
        self.idx, self.keys = {}, []
        records = PendingFile(self.uri)
        try:
            self._write_to(records, PendingFile(self.idx_path))
        except MXNetError:
            records.discard()
            raise

    def _here(self, what: str) -> None:
        """Go on reading, also if the file is closed or this process was forked since it was opened."""
        if not self.writable and not self.is_open:
            self.open()
        self.pid = os.getpid() if not self.writable else self.pid
        self._need(what, writing=False)

    def _offset(self, what: str, idx: Any) -> int:
        try:
            return self.idx[idx]
        except KeyError:
            raise MXNetKeyError(f"MXIndexedRecordIO.{what}: {self.idx_path} has no key {idx!r} among its "
                                f"{len(self.keys)} keys (made by {self.key_type})") from None

    def seek(self, idx: Any) -> None:
        """Let :meth:`read` go on at the record with the key `idx`."""
        self._here("seek")
        self._position = self._offset("seek", idx)

    def tell(self) -> int:
        """Return where the next record will be written."""
        self._need("tell", writing=True)
        return self._pending[0].position

    def read_idx(self, idx: Any) -> bytes:
        """Return the record with the key `idx`.

        Raises
        ------
        MXNetKeyError
            If there is no such key.
        MXNetError
            If there is no whole record where the index says.
        """
        self._here("read_idx")
        offset = self._offset("read_idx", idx)
        record, self._position = self._file.read(offset)
        if record is None:
            raise MXNetError(f"MXIndexedRecordIO.read_idx: {self.idx_path} says that the record {idx!r} begins at byte "
                             f"{offset} of {self.uri}, which has only {self._file.size} bytes")
        return record

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Write a record with the key `idx`."""
        self._need("write_idx", writing=True)
        key, place = self.key_type(idx), self.tell()
        self.write(buf)
        self._pending[1].write(f"{key}\t{place}\n".encode())
        self.idx[key] = place
        self.keys.append(key)


def _read_index(path: str, key_type: Callable[[str], Any]) -> tuple[dict[Any, int], list[Any]]:
    """Return the offsets by key, and the keys in the order of the file."""
    offsets: dict[Any, int] = {}
    keys = []
    try:
        with open(readable(path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    name, offset = line.strip().split("\t")[:2]
                    key = key_type(name)
                    offsets[key] = int(offset)
                except (ValueError, TypeError) as error:
                    raise MXNetValueError(f"MXIndexedRecordIO: line {number} of {path} is {line.strip()!r}; expected a "
                                          "key, a tab and an offset") from error
                keys.append(key)
    except FileNotFoundError as error:
        raise NoSuchFile(f"MXIndexedRecordIO: there is no index {path}") from error
    except OSError as error:
        raise MXNetError(f"MXIndexedRecordIO: cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MXNetError(f"MXIndexedRecordIO: {path} is no index: byte {error.start} is no text") from error
    return offsets, keys
