"""The distributions of ``mx.random``, ``mx.nd.random`` and ``mx.sym.random``: one table for all three.

A distribution has an operator that draws with numbers as parameters (``_random_normal``) and one that draws
for arrays of parameters (``_sample_normal``); the public function picks by what it is given.
"""
from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...base import MXNetTypeError, MXNetValueError, _Null, numeric_types

__all__ = ["functions", "zipfian"]


@dataclass(frozen=True)
class Distribution:
    """Public parameters with defaults, the two operators, and the operators' names of the parameters."""

    parameters: dict[str, float]
    draw: str
    draw_for: str
    random_names: tuple[str, ...]
    sample_names: tuple[str, ...]
    doc: str


DISTRIBUTIONS = {
    "uniform": Distribution({"low": 0, "high": 1}, "_random_uniform", "_sample_uniform", ("low", "high"),
                            ("low", "high"), "the uniform distribution on ``[low, high)``"),
    "normal": Distribution({"loc": 0, "scale": 1}, "_random_normal", "_sample_normal", ("loc", "scale"),
                           ("mu", "sigma"), "the normal distribution with mean `loc` and deviation `scale`"),
    "gamma": Distribution({"alpha": 1, "beta": 1}, "_random_gamma", "_sample_gamma", ("alpha", "beta"),
                          ("alpha", "beta"), "the gamma distribution with shape `alpha` and scale `beta`"),
    "poisson": Distribution({"lam": 1}, "_random_poisson", "_sample_poisson", ("lam",), ("lam",),
                            "the Poisson distribution with rate `lam`"),
    "negative_binomial": Distribution({"k": 1, "p": 1}, "_random_negative_binomial", "_sample_negative_binomial",
                                      ("k", "p"), ("k", "p"), "failures before `k` successes of probability `p`"),
    "generalized_negative_binomial": Distribution(
        {"mu": 1, "alpha": 1}, "_random_generalized_negative_binomial", "_sample_generalized_negative_binomial",
        ("mu", "alpha"), ("mu", "alpha"), "the negative binomial distribution with mean `mu`, dispersion `alpha`"),
}


