"""Batches from arrays in memory."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..ndarray import NDArray, array
from .iterators import DataBatch, DataDesc, DataIter

__all__ = ["NDArrayIter"]

_LAST = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Batches from arrays in memory.

    Parameters
    ----------
    data, label : array, or list, or dict by name of arrays
        NumPy arrays or NDArrays whose first axes count the same samples. Lists may hold (name, array) pairs.
    batch_size : int
    shuffle : bool
        Whether samples come in another random order (NumPy's global generator) in each epoch.
    last_batch_handle : str
        What becomes of the samples that do not fill a batch: ``"pad"`` fills it up from the start,
        ``"discard"`` leaves them out, ``"roll_over"`` keeps them for the next epoch.
    data_name, label_name : str
        Names for arrays that have none.
    layout : str
        Of the data.

    Examples
    --------
    >>> import cupynet as mx, numpy as np
    >>> it = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
    >>> [(b.label[0].asnumpy().tolist(), b.pad) for b in it]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    """

    def __init__(self, data: Any, label: Any = None, batch_size: int = 1, shuffle: bool = False,
                 last_batch_handle: str = "pad", data_name: str = "data", label_name: str = "softmax_label",
                 layout: str = "NCHW"):
        super().__init__(batch_size)
        if last_batch_handle not in _LAST:
            raise MXNetValueError(f"NDArrayIter: last_batch_handle is {last_batch_handle!r}; expected one of "
                                  f"{', '.join(_LAST)}")
        self.data = _named("data", data, data_name, allow_none=False)
        self.label = _named("label", label, label_name, allow_none=True)
        lengths = {name: len(values) for name, values in (*self.data, *self.label)}
        if len(set(lengths.values())) > 1:
            raise MXNetValueError(f"NDArrayIter: arrays have different numbers of samples: {lengths}")
        self.num_data = next(iter(lengths.values()))
        self.num_source = len(self.data) + len(self.label)
        if batch_size < 1 or not self.num_data:
            raise MXNetValueError(f"NDArrayIter: batch_size is {batch_size} for {self.num_data} samples; expected at "
                                  "least 1 of each")
        self.shuffle, self.last_batch_handle, self.layout = shuffle, last_batch_handle, layout
        self.idx = np.arange(self.num_data)
        self._order = np.arange(self.num_data)  # which sample is at which place
        self._begin(self._order[:0])

    def _describe(self, arrays: list[tuple[str, Any]]) -> list[DataDesc]:
        return [DataDesc(name, (self.batch_size, *values.shape[1:]), self._dtype(values), self.layout)
                for name, values in arrays]

    def _dtype(self, values: Any) -> Any:
        """Return the dtype of batches: float32, but that of NDArrays that are not shuffled, as in MXNet."""
        return values.dtype if isinstance(values, NDArray) and not self.shuffle else np.float32

    @property
    def provide_data(self) -> list[DataDesc]:
        """Names and shapes of the data of a batch."""
        return self._describe(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Names and shapes of the labels of a batch."""
        return self._describe(self.label)

    def hard_reset(self) -> None:
        """Go back to the first batch and forget samples that were rolled over."""
        self._begin(self._order[:0])

    def reset(self) -> None:
        """Go back to the first batch, which begins with the samples that the epoch left over if they roll over."""
        if self.last_batch_handle == "roll_over" and self.num_data - self.batch_size < self.cursor < self.num_data:
            before = self._rolled if self.cursor < 0 else self._order[:0]  # a whole epoch was less than a batch
            self._begin(np.concatenate([before, self._order[max(self.cursor, 0):]]))
        else:
            self._begin(self._order[:0])

    def _begin(self, rolled: np.ndarray) -> None:
        """Begin an epoch with the samples that rolled over."""
        self._rolled = rolled
        self.cursor = -self.batch_size - len(rolled)
        if self.shuffle:
            np.random.shuffle(self.idx)
            self._order = self._order[self.idx]

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        if not self.iter_next() or (self.last_batch_handle != "pad" and self.cursor + self.batch_size > self.num_data):
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad())

    def _rows(self) -> np.ndarray:
        """Return the numbers of the samples of this batch."""
        start, stop = self.cursor, self.cursor + self.batch_size
        if not -self.batch_size < start < self.num_data:
            raise MXNetError("NDArrayIter: there is no batch here: call next() or iter_next() first, and reset() after "
                             "the end")
        rows = self._order[max(start, 0):stop]
        if start < 0:
            return np.concatenate([self._rolled, rows])
        return rows if stop <= self.num_data else np.concatenate([rows, np.resize(self._order, stop - self.num_data)])

    def _batch(self, arrays: list[tuple[str, Any]]) -> list[NDArray]:
        rows = self._rows()
        consecutive = not self.shuffle and len(rows) and (np.diff(rows) == 1).all()
        picked = slice(int(rows[0]), int(rows[-1]) + 1) if consecutive else rows
        return [values[picked].astype(self._dtype(values)) if isinstance(values, NDArray) else array(values[picked])
                for _, values in arrays]

    def getdata(self) -> list[NDArray]:
        return self._batch(self.data)

    def getlabel(self) -> list[NDArray]:
        return self._batch(self.label)

    def getpad(self) -> int:
        if self.cursor < 0:
            return len(self._rolled)  # as in MXNet: the samples that came from the epoch before
        return max(0, self.cursor + self.batch_size - self.num_data) if self.last_batch_handle == "pad" else 0


def _named(what: str, given: Any, default_name: str, allow_none: bool) -> list[tuple[str, Any]]:
    """Return (name, array) pairs of an array, or a list or dict of arrays."""
    if given is None or (isinstance(given, (list, tuple, Mapping)) and not given):
        if allow_none or given is not None:
            return []
        given = "None"
    if isinstance(given, (np.ndarray, NDArray)):
        given = [given]
    if isinstance(given, (list, tuple)):
        if not all(isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str) for each in given):
            given = [(default_name, given[0])] if len(given) == 1 else [
                (f"_{i}_{default_name}", each) for i, each in enumerate(given)]
    elif isinstance(given, Mapping):
        given = sorted(given.items())
    else:
        raise MXNetTypeError(f"NDArrayIter: {what} is {type(given).__name__}; Input must be NDArray, numpy.ndarray, "
                             "a list of them or dict with them as values")
    pairs = []
    for name, values in given:
        if not isinstance(values, NDArray):
            values = np.asarray(values)
            if values.dtype.kind not in "fiub" or not values.ndim:
                raise MXNetTypeError(f"NDArrayIter: {what} {name!r} is no array of numbers with a first axis "
                                     "of samples")
        pairs.append((name, values))
    return pairs
