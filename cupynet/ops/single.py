"""How MXNet reads a number that an operator keeps in single precision."""
from __future__ import annotations

import functools

import numpy as np

__all__ = ["as_single"]

_DIGITS = 19  # of a fraction that count


@functools.lru_cache(maxsize=1024)
def as_single(value: float) -> np.float32:
    """Return `value` as MXNet's text of it is read: whole part and fraction are rounded each, so that a last bit may
    differ from ``float32(value)``. Draws with the same seed are the same only with the same parameters.

    >>> float(as_single(0.7)) == float(np.float32(0.7)), float(as_single(2.748)) == float(np.float32(2.748))
    (True, False)
    """
    text = repr(abs(float(value)))
    if text in ("inf", "nan"):
        return np.float32(value)
    number, _, exponent = text.partition("e")
    whole, _, fraction = number.partition(".")
    result = np.float32(int(whole) & 0xFFFFFFFFFFFFFFFF)
    if fraction:
        result += np.float32(int(fraction[:_DIGITS]) / 10 ** len(fraction[:_DIGITS]))
    if exponent:
        tens, rest = divmod(abs(int(exponent)), 8)
        scale = np.float32(1)
        for factor in [1e8] * tens + [10.0] * rest:
            scale *= np.float32(factor)
        result = result * scale if int(exponent) > 0 else result / scale
    return -result if value < 0 else result
