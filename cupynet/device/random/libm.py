"""The C library's functions of single precision as MXNet's draws meet them, in vectors.

A draw is repeated to the last bit only if its logarithms are rounded the same way, and NumPy's are not: these are those
of the GNU C library. Sources: S. Nagy, "logf" in Arm's Optimized Routines, 2017 (a table and a cubic, in double
precision); W. J. Cody and K. E. Hillstrom's gamma function in Sun's fdlibm, 1993 (Stirling's series, in single).
"""
from __future__ import annotations

import math

import numpy as np

__all__ = ["exact_log", "exact_power", "log", "log_gamma"]

# 1/c for a point c near the middle of each sixteenth of [0.7, 1.4), chosen so that log(c) is exact to many bits
_INVERSES = [float.fromhex(text) for text in (
    "0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010b0p+0", "0x1.3c995b0b80385p+0",
    "0x1.30d190c8864a5p+0", "0x1.25e227b0b8ea0p+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0",
    "0x1.0953f419900a7p+0", "0x1.0000000000000p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aa0p-1",
    "0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1")]
_CUBIC = [float.fromhex(text) for text in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")]
_FIRST = 0x3F330000 - (126 << 23)  # the bits of the smallest number that the tables serve
_EXPONENTS = np.arange(-126, 128)[:, None]
_SCALES = np.ldexp(np.array(_INVERSES), -_EXPONENTS).ravel()
_LOGS = (_EXPONENTS * math.log(2) - np.array([math.log(inverse) for inverse in _INVERSES])).ravel()


def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of positive, normal float32 numbers."""
    interval = x.view(np.int32) - _FIRST
    interval >>= 19
    r = x * _SCALES.take(interval)
    r -= 1
    start = _LOGS.take(interval)
    start += r
    high, low, last = _CUBIC
    y = r * low
    y += last
    r *= r
    y += r * high
    y *= r
    y += start
    return y.astype(np.float32)


def exact_log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of positive float64 numbers, of the C library: NumPy's may be a unit off."""
    return np.fromiter(map(math.log, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def exact_power(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``x ** y`` of float64 vectors with x >= 0, of the C library."""
    return np.fromiter(map(math.pow, x.tolist(), y.tolist()), np.float64, x.size)


_STIRLING = np.array([4.1893854737e-01, 8.3333335817e-02, -2.7777778450e-03, 7.9365057172e-04, -5.9518753551e-04,
                      8.3633989561e-04, -1.6309292987e-03], np.float32)
_FACTORIALS = np.array([math.factorial(max(n - 1, 0)) for n in range(8)], np.float32)


def log_gamma(x: np.ndarray) -> np.ndarray:
    """Return the logarithm of the gamma function of float32 numbers that are at least 8, or whole and positive."""
    wide = np.maximum(x, np.float32(8))
    inverse = 1 / wide
    square = inverse * inverse
    series = _STIRLING[6]
    for term in _STIRLING[5:0:-1]:
        series = term + square * series
    series = _STIRLING[0] + inverse * series
    result = (wide - np.float32(0.5)) * (log(wide) - np.float32(1)) + series
    small = x < 8
    if small.any():
        result[small] = log(_FACTORIALS[x[small].astype(np.intp)])
    return result
