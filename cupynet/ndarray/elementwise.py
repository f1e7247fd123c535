"""Functions of two arrays, of an array and a number, or of two numbers: one table."""
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from ..ops import catalog
from .arithmetic import SCALARS
from .base import NDArrayBase
from .invoke import invoke
from .ndarray import NDArray


def _flag(condition: Any) -> int:
    return 1 if condition else 0


# name -> what it computes, operator of two arrays, of an array and a number, of a number and an array, of two numbers
_TABLE: dict[str, tuple[str, str, str, str, Callable]] = {
    "add": ("lhs + rhs", "broadcast_add", "_plus_scalar", "_plus_scalar", operator.add),
    "subtract": ("lhs - rhs", "broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub),
    "multiply": ("lhs * rhs", "broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul),
    "divide": ("lhs / rhs", "broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "true_divide": ("lhs / rhs", "broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "modulo": ("lhs % rhs", "broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod),
    "power": ("base ** exp", "broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow),
    "maximum": ("max", "broadcast_maximum", "_maximum_scalar", "_maximum_scalar", lambda x, y: x if x > y else y),
    "minimum": ("min", "broadcast_minimum", "_minimum_scalar", "_minimum_scalar", lambda x, y: x if x < y else y),
    "hypot": ("hypot", "broadcast_hypot", "_hypot_scalar", "_hypot_scalar", lambda x, y: float(np.hypot(x, y))),
    "equal": ("lhs == rhs", "broadcast_equal", "_equal_scalar", "_equal_scalar", lambda x, y: _flag(x == y)),
    "not_equal": ("lhs != rhs", "broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar",
                  lambda x, y: _flag(x != y)),
    "greater": ("lhs > rhs", "broadcast_greater", "_greater_scalar", "_lesser_scalar", lambda x, y: _flag(x > y)),
    "greater_equal": ("lhs >= rhs", "broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar",
                      lambda x, y: _flag(x >= y)),
    "lesser": ("lhs < rhs", "broadcast_lesser", "_lesser_scalar", "_greater_scalar", lambda x, y: _flag(x < y)),
    "lesser_equal": ("lhs <= rhs", "broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar",
                     lambda x, y: _flag(x <= y)),
    "logical_and": ("lhs and rhs", "broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar",
                    lambda x, y: _flag(x and y)),
    "logical_or": ("lhs or rhs", "broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar",
                   lambda x, y: _flag(x or y)),
    "logical_xor": ("lhs xor rhs", "broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar",
                    lambda x, y: _flag(bool(x) != bool(y))),
}


def _apply(name: str, *ins: NDArrayBase, **values: float) -> NDArray:
    op = catalog.get(name)
    return invoke(op, ins, op.parse(values), cls=NDArray)


def _function(name: str) -> Callable:
    text, wide, scalar, reverse, plain = _TABLE[name]

    def function(lhs: Any, rhs: Any) -> Any:
        arrays = isinstance(lhs, NDArrayBase), isinstance(rhs, NDArrayBase)
        for value, is_array in zip((lhs, rhs), arrays):
            if not is_array and not isinstance(value, SCALARS):
                raise MXNetTypeError(f"{name}: type {type(value)} not supported; expected NDArrays or numbers")
        if all(arrays):
            return _apply(wide, lhs, rhs)
        if arrays[0]:
            return _apply(scalar, lhs, scalar=float(rhs))
        if arrays[1]:
            return _apply(reverse, rhs, scalar=float(lhs))
        return plain(lhs, rhs)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``{text}`` of two arrays (broadcasting), or of an array and a number."
    return function


__all__ = list(_TABLE)
globals().update({_name: _function(_name) for _name in _TABLE})
_power = globals()["power"]


def power(base: Any, exp: Any) -> Any:
    """``base ** exp`` of two arrays (broadcasting), or of an array and a number."""
    return _power(base, exp)
