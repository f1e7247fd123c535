# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .ndarray import NDArray


def det(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> NDArray:
    """Determinants of square matrices: ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix."""

def extractdiag(
    A: NDArray,
    offset: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Diagonals of square matrices: ``(..., n, n)`` gives ``(..., n - |offset|)``."""

def extracttrian(
    A: NDArray,
    offset: int = 0,
    lower: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Triangles of square matrices, packed: lower ones row by row, upper ones column by column."""

def gelqf(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> list[NDArray]:
    """LQ factors ``A = L @ Q``: rows of Q orthonormal, L a lower triangle."""

def gemm(
    A: NDArray,
    B: NDArray,
    C: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Sums of matrix products and matrices, ``alpha * op(A) @ op(B) + beta * C``."""

def gemm2(
    A: NDArray,
    B: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Matrix products ``alpha * op(A) @ op(B)``."""

def inverse(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> NDArray:
    """Inverses of square matrices, ``(..., n, n)``."""

def makediag(
    A: NDArray,
    offset: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Square matrices from their diagonals: ``(..., n)`` gives ``(..., n + |offset|, n + |offset|)``."""

def maketrian(
    A: NDArray,
    offset: int = 0,
    lower: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Triangular matrices from packed triangles, lower ones row by row, upper ones column by column."""

def potrf(
    A: NDArray,
    lower: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Cholesky factors: the lower triangles L with positive diagonals and ``L @ L.T = A``."""

def potri(
    A: NDArray,
    lower: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Inverses of symmetric positive definite matrices, ``(A @ A.T)**-1``, from their Cholesky factors A."""

def slogdet(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> list[NDArray]:
    """Signs of determinants and logarithms of their absolute values, for square matrices."""

def sumlogdiag(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> NDArray:
    """Sums of the logarithms of the diagonals of square matrices."""

def syevd(A: NDArray, *, out: NDArray | Sequence[NDArray] | None = None, name: str | None = None) -> list[NDArray]:
    """Eigenvectors and eigenvalues of symmetric matrices, ``A = U.T @ diag(L) @ U``."""

def syrk(
    A: NDArray,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Symmetric products ``alpha * A @ A.T``, or ``alpha * A.T @ A`` with `transpose`."""

def triangle(
    A: NDArray,
    offset: int = 0,
    lower: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """The lower (or upper) triangle of matrices up to diagonal `offset`, zeros elsewhere."""

def trmm(
    A: NDArray,
    B: NDArray,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Products with triangular matrices, ``alpha * op(A) @ B``, or ``alpha * B @ op(A)`` with `rightside`."""

def trsm(
    A: NDArray,
    B: NDArray,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Solutions X of triangular systems ``op(A) @ X = alpha * B``, or ``X @ op(A) = alpha * B`` with `rightside`."""
