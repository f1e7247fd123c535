"""Random numbers: draws from distributions, densities, and random choices and orders.

One table of distributions gives each its operators: ``_random_normal`` (numbers as parameters),
``_random_normal_like`` (shaped like an array), ``_sample_normal`` (arrays of parameters) and
``_random_pdf_normal`` (its density, with gradients).

Kernels draw from ``rng``, a generator like ``numpy.random.Generator``, from which they ask only what CuPy's
has as well.
"""
from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..catalog import op, require
from ..gradient import RawFunctions
from ..infer import Slots, no_inputs_type, same_shape, same_type
from ..notation import read_shape
from ..schema import Attrs, DType, Shape

__all__: list[str] = []


_FLOAT32, _INT32, _INT64 = np.dtype("float32"), np.dtype("int32"), np.dtype("int64")


# ---- how to draw ----------------------------------------------------------------------------------
# A draw takes (rng, size, dtype, parameters): numbers, or arrays that broadcast to `size`. The result's dtype is
# float32 or float64 or an integer; the caller converts it.

def _uniform(rng, size, dtype, low, high):
    x = rng.random(size=size, dtype=dtype)
    x *= high - low
    x += low
    return x


def _normal(rng, size, dtype, mean, deviation):
    x = rng.standard_normal(size=size, dtype=dtype)
    x *= deviation
    x += mean
    return x


def _exponential(rng, size, dtype, rate):
    x = rng.standard_exponential(size=size, dtype=dtype)
    x /= rate
    return x


def _gamma(rng, size, dtype, shape, scale):
    x = rng.standard_gamma(shape, size)
    x *= scale
    return x


def _poisson(rng, size, dtype, rate):
    return rng.poisson(rate, size)


def _negative_binomial(rng, size, dtype, failures, p):
    return rng.poisson(_gamma(rng, size, dtype, failures, (1 - p) / p), size)


def _generalized_negative_binomial(rng, size, dtype, mean, dispersion):
    if isinstance(dispersion, float):
        if dispersion == 0:
            return rng.poisson(mean, size)
        return rng.poisson(_gamma(rng, size, dtype, 1 / dispersion, mean * dispersion), size)
    poisson = dispersion == 0  # the limit
    dispersion = dispersion + poisson
    rate = _gamma(rng, size, dtype, 1 / dispersion, mean * dispersion)
    return rng.poisson(rate * ~poisson + mean * poisson, size)


# ---- densities ------------------------------------------------------------------------------------
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
class _Distribution:
    """One row of the table."""

    name: str
    text: str
    parameters: dict[str, tuple[type, float]]  # name -> (annotation, default)
    arrays: tuple[str, ...]                    # the parameters' names where they are arrays
    draw: Callable
    valid: Callable                            # of the parameters
    needs: str
    log_density: Callable | None = None
    slopes: Callable | None = None

    def check(self, op_name: str, attrs: Attrs) -> None:
        values = [attrs[n] for n in self.parameters]
        given = ", ".join(f"{n}={attrs[n]}" for n in self.parameters)
        require(self.valid(*values), op_name, f"got {given}; needs {self.needs}")


_TABLE = (
    _Distribution("uniform", "the uniform distribution on ``[low, high)``", {"low": (float, 0.0), "high": (float, 1.0)},
                  ("low", "high"), _uniform, lambda low, high: low <= high, "low <= high",
                  lambda F, x, low, high: F.zeros_like(x) - F.log(high - low), _d_uniform),
    _Distribution("normal", "the normal distribution with mean `{0}` and standard deviation `{1}`",
                  {"loc": (float, 0.0), "scale": (float, 1.0)}, ("mu", "sigma"), _normal,
                  lambda loc, scale: scale > 0, "scale > 0", _log_normal, _d_normal),
    _Distribution("gamma", "the gamma distribution with shape `{0}` and scale `{1}`",
                  {"alpha": (float, 1.0), "beta": (float, 1.0)}, ("alpha", "beta"), _gamma,
                  lambda alpha, beta: alpha > 0 and beta > 0, "alpha > 0 and beta > 0", _log_gamma, _d_gamma),
    _Distribution("exponential", "the exponential distribution with rate `{0}` (mean ``1 / {0}``)",
                  {"lam": (float, 1.0)}, ("lam",), _exponential, lambda lam: lam > 0, "lam > 0",
                  lambda F, x, lam: F.log(lam) - lam * x, lambda F, x, lam: (lam * -1, 1 / lam - x)),
    _Distribution("poisson", "the Poisson distribution with rate `{0}`", {"lam": (float, 1.0)}, ("lam",), _poisson,
                  lambda lam: lam >= 0, "lam >= 0",
                  lambda F, x, lam: x * F.log(lam) - F.gammaln(x + 1) - lam, lambda F, x, lam: (None, x / lam - 1)),
    _Distribution("negative_binomial", "the number of failures before `{0}` successes, each of probability `{1}`",
                  {"k": (int, 1), "p": (float, 1.0)}, ("k", "p"), _negative_binomial,
                  lambda k, p: k >= 0 and 0 < p <= 1, "k >= 0 and 0 < p <= 1",
                  _log_negative_binomial, _d_negative_binomial),
    _Distribution("generalized_negative_binomial",
                  "the negative binomial distribution with mean `{0}` and dispersion `{1}` (variance "
                  "``{0} + {1} {0}^2``)",
                  {"mu": (float, 1.0), "alpha": (float, 1.0)}, ("mu", "alpha"), _generalized_negative_binomial,
                  lambda mu, alpha: mu >= 0 and alpha >= 0, "mu >= 0 and alpha >= 0",
                  lambda F, x, mu, alpha: _log_negative_binomial(F, x, *_as_negative_binomial(mu, alpha)),
                  _d_generalized),
)


