"""Checks of random generators, and of what depends on chance."""
from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base import MXNetValueError
from .comparisons import as_numpy

__all__ = ["gen_buckets_probs_with_ppf", "chi_square_check", "verify_generator", "mean_check", "var_check", "retry"]


def gen_buckets_probs_with_ppf(ppf: Callable[[float], float], nbuckets: int) -> tuple[list[tuple], list[float]]:
    """Return `nbuckets` equally probable intervals of a distribution and their probabilities.

    `ppf` is the inverse of the cumulative distribution function.
    """
    edges = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(itertools.pairwise(edges)), [1 / nbuckets] * nbuckets


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the probability that a chi-square variable exceeds `statistic`.

    It is the regularised upper incomplete gamma function Q(freedom / 2, statistic / 2), by its series where
    that converges fast and by its continued fraction (Lentz's method) elsewhere (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    a, x = freedom / 2, statistic / 2
    if x <= 0 or not freedom:
        return 1.0
    if math.isinf(x):
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > 1e-16 * abs(total):
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b = x + 1 - a
    c, d = 1e300, 1 / b
    fraction = d
    for i in range(1, 100_000):
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b or 1e-300)
        c = b + an / c or 1e-300
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def chi_square_check(generator: Callable[[int], Any], buckets: Sequence, probs: Sequence[float],
                     nsamples: int = 1_000_000) -> tuple[float, np.ndarray, np.ndarray]:
    """Return Pearson's chi-square test of a random generator.

    Parameters
    ----------
    generator : callable(n) -> n samples
    buckets : list of pairs (low, high) for real numbers, or of values for whole numbers
        In ascending order, covering the whole distribution.
    probs : list of float
        The probability of each bucket; they sum to 1.
    nsamples : int

    Returns
    -------
    p : float
        The probability of a deviation at least this large if the generator is right.
    obs_freq, expected_freq : numpy.ndarray
        Counts of samples by bucket.
    """
    probs = np.asarray(probs, np.float64)
    if not len(buckets) or len(buckets) != len(probs) or abs(probs.sum() - 1) > 1e-6:
        raise MXNetValueError(f"chi_square_check: {len(buckets)} buckets and {len(probs)} probabilities with the sum "
                              f"{probs.sum():g}; expected as many of both, and the sum 1")
    samples = as_numpy(generator(nsamples)).ravel()
    if isinstance(buckets[0], (list, tuple)):
        edges = [low for low, _ in buckets] + [buckets[-1][1]]
        # Values beyond the outermost edges can only be rounded ones of a distribution that the buckets cover.
        places = np.clip(np.searchsorted(edges, samples, side="right") - 1, 0, len(buckets) - 1)
        observed = np.bincount(places, minlength=len(buckets))
    else:
        observed = np.array([np.count_nonzero(samples == value) for value in buckets])
    expected = probs * nsamples
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where((expected == 0) & (observed == 0), 0.0, (observed - expected) ** 2 / expected)
    return _chi_square_tail(float(parts.sum()), len(buckets) - 1), observed, expected


def verify_generator(generator: Callable[[int], Any], buckets: Sequence, probs: Sequence[float],
                     nsamples: int = 1_000_000, nrepeat: int = 5, success_rate: float = 0.2,
                     alpha: float = 0.05) -> list[float]:
    """Repeat :func:`chi_square_check`, and raise AssertionError if too few repetitions succeed.

    Parameters
    ----------
    nrepeat : int
        How often the test is done.
    success_rate : float
        The share of tests that must give a probability above `alpha`.

    Returns
    -------
    list of float
        The probabilities of all tests.
    """
    tests = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    p_values = [p for p, _, _ in tests]
    if sum(p > alpha for p in p_values) < nrepeat * success_rate:
        raise AssertionError(f"Generator test fails, Chi-square p={p_values}, obs_freq={[o for _, o, _ in tests]}, "
                             f"expected_freq={[e for _, _, e in tests]}.\nbuckets={buckets}, probs={probs}")
    return p_values


def mean_check(generator: Callable[[int], Any], mu: float, sigma: float, nsamples: int = 1_000_000) -> bool:
    """Whether the mean of samples lies within three standard errors of `mu`."""
    return bool(abs(as_numpy(generator(nsamples)).mean() - mu) < 3 * sigma / math.sqrt(nsamples))


def var_check(generator: Callable[[int], Any], sigma: float, nsamples: int = 1_000_000) -> bool:
    """Whether the variance of samples lies within three standard errors of ``sigma ** 2``."""
    variance = as_numpy(generator(nsamples)).var(ddof=1)
    return bool(abs(variance - sigma ** 2) < 3 * math.sqrt(2 * sigma ** 4 / (nsamples - 1)))


def retry(n: int) -> Callable[[Callable], Callable]:
    """Decorate a test that depends on chance: it fails only if `n` attempts in a row fail."""
    if n < 1:
        raise MXNetValueError(f"retry: n is {n}; expected at least 1")

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def attempts(*args: Any, **kwargs: Any) -> Any:
            for attempt in range(n):
                try:
                    return test(*args, **kwargs)
                except AssertionError:
                    if attempt == n - 1:
                        raise
            return None
        return attempts
    return decorate
