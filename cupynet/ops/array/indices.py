"""Indices made ready, and adding up where equal indices meet.

Indices may have any dtype (MXNet's are often float32); fractions are cut off. Gradients of reading are
written with :func:`scatter_add`, the only place where equal indices must add up.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ...base import MXNetIndexError

__all__ = ["whole", "within"]


_INT64 = np.dtype(np.int64)


def whole(index: Any) -> Any:
    """Return `index` as int64."""
    return index if index.dtype == _INT64 else index.astype(_INT64)


def within(xp: Any, index: Any, length: int, mode: str, name: str = "take") -> Any:
    """Return `index` as int64 in ``[0, length)``: clipped, wrapped around, or found to be there (``raise``)."""
    index = whole(index)
    if mode == "wrap":
        return index % length
    if mode == "clip":
        return xp.clip(index, 0, length - 1)
    outside = (index < 0) | (index >= length)
    if outside.any():
        raise MXNetIndexError(f"{name}: index {int(index[outside][0])} is out of bounds for an axis of length {length}")
    return index
