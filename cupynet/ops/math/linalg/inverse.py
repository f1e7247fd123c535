"""Inverses and determinants."""
from __future__ import annotations

from typing import Any

from .rules import as_scalars, linalg_op, number_shape, square_shape, transposed

__all__: list[str] = []


@linalg_op("inverse")
def inverse(xp, A):
    """Inverses of square matrices, ``(..., n, n)``.

    Raises
    ------
    MXNetError
        If a matrix is singular (on the CPU; a GPU gives infinities or NaN).
    """
    return xp.linalg.inv(A)


inverse.shape(square_shape("inverse"))


@inverse.grad("A")
def _(F, grad, output):
    return F._linalg_gemm2(F._linalg_gemm2(output, grad, transpose_a=True), output, transpose_b=True, alpha=-1)


@linalg_op("det", outputs=("output0",))
def det(xp, A):
    """Determinants of square matrices: ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix.

    The gradient of a singular matrix is zero, as in MXNet.
    """
    return xp.linalg.det(A).reshape(A.shape[:-2] or (1,))


@linalg_op("slogdet", outputs=("output0", "output1"))
def slogdet(xp, A):
    """Signs of determinants and logarithms of their absolute values, for square matrices.

    ``(..., n, n)`` gives twice ``(...)``, and ``(1,)`` for one matrix. A singular matrix has sign 0, logarithm
    -inf and gradient zero.
    """
    sign, log = xp.linalg.slogdet(A)
    shape = A.shape[:-2] or (1,)
    return sign.reshape(shape), log.reshape(shape)


det.shape(number_shape("det"))
slogdet.shape(number_shape("slogdet"))


def _cofactors(F: Any, A: Any, scale: Any, determinant: Any) -> Any:
    """Return ``scale * (A**-1).T``, zero where the determinant (or its sign) is zero."""
    singular = F._equal_scalar(determinant, scalar=0)
    wide = as_scalars(F, singular, A.shape)
    unit = F._linalg_makediag(F.ones_like(F._linalg_extractdiag(A)))
    safe = F.broadcast_mul(A, 1 - wide) + F.broadcast_mul(unit, wide)
    scale = as_scalars(F, scale * (1 - singular), A.shape)
    return F.broadcast_mul(transposed(F, F._linalg_inverse(safe)), scale)


@det.grad("A")
def _(F, grad, A, output0):
    return _cofactors(F, A, grad * output0, output0)


@slogdet.grad("A")
def _(F, grads, A, output0):
    return None if grads[1] is None else _cofactors(F, A, grads[1], output0)
