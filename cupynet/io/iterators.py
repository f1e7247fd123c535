"""The shape of a data iterator: what it promises, what it yields, and an iterator around an iterator."""
from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from ..ndarray import NDArray

__all__ = ["DataDesc", "DataBatch", "DataIter", "Wrapper", "ResizeIter"]


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
        for what, given in (("Data", data), ("Label", label)):
            if given is not None and not isinstance(given, (list, tuple)):
                raise MXNetTypeError(f"DataBatch: {what} must be list of NDArrays; got {type(given).__name__}")
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


class Wrapper(DataIter):
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


class ResizeIter(Wrapper):
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
