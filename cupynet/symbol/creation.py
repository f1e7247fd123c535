"""Symbols without inputs, and functions of two symbols or a symbol and a number."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..ops import catalog
from .compose import apply, compose
from .symbol import Symbol

__all__ = ["zeros", "ones", "full", "arange", "linspace", "eye", "split_v2", "histogram", "maximum", "minimum", "power",
           "pow", "hypot", "add", "subtract", "multiply", "divide", "modulo", "equal", "not_equal", "greater",
           "greater_equal", "lesser", "lesser_equal", "logical_and", "logical_or", "logical_xor"]

_NUMBERS = (int, float, np.generic)


def _source(called: str, values: dict[str, Any], kwargs: dict[str, Any]) -> Symbol:
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    kwargs.pop("ctx", None)  # a symbol is on no context yet
    return compose(catalog.get(called), called, {}, (), {**values, **kwargs}, name, attr)


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a symbol of zeros."""
    return _source("_zeros", {"shape": shape, "dtype": dtype or np.float32}, kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a symbol of ones."""
    return _source("_ones", {"shape": shape, "dtype": dtype or np.float32}, kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a symbol filled with `val`."""
    return _source("_full", {"shape": shape, "value": float(val), "dtype": dtype or np.float32}, kwargs)


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool = False,
           name: str | None = None, dtype: Any = None) -> Symbol:
    """Return a symbol of evenly spaced values in ``[start, stop)``, each `repeat` times."""
    return _source("_arange", {"start": start, "stop": stop, "step": step, "repeat": repeat, "infer_range": infer_range,
                               "dtype": dtype or np.float32}, {"name": name})


def linspace(start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None,
             dtype: Any = None) -> Symbol:
    """Return a symbol of `num` evenly spaced values from `start` to `stop`."""
    return _source("_linspace", {"start": start, "stop": stop, "num": num, "endpoint": endpoint,
                                 "dtype": dtype or np.float32}, {"name": name})


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a symbol of an ``N x M`` array with ones on the diagonal `k`."""
    return _source("_eye", {"N": N, "M": M, "k": k, "dtype": dtype or np.float32}, kwargs)


def split_v2(ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Symbol:
    """Return `ary` split into equal sections, or before the given indices."""
    return ary.split_v2(indices_or_sections, axis, squeeze_axis)


def histogram(a: Symbol, bins: Any = 10, range: tuple[float, float] | None = None, **kwargs: Any) -> Symbol:
    """Return counts and bin edges of the values of `a`, for a symbol of edges or a number of bins in a range."""
    name = kwargs.pop("name", None)
    if isinstance(bins, Symbol):
        return compose(catalog.get("_histogram"), "_histogram", {"data": a, "bins": bins}, (), {}, name)
    if range is None:
        raise MXNetValueError("null range is not supported in symbol mode")
    return compose(catalog.get("_histogram"), "_histogram", {"data": a}, (), {"bin_cnt": bins, "range": range}, name)


def _two_way(name: str, both: str, scalar: str, reverse: str, plain: Callable,
             parameters: tuple[str, str] = ("lhs", "rhs")) -> Callable:
    P = inspect.Parameter
    sign = inspect.Signature([P(each, P.POSITIONAL_OR_KEYWORD) for each in parameters])

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            lhs, rhs = sign.bind(*args, **kwargs).args
        except TypeError as error:
            raise MXNetTypeError(f"{name}: {error}") from None
        if isinstance(lhs, Symbol) and isinstance(rhs, Symbol):
            return apply(both, lhs, rhs)
        for symbol, number, op in ((lhs, rhs, scalar), (rhs, lhs, reverse)):
            if isinstance(symbol, Symbol) and isinstance(number, _NUMBERS):
                return apply(op, symbol, scalar=number)
        if not isinstance(lhs, _NUMBERS) or not isinstance(rhs, _NUMBERS):
            raise MXNetTypeError(f"types ({type(lhs)}, {type(rhs)}) not supported")
        return plain(lhs, rhs)
    call.__name__ = call.__qualname__ = name
    call.__signature__ = sign
    call.__doc__ = f"Return ``{name}`` of two symbols, or of a symbol and a number."
    return call


maximum = _two_way("maximum", "_maximum", "_MaximumScalar", "_MaximumScalar", max, ("left", "right"))
minimum = _two_way("minimum", "_minimum", "_MinimumScalar", "_MinimumScalar", min, ("left", "right"))
power = pow = _two_way("power", "_power", "_PowerScalar", "_RPowerScalar", lambda x, y: x ** y, ("base", "exp"))
hypot = _two_way("hypot", "_hypot", "_HypotScalar", "_HypotScalar", lambda x, y: float(np.hypot(x, y)),
                 ("left", "right"))
add = _two_way("add", "_plus", "_PlusScalar", "_PlusScalar", lambda x, y: x + y)
subtract = _two_way("subtract", "_minus", "_MinusScalar", "_RMinusScalar", lambda x, y: x - y)
multiply = _two_way("multiply", "_mul", "_MulScalar", "_MulScalar", lambda x, y: x * y)
divide = _two_way("divide", "_div", "_DivScalar", "_RDivScalar", lambda x, y: x / y)
modulo = _two_way("modulo", "_mod", "_ModScalar", "_RModScalar", lambda x, y: x % y)
equal = _two_way("equal", "_equal", "_equal_scalar", "_equal_scalar", lambda x, y: float(x == y))
not_equal = _two_way("not_equal", "_not_equal", "_not_equal_scalar", "_not_equal_scalar", lambda x, y: float(x != y))
greater = _two_way("greater", "_greater", "_greater_scalar", "_lesser_scalar", lambda x, y: float(x > y))
greater_equal = _two_way("greater_equal", "_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar",
                         lambda x, y: float(x >= y))
lesser = _two_way("lesser", "_lesser", "_lesser_scalar", "_greater_scalar", lambda x, y: float(x < y))
lesser_equal = _two_way("lesser_equal", "_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar",
                        lambda x, y: float(x <= y))
logical_and = _two_way("logical_and", "_logical_and", "_logical_and_scalar", "_logical_and_scalar",
                       lambda x, y: float(bool(x and y)))
logical_or = _two_way("logical_or", "_logical_or", "_logical_or_scalar", "_logical_or_scalar",
                      lambda x, y: float(bool(x or y)))
logical_xor = _two_way("logical_xor", "_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar",
                       lambda x, y: float(bool(x) != bool(y)))
