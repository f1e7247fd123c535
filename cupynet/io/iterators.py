"""The shape of a data iterator: what it promises, what it yields, and iterators around iterators."""
from __future__ import annotations

import queue
import threading
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray

__all__ = ["DataDesc", "DataBatch", "DataIter", "ResizeIter", "PrefetchingIter"]


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name and shape of one array of a batch; a pair that also knows dtype and layout.

    Examples
    --------
    >>> import cupynet as mx
    >>> name, shape = mx.io.DataDesc('data', (32, 3, 28, 28))
    >>> shape
    (32, 3, 28, 28)
    """

    def __new__(cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str = "NCHW") -> DataDesc:
        self = super().__new__(cls, name, tuple(shape))
        self.dtype = dtype
        self.layout = layout
        return self

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Return which axis of `layout` counts the samples (0 without a layout)."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Sequence, types: Sequence | None) -> list[DataDesc]:
        """Return descriptions made of (name, shape) pairs and (name, dtype) pairs."""
        dtypes = dict(types or ())
        return [DataDesc(name, shape, dtypes[name]) if types is not None else DataDesc(name, shape)
                for name, shape in shapes]


class DataBatch:
    """What an iterator yields.

    Attributes
    ----------
    data, label : list of NDArray
    pad : int
        How many samples at the end only fill the batch up.
    index : numpy.ndarray or None
        Which samples these are.
    bucket_key, provide_data, provide_label
        For iterators whose batches differ in shape.
    """

    def __init__(self, data: list[NDArray], label: list[NDArray] | None = None, pad: int | None = None,
                 index: Any = None, bucket_key: Any = None, provide_data: Any = None, provide_label: Any = None):
        for what, given in (("data", data), ("label", label)):
            if given is not None and not isinstance(given, (list, tuple)):
                raise MXNetTypeError(f"DataBatch: {what} is {type(given).__name__}; expected a list of NDArrays")
        self.data, self.label, self.pad, self.index = data, label, pad, index
        self.bucket_key, self.provide_data, self.provide_label = bucket_key, provide_data, provide_label

    def __str__(self) -> str:
        labels = [x.shape for x in self.label] if self.label else None
        return f"{type(self).__name__}: data shapes: {[x.shape for x in self.data]} label shapes: {labels}"


class DataIter:
    """Base of data iterators: ``reset``, then ``next`` until StopIteration.

    A subclass defines ``provide_data`` and ``provide_label`` (lists of :class:`DataDesc`) and either ``next``, or
    ``iter_next`` with ``getdata``, ``getlabel``, ``getindex`` and ``getpad``.
    """

    def __init__(self, batch_size: int = 0):
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[DataBatch]:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Go back to the first batch."""

    def next(self) -> DataBatch:
        """Return the next batch. Raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there is one."""
        return False

    def getdata(self) -> list[NDArray]:
        """Return the data of the current batch."""
        return []

    def getlabel(self) -> list[NDArray]:
        """Return the labels of the current batch."""
        return []

    def getindex(self) -> Any:
        """Return which samples the current batch holds, or None."""
        return None

    def getpad(self) -> int:
        """Return how many samples at the end of the current batch only fill it up."""
        return 0


class _Wrapper(DataIter):
    """An iterator whose batches come from another one."""

    current_batch: DataBatch | None = None

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return self.current_batch

    def getdata(self) -> list[NDArray]:
        return self.current_batch.data

    def getlabel(self) -> list[NDArray]:
        return self.current_batch.label

    def getindex(self) -> Any:
        return self.current_batch.index

    def getpad(self) -> int:
        return self.current_batch.pad


class ResizeIter(_Wrapper):
    """An iterator with another number of batches an epoch: `data_iter` cut short or started again.

    Parameters
    ----------
    data_iter : DataIter
    size : int
        Batches an epoch.
    reset_internal : bool
        Whether a reset also resets `data_iter`.
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True):
        super().__init__(data_iter.batch_size)
        self.data_iter, self.size, self.reset_internal = data_iter, size, reset_internal
        self.provide_data, self.provide_label = data_iter.provide_data, data_iter.provide_label
        self.cur = 0

    def reset(self) -> None:
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


class PrefetchingIter(_Wrapper):
    """Iterators read ahead by threads of their own; several are joined into one.

    Parameters
    ----------
    iters : DataIter or list of DataIter
        Each is read by one thread, one batch ahead.
    rename_data, rename_label : list of dict, optional
        For each iterator, new names for its arrays.
    """

    def __init__(self, iters: DataIter | Sequence[DataIter], rename_data: Sequence[Mapping] | None = None,
                 rename_label: Sequence[Mapping] | None = None):
        self.iters = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        if not self.iters:
            raise MXNetValueError("PrefetchingIter: iters is empty; expected at least one iterator")
        super().__init__(self.iters[0].provide_data[0][1][0])
        self.rename_data, self.rename_label = rename_data, rename_label
        self._start()

    def _start(self) -> None:
        self._stop = threading.Event()
        self._queues = [queue.Queue(maxsize=1) for _ in self.iters]
        self._threads = [threading.Thread(target=_read_ahead, args=(it, q, self._stop), daemon=True)
                         for it, q in zip(self.iters, self._queues)]
        for thread in self._threads:
            thread.start()

    def _halt(self) -> None:
        self._stop.set()
        for thread, each in zip(self._threads, self._queues):
            while thread.is_alive():
                try:
                    each.get(timeout=0.01)  # a full queue would hold its thread
                except queue.Empty:
                    continue
            thread.join()

    def _described(self, what: str, rename: Sequence[Mapping] | None) -> list[DataDesc]:
        found = []
        for i, it in enumerate(self.iters):
            for desc in getattr(it, what):
                desc = desc if isinstance(desc, DataDesc) else DataDesc(*desc)
                name = desc.name if rename is None else rename[i].get(desc.name, desc.name)
                found.append(DataDesc(name, desc.shape, desc.dtype, desc.layout))
        return found

    @property
    def provide_data(self) -> list[DataDesc]:
        """The arrays of all iterators, under their new names."""
        return self._described("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The labels of all iterators, under their new names."""
        return self._described("provide_label", self.rename_label)

    def reset(self) -> None:
        self._halt()
        for it in self.iters:
            it.reset()
        self._start()

    def iter_next(self) -> bool:
        batches = [each.get() for each in self._queues]
        for each, batch in zip(self._queues, batches):
            if isinstance(batch, BaseException) or batch is None:
                each.put(batch)  # asked again, the end stays the end
        for batch in batches:
            if isinstance(batch, BaseException):
                raise batch
        if any(batch is None for batch in batches):
            if not all(batch is None for batch in batches):
                raise MXNetValueError("PrefetchingIter: the iterators have different numbers of batches")
            return False
        if len({batch.pad for batch in batches}) > 1:
            raise MXNetValueError("PrefetchingIter: the iterators pad their last batches differently")
        first = batches[0]
        self.current_batch = DataBatch([x for b in batches for x in b.data],
                                       [x for b in batches for x in b.label or ()], first.pad, first.index,
                                       provide_data=self.provide_data, provide_label=self.provide_label)
        return True


def _read_ahead(it: DataIter, into: queue.Queue, stop: threading.Event) -> None:
    """Put the batches of `it` into a queue, then None; or what it raised."""
    def put(item: Any) -> None:
        while not stop.is_set():
            try:
                into.put(item, timeout=0.05)
                return
            except queue.Full:
                continue
    try:
        while not stop.is_set():
            try:
                batch = it.next()
            except StopIteration:
                break
            put(batch)
        put(None)
    except Exception as error:  # belongs to the thread that asks for the batch
        put(error)
