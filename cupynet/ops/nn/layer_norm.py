"""Normalization of layers, groups and instances."""
from __future__ import annotations

import math
from typing import Any

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, same_type
from ..math.reduce import mean_of
from ..schema import Attrs
from .batch_norm import around_axis
from .cache_blocks import blocks, buffer_for, stored, wide_dtype, work_array

__all__: list[str] = []

_GRADS = ("data_grad", "gamma_grad", "beta_grad")


# One array x (rows, length, inner) is normalized along its middle axis; gamma and beta are broadcast against it.

def _part(xp: Any, array: Any, block: slice) -> Any:
    """Cut `array` like the data it is broadcast against."""
    return array if array.shape[0] == 1 else array[block]


def _normalize(xp, x, gamma, beta, eps, y):
    """Write ``gamma * normalized + beta`` to `y` like x; return mean and standard deviation (rows, 1, inner)."""
    wide = wide_dtype(x.dtype)
    mean, std = (xp.empty((x.shape[0], 1, x.shape[2]), wide) for _ in range(2))
    for block in blocks(xp, x):
        work, m, s = work_array(xp, y[block], wide), mean[block], std[block]
        mean_of(xp, x[block], 1, dtype=wide, out=m)
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
        return backend(xp).matmul(a.reshape(a.shape[0], 1, a.shape[1]), b)
    return (a * b).sum(1, keepdims=True)


def _normalize_backward(xp, g, x, gamma, mean, std, y, sum_axes):
    """Write the gradient of x to `y`; return those of gamma and beta, summed over `sum_axes` of x."""
    wide = wide_dtype(x.dtype)
    gammas, betas = [], []
    for block in blocks(xp, x):
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
        normal *= mean_of(xp, product, 1)
        normal += mean_of(xp, head, 1)
        work = work_array(xp, y[block], wide)
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
    shape = around_axis(data, axis)
    result = buffer_for(xp, out, data.shape, data.dtype)
    mean, std = _normalize(xp, data.reshape(shape), gamma[:, None][None], beta[:, None][None], eps,
                           result.reshape(shape))
    small = _reduced(data.shape, axis)
    return stored((result, mean.reshape(small).astype(data.dtype, copy=False),
                    std.reshape(small).astype(data.dtype, copy=False)), out)


def _reduced(shape: tuple, axis: int) -> tuple[int, ...]:
    axis %= len(shape)
    return (*shape[:axis], 1, *shape[axis + 1:])


@op(name="_backward_layer_norm", outputs=_GRADS, differentiable=False, inplace=True)
def backward_layer_norm(xp, head, data, gamma, mean, std, *, axis: int = -1, out=None):
    """Gradients of layer normalization for data, gamma and beta."""
    shape = around_axis(data, axis)
    small = (shape[0], 1, shape[2])
    wide = wide_dtype(data.dtype)
    result = buffer_for(xp, out, data.shape, data.dtype)
    gamma_grad, beta_grad = _normalize_backward(
        xp, head.reshape(shape), data.reshape(shape), gamma[:, None][None],
        mean.reshape(small).astype(wide, copy=False), std.reshape(small).astype(wide, copy=False),
        result.reshape(shape), (0, 2))
    return stored((result, gamma_grad.astype(gamma.dtype, copy=False), beta_grad.astype(gamma.dtype, copy=False)),
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
    result = buffer_for(xp, out, data.shape, data.dtype)
    mean, std = _normalize(xp, x, gammas, betas, eps, result.reshape(x.shape))
    small = (data.shape[0], groups)
    return stored((result, mean.reshape(small).astype(data.dtype, copy=False),
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
    groups, wide = gamma.shape[0], wide_dtype(data.dtype)
    x, gammas = _group_rows(xp, data, gamma, groups)
    small = (x.shape[0], 1, 1)
    result = buffer_for(xp, out, data.shape, data.dtype)
    gamma_grad, beta_grad = _normalize_backward(
        xp, head.reshape(x.shape), x, gammas, mean.reshape(small).astype(wide, copy=False),
        std.reshape(small).astype(wide, copy=False), result.reshape(x.shape), (1, 2))
    return stored((result, *(part.reshape(-1, groups).sum(0).astype(gamma.dtype, copy=False)
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
            require(len(data) >= 3, name, f"data has shape {data}, expected at least 3 axes (N, C, ...)")
            if groups is None:
                for each in ("gamma", "beta", "gamma"):
                    ins[each] = (data[1],)
                    ins["data"] = outs["output"] = data = (data[0], ins[each][0], *data[2:])
                groups = data[1]
            else:
                require(groups > 0 and (data[1] is None or data[1] % groups == 0), name,
                        f"num_groups={groups} does not divide the {data[1]} channels of data {data}")
            outs["mean"] = outs["std"] = (data[0], groups)
        ins["gamma"] = ins["beta"] = (groups,)

for _op in (layer_norm, group_norm, instance_norm):
    _op.type(same_type)

for _op in (backward_layer_norm, backward_group_norm):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs["data_grad"] = ins["data"]
        outs["gamma_grad"] = outs["beta_grad"] = ins["gamma"]
    _op.type(same_type)
