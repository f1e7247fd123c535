"""What the operators of linear algebra share."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....base import MXNetTypeError
from ...catalog import op, require
from ...infer import ShapeLike, Slots, alike, same_shape, same_type
from ...op import Op
from ...schema import Attrs

__all__ = ["as_scalars", "linalg_op", "lower_half", "number_shape", "plus_transposed", "require_matrix",
           "square_shape", "transposed", "turned"]


def linalg_op(name: str, **options: Any) -> Callable[[Callable], Op]:
    """Declare ``_linalg_<name>``, alias ``linalg_<name>``, with the type rule of the family."""
    def declare(fn: Callable) -> Op:
        declared = op(name=f"_linalg_{name}", aliases=(f"linalg_{name}",), **options)(fn)
        declared.type(_real_type)
        return declared
    return declare


def _real_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    same_type(attrs, ins, outs)
    if ins[0] is not None and ins[0] not in (np.float32, np.float64):
        raise MXNetTypeError(f"A has dtype {ins[0]}; expected float32 or float64")


def require_matrix(name: str, shape: ShapeLike, *, square: bool = False, argument: str = "A") -> None:
    fits = shape is None or (len(shape) >= 2 and (not square or alike(shape[-1], shape[-2])))
    require(fits, f"_linalg_{name}",
            f"{argument} has shape {shape}; expected {'square matrices (..., n, n)' if square else '(..., m, n)'}")


def square_shape(name: str) -> Callable:
    """Return the shape rule of an operator from square matrices to as many."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        same_shape(attrs, ins, outs)
        require_matrix(name, ins[0], square=True)
    return rule


def number_shape(name: str) -> Callable:
    """Return the shape rule of an operator from square matrices to numbers."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        require_matrix(name, ins[0], square=True)
        if ins[0] is not None:
            for i in range(len(outs)):
                outs[i] = ins[0][:-2] or (1,)
    return rule


def turned(array: Any) -> Any:
    """Transpose raw matrices (a view)."""
    return array.swapaxes(-1, -2)


def transposed(F: Any, value: Any) -> Any:
    """Transpose matrices, within a gradient rule."""
    rank = len(value.shape)
    return F.SwapAxis(value, dim1=rank - 2, dim2=rank - 1)


def plus_transposed(F: Any, value: Any) -> Any:
    return value + transposed(F, value)


def lower_half(F: Any, value: Any) -> Any:
    """Lower triangle with half the diagonal: what must be added to its transpose to give a symmetric matrix."""
    return (F._linalg_triangle(value) + F._linalg_triangle(value, offset=-1)) * 0.5


def as_scalars(F: Any, value: Any, shape: tuple[int, ...], axes: int = 2) -> Any:
    """Give numbers the shape in which they broadcast with matrices (or vectors, ``axes=1``) of `shape`."""
    return F.Reshape(value, shape=shape[:-2] + (1,) * axes)
