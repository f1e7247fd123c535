"""Iterators over files: MNIST's images, tables of numbers."""
from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import cpu
from ..dtypes import as_dtype
from ..ndarray import NDArray
from ..ndarray.base import wrap
from .draws import Draws
from .idx import read_idx
from .iterators import DataBatch, DataDesc, DataIter

__all__ = ["MXDataIter", "MNISTIter", "CSVIter", "RoundBatches", "files_of"]

Rows = tuple[np.ndarray, np.ndarray, int, np.ndarray]  # data, labels, pad, numbers of the samples


class MXDataIter(DataIter):
    """An iterator over the batches of a file; what :func:`MNISTIter` and :func:`CSVIter` return.

    Parameters
    ----------
    handle : callable() -> iterator over (data, label, pad, index)
        Begins an epoch; data, label and index are NumPy arrays. (In MXNet a handle of a C library.)
    data_name, label_name : str
    """

    def __init__(self, handle: Callable[[], Iterator[Rows]], data_name: str = "data",
                 label_name: str = "softmax_label", **_: Any):
        if not callable(handle):
            raise MXNetTypeError(f"MXDataIter: handle is {handle!r}; expected a function that begins an epoch")
        self.handle = handle
        self._epoch = handle()
        self._current: Rows | None = next(self._epoch, None)
        self._waiting = True  # the first batch has been read for its shape
        self._repeat = False
        if self._current is None:
            raise MXNetValueError("MXDataIter: there is no batch; the data is smaller than a batch")
        data, label = self._current[:2]
        super().__init__(len(data))
        self.provide_data = [DataDesc(data_name, data.shape, data.dtype.type)]
        self.provide_label = [DataDesc(label_name, label.shape, label.dtype.type)]

    def debug_skip_load(self) -> None:
        """Return the first batch again and again from now on, to measure everything but reading."""
        self._repeat = True
        logging.info("Set debug_skip_load to be true, will simply return first batch")

    def reset(self) -> None:
        self._epoch = self.handle()
        self._waiting = False

    def iter_next(self) -> bool:
        if self._waiting or self._repeat:
            self._waiting = False
            return True
        self._current = next(self._epoch, None)
        return self._current is not None

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return DataBatch([self.getdata()], [self.getlabel()], self.getpad(), self.getindex())

    def _now(self) -> Rows:
        if self._current is None:
            raise MXNetError("MXDataIter: there is no current batch; call next() or iter_next() first")
        return self._current

    def getdata(self) -> NDArray:
        return wrap(self._now()[0], cpu())

    def getlabel(self) -> NDArray:
        return wrap(self._now()[1], cpu())

    def getindex(self) -> np.ndarray:
        return self._now()[3]

    def getpad(self) -> int:
        return self._now()[2]


# ---- MNIST ----------------------------------------------------------------------------------------

def MNISTIter(image: str = "./train-images-idx3-ubyte", label: str = "./train-labels-idx1-ubyte",
              batch_size: int = 128, shuffle: bool = True, flat: bool = False, seed: int = 0, silent: bool = False,
              num_parts: int = 1, part_index: int = 0, dtype: Any = None, data_name: str = "data",
              label_name: str = "softmax_label", **_: Any) -> MXDataIter:
    """Return an iterator over images and labels in files of the MNIST format.

    Parameters
    ----------
    image, label : str
        The files (unlike in MXNet also packed, ``.gz``).
    batch_size : int
        Samples that do not fill a batch are left out.
    shuffle, seed : bool, int
        Whether the samples are shuffled, once, in MXNet's order for this seed.
    flat : bool
        Whether images are vectors.
    silent : bool
        Whether nothing is logged.
    num_parts, part_index : int
        Into how many parts the samples are divided, and which one is read.

    Returns
    -------
    MXDataIter
        Data are float32 in [0, 1), 1/256 of the files' bytes: (batch, 1, height, width), or (batch, height * width) if
        `flat`.
    """
    images, labels = read_idx(image), read_idx(label)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise MXNetError(f"MNISTIter: {image} has the shape {images.shape}, {label} {labels.shape}; expected images, "
                         "and as many labels")
    if not 0 <= part_index < num_parts:
        raise MXNetValueError(f"MNISTIter: part_index is {part_index}; there are {num_parts} parts")
    if batch_size < 1:
        raise MXNetValueError(f"MNISTIter: batch_size is {batch_size}; expected at least 1")
    first, last = (int(len(images) / num_parts * part) for part in (part_index, part_index + 1))
    order = np.arange(first, last)
    if shuffle:
        order = order[Draws(seed).shuffled(len(order))]
    shape = (-1,) if flat else (1, *images.shape[1:])
    dtype = as_dtype(dtype)
    if not silent:
        logging.info("MNISTIter: load %d images, shuffle=%d", len(order), shuffle)

    def epoch() -> Iterator[Rows]:
        for start in range(0, len(order) - batch_size + 1, batch_size):
            rows = order[start:start + batch_size]
            data = (images[rows] * np.float32(1 / 256)).reshape(batch_size, *shape)
            yield data.astype(dtype), labels[rows].astype(dtype), 0, rows.astype(np.uint64)
    return MXDataIter(epoch, data_name, label_name)


