"""Batch normalization."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots
from ..op import Op
from ..schema import Attrs
from .cache_blocks import blocks, buffer_for, stored, wide_dtype, work_array

__all__ = ["around_axis"]

_GRADS = ("data_grad", "gamma_grad", "beta_grad")


def around_axis(data: Any, axis: int) -> tuple[int, int, int]:
    """Return (before, channels, after): the shape in which `data` has its channels in the middle."""
    axis %= data.ndim
    shape = data.shape
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1:])


def _row_dot(xp: Any, a: Any, b: Any) -> Any:
    """Sums over axes 0 and 2 of ``a * b``; overwrites `a` where that helps."""
    if a.shape[2] >= 32:  # dot products of long rows
        return backend(xp).matmul(a[:, :, None, :], b[..., None])[:, :, 0, 0].sum(0)
    return xp.multiply(a, b, out=a).sum((0, 2))


def _moments(xp: Any, x: Any, wide: np.dtype) -> tuple[Any, Any]:
    """Mean and biased variance of each channel of x (before, channels, after): two passes, so exact."""
    count = max(x.shape[0] * x.shape[2], 1)
    total = 0
    for block in blocks(xp, x):
        total = total + x[block].sum((0, 2), dtype=wide)
    mean = total / count
    total = 0
    for block in blocks(xp, x):
        centred = xp.subtract(x[block], mean[:, None], dtype=wide)
        total = total + _row_dot(xp, centred, centred)
    return mean, total / count


def _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, *, eps, momentum, fix_gamma, use_global_stats, axis,
                train, out, relu=False, inverse_std=True):
    """Return (output, mean, var or its inverse root, share, new moving mean, new moving variance)."""
    before, channels, after = around_axis(data, axis)
    x, wide = data.reshape(before, channels, after), wide_dtype(data.dtype)
    if train and not use_global_stats:
        mean, var = _moments(xp, x, wide)
        new_mean = moving_mean * momentum + mean.astype(moving_mean.dtype, copy=False) * (1 - momentum)
        new_var = moving_var * momentum + var.astype(moving_var.dtype, copy=False) * (1 - momentum)
        share = 1 / max(before * after, 1)
    else:
        new_mean, new_var, share = moving_mean, moving_var, 0.0
        mean, var = moving_mean.astype(wide), moving_var.astype(wide)  # copies: outputs are not the states
    inverse = 1 / xp.sqrt(var + eps)
    scale = inverse if fix_gamma else inverse * gamma
    shift = (beta - mean * scale)[:, None]
    scale = scale[:, None]

    result = buffer_for(xp, out, data.shape, data.dtype)
    y = result.reshape(x.shape)
    for block in blocks(xp, x):
        work = work_array(xp, y[block], wide)
        xp.multiply(x[block], scale, out=work)
        work += shift
        if relu:
            xp.maximum(work, 0, out=work)
        if work.dtype != y.dtype:
            y[block] = work
    spread = inverse if inverse_std else var
    return stored((result, mean, spread, xp.full(1, share, wide)), out) + (new_mean, new_var)


@op(name="_backward_batch_norm", outputs=_GRADS, differentiable=False, inplace=True)
def backward_batch_norm(xp, head, data, gamma, mean, inverse_std, share, *, fix_gamma: bool = True, axis: int = 1,
                        out=None):
    """Gradients of batch normalization.

    Parameters
    ----------
    head, data : arrays of one shape
    gamma, mean, inverse_std : (channels,)
    share : (1,)
        What one element weighs in the mean of its channel: 0 where the statistics were given, not computed.

    Returns
    -------
    Gradients of data, gamma and beta.
    """
    shape = around_axis(data, axis)
    x, g, wide = data.reshape(shape), head.reshape(shape), wide_dtype(data.dtype)
    beta_grad = dot = 0
    for block in blocks(xp, x):
        centred = xp.subtract(x[block], mean[:, None], dtype=wide)
        beta_grad = beta_grad + g[block].sum((0, 2), dtype=wide)
        dot = dot + _row_dot(xp, centred, g[block].astype(wide, copy=False))
    gamma_grad = dot * inverse_std
    scale = inverse_std if fix_gamma else inverse_std * gamma
    # scale * (g - share * (sum g + normalized * sum(g * normalized))), gathered into a g + b x + c
    b = -scale * share * inverse_std * gamma_grad
    c = (-scale * share * beta_grad - b * mean)[:, None]
    b, a = b[:, None], scale[:, None]
    result = buffer_for(xp, out, data.shape, data.dtype)
    y = result.reshape(shape)
    for block in blocks(xp, x):
        rest = xp.multiply(x[block], b)
        rest += c
        work = work_array(xp, y[block], wide)
        xp.multiply(g[block], a, out=work)  # may be the memory of g
        work += rest
        if work.dtype != y.dtype:
            y[block] = work
    if fix_gamma:
        gamma_grad = xp.zeros_like(gamma_grad)
    return stored((result, gamma_grad.astype(gamma.dtype, copy=False), beta_grad.astype(gamma.dtype, copy=False)),
                   out)


_BATCH_NORM_DOC = """{first}

