"""Special functions (error and gamma functions), mixed-precision casts and small operators of ``contrib``.

NumPy has no special functions, so they are made here: rational and Chebyshev fits and classical series,
evaluated in blocks that stay in the cache. On a GPU, CuPy's own are used.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...device.backend import backend
from ..op import Op
from .unary import declare_unary

__all__ = ["erf_of"]


_BLOCK = 1 << 15  # elements: the temporaries of one block fit in a core's cache


def _horner(x: Any, coefficients: Sequence[float]) -> Any:
    """Evaluate a polynomial, given by its coefficients from the constant upwards."""
    result = x * coefficients[-1]
    result += coefficients[-2]
    for c in coefficients[-3::-1]:
        result *= x
        result += c
    return result


def _blockwise(precise: bool) -> Callable[[Callable], Callable]:
    """Turn a formula ``f(xp, x)`` for one precision into a function of arrays of every dtype.

    Parameters
    ----------
    precise : bool
        Compute in float64 always; otherwise only where the data is float64 or integer, else in float32.
    """
    def wrap(formula: Callable) -> Callable:
        @functools.wraps(formula)
        def apply(xp, data):
            wide = np.dtype("float32" if not precise and data.dtype.kind == "f" and data.dtype.itemsize <= 4
                            else "float64")
            flat, result = data.reshape(-1), xp.empty(data.size, data.dtype)
            with np.errstate(all="ignore"):  # poles and overflow give inf and nan, like the other functions
                for i in range(0, flat.size, _BLOCK):
                    result[i:i + _BLOCK] = formula(xp, flat[i:i + _BLOCK].astype(wide, copy=False))
            return result.reshape(data.shape)
        return apply
    return wrap


# ---- the error function ---------------------------------------------------------------------------

# erf(x) / x as a quotient of polynomials in x^2, |x| <= 3.9, relative error 2e-8 (iterated weighted least squares)
_ERF_TOP = (1.1283791476905858, 0.1896649398691934, 0.052667752568757005, 0.003738240310873129,
            0.0002850554712834429, 2.0664316858490445e-06)
_ERF_BOTTOM = (1.0, 0.5014189595398301, 0.11381810413539668, 0.014914072767322506, 0.0011573422078499202,
               3.826923725931446e-05)
# erf(x) / x in powers of x^2, to be used for |x| < 1/2
_ERF_TAYLOR = tuple((-1) ** k * 2 / math.sqrt(math.pi) / (math.factorial(k) * (2 * k + 1)) for k in range(13))
# (1 + 2x) exp(x^2) erfc(x) in powers of t = (x - 3) / (x + 3), x >= 0, from Chebyshev nodes; relative error 5e-16
_ERFCX = (1.2530080582697296, -0.13562110612457576, -0.04756229435342038, 0.12964515870228346, -0.11927366341676002,
          0.06830802735638397, -0.023770514891530075, 0.0025293916672051724, 0.0018886900977441495,
          -0.0007798312797290158, -0.00010515831297813128, 0.00012509531076254534, 4.94412434222366e-06,
          -2.0089997833284275e-05, -7.187883834404266e-07, 3.454294770277738e-06, 3.3669790806407595e-07,
          -5.963983625522741e-07, -1.205414228648938e-07, 8.765881411730558e-08, 2.7843881265502222e-08,
          -7.641962892589975e-09, -3.1813541434969274e-09)


def _erf_near(x: Any) -> Any:
    """``erf(x)`` for ``|x| < 1/2``, accurate relative to the result."""
    return x * _horner(x * x, _ERF_TAYLOR)


def _erfc_far(xp: Any, x: Any) -> Any:
    """``1 - erf(x)`` for ``0 <= x <= 26``, accurate relative to the result."""
    return xp.exp(-x * x) * _horner((x - 3) / (x + 3), _ERFCX) / (1 + 2 * x)


@_blockwise(precise=False)
def _erf(xp, x):
    if x.dtype == np.float32:
        x = xp.clip(x, -3.9, 3.9)
        s = x * x
        return xp.clip(x * (_horner(s, _ERF_TOP) / _horner(s, _ERF_BOTTOM)), -1, 1)
    size = xp.minimum(xp.abs(x), 26.0)
    return xp.where(size < 0.5, _erf_near(xp.clip(x, -0.5, 0.5)), xp.copysign(1 - _erfc_far(xp, size), x))


@_blockwise(precise=True)
def _erfinv(xp, x):
    size = xp.abs(x)
    inside = size < 1
    u = xp.where(inside, size, 0)
    tail = 1 - u
    # S. Winitzki's closed form is right to 0.2 %; each step of Halley's method triples the number of digits
    log = xp.log1p(-u * u)
    k = 2 / (math.pi * 0.147) + log / 2
    y = xp.sqrt(xp.sqrt(k * k - log / 0.147) - k)
    for _ in range(3):
        excess = xp.where(y < 0.5, _erf_near(xp.minimum(y, 0.5)) - u, tail - _erfc_far(xp, y))
        step = excess * xp.exp(y * y) * (math.sqrt(math.pi) / 2)
        y = y - step / (1 + y * step)
    return xp.copysign(xp.where(inside, y, xp.where(size == 1, xp.inf, xp.nan)), x)


# ---- the gamma function and its relatives ---------------------------------------------------------

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
_SHIFT = 8  # Stirling's series is exact to 1e-16 from here on


def _zeta(s: int, n: int = 100) -> float:
    """Riemann's zeta function of ``s >= 2``: a sum and three terms of the Euler-Maclaurin formula."""
    return (math.fsum(k ** -s for k in range(1, n)) + n ** (1 - s) / (s - 1) + n ** -s / 2
            + s * n ** (-s - 1) / 12 - s * (s + 1) * (s + 2) * n ** (-s - 3) / 720)


