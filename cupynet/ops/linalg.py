"""Linear algebra on matrices and stacks of them: the last two axes are the matrix.

The names, the conventions and most gradients are those of M. Seeger, A. Hetzel, Z. Dai, E. Meissner, N. D.
Lawrence: Auto-Differentiating Linear Algebra, https://arxiv.org/abs/1710.08717, which MXNet follows. "Lower"
and "upper" operands are read from that triangle only, whatever the other one holds.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from .infer import ShapeLike, Slots, same_shape, same_type
from .matrix import lhs_gradient, product, rhs_gradient
from .registry import Op, op, require
from .schema import Attrs

__all__: list[str] = []


# ---- rules and helpers in common ------------------------------------------------------------------

def _linalg(name: str, **options: Any) -> Callable[[Callable], Op]:
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


def _require_matrix(name: str, shape: ShapeLike, *, square: bool = False, argument: str = "A") -> None:
    fits = shape is None or (len(shape) >= 2 and (not square or shape[-1] == shape[-2] or not shape[-1] * shape[-2]))
    require(fits, f"_linalg_{name}",
            f"{argument} has shape {shape}; expected {'square matrices (..., n, n)' if square else '(..., m, n)'}")


def _square_shape(name: str) -> Callable:
    """Return the shape rule of an operator from square matrices to as many."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        same_shape(attrs, ins, outs)
        _require_matrix(name, ins[0], square=True)
    return rule