# ---- declaring ------------------------------------------------------------------------------------

def _dress(kernel: Callable, name: str, doc: str, inputs: tuple[str, ...], attrs: dict[str, tuple],
           rng: bool = True) -> Callable:
    """Give a kernel that takes ``(xp, *inputs, **attrs)`` the signature from which the operator is declared."""
    P = inspect.Parameter
    fields = [P(n, P.KEYWORD_ONLY, annotation=annotation, default=default)
              for n, (annotation, default) in attrs.items()]
    kernel.__name__, kernel.__doc__ = name, doc
    kernel.__signature__ = inspect.Signature([
        *(P(n, P.POSITIONAL_OR_KEYWORD) for n in ("xp", *inputs)), *fields, *[P("rng", P.KEYWORD_ONLY)] * rng])
    return kernel


def _working(dtype: Any) -> Any:
    """The dtype in which to draw numbers of `dtype`."""
    return dtype if dtype == np.float64 else _FLOAT32


def _check_lengths(name: str, attrs: Attrs) -> None:
    require(all(n >= 0 for n in attrs.shape or ()), name, f"shape is {attrs.shape}; lengths cannot be negative")


def _declare_random(which: _Distribution) -> None:
    """Declare the draws whose parameters are numbers: of a given shape, and like a given array."""
    names = tuple(which.parameters)
    name = f"_random_{which.name}"

    def kernel(xp, *, shape, ctx, dtype, rng, **values):
        dtype = dtype or _FLOAT32
        drawn = which.draw(rng, (1,) if shape is None else shape, _working(dtype), *(values[n] for n in names))
        return drawn.astype(dtype, copy=False)

    def like_kernel(xp, data, *, rng, **values):
        drawn = which.draw(rng, data.shape, _working(data.dtype), *(values[n] for n in names))
        return drawn.astype(data.dtype, copy=False)

    text = f"Draw from {which.text.format(*names)}."
    public = (which.name,) if which.name in ("uniform", "normal") else ()
    drawn = op(name=name, aliases=(f"random_{which.name}", *public), differentiable=False)(_dress(
        kernel, name, f"{text}\n\nReturns\n-------\nAn array of `shape` ((1,) by default) and `dtype` (float32 by "
        f"default).\n\nRaises\n------\nMXNetValueError\n    Unless {which.needs}.", (),
        {**which.parameters, "shape": (Shape | None, None), "ctx": (str, ""), "dtype": (DType | None, None)}))
    like = op(name=f"{name}_like", differentiable=False)(_dress(
        like_kernel, f"{name}_like", f"{text}\n\nReturns\n-------\nShape and dtype of `data`.", ("data",),
        which.parameters))

    @drawn.shape
    def _(attrs, ins, outs):
        which.check(name, attrs)
        _check_lengths(name, attrs)
        outs[0] = read_shape((1,) if attrs.shape is None else attrs.shape)

    @like.shape
    def _(attrs, ins, outs):
        which.check(f"{name}_like", attrs)
        same_shape(attrs, ins, outs)

    drawn.type(no_inputs_type)
    like.type(same_type)


def _beside(parameter: Any, rank: int) -> Any:
    """Append axes of length 1 to `parameter`, so that it broadcasts with `rank` axes."""
    return parameter.reshape(parameter.shape + (1,) * (rank - parameter.ndim))