Each channel is shifted and scaled to mean 0 and variance 1 over all other axes, then
``gamma * normalized + beta``. In training, mean and (biased) variance are those of the batch; otherwise, and with
`use_global_stats`, the moving ones.

Parameters
----------
data : (N, C, ...), floating point
gamma, beta : (C,)
    float32 for float16 data, like all that follows.
moving_mean, moving_var : (C,)
    Auxiliary states, become ``momentum * state + (1 - momentum) * statistic`` in training.
eps : float
    Added to the variance.
momentum : float
    Of the moving statistics.
fix_gamma : bool
    Take gamma for 1, and write 1 into it; its gradient is 0.
use_global_stats : bool
    Use the moving statistics in training too, and leave them alone.
output_mean_var : bool
    Show the outputs mean and {var} as well. They are for looking at: no gradient flows through them.
{more}
Returns
-------
Same shape and dtype as `data`.

Notes
-----
MXNet's CPU build updates the moving statistics in the backward pass, here the training forward does.

Source: S. Ioffe, C. Szegedy, "Batch normalization", 2015.
"""
_AXIS_DOC = "axis : int\n    The axis of the channels.\n"
_OUTPUTS = {"outputs": ("output", "mean", "var", "share"), "mutates": ("moving_mean", "moving_var"),
            "visible": lambda attrs: 3 if attrs.output_mean_var else 1, "inplace": True,
            "fills": {"gamma": lambda attrs: 1 if attrs.fix_gamma else None},
            "initial": {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}}
_IGNORES = ("cudnn_off", "min_calib_range", "max_calib_range")


@op(name="BatchNorm", ignores=_IGNORES, **_OUTPUTS)
def batch_norm(xp, data, gamma, beta, moving_mean, moving_var, *, eps: float = 0.0010000000474974513,
               momentum: float = 0.899999976, fix_gamma: bool = True, use_global_stats: bool = False,
               output_mean_var: bool = False, axis: int = 1, train=False, out=None):
    return _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, eps=eps, momentum=momentum,
                       fix_gamma=fix_gamma, use_global_stats=use_global_stats, axis=axis, train=train, out=out)


@op(name="_contrib_BatchNormWithReLU", ignores=_IGNORES, **_OUTPUTS)
def batch_norm_with_relu(xp, data, gamma, beta, moving_mean, moving_var, *, eps: float = 0.0010000000474974513,
                         momentum: float = 0.899999976, fix_gamma: bool = True, use_global_stats: bool = False,
                         output_mean_var: bool = False, axis: int = 1, train=False, out=None):
    return _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, eps=eps, momentum=momentum,
                       fix_gamma=fix_gamma, use_global_stats=use_global_stats, axis=axis, train=train, out=out,
                       relu=True)


@op(name="BatchNorm_v1", by_name=_OUTPUTS["mutates"], **_OUTPUTS)
def batch_norm_v1(xp, data, gamma, beta, moving_mean, moving_var, *, eps: float = 0.00100000005,
                  momentum: float = 0.899999976, fix_gamma: bool = True, use_global_stats: bool = False,
                  output_mean_var: bool = False, train=False, out=None):
    return _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, eps=eps, momentum=momentum,
                       fix_gamma=fix_gamma, use_global_stats=use_global_stats, axis=1, train=train, out=out,
                       inverse_std=False)


@op(name="_contrib_SyncBatchNorm", ignores=("ndev", "key"), **_OUTPUTS)
def sync_batch_norm(xp, data, gamma, beta, moving_mean, moving_var, *, eps: float = 0.00100000005,
                    momentum: float = 0.899999976, fix_gamma: bool = True, use_global_stats: bool = False,
                    output_mean_var: bool = False, train=False, out=None):
    return _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, eps=eps, momentum=momentum,
                       fix_gamma=fix_gamma, use_global_stats=use_global_stats, axis=1, train=train, out=out,
                       inverse_std=False)


def _complete_batch_norm(declared: Op, first: str, with_axis: bool, inverse_std: bool, relu: bool) -> None:
    """Give a kind of batch normalization its documentation, shape, type and gradient rules."""
    declared.doc = _BATCH_NORM_DOC.format(first=first, more=_AXIS_DOC if with_axis else "",
                                          var="``1 / sqrt(var + eps)``" if inverse_std else "variance")

    @declared.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        ins["data"] = outs["output"]
        outs["output"] = data = ins["data"]
        axis = attrs.axis if with_axis else 1
        channels = None
        if data is not None:
            require(-len(data) <= axis < len(data), declared.name,
                    f"the axis of channels is {axis}, but data {data} has {len(data)} axes")
            axis %= len(data)
            channels = (data[axis],)
        for slots, names in ((ins, ("gamma", "beta", "moving_mean", "moving_var")), (outs, ("mean", "var"))):
            for name in names:
                slots[name] = channels
                channels = slots[name]
            for name in names:
                slots[name] = channels
        outs["share"] = (1,)
        if data is not None and channels is not None:
            ins["data"] = outs["output"] = (*data[:axis], channels[0], *data[axis + 1:])

    @declared.type
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        ins["data"] = outs["output"]
        outs["output"] = dtype = ins["data"]
        if dtype is not None:
            for name in ("gamma", "beta", "moving_mean", "moving_var"):
                ins[name] = wide_dtype(dtype)
            for name in ("mean", "var", "share"):
                outs[name] = wide_dtype(dtype)

    def rule(F, grad, data, gamma, mean, var, share, fix_gamma, axis, eps):
        inverse = var if inverse_std else F.rsqrt(var + eps)
        return F._backward_batch_norm(grad, data, gamma, mean, inverse, share, fix_gamma=fix_gamma, axis=axis)

    if relu:
        @declared.grad("data", "gamma", "beta")
        def _(F, grad, data, gamma, output, mean, var, share, *, fix_gamma, axis, eps):
            return rule(F, grad * (output > 0), data, gamma, mean, var, share, fix_gamma, axis, eps)
    elif with_axis:
        @declared.grad("data", "gamma", "beta")
        def _(F, grad, data, gamma, mean, var, share, *, fix_gamma, axis, eps):
            return rule(F, grad, data, gamma, mean, var, share, fix_gamma, axis, eps)
    else:
        @declared.grad("data", "gamma", "beta")
        def _(F, grad, data, gamma, mean, var, share, *, fix_gamma, eps):
            return rule(F, grad, data, gamma, mean, var, share, fix_gamma, 1, eps)


for _declared, _first, *_which in (
    (batch_norm, "Batch normalization.", True, True, False),
    (batch_norm_with_relu, "Batch normalization followed by a rectifier ``max(x, 0)``.", True, True, True),
    (batch_norm_v1, "Batch normalization with the channels on axis 1, as in the first versions of MXNet.",
     False, False, False),
    (sync_batch_norm, "Batch normalization whose statistics are shared by all devices of a process.\n\nThere is no "
     "exchange between devices yet: on one device this is BatchNorm, and `ndev` and `key` are ignored.",
     False, False, False),
):
    _complete_batch_norm(_declared, _first, *_which)


@backward_batch_norm.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs["data_grad"] = ins["data"]
    outs["gamma_grad"] = outs["beta_grad"] = ins["gamma"]


@backward_batch_norm.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs["data_grad"] = ins["data"]
    outs["gamma_grad"] = outs["beta_grad"] = ins["gamma"]
