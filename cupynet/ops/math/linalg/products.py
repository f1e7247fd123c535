"""Products of matrices."""
from __future__ import annotations

import functools
from typing import Any

from ....device.backend import backend
from ...catalog import require
from ...infer import Slots, alike, either
from ...schema import Attrs
from ..matrix import lhs_gradient, rhs_gradient
from .rules import linalg_op, plus_transposed, require_matrix, turned

__all__: list[str] = []


def _rows_to(array: Any, axis: int) -> Any:
    """Move the axis of the rows to where they belong, the last but one (a view)."""
    return array if axis == -2 else array.swapaxes(axis, -2)


def _gemm_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    lhs, rhs = ins[0], ins[1]
    if lhs is None or rhs is None:
        return
    rank, axis = len(lhs), attrs.axis
    fits = rank == len(rhs) >= 2 and -rank <= axis < rank and axis not in (-1, rank - 1)
    if fits:
        row = axis % rank
        n, k = (lhs[-1], lhs[row]) if attrs.transpose_a else (lhs[row], lhs[-1])
        also_k, m = (rhs[-1], rhs[row]) if attrs.transpose_b else (rhs[row], rhs[-1])
        fits = all(alike(x, y) for i, (x, y) in enumerate(zip((*lhs[:-1], k), (*rhs[:-1], also_k))) if i != row)
    require(fits, "_linalg_gemm",
            f"A has shape {lhs} and B {rhs} with transpose_a={attrs.transpose_a}, transpose_b={attrs.transpose_b}, "
            f"axis={axis}; expected op(A) (..., n, k) and op(B) (..., k, m) with the same axes in front")
    outs[0] = (*(n if i == row else either(x, y) for i, (x, y) in enumerate(zip(lhs[:-1], rhs))), m)


def _multiply(xp: Any, A: Any, B: Any, attrs: tuple[bool, bool, float, int]) -> Any:
    transpose_a, transpose_b, alpha, axis = attrs
    A, B = _rows_to(A, axis), _rows_to(B, axis)
    result = backend(xp).matmul(turned(A) if transpose_a else A, turned(B) if transpose_b else B)
    return _rows_to(result if alpha == 1 else result * alpha, axis)


@linalg_op("gemm2")
def gemm2(xp, A, B, *, transpose_a: bool = False, transpose_b: bool = False, alpha: float = 1.0, axis: int = -2):
    """Matrix products ``alpha * op(A) @ op(B)``.

    Parameters
    ----------
    A : (..., n, k), or (..., k, n) with `transpose_a`
    B : (..., k, m), or (..., m, k) with `transpose_b`
        The axes in front are the same for all.
    transpose_a, transpose_b : bool
        Whether ``op`` transposes.
    axis : int
        The axis that holds the rows, if it is not the last but one; the last holds the columns.

    Returns
    -------
    (..., n, m)

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    return _multiply(xp, A, B, (transpose_a, transpose_b, alpha, axis))


@linalg_op("gemm")
def gemm(xp, A, B, C, *, transpose_a: bool = False, transpose_b: bool = False, alpha: float = 1.0, beta: float = 1.0,
         axis: int = -2):
    """Sums of matrix products and matrices, ``alpha * op(A) @ op(B) + beta * C``.

    Parameters
    ----------
    A : (..., n, k), or (..., k, n) with `transpose_a`
    B : (..., k, m), or (..., m, k) with `transpose_b`
    C : (..., n, m)
        The axes in front are the same for all.
    transpose_a, transpose_b : bool
        Whether ``op`` transposes.
    axis : int
        The axis that holds the rows, if it is not the last but one; the last holds the columns.

    Returns
    -------
    (..., n, m)

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    return _multiply(xp, A, B, (transpose_a, transpose_b, alpha, axis)) + (C if beta == 1 else beta * C)


gemm2.shape(_gemm_shape)


@gemm.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _gemm_shape(attrs, ins, outs)
    ins["C"] = outs[0]
    outs[0] = ins["C"]


@gemm.grad("C")
def _(F, grad, *, beta):
    return grad if beta == 1 else grad * beta


for _op in (gemm, gemm2):
    @_op.grad("A")
    def _(F, grad, B, *, transpose_a, transpose_b, alpha, axis):
        times = functools.partial(F._linalg_gemm2, alpha=alpha, axis=axis)
        return lhs_gradient(times, grad, B, transpose_a, transpose_b)

    @_op.grad("B")
    def _(F, grad, A, *, transpose_a, transpose_b, alpha, axis):
        times = functools.partial(F._linalg_gemm2, alpha=alpha, axis=axis)
        return rhs_gradient(times, grad, A, transpose_a, transpose_b)


@linalg_op("syrk")
def syrk(xp, A, *, transpose: bool = False, alpha: float = 1.0):
    """Symmetric products ``alpha * A @ A.T``, or ``alpha * A.T @ A`` with `transpose`.

    ``(..., m, n)`` gives ``(..., m, m)``, or ``(..., n, n)`` with `transpose`.
    """
    result = backend(xp).matmul(turned(A), A) if transpose else backend(xp).matmul(A, turned(A))
    return result if alpha == 1 else result * alpha


@syrk.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require_matrix("syrk", ins[0])
    if ins[0] is not None:
        *batch, m, n = ins[0]
        outs[0] = (*batch, n, n) if attrs.transpose else (*batch, m, m)


@syrk.grad("A")
def _(F, grad, A, *, transpose, alpha):
    both = plus_transposed(F, grad)
    return F._linalg_gemm2(A, both, alpha=alpha) if transpose else F._linalg_gemm2(both, A, alpha=alpha)
