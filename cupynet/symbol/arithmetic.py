"""Arithmetic and comparisons of symbols, with each other and with numbers."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from ..ndarray import NDArray
from .base import SymbolBase
from .compose import apply

__all__ = ["Arithmetic"]


def _arithmetic(both: str, scalar: str, python: str) -> Callable:
    def method(self: SymbolBase, other: Any) -> SymbolBase:
        if isinstance(other, SymbolBase):
            return apply(both, self, other)
        if isinstance(other, (int, float, np.generic)):
            return apply(scalar, self, scalar=other)
        return _unsupported(other)
    method.__name__ = python
    method.__doc__ = f"``self {python} other`` with a symbol or a number."
    return method


def _unsupported(other: Any) -> Any:
    if isinstance(other, (NDArray, np.ndarray)):
        raise MXNetTypeError(f"type {type(other)} not supported: a Symbol cannot be combined with an array; bind "
                             "arrays to variables instead")
    return NotImplemented


def _reflected(scalar: str, python: str) -> Callable:
    def method(self: SymbolBase, other: Any) -> SymbolBase:
        if isinstance(other, (int, float, np.generic)):
            return apply(scalar, self, scalar=other)
        return _unsupported(other)
    method.__name__ = python
    method.__doc__ = f"``other {python} self`` with a number."
    return method


class Arithmetic(SymbolBase):
    """A symbol with Python's operators."""

    __slots__ = ()
    __array_priority__ = 1000.0
    __array_ufunc__ = None  # NumPy leaves arithmetic to us

    __add__ = _arithmetic("_plus", "_PlusScalar", "+")
    __sub__ = _arithmetic("_minus", "_MinusScalar", "-")
    __mul__ = _arithmetic("_mul", "_MulScalar", "*")
    __truediv__ = _arithmetic("_div", "_DivScalar", "/")
    __mod__ = _arithmetic("_mod", "_ModScalar", "%")
    __pow__ = _arithmetic("_power", "_PowerScalar", "**")
    __radd__ = _reflected("_PlusScalar", "+")
    __rsub__ = _reflected("_RMinusScalar", "-")
    __rmul__ = _reflected("_MulScalar", "*")
    __rtruediv__ = _reflected("_RDivScalar", "/")
    __rmod__ = _reflected("_RModScalar", "%")
    __rpow__ = _reflected("_rpower_scalar", "**")
    __eq__ = _arithmetic("_equal", "_equal_scalar", "==")
    __ne__ = _arithmetic("_not_equal", "_not_equal_scalar", "!=")
    __gt__ = _arithmetic("_greater", "_greater_scalar", ">")
    __ge__ = _arithmetic("_greater_equal", "_greater_equal_scalar", ">=")
    __lt__ = _arithmetic("_lesser", "_lesser_scalar", "<")
    __le__ = _arithmetic("_lesser_equal", "_lesser_equal_scalar", "<=")
    __hash__ = object.__hash__

    def __neg__(self) -> SymbolBase:
        return self * -1.0

    def __abs__(self) -> SymbolBase:
        return apply("abs", self)