def _declare_sample(which: _Distribution) -> None:
    """Declare the draw whose parameters are arrays."""
    name = f"_sample_{which.name}"

    def kernel(xp, *parameters, shape, dtype, rng):
        dtype = dtype or _FLOAT32
        size = parameters[0].shape + shape
        given = (_beside(p, len(size)).astype(_working(dtype)) for p in parameters)
        return which.draw(rng, size, _working(dtype), *given).astype(dtype, copy=False)

    declared = op(name=name, aliases=(name[1:],), differentiable=False)(_dress(
        kernel, name, f"Draw from {which.text.format(*which.arrays)}.\n\nParameters\n----------\n"
        f"{', '.join(which.arrays)} : arrays of one shape\nshape : tuple of int\n    What to draw for each of their "
        "elements.\n\nReturns\n-------\nAn array of the parameters' shape followed by `shape`, of `dtype` (float32 by "
        "default).", which.arrays,
        {"shape": (Shape, ()), "dtype": (DType | None, None)}))

    @declared.shape
    def _(attrs, ins, outs):
        _check_lengths(name, attrs)
        _one_shape(ins, range(len(ins)))
        if ins[0] is not None:
            outs[0] = ins[0] + attrs.shape

    declared.type(no_inputs_type)


def _one_shape(slots: Slots, places: Any) -> None:
    shape = None
    for i in (*places, *places):
        slots[i] = shape
        shape = slots[i]


def _declare_density(which: _Distribution) -> None:
    """Declare the density, as an operator of a sample and arrays of parameters."""
    name = f"_random_pdf_{which.name}"
    parameters = which.arrays

    def kernel(xp, sample, *values, is_log):
        F = RawFunctions(xp, "cpu" if xp is np else "cuda")
        density = which.log_density(F, sample, *(_beside(v, sample.ndim) for v in values))
        return density if is_log else xp.exp(density, out=density)

    text = which.text.format(*parameters).replace("scale", "rate (the inverse of the scale)")
    declared = op(name=name, aliases=(name[1:],))(_dress(
        kernel, name, f"Density at `sample` of {text}.\n\n"
        f"Parameters\n----------\nsample : shape of the parameters, then any axes\n{', '.join(parameters)} : arrays of "
        "one shape\nis_log : bool\n    Return the logarithm.\n\nReturns\n-------\nShape and dtype of `sample`. As in "
        "MXNet, whether `sample` can occur at all is not checked.", ("sample", *parameters), {"is_log": (bool, False)},
        rng=False))

    @declared.shape
    def _(attrs, ins, outs):
        ins[0] = outs[0]
        outs[0] = ins[0]
        _one_shape(ins, range(1, len(ins)))
        if ins[0] is not None and ins[1] is not None:
            ins[0] = ins[1] + (None,) * (len(ins[0]) - len(ins[1]))

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
    _declare_random(_which)
    _declare_sample(_which)
    _declare_density(_which)


# ---- more distributions ---------------------------------------------------------------------------

@op(name="_random_randint", aliases=("random_randint",), differentiable=False)
def randint(xp, *, low: int, high: int, shape: Shape | None = None, ctx: str = "", dtype: DType | None = None, rng):
    """Draw whole numbers from ``[low, high)``, each as likely.

    Returns
    -------
    An array of `shape` ((1,) by default) and `dtype` (int32 by default).

    Raises
    ------
    MXNetValueError
        Unless ``low < high``.
    """
    return rng.integers(low, high, size=(1,) if shape is None else shape).astype(dtype or _INT32, copy=False)


@randint.shape
def _(attrs, ins, outs):
    require(attrs.low < attrs.high, "_random_randint", f"got low={attrs.low}, high={attrs.high}; needs low < high")
    outs[0] = read_shape((1,) if attrs.shape is None else attrs.shape)


@randint.type
def _(attrs, ins, outs):
    outs[0] = attrs.dtype or _INT32


def _multinomial_outputs(attrs: Attrs | None) -> tuple[str, ...]:
    return ("output0", "output1") if attrs is None or attrs.get_prob else ("output",)


