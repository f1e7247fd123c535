"""Reading ahead: iterators that are read by threads while the program works."""
from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from ..base import MXNetTypeError, MXNetValueError
from .iterators import DataBatch, DataDesc, DataIter, Wrapper

__all__ = ["PrefetchingIter"]


class _Channel:
    """Room for one item between two threads. Closing it ends both threads' waiting."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[Any] = []
        self._last = self._closed = False

    def put(self, item: Any, last: bool = False) -> bool:
        """Wait for room and leave `item`, which stays for ever if it is the last; return False if nobody wants it."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._items)
            if self._closed:
                return False
            self._items.append(item)
            self._last = last
            self._changed.notify_all()
            return True

    def get(self) -> Any:
        """Wait for an item and take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item = self._items[0]
            if not self._last:
                self._items.clear()
                self._changed.notify_all()
            return item

    def close(self) -> None:
        """Say that nobody wants more items."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _read_ahead(it: DataIter, into: _Channel) -> None:
    """Put the batches of `it` into a channel, then None; or what it raised."""
    try:
        while into.put(it.next()):
            pass
    except StopIteration:
        into.put(None, last=True)
    except Exception as error:  # belongs to the thread that asks for the batch
        into.put(error, last=True)


def _close_all(channels: Sequence[_Channel]) -> None:
    for channel in channels:
        channel.close()


class PrefetchingIter(Wrapper):
    """Iterators read ahead by threads of their own, which end with it; several are joined into one.

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
        for what, names in (("rename_data", rename_data), ("rename_label", rename_label)):
            if names is not None and (not isinstance(names, (list, tuple)) or len(names) != len(self.iters)):
                raise MXNetTypeError(f"PrefetchingIter: {what} is {names!r}; expected a list with a dict for each of "
                                     f"the {len(self.iters)} iterators")
        super().__init__(self.iters[0].provide_data[0][1][0])
        self.rename_data, self.rename_label = rename_data, rename_label
        self._start()

    def _start(self) -> None:
        self._channels = [_Channel() for _ in self.iters]
        self._threads = [threading.Thread(target=_read_ahead, args=pair, daemon=True)
                         for pair in zip(self.iters, self._channels)]
        # The threads know the channels and not this object, so they end when it is dropped.
        self._end = weakref.finalize(self, _close_all, self._channels)
        for thread in self._threads:
            thread.start()

    def reset(self) -> None:
        self._end()
        for thread in self._threads:
            thread.join()
        for it in self.iters:
            it.reset()
        self._start()

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

    def iter_next(self) -> bool:
        batches = [channel.get() for channel in self._channels]
        for batch in batches:
            if isinstance(batch, BaseException):
                raise batch
        if any(batch is None for batch in batches):
            if not all(batch is None for batch in batches):
                raise MXNetValueError("PrefetchingIter: Number of entry mismatches between iterators")
            return False
        if len({batch.pad for batch in batches}) > 1:
            raise MXNetValueError("PrefetchingIter: Different pad size in data iterators")
        first = batches[0]
        self.current_batch = DataBatch([x for b in batches for x in b.data],
                                       [x for b in batches for x in b.label or ()], first.pad, first.index,
                                       provide_data=self.provide_data, provide_label=self.provide_label)
        return True
