"""DataLoader: batches of a dataset, made by this process, by threads or by worker processes ahead of time."""
from __future__ import annotations

import contextlib
import multiprocessing
import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from ...base import MXNetAssertionError, MXNetError, MXNetValueError
from ...context import cpu_pinned
from .batches import as_in_context, default_batchify_fn
from .pool_iterator import MultiWorkerIter as _MultiWorkerIter  # noqa: F401  names that packages import
from .pool_iterator import worker_fn as _worker_fn  # noqa: F401
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .shared import make_folder, pack, remove_folder, unpack

__all__ = ["DataLoader", "default_batchify_fn", "default_mp_batchify_fn"]


class WorkerTimeout(MXNetError, multiprocessing.TimeoutError):
    """A worker took longer than the loader was told to wait."""


default_mp_batchify_fn = default_batchify_fn  # what comes from a process is in shared memory anyway


class DataLoader:
    """Batches of a dataset, in an order and with workers of one's choice.

    Parameters
    ----------
    dataset : Dataset, or anything with a length and indices
    batch_size : int
    shuffle : bool
        Whether the order is drawn each time, by ``numpy.random``.
    sampler : Sampler, optional
        The order, instead of `shuffle`.
    last_batch : "keep", "discard" or "rollover", optional
        What becomes of fewer examples at the end (see :class:`BatchSampler`).
    batch_sampler : Sampler, optional
        Lists of indices, instead of the four above.
    batchify_fn : callable, optional
        What makes a batch of a list of examples.
    num_workers : int
        How many processes make batches; 0: this one.
    pin_memory : bool
        Whether batches are on ``cpu_pinned(pin_device_id)``, from where they reach a GPU faster.
    pin_device_id : int
    prefetch : int, optional
        How many batches are made ahead; default: two for each worker.
    thread_pool : bool
        Whether workers are threads rather than processes.
    timeout : float
        Seconds to wait for a batch.
    auto_reload : bool
        Whether the batches of the next round are begun at the end of a round.

    Notes
    -----
    Processes are forked where the system can, so the dataset need not be picklable. Arrays come back through shared
    memory, on ``cpu_shared(0)``, which takes part in operations with ``cpu(0)``. An error in a worker is raised here,
    with the worker's traceback; if a worker dies, the loader makes new ones when it is iterated over again.

    Examples
    --------
    >>> from cupynet.gluon.data import ArrayDataset, DataLoader
    >>> loader = DataLoader(ArrayDataset([1, 2, 3], [4, 5, 6]), batch_size=2)
    >>> for x, y in loader:
    ...     print(x.asnumpy(), y.asnumpy())
    [1 2] [4 5]
    [3] [6]
    """

    def __init__(self, dataset: Sequence[Any], batch_size: int | None = None, shuffle: bool = False,
                 sampler: Sampler | None = None, last_batch: str | None = None, batch_sampler: Any = None,
                 batchify_fn: Callable | None = None, num_workers: int = 0, pin_memory: bool = False,
                 pin_device_id: int = 0, prefetch: int | None = None, thread_pool: bool = False, timeout: float = 120,
                 auto_reload: bool = False):
        if timeout <= 0:
            raise MXNetAssertionError(f"timeout must be positive, given {timeout}")
        self._dataset = dataset
        self._pinned = cpu_pinned(pin_device_id) if pin_memory else None
        self._timeout = timeout
        self._num_workers = max(0, num_workers)
        self._prefetch = max(0, 2 * self._num_workers if prefetch is None else int(prefetch))
        self._thread_pool = thread_pool
        self._batchify_fn = batchify_fn or default_batchify_fn
        self._batch_sampler = batch_sampler if batch_sampler is not None else \
            _batches(dataset, batch_size, shuffle, sampler, last_batch)
        if batch_sampler is not None and (batch_size is not None or shuffle or sampler is not None
                                          or last_batch is not None):
            raise MXNetValueError("batch_size, shuffle, sampler and last_batch must not be specified if batch_sampler "
                                  "is specified.")
        self._pool: Executor | None = None
        self._folder: str | None = None
        self._ahead: _Round | None = None
        self._auto_reload = auto_reload and self._num_workers > 0
        self.refresh()

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if not self._num_workers:
            return self._here()
        ahead, self._ahead = self._ahead, None
        return self._fetched(ahead or self._begin())

    def _here(self) -> Iterator[Any]:
        for indices in self._batch_sampler:
            batch = self._batchify_fn([self._dataset[i] for i in indices])
            yield batch if self._pinned is None else as_in_context(batch, self._pinned)

    def _fetched(self, batches: _Round) -> Iterator[Any]:
        try:
            yield from batches
        except BrokenProcessPool as error:
            self.clean()
            raise MXNetError("DataLoader: a worker process died; was it killed, or is there too little memory? Iterate "
                             "over the loader again to go on with new workers") from error
        finally:
            batches.drop()
        if self._auto_reload:
            self.refresh()

    # ---- workers -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Begin the batches of the next round, if the loader was made with ``auto_reload``."""
        if self._auto_reload and self._ahead is None:
            self._ahead = self._begin()

    def clean(self) -> None:
        """Let the workers go, and forget what they have made ahead. The next iteration makes new ones."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.drop()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def __del__(self) -> None:
        if getattr(self, "_pool", None) is not None:
            self.clean()

    def _begin(self) -> _Round:
        if self._pool is None:
            self._pool = self._workers()
        make = _make_in_thread if self._thread_pool else _make_in_process
        arguments = (self._dataset, self._batchify_fn) if self._thread_pool else ()
        finish = (lambda batch: batch) if self._thread_pool else unpack
        if self._pinned is not None:
            unpinned, finish = finish, lambda batch: as_in_context(unpinned(batch), self._pinned)
        pool = self._pool
        return _Round(iter(self._batch_sampler), lambda indices: pool.submit(make, indices, *arguments), finish,
                      self._prefetch, self._timeout)

    def _workers(self) -> Executor:
        if self._thread_pool:
            return ThreadPoolExecutor(self._num_workers, "cupynet-data")
        if self._folder is None:
            self._folder = make_folder()
            weakref.finalize(self, remove_folder, self._folder, os.getpid())
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
        return ProcessPoolExecutor(self._num_workers, multiprocessing.get_context(method), _start_worker,
                                   (self._dataset, self._batchify_fn, self._folder))


class _Round:
    """One iteration over a dataset by workers: what is on its way, in order."""

    def __init__(self, indices: Iterator[Any], submit: Callable[[Any], Future], finish: Callable[[Any], Any],
                 prefetch: int, timeout: float):
        self._indices, self._submit, self._finish, self._timeout = indices, submit, finish, timeout
        self._coming: deque[Future] = deque()
        for _ in range(prefetch):
            self._send()

    def _send(self) -> None:
        indices = next(self._indices, None)
        if indices is not None:
            self._coming.append(self._submit(indices))

    def __iter__(self) -> Iterator[Any]:
        while True:
            self._send()
            if not self._coming:
                return
            future = self._coming.popleft()
            try:
                made = future.result(self._timeout)
            except TimeoutError as error:
                if future.done():
                    raise  # the user's own
                future.add_done_callback(self._discard)
                raise WorkerTimeout(f"Worker timed out after {self._timeout} seconds. This might be caused by slow "
                                    "examples or a dead lock: please look for them, or give the loader a larger "
                                    "`timeout`") from error
            yield self._finish(made)

    def drop(self) -> None:
        """Forget what is on its way."""
        while self._coming:
            future = self._coming.popleft()
            if not future.cancel():
                future.add_done_callback(self._discard)

    def _discard(self, future: Future) -> None:
        if not future.cancelled() and future.exception() is None:
            with contextlib.suppress(FileNotFoundError):  # the loader may be gone, and its folder
                self._finish(future.result())  # which takes the files of arrays away


def _batches(dataset: Sequence[Any], batch_size: int | None, shuffle: bool, sampler: Sampler | None,
             last_batch: str | None) -> BatchSampler:
    if batch_size is None:
        raise MXNetValueError("batch_size must be specified unless batch_sampler is specified")
    if sampler is None:
        sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
    elif shuffle:
        raise MXNetValueError("shuffle must not be specified if sampler is specified")
    return BatchSampler(sampler, batch_size, last_batch or "keep")


# ---- in workers -----------------------------------------------------------------------------------

_work: tuple[Any, Callable, str] | None = None  # dataset, batchify_fn and folder of a worker process


def _start_worker(dataset: Any, batchify_fn: Callable, folder: str) -> None:
    global _work
    _work = dataset, batchify_fn, folder


def _make_in_process(indices: Sequence[Any]) -> bytes:
    dataset, batchify_fn, folder = _work
    return pack(batchify_fn([dataset[i] for i in indices]), folder)


def _make_in_thread(indices: Sequence[Any], dataset: Any, batchify_fn: Callable) -> Any:
    return batchify_fn([dataset[i] for i in indices])
