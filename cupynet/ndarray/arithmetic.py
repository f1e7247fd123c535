"""The operators + - * / ... of arrays.

On two host arrays, or an array and a number, they take the shortest way: one universal function and one new object.
Everything else (GPU, recording of what broadcasts, mixed types) goes through invoke.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import observe, tape
from ..device import bring
from ..ops import catalog
from ..ops.math.binary import remainder
from ..ops.op import Op
from ..ops.schema import Attrs
from ..tape import state
from .base import NDArrayBase
from .invoke import call, forbid_recorded, invoke

__all__ = ["Arithmetic", "SCALARS", "operand", "beside", "number"]

SCALARS = (bool, int, float, np.generic)
_ndarray = np.ndarray
_new = object.__new__


def operand(array: NDArrayBase, other: Any) -> NDArrayBase | None:
    """Return `other` as an array beside `array`, or None if it is no array."""
    if isinstance(other, NDArrayBase):
        return other
    if isinstance(other, (list, tuple, _ndarray)) or hasattr(other, "__cuda_array_interface__"):
        return beside(array, other)
    return None


def beside(array: NDArrayBase, other: Any) -> NDArrayBase:
    """Bring a foreign array to the context of `array`, with its dtype."""
    device = array._ctx.device
    if isinstance(other, device.xp.ndarray):
        other = bring(other, device) if device.kind != "cpu" else other
    else:
        other = device.from_host(np.asarray(other.get() if hasattr(other, "get") else other))
    return array._wrap(other.astype(array._data.dtype))


def _with_scalar(op: Op) -> Callable[[int | float], Attrs]:
    """Return a function that gives the attributes of `op` with a number, without parsing."""
    having = op.parse({"scalar": 0.0}).having
    return lambda value: having({"scalar": float(value)})


def _binary(ufunc: Callable, same: str, wide: str, scalar: str, name: str) -> Callable:
    """Make the method ``self <op> other``."""
    same_op, wide_op, scalar_op = catalog.get(same), catalog.get(wide), catalog.get(scalar)
    keep_ins, keep_outs = same_op.kept
    keep_x, keep_result = scalar_op.kept
    differentiable = same_op.differentiable
    scalar_attrs = _with_scalar(scalar_op)

    def general(self: NDArrayBase, other: NDArrayBase) -> NDArrayBase:
        op = same_op if self._data.shape == other._data.shape else wide_op
        return invoke(op, (self, other), op.parse({}))

    def method(self: NDArrayBase, other: Any) -> NDArrayBase:
        x = self._data
        if other.__class__ is self.__class__:
            y = other._data
            if x.__class__ is _ndarray and self._ctx is other._ctx and x.dtype is y.dtype:
                entry, other_entry = self._entry, other._entry
                if state.recording and (entry is not None or other_entry is not None):
                    if x.shape != y.shape or not differentiable:
                        return invoke(wide_op, (self, other), wide_op.parse({}))
                    result = ufunc(x, y)
                    if result.__class__ is _ndarray and result.dtype is x.dtype:
                        array = _new(self._class)
                        array._data = result
                        array._ctx = self._ctx
                        array._entry = tape.OpNode(
                            same_op, None, (entry, other_entry), (x, y) if keep_ins else None,
                            (result,) if keep_outs else None, self._ctx), 0
                        return array
                else:
                    try:
                        result = ufunc(x, y)
                    except (ValueError, TypeError):
                        return invoke(wide_op, (self, other), wide_op.parse({}))  # raises with a name and shapes
                    if result.__class__ is _ndarray and result.dtype is x.dtype:
                        array = _new(self._class)
                        array._data = result
                        array._ctx = self._ctx
                        array._entry = None
                        return array
            return general(self, other)
        kind = other.__class__
        if kind is int or kind is float:
            recorded = state.recording and self._entry is not None
            if x.__class__ is _ndarray and x.dtype.kind == "f" and (differentiable or not recorded):
                result = ufunc(x, other)
                if result.__class__ is _ndarray and result.dtype is x.dtype:
                    array = _new(self._class)
                    array._data = result
                    array._ctx = self._ctx
                    array._entry = None if not recorded else (tape.OpNode(
                        scalar_op, scalar_attrs(other), (self._entry,), (x,) if keep_x else None,
                        (result,) if keep_result else None, self._ctx), 0)
                    return array
            return invoke(scalar_op, (self,), scalar_attrs(other))
        if isinstance(other, SCALARS):
            return invoke(scalar_op, (self,), scalar_attrs(number(other)))
        array = operand(self, other)
        return NotImplemented if array is None else general(self, array)
    def watched(self: NDArrayBase, other: Any) -> NDArrayBase:
        if isinstance(other, SCALARS):
            return invoke(scalar_op, (self,), scalar_op.parse({"scalar": number(other)}))
        array = operand(self, other)
        return NotImplemented if array is None else general(self, array)
    method.watched = watched
    method.__name__ = watched.__name__ = name
    method.__doc__ = f"``self {name} other`` with an array (broadcasting) or a number; see the operator {wide}."
    return method


def _reflected(method: Callable, scalar: str, name: str) -> Callable:
    """Make the method ``other <op> self``, where `scalar` is the operator whose number comes first."""
    scalar_op = catalog.get(scalar)
    scalar_attrs = _with_scalar(scalar_op)

    def reflected(self: NDArrayBase, other: Any) -> NDArrayBase:
        if isinstance(other, SCALARS):
            return invoke(scalar_op, (self,), scalar_attrs(number(other)))
        array = operand(self, other)
        return NotImplemented if array is None else method(array, self)

    def watched(self: NDArrayBase, other: Any) -> NDArrayBase:
        if isinstance(other, SCALARS):
            return reflected(self, other)
        array = operand(self, other)
        return NotImplemented if array is None else method.watched(array, self)
    reflected.watched = watched
    reflected.__name__ = watched.__name__ = name
    reflected.__doc__ = f"The same with `self` on the right; see the operator {scalar}."
    return reflected


def _in_place(ufunc: Callable, same: str, wide: str, scalar: str, name: str) -> Callable:
    """Make the method ``self <op>= other``, which writes into the memory of `self`."""
    same_op, wide_op, scalar_op = catalog.get(same), catalog.get(wide), catalog.get(scalar)
    scalar_attrs = _with_scalar(scalar_op)

    def method(self: NDArrayBase, other: Any) -> NDArrayBase:
        x = self._data
        if state.recording:
            if self._entry is not None:
                forbid_recorded(same_op, (self,))
        elif x.__class__ is _ndarray and x.dtype.kind == "f":
            if other.__class__ is self.__class__:
                y = other._data
                if self._ctx is other._ctx and x.dtype is y.dtype and x.shape == y.shape:
                    ufunc(x, y, x)
                    return self
            elif other.__class__ is float or other.__class__ is int:
                ufunc(x, other, x)
                return self
        return watched(self, other)

    def watched(self: NDArrayBase, other: Any) -> NDArrayBase:
        if isinstance(other, SCALARS):
            return invoke(scalar_op, (self,), scalar_attrs(number(other)), out=self)
        array = operand(self, other)
        if array is None:
            return NotImplemented
        op = same_op if array.shape == self.shape else wide_op
        return invoke(op, (self, array), op.parse({}), out=self)
    method.watched = watched
    method.__name__ = watched.__name__ = name
    method.__doc__ = f"In place; see the operator {wide}."
    return method


def _power(x: Any, y: Any) -> Any:
    """Compute powers of floating point, in the form of a universal function; others are left to the operator."""
    return np.power(x, y) if x.dtype.kind == "f" else None


def _remainder(x: Any, y: Any, out: Any = None) -> Any:
    """Compute as the operator ``_mod`` does, for which a divisor of 0 leaves 0, in the form of a universal function."""
    result = remainder(np, x, y)
    if out is None:
        return result
    out[...] = result
    return out


def number(scalar: Any) -> Any:
    """Return a scalar of NumPy's or Python's as a Python number."""
    return scalar.item() if isinstance(scalar, (np.generic, np.ndarray)) else scalar


class Arithmetic(NDArrayBase):
    """Python's operators as methods of arrays."""

    __slots__ = ()

    __add__ = _binary(np.add, "elemwise_add", "broadcast_add", "_plus_scalar", "+")
    __sub__ = _binary(np.subtract, "elemwise_sub", "broadcast_sub", "_minus_scalar", "-")
    __mul__ = _binary(np.multiply, "elemwise_mul", "broadcast_mul", "_mul_scalar", "*")
    __truediv__ = _binary(np.true_divide, "elemwise_div", "broadcast_div", "_div_scalar", "/")
    __mod__ = _binary(_remainder, "_mod", "broadcast_mod", "_mod_scalar", "%")
    __pow__ = _binary(_power, "_power", "broadcast_power", "_power_scalar", "**")
    __radd__ = _reflected(__add__, "_plus_scalar", "+")
    __rsub__ = _reflected(__sub__, "_rminus_scalar", "-")
    __rmul__ = _reflected(__mul__, "_mul_scalar", "*")
    __rtruediv__ = _reflected(__truediv__, "_rdiv_scalar", "/")
    __rmod__ = _reflected(__mod__, "_rmod_scalar", "%")
    __rpow__ = _reflected(__pow__, "_rpower_scalar", "**")
    __iadd__ = _in_place(np.add, "elemwise_add", "broadcast_add", "_plus_scalar", "+=")
    __isub__ = _in_place(np.subtract, "elemwise_sub", "broadcast_sub", "_minus_scalar", "-=")
    __imul__ = _in_place(np.multiply, "elemwise_mul", "broadcast_mul", "_mul_scalar", "*=")
    __itruediv__ = _in_place(np.true_divide, "elemwise_div", "broadcast_div", "_div_scalar", "/=")
    __imod__ = _in_place(_remainder, "_mod", "broadcast_mod", "_mod_scalar", "%=")
    __eq__ = _binary(np.equal, "_equal", "broadcast_equal", "_equal_scalar", "==")
    __ne__ = _binary(np.not_equal, "_not_equal", "broadcast_not_equal", "_not_equal_scalar", "!=")
    __gt__ = _binary(np.greater, "_greater", "broadcast_greater", "_greater_scalar", ">")
    __ge__ = _binary(np.greater_equal, "_greater_equal", "broadcast_greater_equal", "_greater_equal_scalar", ">=")
    __lt__ = _binary(np.less, "_lesser", "broadcast_lesser", "_lesser_scalar", "<")
    __le__ = _binary(np.less_equal, "_lesser_equal", "broadcast_lesser_equal", "_lesser_equal_scalar", "<=")

    __hash__ = object.__hash__

    def __neg__(self) -> Arithmetic:
        return self * -1.0

    def __abs__(self) -> Arithmetic:
        return call("abs", self)

    def __matmul__(self, other: Any) -> Arithmetic:
        array = operand(self, other)
        return NotImplemented if array is None else call("dot", self, array)


for _name, _method in list(vars(Arithmetic).items()):
    if hasattr(_method, "watched"):
        observe.replace(Arithmetic, _name, _method.watched)  # the short ways would pass unseen
