"""Diagonals: out of matrices and into them."""
from __future__ import annotations

from ..catalog import op, require
from ..infer import Slots, derived, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape

__all__: list[str] = []


def _diagonal_length(rows: int, columns: int, k: int) -> int:
    """Return how many elements the diagonal `k` of a matrix has, less than 0 where it is far outside."""
    return min(rows + min(k, 0), columns - max(k, 0))


@op(name="diag")
def diag(xp, data, *, k: int = 0, axis1: int = 0, axis2: int = 1):
    """The diagonal `k` of `data` (above the main one if positive), or a matrix with `data` there.

    Parameters
    ----------
    data : any dtype
        One axis: the elements of the diagonal of a square matrix that is zero elsewhere. More axes: the
        diagonals of the matrices in `axis1` and `axis2` become the last axis of the output.
    """
    if data.ndim == 1:
        return xp.diag(data, k)
    return xp.diagonal(data, k, axis1 % data.ndim, axis2 % data.ndim).copy()


@diag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape, k = ins[0], attrs.k
    if shape is None:
        return
    if len(shape) == 1:
        outs[0] = (derived(lambda n: n + abs(k), shape[0]),) * 2
        ins[0] = (derived(lambda n: n - abs(k), outs[0][0]),)
        return
    first, second = (normal_axis("diag", axis, len(shape)) for axis in (attrs.axis1, attrs.axis2))
    require(first != second, "diag", f"axis1 and axis2 are both axis {first}; expected two different axes")
    length = derived(lambda rows, columns: _diagonal_length(rows, columns, k), shape[first], shape[second])
    require(length is None or length >= 0, "diag", f"k is {k}, but data has shape {shape}: there is no such diagonal")
    outs[0] = (*(n for i, n in enumerate(shape) if i not in (first, second)), length)


diag.type(same_type)


@diag.grad("data")
def _(F, grad, data_shape, *, k, axis1, axis2):
    if len(data_shape) == 1:
        return F.diag(grad, k=k)
    return F._backward_diag(grad, shape=data_shape, k=k, axis1=axis1, axis2=axis2)


@op(name="_backward_diag")
def backward_diag(xp, data, *, shape: Shape, k: int, axis1: int, axis2: int, out=None):
    """Gradient of ``diag`` for two or more axes: zeros of `shape` with `data` on the diagonals."""
    if out is None:
        out = xp.empty(shape, data.dtype)
    out[...] = 0
    matrices = xp.moveaxis(out, (axis1, axis2), (-2, -1))
    places = xp.arange(data.shape[-1])
    matrices[..., places + max(-k, 0), places + max(k, 0)] = data
    return out


@backward_diag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_diag.type(same_type)


@backward_diag.grad("data")
def _(F, grad, *, k, axis1, axis2):
    return F.diag(grad, k=k, axis1=axis1, axis2=axis2)
