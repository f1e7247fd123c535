"""Triangular matrices: products with them, and solving."""
from __future__ import annotations

from collections.abc import Callable

from ....device.backend import backend
from ...catalog import op
from ...infer import Slots, same_shape, same_type
from ...schema import Attrs
from .rules import linalg_op, require_matrix, turned

__all__: list[str] = []


@op(name="_linalg_triangle")
def triangle(xp, A, *, offset: int = 0, lower: bool = True):
    """The lower (or upper) triangle of matrices up to diagonal `offset`, zeros elsewhere."""
    return xp.tril(A, offset) if lower else xp.triu(A, offset)


triangle.shape(same_shape)
triangle.type(same_type)


@triangle.grad("A")
def _(F, grad, *, offset, lower):
    return F._linalg_triangle(grad, offset=offset, lower=lower)


def _triangular_shape(name: str) -> Callable:
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[0] = ins["B"]
        ins["B"] = outs[0]
        require_matrix(name, ins["A"], square=True)
        require_matrix(name, ins["B"], argument="B")
        if ins["B"] is not None:
            *batch, m, n = ins["B"]
            side = n if attrs.rightside else m
            ins["A"] = (*batch, side, side)
    return rule


@linalg_op("trmm")
def trmm(xp, A, B, *, transpose: bool = False, rightside: bool = False, lower: bool = True, alpha: float = 1.0):
    """Products with triangular matrices, ``alpha * op(A) @ B``, or ``alpha * B @ op(A)`` with `rightside`.

    Parameters
    ----------
    A : (..., m, m), or (..., n, n) with `rightside`
        Triangular; the other triangle is not looked at.
    B : (..., m, n)
    transpose : bool
        Whether ``op`` transposes.
    lower : bool
        Whether A is a lower triangle.

    Returns
    -------
    The shape of B.

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    A = triangle.kernel_fn(xp, A, lower=lower)
    A = turned(A) if transpose else A
    result = backend(xp).matmul(B, A) if rightside else backend(xp).matmul(A, B)
    return result if alpha == 1 else result * alpha


trmm.shape(_triangular_shape("trmm"))


@trmm.grad("A")
def _(F, grad, B, *, transpose, rightside, lower, alpha):
    # of op(A) it is grad @ B.T, or B.T @ grad for the right side
    first, second = (B, grad) if rightside != transpose else (grad, B)
    found = F._linalg_gemm2(first, second, transpose_a=rightside, transpose_b=not rightside, alpha=alpha)
    return F._linalg_triangle(found, lower=lower)


@trmm.grad("B")
def _(F, grad, A, *, transpose, rightside, lower, alpha):
    return F._linalg_trmm(A, grad, transpose=not transpose, rightside=rightside, lower=lower, alpha=alpha)


@linalg_op("trsm")
def trsm(xp, A, B, *, transpose: bool = False, rightside: bool = False, lower: bool = True, alpha: float = 1.0):
    """Solutions X of triangular systems ``op(A) @ X = alpha * B``, or ``X @ op(A) = alpha * B`` with `rightside`.

    Parameters
    ----------
    A : (..., m, m), or (..., n, n) with `rightside`
        Triangular; the other triangle is not looked at.
    B : (..., m, n)
    transpose : bool
        Whether ``op`` transposes.
    lower : bool
        Whether A is a lower triangle.

    Returns
    -------
    The shape of B.

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    MXNetError
        If A has a zero on its diagonal (on the CPU; a GPU gives infinities, as MXNet does).
    """
    A = triangle.kernel_fn(xp, A, lower=lower)
    if transpose != rightside:
        A = turned(A)
    result = turned(xp.linalg.solve(A, turned(B))) if rightside else xp.linalg.solve(A, B)
    return result if alpha == 1 else result * alpha


trsm.shape(_triangular_shape("trsm"))


@trsm.grad("A", "B")
def _(F, grad, A, output, *, transpose, rightside, lower, alpha):
    of_b = F._linalg_trsm(A, grad, transpose=not transpose, rightside=rightside, lower=lower)
    first, second = (output, of_b) if rightside != transpose else (of_b, output)
    of_a = F._linalg_gemm2(first, second, transpose_a=rightside, transpose_b=not rightside, alpha=-1)
    return F._linalg_triangle(of_a, lower=lower), of_b if alpha == 1 else of_b * alpha
