"""Draws from distributions.

One table of distributions gives each its operators: ``_random_normal`` (numbers as parameters), ``_random_normal_like``
(shaped like an array) and ``_sample_normal`` (arrays of parameters). On the CPU the numbers are MXNet's.

Kernels draw from ``rng``, a :class:`~cupynet.device.random.Generator` or what has its methods.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import same_shape, same_type
from ..notation import read_shape
from ..schema import Attrs, DType, Shape
from ..single import as_single
from .signature import beside, dress, one_shape

__all__: list[str] = []

_FLOAT32, _INT32 = np.dtype("float32"), np.dtype("int32")
_FLOATS = tuple(map(np.dtype, ("float16", "float32", "float64")))
_WHOLE = (_INT32, np.dtype("int64"))


# ---- how to draw ----------------------------------------------------------------------------------
# A draw takes (rng, size, dtype, parameters): float32 numbers, or arrays for as many successive elements each. The
# caller converts the result to `dtype`, by way of float32 unless it is float64.

def _wide(dtype: Any) -> Any:
    """The dtype in which numbers are drawn and scaled by arrays."""
    return _FLOAT32 if dtype == _FLOAT32 else np.float64


def _spread(x: Any, factor: Any, offset: Any) -> Any:
    """Return ``x * factor + offset`` for arrays of parameters; those of half precision round each step to it."""
    factor, offset = beside(factor, x.ndim), beside(offset, x.ndim)
    if factor.dtype == np.float16:
        return ((x * factor.astype(x.dtype)).astype(np.float16) + offset).astype(np.float16)
    if factor.dtype.kind in "iu":
        factor, offset = factor.astype(x.dtype), offset.astype(x.dtype)
    return x * factor + offset


def _uniform(rng, size, dtype, low, high):
    if isinstance(low, np.float32):
        return rng.uniform(size, dtype, low, high - low)
    return _spread(rng.uniform(size, _wide(dtype)), high - low, low)


def _normal(rng, size, dtype, mean, deviation):
    if isinstance(mean, np.float32):
        return rng.normal(size, dtype, mean, deviation)
    return _spread(rng.normal(size, _wide(dtype)), deviation, mean)


def _exponential(rng, size, dtype, rate):
    return rng.exponential(size, dtype, rate)


def _gamma(rng, size, dtype, shape, scale):
    return rng.gamma(size, dtype, shape, scale)


def _poisson(rng, size, dtype, rate):
    return rng.poisson(size, rate)


def _negative_binomial(rng, size, dtype, failures, p):
    return rng.poisson_of_gamma(size, failures, (1 - p) / p, 0)


def _generalized_negative_binomial(rng, size, dtype, mean, dispersion):
    return rng.poisson_of_gamma(size, 1 / dispersion, mean * dispersion, mean)


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

    def check(self, op_name: str, attrs: Attrs) -> None:
        values = [attrs[n] for n in self.parameters]
        given = ", ".join(f"{n}={attrs[n]}" for n in self.parameters)
        require(self.valid(*values), op_name, f"got {given}; needs {self.needs}")


_TABLE = (
    _Distribution("uniform", "the uniform distribution on ``[low, high)``", {"low": (float, 0.0), "high": (float, 1.0)},
                  ("low", "high"), _uniform, lambda low, high: low <= high, "low <= high"),
    _Distribution("normal", "the normal distribution with mean `{0}` and standard deviation `{1}`",
                  {"loc": (float, 0.0), "scale": (float, 1.0)}, ("mu", "sigma"), _normal,
                  lambda loc, scale: scale > 0, "scale > 0"),
    _Distribution("gamma", "the gamma distribution with shape `{0}` and scale `{1}`",
                  {"alpha": (float, 1.0), "beta": (float, 1.0)}, ("alpha", "beta"), _gamma,
                  lambda alpha, beta: alpha > 0 and beta > 0, "alpha > 0 and beta > 0"),
    _Distribution("exponential", "the exponential distribution with rate `{0}` (mean ``1 / {0}``)",
                  {"lam": (float, 1.0)}, ("lam",), _exponential, lambda lam: lam > 0, "lam > 0"),
    _Distribution("poisson", "the Poisson distribution with rate `{0}`", {"lam": (float, 1.0)}, ("lam",), _poisson,
                  lambda lam: lam >= 0, "lam >= 0"),
    _Distribution("negative_binomial", "the number of failures before `{0}` successes, each of probability `{1}`",
                  {"k": (int, 1), "p": (float, 1.0)}, ("k", "p"), _negative_binomial,
                  lambda k, p: k >= 0 and p > 0, "k >= 0 and p > 0"),
    _Distribution("generalized_negative_binomial",
                  "the negative binomial distribution with mean `{0}` and dispersion `{1}` (variance "
                  "``{0} + {1} {0}^2``)",
                  {"mu": (float, 1.0), "alpha": (float, 1.0)}, ("mu", "alpha"), _generalized_negative_binomial,
                  lambda mu, alpha: mu >= 0 and alpha >= 0, "mu >= 0 and alpha >= 0"),
)


# ---- declaring ------------------------------------------------------------------------------------

def _finished(drawn: Any, dtype: Any) -> Any:
    """Convert what was drawn; to half precision by way of float32, as MXNet does."""
    if drawn.dtype == dtype:
        return drawn
    return (drawn if dtype == np.float64 else drawn.astype(_FLOAT32, copy=False)).astype(dtype, copy=False)


def _check_lengths(name: str, attrs: Attrs) -> None:
    require(all(n >= 0 for n in attrs.shape or ()), name, f"shape is {attrs.shape}; lengths cannot be negative")


def _typed(declared: Any, name: str, allowed: tuple[np.dtype, ...], default: np.dtype) -> None:
    """Attach the rule that the attribute `dtype` decides, which must be one of the `allowed`."""
    @declared.type
    def _(attrs, ins, outs):
        require(attrs.dtype in (None, *allowed), name,
                f"dtype is {attrs.dtype}; expected one of {', '.join(map(str, allowed))}")
        outs[0] = attrs.dtype or default


def _declare_random(which: _Distribution) -> None:
    """Declare the draws whose parameters are numbers: of a given shape, and like a given array."""
    names = tuple(which.parameters)
    name = f"_random_{which.name}"

    def draw(rng: Any, size: tuple[int, ...], dtype: Any, values: dict[str, Any]) -> Any:
        return _finished(which.draw(rng, size, dtype, *(as_single(values[n]) for n in names)), dtype)

    def kernel(xp, *, shape, ctx, dtype, rng, **values):
        return draw(rng, (1,) if shape is None else shape, dtype or _FLOAT32, values)

    def like_kernel(xp, data, *, rng, **values):
        return draw(rng, data.shape, data.dtype, values)

    text = f"Draw from {which.text.format(*names)}."
    public = (which.name,) if which.name in ("uniform", "normal") else ()
    drawn = op(name=name, aliases=(f"random_{which.name}", *public), differentiable=False)(dress(
        kernel, name, f"{text}\n\nReturns\n-------\nAn array of `shape` ((1,) by default) and `dtype` (float32 by "
        f"default, or float16, float64).\n\nRaises\n------\nMXNetValueError\n    Unless {which.needs}.", (),
        {**which.parameters, "shape": (Shape | None, None), "ctx": (str, ""), "dtype": (DType | None, None)}))
    like = op(name=f"{name}_like", differentiable=False)(dress(
        like_kernel, f"{name}_like", f"{text}\n\nReturns\n-------\nShape and dtype of `data`, which is floating point.",
        ("data",), which.parameters))

    @drawn.shape
    def _(attrs, ins, outs):
        which.check(name, attrs)
        _check_lengths(name, attrs)
        outs[0] = read_shape((1,) if attrs.shape is None else attrs.shape)

    @like.shape
    def _(attrs, ins, outs):
        which.check(f"{name}_like", attrs)
        same_shape(attrs, ins, outs)

    @like.type
    def _(attrs, ins, outs):
        same_type(attrs, ins, outs)
        require(outs[0] in (None, *_FLOATS), f"{name}_like", f"data has dtype {outs[0]}; expected floating point")

    _typed(drawn, name, _FLOATS, _FLOAT32)


def _declare_sample(which: _Distribution) -> None:
    """Declare the draw whose parameters are arrays."""
    name = f"_sample_{which.name}"

    def kernel(xp, *parameters, shape, dtype, rng):
        dtype = dtype or _FLOAT32
        return _finished(which.draw(rng, parameters[0].shape + shape, dtype, *parameters), dtype)

    declared = op(name=name, aliases=(name[1:],), differentiable=False)(dress(
        kernel, name, f"Draw from {which.text.format(*which.arrays)}.\n\nParameters\n----------\n"
        f"{', '.join(which.arrays)} : arrays of one shape\nshape : tuple of int\n    What to draw for each of their "
        "elements.\n\nReturns\n-------\nAn array of the parameters' shape followed by `shape`, of `dtype` (float32 by "
        "default, or float16, float64).", which.arrays,
        {"shape": (Shape, ()), "dtype": (DType | None, None)}))

    @declared.shape
    def _(attrs, ins, outs):
        _check_lengths(name, attrs)
        one_shape(ins, range(len(ins)))
        if ins[0] is not None:
            outs[0] = ins[0] + attrs.shape

    _typed(declared, name, _FLOATS, _FLOAT32)


for _which in _TABLE:
    _declare_random(_which)
    _declare_sample(_which)


@op(name="_random_randint", aliases=("random_randint",), differentiable=False)
def randint(xp, *, low: int, high: int, shape: Shape | None = None, ctx: str = "", dtype: DType | None = None, rng):
    """Draw whole numbers in ``[low, high)``, each as likely.

    Returns
    -------
    An array of `shape` ((1,) by default) and `dtype` (int32 by default, or int64; as in MXNet, int32 wraps around).

    Raises
    ------
    MXNetValueError
        Unless ``low < high``.
    """
    return rng.integers((1,) if shape is None else shape, low, high).astype(dtype or _INT32, copy=False)


@randint.shape
def _(attrs, ins, outs):
    require(attrs.low < attrs.high, "_random_randint", f"got low={attrs.low}, high={attrs.high}; needs low < high")
    _check_lengths("_random_randint", attrs)
    outs[0] = read_shape((1,) if attrs.shape is None else attrs.shape)


_typed(randint, "_random_randint", _WHOLE, _INT32)
