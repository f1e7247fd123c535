"""``mx.random``: seeds, and the functions of ``mx.nd.random``."""
from __future__ import annotations

from typing import Any

from . import device as _device
from .base import MXNetValueError, integer_types
from .context import Context, as_context
from .ndarray import random as _random

__all__ = ["seed"]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Restart the random numbers of all contexts, or those of `ctx`, from `seed_state`.

    On the CPU the same seed gives the same numbers as in MXNet; there they are also the same if no seed is set, which
    counts as 0. All CPU contexts share their numbers. On a GPU the same seed gives the same numbers in every run.

    Raises
    ------
    MXNetValueError
        If `seed_state` is no int.
    """
    if not isinstance(seed_state, integer_types):
        raise MXNetValueError(f"seed_state must be int, got {seed_state!r}")
    if ctx == "all":
        _device.seed(int(seed_state))
    else:
        ctx = Context(ctx) if ctx in Context.devstr2type else as_context(ctx)
        _device.seed(int(seed_state), *ctx.place)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(_random, name)
