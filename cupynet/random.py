"""``mx.random``: seeds, and the functions of ``mx.nd.random``."""
from __future__ import annotations

from typing import Any

from . import device as _device
from .base import MXNetTypeError
from .context import Context, as_context
from .ndarray import random as _random

__all__ = ["seed"]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Restart the random generators from `seed_state`: those of all contexts, or that of `ctx`.

    The same seed gives the same numbers on every run of cupynet on a device of the same kind; they are not
    the numbers that MXNet drew.
    """
    if isinstance(seed_state, bool) or not hasattr(seed_state, "__index__"):
        raise MXNetTypeError(f"seed: seed_state is {seed_state!r}; expected an int")
    value = seed_state.__index__() & 0xFFFFFFFFFFFFFFFF
    if ctx == "all":
        _device.seed_all(value)
    else:
        as_context(ctx).device.seed(value)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(_random, name)
