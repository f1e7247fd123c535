# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .symbol import Symbol


def det(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Determinants of square matrices: ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix."""

def extractdiag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Diagonals of square matrices: ``(..., n, n)`` gives ``(..., n - |offset|)``."""

def extracttrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Triangles of square matrices, packed: lower ones row by row, upper ones column by column."""

def gelqf(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """LQ factors ``A = L @ Q``: rows of Q orthonormal, L a lower triangle."""

def gemm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    C: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sums of matrix products and matrices, ``alpha * op(A) @ op(B) + beta * C``."""

def gemm2(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Matrix products ``alpha * op(A) @ op(B)``."""

def inverse(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverses of square matrices, ``(..., n, n)``."""

def makediag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Square matrices from their diagonals: ``(..., n)`` gives ``(..., n + |offset|, n + |offset|)``."""

def maketrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Triangular matrices from packed triangles, lower ones row by row, upper ones column by column."""

def potrf(
    A: Symbol | None = None,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Cholesky factors: the lower triangles L with positive diagonals and ``L @ L.T = A``."""

def potri(
    A: Symbol | None = None,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Inverses of symmetric positive definite matrices, ``(A @ A.T)**-1``, from their Cholesky factors A."""

def slogdet(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Signs of determinants and logarithms of their absolute values, for square matrices."""

def sumlogdiag(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Sums of the logarithms of the diagonals of square matrices."""

def syevd(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Eigenvectors and eigenvalues of symmetric matrices, ``A = U.T @ diag(L) @ U``."""

def syrk(
    A: Symbol | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Symmetric products ``alpha * A @ A.T``, or ``alpha * A.T @ A`` with `transpose`."""

def triangle(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The lower (or upper) triangle of matrices up to diagonal `offset`, zeros elsewhere."""

def trmm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Products with triangular matrices, ``alpha * op(A) @ B``, or ``alpha * B @ op(A)`` with `rightside`."""

def trsm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Solutions X of triangular systems ``op(A) @ X = alpha * B``, or ``X @ op(A) = alpha * B`` with `rightside`."""
