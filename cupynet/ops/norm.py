"""Normalization: of batches, layers, groups, instances, lengths and neighbouring channels.

On a CPU these are bound by memory, so the kernels walk over blocks that stay in a core's cache while several
passes are made over them; on a GPU there is one block. Sums of float16 data are taken in float32.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from .infer import Slots, same_shape, same_type
from .registry import Op, op, require
from .schema import Attrs

__all__: list[str] = []

_BLOCK_BYTES = 1 << 19
_GRADS = ("data_grad", "gamma_grad", "beta_grad")


def _blocks(xp: Any, data: Any) -> Iterator[slice]:
    """Slices of axis 0 that cut `data` into blocks of the size of a cache (one block on a GPU)."""
    rows = data.shape[0]
    step = rows if xp is not np else max(1, _BLOCK_BYTES * rows // max(data.nbytes, 1))
    return (slice(i, i + step) for i in range(0, max(rows, 1), max(step, 1)))


def _wide(dtype: Any) -> np.dtype:
    """Return the dtype in which statistics of data of `dtype` are kept."""
    return np.dtype(np.float32) if dtype == np.float16 else np.dtype(dtype)


def _work(xp: Any, out: Any, wide: np.dtype) -> Any:
    """Return an array of the shape of `out` to compute in: `out` itself unless it is too narrow."""
    return out if out.dtype == wide else xp.empty(out.shape, wide)


def _stored(results: tuple, out: Sequence[Any] | None) -> tuple:
    """Copy `results` to the buffers in `out` where there are any, and return what holds them."""
    if out is None:
        return results
    held = list(results)
    for i, buffer in enumerate(out):
        if buffer is not None and buffer is not held[i]:
            buffer[...] = held[i]
            held[i] = buffer
    return tuple(held)


def _buffer(xp: Any, out: Sequence[Any] | None, shape: tuple, dtype: Any) -> Any:
    return xp.empty(shape, dtype) if out is None or out[0] is None else out[0]


# ---- batch normalization --------------------------------------------------------------------------

def _channels(data: Any, axis: int) -> tuple[int, int, int]:
    """Return (before, channels, after): the shape in which `data` has its channels in the middle."""
    axis %= data.ndim
    shape = data.shape
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1:])


def _row_dot(xp: Any, a: Any, b: Any) -> Any:
    """Sums over axes 0 and 2 of ``a * b``; overwrites `a` where that helps."""
    if a.shape[2] >= 32:  # dot products of long rows
        return xp.matmul(a[:, :, None, :], b[..., None])[:, :, 0, 0].sum(0)
    return xp.multiply(a, b, out=a).sum((0, 2))


def _moments(xp: Any, x: Any, wide: np.dtype) -> tuple[Any, Any]:
    """Mean and biased variance of each channel of x (before, channels, after): two passes, so exact."""
    count = max(x.shape[0] * x.shape[2], 1)
    total = 0
    for block in _blocks(xp, x):
        total = total + x[block].sum((0, 2), dtype=wide)
    mean = total / count
    total = 0
    for block in _blocks(xp, x):
        centred = xp.subtract(x[block], mean[:, None], dtype=wide)
        total = total + _row_dot(xp, centred, centred)
    return mean, total / count


def _batch_norm(xp, data, gamma, beta, moving_mean, moving_var, *, eps, momentum, fix_gamma, use_global_stats, axis,
                train, out, relu=False, inverse_std=True):
    """Return (output, mean, var or its inverse root, share, new moving mean, new moving variance)."""
    before, channels, after = _channels(data, axis)
    x, wide = data.reshape(before, channels, after), _wide(data.dtype)
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

    result = _buffer(xp, out, data.shape, data.dtype)
    y = result.reshape(x.shape)
    for block in _blocks(xp, x):
        work = _work(xp, y[block], wide)
        xp.multiply(x[block], scale, out=work)
        work += shift
        if relu:
            xp.maximum(work, 0, out=work)
        if work.dtype != y.dtype:
            y[block] = work
    spread = inverse if inverse_std else var
    return _stored((result, mean, spread, xp.full(1, share, wide)), out) + (new_mean, new_var)


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
    shape = _channels(data, axis)
    x, g, wide = data.reshape(shape), head.reshape(shape), _wide(data.dtype)
    beta_grad = dot = 0
    for block in _blocks(xp, x):
        centred = xp.subtract(x[block], mean[:, None], dtype=wide)
        beta_grad = beta_grad + g[block].sum((0, 2), dtype=wide)
        dot = dot + _row_dot(xp, centred, g[block].astype(wide, copy=False))
    gamma_grad = dot * inverse_std
    scale = inverse_std if fix_gamma else inverse_std * gamma
    # scale * (g - share * (sum g + normalized * sum(g * normalized))), gathered into a g + b x + c
    b = -scale * share * inverse_std * gamma_grad
    c = (-scale * share * beta_grad - b * mean)[:, None]
    b, a = b[:, None], scale[:, None]
    result = _buffer(xp, out, data.shape, data.dtype)
    y = result.reshape(shape)
    for block in _blocks(xp, x):
        rest = xp.multiply(x[block], b)
        rest += c
        work = _work(xp, y[block], wide)
        xp.multiply(g[block], a, out=work)  # may be the memory of g
        work += rest
        if work.dtype != y.dtype:
            y[block] = work
    if fix_gamma:
        gamma_grad = xp.zeros_like(gamma_grad)
    return _stored((result, gamma_grad.astype(gamma.dtype, copy=False), beta_grad.astype(gamma.dtype, copy=False)),
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
    Take gamma for 1; its gradient is 0.
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
MXNet's CPU build updates the moving statistics in the backward pass, here the training forward does; and it
overwrites gamma with 1 for `fix_gamma`, which is not done here.

Source: S. Ioffe, C. Szegedy, "Batch normalization", 2015.
"""
_AXIS_DOC = "axis : int\n    The axis of the channels.\n"
_OUTPUTS = {"outputs": ("output", "mean", "var", "share"), "mutates": ("moving_mean", "moving_var"),
            "visible": lambda attrs: 3 if attrs.output_mean_var else 1, "inplace": True,
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


@op(name="BatchNorm_v1", **_OUTPUTS)
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
                ins[name] = _wide(dtype)
            for name in ("mean", "var", "share"):
                outs[name] = _wide(dtype)

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


# ---- layers, groups and instances -----------------------------------------------------------------
# One array x (rows, length, inner) is normalized along its middle axis; gamma and beta are broadcast against it.

def _part(xp: Any, array: Any, block: slice) -> Any:
    """Cut `array` like the data it is broadcast against."""
    return array if array.shape[0] == 1 else array[block]


def _normalize(xp, x, gamma, beta, eps, y):
    """Write ``gamma * normalized + beta`` to `y` like x; return mean and standard deviation (rows, 1, inner)."""
    wide = _wide(x.dtype)
    mean, std = (xp.empty((x.shape[0], 1, x.shape[2]), wide) for _ in range(2))
    for block in _blocks(xp, x):
        work, m, s = _work(xp, y[block], wide), mean[block], std[block]
        xp.mean(x[block], 1, keepdims=True, dtype=wide, out=m)
        xp.subtract(x[block], m, out=work)
        s[...] = _inner_dot(xp, work, work)
        s /= max(x.shape[1], 1)
        s += eps
        xp.sqrt(s, out=s)
        work *= 1 / s
        work *= _part(xp, gamma, block)
        work += _part(xp, beta, block)
        if work.dtype != y.dtype:
            y[block] = work
    return mean, std


def _inner_dot(xp: Any, a: Any, b: Any) -> Any:
    """Sums over axis 1 of ``a * b``, the axis kept."""
    if a.shape[2] == 1 and a.shape[1] >= 32:  # dot products of long rows
        return xp.matmul(a.reshape(a.shape[0], 1, a.shape[1]), b)
    return (a * b).sum(1, keepdims=True)


def _normalize_backward(xp, g, x, gamma, mean, std, y, sum_axes):
    """Write the gradient of x to `y`; return those of gamma and beta, summed over `sum_axes` of x."""
    wide = _wide(x.dtype)
    gammas, betas = [], []
    for block in _blocks(xp, x):
        inverse = 1 / std[block]
        normal = xp.subtract(x[block], mean[block], dtype=wide)
        normal *= inverse
        head = g[block].astype(wide, copy=False)
        product = head * normal
        gammas.append(product.sum(sum_axes))
        betas.append(head.sum(sum_axes))
        scale = _part(xp, gamma, block)
        head = head * scale
        product *= scale
        normal *= product.mean(1, keepdims=True)
        normal += head.mean(1, keepdims=True)
        work = _work(xp, y[block], wide)
        xp.subtract(head, normal, out=work)
        work *= inverse
        if work.dtype != y.dtype:
            y[block] = work
    join = sum if 0 in sum_axes else xp.concatenate
    return join(gammas), join(betas)


_NORM_OUTPUTS = {"outputs": ("output", "mean", "std"), "visible": lambda attrs: 3 if attrs.output_mean_var else 1}


@op(name="LayerNorm", **_NORM_OUTPUTS)
def layer_norm(xp, data, gamma, beta, *, axis: int = -1, eps: float = 9.99999975e-06, output_mean_var: bool = False,
               out=None):
    """Layer normalization: mean 0 and variance 1 along one axis, then ``gamma * normalized + beta``.

    Parameters
    ----------
    data : any shape, floating point
    gamma, beta : (length of `axis`,)
    axis : int
    eps : float
        Added to the (biased) variance.
    output_mean_var : bool
        Show the outputs mean and ``sqrt(var + eps)`` as well (`axis` has length 1 there). No gradient flows
        through them.

    Returns
    -------
    Same shape and dtype as `data`.

    Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.
    """
    shape = _channels(data, axis)
    result = _buffer(xp, out, data.shape, data.dtype)
    mean, std = _normalize(xp, data.reshape(shape), gamma[:, None][None], beta[:, None][None], eps,
                           result.reshape(shape))
    small = _reduced(data.shape, axis)
    return _stored((result, mean.reshape(small).astype(data.dtype, copy=False),
                    std.reshape(small).astype(data.dtype, copy=False)), out)


def _reduced(shape: tuple, axis: int) -> tuple[int, ...]:
    axis %= len(shape)
    return (*shape[:axis], 1, *shape[axis + 1:])


@op(name="_backward_layer_norm", outputs=_GRADS, differentiable=False, inplace=True)
def backward_layer_norm(xp, head, data, gamma, mean, std, *, axis: int = -1, out=None):
    """Gradients of layer normalization for data, gamma and beta."""
    shape = _channels(data, axis)
    small = (shape[0], 1, shape[2])
    wide = _wide(data.dtype)
    result = _buffer(xp, out, data.shape, data.dtype)
    gamma_grad, beta_grad = _normalize_backward(
        xp, head.reshape(shape), data.reshape(shape), gamma[:, None][None],
        mean.reshape(small).astype(wide, copy=False), std.reshape(small).astype(wide, copy=False),
        result.reshape(shape), (0, 2))
    return _stored((result, gamma_grad.astype(gamma.dtype, copy=False), beta_grad.astype(gamma.dtype, copy=False)),
                   out)


@layer_norm.grad("data", "gamma", "beta")
def _(F, grad, data, gamma, mean, std, *, axis):
    return F._backward_layer_norm(grad, data, gamma, mean, std, axis=axis)


@layer_norm.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs["output"]
    outs["output"] = data = ins["data"]
    if data is not None:
        require(-len(data) <= attrs.axis < len(data), "LayerNorm",
                f"axis is {attrs.axis}, but data {data} has {len(data)} axes")
        ins["gamma"] = ins["beta"] = (data[attrs.axis],)
        outs["mean"] = outs["std"] = _reduced(data, attrs.axis)


def _group_rows(xp, data, vector, groups):
    """Return data as (N * groups, length, 1), and a vector (groups,) as what is broadcast against that."""
    rows = data.shape[0] * groups
    tiled = xp.broadcast_to(vector, (data.shape[0], groups)).reshape(rows, 1, 1)
    return data.reshape(rows, math.prod(data.shape[1:]) // max(groups, 1), 1), tiled


def _group_norm(xp, data, gamma, beta, groups, eps, out):
    """GroupNorm and InstanceNorm, which has a group for each channel."""
    x, gammas = _group_rows(xp, data, gamma, groups)
    _, betas = _group_rows(xp, data, beta, groups)
    result = _buffer(xp, out, data.shape, data.dtype)
    mean, std = _normalize(xp, x, gammas, betas, eps, result.reshape(x.shape))
    small = (data.shape[0], groups)
    return _stored((result, mean.reshape(small).astype(data.dtype, copy=False),
                    std.reshape(small).astype(data.dtype, copy=False)), out)


@op(name="GroupNorm", **_NORM_OUTPUTS)
def group_norm(xp, data, gamma, beta, *, num_groups: int = 1, eps: float = 9.99999975e-06,
               output_mean_var: bool = False, out=None):
    """Group normalization: mean 0 and variance 1 in each group of channels, then ``gamma * normalized + beta``.

    Parameters
    ----------
    data : (N, C, ...), floating point
    gamma, beta : (num_groups,)
        One number for each group, as in MXNet 1.x (and unlike the paper, which has one for each channel).
    num_groups : int
        Divides C.
    eps : float
        Added to the (biased) variance.
    output_mean_var : bool
        Show the outputs mean and ``sqrt(var + eps)``, both (N, num_groups), as well. No gradient flows through them.

    Returns
    -------
    Same shape and dtype as `data`.

    Source: Y. Wu, K. He, "Group normalization", 2018.
    """
    return _group_norm(xp, data, gamma, beta, num_groups, eps, out)


@op(name="InstanceNorm", outputs=("output", "mean", "std"), visible=1)
def instance_norm(xp, data, gamma, beta, *, eps: float = 0.00100000005, out=None):
    """Instance normalization: mean 0 and variance 1 in each channel of each sample, then ``gamma * normalized + beta``.

    Parameters
    ----------
    data : (N, C, ...), floating point
    gamma, beta : (C,)
    eps : float
        Added to the (biased) variance.

    Returns
    -------
    Same shape and dtype as `data`.

    Source: D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance normalization", 2016.
    """
    return _group_norm(xp, data, gamma, beta, data.shape[1], eps, out)


@op(name="_backward_group_norm", outputs=_GRADS, differentiable=False, inplace=True)
def backward_group_norm(xp, head, data, gamma, mean, std, *, out=None):
    """Gradients of group and instance normalization for data, gamma and beta."""
    groups, wide = gamma.shape[0], _wide(data.dtype)
    x, gammas = _group_rows(xp, data, gamma, groups)
    small = (x.shape[0], 1, 1)
    result = _buffer(xp, out, data.shape, data.dtype)
    gamma_grad, beta_grad = _normalize_backward(
        xp, head.reshape(x.shape), x, gammas, mean.reshape(small).astype(wide, copy=False),
        std.reshape(small).astype(wide, copy=False), result.reshape(x.shape), (1, 2))
    return _stored((result, *(part.reshape(-1, groups).sum(0).astype(gamma.dtype, copy=False)
                              for part in (gamma_grad, beta_grad))), out)


@group_norm.grad("data", "gamma", "beta")
def _(F, grad, data, gamma, mean, std):
    return F._backward_group_norm(grad, data, gamma, mean, std)


@instance_norm.grad("data", "gamma", "beta")
def _(F, grad, data, gamma, mean, std):
    return F._backward_group_norm(grad, data, gamma, mean, std)


for _op in (group_norm, instance_norm):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots, name=_op.name) -> None:
        ins["data"] = outs["output"]
        outs["output"] = data = ins["data"]
        groups = attrs.get("num_groups")
        if data is not None:
            require(len(data) >= 2, name, f"data has shape {data}, expected at least 2 axes (N, C)")
            if groups is None:
                groups = data[1]
            else:
                require(groups > 0 and data[1] % groups == 0, name,
                        f"num_groups={groups} does not divide the {data[1]} channels of data {data}")
            outs["mean"] = outs["std"] = (data[0], groups)
        if groups is not None:
            ins["gamma"] = ins["beta"] = (groups,)

for _op in (layer_norm, group_norm, instance_norm):
    _op.type(same_type)

for _op in (backward_layer_norm, backward_group_norm):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs["data_grad"] = ins["data"]
        outs["gamma_grad"] = outs["beta_grad"] = ins["gamma"]
    _op.type(same_type)


# ---- lengths --------------------------------------------------------------------------------------

def _length_axes(mode: str, rank: int) -> tuple[int, ...]:
    return (1,) if mode == "channel" else tuple(range(2 if mode == "spatial" else 1, rank))


@op(name="L2Normalization")
def l2_normalization(xp, data, *, eps: float = 1.00000001e-10,
                     mode: Literal["channel", "instance", "spatial"] = "instance"):
    """Scale to Euclidean length 1: ``data / sqrt(sum(data^2) + eps)``.

    Parameters
    ----------
    data : (N, ...), floating point; at least 3 axes for the modes channel and spatial
    eps : float
    mode : str
        What is summed: all of a sample (``instance``), axis 1 (``channel``), or the axes after it (``spatial``).

    Returns
    -------
    Same shape and dtype as `data`.
    """
    squares = xp.square(data, dtype=_wide(data.dtype)).sum(_length_axes(mode, data.ndim), keepdims=True)
    squares += eps
    return (data * (1 / xp.sqrt(squares))).astype(data.dtype, copy=False)


@l2_normalization.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    same_shape(attrs, ins, outs)
    least = 2 if attrs.mode == "instance" else 3
    require(ins[0] is None or len(ins[0]) >= least, "L2Normalization",
            f"data has shape {ins[0]}, but mode {attrs.mode!r} needs at least {least} axes")


l2_normalization.type(same_type)


@l2_normalization.grad("data")
def _(F, grad, data, output, *, eps, mode):
    axes = _length_axes(mode, len(data.shape))
    inverse = F.rsqrt(F.sum(F.square(data), axis=axes, keepdims=True) + eps)
    along = F.broadcast_mul(output, F.sum(grad * output, axis=axes, keepdims=True))
    return F.broadcast_mul(grad - along, inverse)


# ---- neighbouring channels ------------------------------------------------------------------------

def _window_sum(xp: Any, x: Any, before: int, after: int) -> Any:
    """Sum over the channels (axis 1) from `before` places before each to `after` places behind it."""
    total = x.copy()
    for k in range(1, min(before, x.shape[1] - 1) + 1):
        total[:, k:] += x[:, :-k]
    for k in range(1, min(after, x.shape[1] - 1) + 1):
        total[:, :-k] += x[:, k:]
    return total


def _to_minus(xp: Any, x: Any, power: float) -> Any:
    """``x ** -power``, by square roots for the usual 3/4."""
    if power == 0.75:
        root = xp.sqrt(x)
        root *= xp.sqrt(root)
        return 1 / root
    return x ** -power


@op(name="LRN", outputs=("output", "tmp_norm"), visible=1)
def lrn(xp, data, *, alpha: float = 9.99999975e-05, beta: float = 0.75, knorm: float = 2.0, nsize: int):
    """Local response normalization: each value is divided by a power of a sum of squares over nearby channels.

    ``data * norm ** -beta`` with ``norm = knorm + alpha / nsize * sum(data^2)`` over the `nsize` channels around each.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    alpha, beta, knorm : float
    nsize : int
        How many channels count; odd.

    Returns
    -------
    Same shape and dtype as `data`; ``norm`` is the hidden output ``tmp_norm``.

    Source: A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural
    networks", 2012.
    """
    norm = _window_sum(xp, xp.square(data), nsize // 2, nsize // 2)
    norm *= alpha / nsize
    norm += knorm
    result = _to_minus(xp, norm, beta)
    result *= data
    return result, norm


@op(name="_backward_lrn", differentiable=False)
def backward_lrn(xp, head, data, output, norm, *, alpha: float, beta: float, nsize: int):
    """Gradient of local response normalization."""
    shared = head * output
    shared /= norm
    shared = _window_sum(xp, shared, nsize // 2, nsize // 2)
    shared *= data
    shared *= -2 * alpha * beta / nsize
    own = _to_minus(xp, norm, beta)
    own *= head
    own += shared
    return own


@lrn.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.nsize > 0 and attrs.nsize % 2, "LRN", f"nsize is {attrs.nsize}, expected an odd number")
    same_shape(attrs, ins, outs)
    require(ins[0] is None or len(ins[0]) == 4, "LRN", f"data has shape {ins[0]}, expected 4 axes (N, C, H, W)")


backward_lrn.shape(same_shape)
lrn.type(same_type)
backward_lrn.type(same_type)


@lrn.grad("data")
def _(F, grad, data, output, tmp_norm, *, alpha, beta, nsize):
    return F._backward_lrn(grad, data, output, tmp_norm, alpha=alpha, beta=beta, nsize=nsize)
