"""Gluon's loaders of data as iterators for modules."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..io import DataDesc, DataIter
from ..ndarray import NDArray, array, zeros

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """The batches of a ``gluon.data.DataLoader``, or of any other iterable of pairs (data, label).

    A last batch that is smaller is filled up with zeros (MXNet leaves there what lay in memory); ``pad`` says
    with how many.

    Parameters
    ----------
    loader : iterable of (data, label)
        The first pair says what the shapes are.
    data_name, label_name : str
    dtype : str
        Of data and labels.

    Examples
    --------
    >>> import cupynet as mx
    >>> pairs = [(mx.nd.ones((2, 3)), mx.nd.zeros(2)), (mx.nd.ones((1, 3)), mx.nd.zeros(1))]
    >>> [batch.pad for batch in mx.contrib.io.DataLoaderIter(pairs)]
    [0, 1]
    """

    def __init__(self, loader: Iterable, data_name: str = "data", label_name: str = "softmax_label",
                 dtype: Any = "float32"):
        super().__init__()
        if not isinstance(loader, Iterable):
            raise MXNetTypeError(f"DataLoaderIter: loader is {type(loader).__name__}; expected an iterable of batches")
        self._loader, self.dtype = loader, dtype
        self._iter = iter(loader)
        first = next(self._iter, None)
        if first is None:
            raise MXNetValueError("DataLoaderIter: loader has no batches")
        data, label = self._pair(first)
        self.batch_size = data.shape[0]
        self.provide_data = [DataDesc(data_name, data.shape, dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, dtype)]
        self._current_batch: tuple[NDArray, NDArray] | None = None
        self.reset()

    @staticmethod
    def _pair(batch: Any) -> tuple[NDArray, NDArray]:
        if not isinstance(batch, (list, tuple)) or len(batch) != 2:
            raise MXNetValueError("DataLoaderIter: a batch is no pair of data and label: "
                                  f"{len(batch) if isinstance(batch, (list, tuple)) else type(batch).__name__}")
        data, label = (each if isinstance(each, NDArray) else array(np.asarray(each)) for each in batch)
        return data, label

    def reset(self) -> None:
        self._iter = iter(self._loader)

    def iter_next(self) -> bool:
        batch = next(self._iter, None)
        self._current_batch = None if batch is None else self._pair(batch)
        return batch is not None

    def _batch(self, what: str) -> tuple[NDArray, NDArray]:
        if self._current_batch is None:
            raise MXNetError(f"DataLoaderIter.{what}: there is no batch; call iter_next first")
        return self._current_batch

    def _filled(self, rows: NDArray) -> list[NDArray]:
        rows, missing = rows.astype(self.dtype), self.getpad()
        if missing < 0:
            raise MXNetValueError(f"DataLoaderIter: a batch of {len(rows)}; the first one has {self.batch_size}")
        if not missing:
            return [rows]
        whole = zeros((self.batch_size, *rows.shape[1:]), rows.context, rows.dtype)
        whole[:len(rows)] = rows
        return [whole]

    def getdata(self) -> list[NDArray]:
        return self._filled(self._batch("getdata")[0])

    def getlabel(self) -> list[NDArray]:
        return self._filled(self._batch("getlabel")[1])

    def getpad(self) -> int:
        return self.batch_size - self._batch("getpad")[0].shape[0]

    def getindex(self) -> None:
        return None
