"""From numbers to codes."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..schema import Attrs
from .ranges import CODES, FLOAT32, INT8, STEPS, UINT8, WHOLE, check_codes, largest, rounded

__all__ = ["calibrated", "observed_range", "resulting_type"]

_OUTPUTS = ("output0", "output1", "output2")


def observed_range(xp: Any, data: Any) -> tuple[Any, Any]:
    """Return the smallest and the largest number of `data`, as arrays of one float32; nan does not count."""
    nothing = xp.isnan(data)
    return (xp.where(nothing, np.inf, data).min().reshape(1).astype(FLOAT32),
            xp.where(nothing, -np.inf, data).max().reshape(1).astype(FLOAT32))


def calibrated(attrs: Any) -> bool:
    """Whether both ends of the range are attributes."""
    return attrs.min_calib_range is not None and attrs.max_calib_range is not None


def resulting_type(attrs: Attrs) -> np.dtype:
    """Return the dtype of the codes: for ``auto`` uint8 if calibration has seen nothing below zero."""
    if attrs.out_type == "auto":
        return UINT8 if calibrated(attrs) and attrs.min_calib_range >= 0 else INT8
    return np.dtype(attrs.out_type)


@op(name="_contrib_quantize", outputs=_OUTPUTS, differentiable=False)
def quantize(xp, data, min_range, max_range, *, out_type: Literal["int8", "uint8"] = "uint8"):
    """Codes for `data` in a range that is given: ``data 127 / r`` for int8, ``data 255 / r`` for uint8, rounded.

    r is the larger of ``|min_range|`` and ``|max_range|``; what lies outside gets the first or last code.

    Parameters
    ----------
    data : any shape, float32
    min_range, max_range : (1,), float32
    out_type : {"uint8", "int8"}

    Returns
    -------
    The codes, in the shape of `data`, and the ends of their range: ``-r, r`` for int8, for uint8 those given.
    """
    dtype = np.dtype(out_type)
    r = largest(xp, min_range, max_range)
    ends = (-r, r) if dtype == INT8 else (min_range.copy(), max_range.copy())
    return (rounded(xp, data * (np.float32(WHOLE[dtype]) / r), dtype), *ends)


@op(name="_contrib_quantize_v2", outputs=_OUTPUTS, differentiable=False)
def quantize_v2(xp, data, *, out_type: Literal["auto", "int8", "uint8"] = "int8",
                min_calib_range: float | None = None, max_calib_range: float | None = None):
    """Codes for `data`: ``data 127.5 / r`` for int8, ``data 255.5 / r`` for uint8, rounded.

    Parameters
    ----------
    data : any shape, float32; codes of int8 or uint8 pass as they are
    out_type : {"int8", "uint8", "auto"}
        ``auto`` is uint8 if `min_calib_range` is not negative.
    min_calib_range, max_calib_range : float, optional
        The range that calibration has found; without it, that of `data`. r is its larger end in absolute value.

    Returns
    -------
    The codes, in the shape of `data`, and the ends of their range: ``-r, r`` for int8, the range itself for uint8.

    Notes
    -----
    MXNet takes codes of the other type than `out_type` for such of that type, bit for bit.
    """
    attrs = Attrs(out_type=out_type, min_calib_range=min_calib_range, max_calib_range=max_calib_range)
    if calibrated(attrs):
        low, high = (xp.full(1, end, FLOAT32) for end in (min_calib_range, max_calib_range))
    elif data.dtype in CODES:
        high = xp.full(1, STEPS[data.dtype], FLOAT32)
        low = -high if data.dtype == INT8 else xp.zeros_like(high)
    else:
        low, high = observed_range(xp, data)
    if data.dtype in CODES:
        return data.copy(), low, high
    dtype = resulting_type(attrs)
    r = largest(xp, low, high)
    return (rounded(xp, data * (np.float32(STEPS[dtype]) / r), dtype), *((-r, r) if dtype == INT8 else (low, high)))


@op(name="_contrib_quantize_asym", outputs=("output", "scale", "shift"), differentiable=False)
def quantize_asym(xp, data, *, min_calib_range: float | None = None, max_calib_range: float | None = None):
    """Codes of uint8 for all of a range that need not be symmetrical: ``data scale + shift``, rounded.

    Parameters
    ----------
    data : any shape, float32
    min_calib_range, max_calib_range : float, optional
        The range that calibration has found; without it, that of `data`.

    Returns
    -------
    The codes, in the shape of `data`; ``scale = 255 / (max - min)``; ``shift = 255 - max scale``, of shape (1,).

    Notes
    -----
    MXNet's takes arrays of three axes alone, others bring it down.
    """
    if min_calib_range is None or max_calib_range is None:
        low, high = observed_range(xp, data)
    else:
        low, high = (xp.full(1, end, FLOAT32) for end in (min_calib_range, max_calib_range))
    scale = np.float32(255) / (high - low)
    shift = np.float32(255) - high * scale
    return rounded(xp, data * scale + shift, UINT8), scale, shift


def _shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    for slots in (ins, outs):
        for i in range(1, len(slots)):
            slots[i] = (1,)


def _ends_type(ins: Slots, outs: Slots) -> None:
    for slots in (ins, outs):
        for i in range(1, len(slots)):
            slots[i] = FLOAT32


for _op in (quantize, quantize_v2, quantize_asym):
    _op.shape(_shape)


@quantize.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"], outs[0] = FLOAT32, np.dtype(attrs.out_type)
    _ends_type(ins, outs)


@quantize_v2.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins["data"] is not None and ins["data"] != FLOAT32:
        check_codes(ins, "data")
        outs[0] = ins["data"]
    elif ins["data"] is not None:
        outs[0] = resulting_type(attrs)
    _ends_type(ins, outs)


@quantize_asym.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"], outs[0] = FLOAT32, UINT8
    _ends_type(ins, outs)
