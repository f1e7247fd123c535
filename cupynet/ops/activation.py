"""Activation functions, the softmax family and dropout.

The operators of every training step have backward operators of their own, which work in place on one new
array and need the forward output only; these have gradient rules too, so that higher orders work.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..base import MXNetTypeError
from ..dtypes import is_integer
from .infer import Slots, same_shape, same_type
from .registry import op, require
from .schema import Attrs, DType, Shape
from .special import erf_of

__all__ = ["softmax_of"]


# ---- Activation -----------------------------------------------------------------------------------
_BLOCK = 1 << 16  # elements: the temporaries of one block stay in a core's cache


def _blockwise(xp: Any, function: Callable, out: Any, *arrays: Any) -> Any:
    """Run ``function(xp, *arrays, out)`` on blocks of flat arrays (one block on a GPU); return what it writes to.

    A function may be given one of its arguments as `out`, so it reads them all before it writes.
    """
    if out is None:
        out = xp.empty(arrays[0].shape, arrays[0].dtype)
    if xp is not np or out.size <= _BLOCK:
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
    """Return the shape in which prelu's `gamma` meets data of `rank` axes: channels are axis 1 (0 of a vector)."""
    return gamma_shape if rank < 2 or gamma_shape == (1,) else (1, *gamma_shape, *(1,) * (rank - 2))


@op(name="LeakyReLU", when={"gamma": lambda attrs: attrs.act_type == "prelu"}, outputs=_leaky_outputs, visible=1,
    initial={"gamma": '["Constant", {"value": 0.25}]'})
