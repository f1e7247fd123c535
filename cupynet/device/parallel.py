"""Work on all cores of the host: one shared pool of threads, and a BLAS held to one thread while it runs.

NumPy releases the interpreter's lock in its loops and in matrix products, so threads that each take a share
of a batch run side by side. OpenBLAS has threads of its own, which would compete with these: they serve one
product at a time, and spin on their core for a tenth of a second after it. So a kernel that splits its work
here also tells the BLAS to stay in the calling thread.
"""
from __future__ import annotations

import contextlib
import contextvars
import ctypes
import itertools
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

__all__ = ["WORTHWHILE", "matmul", "scratch", "single_threaded_blas", "split", "threads"]

WORTHWHILE = 1 << 22  # multiply-adds below which waking a thread takes longer than it saves

_SPINNING = 0.2  # seconds: about as long as the BLAS's threads keep a core busy after their last product

_last_split = -_SPINNING  # when `split` was called last
_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def _count_threads() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")  # as for MXNet
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


threads = _count_threads()  # how many threads share the work, the calling one included


def _forget_pool() -> None:
    """Start afresh in a forked child, which has none of its parent's threads."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()
    if _blas.users:
        _blas.users = 0
        _blas.functions[1](_blas.before)


def _workers() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        with _lock:
            if _pool is None:
                _pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="cupynet")
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
        kept inline that way leaves the BLAS its own threads.

    Raises
    ------
    Exception
        Whatever `work` raised first, after all of it has ended.
    """
    global _last_split
    if n == 1 and parts is None:
        return [work(0, 1)]
    _last_split = time.monotonic()
    return _share(n, work, parts)


def _share(n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
    """Do what :func:`split` describes."""
    parts = max(1, min(n, threads if parts is None else parts))
    bounds = [n * i // parts for i in range(parts + 1)]
    with single_threaded_blas():
        if parts == 1:
            return [work(0, n)]
        futures: list[Future] = [
            # the context carries numpy.errstate over to the other thread
            _workers().submit(contextvars.copy_context().run, work, start, stop)
            for start, stop in itertools.pairwise(bounds[1:])]
        try:
            first = work(0, bounds[1])
        finally:
            errors = [future.exception() for future in futures]  # waits
        for error in errors:
            if error is not None:
                raise error
        return [first, *(future.result() for future in futures)]


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the matrix product ``a @ b`` of two 2-D arrays.

    The BLAS's own threads are the fastest, but where :func:`split` is in use as well the two would fight for the
    cores: then the pool computes the product in parts.
    """
    if out is None:
        out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    rows, columns = out.shape
    small = a.shape[1] * rows * columns < WORTHWHILE
    if threads == 1 or time.monotonic() - _last_split > _SPINNING:
        return np.matmul(a, b, out=out)
    if small:
        with single_threaded_blas():
            return np.matmul(a, b, out=out)
    if rows >= columns:
        _share(rows, lambda start, stop: np.matmul(a[start:stop], b, out=out[start:stop]))
    else:
        _share(columns, lambda start, stop: np.matmul(a, b[:, start:stop], out=out[:, start:stop]))
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
    """How many kernels have asked for a single-threaded BLAS, and what its number of threads was before."""

    def __init__(self) -> None:
        self.functions = _blas_functions() if threads > 1 else None
        self.users = 0
        self.before = 1


_blas = _Blas()


@contextlib.contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep matrix products in the threads that call them while the block runs (where the BLAS is OpenBLAS)."""
    if _blas.functions is None:
        yield
        return
    get, put = _blas.functions
    with _lock:
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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
