"""Diagonals and packed triangles."""
from __future__ import annotations

import functools
import math

import numpy as np

from ...catalog import require
from ...infer import Length, Slots, derived, either
from ...schema import Attrs
from .rules import as_scalars, linalg_op, number_shape, require_matrix

__all__: list[str] = []


@linalg_op("sumlogdiag")
def sumlogdiag(xp, A):
    """Sums of the logarithms of the diagonals of square matrices.

    ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix. For a Cholesky factor that is half the logarithm
    of the determinant of the matrix.
    """
    return xp.sum(xp.log(xp.diagonal(A, 0, -2, -1)), axis=-1).reshape(A.shape[:-2] or (1,))


sumlogdiag.shape(number_shape("sumlogdiag"))


@sumlogdiag.grad("A")
def _(F, grad, A):
    return F._linalg_makediag(F.broadcast_div(as_scalars(F, grad, A.shape, 1), F._linalg_extractdiag(A)))


def _side(name: str, shape: tuple[Length, ...], offset: int) -> Length:
    """Return the length of diagonal `offset` of square matrices of `shape`."""
    require_matrix(name, shape, square=True)
    side = either(shape[-1], shape[-2])
    require(side is None or abs(offset) < side or not side, f"_linalg_{name}",
            f"offset is {offset}; expected one inside matrices of shape {shape}")
    return derived(lambda n: max(n - abs(offset), 0), side)


def _longer(side: Length, offset: int) -> Length:
    return derived(lambda n: n + abs(offset), side)


@linalg_op("extractdiag")
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
        side = _longer(outs[0][-1], attrs.offset)
        ins[0] = (*outs[0][:-1], side, side)


@linalg_op("makediag")
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
        side = _longer(ins[0][-1], attrs.offset)
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


@linalg_op("extracttrian")
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
        outs[0] = (*ins[0][:-2], derived(lambda k: k * (k + 1) // 2, k))


@linalg_op("maketrian")
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
    """Return the side of the matrices whose triangles have `packed` elements."""
    k = (math.isqrt(8 * packed + 1) - 1) // 2
    require(k * (k + 1) // 2 == packed, "_linalg_maketrian",
            f"the last axis of A has length {packed}; expected k (k + 1) / 2 for some k")
    return k + abs(offset)


@maketrian.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        side = derived(lambda packed: _unpacked(packed, attrs.offset), ins[0][-1])
        outs[0] = (*ins[0][:-1], side, side)


@extracttrian.grad("A")
def _(F, grad, *, offset, lower):
    return F._linalg_maketrian(grad, offset=offset, lower=lower)


@maketrian.grad("A")
def _(F, grad, *, offset, lower):
    return F._linalg_extracttrian(grad, offset=offset, lower=lower)
