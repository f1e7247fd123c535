"""Blocks that stay in a core's cache while several passes are made over them.

Normalization is bound by memory on a CPU; on a GPU there is one block. Sums of float16 data are taken in float32.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...device.backend import backend

__all__ = ["blocks", "buffer_for", "stored", "wide_dtype", "work_array"]


_BLOCK_BYTES = 1 << 19


def blocks(xp: Any, data: Any) -> Iterator[slice]:
    """Slices of axis 0 that cut `data` into blocks of the size of a cache (one block on a GPU)."""
    rows = data.shape[0]
    step = backend(xp).piece(max(1, _BLOCK_BYTES * rows // max(data.nbytes, 1)), rows)
    return (slice(i, i + step) for i in range(0, max(rows, 1), max(step, 1)))


def wide_dtype(dtype: Any) -> np.dtype:
    """Return the dtype in which statistics of data of `dtype` are kept."""
    return np.dtype(np.float32) if dtype == np.float16 else np.dtype(dtype)


def work_array(xp: Any, out: Any, wide: np.dtype) -> Any:
    """Return an array of the shape of `out` to compute in: `out` itself unless it is too narrow."""
    return out if out.dtype == wide else xp.empty(out.shape, wide)


def stored(results: tuple, out: Sequence[Any] | None) -> tuple:
    """Copy `results` to the buffers in `out` where there are any, and return what holds them."""
    if out is None:
        return results
    held = list(results)
    for i, buffer in enumerate(out):
        if buffer is not None and buffer is not held[i]:
            buffer[...] = held[i]
            held[i] = buffer
    return tuple(held)


def buffer_for(xp: Any, out: Sequence[Any] | None, shape: tuple, dtype: Any) -> Any:
    return xp.empty(shape, dtype) if out is None or out[0] is None else out[0]
