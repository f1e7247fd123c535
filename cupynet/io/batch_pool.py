"""Threads that make batches ahead of the one who needs them, sample by sample, with draws in the samples' order."""
from __future__ import annotations

import atexit
import copy
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any

from ..base import MXNetError

__all__ = ["BatchPool", "EpochEnd", "Job", "Plan"]


class Job:
    """One sample on its way into a batch.

    Attributes
    ----------
    batch, row : int
        Where it goes.
    gate : int
        It is begun when batch `gate` is near enough to its turn.
    what : object
        What it is to be made of.
    """

    __slots__ = ("batch", "row", "gate", "what", "number", "found", "drawn")

    def __init__(self, batch: int, row: int, gate: int, what: Any):
        self.batch, self.row, self.gate, self.what = batch, row, gate, what
        self.number = 0
        self.found = self.drawn = None


class EpochEnd:
    """Stands between the jobs of two epochs.

    Attributes
    ----------
    batch : int
        The last batch of the epoch.
    pad : int
        How many of its samples only fill it up.
    missing : int
        How many samples it will never get.
    """

    __slots__ = ("batch", "pad", "missing")

    def __init__(self, batch: int, pad: int = 0, missing: int = 0):
        self.batch, self.pad, self.missing = batch, pad, missing


class Plan:
    """What a pool does, without the iterator that owns it; subclasses say how.

    Each sample is decoded, then drawn for, then finished. Decoding and finishing are done by several threads at the
    same time, drawing by one at a time, in the order of the jobs.
    """

    def set_up(self) -> None:
        """Make a thread ready."""

    def begin_batch(self) -> Any:
        """Return the room for a batch."""
        raise NotImplementedError

    def decode(self, what: Any) -> Any:
        """Return what a sample is made of."""
        raise NotImplementedError

    def draw(self, what: Any, found: Any) -> Any:
        """Return what is drawn for a sample."""
        raise NotImplementedError

    def finish(self, what: Any, found: Any, drawn: Any, batch: Any, row: int) -> None:
        """Write a sample into its batch."""
        raise NotImplementedError


class _Batch:
    """A batch in the making: its room, how many samples it still lacks, and the error of the first that failed."""

    __slots__ = ("room", "begun", "left", "failed", "error")

    def __init__(self, room: Any, size: int):
        self.room, self.begun, self.left = room, 0, size
        self.failed: int | None = None
        self.error: Exception | None = None


