"""From codes to numbers, and from codes of 32 bits to codes of 8."""
from __future__ import annotations

from typing import Literal

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..schema import Attrs
from .quantize import calibrated, observed_range, resulting_type
from .ranges import FLOAT32, INT8, INT32, LARGEST, WHOLE, check_codes, end_shapes, end_types, largest, rounded, width

__all__: list[str] = []


@op(name="_contrib_dequantize", differentiable=False)
def dequantize(xp, data, min_range, max_range, *, out_type: Literal["float32"] = "float32"):
    """The numbers that codes stand for: ``data r / 127.5`` for int8, ``data r / 255.5`` for uint8.

    Parameters
    ----------
    data : any shape, int8 or uint8
    min_range, max_range : (1,), float32
        r is the larger of their absolute values.

    Returns
    -------
    float32, in the shape of `data`.
    """
    return data.astype(FLOAT32) * width(xp, data.dtype, min_range, max_range)


@dequantize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    end_shapes(ins, outs)


@dequantize.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    check_codes(ins, "data")
    outs[0] = FLOAT32
    end_types(ins, outs)


@op(name="_contrib_requantize", outputs=("output0", "output1", "output2"), differentiable=False)
def requantize(xp, data, min_range, max_range, *, out_type: Literal["auto", "int8", "uint8"] = "int8",
               min_calib_range: float | None = None, max_calib_range: float | None = None):
    """Codes of 8 bits for codes of 32, as layers give them, rounded: ``127 x / r`` or ``255 x / r`` for a number x.

    Parameters
    ----------
    data : any shape, int32
    min_range, max_range : (1,), float32
        The range of all that int32 can hold.
    out_type : {"int8", "uint8", "auto"}
        ``auto`` is uint8 if `min_calib_range` is not negative.
    min_calib_range, max_calib_range : float, optional
        The range that calibration has found; without it, that of the numbers in `data`. r is its larger end in
        absolute value.

    Returns
    -------
    The codes, in the shape of `data`, and the ends of their range: ``-r, r`` for int8, ``0, r`` for uint8.
    """
    attrs = Attrs(out_type=out_type, min_calib_range=min_calib_range, max_calib_range=max_calib_range)
    dtype = resulting_type(attrs)
    step = largest(xp, min_range, max_range) / np.float32(LARGEST)
    if calibrated(attrs):
        low, high = (xp.full(1, end, FLOAT32) for end in (min_calib_range, max_calib_range))
    else:
        low, high = observed_range(xp, data.astype(FLOAT32) * step)
    r = largest(xp, low, high)
    scale = step * (np.float32(WHOLE[dtype]) / r)
    return rounded(xp, data.astype(FLOAT32) * scale, dtype), -r if dtype == INT8 else xp.zeros_like(r), r


@requantize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    end_shapes(ins, outs)
    outs[1] = outs[2] = (1,)


@requantize.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"], outs[0], outs[1], outs[2] = INT32, resulting_type(attrs), FLOAT32, FLOAT32
    end_types(ins, outs)
