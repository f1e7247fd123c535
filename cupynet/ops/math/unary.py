"""Elementwise functions of one array: a table of mathematics, then casts, copies and clipping."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...device import of_raw
from ..catalog import op
from ..infer import Slots, number_type, same_shape, same_type
from ..op import Op
from ..schema import Attrs, DType, Scalar
from .scalars import scalar_for

__all__ = ["declare_unary", "sign"]


# Functions that give whole numbers for whole numbers; the others compute them in double precision and truncate.
_WHOLE = frozenset(("abs", "sign", "square", "negative", "floor", "ceil", "trunc", "fix", "rint", "round", "relu",
                    "logical_not"))


def _cast_back(result: Any, dtype: Any) -> Any:
    return result if result.dtype == dtype else result.astype(dtype)


def declare_unary(name: str, function: str | Callable, rule: Callable | None, doc: str, sparse: bool = True) -> Op:
    """Declare an elementwise operator of one input.

    Parameters
    ----------
    name : str
        MXNet's name; the alias ``_sparse_<name>`` is added if `sparse`.
    function : str or callable(xp, data, out=None)
        A universal function of ``xp`` by name, or the kernel's body.
    rule : callable(F, grad, data and/or output) or None
        The gradient rule; None declares a piecewise constant function (gradient zero).
    doc : str
        The mathematical definition, for the documentation.
    """
    exact = name in _WHOLE

    def argument(data):
        return data if exact or data.dtype.kind == "f" else data.astype("float64")

    if isinstance(function, str):
        def kernel(xp, data, *, out=None):
            ufunc = getattr(xp, function)
            x = argument(data)
            return _cast_back(ufunc(x), data.dtype) if out is None else ufunc(x, out=out, casting="unsafe")
    else:
        def kernel(xp, data, *, out=None):
            result = _cast_back(function(xp, argument(data)), data.dtype)
            if out is None:
                return result.copy() if result is data else result
            out[...] = result
            return out
    kernel.__name__ = name
    kernel.__doc__ = (f"{doc}, elementwise.\n\n"
                      "Parameters\n----------\ndata : any shape, any dtype but bool\n\n"
                      "Returns\n-------\nSame shape and dtype as `data`.")
    declared = op(name=name, aliases=(f"_sparse_{name}",) if sparse else (), inplace=True,
                  differentiable=rule is not None)(kernel)
    declared.shape(same_shape)
    declared.type(number_type)
    if rule is not None:
        declared.grad("data")(rule)
    return declared


def sign(xp: Any, data: Any) -> Any:
    """Return -1, 0 or 1 for each number, 0 for nan (unlike NumPy's)."""
    return xp.subtract(data > 0, data < 0, dtype=data.dtype) if data.dtype.kind == "f" else xp.sign(data)


def _rcbrt(xp, data):
    return 1 / xp.cbrt(data)


def _round(xp, data):  # halves away from zero, unlike NumPy's
    return xp.trunc(data + xp.copysign(0.5, data)) if data.dtype.kind == "f" else data


def _rint(xp, data):  # halves down, unlike NumPy's
    return xp.ceil(data - 0.5) if data.dtype.kind == "f" else data


def _relu(xp, data):
    return xp.maximum(data, 0)


def _sigmoid(xp, data):
    # tanh never overflows: 1/(1+exp(-x)) = (tanh(x/2) + 1) / 2
    return 0.5 * xp.tanh(0.5 * data) + 0.5


def _softsign(xp, data):
    return data / (1 + xp.abs(data))


_LN2, _LN10 = math.log(2), math.log(10)

# name, function, gradient rule, definition. Rules that can use the output do: it is kept anyway by most users.
for _row in (
    ("abs", "abs", lambda F, grad, data: grad * F.sign(data), "Absolute value"),
    ("sign", sign, None, "Sign: -1, 0 or 1"),
    ("exp", "exp", lambda F, grad, output: grad * output, "Exponential"),
    ("expm1", "expm1", lambda F, grad, output: grad * (output + 1), "``exp(data) - 1``, exact near zero"),
    ("log", "log", lambda F, grad, data: grad / data, "Natural logarithm"),
    ("log2", "log2", lambda F, grad, data: grad / (data * _LN2), "Logarithm to base 2"),
    ("log10", "log10", lambda F, grad, data: grad / (data * _LN10), "Logarithm to base 10"),
    ("log1p", "log1p", lambda F, grad, data: grad / (data + 1), "``log(1 + data)``, exact near zero"),
    ("square", "square", lambda F, grad, data: grad * (data * 2), "Square"),
    ("sqrt", "sqrt", lambda F, grad, output: grad * 0.5 / output, "Square root"),
    ("rsqrt", lambda xp, data: 1 / xp.sqrt(data),
     lambda F, grad, data, output: grad * (output / data) * -0.5, "Reciprocal square root"),
    ("cbrt", "cbrt", lambda F, grad, output: grad / (output * output * 3), "Cube root"),
    ("reciprocal", lambda xp, data: 1 / data, lambda F, grad, output: grad * (output * output) * -1, "``1 / data``"),
    ("negative", "negative", lambda F, grad: grad * -1, "Negative"),
    ("sin", "sin", lambda F, grad, data: grad * F.cos(data), "Sine of radians"),
    ("cos", "cos", lambda F, grad, data: grad * (F.sin(data) * -1), "Cosine of radians"),
    ("tan", "tan", lambda F, grad, output: grad * (output * output + 1), "Tangent of radians"),
    ("arcsin", "arcsin", lambda F, grad, data: grad * F.rsqrt(1 - data * data), "Inverse sine, in radians"),
    ("arccos", "arccos", lambda F, grad, data: grad * (F.rsqrt(1 - data * data) * -1), "Inverse cosine, in radians"),
    ("arctan", "arctan", lambda F, grad, data: grad / (data * data + 1), "Inverse tangent, in radians"),
    ("sinh", "sinh", lambda F, grad, data: grad * F.cosh(data), "Hyperbolic sine"),
    ("cosh", "cosh", lambda F, grad, data: grad * F.sinh(data), "Hyperbolic cosine"),
    ("tanh", "tanh", lambda F, grad, output: grad * (1 - output * output), "Hyperbolic tangent"),
    ("arcsinh", "arcsinh", lambda F, grad, data: grad * F.rsqrt(data * data + 1), "Inverse hyperbolic sine"),
    ("arccosh", "arccosh", lambda F, grad, data: grad * F.rsqrt(data * data - 1), "Inverse hyperbolic cosine"),
    ("arctanh", "arctanh", lambda F, grad, data: grad / (1 - data * data), "Inverse hyperbolic tangent"),
    ("degrees", "degrees", lambda F, grad: grad * (180 / math.pi), "Radians to degrees"),
    ("radians", "radians", lambda F, grad: grad * (math.pi / 180), "Degrees to radians"),
    ("floor", "floor", None, "Largest whole number not above"),
    ("ceil", "ceil", None, "Smallest whole number not below"),
    ("trunc", "trunc", None, "Whole number towards zero"),
    ("fix", "trunc", None, "Whole number towards zero"),
    ("rint", _rint, None, "Nearest whole number, halves down"),
    ("round", _round, None, "Nearest whole number, halves away from zero"),
    ("relu", _relu, lambda F, grad, output: grad * (output > 0), "Rectifier ``max(data, 0)``"),
    ("sigmoid", _sigmoid, lambda F, grad, output: grad * (output * (1 - output)),
     "Logistic function ``1 / (1 + exp(-data))``"),
):
    declare_unary(*_row)

for _row in (
    ("rcbrt", _rcbrt, lambda F, grad, data, output: grad * (output / data) * (-1 / 3), "Reciprocal cube root"),
    ("softsign", _softsign, lambda F, grad, data: grad / F.square(F.abs(data) + 1), "``data / (1 + |data|)``"),
    ("logical_not", "logical_not", None, "1 where `data` is zero, else 0"),
):
    declare_unary(*_row, sparse=False)


# ---- copies ---------------------------------------------------------------------------------------

@op(name="_copy", aliases=("identity",), view=True)
def copy(xp, data):
    """Copy of `data`: same shape, dtype and values."""
    return data


@op(name="_CrossDeviceCopy")
def cross_device_copy(xp, data, *, device=None):
    """Copy of `data` on another device, which graphs over several contexts make where values cross."""
    return data.copy() if device is None else device.copy_from(data, of_raw(data))


@op(name="BlockGrad", aliases=("stop_gradient", "_sparse_stop_gradient"), view=True, differentiable=False)
def block_grad(xp, data):
    """Identity whose gradient is zero: stops the backward pass."""
    return data


@op(name="zeros_like", aliases=("_sparse_zeros_like",), differentiable=False)
def zeros_like(xp, data, *, out=None):
    """Zeros of the shape and dtype of `data`."""
    if out is None:
        return xp.zeros(data.shape, data.dtype)
    out[...] = 0
    return out


@op(name="ones_like", differentiable=False)
def ones_like(xp, data, *, out=None):
    """Ones of the shape and dtype of `data`."""
    if out is None:
        return xp.ones(data.shape, data.dtype)
    out[...] = 1
    return out


for _op in (copy, cross_device_copy, block_grad, zeros_like, ones_like):
    _op.shape(same_shape)
    _op.type(same_type)


@cross_device_copy.grad("data")
@copy.grad("data")
def _(F, grad):
    return grad


# ---- dtype and range ------------------------------------------------------------------------------

@op(name="Cast", aliases=("cast",))
def cast(xp, data, *, dtype: DType, out=None):
    """Elements of `data` converted to `dtype`; floating point is truncated towards zero for integers."""
    if out is None:
        return data.astype(dtype)
    out[...] = data
    return out


cast.shape(same_shape)


@cast.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.dtype


@cast.grad("data")
def _(F, grad, data_dtype):
    return F.Cast(grad, dtype=data_dtype)


@op(name="clip", aliases=("_sparse_clip",), inplace=True)
def clip(xp, data, *, a_min: Scalar, a_max: Scalar, out=None):
    """Elements of `data` limited to ``[a_min, a_max]``. The gradient is passed where nothing was cut.

    What is above `a_max` becomes `a_max`, what is else below `a_min` becomes `a_min`, also where ``a_min > a_max``.
    """
    if data.dtype.kind == "f" and a_min <= a_max:
        return xp.clip(data, a_min, a_max, out=out)
    low, high = scalar_for(data, a_min), scalar_for(data, a_max)  # compared as they are, then truncated
    result = xp.where(data > a_max, high, xp.where(data < a_min, low, data)).astype(data.dtype, copy=False)
    if out is None:
        return result
    out[...] = result
    return out


clip.shape(same_shape)
clip.type(number_type)


@clip.grad("data")
def _(F, grad, data, *, a_min, a_max):
    return grad * F.logical_not((data < a_min) + (data > a_max))  # nan passes its gradient
