"""Densities of distributions, with gradients: ``_random_pdf_normal`` and its kin, one table."""
from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

from ...device import of_raw
from ..catalog import op, require
from ..gradient import RawFunctions
from ..infer import same_type
from .signature import beside, dress, one_shape

__all__: list[str] = []


# The logarithm of a density, and its derivative by the sample and by each parameter, in terms of
# operators, for arrays of one shape. None: the derivative is 0, or the sample is discrete.

def _d_uniform(F, x, low, high):
    slope = 1 / (high - low)
    return None, slope, slope * -1


def _log_normal(F, x, mu, sigma):
    return F.square((x - mu) / sigma) * -0.5 - F.log(sigma) - 0.5 * math.log(2 * math.pi)


def _d_normal(F, x, mu, sigma):
    distance = (x - mu) / sigma
    by_mu = distance / sigma
    return by_mu * -1, by_mu, (distance * distance - 1) / sigma


def _log_gamma(F, x, alpha, beta):
    return alpha * F.log(beta) + (alpha - 1) * F.log(x) - beta * x - F.gammaln(alpha)


def _d_gamma(F, x, alpha, beta):
    return (alpha - 1) / x - beta, F.log(beta) + F.log(x) - F._digamma(alpha), alpha / beta - x


def _log_negative_binomial(F, x, k, p):
    return F.gammaln(x + k) - F.gammaln(x + 1) - F.gammaln(k) + k * F.log(p) + x * F.log(1 - p)


def _d_negative_binomial(F, x, k, p):
    return None, F._digamma(x + k) - F._digamma(k) + F.log(p), k / p - x / (1 - p)


def _as_negative_binomial(mu, alpha):
    """Return k and p of the negative binomial distribution with mean `mu` and dispersion `alpha`."""
    return 1 / alpha, 1 / (mu * alpha + 1)


def _d_generalized(F, x, mu, alpha):
    k, p = _as_negative_binomial(mu, alpha)
    _, by_k, by_p = _d_negative_binomial(F, x, k, p)
    by_p = by_p * (p * p) * -1
    return None, by_p * alpha, by_p * mu - by_k * (k * k)


@dataclass(frozen=True)
class _Density:
    """One row of the table."""

    name: str
    text: str                # for the names of the parameters
    arrays: tuple[str, ...]  # the parameters
    logarithm: Callable
    slopes: Callable


_TABLE = (
    _Density("uniform", "the uniform distribution on ``[low, high)``", ("low", "high"),
             lambda F, x, low, high: F.zeros_like(x) - F.log(high - low), _d_uniform),
    _Density("normal", "the normal distribution with mean `mu` and standard deviation `sigma`", ("mu", "sigma"),
             _log_normal, _d_normal),
    _Density("gamma", "the gamma distribution with shape `alpha` and rate (the inverse of the scale) `beta`",
             ("alpha", "beta"), _log_gamma, _d_gamma),
    _Density("exponential", "the exponential distribution with rate `lam` (mean ``1 / lam``)", ("lam",),
             lambda F, x, lam: F.log(lam) - lam * x, lambda F, x, lam: (lam * -1, 1 / lam - x)),
    _Density("poisson", "the Poisson distribution with rate `lam`", ("lam",),
             lambda F, x, lam: x * F.log(lam) - F.gammaln(x + 1) - lam, lambda F, x, lam: (None, x / lam - 1)),
    _Density("negative_binomial", "the number of failures before `k` successes, each of probability `p`", ("k", "p"),
             _log_negative_binomial, _d_negative_binomial),
    _Density("generalized_negative_binomial",
             "the negative binomial distribution with mean `mu` and dispersion `alpha` (variance ``mu + alpha mu^2``)",
             ("mu", "alpha"),
             lambda F, x, mu, alpha: _log_negative_binomial(F, x, *_as_negative_binomial(mu, alpha)), _d_generalized),
)


