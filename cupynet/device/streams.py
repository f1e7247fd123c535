"""Programs that run while Python goes on: each CPU context has a queue and a thread, and memory knows who uses it.

A program is worth a thread as soon as several CPU contexts have some: then they run at the same time. It is handed
over as a :class:`Job`, which names what it reads and writes. From then until it has ended that memory is *in flight*,
and whoever needs it waits (:func:`settle`). Programs of one context run in the order of their calls.

What a program raises *spoils* the memory that it was to write; programs that use spoiled memory do not run, and spoil
theirs. The error is raised to the first who waits for any of it, or for everything. Then it is forgotten.

Memory is known by the array that owns it, so views of it are in flight as well.
"""
from __future__ import annotations

import copy
import os
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import observe
from ..base import MXNetError
from . import parallel
from .workers import Call, Workers

__all__ = ["Job", "Stream", "borrow", "flying", "in_flight", "lend", "owner_of", "settle", "spoiled", "wait_for_all"]

WORTHWHILE = 5e-4  # seconds that a program takes, below which waking a thread is not worth it
RECENT = 16        # a context is in use while it has begun one of as many last programs

serial = os.environ.get("MXNET_ENGINE_TYPE") == "NaiveEngine"  # MXNet's switch for running everything in turn

_lock = threading.Lock()
flying: dict[int, Task] = {}  # the last task that uses a piece of memory, by the id of its owner
spoiled: dict[int, tuple[weakref.ref, _Failure]] = {}
_failures: list[_Failure] = []  # of which nobody has been told, in order
_streams: list[Stream] = []     # that were given programs
_begun = 0                      # how many programs were


class _Here(threading.local):
    worker = False  # whether the thread is a stream's


_here = _Here()


def owner_of(raw: Any) -> Any:
    """Return the array that owns the memory of a NumPy array; any other object owns itself."""
    while isinstance(raw, np.ndarray) and isinstance(raw.base, np.ndarray):
        raw = raw.base
    return raw


class _Timing:
    """How long a program took the last time; shared by the jobs that are runs of one."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds: float | None = None


class Job:
    """A program as its stream sees it: made once, run many times.

    Parameters
    ----------
    reads, writes : iterable of raw arrays or other objects
        What it uses: arrays, and anything else that only one program may use at a time, such as a random generator.
    cuts : bool
        Whether its kernels split their work between threads (see :mod:`~.parallel`). Only such programs run at the
        same time as others; the products of the rest use all cores anyway.
    inline : bool
        Whether it runs a user's code, which belongs into the thread that calls it.
    like : Job, optional
        One that takes as long.
    """

    __slots__ = ("owners", "written", "cuts", "inline", "timing")

    def __init__(self, reads: Iterable[Any], writes: Iterable[Any], cuts: bool = False, inline: bool = False,
                 like: Job | None = None):
        writes = [owner_of(each) for each in writes]
        self.owners = {id(owner): owner for owner in (*map(owner_of, reads), *writes)}
        self.written = {id(owner) for owner in writes}
        self.cuts, self.inline = cuts, inline
        self.timing = _Timing() if like is None else like.timing

    def reading(self, more: Iterable[Any]) -> Job:
        """Return the job for one run of it that reads something more."""
        job = copy.copy(self)
        job.owners = self.owners | {id(owner): owner for owner in map(owner_of, more)}
        return job

    def run(self, function: Callable[[], Any]) -> None:
        """Run it in the calling thread."""
        share = parallel.share
        before, share.cuts = share.cuts, self.cuts
        start = time.perf_counter()
        try:
            if self.cuts:
                with parallel.single_threaded_blas():
                    function()
            else:
                function()
        finally:
            share.cuts = before
        self.timing.seconds = time.perf_counter() - start


class _Before(Exception):
    """What led to an error in a thread, as text: the frames themselves would keep a program's memory."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