class BatchPool:
    """Threads that go through a plan, and on into the next epoch; they know the plan, not its owner.

    Parameters
    ----------
    plan : Plan
    jobs : iterator over Job and EpochEnd
        The samples of one epoch after the other; asked by one thread at a time.
    size : int
        How many samples a batch has.
    threads : int
    ahead : int
        How many batches may be under way or wait, besides the one that is asked for.
    """

    _all: weakref.WeakSet[BatchPool] = weakref.WeakSet()

    def __init__(self, plan: Plan, jobs: Iterator[Job | EpochEnd], size: int, threads: int, ahead: int):
        self._plan, self._size, self._ahead = plan, size, ahead
        self._jobs = jobs
        self._lock = threading.RLock()  # close() may come out of a garbage collection anywhere in here
        self._work, self._done = threading.Condition(self._lock), threading.Condition(self._lock)
        self._next: Job | None = None  # the next job, if it stands before its gate
        self._begun = 0  # jobs
        self._decoded: dict[int, Job] = {}
        self._turn = 0  # the number of the job for which is drawn next
        self._drawn: deque[Job] = deque()
        self._batches: dict[int, _Batch] = {}
        self._given = 0  # batches
        self._ends: dict[int, EpochEnd] = {}  # by their batches
        self._broken: Exception | None = None  # why there are no more jobs
        self._closed = False
        self._failure: BaseException | None = None
        self._process = os.getpid()
        self._threads = [threading.Thread(target=self._serve, name="cupynet-batches", daemon=True)
                         for _ in range(threads)]
        self._all.add(self)
        for thread in self._threads:
            thread.start()

    # ---- for the one who needs batches ---------------------------------------------------------------

    def next(self) -> tuple[Any, int] | None:
        """Return the next batch and its pad, or None at an epoch's end. Raises what went wrong, from then on."""
        if os.getpid() != self._process:
            raise MXNetError("the threads that read ahead are in another process; call reset() in this one")
        with self._lock:
            self._done.wait_for(self._is_ready)
            if self._failure is not None:
                self.close()
                raise MXNetError(f"a thread that reads ahead has died: {self._failure!r}") from self._failure
            if self._given - 1 in self._ends:
                return None
            batch = self._batches.get(self._given)
            error = self._broken if batch is None else batch.error
            if error is not None:
                self.close()  # nothing comes after it
                raise copy.copy(error) from error  # not the one that is kept: its traceback would keep the iterator
            del self._batches[self._given]
            end = self._ends.get(self._given)
            self._given += 1
            self._work.notify_all()
            return batch.room, end.pad if end else 0

    def next_epoch(self) -> bool:
        """Go on with the next epoch, if the last batch that was given ended one; return whether it did."""
        if os.getpid() != self._process:
            return False
        with self._lock:
            self._done.wait_for(self._knows_whether_ended)
            return self._ends.pop(self._given - 1, None) is not None

    @property
    def given(self) -> int:
        """How many batches were given, in all epochs."""
        return self._given

    def close(self) -> None:
        """Let the threads end, in the middle of an epoch or after it, without waiting for them."""
        if os.getpid() == self._process:  # in a fork they are not there, and the lock may be in any state
            with self._lock:
                self._closed = True
                self._work.notify_all()

    def join(self) -> None:
        """Wait for the threads' end."""
        self.close()
        if os.getpid() == self._process:
            for thread in self._threads:
                thread.join()

    def _is_ready(self) -> bool:
        batch = self._batches.get(self._given)
        return (self._failure is not None or self._given - 1 in self._ends
                or (self._broken is not None if batch is None else not batch.left))

    def _knows_whether_ended(self) -> bool:
        return (self._failure is not None or self._broken is not None or self._given - 1 in self._ends
                or self._next is not None or self._given in self._batches)

    # ---- for the threads -----------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            self._plan.set_up()
            while (job := self._take()) is not None:
                if job.drawn is None:
                    self._decode(job)
                else:
                    self._finish(job)
        except BaseException as error:  # belongs to the one who needs batches
            with self._lock:
                self._failure = self._failure or error
                self._done.notify_all()

    def _take(self) -> Job | None:
        """Wait for something to do: a sample to be finished, before one to be begun."""
        with self._lock:
            while not self._closed:
                if self._drawn:
                    return self._drawn.popleft()
                job = self._begin()
                if job is not None:
                    return job
                self._work.wait()
            return None

    def _begin(self) -> Job | None:
        """Return the next job, unless it must wait or there is none."""
        while self._next is None and self._broken is None:
            try:
                item = next(self._jobs)
            except Exception as error:  # it cannot be found out what comes next
                self._break_off(error)
            else:
                if isinstance(item, EpochEnd):
                    self._end_epoch(item)
                else:
                    self._next = item
        job = self._next
        if job is None or job.gate > self._given + self._ahead:
            return None
        self._next = None
        batch = self._batches.get(job.batch)
        if batch is None:
            batch = self._batches[job.batch] = _Batch(self._plan.begin_batch(), self._size)
        batch.begun += 1
        job.number = self._begun
        self._begun += 1
        return job

    def _end_epoch(self, end: EpochEnd) -> None:
        self._ends[end.batch] = end
        if end.missing:
            batch = self._batches[end.batch]
            batch.begun += end.missing
            batch.left -= end.missing
        self._done.notify_all()

    def _break_off(self, error: Exception) -> None:
        self._broken = error
        for batch in self._batches.values():
            if batch.begun < self._size and batch.left:
                batch.left -= self._size - batch.begun
                self._fail(batch, self._begun, error)
        self._done.notify_all()

    def _decode(self, job: Job) -> None:
        error = None
        try:
            job.found = self._plan.decode(job.what)
        except Exception as caught:
            error = caught
        with self._lock:
            if error is not None:
                self._ended(job, error)
            self._decoded[job.number] = job
            while (ready := self._decoded.pop(self._turn, None)) is not None:
                self._turn += 1
                if ready.found is not None:
                    try:
                        ready.drawn = self._plan.draw(ready.what, ready.found)
                    except Exception as caught:
                        self._ended(ready, caught)
                    else:
                        self._drawn.append(ready)
            if len(self._drawn) > 1:  # one of them is for this thread
                self._work.notify_all()

    def _finish(self, job: Job) -> None:
        error = None
        try:
            self._plan.finish(job.what, job.found, job.drawn, self._batches[job.batch].room, job.row)
        except Exception as caught:
            error = caught
        with self._lock:
            self._ended(job, error)

    def _ended(self, job: Job, error: Exception | None) -> None:
        batch = self._batches[job.batch]
        batch.left -= 1
        if error is not None:
            self._fail(batch, job.number, error)
        if not batch.left:
            self._done.notify_all()

    @staticmethod
    def _fail(batch: _Batch, number: int, error: Exception) -> None:
        if batch.failed is None or number < batch.failed:
            batch.failed, batch.error = number, error


def _join_all() -> None:
    for pool in list(BatchPool._all):
        pool.join()


atexit.register(_join_all)  # a thread that is killed inside OpenCV can take the process down with it