def _number_shape(name: str) -> Callable:
    """Return the shape rule of an operator from square matrices to numbers."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        _require_matrix(name, ins[0], square=True)
        if ins[0] is not None:
            for i in range(len(outs)):
                outs[i] = ins[0][:-2] or (1,)
    return rule


def _turned(array: Any) -> Any:
    """Transpose raw matrices (a view)."""
    return array.swapaxes(-1, -2)


def _transposed(F: Any, value: Any) -> Any:
    """Transpose matrices, within a gradient rule."""
    rank = len(value.shape)
    return F.SwapAxis(value, dim1=rank - 2, dim2=rank - 1)


def _plus_transposed(F: Any, value: Any) -> Any:
    return value + _transposed(F, value)


def _lower_half(F: Any, value: Any) -> Any:
    """Lower triangle with half the diagonal: what must be added to its transpose to give a symmetric matrix."""
    return (F._linalg_triangle(value) + F._linalg_triangle(value, offset=-1)) * 0.5


def _as_scalars(F: Any, value: Any, shape: tuple[int, ...], axes: int = 2) -> Any:
    """Give numbers the shape in which they broadcast with matrices (or vectors, ``axes=1``) of `shape`."""
    return F.Reshape(value, shape=shape[:-2] + (1,) * axes)


# ---- products -------------------------------------------------------------------------------------

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
        fits = all(x == y or not x or not y for i, (x, y) in enumerate(zip((*lhs[:-1], k), (*rhs[:-1], also_k)))
                   if i != row)
    require(fits, "_linalg_gemm",
            f"A has shape {lhs} and B {rhs} with transpose_a={attrs.transpose_a}, transpose_b={attrs.transpose_b}, "
            f"axis={axis}; expected op(A) (..., n, k) and op(B) (..., k, m) with the same axes in front")
    outs[0] = (*(n if i == row else x or y for i, (x, y) in enumerate(zip(lhs[:-1], rhs))), m)


def _multiply(xp: Any, A: Any, B: Any, attrs: tuple[bool, bool, float, int]) -> Any:
    transpose_a, transpose_b, alpha, axis = attrs
    A, B = _rows_to(A, axis), _rows_to(B, axis)
    result = product(xp, _turned(A) if transpose_a else A, _turned(B) if transpose_b else B)
    return _rows_to(result if alpha == 1 else result * alpha, axis)


@_linalg("gemm2")
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


@_linalg("gemm")
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


@_linalg("syrk")
def syrk(xp, A, *, transpose: bool = False, alpha: float = 1.0):
    """Symmetric products ``alpha * A @ A.T``, or ``alpha * A.T @ A`` with `transpose`.

    ``(..., m, n)`` gives ``(..., m, m)``, or ``(..., n, n)`` with `transpose`.
    """
    result = product(xp, _turned(A), A) if transpose else product(xp, A, _turned(A))
    return result if alpha == 1 else result * alpha


@syrk.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _require_matrix("syrk", ins[0])
    if ins[0] is not None:
        *batch, m, n = ins[0]
        outs[0] = (*batch, n, n) if attrs.transpose else (*batch, m, m)


@syrk.grad("A")
def _(F, grad, A, *, transpose, alpha):
    both = _plus_transposed(F, grad)
    return F._linalg_gemm2(A, both, alpha=alpha) if transpose else F._linalg_gemm2(both, A, alpha=alpha)


# ---- triangular matrices --------------------------------------------------------------------------

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
        _require_matrix(name, ins["A"], square=True)
        _require_matrix(name, ins["B"], argument="B")
        if ins["B"] is not None:
            *batch, m, n = ins["B"]
            side = n if attrs.rightside else m
            ins["A"] = (*batch, side, side)
    return rule


@_linalg("trmm")
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
    A = _turned(A) if transpose else A
    result = product(xp, B, A) if rightside else product(xp, A, B)
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


@_linalg("trsm")
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
        A = _turned(A)
    result = _turned(xp.linalg.solve(A, _turned(B))) if rightside else xp.linalg.solve(A, B)
    return result if alpha == 1 else result * alpha


trsm.shape(_triangular_shape("trsm"))


@trsm.grad("A", "B")
def _(F, grad, A, output, *, transpose, rightside, lower, alpha):
    of_b = F._linalg_trsm(A, grad, transpose=not transpose, rightside=rightside, lower=lower)
    first, second = (output, of_b) if rightside != transpose else (of_b, output)
    of_a = F._linalg_gemm2(first, second, transpose_a=rightside, transpose_b=not rightside, alpha=-1)
    return F._linalg_triangle(of_a, lower=lower), of_b if alpha == 1 else of_b * alpha


# ---- factorisations -------------------------------------------------------------------------------

@_linalg("potrf")
def potrf(xp, A):
    """Cholesky factors: the lower triangles L with positive diagonals and ``L @ L.T = A``.

    A is symmetric positive definite, ``(..., n, n)``, and read from its lower triangle; the gradient is symmetric.

    Raises
    ------
    MXNetError
        If a matrix is not positive definite (on the CPU; a GPU gives NaN).
    """
    return xp.linalg.cholesky(A)


potrf.shape(_square_shape("potrf"))


@potrf.grad("A")
def _(F, grad, output):
    inner = _lower_half(F, F._linalg_trmm(output, grad, transpose=True))
    found = F._linalg_trsm(output, inner, transpose=True, alpha=0.5)
    return _plus_transposed(F, F._linalg_trsm(output, found, rightside=True))


@_linalg("potri")
def potri(xp, A):
    """Inverses of symmetric positive definite matrices, ``(A @ A.T)**-1``, from their Cholesky factors A.

    A is a lower triangle, ``(..., n, n)``; the other one is not looked at.

    Raises
    ------
    MXNetError
        If A has a zero on its diagonal (on the CPU; a GPU gives infinities).
    """
    inverse = xp.linalg.inv(xp.tril(A))
    return product(xp, _turned(inverse), inverse)


potri.shape(_square_shape("potri"))


@potri.grad("A")
def _(F, grad, A, output):
    # with S = (A A')^-1 it is -S (G + G') S A, and S A = A'^-1
    found = F._linalg_gemm2(output, _plus_transposed(F, grad), alpha=-1)
    return F._linalg_triangle(F._linalg_trsm(A, found, transpose=True, rightside=True))


@_linalg("gelqf", outputs=("output0", "output1"))
def gelqf(xp, A):
    """LQ factors ``A = L @ Q``: rows of Q orthonormal, L a lower triangle.

    ``(..., m, n)`` with m <= n and full rank gives Q of ``(..., m, n)`` and L of ``(..., m, m)``.

    Raises
    ------
    MXNetValueError
        If there are more rows than columns.
    """
    q, r = xp.linalg.qr(_turned(A))
    return _turned(q), _turned(r)


@gelqf.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0] = outs[0]
    shape = ins[0]
    _require_matrix("gelqf", shape)
    if shape is not None:
        require(shape[-2] <= shape[-1] or not shape[-1], "_linalg_gelqf",
                f"A has shape {shape}; expected no more rows than columns")
        outs[0] = shape
        outs[1] = shape[:-1] + shape[-2:-1]


@gelqf.grad("A")
def _(F, grads, output0, output1):
    Q, L = output0, output1
    # L'^-1 (G_Q + sym(L' G_L - G_Q Q') Q), where sym mirrors the lower triangle
    of_q, of_l = grads
    inner = None if of_l is None else F._linalg_gemm2(L, of_l, transpose_a=True)
    if of_q is not None:
        projected = F._linalg_gemm2(of_q, Q, transpose_b=True, alpha=-1)
        inner = projected if inner is None else inner + projected
    found = F._linalg_gemm2(_plus_transposed(F, _lower_half(F, inner)), Q)
    return F._linalg_trsm(L, found if of_q is None else found + of_q, transpose=True)


@_linalg("syevd", outputs=("output0", "output1"))
def syevd(xp, A):
    """Eigenvectors and eigenvalues of symmetric matrices, ``A = U.T @ diag(L) @ U``.

    A of ``(..., n, n)`` is read from its lower triangle. The rows of U, ``(..., n, n)``, are the orthonormal
    eigenvectors, each with its element of largest magnitude positive; L, ``(..., n)``, has the eigenvalues in
    ascending order. Where eigenvalues are equal, their eigenvectors are not determined and pass on no gradient.
    """
    values, columns = xp.linalg.eigh(A)
    rows = _turned(columns)
    largest = xp.take_along_axis(rows, xp.argmax(xp.abs(rows), axis=-1)[..., None], axis=-1)
    return xp.where(largest < 0, -rows, rows), values


@syevd.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]
    ins[0] = outs[0]
    _require_matrix("syevd", ins[0], square=True)
    if ins[0] is not None:
        outs[1] = ins[0][:-1]


@syevd.grad("A")
def _(F, grads, output0, output1):
    U, L = output0, output1
    of_u, of_l = grads
    inner = None if of_l is None else F._linalg_makediag(of_l)
    if of_u is not None:
        shape = U.shape
        gaps = F.broadcast_sub(F.Reshape(L, shape=(*shape[:-1], 1)), F.Reshape(L, shape=(*shape[:-2], 1, shape[-1])))
        equal = F._equal_scalar(gaps, scalar=0)
        turning = F._linalg_gemm2(of_u, U, transpose_b=True) * (1 - equal) / (gaps + equal)
        turning = _plus_transposed(F, turning) * 0.5
        inner = turning if inner is None else inner + turning
    return F._linalg_gemm2(F._linalg_gemm2(U, inner, transpose_a=True), U)


# ---- inverses and determinants --------------------------------------------------------------------

@_linalg("inverse")
def inverse(xp, A):
    """Inverses of square matrices, ``(..., n, n)``.

    Raises
    ------
    MXNetError
        If a matrix is singular (on the CPU; a GPU gives infinities or NaN).
    """
    return xp.linalg.inv(A)


inverse.shape(_square_shape("inverse"))


@inverse.grad("A")
def _(F, grad, output):
    return F._linalg_gemm2(F._linalg_gemm2(output, grad, transpose_a=True), output, transpose_b=True, alpha=-1)


@_linalg("det", outputs=("output0",))
def det(xp, A):
    """Determinants of square matrices: ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix.

    The gradient of a singular matrix is zero, as in MXNet.
    """
    return xp.linalg.det(A).reshape(A.shape[:-2] or (1,))


@_linalg("slogdet", outputs=("output0", "output1"))
def slogdet(xp, A):
    """Signs of determinants and logarithms of their absolute values, for square matrices.

    ``(..., n, n)`` gives twice ``(...)``, and ``(1,)`` for one matrix. A singular matrix has sign 0, logarithm
    -inf and gradient zero.
    """
    sign, log = xp.linalg.slogdet(A)
    shape = A.shape[:-2] or (1,)
    return sign.reshape(shape), log.reshape(shape)


det.shape(_number_shape("det"))
slogdet.shape(_number_shape("slogdet"))


def _cofactors(F: Any, A: Any, scale: Any, determinant: Any) -> Any:
    """Return ``scale * (A**-1).T``, zero where the determinant (or its sign) is zero."""
    singular = F._equal_scalar(determinant, scalar=0)
    wide = _as_scalars(F, singular, A.shape)
    unit = F._linalg_makediag(F.ones_like(F._linalg_extractdiag(A)))
    safe = F.broadcast_mul(A, 1 - wide) + F.broadcast_mul(unit, wide)
    scale = _as_scalars(F, scale * (1 - singular), A.shape)
    return F.broadcast_mul(_transposed(F, F._linalg_inverse(safe)), scale)


@det.grad("A")
def _(F, grad, A, output0):
    return _cofactors(F, A, grad * output0, output0)


@slogdet.grad("A")
def _(F, grads, A, output0):
    return None if grads[1] is None else _cofactors(F, A, grads[1], output0)


# ---- diagonals and packed triangles ---------------------------------------------------------------

@_linalg("sumlogdiag")
def sumlogdiag(xp, A):
    """Sums of the logarithms of the diagonals of square matrices.

    ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix. For a Cholesky factor that is half the logarithm
    of the determinant of the matrix.
    """
    return xp.sum(xp.log(xp.diagonal(A, 0, -2, -1)), axis=-1).reshape(A.shape[:-2] or (1,))


sumlogdiag.shape(_number_shape("sumlogdiag"))


@sumlogdiag.grad("A")
def _(F, grad, A):
    return F._linalg_makediag(F.broadcast_div(_as_scalars(F, grad, A.shape, 1), F._linalg_extractdiag(A)))


def _side(name: str, shape: tuple[int, ...], offset: int) -> int:
    """Return the length of diagonal `offset` of square matrices of `shape`."""
    _require_matrix(name, shape, square=True)
    require(abs(offset) < shape[-1] or not shape[-1], f"_linalg_{name}",
            f"offset is {offset}; expected one inside matrices of shape {shape}")
    return max(shape[-1] - abs(offset), 0)


@_linalg("extractdiag")
def extractdiag(xp, A, *, offset: int = 0):
    """Diagonals of square matrices: ``(..., n, n)`` gives ``(..., n - |offset|)``.

    A positive `offset` is a diagonal above the main one. MXNetValueError if it is outside the matrix.
    """
    return xp.diagonal(A, offset, -2, -1).copy()


@extractdiag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (*ins[0][:-2], _side("extractdiag", ins[0], attrs.offset))
    elif outs[0] is not None:
        side = outs[0][-1] and outs[0][-1] + abs(attrs.offset)
        ins[0] = (*outs[0][:-1], side, side)


@_linalg("makediag")
def makediag(xp, A, *, offset: int = 0):
    """Square matrices from their diagonals: ``(..., n)`` gives ``(..., n + |offset|, n + |offset|)``.

    A positive `offset` is a diagonal above the main one.
    """
    side = A.shape[-1] + abs(offset)
    result = xp.zeros((*A.shape[:-1], side * side), A.dtype)
    first = offset if offset > 0 else -offset * side
    result[..., first::side + 1][..., :A.shape[-1]] = A
    return result.reshape(*A.shape[:-1], side, side)


@makediag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        side = ins[0][-1] and ins[0][-1] + abs(attrs.offset)
        outs[0] = (*ins[0][:-1], side, side)
    elif outs[0] is not None:
        ins[0] = (*outs[0][:-2], _side("makediag", outs[0], attrs.offset))


@extractdiag.grad("A")
def _(F, grad, *, offset):
    return F._linalg_makediag(grad, offset=offset)


@makediag.grad("A")
def _(F, grad, *, offset):
    return F._linalg_extractdiag(grad, offset=offset)


@functools.lru_cache(maxsize=256)
def _places(side: int, offset: int, lower: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of a triangle in packed order; an `offset` that is not 0 says itself which triangle."""
    rows, columns = np.tril_indices(side, -abs(offset))
    return (rows, columns) if offset < 0 or (offset == 0 and lower) else (columns, rows)