def _declare(which: _Density) -> None:
    """Declare the density, as an operator of a sample and arrays of parameters."""
    name = f"_random_pdf_{which.name}"
    parameters = which.arrays

    def kernel(xp, sample, *values, is_log):
        F = RawFunctions(of_raw(sample))
        density = which.logarithm(F, sample, *(beside(v, sample.ndim) for v in values))
        return density if is_log else xp.exp(density, out=density)

    declared = op(name=name, aliases=(name[1:],))(dress(
        kernel, name, f"Density at `sample` of {which.text}.\n\n"
        f"Parameters\n----------\nsample : shape of the parameters, then any axes\n{', '.join(parameters)} : arrays of "
        "one shape\nis_log : bool\n    Return the logarithm.\n\nReturns\n-------\nShape and dtype of `sample`. As in "
        "MXNet, whether `sample` can occur at all is not checked.", ("sample", *parameters), {"is_log": (bool, False)},
        rng=False))

    @declared.shape
    def _(attrs, ins, outs):
        ins[0] = outs[0]
        outs[0] = ins[0]
        one_shape(ins, range(1, len(ins)))
        if ins[0] is not None and ins[1] is not None:
            ins[0] = ins[1] + (None,) * (len(ins[0]) - len(ins[1]))
            outs[0] = ins[0]
            for i in range(1, len(ins)):
                ins[i] = ins[0][:len(ins[i])]

    declared.type(same_type)

    def rule(F, grad, sample, *rest, is_log):
        *values, output = rest
        shape, rank = sample.shape, len(values[0].shape)
        trailing = tuple(range(rank, len(shape)))
        if trailing:
            values = [F.broadcast_to(F.Reshape(v, shape=v.shape + (1,) * len(trailing)), shape=shape) for v in values]
        head = grad if is_log else grad * output
        by_sample, *slopes = which.slopes(F, sample, *values)
        found = [head * slope for slope in slopes]
        if trailing:
            found = [F.sum(g, axis=trailing) for g in found]
        return (F.zeros_like(sample) if by_sample is None else head * by_sample, *found)
    P = inspect.Parameter
    rule.__signature__ = inspect.Signature(
        [P(n, P.POSITIONAL_OR_KEYWORD) for n in ("F", "grad", "sample", *parameters, "output")]
        + [P("is_log", P.KEYWORD_ONLY)])
    declared.grad("sample", *parameters)(rule)


for _which in _TABLE:
    _declare(_which)


@op(name="_random_pdf_dirichlet", aliases=("random_pdf_dirichlet",))
def dirichlet_density(xp, sample, alpha, *, is_log: bool = False):
    """Density at `sample` of the Dirichlet distribution with concentrations `alpha`.

    Parameters
    ----------
    sample : (..., axes of its own..., categories)
        Points that sum to 1.
    alpha : (..., categories)
    is_log : bool
        Return the logarithm.

    Returns
    -------
    The shape of `sample` without its last axis, and its dtype.
    """
    F = RawFunctions(of_raw(sample))
    normalizer = F.gammaln(alpha.sum(axis=-1)) - F.gammaln(alpha).sum(axis=-1)
    wide = alpha.reshape(alpha.shape[:-1] + (1,) * (sample.ndim - alpha.ndim) + alpha.shape[-1:])
    density = ((wide - 1) * xp.log(sample)).sum(axis=-1)
    density += beside(normalizer, density.ndim)
    return density if is_log else xp.exp(density)


@dirichlet_density.shape
def _(attrs, ins, outs):
    sample, alpha = ins
    if sample is None or alpha is None:
        return
    own = len(sample) - len(alpha)
    require(own >= 0 and alpha, "_random_pdf_dirichlet", f"alpha has shape {alpha}, which does not fit sample {sample}")
    ins["sample"] = alpha[:-1] + (None,) * own + alpha[-1:]
    sample = ins["sample"]
    ins["alpha"] = (*sample[:len(alpha) - 1], sample[-1])
    outs[0] = sample[:-1] or (1,)


dirichlet_density.type(same_type)


@dirichlet_density.grad("sample", "alpha")
def _(F, grad, sample, alpha, output, *, is_log):
    shape, categories = sample.shape, alpha.shape[-1]
    own = tuple(range(len(alpha.shape) - 1, len(shape) - 1))
    head = grad if is_log else grad * output
    head = F.broadcast_to(F.Reshape(head, shape=(*shape[:-1], 1)), shape=shape)
    total = F.broadcast_to(F.sum(alpha, axis=-1, keepdims=True), shape=alpha.shape)
    constant = F._digamma(total) - F._digamma(alpha)

    def spread(x):
        wide = (*alpha.shape[:-1], *(1,) * len(own), categories)
        return F.broadcast_to(F.Reshape(x, shape=wide), shape=shape) if own else x
    by_alpha = head * (F.log(sample) + spread(constant))
    return head * ((spread(alpha) - 1) / sample), F.sum(by_alpha, axis=own) if own else by_alpha
