"""Products of matrices: ``dot``, ``batch_dot``, ``khatri_rao`` and the matmuls of multi-head attention."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Length, ShapeLike, Slots, alike, either, elements, same_type
from ..schema import Attrs

__all__ = ["lhs_gradient", "rhs_gradient"]


def lhs_gradient(times: Callable, grad: Any, rhs: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """Gradient of the first factor A of ``op(A) @ op(B)``; `times` multiplies matrices or stacks of them."""
    if transpose_a:
        return times(rhs, grad, transpose_a=transpose_b, transpose_b=True)
    return times(grad, rhs, transpose_a=False, transpose_b=not transpose_b)


def rhs_gradient(times: Callable, grad: Any, lhs: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """Gradient of the second factor B of ``op(A) @ op(B)``; `times` multiplies matrices or stacks of them."""
    if transpose_b:
        return times(grad, lhs, transpose_a=True, transpose_b=transpose_a)
    return times(lhs, grad, transpose_a=not transpose_a, transpose_b=False)


# ---- dot ------------------------------------------------------------------------------------------

def _matrix_shape(shape: tuple[int, ...], first: bool) -> tuple[int, int]:
    """Return the shape of an array taken for a matrix: its first (or last) axis, and all others as one."""
    return (shape[0], math.prod(shape[1:])) if first else (math.prod(shape[:-1]), shape[-1])


def _matrix(array: Any, first: bool) -> Any:
    return array if array.ndim == 2 else array.reshape(_matrix_shape(array.shape, first))


def _dot_shape(lhs: tuple, rhs: tuple, transpose_a: bool, transpose_b: bool) -> tuple[Length, ...]:
    n, m = lhs[0 if transpose_a else -1], rhs[-1 if transpose_b else 0]
    require(alike(n, m), "dot",
            f"lhs has shape {lhs} and rhs {rhs}; expected one length of the axes summed over, got {n} and {m}")
    return (lhs[1:] if transpose_a else lhs[:-1]) + (rhs[:-1] if transpose_b else rhs[1:]) or (1,)


@op(name="dot", aliases=("_sparse_dot",), ignores=("forward_stype",))
def dot(xp, lhs, rhs, *, transpose_a: bool = False, transpose_b: bool = False, out=None):
    """Sum of products over the last axis of `lhs` and the first axis of `rhs`.

    For matrices that is the matrix product, for vectors the inner product. The result has the remaining axes of
    `lhs`, then those of `rhs` (unlike NumPy's ``dot``).

    Parameters
    ----------
    lhs, rhs : at least one axis, one dtype
    transpose_a : bool
        Sum over the first axis of `lhs` instead (nothing new for a vector).
    transpose_b : bool
        Sum over the last axis of `rhs` instead (nothing new for a vector).

    Returns
    -------
    The dtype of the factors; shape ``(1,)`` for two vectors.

    Raises
    ------
    MXNetValueError
        If the axes summed over have different lengths.
    """
    a, b = _matrix(lhs, transpose_a), _matrix(rhs, not transpose_b)
    a, b = a.T if transpose_a else a, b.T if transpose_b else b
    if lhs.ndim == rhs.ndim == 2:
        return backend(xp).matmul(a, b, out)
    if out is None:
        return backend(xp).matmul(a, b).reshape(_dot_shape(lhs.shape, rhs.shape, transpose_a, transpose_b))
    backend(xp).matmul(a, b, out.reshape(a.shape[0], b.shape[1]))
    return out


@dot.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    lhs, rhs = ins
    if lhs is None or rhs is None:
        return
    turn_a, turn_b = attrs.transpose_a, attrs.transpose_b
    outs[0] = _dot_shape(lhs, rhs, turn_a, turn_b)
    shared = either(lhs[0 if turn_a else -1], rhs[-1 if turn_b else 0])
    split = len(lhs) - 1
    rest_a, rest_b = outs[0][:split], outs[0][split:split + len(rhs) - 1]
    ins[0] = (shared, *rest_a) if turn_a else (*rest_a, shared)
    ins[1] = (*rest_b, shared) if turn_b else (shared, *rest_b)


dot.type(same_type)


def _shaped(F: Any, value: Any, shape: tuple[int, ...]) -> Any:
    return value if value.shape == shape else F.Reshape(value, shape=shape)


def _dot_matrix_shapes(lhs: tuple, rhs: tuple, transpose_a: bool, transpose_b: bool) -> tuple[tuple, tuple, tuple]:
    """Return the shapes of both factors and of their product when all are taken for matrices."""
    a, b = _matrix_shape(lhs, transpose_a), _matrix_shape(rhs, not transpose_b)
    return a, b, (a[1] if transpose_a else a[0], b[0] if transpose_b else b[1])


@dot.grad("lhs")
def _(F, grad, rhs, lhs_shape, *, transpose_a, transpose_b):
    _, b, c = _dot_matrix_shapes(lhs_shape, rhs.shape, transpose_a, transpose_b)
    found = lhs_gradient(F.dot, _shaped(F, grad, c), _shaped(F, rhs, b), transpose_a, transpose_b)
    return _shaped(F, found, lhs_shape)


@dot.grad("rhs")
def _(F, grad, lhs, rhs_shape, *, transpose_a, transpose_b):
    a, _, c = _dot_matrix_shapes(lhs.shape, rhs_shape, transpose_a, transpose_b)
    found = rhs_gradient(F.dot, _shaped(F, grad, c), _shaped(F, lhs, a), transpose_a, transpose_b)
    return _shaped(F, found, rhs_shape)


# ---- batch_dot ------------------------------------------------------------------------------------

@op(name="batch_dot", ignores=("forward_stype",))
def batch_dot(xp, lhs, rhs, *, transpose_a: bool = False, transpose_b: bool = False, out=None):
    """Matrix products of two stacks of matrices, ``lhs[i] @ rhs[i]``.

    Parameters
    ----------
    lhs : (..., n, k), or (..., k, n) with `transpose_a`
    rhs : (..., k, m), or (..., m, k) with `transpose_b`
        One dtype and, in front, the same one or more axes.

    Returns
    -------
    (..., n, m)

    Raises
    ------
    MXNetValueError
        If there are fewer than three axes, or the shapes do not fit.
    """
    lhs, rhs = lhs.swapaxes(-1, -2) if transpose_a else lhs, rhs.swapaxes(-1, -2) if transpose_b else rhs
    return backend(xp).matmul(lhs, rhs, out)


def _batch_dot_shape(lhs: tuple, rhs: tuple, turn_a: bool, turn_b: bool) -> tuple[Length, ...]:
    """Return the shape of the result, None where it is unknown."""
    fits = len(lhs) == len(rhs) >= 3
    if fits:
        n, k = lhs[:-3:-1] if turn_a else lhs[-2:]
        also_k, m = rhs[:-3:-1] if turn_b else rhs[-2:]
        fits = all(map(alike, (*lhs[:-2], k), (*rhs[:-2], also_k)))
    require(fits, "batch_dot", f"lhs has shape {lhs} and rhs {rhs} with transpose_a={turn_a}, transpose_b={turn_b}; "
                               "expected (..., n, k) and (..., k, m) with the same axes in front, at least one")
    return (*map(either, lhs[:-2], rhs[:-2]), n, m)


@batch_dot.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    lhs, rhs = ins
    if lhs is None or rhs is None:
        return
    outs[0] = _batch_dot_shape(lhs, rhs, attrs.transpose_a, attrs.transpose_b)
    *batch, n, m = outs[0]
    k = either(lhs[-2 if attrs.transpose_a else -1], rhs[-1 if attrs.transpose_b else -2])
    ins[0] = (*batch, k, n) if attrs.transpose_a else (*batch, n, k)
    ins[1] = (*batch, m, k) if attrs.transpose_b else (*batch, k, m)


batch_dot.type(same_type)


@batch_dot.grad("lhs")
def _(F, grad, rhs, *, transpose_a, transpose_b):
    return lhs_gradient(F.batch_dot, grad, rhs, transpose_a, transpose_b)


@batch_dot.grad("rhs")
def _(F, grad, lhs, *, transpose_a, transpose_b):
    return rhs_gradient(F.batch_dot, grad, lhs, transpose_a, transpose_b)


# ---- khatri_rao -----------------------------------------------------------------------------------

@op(name="khatri_rao")
def khatri_rao(xp, *args):
    """Khatri-Rao product: column j is the Kronecker product of the columns j of all matrices.

    ``(n1, k), (n2, k), ...`` give ``(n1 n2 ..., k)``, in the dtype of the first.

    Raises
    ------
    MXNetValueError
        If there is no matrix, or they differ in their number of columns.

    Notes
    -----
    T. Kolda, B. Bader: Tensor Decompositions and Applications, 2009. MXNet's has no gradient.
    """
    total = args[0] if len(args) > 1 else args[0].copy()
    for each in args[1:]:
        total = (total[:, None, :] * each).reshape(-1, total.shape[1])
    return total


def _check_khatri_rao(shapes: list[ShapeLike]) -> None:
    require(shapes, "khatri_rao", "needs at least one matrix")
    given = [shape for shape in shapes if shape is not None]
    columns = {shape[-1] for shape in given if len(shape) == 2} - {None}
    require(all(len(shape) == 2 for shape in given) and len(columns) <= 1, "khatri_rao",
            f"arguments have shapes {given}; expected matrices with one number of columns")


@khatri_rao.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _check_khatri_rao(list(ins))
    if None in list(ins):
        return
    columns = either(*(shape[1] for shape in ins))
    for i, shape in enumerate(list(ins)):
        ins[i] = (shape[0], columns)
    outs[0] = (elements(shape[0] for shape in ins), columns)


khatri_rao.type(same_type)


@khatri_rao.grad("args")
def _(F, grad, args):
    # one axis for the rows of each matrix, then the columns
    rows, columns = [each.shape[0] for each in args], args[0].shape[1]
    count = len(args)
    shapes = [tuple(rows[i] if i == j else 1 for j in range(count)) + (columns,) for i in range(count)]
    wide = [F.Reshape(each, shape=shape) for each, shape in zip(args, shapes)]
    grad = F.Reshape(grad, shape=(*rows, columns))
    found = []
    for i, each in enumerate(args):
        others = tuple(j for j in range(count) if j != i)
        total = grad
        for j in others:
            total = F.broadcast_mul(total, wide[j])
        total = F.sum(total, axis=others) if others else total
        found.append(F.Reshape(total, shape=each.shape))
    return found
