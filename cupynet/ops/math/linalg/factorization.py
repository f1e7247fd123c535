"""Factorisations."""
from __future__ import annotations

from ....device.backend import backend
from ...catalog import require
from ...infer import Slots
from ...schema import Attrs
from .rules import linalg_op, lower_half, plus_transposed, require_matrix, square_shape, transposed, turned

__all__: list[str] = []


@linalg_op("potrf")
def potrf(xp, A, *, lower: bool = True):
    """Cholesky factors: the lower triangles L with positive diagonals and ``L @ L.T = A``.

    A is symmetric positive definite, ``(..., n, n)``, and read from its lower triangle; the gradient is symmetric.
    If not `lower`, the upper triangle is read and given: U with ``U.T @ U = A``.

    Raises
    ------
    MXNetError
        If a matrix is not positive definite (on the CPU; a GPU gives NaN).
    """
    return xp.linalg.cholesky(A) if lower else turned(xp.linalg.cholesky(turned(A)))


potrf.shape(square_shape("potrf"))


@potrf.grad("A")
def _(F, grad, output, *, lower):
    if not lower:
        grad, output = transposed(F, grad), transposed(F, output)
    inner = lower_half(F, F._linalg_trmm(output, grad, transpose=True))
    found = F._linalg_trsm(output, inner, transpose=True, alpha=0.5)
    return plus_transposed(F, F._linalg_trsm(output, found, rightside=True))


@linalg_op("potri")
def potri(xp, A, *, lower: bool = True):
    """Inverses of symmetric positive definite matrices, ``(A @ A.T)**-1``, from their Cholesky factors A.

    A is a lower triangle, ``(..., n, n)``; the other one is not looked at. If not `lower`, it is an upper triangle,
    and the result ``(A.T @ A)**-1``.

    Raises
    ------
    MXNetError
        If A has a zero on its diagonal (on the CPU; a GPU gives infinities).
    """
    inverse = xp.linalg.inv(xp.tril(A if lower else turned(A)))
    return backend(xp).matmul(turned(inverse), inverse)


potri.shape(square_shape("potri"))


@potri.grad("A")
def _(F, grad, A, output, *, lower):
    if not lower:
        A = transposed(F, A)
    # with S = (A A')^-1 it is -S (G + G') S A, and S A = A'^-1
    found = F._linalg_gemm2(output, plus_transposed(F, grad), alpha=-1)
    found = F._linalg_triangle(F._linalg_trsm(A, found, transpose=True, rightside=True))
    return found if lower else transposed(F, found)


@linalg_op("gelqf", outputs=("output0", "output1"))
def gelqf(xp, A):
    """LQ factors ``A = L @ Q``: rows of Q orthonormal, L a lower triangle.

    ``(..., m, n)`` with m <= n and full rank gives Q of ``(..., m, n)`` and L of ``(..., m, m)``.

    Raises
    ------
    MXNetValueError
        If there are more rows than columns.
    """
    q, r = xp.linalg.qr(turned(A))
    return turned(q), turned(r)


@gelqf.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0] = outs[0]
    shape = ins[0]
    require_matrix("gelqf", shape)
    if shape is not None:
        require(None in shape[-2:] or shape[-2] <= shape[-1], "_linalg_gelqf",
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
    found = F._linalg_gemm2(plus_transposed(F, lower_half(F, inner)), Q)
    return F._linalg_trsm(L, found if of_q is None else found + of_q, transpose=True)


@linalg_op("syevd", outputs=("output0", "output1"))
def syevd(xp, A):
    """Eigenvectors and eigenvalues of symmetric matrices, ``A = U.T @ diag(L) @ U``.

    A of ``(..., n, n)`` is read from its lower triangle. The rows of U, ``(..., n, n)``, are the orthonormal
    eigenvectors, each with its element of largest magnitude positive; L, ``(..., n)``, has the eigenvalues in
    ascending order. Where eigenvalues are equal, their eigenvectors are not determined and pass on no gradient.
    """
    values, columns = xp.linalg.eigh(A)
    rows = turned(columns)
    largest = xp.take_along_axis(rows, xp.argmax(xp.abs(rows), axis=-1)[..., None], axis=-1)
    return xp.where(largest < 0, -rows, rows), values


@syevd.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]
    ins[0] = outs[0]
    require_matrix("syevd", ins[0], square=True)
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
        turning = plus_transposed(F, turning) * 0.5
        inner = turning if inner is None else inner + turning
    return F._linalg_gemm2(F._linalg_gemm2(U, inner, transpose_a=True), U)
