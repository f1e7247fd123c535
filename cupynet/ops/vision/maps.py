"""What the operators on feature maps (N, C, H, W) share."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import require

__all__ = ["accumulator", "require_rank"]


def accumulator(data: Any) -> Any:
    """Return `data` in the type that sums are made in: float32 for float16."""
    return data.astype(np.float32) if data.dtype == np.float16 else data


def require_rank(name: str, argument: str, shape: Any, rank: int, words: str) -> None:
    require(shape is None or len(shape) == rank, name, f"{argument} has shape {shape}, expected {words}")
