"""Files that are written piece by piece and are there when they are whole.

The bytes go to a file beside the target, which takes its place at :func:`commit`: a killed process leaves the old file
as it was. Programs that read a file before its writer is closed (``record = MXRecordIO(path, 'r')`` in the place of a
writer of that name opens the reader first) find what has been written so far: within a process :func:`readable` knows
who is writing. Other processes see the old file until then.
"""
from __future__ import annotations

import contextlib
import os
import secrets
import stat
import weakref
from collections.abc import Sequence

from ..base import MXNetError

__all__ = ["PendingFile", "commit", "readable"]

_BUFFER = 1 << 20
_writing: weakref.WeakValueDictionary[str, PendingFile] = weakref.WeakValueDictionary()


class PendingFile:
    """A file being written.

    Symbolic links are followed and permissions kept. What is not a regular file (a pipe, ``/dev/stdout``), or stands in
    a folder where no file can be made beside it, is simply written to.

    A forked child has it too, but only the process that opened it writes: in others everything but reading its
    attributes does nothing.

    Attributes
    ----------
    name : str
        What messages call it.
    position : int
        How many bytes have been written.
    """

    def __init__(self, path: str):
        self.name, self.position = path, 0
        self._owner, self._beside, self._buffer = os.getpid(), None, bytearray()
        try:
            self._target = os.path.realpath(path)
            old = os.stat(self._target) if os.path.exists(self._target) else None
            self._mode = None if old is None else stat.S_IMODE(old.st_mode)
            self._file = self._open(old)
        except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
            raise MXNetError(f'cannot write {path}: Open "{path}": '
                             f"{getattr(error, 'strerror', None) or error}") from error
        _writing[self._target] = self

    def _open(self, old: os.stat_result | None):
        if old is None or stat.S_ISREG(old.st_mode):
            beside = f"{self._target}.{secrets.token_hex(4)}.tmp"
            try:
                file = open(beside, "xb", buffering=0)  # noqa: SIM115  (a buffer of Python would be written by children)
                self._beside = beside
                return file
            except PermissionError:
                if old is None:
                    raise
        return open(self._target, "wb", buffering=0)

    @property
    def foreign(self) -> bool:
        """Whether another process opened it."""
        return self._owner != os.getpid()

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._file.closed

    @property
    def path(self) -> str:
        """Where the bytes are now."""
        return self._target if self._beside is None else self._beside

    def write(self, *pieces: bytes) -> None:
        """Write `pieces`, all of them or, after an error, none."""
        size = sum(map(len, pieces))
        if len(self._buffer) + size > _BUFFER:
            self.flush()
        for piece in pieces:
            self._buffer += piece
        self.position += size

    def flush(self) -> None:
        """Hand everything written so far to the file."""
        if self.foreign or self.closed:
            return
        rest = memoryview(self._buffer)
        try:
            while rest:
                rest = rest[self._file.write(rest):]
        except OSError as error:
            raise MXNetError(f"cannot write {self.name}: {error.strerror or error}") from error
        finally:
            done = len(self._buffer) - len(rest)
            rest.release()
            del self._buffer[:done]

    def complete(self) -> None:
        """Hand everything to the file for good; nothing can be written any more."""
        self.flush()
        if self._beside is not None:
            os.fsync(self._file.fileno())
            if self._mode is not None:
                os.chmod(self._beside, self._mode)
        self._file.close()

    def remove_old(self) -> None:
        """Take away what the target has been so far."""
        if self._beside is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._target)

    def take_place(self) -> None:
        """Become the content of the target."""
        if self._beside is not None:
            os.replace(self._beside, self._target)
            self._beside = None

    def discard(self) -> None:
        """Leave the target as it was."""
        if not self.foreign:
            self._buffer.clear()
            self._file.close()
            if self._beside is not None:
                with contextlib.suppress(OSError):
                    os.unlink(self._beside)


def commit(files: Sequence[PendingFile]) -> None:
    """Make what was written the content of the targets.

    The first file is described by the others (records, and where they are), so none of these may stand beside a newer
    one of those: the old ones are taken away first.
    """
    if files[0].closed or files[0].foreign:
        return
    try:
        for file in files:
            file.complete()
        for file in files[1:]:
            file.remove_old()
        for file in files:
            file.take_place()
    except OSError as error:
        raise MXNetError(f"cannot write {files[0].name}: {error.strerror or error}") from error
    finally:
        for file in files:
            file.discard()


def readable(path: str) -> str:
    """Return where to read `path`: there, or where this process is writing it."""
    pending = _writing.get(os.path.realpath(path)) if _writing else None
    if pending is None or pending.closed:
        return path
    pending.flush()
    return pending.path
