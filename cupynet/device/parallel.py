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
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

__all__ = ["threads", "WORTHWHILE", "split", "matmul", "single_threaded_blas"]

WORTHWHILE = 1 << 22  # multiply-adds below which waking a thread takes longer than it saves

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
    if n == 1 and parts is None:
        return [work(0, 1)]
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
    """Return the matrix product ``a @ b`` of two 2-D arrays, computed in parts by all threads."""
    if out is None:
        out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    rows, columns = out.shape
    if a.shape[1] * rows * columns < WORTHWHILE:
        with single_threaded_blas():
            return np.matmul(a, b, out=out)
    if rows >= columns:
        split(rows, lambda start, stop: np.matmul(a[start:stop], b, out=out[start:stop]))
    else:
        split(columns, lambda start, stop: np.matmul(a, b[:, start:stop], out=out[:, start:stop]))
    return out


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
