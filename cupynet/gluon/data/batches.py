"""Examples put together, and moved as one."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ndarray as nd
from ...context import Context
from ...ndarray.base import NDArrayBase

__all__ = ["default_batchify_fn", "as_in_context"]


def default_batchify_fn(data: Sequence[Any]) -> Any:
    """Return examples as one batch: arrays stacked, tuples part by part."""
    if isinstance(data[0], NDArrayBase):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data)]
    data = np.asarray(data)
    return nd.array(data, dtype=data.dtype)


def as_in_context(data: Any, ctx: Context) -> Any:
    """Return nested arrays on a context."""
    if isinstance(data, NDArrayBase):
        return data.as_in_context(ctx)
    if isinstance(data, (list, tuple)):
        return [as_in_context(each, ctx) for each in data]
    return data