@op(name="_sample_multinomial", aliases=("sample_multinomial",), outputs=_multinomial_outputs)
def multinomial(xp, data, *, shape: Shape = (), get_prob: bool = False, dtype: DType = _INT32, rng):
    """Draw category numbers, each category as often as its probability says.

    Parameters
    ----------
    data : (..., categories)
        Distributions, which need not sum to exactly 1.
    shape : tuple of int
        What to draw from each of them.
    get_prob : bool
        Return the logarithm of the probability of each draw as well. It has the gradient of ``log(data)`` at the
        categories drawn, as REINFORCE needs it (Williams 1992).

    Returns
    -------
    An array of shape ``data.shape[:-1] + shape`` and `dtype`; with a 1-D `data` and no `shape`, (1,). The second output
    has the same shape and the dtype of `data`.
    """
    categories = data.shape[-1]
    rows = data.size // categories
    count = math.prod(shape)
    # All distributions become one: that of row i goes from i to i + 1, and each draw stays within its own.
    cumulative = xp.cumsum(data.reshape(rows, categories).astype("float64"), axis=1)
    cumulative /= cumulative[:, -1:]
    row = xp.arange(rows)[:, None]
    places = rng.random(size=(rows, count), dtype="float64") + row
    drawn = xp.searchsorted((cumulative + row).reshape(-1), places.reshape(-1), side="right").reshape(rows, count)
    drawn = xp.minimum(drawn - row * categories, categories - 1)
    size = (data.shape[:-1] + shape) or (1,)
    numbers = drawn.reshape(size).astype(dtype)
    if not get_prob:
        return (numbers,)
    return numbers, xp.log(xp.take_along_axis(data.reshape(rows, categories), drawn, axis=1)).reshape(size)


@multinomial.shape
def _(attrs, ins, outs):
    if ins[0] is not None:
        require(len(ins[0]) > 0, "_sample_multinomial", "data is a number; expected (..., categories)")
        for i in range(len(outs)):
            outs[i] = (ins[0][:-1] + attrs.shape) or (1,)


@multinomial.type
def _(attrs, ins, outs):
    outs[0] = attrs.dtype
    if len(outs) > 1:
        ins[0] = outs[1]
        outs[1] = ins[0]


@multinomial.grad("data")
def _(F, grads, data, output0, data_dtype, *, shape):
    if len(grads) == 1 or grads[1] is None:
        return None
    categories, count = data.shape[-1], math.prod(shape)
    chosen = F.one_hot(F.Reshape(output0, shape=(-1, count)), depth=categories, dtype=data_dtype)
    total = F.batch_dot(F.Reshape(grads[1], shape=(-1, 1, count)), chosen)
    return F.Reshape(total, shape=data.shape) / data


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
    F = RawFunctions(xp, "cpu" if xp is np else "cuda")
    normalizer = F.gammaln(alpha.sum(axis=-1)) - F.gammaln(alpha).sum(axis=-1)
    wide = alpha.reshape(alpha.shape[:-1] + (1,) * (sample.ndim - alpha.ndim) + alpha.shape[-1:])
    density = ((wide - 1) * xp.log(sample)).sum(axis=-1)
    density += _beside(normalizer, density.ndim)
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


# ---- order and choice -----------------------------------------------------------------------------

@op(name="_shuffle", aliases=("shuffle",), differentiable=False)
def shuffle(xp, data, *, rng):
    """Elements of `data` along the first axis in random order: same shape and dtype."""
    return xp.take(data, xp.argsort(rng.random(size=data.shape[:1], dtype="float64")), axis=0)


shuffle.shape(same_shape)
shuffle.type(same_type)


@op(name="_sample_unique_zipfian", outputs=("output0", "output1"), differentiable=False)
def unique_zipfian(xp, *, range_max: int, shape: Shape | None = None, rng):
    """Draw different classes for a sampled softmax, by an approximately Zipfian distribution.

    Class ``k`` of ``[0, range_max)`` is drawn with probability ``log((k + 2) / (k + 1)) / log(range_max + 1)`` until
    each row has as many different ones as it needs (Jean et al. 2014). This works on the host.

    Parameters
    ----------
    range_max : int
        The number of classes.
    shape : (rows, classes to draw)

    Returns
    -------
    classes : int64, `shape`
    tries : int64, (rows,)
        How many draws each row took.

    Raises
    ------
    MXNetValueError
        If more classes are asked for than there are.
    """
    rows, count = shape
    found, tries = [], []
    for _ in range(rows):
        seen: dict[int, None] = {}  # in the order of drawing
        taken = 0
        while len(seen) < count:
            for u in rng.random(size=2 * count, dtype="float64").tolist():
                taken += 1
                seen[min(int(math.exp(u * math.log(range_max + 1))) - 1, range_max - 1)] = None
                if len(seen) == count:
                    break
        found.append(list(seen))
        tries.append(taken)
    return xp.asarray(found, "int64").reshape(rows, count), xp.asarray(tries, "int64")


@unique_zipfian.shape
def _(attrs, ins, outs):
    shape, name = attrs.shape, "_sample_unique_zipfian"
    require(shape is not None and len(shape) == 2, name, f"shape is {shape}; expected (rows, classes to draw)")
    require(shape[1] <= attrs.range_max, name, f"cannot draw {shape[1]} different classes of {attrs.range_max}")
    outs[0], outs[1] = shape, shape[:1]


@unique_zipfian.type
def _(attrs, ins, outs):
    outs[0] = outs[1] = _INT64
