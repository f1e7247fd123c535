"""Casts of mixed precision."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dtypes import is_integer
from ..catalog import op, require
from ..infer import Slots, same_shape
from ..schema import Attrs, DType

__all__: list[str] = []


@op(name="amp_cast")
def amp_cast(xp, data, *, dtype: DType):
    """Cast of floating-point `data` to `dtype`, for automatic mixed precision; whole numbers stay as they are.

    Casts of float32 to whole numbers round (halves to the even one) and end at the limits of their type, nan at the
    upper one.
    """
    if is_integer(data.dtype):
        return data.copy()
    if not is_integer(dtype) or data.dtype != np.float32:
        return data.astype(dtype)
    limits = np.iinfo(dtype)
    top = float(limits.max) if limits.max < 1 << 24 else np.nextafter(data.dtype.type(limits.max), data.dtype.type(0))
    return xp.clip(xp.where(xp.isnan(data), top, xp.rint(data)), limits.min, top).astype(dtype)


amp_cast.shape(same_shape)


@amp_cast.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = ins[0] if is_integer(ins[0]) else attrs.dtype


@amp_cast.grad("data")
def _(F, grad, data_dtype):
    return F.amp_cast(grad, dtype=data_dtype)


_FLOAT16, _FLOAT32 = np.dtype("float16"), np.dtype("float32")


def _common_float(dtypes: Sequence[Any], narrow: bool) -> Any:
    """Return what ``amp_multicast`` casts float16 and float32 inputs to; None where nothing is to be cast."""
    found = [t for t in dtypes if t in (_FLOAT16, _FLOAT32)]
    return None if len(set(found)) < 2 else _FLOAT16 if narrow else _FLOAT32


def _multicast_outputs(attrs: Attrs | None) -> tuple[str, ...]:
    count = attrs.num_outputs if attrs else 1
    return tuple(f"output{i}" for i in range(count)) if count > 1 else ("output",)


@op(name="amp_multicast", outputs=_multicast_outputs, count="num_outputs")
def amp_multicast(xp, *data, num_outputs: int, cast_narrow: bool = False):
    """Inputs cast to one floating-point type, for automatic mixed precision.

    Where float16 and float32 meet, all of them become float32 (float16 if `cast_narrow`). Other types, float64
    included, stay as they are, as in MXNet.

    Parameters
    ----------
    data : `num_outputs` arrays of any shapes
    cast_narrow : bool
        Cast to the narrower of the types.

    Returns
    -------
    As many outputs, of the same shapes.
    """
    common = _common_float([x.dtype for x in data], cast_narrow)
    return tuple(x.astype(x.dtype if common is None or x.dtype not in (_FLOAT16, _FLOAT32) else common) for x in data)


@amp_multicast.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(ins) == len(outs), "amp_multicast", f"got {len(ins)} inputs but num_outputs={len(outs)}")
    for i in range(len(ins)):
        outs[i] = ins[i]
        ins[i] = outs[i]


@amp_multicast.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if all(t is not None for t in ins):
        common = _common_float(list(ins), attrs.cast_narrow)
        for i, t in enumerate(ins):
            outs[i] = common if common is not None and t in (_FLOAT16, _FLOAT32) else t


@amp_multicast.grad("data")
def _(F, grads, data_dtype):
    return [grad if grad is None else F.amp_cast(grad, dtype=dtype) for grad, dtype in zip(grads, data_dtype)]
