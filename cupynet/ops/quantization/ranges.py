"""What codes mean: an array of int8, uint8 or int32 together with the ends of the range of numbers that it stands for.

The ends are arrays of one float32. A range is taken as symmetrical: ``r = max(|min|, |max|)``, and a code c of

- int8 stands for ``c r / 127.5``, of uint8 for ``c r / 255.5`` (MXNet 1.9 widened the ranges by half a code),
- int32, a sum of products of such codes, for ``c r / (2^31 - 1)``.

Oldest of the operators, ``_contrib_quantize`` and ``_contrib_requantize`` make codes with 127 and 255 instead.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ...base import MXNetTypeError
from ..infer import Slots

__all__ = ["CODES", "FLOAT32", "INT8", "INT32", "LARGEST", "RANGED", "STEPS", "UINT8", "WHOLE", "check_codes",
           "end_shapes", "end_types", "largest", "product_range", "rounded", "width"]

INT8, UINT8, INT32, FLOAT32 = (np.dtype(name) for name in ("int8", "uint8", "int32", "float32"))
STEPS = {INT8: 127.5, UINT8: 255.5}    # codes from 0 to the end of the range
WHOLE = {INT8: 127.0, UINT8: 255.0}    # the same in whole codes
LARGEST = float(2 ** 31 - 1)
CODES = (INT8, UINT8)
RANGED = ("output", "min_output", "max_output")


def largest(xp: Any, low: Any, high: Any) -> Any:
    """Return r of a range, as an array of one float32."""
    return xp.maximum(xp.abs(low), xp.abs(high))


def width(xp: Any, dtype: np.dtype, low: Any, high: Any) -> Any:
    """Return what a step from one code of `dtype` to the next stands for, as an array of one float32."""
    return largest(xp, low, high) / np.float32(STEPS[dtype])


def rounded(xp: Any, values: Any, dtype: np.dtype) -> Any:
    """Return float32 numbers as codes: halves go to the even code, what is beyond the codes to the last of them."""
    limits = np.iinfo(dtype)
    # nan becomes what the instructions of MXNet's CPU make of it
    return xp.where(xp.isnan(values), limits.max if dtype == INT8 else 0,
                    xp.clip(xp.rint(values), limits.min, limits.max)).astype(dtype)


def product_range(xp: Any, dtype: np.dtype, low: Any, high: Any, other_low: Any, other_high: Any,
                  other: np.dtype = INT8) -> tuple[Any, Any]:
    """Return the ends for int32 sums of products of codes of `dtype` with codes of `other`."""
    step = largest(xp, low, high) / np.float32(WHOLE[dtype])
    step = step * (largest(xp, other_low, other_high) / np.float32(WHOLE[other]))
    r = step * np.float32(LARGEST)
    return -r, r


def check_codes(slots: Slots, *names: str) -> None:
    """Raise MXNetTypeError if one of the inputs `names` is known to hold anything but codes of 8 bits."""
    for name in names:
        dtype = slots[name]
        if dtype is not None and dtype not in CODES:
            raise MXNetTypeError(f"{slots._who}: {name} has dtype {dtype}; expected int8 or uint8")


def _is_end(name: str) -> bool:
    return name.startswith(("min_", "max_")) or name.endswith(("_min", "_max"))


def end_shapes(ins: Slots, outs: Slots) -> None:
    """Say that all ends of ranges are arrays of one element."""
    for slots in (ins, outs):
        for i, name in enumerate(slots.names):
            if _is_end(name):
                slots[i] = (1,)


def end_types(ins: Slots, outs: Slots) -> None:
    """Say that all ends of ranges are float32."""
    for slots in (ins, outs):
        for i, name in enumerate(slots.names):
            if _is_end(name):
                slots[i] = FLOAT32
