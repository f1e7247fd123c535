"""Batches from a ``multiprocessing.Pool``: what packages subclass that bring workers of their own."""
from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from ...context import cpu_pinned
from .batches import as_in_context

__all__ = ["MultiWorkerIter", "worker_fn"]


def worker_fn(samples: Sequence[Any], batchify_fn: Callable, dataset: Any = None) -> bytes:
    """Return a batch of the examples `samples` of a dataset as bytes; run in a worker."""
    batch = batchify_fn([dataset[i] for i in samples])
    file = io.BytesIO()
    ForkingPickler(file, pickle.HIGHEST_PROTOCOL).dump(batch)
    return file.getvalue()


class MultiWorkerIter:
    """One iteration over the batches that a pool makes ahead, in order.

    Parameters
    ----------
    worker_pool : multiprocessing.Pool
    batchify_fn : callable
    batch_sampler : iterable
        Lists of indices.
    pin_memory, pin_device_id : bool, int
        Whether batches are on ``cpu_pinned(pin_device_id)``.
    worker_fn : callable
        ``worker_fn(indices, batchify_fn, dataset)`` gives a batch as bytes.
    prefetch : int
        How many batches are made ahead.
    dataset, data_loader : object, optional
        Kept alive.
    timeout : float
        Seconds to wait for a batch.
    """

    def __init__(self, worker_pool: Any, batchify_fn: Callable, batch_sampler: Any, pin_memory: bool = False,
                 pin_device_id: int = 0, worker_fn: Callable = worker_fn, prefetch: int = 0, dataset: Any = None,
                 data_loader: Any = None, timeout: float = 120):
        self._worker_pool, self._batchify_fn, self._batch_sampler = worker_pool, batchify_fn, batch_sampler
        self._pin_memory, self._pin_device_id, self._worker_fn = pin_memory, pin_device_id, worker_fn
        self._dataset, self._data_loader, self._timeout = dataset, data_loader, timeout
        self._data_buffer: dict[int, Any] = {}
        self._rcvd_idx = self._sent_idx = 0
        self._iter = iter(batch_sampler)
        for _ in range(prefetch):
            self._push_next()

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def _push_next(self) -> None:
        """Let a worker begin the next batch."""
        indices = next(self._iter, None)
        if indices is not None:
            self._data_buffer[self._sent_idx] = self._worker_pool.apply_async(
                self._worker_fn, (indices, self._batchify_fn, self._dataset))
            self._sent_idx += 1

    def __next__(self) -> Any:
        self._push_next()
        if self._rcvd_idx == self._sent_idx:
            raise StopIteration
        batch = pickle.loads(self._data_buffer.pop(self._rcvd_idx).get(self._timeout))
        self._rcvd_idx += 1
        return as_in_context(batch, cpu_pinned(self._pin_device_id)) if self._pin_memory else batch

    next = __next__

    def __iter__(self) -> Iterator[Any]:
        return self
