"""Shapes with an axis more, less or of another length: what the rules of this room share."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..catalog import op
from ..infer import Length, ShapeLike, Slots, known, same_type
from ..op import Op

__all__ = ["agreed", "completed", "inserted", "moving_op", "replaced", "without"]


def inserted(shape: Sequence[Length], axis: int, length: Length) -> tuple[Length, ...]:
    """Return `shape` with a new axis of `length` before `axis`."""
    return (*shape[:axis], length, *shape[axis:])


def replaced(shape: Sequence[Length], axis: int, length: Length) -> tuple[Length, ...]:
    """Return `shape` with `length` at `axis`."""
    return (*shape[:axis], length, *shape[axis + 1:])


def without(shape: Sequence[Length], axis: int) -> tuple[Length, ...]:
    """Return `shape` without `axis`."""
    return (*shape[:axis], *shape[axis + 1:])


def completed(shape: ShapeLike, other: ShapeLike) -> ShapeLike:
    """Return `shape` with its only unknown length found from `other`, a shape with as many elements."""
    if shape is None or shape.count(None) != 1 or not known(other):
        return shape
    rest = math.prod(n for n in shape if n is not None)
    total = math.prod(other)
    return shape if rest == 0 or total % rest else replaced(shape, shape.index(None), total // rest)


def agreed(slots: Slots) -> ShapeLike:
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
