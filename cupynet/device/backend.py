"""What kernels need of a place beyond its array module: products, threads, room to work in, pieces that fit a cache.

A kernel asks ``backend(xp)``, and is the same for all places.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from . import parallel

__all__ = ["Backend", "backend"]


class Backend:
    """A kind of place, as kernels see it.

    Attributes
    ----------
    kind : str
        ``"cpu"`` or ``"cuda"``.
    pieces : bool
        Whether large arrays are best taken in pieces that stay in a core's cache, spread over threads.
    """

    kind: str
    pieces: bool

    def piece(self, cached: int, all_at_once: int) -> int:
        """Return how much to take at a time: as much as is `cached`, or everything."""
        return cached if self.pieces else all_at_once

    def split(self, n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
        """Call ``work(start, stop)`` for ranges that make up ``range(n)``; see :func:`~.parallel.split`."""
        raise NotImplementedError

    def scratch(self, purpose: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return an array with any contents, which the next call for the same `purpose` takes over."""
        raise NotImplementedError

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return ``a @ b`` for matrices or stacks of them, in `out` if there is one; half precision as from single."""
        raise NotImplementedError

    def working(self, dtype: Any) -> Any:
        """Return the dtype in which sums of products of `dtype` are computed, where the caller has to see to it."""
        raise NotImplementedError

    def scatter_add(self, target: Any, index: Any, values: Any) -> None:
        """Add row `i` of `values` to row ``index[i]`` of `target`, also where indices are equal.

        Parameters
        ----------
        target : (n, width), C-contiguous
            Changed in place.
        index : (k,), integers in [0, n)
        values : (k, width)
        """
        raise NotImplementedError

    def take(self, array: Any, index: Any, axis: int, out: Any = None) -> Any:
        """Return ``array.take(index, axis)`` for an `index` that is in bounds, in `out` if there is one."""
        raise NotImplementedError

    def peek(self, array: Any) -> Any:
        """Return `array` as NumPy's if that takes no waiting, else None: for what may be left out if it is known."""
        return None

    def special(self, name: str) -> Callable[[Any], Any] | None:
        """Return the function called `name` in ``scipy.special``, or ``"trigamma"``, if the place has one."""
        raise NotImplementedError


class _Host(Backend):
    kind, pieces = "cpu", True

    def peek(self, array: Any) -> Any:
        return array

    def split(self, n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
        return parallel.split(n, work, parts)

    def scratch(self, purpose: str, shape: tuple[int, ...], dtype: Any) -> Any:
        return parallel.scratch(purpose, shape, dtype)

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        kind = a.dtype.char
        if kind in "fd":
            if a.ndim == b.ndim == 2:
                return parallel.matmul(a, b, out)
            with parallel.whole_blas():
                return np.matmul(a, b, out=out)
        if kind != "e":
            return np.matmul(a, b, out=out)
        result = self.matmul(a.astype(np.float32), b.astype(np.float32))  # NumPy multiplies halves number by number
        if out is None:
            return result.astype(np.float16)
        out[...] = result
        return out

    def working(self, dtype: Any) -> Any:
        return np.dtype(np.float32) if dtype == np.float16 else dtype

    def scatter_add(self, target: Any, index: Any, values: Any) -> None:
        width = target.shape[1]
        if width > 1:  # NumPy's loop over flat elements is several times faster than the one over rows
            index = (index[:, None] * width + np.arange(width)).reshape(-1)
        np.add.at(target.reshape(-1), index, values.reshape(-1))

    def take(self, array: Any, index: Any, axis: int, out: Any = None) -> Any:
        # in the mode "raise", the default, NumPy would write to a buffer first
        return array.take(index, axis) if out is None else array.take(index, axis, out, mode="clip")

    def special(self, name: str) -> None:
        return None


class _Cuda(Backend):
    kind, pieces = "cuda", False

    def __init__(self, cupy: Any):
        self.xp = cupy

    def split(self, n: int, work: Callable[[int, int], Any], parts: int | None = None) -> list[Any]:
        return [work(0, n)]

    def scratch(self, purpose: str, shape: tuple[int, ...], dtype: Any) -> Any:
        return self.xp.empty(shape, dtype)  # from the pool, which knows its streams

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        return (self.xp.dot if a.ndim == b.ndim == 2 else self.xp.matmul)(a, b, out=out)

    def working(self, dtype: Any) -> Any:
        return dtype  # cuBLAS takes halves, and sums in single precision

    def scatter_add(self, target: Any, index: Any, values: Any) -> None:
        import cupyx
        cupyx.scatter_add(target, index, values)

    def take(self, array: Any, index: Any, axis: int, out: Any = None) -> Any:
        return array.take(index, axis) if out is None else array.take(index, axis, out)

    def special(self, name: str) -> Callable[[Any], Any]:
        from cupyx.scipy import special
        function = partial(special.polygamma, 1) if name == "trigamma" else getattr(special, name)
        return lambda data: function(data).astype(data.dtype, copy=False)


_backends: dict[Any, Backend] = {np: _Host()}


def backend(xp: Any) -> Backend:
    """Return what the array module `xp` needs around it."""
    return _backends.get(xp) or _backends.setdefault(xp, _Cuda(xp))