# log gamma(1 + d) / d in powers of d, for |d| <= 1/4
_LOG_GAMMA_1 = (-0.57721566490153286, *((-1) ** k * _zeta(k) / k for k in range(2, 28)))
_STIRLING = tuple(b / ((2 * k + 2) * (2 * k + 1)) for k, b in enumerate(_BERNOULLI))
_DIGAMMA = tuple(b / (2 * k + 2) for k, b in enumerate(_BERNOULLI))


def _reflected(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return where ``x < 1/2``, the argument ``1 - x`` or ``x`` on the right of 1/2, and x less a whole number."""
    left = x < 0.5
    return left, xp.where(left, 1 - x, x), x - xp.rint(x)


def _shifted(z: Any) -> tuple[Any, Any]:
    """Return 1.0 where ``z`` is too small for Stirling's series, and ``z`` moved up there."""
    small = (z < _SHIFT) * 1.0
    return small, z + _SHIFT * small


def _rising(xp: Any, z: Any, small: Any) -> Any:
    """``z (z + 1) ... (z + 7)`` where `small`, else 1: how gamma grows over the shift."""
    z, product = xp.minimum(z, _SHIFT), 1.0
    for k in range(_SHIFT):
        product = product * (1 + small * (z + (k - 1)))
    return product


@_blockwise(precise=True)
def _gamma(xp, x):
    left, z, rest = _reflected(xp, x)
    small, y = _shifted(xp.minimum(z, 180.0))  # overflows at 171.7
    half_power = y ** (0.5 * y - 0.25)
    value = (half_power * xp.exp(-y) * half_power * math.sqrt(2 * math.pi)
             * xp.exp(_horner(1 / (y * y), _STIRLING) / y) / _rising(xp, z, small))
    value = xp.where((rest == 0) & (z < 18), xp.rint(value), value)  # factorials are whole numbers
    odd = xp.rint(x) % 2  # sin(pi x) = +-sin(pi rest)
    mirrored = math.pi / (xp.sin(math.pi * rest) * (1 - 2 * odd) * value)
    return xp.where(left, xp.where((rest == 0) & (x != 0), xp.nan, mirrored), value)


@_blockwise(precise=True)
def _gammaln(xp, x):
    left, z, rest = _reflected(xp, x)
    small, y = _shifted(z)
    value = ((y - 0.5) * (xp.log(y) - 1) + (0.5 * math.log(2 * math.pi) - 0.5)
             + _horner(1 / (y * y), _STIRLING) / y - xp.log(_rising(xp, z, small)))
    # at its zeros, 1 and 2, the difference above has no relative accuracy
    at_2 = abs(z - 2) < 0.25
    d = xp.clip(xp.where(at_2, z - 2, z - 1), -0.25, 0.25)
    value = xp.where(at_2 | (abs(z - 1) < 0.25), d * _horner(d, _LOG_GAMMA_1) + xp.log1p(d * at_2), value)
    return xp.where(left, math.log(math.pi) - xp.log(abs(xp.sin(math.pi * rest))) - value, value)


@_blockwise(precise=True)
def _digamma(xp, x):
    left, z, rest = _reflected(xp, x)
    small, y = _shifted(z)
    square = 1 / (y * y)
    value = xp.log(y) - 0.5 / y - square * _horner(square, _DIGAMMA)
    for k in range(_SHIFT):
        value = value - small / (z + k)
    value = xp.where(left, value - math.pi / xp.tan(math.pi * rest), value)
    return xp.where(x == 0, xp.inf, value)


@_blockwise(precise=True)
def _trigamma(xp, x):
    left, z, rest = _reflected(xp, x)
    small, y = _shifted(z)
    square = 1 / (y * y)
    value = 1 / y + 0.5 * square + square / y * _horner(square, _BERNOULLI)
    for k in range(_SHIFT):
        value = value + small / ((z + k) * (z + k))
    return xp.where(left, (math.pi / xp.sin(math.pi * rest)) ** 2 - value, value)


def _declare_special(name: str, function: Callable, cupy_name: str, rule: Callable | None, doc: str,
                     sparse: bool = False) -> Op:
    """Declare a function of this file, with CuPy's of `cupy_name` as its kernel for CUDA."""
    declared = declare_unary(name, function, rule, doc, sparse)

    @declared.kernel("cuda")
    def _(xp, data, *, out=None):
        result = backend(xp).special(cupy_name)(data)
        if out is None:
            return result
        out[...] = result
        return out
    return declared


def erf_of(xp: Any, data: Any) -> Any:
    """Return the error function of an array, for kernels of other operators."""
    return (backend(xp).special("erf") or functools.partial(_erf, xp))(data)


for _row in (
    ("erf", _erf, "erf", lambda F, grad, data: grad * F.exp(F.square(data) * -1) * (2 / math.sqrt(math.pi)),
     "Error function ``2/sqrt(pi) * integral of exp(-t^2) from 0 to data``"),
    ("erfinv", _erfinv, "erfinv", lambda F, grad, output: grad * F.exp(F.square(output)) * (math.sqrt(math.pi) / 2),
     "Inverse of the error function on (-1, 1); infinite at -1 and 1, NaN beyond"),
    ("gamma", _gamma, "gamma", lambda F, grad, data, output: grad * (output * F._digamma(data)),
     "Gamma function; NaN at the negative whole numbers", True),
    ("gammaln", _gammaln, "gammaln", lambda F, grad, data: grad * F._digamma(data),
     "Logarithm of the absolute value of the gamma function", True),
    ("_digamma", _digamma, "digamma", lambda F, grad, data: grad * F._trigamma(data),
     "Logarithmic derivative of the gamma function"),
    ("_trigamma", _trigamma, "trigamma", None,
     "Derivative of the digamma function (taken for constant where it would be differentiated: nothing needs that)"),
):
    _declare_special(*_row)
