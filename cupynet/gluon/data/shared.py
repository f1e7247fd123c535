"""Batches on their way from worker processes: pickled, but for arrays, which go through shared memory.

A worker writes an array as a file in memory; whoever reads it takes the file away, and the memory lasts as long as the
array.
"""
from __future__ import annotations

import io
import itertools
import mmap
import os
import pickle
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ...context import Context
from ...ndarray import NDArray
from ...ndarray.base import NDArrayBase, wrap

__all__ = ["make_folder", "remove_folder", "pack", "unpack"]

_IN_MEMORY = Path("/dev/shm")
_SMALL = 1 << 14  # bytes up to which an array travels with the rest
_numbers = itertools.count()


def make_folder() -> str:
    """Return a new folder for arrays, in memory where the system has such."""
    return tempfile.mkdtemp(prefix="cupynet-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None)


def remove_folder(folder: str, owner: int) -> None:
    """Remove a folder, if this is the process `owner` and not a fork of it."""
    if os.getpid() == owner:
        for _ in range(50):  # a worker may be about to write a last file
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.exists(folder):
                return
            time.sleep(0.02)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, folder: str):
        super().__init__(file, protocol=5)
        self._folder = folder

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, NDArrayBase):
            return _as_shared, (self._moved(value.asnumpy()),)
        if isinstance(value, np.ndarray) and value.nbytes > _SMALL and not value.dtype.hasobject:
            return _as_numpy, (self._moved(value),)
        return NotImplemented

    def _moved(self, values: np.ndarray) -> Any:
        if values.nbytes <= _SMALL:
            return values
        path = os.path.join(self._folder, f"{os.getpid()}-{next(_numbers)}")
        np.ascontiguousarray(values).tofile(path)
        return path, values.shape, values.dtype.str


def _as_numpy(moved: Any) -> np.ndarray:
    if isinstance(moved, np.ndarray):
        return moved
    path, shape, dtype = moved
    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    os.unlink(path)
    return np.frombuffer(memory, dtype).reshape(shape)


def _as_shared(moved: Any) -> NDArray:
    return wrap(_as_numpy(moved), Context("cpu_shared", 0))


def pack(batch: Any, folder: str) -> bytes:
    """Return a batch as bytes, for :func:`unpack` in the process that has made `folder`."""
    file = io.BytesIO()
    _Pickler(file, folder).dump(batch)
    return file.getvalue()


def unpack(data: bytes) -> Any:
    """Return the batch in bytes that a worker of this process made; arrays of NDArray are on ``cpu_shared(0)``."""
    return pickle.loads(data)
