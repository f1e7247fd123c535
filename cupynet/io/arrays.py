"""Batches from arrays in memory."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray, array
from .iterators import DataDesc, DataIter

__all__ = ["NDArrayIter"]

_LAST = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Batches from arrays in memory.

    Parameters
    ----------
    data, label : array, or list, or dict by name of arrays
        NumPy arrays or NDArrays whose first axes count the same samples.
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
        self.num_source = len(self.data)
        if batch_size < 1 or not self.num_data:
            raise MXNetValueError(f"NDArrayIter: batch_size is {batch_size} for {self.num_data} samples; expected at "
                                  "least 1 of each")
        self.shuffle, self.last_batch_handle, self.layout = shuffle, last_batch_handle, layout
        self.idx = np.arange(self.num_data)
        self._left = self.idx[:0]  # samples that an epoch left over for the next one
        self._start_epoch()

    def _start_epoch(self) -> None:
        rolled, self._left = self._left, self.idx[:0]
        if self.shuffle:
            np.random.shuffle(self.idx)
        order = np.concatenate([rolled, self.idx])
        full, rest = divmod(len(order), self.batch_size)
        pads = [0] * full
        if len(rolled) and full:
            pads[0] = len(rolled)  # as in MXNet: the samples that came from the epoch before
        if rest and self.last_batch_handle == "pad":
            missing = self.batch_size - rest
            order = np.concatenate([order, np.resize(self.idx, missing)])
            pads.append(missing)
        elif rest and self.last_batch_handle == "roll_over":
            self._left = order[full * self.batch_size:]
        self._order, self._pads = order[:len(pads) * self.batch_size], pads
        self.cursor = -self.batch_size

    def _describe(self, arrays: list[tuple[str, Any]]) -> list[DataDesc]:
        return [DataDesc(name, (self.batch_size, *values.shape[1:]), np.float32 if not isinstance(values, NDArray)
                         else values.dtype, self.layout) for name, values in arrays]

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
        self._left = self.idx[:0]
        self.reset()

    def reset(self) -> None:
        self._start_epoch()

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        return self.cursor < len(self._order)

    def _batch(self, arrays: list[tuple[str, Any]]) -> list[NDArray]:
        rows = self._order[self.cursor:self.cursor + self.batch_size]
        consecutive = rows[-1] - rows[0] == len(rows) - 1 and not self.shuffle and (np.diff(rows) == 1).all()
        picked = slice(int(rows[0]), int(rows[-1]) + 1) if consecutive else rows
        return [values[picked].copy() if isinstance(values, NDArray) else array(values[picked])
                for _, values in arrays]

    def getdata(self) -> list[NDArray]:
        return self._batch(self.data)

    def getlabel(self) -> list[NDArray]:
        return self._batch(self.label)

    def getpad(self) -> int:
        return self._pads[self.cursor // self.batch_size]


def _named(what: str, given: Any, default_name: str, allow_none: bool) -> list[tuple[str, Any]]:
    """Return (name, array) pairs of an array, or a list or dict of arrays."""
    if given is None or (isinstance(given, (list, tuple, Mapping)) and not given):
        if allow_none or given is not None:
            return []
        given = "None"
    if isinstance(given, (np.ndarray, NDArray)):
        given = [given]
    if isinstance(given, (list, tuple)):
        given = {default_name: given[0]} if len(given) == 1 else {
            f"_{i}_{default_name}": each for i, each in enumerate(given)}
    if not isinstance(given, Mapping):
        raise MXNetTypeError(f"NDArrayIter: {what} is {type(given).__name__}; Input must be NDArray, numpy.ndarray, "
                             "a list of them or dict with them as values")
    pairs = []
    for name, values in given.items():
        if not isinstance(values, NDArray):
            values = np.asarray(values)
            if values.dtype.kind not in "fiub" or not values.ndim:
                raise MXNetTypeError(f"NDArrayIter: {what} {name!r} is no array of numbers with a first axis "
                                     "of samples")
        pairs.append((name, values))
    return pairs
