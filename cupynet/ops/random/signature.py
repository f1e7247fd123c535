"""Declaring operators of a table: kernels whose parameters are known by name only."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..infer import Slots

__all__ = ["beside", "dress", "one_shape"]


def dress(kernel: Callable, name: str, doc: str, inputs: tuple[str, ...], attrs: dict[str, tuple],
          rng: bool = True) -> Callable:
    """Give a kernel that takes ``(xp, *inputs, **attrs)`` the signature from which the operator is declared."""
    P = inspect.Parameter
    fields = [P(n, P.KEYWORD_ONLY, annotation=annotation, default=default)
              for n, (annotation, default) in attrs.items()]
    kernel.__name__, kernel.__doc__ = name, doc
    kernel.__signature__ = inspect.Signature([
        *(P(n, P.POSITIONAL_OR_KEYWORD) for n in ("xp", *inputs)), *fields, *[P("rng", P.KEYWORD_ONLY)] * rng])
    return kernel


def beside(parameter: Any, rank: int) -> Any:
    """Append axes of length 1 to `parameter`, so that it broadcasts with `rank` axes."""
    return parameter.reshape(parameter.shape + (1,) * (rank - parameter.ndim))


def one_shape(slots: Slots, places: Any) -> None:
    """Give some arrays what is known of each other's shape."""
    shape = None
    for i in (*places, *places):
        slots[i] = shape
        shape = slots[i]