@_linalg("extracttrian")
def extracttrian(xp, A, *, offset: int = 0, lower: bool = True):
    """Triangles of square matrices, packed: lower ones row by row, upper ones column by column.

    Parameters
    ----------
    A : (..., n, n)
    offset : int
        The diagonal up to which the triangle reaches: a positive one means the triangle above that diagonal, a
        negative one the triangle below.
    lower : bool
        Which triangle for ``offset=0``.

    Returns
    -------
    ``(..., k (k + 1) / 2)`` with ``k = n - |offset|``.

    Raises
    ------
    MXNetValueError
        If A is not square or `offset` outside of it.
    """
    rows, columns = _places(A.shape[-1], offset, lower)
    return A[..., xp.asarray(rows), xp.asarray(columns)]


@extracttrian.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        k = _side("extracttrian", ins[0], attrs.offset)
        outs[0] = (*ins[0][:-2], k * (k + 1) // 2)


@_linalg("maketrian")
def maketrian(xp, A, *, offset: int = 0, lower: bool = True):
    """Triangular matrices from packed triangles, lower ones row by row, upper ones column by column.

    The inverse of ``extracttrian``.

    Parameters
    ----------
    A : (..., k (k + 1) / 2)
    offset : int
        The diagonal up to which the triangle reaches: a positive one means the triangle above that diagonal, a
        negative one the triangle below.
    lower : bool
        Which triangle for ``offset=0``.

    Returns
    -------
    ``(..., n, n)`` with ``n = k + |offset|``.

    Raises
    ------
    MXNetValueError
        If the last axis has no such length.
    """
    side = _unpacked(A.shape[-1], offset)
    rows, columns = _places(side, offset, lower)
    result = xp.zeros((*A.shape[:-1], side, side), A.dtype)
    result[..., xp.asarray(rows), xp.asarray(columns)] = A
    return result


def _unpacked(packed: int, offset: int) -> int:
    """Return the side of the matrices whose triangles have `packed` elements (0 for 0)."""
    k = (math.isqrt(8 * packed + 1) - 1) // 2
    require(k * (k + 1) // 2 == packed, "_linalg_maketrian",
            f"the last axis of A has length {packed}; expected k (k + 1) / 2 for some k")
    return packed and k + abs(offset)


@maketrian.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        side = _unpacked(ins[0][-1], attrs.offset)
        outs[0] = (*ins[0][:-1], side, side)


@extracttrian.grad("A")
def _(F, grad, *, offset, lower):
    return F._linalg_maketrian(grad, offset=offset, lower=lower)


@maketrian.grad("A")
def _(F, grad, *, offset, lower):
    return F._linalg_extracttrian(grad, offset=offset, lower=lower)
