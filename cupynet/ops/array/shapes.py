"""Shapes with an axis more, less or of another length: what the rules of this room share."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..catalog import op
from ..infer import Slots, known, same_type
from ..op import Op

__all__ = ["agreed", "completed", "inserted", "moving_op", "replaced", "without"]


def inserted(shape: Sequence[int], axis: int, length: int) -> tuple[int, ...]:
    """Return `shape` with a new axis of `length` before `axis`."""
    return (*shape[:axis], length, *shape[axis:])


def replaced(shape: Sequence[int], axis: int, length: int) -> tuple[int, ...]:
    """Return `shape` with `length` at `axis`."""
    return (*shape[:axis], length, *shape[axis + 1:])


def without(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """Return `shape` without `axis`."""
    return (*shape[:axis], *shape[axis + 1:])


def completed(shape: tuple[int, ...] | None, other: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return `shape` with its only unknown length found from `other`, a shape with as many elements."""
    if shape is None or shape.count(0) != 1 or not known(other):
        return shape
    rest = math.prod(n for n in shape if n)
    total = math.prod(other)
    return shape if total % rest else replaced(shape, shape.index(0), total // rest)


def agreed(slots: Slots) -> tuple[int, ...] | None:
    """Make all `slots` the same shape, which is returned."""
    shape = None
    for i in (*range(len(slots)), *range(len(slots))):  # twice, so that the first learn from the last
        slots[i] = shape
        shape = slots[i]
    return shape


def moving_op(name: str, aliases: Sequence[str] = (), view: bool = True) -> Callable[[Callable], Op]:
    """Declare an operator of one input whose output has the same dtype and is a view where possible."""
    def declare(fn: Callable) -> Op:
        declared = op(name=name, aliases=aliases, view=view)(fn)
        declared.type(same_type)
        return declared
    return declare
