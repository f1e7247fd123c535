"""Sums and products of codes, elementwise."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..schema import Attrs
from .quantize import calibrated
from .ranges import (
    FLOAT32,
    INT8,
    INT32,
    LARGEST,
    RANGED,
    STEPS,
    UINT8,
    check_codes,
    end_shapes,
    end_types,
    largest,
    product_range,
    rounded,
    width,
)

__all__: list[str] = []


def _sum_type(lhs: np.dtype, rhs: np.dtype) -> np.dtype:
    """Return the dtype of codes of a sum: uint8 if both operands are."""
    return UINT8 if lhs == rhs == UINT8 else INT8


@op(name="_contrib_quantized_elemwise_add", outputs=RANGED, differentiable=False)
def quantized_elemwise_add(xp, lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max, *, min_calib_range: float | None = None,
                           max_calib_range: float | None = None):
    """The sum of the numbers that two arrays of codes stand for.

    Parameters
    ----------
    lhs, rhs : arrays of one shape, int8 or uint8
    lhs_min, ..., rhs_max : (1,), float32
        The ends of their ranges.
    min_calib_range, max_calib_range : float, optional
        The range of the sum that calibration has found.

    Returns
    -------
    Codes of the sum and the ends of their range: with a calibrated range uint8 if both operands are, else int8, and
    that range; without one int32, and ``-r, r`` for ``r = r_lhs + r_rhs``.

    Notes
    -----
    Without a calibrated range MXNet loses an operand where the other has the other dtype.
    """
    ends = largest(xp, lhs_min, lhs_max), largest(xp, rhs_min, rhs_max)

    def terms(r: Any, codes: float) -> list[Any]:
        """Return the operands in steps of which the range r has so many."""
        return [x.astype(FLOAT32) * (end * np.float32(codes) / (np.float32(STEPS[x.dtype]) * r))
                for end, x in zip(ends, (lhs, rhs))]
    if min_calib_range is None or max_calib_range is None:
        r = ends[0] + ends[1]
        codes = xp.clip(xp.rint(sum(terms(r, LARGEST))).astype(np.float64), -LARGEST - 1, LARGEST).astype(INT32)
        return codes, -r, r
    dtype = _sum_type(lhs.dtype, rhs.dtype)
    r = np.float32(max(abs(min_calib_range), abs(max_calib_range)))
    found = terms(r, STEPS[dtype])
    if lhs.dtype != rhs.dtype:  # codes of uint8 become such of int8 first, as in MXNet
        found = [xp.clip(xp.rint(term), -128, 127) if x.dtype == UINT8 else term for term, x in zip(found, (lhs, rhs))]
    codes = rounded(xp, sum(found), dtype)
    return codes, xp.full(1, min_calib_range, FLOAT32), xp.full(1, max_calib_range, FLOAT32)


def _mul_outputs(attrs: Attrs | None) -> tuple[str, ...]:
    return ("output",) if attrs is not None and attrs.enable_float_output else RANGED


@op(name="_contrib_quantized_elemwise_mul", outputs=_mul_outputs, differentiable=False)
def quantized_elemwise_mul(xp, lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max, *, min_calib_range: float | None = None,
                           max_calib_range: float | None = None, enable_float_output: bool = False):
    """The product of the numbers that two arrays of codes stand for.

    Parameters
    ----------
    lhs, rhs : arrays of one shape, int8 or uint8
    lhs_min, ..., rhs_max : (1,), float32
        The ends of their ranges.
    min_calib_range, max_calib_range : float, optional
        The range of the product that calibration has found.
    enable_float_output : bool
        Return the product itself.

    Returns
    -------
    The product in float32 with `enable_float_output`. Else its codes and the ends of their range: with a calibrated
    range int8, and that range; without one int32, and ``-r, r`` for ``r = r_lhs / 127 r_rhs / 127 (2^31 - 1)``, with
    255 for uint8.

    Notes
    -----
    In MXNet 1.9.1 every call of it ends in an error.
    """
    product = lhs.astype(INT32) * rhs.astype(INT32)
    if not enable_float_output and (min_calib_range is None or max_calib_range is None):
        return (product, *product_range(xp, lhs.dtype, lhs_min, lhs_max, rhs_min, rhs_max, rhs.dtype))
    step = width(xp, lhs.dtype, lhs_min, lhs_max) * width(xp, rhs.dtype, rhs_min, rhs_max)
    values = product.astype(FLOAT32) * step
    if enable_float_output:
        return (values,)
    r = np.float32(max(abs(min_calib_range), abs(max_calib_range)))
    codes = rounded(xp, values * (np.float32(STEPS[INT8]) / r), INT8)
    return codes, xp.full(1, min_calib_range, FLOAT32), xp.full(1, max_calib_range, FLOAT32)


def _shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["lhs"] = ins["rhs"]
    ins["lhs"] = outs[0]
    ins["rhs"] = outs[0] = ins["lhs"]
    end_shapes(ins, outs)


for _op in (quantized_elemwise_add, quantized_elemwise_mul):
    _op.shape(_shape)


@quantized_elemwise_add.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    end_types(ins, outs)
    check_codes(ins, "lhs", "rhs")
    if not calibrated(attrs):
        outs[0] = INT32
    elif ins["lhs"] is not None and ins["rhs"] is not None:
        outs[0] = _sum_type(ins["lhs"], ins["rhs"])


@quantized_elemwise_mul.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    end_types(ins, outs)
    check_codes(ins, "lhs", "rhs")
    outs[0] = FLOAT32 if attrs.enable_float_output else INT8 if calibrated(attrs) else INT32
