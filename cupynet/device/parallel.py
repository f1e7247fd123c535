"""Work on all cores of the host: one shared pool of threads, and a BLAS held to one thread while it runs.

NumPy releases the interpreter's lock in its loops and in matrix products, so threads that each take a share
of a batch run side by side. OpenBLAS has threads of its own, which would compete with these: they serve one
product at a time, and spin on their core for a tenth of a second after it. So a kernel that splits its work
here also tells the BLAS to stay in the calling thread.

Floating-point sums depend on how a product is cut into parts, so that is fixed by rule, and never by how busy the
machine is: :func:`split` cuts the same ranges whether threads share them or one does all, and :class:`Share` says
for a whole program whether its products are cut that way or left to the BLAS's own threads.
"""
from __future__ import annotations

import contextlib
import contextvars
import ctypes
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .workers import Call, Workers

__all__ = ["WORTHWHILE", "Share", "matmul", "scratch", "share", "single_threaded_blas", "split", "threads",
           "whole_blas"]

WORTHWHILE = 1 << 22  # multiply-adds below which waking a thread takes longer than it saves

_ALONE = 1 << 13  # multiply-adds up to which the BLAS uses one thread in any case
_MEMORY = 64  # products after a split until the BLAS's own threads, which spin, are welcome again

_lock = threading.Lock()
_pool: Workers | None = None


def _count_threads() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")  # as for MXNet
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


threads = _count_threads()  # how many threads share the work, the calling one included


class Share(threading.local):
    """What the calling thread may take of the cores.

    Attributes
    ----------
    cuts : bool or None
        Whether products are cut into parts for the pool, or left to the BLAS's own threads. None, outside of
        programs: cut while splits are in use as well, since the two would fight for the cores.
    counted : bool
        Whether the thread is one of those that :data:`claims` counts.
    """

    def __init__(self) -> None:
        self.cuts: bool | None = None
        self.counted = False
        self.products = _MEMORY  # since the last split

    @property
    def hands(self) -> int:
        """How many threads a split may keep busy."""
        return threads // (claims + (not self.counted)) or 1 if claims else threads


contested = False  # whether programs of several contexts have ever run at the same time
claims = 0  # how many threads of contexts are at work, each with an equal claim on the cores
share = Share()


def _forget() -> None:
    """Start afresh in a forked child: a thread of the parent's may have held the lock, or the BLAS to itself."""
    global _lock
    _lock = threading.Lock()
    _blas.free = threading.Condition(_lock)
    _blas.whole = 0
    if _blas.users:
        _blas.users = 0
        _blas.functions[1](_blas.before)


def _workers() -> Workers:
    global _pool
    if _pool is None:
        with _lock:
            if _pool is None:
                _pool = Workers("cupynet", threads - 1)
    return _pool