def _options(shape: Any, dtype: Any, out: Any, more: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that were given. A dtype of None is NumPy's default, as in MXNet."""
    given = {} if shape is _Null or shape is None else {"shape": shape}
    if dtype is not _Null:
        given["dtype"] = "float64" if dtype is None else dtype
    if out is not None:
        given["out"] = out
    return given | more


def functions(is_array: Callable[[Any], bool], call: Callable[..., Any]) -> dict[str, Callable]:
    """Return the public functions by name.

    Parameters
    ----------
    is_array : callable(value) -> bool
        Whether a parameter is an NDArray (or a Symbol).
    call : callable(op name, *arrays, **attributes)
        Runs (or composes) an operator; takes ``ctx``, ``out`` and ``name`` too.
    """
    P = inspect.Parameter

    def drawer(name: str, which: Distribution) -> Callable:
        sign = inspect.Signature([*(P(n, P.POSITIONAL_OR_KEYWORD, default=d) for n, d in which.parameters.items()),
                                  *(P(n, P.POSITIONAL_OR_KEYWORD, default=d) for n, d in
                                    (("shape", _Null), ("dtype", _Null), ("ctx", None), ("out", None))),
                                  P("kwargs", P.VAR_KEYWORD)])

        def draw(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = sign.bind(*args, **kwargs)
            except TypeError as error:
                raise MXNetTypeError(f"{name}: {error}") from None
            bound.apply_defaults()
            given = bound.arguments
            values = [given[n] for n in which.parameters]
            rest = _options(given["shape"], given["dtype"], given["out"], given["kwargs"])
            arrays = [is_array(v) for v in values]
            if all(arrays):
                return call(which.draw_for, *values, **rest)
            if any(arrays):
                raise MXNetTypeError(f"{name}: parameters must be all numbers or all arrays, got "
                                     f"{', '.join(type(v).__name__ for v in values)}")
            for value in values:
                if not isinstance(value, numeric_types):
                    raise MXNetValueError(f"{name}: distribution parameters must be arrays or numbers, got "
                                          f"{type(value).__name__}")
            return call(which.draw, ctx=given["ctx"], **dict(zip(which.random_names, values)), **rest)
        draw.__name__ = draw.__qualname__ = name
        draw.__signature__ = sign
        draw.__doc__ = f"""Draw from {which.doc}.

    Parameters may be numbers (the result has `shape`) or arrays of one shape (a draw of `shape` for each element).
    """
        return draw

    made = {name: drawer(name, which) for name, which in DISTRIBUTIONS.items()}

    def exponential(scale: Any = 1, shape: Any = _Null, dtype: Any = _Null, ctx: Any = None, out: Any = None,
                    **kwargs: Any) -> Any:
        """Draw from the exponential distribution with mean `scale` (a number, or an array of them)."""
        rest = _options(shape, dtype, out, kwargs)
        if is_array(scale):
            return call("_sample_exponential", 1.0 / scale, **rest)
        if not isinstance(scale, numeric_types) or scale == 0:
            raise MXNetValueError(f"exponential: scale is {scale!r}; expected an array or a number other than 0")
        return call("_random_exponential", ctx=ctx, lam=1.0 / scale, **rest)

    def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = _Null, ctx: Any = None, **kwargs: Any) -> Any:
        """Draw an array of `shape` from the normal distribution."""
        return made["normal"](loc, scale, shape, dtype, ctx, **kwargs)

    def randint(low: int, high: int, shape: Any = _Null, dtype: Any = _Null, ctx: Any = None, out: Any = None,
                **kwargs: Any) -> Any:
        """Draw whole numbers in ``[low, high)``, int32 by default."""
        return call("_random_randint", ctx=ctx, low=low, high=high, **_options(shape, dtype, out, kwargs))

    def multinomial(data: Any, shape: Any = _Null, get_prob: bool = False, out: Any = None, dtype: str = "int32",
                    **kwargs: Any) -> Any:
        """Draw category numbers by the probabilities in the last axis of `data`.

        With `get_prob` also the logarithms of the probabilities of what was drawn.
        """
        return call("_sample_multinomial", data, get_prob=get_prob, **_options(shape, dtype, out, kwargs))

    def shuffle(data: Any, **kwargs: Any) -> Any:
        """Return `data` with the first axis in random order."""
        return call("_shuffle", data, **kwargs)

    for function in (exponential, randn, randint, multinomial, shuffle):
        function.__qualname__ = function.__name__
        made[function.__name__] = function
    return made


def zipfian(uniform: Callable[..., Any], true_classes: Any, num_sampled: int, range_max: int, **kwargs: Any
            ) -> tuple[Any, Any, Any]:
    """Draw candidates from an approximate Zipfian distribution: ``rand_zipfian``, written once for arrays and symbols.

    Class ``c`` has the probability ``(log(c + 2) - log(c + 1)) / log(range_max + 1)``.

    Parameters
    ----------
    uniform : callable
        ``mx.nd.random.uniform`` or ``mx.sym.random.uniform``.
    true_classes : NDArray or Symbol
        The target classes.
    num_sampled, range_max : int
        How many candidates to draw, and how many classes there are.

    Returns
    -------
    (candidates, expected counts of the true classes, expected counts of the candidates)
        Candidates are int64, with repetitions, of shape ``(num_sampled,)``; counts are float64.
    """
    log_range = math.log(range_max + 1)

    def expected(classes: Any) -> Any:
        return ((classes + 2.0) / (classes + 1.0)).log() / log_range * num_sampled

    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64", **kwargs)
    candidates = (drawn.exp() - 1).astype("int64") % range_max
    of_true = expected(true_classes.astype("float64"))
    return candidates, of_true, expected(candidates.astype("float64"))
