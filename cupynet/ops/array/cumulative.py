"""Running sums."""
from __future__ import annotations

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..math.reduce import normal_axis
from ..schema import Attrs, DType

__all__: list[str] = []


@op(name="_np_cumsum", aliases=("cumsum",))
def cumsum(xp, a, *, axis: int | None = None, dtype: DType | None = None):
    """Sums of the elements up to each one along an axis.

    Parameters
    ----------
    a : any shape, any dtype
    axis : int, optional
        None for the flattened array.
    dtype : dtype, optional
        That of the sums: by default that of `a`, int64 for bool.

    Returns
    -------
    The shape of `a`, or one axis if `axis` is None.

    Raises
    ------
    MXNetValueError
        If `axis` is out of range.
    """
    return xp.cumsum(a, axis=axis, dtype=_sum_type(a.dtype, dtype))


def _sum_type(data: np.dtype, wish: np.dtype | None) -> np.dtype:
    return wish or (np.dtype("int64") if data == np.bool_ else data)


@cumsum.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if attrs.axis is not None:
        if ins[0] is not None:
            normal_axis("cumsum", attrs.axis, len(ins[0]))
        outs[0] = ins[0]
        ins[0] = outs[0]
    elif ins[0] is not None:
        outs[0] = (None if None in ins[0] else int(np.prod(ins[0])),)


@cumsum.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = _sum_type(ins[0], attrs.dtype)
    elif attrs.dtype is not None:
        outs[0] = attrs.dtype


@cumsum.grad("a")
def _(F, grad, a_shape, a_dtype, *, axis):
    where = 0 if axis is None else axis
    found = F.reverse(F._np_cumsum(F.reverse(F.Cast(grad, dtype=a_dtype), axis=where), axis=where), axis=where)
    return F.Reshape(found, shape=a_shape) if axis is None else found