def split(n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
    """Call ``work(start, stop)`` on ranges that make up ``range(n)``, side by side; return the results in order.

    The ranges depend on `n`, `parts` and the number of threads alone, so that sums come out the same in every run.

    Parameters
    ----------
    n : int
        Number of independent items.
    work : callable(start, stop)
        Releases the interpreter's lock for most of its time, as NumPy does. It must not call `split`.
    parts : int
        How many ranges at most; the number of threads by default. One means inline. A single item that is not
        kept inline that way can leave its products to :func:`matmul`.

    Raises
    ------
    Exception
        Whatever `work` raised first, after all of it has ended.
    """
    if n == 1 and parts is None:
        return [work(0, 1)]
    share.products = 0
    return _cut(n, work, parts)


def _cut(n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
    """Do what :func:`split` describes."""
    parts = max(1, min(n, threads if parts is None else parts))
    bounds = [n * i // parts for i in range(parts + 1)]
    ranges = list(itertools.pairwise(bounds))
    hands = min(parts, share.hands)
    with single_threaded_blas():
        if hands == 1:
            return [work(*each) for each in ranges]
        shares = [ranges[parts * i // hands:parts * (i + 1) // hands] for i in range(hands)]
        first, *others = [partial(_each, work, some) for some in shares]
        # the context carries numpy.errstate over to the other thread
        calls = [Call(partial(contextvars.copy_context().run, other)) for other in others]
        for call in calls:
            _workers().submit(call)
        try:
            results = first()
        finally:
            for call in calls:
                call.wait()
        for call in calls:
            if call.error is not None:
                raise call.error
            results += call.result
        return results


def _each(work: Callable[[int, int], Any], ranges: list[tuple[int, int]]) -> list[Any]:
    return [work(start, stop) for start, stop in ranges]


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the matrix product ``a @ b`` of two 2-D arrays.

    The BLAS's own threads are the fastest, but where :func:`split` is in use as well the two would fight for the
    cores: then the pool computes the product in parts.
    """
    cuts = share.cuts
    if cuts is None:
        cuts = share.products < _MEMORY
        share.products += 1
    if threads == 1 or not (cuts or contested):
        return np.matmul(a, b, out=out)
    rows, columns = a.shape[0], b.shape[1]
    work = a.shape[1] * rows * columns
    if not cuts:
        with whole_blas() if work > _ALONE else contextlib.nullcontext():
            return np.matmul(a, b, out=out)
    if out is None:
        out = np.empty((rows, columns), np.result_type(a, b))
    if work < WORTHWHILE:
        with single_threaded_blas():
            return np.matmul(a, b, out=out)
    if rows >= columns:
        _cut(rows, lambda start, stop: np.matmul(a[start:stop], b, out=out[start:stop]))
    else:
        _cut(columns, lambda start, stop: np.matmul(a, b[:, start:stop], out=out[:, start:stop]))
    return out


# ---- scratch memory -------------------------------------------------------------------------------

_KEPT = 1 << 24  # bytes of a buffer that a thread keeps


class _Scratch(threading.local):
    """The buffers that one thread keeps, by purpose."""

    def __init__(self) -> None:
        self.buffers: dict[str, np.ndarray] = {}


_scratch = _Scratch()


def scratch(purpose: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array with any contents that is the calling thread's until it asks again for the same `purpose`.

    A fresh array costs a page fault for every 4096 bytes, more than filling them; this one is in the cache already.
    It must not leave the kernel that asks for it.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size > _KEPT:
        return np.empty(shape, dtype)
    buffer = _scratch.buffers.get(purpose)
    if buffer is None or buffer.nbytes < size:
        buffer = _scratch.buffers[purpose] = np.empty(max(size, 1), np.uint8)
    return buffer[:size].view(dtype).reshape(shape)


# ---- the BLAS behind NumPy ------------------------------------------------------------------------

def _blas_functions() -> tuple[Callable, Callable] | None:
    """Return OpenBLAS's functions to read and set its number of threads, None if NumPy uses something else."""
    try:
        # looked up through NumPy's own module, the names are found in the libraries that it is linked to
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)
    except (AttributeError, OSError):
        return None
    for prefix in ("scipy_openblas", "openblas"):
        for suffix in ("64_", "_64", ""):
            try:
                return (library[f"{prefix}_get_num_threads{suffix}"], library[f"{prefix}_set_num_threads{suffix}"])
            except AttributeError:
                continue
    return None


class _Blas:
    """Who uses the BLAS in which way.

    Attributes
    ----------
    users, whole : int
        How many blocks have asked for a single-threaded BLAS, and how many for all of its threads.
    before : int
        What its number of threads was before the users came.
    """

    def __init__(self) -> None:
        self.functions = _blas_functions() if threads > 1 else None
        self.users = self.whole = 0
        self.before = 1
        self.free = threading.Condition(_lock)


_blas = _Blas()


@contextlib.contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep matrix products in the threads that call them while the block runs (where the BLAS is OpenBLAS)."""
    if _blas.functions is None:
        yield
        return
    get, put = _blas.functions
    with _lock:
        _blas.free.wait_for(lambda: not _blas.whole)
        if _blas.users == 0:
            _blas.before = get()
            put(1)
        _blas.users += 1
    try:
        yield
    finally:
        with _lock:
            _blas.users -= 1
            if _blas.users == 0:
                put(_blas.before)
                _blas.free.notify_all()


@contextlib.contextmanager
def whole_blas() -> Iterator[None]:
    """Let matrix products have the BLAS's own threads while the block runs, without which sums may come out otherwise.

    It must not split work. In a program whose products are cut the BLAS stays as it is.
    """
    if _blas.functions is None or share.cuts or not contested:
        yield
        return
    with _lock:
        _blas.free.wait_for(lambda: not _blas.users)
        _blas.whole += 1
    try:
        yield
    finally:
        with _lock:
            _blas.whole -= 1
            _blas.free.notify_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
