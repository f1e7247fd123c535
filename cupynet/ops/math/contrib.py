"""Small functions of MXNet's contrib room."""
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..catalog import op
from ..infer import Slots, number_type, same_shape, same_type
from ..op import Op
from ..schema import Attrs, Scalar
from .unary import sign

__all__: list[str] = []


@op(name="_contrib_quadratic")
def quadratic(xp, data, *, a: float = 0.0, b: float = 0.0, c: float = 0.0):
    """Quadratic function ``a data^2 + b data + c``, elementwise: the example of MXNet's tutorial on operators."""
    return ((a * data + b) * data + c).astype(data.dtype, copy=False)


@quadratic.grad("data")
def _(F, grad, data, *, a, b):
    return grad * (data * (2 * a) + b)


@op(name="_contrib_gradientmultiplier", view=True, ignores=("is_int",))
def gradient_multiplier(xp, data, *, scalar: Scalar = 1.0):
    """Identity whose gradient is multiplied by `scalar`; a negative one makes a gradient reversal layer.

    Source: Y. Ganin, V. Lempitsky, "Unsupervised domain adaptation by backpropagation", 2015.
    """
    return data


@gradient_multiplier.grad("data")
def _(F, grad, *, scalar):
    return grad * scalar


@op(name="_contrib_backward_quadratic")
def backward_quadratic(xp, head, data, *, a: float = 0.0, b: float = 0.0, c: float = 0.0):
    """Gradient of ``_contrib_quadratic`` by `data`, from that of its output."""
    return (head * (2 * a * data + b)).astype(data.dtype, copy=False)


@backward_quadratic.grad("head")
def _(F, grad, data, *, a, b):
    return grad * (data * (2 * a) + b)


@backward_quadratic.grad("data")
def _(F, grad, head, *, a):
    return grad * head * (2 * a)


@op(name="_contrib_backward_gradientmultiplier", ignores=("is_int",))
def backward_gradient_multiplier(xp, data, *, scalar: Scalar = 1.0):
    """`data`, a gradient, multiplied by `scalar`: what ``_contrib_gradientmultiplier`` does backward."""
    return (data * scalar).astype(data.dtype, copy=False)


@backward_gradient_multiplier.grad("data")
def _(F, grad, *, scalar):
    return grad * scalar


def _declare_straight_through(name: str, plain: str, formula: Callable) -> Op:
    def kernel(xp, data):
        return formula(xp, data)
    kernel.__doc__ = (f"Same as ``{plain}``, but the gradient passes straight through, for training quantized "
                      "networks.\n\nSource: Y. Bengio, N. Leonard, A. Courville, \"Estimating or propagating "
                      "gradients through stochastic neurons for conditional computation\", 2013.")
    declared = op(name=name, aliases=(f"_sparse_{name}",))(kernel)
    declared.grad("data")(lambda F, grad: grad)
    return declared


round_ste = _declare_straight_through("_contrib_round_ste", "round",
                                      lambda xp, data: xp.trunc(data + xp.copysign(0.5, data)).astype(data.dtype))
sign_ste = _declare_straight_through("_contrib_sign_ste", "sign", sign)


@op(name="_contrib_div_sqrt_dim", inplace=True)
def div_sqrt_dim(xp, data, *, out=None):
    """`data` divided by the square root of the length of its last axis, as attention scores are.

    Whole numbers stay whole: the root is truncated, and so is the quotient.
    """
    root = math.sqrt(data.shape[-1])
    scale = 1 / root if data.dtype.kind == "f" else 1 / int(root)
    result = xp.multiply(data, scale, out=out, casting="unsafe")
    return result.astype(data.dtype, copy=False)


@div_sqrt_dim.grad("data")
def _(F, grad):
    return F._contrib_div_sqrt_dim(grad)


gradient_multiplier.shape(same_shape)
gradient_multiplier.type(same_type)

for _op in (quadratic, backward_quadratic, backward_gradient_multiplier, round_ste, sign_ste, div_sqrt_dim):
    _op.shape(same_shape)
    _op.type(number_type)


@op(name="_contrib_allclose", differentiable=False)
def allclose(xp, a, b, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = True):
    """1 if ``|a - b| <= atol + rtol |b|`` everywhere, else 0, as a uint8 array without axes.

    Parameters
    ----------
    a, b : arrays of one shape
    rtol, atol : float
        Relative and absolute tolerance.
    equal_nan : bool
        Whether two NaN are equal.
    """
    return xp.isclose(a, b, rtol, atol, equal_nan).all().astype("uint8")


@allclose.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0], ins[1] = ins[1], ins[0]
    outs[0] = ()


@allclose.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0], ins[1] = ins[1], ins[0]
    outs[0] = np.dtype("uint8")