# ---- tables ---------------------------------------------------------------------------------------

def CSVIter(data_csv: str | None = None, data_shape: Sequence[int] | None = None,
            label_csv: str | None = None, label_shape: Sequence[int] = (1,), batch_size: int | None = None,
            round_batch: bool = True, dtype: Any = None, data_name: str = "data", label_name: str = "softmax_label",
            **_: Any) -> MXDataIter:
    """Return an iterator over the lines of files of numbers with commas between them.

    Parameters
    ----------
    data_csv, label_csv : str
        Files, or folders of files. Without labels they are 0.
    data_shape, label_shape : tuple of int
        The shape into which a line is put.
    batch_size : int
    round_batch : bool
        Whether the last batch is filled up with the first samples, and the next epoch goes on after them. Otherwise it
        is filled up with what the batch before it had there.
    dtype : str
        ``"float32"``, ``"int32"`` or ``"int64"``.

    Returns
    -------
    MXDataIter
        Labels of the shape (1,) come as (batch,).
    """
    for name, value in (("data_csv", data_csv), ("data_shape", data_shape), ("batch_size", batch_size)):
        if value is None:
            raise MXNetValueError(f"CSVIter: Required parameter {name} is not presented")
    if batch_size < 1:
        raise MXNetValueError(f"CSVIter: batch_size is {batch_size}; expected at least 1")
    dtype = as_dtype(dtype)
    if dtype not in ("float32", "int32", "int64"):
        raise MXNetTypeError(f"CSVIter: {dtype} is not supported for CSVIter; expected float32, int32 or int64")
    data = _table(data_csv, tuple(data_shape), dtype)
    label = np.zeros((len(data), *label_shape), dtype) if label_csv in (None, "NULL") else \
        _table(label_csv, tuple(label_shape), dtype)
    if len(label) < len(data):
        raise MXNetError(f"CSVIter: {data_csv} has {len(data)} lines, {label_csv} {len(label)}")
    if tuple(label_shape) == (1,):
        label = label[:, 0]
    return MXDataIter(RoundBatches("CSVIter", data, label, batch_size) if round_batch else
                      lambda: _filled_batches(data, label, batch_size), data_name, label_name)


class RoundBatches:
    """Epochs that go on where the last one filled its last batch up."""

    def __init__(self, who: str, data: np.ndarray, label: np.ndarray, batch_size: int):
        self._who, self._data, self._label, self._batch_size, self._start = who, data, label, batch_size, 0

    def __call__(self) -> Iterator[Rows]:
        count, place = len(self._data), self._start
        while place < count:
            rows = np.arange(place, place + self._batch_size)
            place += self._batch_size
            pad = max(place - count, 0)
            if pad > count:
                raise MXNetValueError(f"{self._who}: a batch of {self._batch_size} is more than twice the {count} "
                                      "samples")
            self._start = pad
            rows %= count
            yield self._data[rows], self._label[rows], pad, rows.astype(np.uint64)
        self._start = max(place - count, 0)


def _filled_batches(data: np.ndarray, label: np.ndarray, batch_size: int) -> Iterator[Rows]:
    rows = np.zeros(batch_size, np.int64)
    for start in range(0, len(data), batch_size):
        stop = min(start + batch_size, len(data))
        rows = rows.copy()
        rows[:stop - start] = np.arange(start, stop)
        yield data[rows], label[rows], batch_size - (stop - start), rows.astype(np.uint64)


def files_of(who: str, path: str) -> list[Path]:
    """Return the file, or the files in a folder by their names."""
    try:
        return sorted(each for each in Path(path).iterdir() if each.is_file()) if os.path.isdir(path) else [Path(path)]
    except OSError as error:
        raise MXNetError(f"{who}: cannot read {path}: {error}") from error


def _table(path: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return the lines of a file, or of the files in a folder, as (lines, *shape)."""
    tables = []
    for file in files_of("CSVIter", path):
        try:
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            values = [[float(x) if dtype.kind == "f" else int(x) for x in line.split(",")] for line in lines]
        except (OSError, ValueError) as error:
            raise MXNetError(f"CSVIter: cannot read {file}: {error}") from error
        size = int(np.prod(shape))
        for number, line in enumerate(values, 1):
            if len(line) != size:
                raise MXNetError(f"CSVIter: line {number} of {file} has {len(line)} numbers; The data size in CSV do "
                                 f"not match size of shape: specified shape={shape}")
        tables.append(np.array(values, dtype).reshape(len(values), *shape))
    found = np.concatenate(tables) if tables else np.zeros((0, *shape), dtype)
    if not len(found):
        raise MXNetError(f"CSVIter: {path} holds no lines")
    return found
