"""Numbers beside arrays: how they are read, and the dtype of the result."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..infer import Slots
from ..schema import Attrs

__all__ = ["scalar_for", "scalar_type", "widened", "logarithm"]


def scalar_for(data: Any, scalar: float) -> float | int:
    """Return the number to combine with `data`: for whole numbers cut to a whole number of their type, as in C."""
    if data.dtype.kind not in "iu":
        return scalar
    bits = 8 * data.dtype.itemsize
    if not math.isfinite(scalar):
        return np.iinfo(data.dtype).min
    number = int(scalar) % (1 << bits)
    return number - (1 << bits) if data.dtype.kind == "i" and number >> (bits - 1) else number


def widened(dtype: np.dtype, is_int: bool) -> np.dtype:
    """Return the dtype of an array of `dtype` with a number.

    bool becomes int64; if the number is not `is_int`, all that is whole becomes float64.
    """
    if dtype.kind == "f":
        return dtype
    if not is_int:
        return np.dtype("float64")
    return np.dtype("int64") if dtype.kind == "b" else dtype


def scalar_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """The type rule of an array with a number."""
    if ins[0] is not None:
        outs[0] = widened(ins[0], attrs.is_int)
    elif outs[0] is not None and outs[0].kind == "f":
        ins[0] = outs[0]


def logarithm(number: float) -> float:
    """Return the natural logarithm as an array's would be: -inf for 0, nan for a negative number."""
    return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan
