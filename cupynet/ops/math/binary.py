"""Elementwise functions of two arrays.

One table gives every function its three MXNet forms: two arrays of one shape (``elemwise_add``), two
arrays broadcast together (``broadcast_add``), and an array with a number (``_plus_scalar``, and
``_rminus_scalar`` where the number comes first).
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base import MXNetValueError
from ..catalog import op
from ..infer import broadcast_shape, first_type, same_shape, same_type
from ..op import Op
from ..schema import Scalar
from .scalars import logarithm, scalar_for, scalar_type, widened

__all__ = ["remainder"]


def _whole_quotient(xp, x, y):
    return xp.floor_divide(x - xp.fmod(x, y), y)  # truncated towards zero


def _whole_power(xp, x, y):  # exponents may be negative, which NumPy refuses
    return xp.power(xp.asarray(x, "f8"), xp.asarray(y, "f8"))


_OF_WHOLE_NUMBERS = {"divide": _whole_quotient, "power": _whole_power}  # true_divide: in double precision


def _call(xp: Any, function: str | Callable, x: Any, y: Any, dtype: Any, out: Any) -> Any:
    """Apply a universal function and give the result `dtype` (truncating), in `out` if there is one."""
    if dtype.kind != "f":
        function = _OF_WHOLE_NUMBERS.get(function, function)
    if not isinstance(function, str):
        result = function(xp, x, y)
    elif out is not None:
        return getattr(xp, function)(x, y, out=out, casting="unsafe")
    else:
        result = getattr(xp, function)(x, y)
    if out is not None:
        out[...] = result
        return out
    return result if result.dtype == dtype else result.astype(dtype)


def _document(kernel: Callable, name: str, text: str, parameters: str, returns: str) -> None:
    kernel.__name__ = name
    kernel.__doc__ = f"{text}\n\nParameters\n----------\n{parameters}\n\nReturns\n-------\n{returns}"


def _declare_arrays(name: str, aliases: tuple, function: str | Callable, text: str, broadcasts: bool,
                    rules: tuple | None) -> Op:
    def kernel(xp, lhs, rhs, *, out=None):
        return _call(xp, function, lhs, rhs, lhs.dtype, out)
    shapes = "shapes that broadcast together" if broadcasts else "one shape"
    _document(kernel, name, f"``{text}``, elementwise.", f"lhs, rhs : {shapes}, one dtype",
              "The common shape and dtype.")
    declared = op(name=name, aliases=aliases, broadcasts=broadcasts, inplace=True,
                  differentiable=rules is not None)(kernel)
    declared.shape(broadcast_shape if broadcasts else same_shape)
    declared.type(same_type)
    if rules is not None:
        declared.grad("lhs")(rules[0])
        declared.grad("rhs")(rules[1])
    return declared


def _declare_scalar(name: str, aliases: tuple, function: str | Callable, text: str, reverse: bool,
                    rule: Callable | None) -> Op:
    def kernel(xp, data, *, scalar: Scalar = 1.0, is_int: bool = True, out=None):
        if data.dtype.kind != "f":
            data = data.astype(widened(data.dtype, is_int), copy=False)
        number = scalar_for(data, scalar)
        x, y = (number, data) if reverse else (data, number)
        return _call(xp, function, x, y, data.dtype, out)
    _document(kernel, name, f"``{text}`` with a number, elementwise.",
              "data : any shape, any dtype\nscalar : float\n"
              "is_int : bool\n    Whether whole numbers stay whole and truncate the number; else they become float64.",
              "Same shape as `data`, same dtype if it is a number's; int64 or float64 (see `is_int`) for bool.")
    declared = op(name=name, aliases=aliases, inplace=True, differentiable=rule is not None)(kernel)
    declared.shape(same_shape)
    declared.type(scalar_type)
    if rule is not None:
        declared.grad("data")(rule)
    return declared


def remainder(xp, x, y):
    """Remainder with the sign of the divisor; 0 for a divisor of 0."""
    return xp.where(y == 0, 0, xp.mod(x, y))


# stem, elemwise name and aliases, broadcast name and aliases, function, text, (rule of lhs, rule of rhs)
_ARITHMETIC = (
    ("plus", "elemwise_add", ("_Plus", "_add", "_plus", "_sparse_elemwise_add"),
     "broadcast_add", ("broadcast_plus", "_sparse_broadcast_add", "_sparse_broadcast_plus"), "add", "lhs + rhs",
     (lambda F, grad: grad, lambda F, grad: grad)),
    ("minus", "elemwise_sub", ("_Minus", "_minus", "_sub", "_sparse_elemwise_sub"),
     "broadcast_sub", ("broadcast_minus", "_sparse_broadcast_sub", "_sparse_broadcast_minus"), "subtract", "lhs - rhs",
     (lambda F, grad: grad, lambda F, grad: grad * -1)),
    ("mul", "elemwise_mul", ("_Mul", "_mul", "_sparse_elemwise_mul"),
     "broadcast_mul", ("_sparse_broadcast_mul",), "multiply", "lhs * rhs",
     (lambda F, grad, rhs: grad * rhs, lambda F, grad, lhs: grad * lhs)),
    ("div", "elemwise_div", ("_Div", "_div", "_sparse_elemwise_div"),
     "broadcast_div", ("_sparse_broadcast_div",), "divide", "lhs / rhs",
     (lambda F, grad, rhs: grad / rhs, lambda F, grad, rhs, output: grad * (output / rhs) * -1)),
    ("mod", "_mod", ("_Mod",), "broadcast_mod", (), remainder, "lhs % rhs",
     (lambda F, grad: grad, lambda F, grad, lhs, rhs: grad * F.floor(lhs / rhs) * -1)),
    ("power", "_power", ("_Power",), "broadcast_power", (), "power", "lhs ** rhs",
     (lambda F, grad, lhs, rhs: grad * rhs * lhs ** (rhs - 1),
      lambda F, grad, lhs, output: grad * output * F.log(lhs))),
    ("maximum", "_maximum", ("_Maximum",), "broadcast_maximum", (), "maximum", "max(lhs, rhs)",
     (lambda F, grad, lhs, rhs: grad * (lhs >= rhs), lambda F, grad, lhs, rhs: grad * (lhs < rhs))),
    ("minimum", "_minimum", ("_Minimum",), "broadcast_minimum", (), "minimum", "min(lhs, rhs)",
     (lambda F, grad, lhs, rhs: grad * (lhs <= rhs), lambda F, grad, lhs, rhs: grad * (lhs > rhs))),
    ("hypot", "_hypot", ("_Hypot",), "broadcast_hypot", (), "hypot", "sqrt(lhs**2 + rhs**2)",
     (lambda F, grad, lhs, output: grad * (lhs / output), lambda F, grad, rhs, output: grad * (rhs / output))),
)

for _stem, _name, _aliases, _wide, _wide_aliases, _function, _text, _rules in _ARITHMETIC:
    _declare_arrays(_name, _aliases, _function, _text, False, _rules)
    _declare_arrays(_wide, _wide_aliases, _function, _text, True, _rules)

for _stem, _function, _text in (
    ("equal", "equal", "lhs == rhs"), ("not_equal", "not_equal", "lhs != rhs"),
    ("greater", "greater", "lhs > rhs"), ("greater_equal", "greater_equal", "lhs >= rhs"),
    ("lesser", "less", "lhs < rhs"), ("lesser_equal", "less_equal", "lhs <= rhs"),
    ("logical_and", "logical_and", "lhs and rhs"), ("logical_or", "logical_or", "lhs or rhs"),
    ("logical_xor", "logical_xor", "lhs xor rhs"),
):
    _camel = "_".join(part.capitalize() for part in _stem.split("_"))
    _declare_arrays(f"_{_stem}", (f"_{_camel}",), _function, _text, False, None)
    _declare_arrays(f"broadcast_{_stem}", (), _function, _text, True, None)
    _declare_scalar(f"_{_stem}_scalar", (f"_{_camel.replace('_', '')}Scalar",), _function,
                    _text.replace("lhs", "data").replace("rhs", "scalar"), False, None)

# name, alias, function, text, number first, gradient rule
for _row in (
    ("_plus_scalar", "_PlusScalar", "add", "data + scalar", False, lambda F, grad: grad),
    ("_minus_scalar", "_MinusScalar", "subtract", "data - scalar", False, lambda F, grad: grad),
    ("_rminus_scalar", "_RMinusScalar", "subtract", "scalar - data", True, lambda F, grad: grad * -1),
    ("_mul_scalar", "_MulScalar", "multiply", "data * scalar", False,
     lambda F, grad, *, scalar: grad * scalar),
    ("_div_scalar", "_DivScalar", "true_divide", "data / scalar", False,
     lambda F, grad, *, scalar: grad / scalar),
    ("_rdiv_scalar", "_RDivScalar", "true_divide", "scalar / data", True,
     lambda F, grad, data, output: grad * (output / data) * -1),
    ("_mod_scalar", "_ModScalar", remainder, "data % scalar", False, lambda F, grad: grad),
    ("_rmod_scalar", "_RModScalar", remainder, "scalar % data", True,
     lambda F, grad, data, *, scalar: grad * F.floor(scalar / data) * -1),
    ("_power_scalar", "_PowerScalar", "power", "data ** scalar", False,
     lambda F, grad, data, *, scalar: grad * data ** (scalar - 1) * scalar),
    ("_rpower_scalar", "_RPowerScalar", "power", "scalar ** data", True,
     lambda F, grad, output, *, scalar: grad * output * logarithm(scalar)),
    ("_maximum_scalar", "_MaximumScalar", "maximum", "max(data, scalar)", False,
     lambda F, grad, data, *, scalar: grad * (data >= scalar)),
    ("_minimum_scalar", "_MinimumScalar", "minimum", "min(data, scalar)", False,
     lambda F, grad, data, *, scalar: grad * (data <= scalar)),
    ("_hypot_scalar", "_HypotScalar", "hypot", "sqrt(data**2 + scalar**2)", False,
     lambda F, grad, data, output: grad * (data / output)),
):
    _declare_scalar(_row[0], (_row[1],), *_row[2:])


# What MXNet gives sparse arrays a form of their own for; on dense arrays they are the operators they are called after.
_declare_arrays("_grad_add", (), "add", "lhs + rhs", False, (lambda F, grad: grad, lambda F, grad: grad))
_declare_arrays("_scatter_elemwise_div", (), "divide", "lhs / rhs", False, _ARITHMETIC[3][-1])
_declare_scalar("_scatter_plus_scalar", (), "add", "data + scalar", False, lambda F, grad: grad)
_declare_scalar("_scatter_minus_scalar", (), "subtract", "data - scalar", False, lambda F, grad: grad)


@op(name="add_n", aliases=("ElementWiseSum", "_sparse_ElementWiseSum", "_sparse_add_n"))
def add_n(xp, *args, out=None):
    """Sum of all inputs, which have one shape and dtype."""
    if not args:
        raise MXNetValueError("add_n: needs at least one input")
    total = xp.add(args[0], args[1], out=out) if len(args) > 1 else args[0].copy()
    for each in args[2:]:
        xp.add(total, each, out=total)
    if out is not None and total is not out:
        out[...] = total
        return out
    return total


add_n.shape(same_shape)
add_n.type(same_type)


@add_n.grad("args")
def _(F, grad, args_shape):
    return [grad] * len(args_shape)


@op(name="smooth_l1")
def smooth_l1(xp, data, *, scalar: Scalar = 1.0):
    """Huber-like loss: ``0.5 (s x)^2`` where ``|x| < 1/s^2``, else ``|x| - 0.5/s^2``, with ``s = scalar``.

    Zero everywhere for ``s = 0``; `scalar` is truncated where `data` has whole numbers.
    """
    s2 = scalar_for(data, scalar) ** 2
    if s2 == 0:
        return data * 0
    size = xp.abs(data)
    return xp.where(size < 1 / s2, 0.5 * s2 * data * data, size - 0.5 / s2).astype(data.dtype)


smooth_l1.shape(same_shape)
smooth_l1.type(first_type)


@smooth_l1.grad("data")
def _(F, grad, data, *, scalar):
    s2 = scalar * scalar
    return grad * (F.where(F.abs(data) > 1 / s2, F.sign(data), data * s2) if s2 else data * 0)
