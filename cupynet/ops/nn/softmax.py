"""The softmax family."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...base import MXNetTypeError
from ...dtypes import is_integer
from ..catalog import op, require
from ..infer import Slots, same_shape, same_type
from ..schema import Attrs, DType, Shape

__all__ = ["softmax_of"]


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
    if not data.ndim:  # a number is its own only line
        line = None if out is None else out[None]
        return _softmax_kernel(xp, data[None], 0, temperature, dtype, length, sign, log, line).reshape(())
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
            rank = len(data) or 1  # a number is its own only line
            require(-rank <= attrs.axis < rank, name, f"axis is {attrs.axis}, but data {data} has {len(data)} axes")
            if "length" in ins:
                axis = attrs.axis % rank
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
