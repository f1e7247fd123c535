"""How words become numbers: the distributions as MXNet draws them, bit for bit.

A source is a few engines (:class:`~.twister.Lanes`) or one (:class:`~.twister.Engine`). Functions that fill draw
`count` numbers from each engine of a source at once; those of a *step* draw one number from each engine of a list, for
distributions in which one number may take any number of words.

Working precision is float32 or float64; numbers of half precision are drawn in double.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import libm
from .twister import Engine, Lanes

__all__ = ["MOST", "below", "exponential", "integers", "normal", "normal_pairs", "uniform", "width",
           "step_gamma", "step_poisson", "step_uniform"]

_F32, _F64 = np.float32, np.float64
_TINY = np.finfo(_F32).tiny
MOST = 1024  # numbers to draw from an engine at a time, so that they stay in the cache


def width(dtype: Any) -> int:
    """Return how many words a uniform number of the working precision takes."""
    return 1 if dtype == _F32 else 2


# ---- uniform --------------------------------------------------------------------------------------

def _fractions(words: Sequence[np.ndarray], out: np.ndarray, span: float = 1.0) -> np.ndarray:
    """Fill `out` with numbers up to `span`, a power of two, of one word each or, in double precision, of two.

    As in MXNet, single precision reaches `span` by rounding, once in 30 million numbers.
    """
    if out.dtype == _F32:
        out[...] = words[0]
        out *= _F32(span * 2.0**-32)
    else:
        low, high = words
        np.multiply(high, 2.0**32, out=out)
        out += low
        out *= span * 2.0**-64
    return out


def uniform(source: Lanes | Engine, out: np.ndarray, low: float = 0.0, span: float = 1.0) -> None:
    """Fill `out` (engines, n) with numbers in [low, low + span)."""
    _fractions(_taken(source, out.shape[1], out.dtype), out)
    _scale(out, span, low)


def _taken(source: Lanes | Engine, count: int, dtype: Any) -> list[np.ndarray]:
    """Return the first and, in double precision, the second words of the next `count` numbers."""
    n = width(dtype)
    words = source.take(count * n)
    return [words[:, i::n] for i in range(n)]


def _scale(x: np.ndarray, factor: float, offset: float) -> None:
    if factor != 1:
        x *= x.dtype.type(factor)
    if offset != 0:
        x += x.dtype.type(offset)


def below(source: Lanes | Engine, out: np.ndarray, dtype: Any, bound: float) -> None:
    """Fill the bool array `out` (engines, n): whether uniform numbers of a working precision are below `bound`."""
    words = _taken(source, out.shape[1], dtype)
    if dtype == _F32:
        np.less(words[0], _words_below(bound), out=out)
    else:
        np.less(_fractions(words, np.empty(out.shape, dtype)), bound, out=out)


@functools.lru_cache(maxsize=64)
def _words_below(bound: float) -> Any:
    """Return how many of the words in order stand for float32 numbers below `bound`, which is at most 1."""
    first = 0
    for bit in range(31, -1, -1):  # the numbers rise with the words
        middle = first + (1 << bit)
        if _F32(middle - 1) * _F32(2.0**-32) < bound:
            first = middle
    return np.uint32(first)


def exponential(source: Lanes | Engine, out: np.ndarray, dtype: Any) -> None:
    """Fill the float64 array `out` (engines, n) with numbers of mean 1, of uniform numbers of a working precision."""
    x = _fractions(_taken(source, out.shape[1], dtype), np.empty(out.shape, dtype))
    np.subtract(1, x, out=out, dtype=_F64)
    np.negative(np.log(out) if dtype == _F32 else libm.exact_log(out), out=out)


def integers(source: Lanes | Engine, out: np.ndarray, low: int, high: int) -> None:
    """Fill the int64 array `out` (engines, n) with numbers in [low, high)."""
    words = source.take(2 * out.shape[1])
    x = words[:, ::2].astype(np.uint64)
    x <<= np.uint64(31)
    x += words[:, 1::2]
    x %= np.uint64(high - low)
    np.add(x.view(np.int64), low, out=out)


# ---- normal ---------------------------------------------------------------------------------------

def _radius(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r = x * x
    r += y * y
    return r


def _magnitude(r: np.ndarray) -> np.ndarray:
    """Return ``sqrt(-2 log(r) / r)``."""
    m = libm.log(r) if r.dtype == _F32 else libm.exact_log(r)
    m *= -2
    m /= r
    return np.sqrt(m, out=m)


def _points(words: np.ndarray, dtype: Any) -> Iterator[np.ndarray]:
    """Yield the coordinates x and y, in [-1, 1), of points of two uniform numbers each."""
    n = width(dtype)
    for i in (0, n):
        parts = [words[:, i + j::2 * n] for j in range(n)]
        x = _fractions(parts, np.empty(parts[0].shape, dtype), 2.0)
        x -= 1
        yield x


def _polar(source: Lanes | Engine, count: int, dtype: Any) -> tuple[np.ndarray, ...]:
    """Return coordinates x and y of `count` points within the unit circle from each engine, with the factor that makes
    normal numbers of them; x has still to be taken at the places that the last of the results names.

    Source: G. Marsaglia's polar method.
    """
    words = 2 * width(dtype)
    # enough with next to certainty: a point falls inside with probability pi / 4
    candidates = math.ceil(count * 4 / math.pi + 3 * math.sqrt(count)) + 6
    while True:
        x, y = _points(source.peek(candidates * words), dtype)
        r = _radius(x, y)
        inside = np.flatnonzero((r <= 1) & (r > 0))
        starts = np.searchsorted(inside, np.arange(len(r) + 1) * candidates)
        if (np.diff(starts) >= count).all():
            break
        candidates *= 2
    stride, = inside.strides
    runs = as_strided(inside, (inside.size - count + 1, count), (stride, stride), writeable=False)
    chosen = runs[starts[:-1]]
    source.skip((chosen[:, -1] - np.arange(len(r)) * candidates + 1) * words)
    return x, y.take(chosen), _magnitude(r.take(chosen)), chosen


def normal(source: Lanes | Engine, out: np.ndarray, mean: float = 0.0, deviation: float = 1.0) -> None:
    """Fill `out` (engines, n) with normal numbers, one of each point."""
    _, y, factor, _ = _polar(source, out.shape[1], out.dtype)
    np.multiply(y, factor, out=out)
    _scale(out, deviation, mean)


def normal_pairs(source: Engine, out: np.ndarray) -> None:
    """Fill the vector `out` with standard normal numbers, both of each point in turn."""
    x, y, factor, chosen = _polar(source, -(-out.size // 2), out.dtype)
    np.multiply(y[0], factor[0], out=out[::2])
    out[1::2] = (x.take(chosen[0]) * factor[0])[:out.size // 2]


# ---- one number an engine -------------------------------------------------------------------------

def step_uniform(source: Lanes, who: np.ndarray, dtype: Any, span: float = 1.0) -> np.ndarray:
    """Return a number in [0, span), a power of two, from each engine in `who`."""
    n = width(dtype)
    source.ensure(n)
    return _fractions([source.next(who) for _ in range(n)], np.empty(who.size, dtype), span)


def _until(source: Lanes, who: np.ndarray, dtype: Any,
           propose: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return for each engine its first proposal that is accepted.

    `propose` takes places in `who`, draws for them, and returns numbers and whether each is accepted.
    """
    found = np.empty(who.size, dtype)
    open_ = np.arange(who.size)
    while open_.size:
        x, accepted = propose(open_)
        found[open_[accepted]] = x[accepted]
        open_ = open_[~accepted]
    return found