def leaky_relu(xp, data, gamma=None, *, act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
               slope: float = 0.25, lower_bound: float = 0.125, upper_bound: float = 0.333999991,
               train=False, rng=None):
    """Rectifiers that let something through for negative input, elementwise.

    Parameters
    ----------
    data : any shape, floating point
    gamma : (channels,) or (1,), only for ``prelu``
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
            mask = rng.random(data.shape, dtype=np.float64 if data.dtype == np.float64 else np.float32)
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
        channels = data[1 if len(data) > 1 else 0] if data else 1
        gamma = ins["gamma"]
        if gamma is None:
            ins["gamma"] = (channels,)
        else:
            require(len(gamma) == 1 and (gamma[0] in (0, 1, channels) or channels == 0), "LeakyReLU",
                    f"gamma has shape {gamma}; expected ({channels},) or (1,)")


leaky_relu.type(same_type)


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
    if act_type == "elu":
        return upper + lower * (output + slope)
    return upper * _SELU_SCALE + lower * (output + _SELU_SCALE * _SELU_ALPHA)


@leaky_relu.grad("gamma")
def _(F, grad, data, gamma_shape):
    rank = len(data.shape)
    below = grad * F._minimum_scalar(data, scalar=0)
    if gamma_shape == (1,):
        return F.Reshape(F.sum(below), shape=(1,))
    return below if rank < 2 else F.sum(below, axis=(0, *range(2, rank)))


# ---- hard_sigmoid ---------------------------------------------------------------------------------

@op(name="hard_sigmoid", inplace=True)
def hard_sigmoid(xp, data, *, alpha: float = 0.200000003, beta: float = 0.5, out=None):
    """Piecewise linear sigmoid ``max(0, min(1, alpha * data + beta))``, elementwise."""
    out = xp.multiply(data, alpha, out=out)
    out += beta
    return xp.clip(out, 0, 1, out=out)


hard_sigmoid.shape(same_shape)
hard_sigmoid.type(same_type)


@hard_sigmoid.grad("data")
def _(F, grad, output, *, alpha):
    return grad * ((output > 0) * (output < 1)) * alpha


# ---- the softmax family ---------------------------------------------------------------------------

def softmax_of(xp: Any, data: Any, axis: int | tuple[int, ...], scale: float = 1.0, log: bool = False,
               out: Any = None) -> Any:
    """Return (log-)softmax of ``data * scale`` along `axis`, never overflowing; float16 is computed in float32."""
    if data.dtype == np.float16:
        result = softmax_of(xp, data.astype(np.float32), axis, scale, log)
        if out is None:
            return result.astype(np.float16)
        out[...] = result
        return out
    if scale != 1:
        data = out = xp.multiply(data, scale, out=out)
    out = xp.subtract(data, data.max(axis, keepdims=True), out=out)
    if log:
        out -= xp.log(xp.exp(out).sum(axis, keepdims=True))
        return out
    xp.exp(out, out=out)
    out /= out.sum(axis, keepdims=True)
    return out


def _masked_softmax(xp: Any, data: Any, length: Any, axis: int, scale: float) -> Any:
    """Softmax over the first `length` places of `axis` only; zero in the others."""
    axis %= data.ndim
    places = xp.arange(data.shape[axis]).reshape((-1, *(1,) * (data.ndim - axis - 1)))
    inside = places < xp.expand_dims(length, axis)
    wide = data.astype(np.float32) if data.dtype == np.float16 else data
    low = np.finfo(wide.dtype).min
    scaled = xp.where(inside, wide * scale, low)
    result = xp.exp(scaled - scaled.max(axis, keepdims=True)) * inside
    return result / xp.maximum(result.sum(axis, keepdims=True), np.finfo(wide.dtype).tiny)


def _softmax_kernel(xp, data, axis, temperature, dtype, length, sign, log, out):
    scale = sign / (temperature or 1.0)
    target = data.dtype if dtype is None else dtype
    if length is not None:
        result = _masked_softmax(xp, data, length, axis, scale)
    elif target == data.dtype:
        return softmax_of(xp, data, axis, scale, log, out)
    else:
        wide = np.promote_types(np.promote_types(target, data.dtype), np.float32)
        result = softmax_of(xp, data.astype(wide, copy=False), axis, scale, log)
    if out is None:
        return result.astype(target, copy=False)
    out[...] = result
    return out


@op(name="softmax", when={"length": lambda attrs: attrs.use_length}, nograd=("length",), inplace=True)
def softmax(xp, data, length=None, *, axis: int = -1, temperature: float | None = None, dtype: DType | None = None,
            use_length: bool | None = False, out=None):
    """``exp(x / T) / sum(exp(x / T))`` along an axis, computed without overflow.

    Parameters
    ----------
    data : any shape, floating point
    length : shape of `data` without `axis`, only with `use_length`
        How many places along `axis` take part; the output is zero in the others.
    axis : int
        The axis along which the output sums to 1.
    temperature : float, optional
        T, 1 by default: larger is smoother.
    dtype : optional
        Type of the output; by default that of `data`. float16 is computed in float32.
    use_length : bool
        Whether there is an input `length`.

    Returns
    -------
    Same shape as `data`.
    """
    return _softmax_kernel(xp, data, axis, temperature, dtype, length, 1.0, False, out)


# MXNet lists use_length for these two as well, which have no input of lengths.

@op(name="softmin", ignores=("use_length",), inplace=True)
def softmin(xp, data, *, axis: int = -1, temperature: float | None = None, dtype: DType | None = None, out=None):
    """``softmax(-data)``, which see for the parameters."""
    return _softmax_kernel(xp, data, axis, temperature, dtype, None, -1.0, False, out)


@op(name="log_softmax", ignores=("use_length",), inplace=True)
def log_softmax(xp, data, *, axis: int = -1, temperature: float | None = None, dtype: DType | None = None, out=None):
    """``log(softmax(data))``, exact also where the softmax rounds to 0; see softmax for the parameters."""
    return _softmax_kernel(xp, data, axis, temperature, dtype, None, 1.0, True, out)


@op(name="SoftmaxActivation", inplace=True)
def softmax_activation(xp, data, *, mode: Literal["channel", "instance"] = "instance", out=None):
    """Softmax over all but the first axis (``instance``) or over axis 1 (``channel``); superseded by softmax.

    (MXNet's CPU build takes only the last axis for ``instance``, unlike its GPU build and its documentation.)
    """
    return softmax_of(xp, data, _softmax_axes(mode, data.ndim), out=out)


def _softmax_axes(mode: str, rank: int) -> tuple[int, ...]:
    return (1,) if mode == "channel" else tuple(range(1, rank))


@op(name="_backward_softmax")
def backward_softmax(xp, head, output, *, axis: Shape, scale: float = 1.0, out=None):
    """``scale * output * (head - sum(head * output))``, the sum along `axis`: the gradient of softmax."""
    out = xp.subtract(head, (head * output).sum(axis, keepdims=True), out=out)
    out *= output
    if scale != 1:
        out *= scale
    return out


@op(name="_backward_log_softmax")
def backward_log_softmax(xp, head, output, *, axis: Shape, scale: float = 1.0, out=None):
    """``scale * (head - exp(output) * sum(head))``, the sum along `axis`: the gradient of log_softmax."""
    out = xp.exp(output, out=out)
    out *= head.sum(axis, keepdims=True)
    xp.subtract(head, out, out=out)
    if scale != 1:
        out *= scale
    return out


def _softmax_rule(backward: str, sign: float):
    def rule(F, grad, output, data_dtype, *, axis, temperature, dtype):
        found = getattr(F, backward)(grad, output, axis=(axis,), scale=sign / (temperature or 1.0))
        return found if dtype is None else F.Cast(found, dtype=data_dtype)
    return rule


softmax.grad("data")(_softmax_rule("_backward_softmax", 1.0))
softmin.grad("data")(_softmax_rule("_backward_softmax", -1.0))
log_softmax.grad("data")(_softmax_rule("_backward_log_softmax", 1.0))


@softmax_activation.grad("data")
def _(F, grad, output, *, mode):
    return F._backward_softmax(grad, output, axis=_softmax_axes(mode, len(output.shape)))


@backward_softmax.grad("head")
def _(F, grad, output, *, axis, scale):
    return F._backward_softmax(grad, output, axis=axis, scale=scale)  # a symmetric linear map


@backward_softmax.grad("output")
def _(F, grad, head, output, *, axis, scale):
    heads = F.sum(head * output, axis=axis, keepdims=True)
    grads = F.sum(grad * output, axis=axis, keepdims=True)
    return (grad * F.broadcast_sub(head, heads) - F.broadcast_mul(head, grads)) * scale


@backward_log_softmax.grad("head")
def _(F, grad, output, *, axis, scale):
    return F.broadcast_sub(grad, F.sum(grad * F.exp(output), axis=axis, keepdims=True)) * scale


@backward_log_softmax.grad("output")
def _(F, grad, head, output, *, axis, scale):
    return F.broadcast_mul(grad * F.exp(output), F.sum(head, axis=axis, keepdims=True)) * -scale


for _op in (softmax_activation, backward_softmax, backward_log_softmax):
    _op.shape(same_shape)
    _op.type(same_type)

for _op in (softmax, softmin, log_softmax):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots, name=_op.name) -> None:
        ins["data"] = outs[0]
        outs[0] = data = ins["data"]
        if data is not None:
            require(-len(data) <= attrs.axis < len(data), name,
                    f"axis is {attrs.axis}, but data {data} has {len(data)} axes")
            if "length" in ins:
                axis = attrs.axis % len(data)
                ins["length"] = data[:axis] + data[axis + 1:]

    @_op.type
    def _(attrs: Attrs, ins: Slots, outs: Slots, name=_op.name) -> None:
        if attrs.dtype is None:
            ins["data"] = outs[0]
        data = ins["data"]
        if data is not None and is_integer(data):
            raise MXNetTypeError(f"{name}: data has dtype {data}, expected floating point")
        outs[0] = attrs.dtype or data
        if "length" in ins and ins["length"] is None:
            ins["length"] = np.dtype("int32")


# ---- Dropout --------------------------------------------------------------------------------------

@op(name="Dropout", outputs=("output", "mask"), visible=1, ignores=("cudnn_off",))
def dropout(xp, data, *, p: float = 0.5, mode: Literal["always", "training"] = "training", axes: Shape = (),
            train=False, rng=None):
    """Set elements to zero at random and scale up the others, so that the expectation stays.

    Parameters
    ----------
    data : any shape, floating point
    p : float
        The probability of zero, in [0, 1].
    mode : str
        ``training``: the identity unless training; ``always``: random also in inference.
    axes : tuple of int
        Axes along which the same elements are dropped.

    Returns
    -------
    Same shape and dtype as `data`. The hidden output ``mask`` has the factors, 0 or ``1 / (1 - p)``, with length 1
    along `axes`. (With ``p=1`` MXNet gives NaN; here the output is zero.)

    Source: N. Srivastava et al., "Dropout", 2014.
    """
    shape = _mask_shape(data.shape, axes)
    if p == 0 or not (train or mode == "always"):
        return data.copy(), xp.broadcast_to(xp.ones((), data.dtype), shape)
    draws = rng.random(shape, dtype=np.float64 if data.dtype == np.float64 else np.float32)
    mask = (draws >= p).astype(data.dtype)
    mask *= 0 if p == 1 else 1 / (1 - p)
    return data * mask, mask


def _mask_shape(shape: tuple, axes: tuple) -> tuple[int, ...]:
    same = {axis % len(shape) for axis in axes}
    return tuple(1 if i in same else n for i, n in enumerate(shape))


@dropout.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(0 <= attrs.p <= 1, "Dropout", f"p is {attrs.p}, expected a probability in [0, 1]")
    ins["data"] = outs["output"]
    outs["output"] = data = ins["data"]
    if data is not None:
        require(all(-len(data) <= axis < len(data) for axis in attrs.axes), "Dropout",
                f"axes are {attrs.axes}, but data {data} has {len(data)} axes")
        outs["mask"] = _mask_shape(data, attrs.axes)


dropout.type(same_type)


@dropout.grad("data")
def _(F, grad, mask, *, axes):
    return F.broadcast_mul(grad, mask) if axes else grad * mask