class _Failure:
    """What a program raised, and the memory that is spoiled by it."""

    def __init__(self, error: BaseException):
        told = error if isinstance(error, MXNetError) else MXNetError(f"{type(error).__name__}: {error}")
        told.__cause__ = _Before("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        told.__context__ = None
        self.error = told.with_traceback(None)
        _failures.append(self)

    def spoil(self, job: Job) -> None:
        """Mark what `job` was to write, without keeping it alive."""
        for key in job.written:
            spoiled[key] = weakref.ref(job.owners[key], lambda _, key=key: spoiled.pop(key, None)), self

    def tell(self) -> None:
        """Raise it, and forget it."""
        drain()  # who comes after it in a queue must still find its memory spoiled
        with _lock:
            if self not in _failures:
                return
            _failures.remove(self)
            for key in [key for key, (_, failure) in spoiled.items() if failure is self]:
                del spoiled[key]
        raise self.error


class Task(Call):
    """One run of a job in its stream's thread."""

    __slots__ = ("stream", "job")

    def __init__(self, stream: Stream, job: Job, function: Callable[[], Any]):
        super().__init__(function)
        self.stream, self.job = stream, job

    def run(self) -> None:
        """Run the job, unless it uses spoiled memory."""
        before = _here.worker, parallel.share.counted  # True, unless the interpreter is about to exit
        _here.worker = parallel.share.counted = True
        failure = _spoils(self.job)
        if failure is None:
            try:
                self.job.run(self._function)
            except BaseException as error:  # belongs to whoever waits
                failure = _Failure(error)
        _here.worker, parallel.share.counted = before
        self._land(failure)

    def cancel(self) -> None:
        """Spoil what it was to write."""
        self._land(_Failure(MXNetError("a program was dropped, because the interpreter exits")))

    def _land(self, failure: _Failure | None) -> None:
        with _lock:
            if failure is not None:
                failure.spoil(self.job)
            for key in self.job.owners:
                if flying.get(key) is self:
                    del flying[key]
            self.stream.land()
        self.end()


def _spoils(job: Job) -> _Failure | None:
    return next((spoiled[key][1] for key in job.owners if key in spoiled), None) if spoiled else None


class Stream:
    """The programs of one CPU context, in order."""

    def __init__(self, name: str):
        self.name = name
        self._workers = Workers(name)
        self._last: Task | None = None  # while it is under way
        self._under_way = 0
        self._turn = 0

    def submit(self, job: Job, function: Callable[[], Any]) -> bool:
        """Run `function`, which does what `job` says, or let it be run while the caller goes on.

        Returns
        -------
        Whether it is under way. Otherwise it is done, or has raised.
        """
        if self._turn and len(_streams) == 1 and not (flying or spoiled):  # nobody to run beside
            job.run(function)
            return False
        if self._pays(job):
            self._begin(Task(self, job, function))
            return True
        if flying or spoiled:
            self._make_way(job)
        job.run(function)
        return False

    def _pays(self, job: Job) -> bool:
        """Whether running it at the same time as others is faster than in turn."""
        if self.is_alone() or serial or _here.worker or job.inline or not job.cuts or parallel.threads == 1:
            return False
        seconds = job.timing.seconds
        if seconds is None or (seconds < WORTHWHILE and self._last is None):
            return False
        return not (_seen and _is_seen(job))

    def is_alone(self) -> bool:
        """Note that a program begins, and say whether those of late were all of this context."""
        global _begun
        _begun += 1
        if not self._turn:
            with _lock:
                _streams.append(self)
        self._turn = _begun
        return len(_streams) == 1 or not any(_begun - other._turn < RECENT for other in _streams if other is not self)

    def _begin(self, task: Task) -> None:
        parallel.contested = True
        while True:
            with _lock:
                users = [flying[key] for key in task.job.owners if key in flying]
                others = [each for each in users if each.stream is not self]
                if not others:
                    flying.update(dict.fromkeys(task.job.owners, task))
                    self._last = task
                    self._under_way += 1
                    parallel.claims += self._under_way == 1
                    break
            for each in others:
                each.wait()
        self._workers.submit(task)

    def land(self) -> None:
        """Note, with the lock held, that a task has ended."""
        self._under_way -= 1
        if not self._under_way:
            self._last = None
            parallel.claims -= 1

    def _make_way(self, job: Job) -> None:
        """Wait until `job` can run in the calling thread: in its turn, with its memory, and with the whole BLAS."""
        self.drain()
        if not job.cuts:
            drain()
        for owner in job.owners.values():
            settle(owner)

    def drain(self) -> None:
        """Wait until all its programs have ended, and leave it to others to be told how."""
        last = self._last
        if last is not None and not _here.worker:
            last.wait()


def drain() -> None:
    """Wait until all programs have ended, and leave it to others to be told how."""
    for stream in list(_streams):
        stream.drain()


def in_flight(owner: Any) -> bool:
    """Whether a program that uses `owner` is under way."""
    return id(owner) in flying


def settle(raw: Any) -> bool:
    """Wait until the memory of `raw` is not in flight; raise the error of the program that was to write it.

    Returns
    -------
    False in a stream's thread, which never waits: what it uses is its own. Otherwise True.
    """
    if _here.worker:
        return False
    if flying or spoiled:
        key = id(owner_of(raw))
        task = flying.get(key)
        if task is not None:
            task.wait()
        found = spoiled.get(key)
        if found is not None:
            found[1].tell()
    return True


# ---- memory that others see -----------------------------------------------------------------------
# Other libraries do not wait for programs. So as long as one of them can see memory, programs that use it run in turn.

_seen: dict[int, list[weakref.ref]] = {}  # by the id of the owner: what lives as long as it is seen


class _Window:
    """Memory as others see it: every view that they make keeps this alive."""

    def __init__(self, raw: np.ndarray):
        self.owner = owner_of(raw)
        self.__array_interface__ = raw.__array_interface__


def lend(raw: np.ndarray) -> np.ndarray:
    """Return `raw` for others to see, sharing its memory."""
    if len(_streams) < 2:  # programs may never be under way; if they are, these are not
        return borrow(raw)
    window = _Window(raw)
    _see(window.owner, window)
    return np.asarray(window).view(raw.dtype)


def borrow(raw: np.ndarray) -> np.ndarray:
    """Return `raw`, after noting that its memory is somebody else's."""
    owner = raw if raw.base is None else owner_of(raw)
    _see(owner, owner)
    return raw


def _see(owner: np.ndarray, as_long_as: Any) -> None:
    key = id(owner)
    refs = _seen.get(key)
    if refs is None:
        _seen[key] = [weakref.ref(as_long_as, lambda _: _forget_seen(key))]
    elif as_long_as is not owner or len(refs) > 1 or refs[0]() is not owner:
        refs.append(weakref.ref(as_long_as, lambda _: _forget_seen(key)))


def _forget_seen(key: int) -> None:
    """Forget what is not seen any more."""
    refs = [ref for ref in _seen.pop(key, ()) if ref() is not None]
    if refs:
        _seen[key] = refs


def _is_seen(job: Job) -> bool:
    return not _seen.keys().isdisjoint(job.owners)


def wait_for_all() -> None:
    """Wait until all programs have ended; raise the first error that nobody has been told."""
    drain()
    if _failures and not _here.worker:
        _failures[0].tell()


def _watched_wait(self: Task) -> None:
    with observe.around("wait", self.stream.name, None):
        _wait(self)


_wait = Task.wait = Call.wait  # of its own, so that others' calls are not looked on
observe.replace(Task, "wait", _watched_wait)


def _forget() -> None:
    """Start afresh in a forked child: a thread of the parent's may have held the lock."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=drain, after_in_child=_forget)  # a child would wait for threads that it does not have
