"""Activation functions, the softmax family and dropout.

The operators of every training step have backward operators of their own, which work in place on one new
array and need the forward output only; these have gradient rules too, so that higher orders work.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ...device.backend import backend
from ..catalog import op, require
from ..gradient import unbroadcast
from ..infer import Slots, alike, float_type, same_shape, same_type
from ..math.special import erf_of
from ..schema import Attrs

__all__: list[str] = []


# ---- Activation -----------------------------------------------------------------------------------
_BLOCK = 1 << 16  # elements: the temporaries of one block stay in a core's cache


def _blockwise(xp: Any, function: Callable, out: Any, *arrays: Any) -> Any:
    """Run ``function(xp, *arrays, out)`` on blocks of flat arrays (one block on a GPU); return what it writes to.

    A function may be given one of its arguments as `out`, so it reads them all before it writes.
    """
    if out is None:
        out = xp.empty(arrays[0].shape, arrays[0].dtype)
    if out.size <= backend(xp).piece(_BLOCK, out.size):
        function(xp, *arrays, out)
        return out
    arrays, flat = [x.reshape(-1) for x in arrays], out.reshape(-1)
    for i in range(0, flat.size, _BLOCK):
        function(xp, *(x[i:i + _BLOCK] for x in arrays), flat[i:i + _BLOCK])
    return out


def _sigmoid(xp, data, out):
    xp.multiply(data, 0.5, out=out)  # (tanh(x / 2) + 1) / 2: nothing overflows
    xp.tanh(out, out=out)
    out += 1
    out *= 0.5


def _softrelu(xp, data, out):
    rest = xp.log1p(xp.exp(-xp.abs(data)))  # log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
    xp.maximum(data, 0, out=out)
    out += rest


# The function, its derivative in terms of the output, and the derivative of that as an operator expression.
_ACTIVATIONS = {
    "relu": (lambda xp, data, out: xp.maximum(data, 0, out=out), lambda xp, output: output > 0, None),
    "sigmoid": (_sigmoid, lambda xp, output: output * (1 - output), lambda F, output: 1 - output * 2),
    "softrelu": (_softrelu, lambda xp, output: -xp.expm1(-output), lambda F, output: F.exp(output * -1)),
    "softsign": (lambda xp, data, out: xp.divide(data, 1 + xp.abs(data), out=out),
                 lambda xp, output: xp.square(1 - xp.abs(output)),
                 lambda F, output: (F.abs(output) - 1) * F.sign(output) * 2),
    "tanh": (lambda xp, data, out: xp.tanh(data, out=out), lambda xp, output: 1 - output * output,
             lambda F, output: output * -2),
}
_Act = Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]


@op(name="Activation", inplace=True)
def activation(xp, data, *, act_type: _Act, out=None):
    """Activation function, elementwise.

    Parameters
    ----------
    data : any shape, floating point
    act_type : str
        ``relu``: ``max(x, 0)``; ``sigmoid``: ``1 / (1 + exp(-x))``; ``softrelu``: ``log(1 + exp(x))``;
        ``softsign``: ``x / (1 + |x|)``; ``tanh``.

    Returns
    -------
    Same shape and dtype as `data`.
    """
    return _blockwise(xp, _ACTIVATIONS[act_type][0], out, data)


@activation.grad("data")
def _(F, grad, output, *, act_type):
    return F._backward_activation(grad, output, act_type=act_type)


@op(name="_backward_activation", inplace=True)
def backward_activation(xp, head, output, *, act_type: _Act, out=None):
    """`head` times the derivative of the activation function that gave `output`."""
    slope = _ACTIVATIONS[act_type][1]
    return _blockwise(xp, lambda xp, head, output, out: xp.multiply(head, slope(xp, output), out=out),
                      out, head, output)


@backward_activation.grad("head")
def _(F, grad, output, *, act_type):
    return F._backward_activation(grad, output, act_type=act_type)


@backward_activation.grad("output")
def _(F, grad, head, output, *, act_type):
    bend = _ACTIVATIONS[act_type][2]
    return None if bend is None else grad * head * bend(F, output)


for _op in (activation, backward_activation):
    _op.shape(same_shape)
    _op.type(same_type)


# ---- LeakyReLU ------------------------------------------------------------------------------------

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # fixed point of mean 0, variance 1


def _leaky_outputs(attrs: Attrs | None) -> tuple[str, ...]:
    return ("output", "mask") if attrs is None or attrs.act_type == "rrelu" else ("output",)


def _per_channel(gamma_shape: tuple, rank: int) -> tuple[int, ...]:
    """Return the shape in which prelu's `gamma` meets data of `rank` axes: a vector's channels are axis 1 there."""
    if rank < 2 or len(gamma_shape) != 1 or gamma_shape == (1,):
        return gamma_shape
    return (1, *gamma_shape, *(1,) * (rank - 2))


@op(name="LeakyReLU", when={"gamma": lambda attrs: attrs.act_type == "prelu"}, outputs=_leaky_outputs, visible=1,
    initial={"gamma": '["Constant", {"value": 0.25}]'})
def leaky_relu(xp, data, gamma=None, *, act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
               slope: float = 0.25, lower_bound: float = 0.125, upper_bound: float = 0.333999991,
               train=False, rng=None):
    """Rectifiers that let something through for negative input, elementwise.

    Parameters
    ----------
    data : any shape, floating point
    gamma : (channels,) or (1,) or any shape that broadcasts to that of `data`, only for ``prelu``
        The learnt slope; channels are axis 1 of `data`, or the only axis.
    act_type : str
        What becomes of negative x. ``leaky``: ``slope * x``; ``prelu``: ``gamma * x``; ``rrelu``: x times a random
        slope for each element, uniform in ``[lower_bound, upper_bound)``, their mean when not training; ``elu``:
        ``slope * (exp(x) - 1)``; ``selu``: the self-normalizing form of elu, which also scales positive x.
        ``gelu`` is ``x * P(X < x)`` for a standard normal X, of any x.

    Returns
    -------
    Same shape and dtype as `data`; rrelu has the slopes as hidden output ``mask``.

    Notes
    -----
    MXNet 1.9.1 shows rrelu's mask as a second output of a symbol and crashes on arrays, and multiplies selu's scale
    twice into the gradient of negative x; here rrelu has one visible output, and selu its true gradient.

    Sources: Xu et al. 2015 (rrelu), He et al. 2015 (prelu), Clevert et al. 2015 (elu), Klambauer et al. 2017 (selu),
    Hendrycks and Gimpel 2016 (gelu).
    """
    if act_type == "rrelu":
        if train:
            mask = rng.serial.uniform(data.shape, np.float64 if data.dtype == np.float64 else np.float32)
            mask = (mask * (upper_bound - lower_bound) + lower_bound).astype(data.dtype, copy=False)
        else:
            mask = xp.full(data.shape, (lower_bound + upper_bound) / 2, data.dtype)
        return xp.maximum(data, 0) + mask * xp.minimum(data, 0), mask
    if act_type == "leaky":
        result = data * slope
        return ((xp.maximum if slope <= 1 else xp.minimum)(data, result, out=result),)
    if act_type == "prelu":
        return (xp.maximum(data, 0) + gamma.reshape(_per_channel(gamma.shape, data.ndim)) * xp.minimum(data, 0),)
    if act_type == "gelu":
        result = erf_of(xp, data * math.sqrt(0.5))
        result += 1
        result *= data
        result *= 0.5
        return (result,)
    alpha, scale = (_SELU_ALPHA, _SELU_SCALE) if act_type == "selu" else (slope, 1.0)
    result = xp.minimum(data, 0)
    xp.expm1(result, out=result)
    result *= alpha
    result += xp.maximum(data, 0)
    if scale != 1:
        result *= scale
    return (result,)


@leaky_relu.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs["output"]
    data = ins["data"]
    for i in range(len(outs)):
        outs[i] = data
    if data is not None and "gamma" in ins:
        channels = data[len(data) > 1] if data else 1
        gamma = ins["gamma"]
        if gamma is None:
            ins["gamma"] = (channels,)
        else:
            met = _per_channel(gamma, len(data))
            fits = len(met) <= len(data) and all(g == 1 or alike(g, n) for g, n in zip(met[::-1], data[::-1]))
            require(fits, "LeakyReLU",
                    f"gamma has shape {gamma}; expected ({channels},), (1,) or one that broadcasts to {data}")


leaky_relu.type(float_type)


@leaky_relu.grad("data")
def _(F, grad, data, gamma, output, mask, *, act_type, slope):
    if act_type == "gelu":
        density = F.exp(F.square(data) * -0.5) * (1 / math.sqrt(2 * math.pi))
        return grad * ((F.erf(data * math.sqrt(0.5)) + 1) * 0.5 + data * density)
    upper = grad * (data > 0)
    lower = grad - upper  # products instead of a selection: where() mispredicts branches and costs ten times as much
    if act_type == "leaky":
        return upper + lower * slope
    if act_type == "rrelu":
        return upper + lower * mask
    if act_type == "prelu":
        return upper + F.broadcast_mul(lower, F.Reshape(gamma, shape=_per_channel(gamma.shape, len(data.shape))))
    below = F._minimum_scalar(output, scalar=0)
    if act_type == "elu":
        return upper + lower * (below + slope)
    return upper * _SELU_SCALE + lower * (below + _SELU_SCALE * _SELU_ALPHA)


@leaky_relu.grad("gamma")
def _(F, grad, data, gamma_shape):
    below = grad * F._minimum_scalar(data, scalar=0)
    met = _per_channel(gamma_shape, len(data.shape))
    return F.Reshape(unbroadcast(F, below, met), shape=gamma_shape)


# ---- hard_sigmoid ---------------------------------------------------------------------------------

@op(name="hard_sigmoid", inplace=True)
def hard_sigmoid(xp, data, *, alpha: float = 0.200000003, beta: float = 0.5, out=None):
    """Piecewise linear sigmoid ``max(0, min(1, alpha * data + beta))``, elementwise."""
    out = xp.multiply(data, alpha, out=out)
    out += beta
    return xp.clip(out, 0, 1, out=out)


hard_sigmoid.shape(same_shape)
hard_sigmoid.type(float_type)


@hard_sigmoid.grad("data")
def _(F, grad, output, *, alpha):
    return grad * ((output > 0) * (output < 1)) * alpha