def _step_normal(source: Lanes, who: np.ndarray, dtype: Any) -> np.ndarray:
    def propose(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = step_uniform(source, who[at], dtype, 2.0) - 1
        y = step_uniform(source, who[at], dtype, 2.0) - 1
        r = _radius(x, y)
        inside = (r <= 1) & (r > 0)
        y[inside] *= _magnitude(r[inside])
        return y, inside
    return _until(source, who, dtype, propose)


def step_gamma(source: Lanes, who: np.ndarray, shape: np.ndarray, scale: np.ndarray, dtype: Any) -> np.ndarray:
    """Return a gamma number from each engine in `who`, drawn in a working precision, for the parameters of each.

    What is computed from parameters of half precision alone is rounded to it, and so is the result for shapes of 1 and
    more. Where the shape is negative, infinite or nan, MXNet may never end; the result is nan.

    Source: G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", 2000.
    """
    own = shape.dtype if shape.dtype == np.float16 else np.promote_types(dtype, shape.dtype)
    good = (shape >= 0) & (shape < np.inf)
    if not good.all():
        x = np.full(who.size, np.nan)
        if good.any():
            x[good] = step_gamma(source, who[good], shape[good], scale[good], dtype)
        return x
    small = shape < 1
    d = (shape + np.where(small, 2 / 3, -1 / 3)).astype(own).astype(dtype)
    k = np.sqrt(9 * d.astype(_F64)).astype(dtype)
    c = 1 / k

    def propose(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = _step_normal(source, who[at], dtype)
        accepted = z > -k[at]
        at, z = at[accepted], z[accepted]
        v = 1 + c[at] * z
        v = v * v * v
        u = step_uniform(source, who[at], dtype).astype(_F64)
        wide = z.astype(_F64)
        logarithm = libm.log(np.maximum(v, _TINY)) if dtype == _F32 else np.log(v)
        within = np.log(1 - u) < 0.5 * wide * wide + d[at].astype(_F64) * (1 - v.astype(_F64) + logarithm)
        result = np.zeros(accepted.size, dtype)
        result[accepted] = d[at] * v
        accepted[accepted] = within
        return result, accepted

    x = (_until(source, who, dtype, propose) * scale).astype(own)
    if small.any():
        u = step_uniform(source, who[small], dtype).astype(_F64)
        x = x.astype(_F64)
        x[small] *= libm.exact_power(u, (1 / shape[small].astype(own)).astype(_F64))
    return x


def step_poisson(source: Lanes, who: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return a Poisson number from each engine in `who`, as float32, for the float32 rate of each.

    Sources: D. E. Knuth, "Seminumerical Algorithms" (rates below 12); W. H. Press et al., "Numerical Recipes in C",
    1992 (rejection from a Lorentzian).
    """
    found = rate.copy()  # inf and nan stay
    for part, draw in ((rate < 12, _poisson_by_product), ((rate >= 12) & (rate < np.inf), _poisson_by_rejection)):
        if part.any():
            found[part] = draw(source, who[part], rate[part])
    return found


def _poisson_by_product(source: Lanes, who: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Count how many uniform numbers can be multiplied before the product is at most ``exp(-rate)``."""
    bound = np.exp(-rate.astype(_F64)).astype(_F32)
    product = step_uniform(source, who, _F32)
    counts = np.zeros(who.size, _F32)
    open_ = np.flatnonzero(product > bound)
    while open_.size:
        counts[open_] += 1
        product[open_] *= step_uniform(source, who[open_], _F32)
        open_ = open_[product[open_] > bound[open_]]
    return counts


_PI = _F32(3.1415926)


def _poisson_by_rejection(source: Lanes, who: np.ndarray, rate: np.ndarray) -> np.ndarray:
    spread, logarithm = np.sqrt(2 * rate), libm.log(rate)
    constant = rate * logarithm - libm.log_gamma(rate + 1)

    def propose(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = np.tan((_PI * step_uniform(source, who[at], _F32)).astype(_F64)).astype(_F32)
        x = spread[at] * y + rate[at]
        accepted = ~(x < 0)
        at, y, x = at[accepted], y[accepted], np.floor(x)
        count = x[accepted]
        exponent = count * logarithm[at] - libm.log_gamma(count + 1) - constant[at]
        ratio = 0.9 * (1.0 + (y * y).astype(_F64)) * np.exp(exponent.astype(_F64)).astype(_F32)
        accepted[accepted] = ~(step_uniform(source, who[at], _F32) > ratio.astype(_F32))
        return x, accepted
    return _until(source, who, _F32, propose)
