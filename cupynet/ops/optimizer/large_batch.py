"""Large batches: layerwise step sizes."""
from __future__ import annotations

import numpy as np

from ..catalog import op
from ..infer import same_shape, same_type
from ..schema import Scalar, WholeScalar
from .steps import moments, rest, rounded, scaled, targets_of, tie, update_op

__all__ = ["lamb_phase1", "lamb_phase2"]

_FLOAT32 = np.dtype(np.float32)


# ---- large batches: layerwise step sizes ----------------------------------------------------------

@update_op("lamb_update_phase1", states=("mean", "var"))
def lamb_phase1(xp, weight, grad, mean, var, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-6,
                t: WholeScalar, bias_correction: bool = True, wd: Scalar, rescale_grad: Scalar = 1.0,
                clip_gradient: float = -1.0, out=None):
    """First half of LAMB (You et al. 2019): the direction ``mean / (sqrt(var) + epsilon) + wd * weight``.

    `mean` and `var` are moving averages of ``g`` and ``g^2`` as in Adam, divided by ``1 - beta^t`` in this formula if
    `bias_correction` is set. The output is the direction; the weight stays.
    """
    out_step, *outs = targets_of(out, 3)
    g = scaled(xp, grad, rescale_grad, clip_gradient)
    mean, var = moments(xp, g, mean, var, (beta1, beta2), outs)
    step = xp.divide(var, rest(beta2, t) if bias_correction else 1, out=g)
    xp.sqrt(step, out=step)
    step += epsilon
    decay = weight * wd  # before a result is written: out may be the weight
    step = xp.divide(mean / rest(beta1, t) if bias_correction else mean, step, out=out_step)
    step += decay
    return step, mean, var


@op(name="lamb_update_phase2", inplace=True, differentiable=False)
def lamb_phase2(xp, weight, g, r1, r2, *, lr: Scalar, lower_bound: float = -1.0, upper_bound: float = -1.0, out=None):
    """Second half of LAMB: ``weight -= lr * (r1 / r2) * g``.

    `g` is the direction from ``lamb_update_phase1``; `r1` and `r2`, of shape (1,), are the norms of weight and
    direction. `r1` is limited to ``[lower_bound, upper_bound]`` where those are not negative; the ratio is 1 if either
    norm is 0.
    """
    if lower_bound >= 0:
        r1 = xp.maximum(r1, lower_bound)
    if upper_bound >= 0:
        r1 = xp.minimum(r1, upper_bound)
    usable = (r1 != 0) & (r2 != 0)
    ratio = xp.where(usable, r1, 1) / xp.where(usable, r2, 1)
    step = g * (ratio * lr).astype(g.dtype)
    return xp.subtract(weight, step, out=out)


@lamb_phase2.shape
def _(attrs, ins, outs):
    tie(ins, [name for name in ins.names if name not in ("r1", "r2")], outs)
    for name in ("r1", "r2"):
        ins[name] = (1,)


lamb_phase2.type(same_type)


@op(name="mp_lamb_update_phase1", mutates=("mean", "var"), inplace=True, differentiable=False)
def mp_lamb_phase1(xp, weight, grad, mean, var, weight32, *, beta1: float = 0.9, beta2: float = 0.999,
                   epsilon: float = 1e-6, t: WholeScalar, bias_correction: bool = True, wd: Scalar,
                   rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0, out=None):
    """``lamb_update_phase1`` of `weight32`, the exact weight in float32; the direction is float32 as well."""
    return lamb_phase1.kernel_fn(
        xp, weight32, grad.astype(weight32.dtype), mean, var, beta1=beta1, beta2=beta2, epsilon=epsilon, t=t,
        bias_correction=bias_correction, wd=wd, rescale_grad=rescale_grad, clip_gradient=clip_gradient, out=out)


mp_lamb_phase1.shape(same_shape)


@mp_lamb_phase1.type
def _(attrs, ins, outs):
    ins["weight"] = ins["grad"]
    ins["grad"] = ins["weight"]
    outs[0] = ins["mean"] = ins["var"] = ins["weight32"] = _FLOAT32


@op(name="mp_lamb_update_phase2", mutates=("weight32",), inplace=True, differentiable=False)
def mp_lamb_phase2(xp, weight, g, r1, r2, weight32, *, lr: Scalar, lower_bound: float = -1.0,
                   upper_bound: float = -1.0, out=None):
    """``lamb_update_phase2`` of `weight32`, the exact weight in float32; the result is its rounding to float16.

    MXNet 1.9.1 forgets to store the new `weight32`; here it is stored.
    """
    half, out32 = targets_of(out, 2)
    new = lamb_phase2.kernel_fn(xp, weight32, g, r1, r2, lr=lr, lower_bound=lower_bound, upper_bound=upper_bound,
                                out=out32)
    return rounded(new, weight.dtype, half), new


mp_lamb_phase2.shape(lamb_phase2.shape_rule)


@mp_lamb_phase2.type
def _(attrs, ins, outs):
    ins["weight"] = outs[0]
    outs[0] = ins["weight"]
    for name in ("g", "r1", "r2", "weight32"):
        ins[name] = _FLOAT32


# ---- helpers of layerwise methods -----------------------------------------------------------------

@op(name="multi_sum_sq", differentiable=False, count="num_arrays")
def multi_sum_sq(xp, *data, num_arrays: int):
    """Sum of squares of each of `num_arrays` arrays of any shapes, one dtype: a float32 array of (num_arrays,)."""
    flat = [x.reshape(-1).astype(np.result_type(x.dtype, np.float32), copy=False) for x in data]
    return xp.stack([xp.dot(x, x) for x in flat]).astype("float32")


@multi_sum_sq.shape
def _(attrs, ins, outs):
    outs[0] = (attrs.num_arrays,)


@multi_sum_sq.type
def _(attrs, ins, outs):
    same_type(attrs, ins, ())
    outs[0] = _FLOAT32


@op(name="multi_lars", inplace=True, differentiable=False)
def multi_lars(xp, lrs, weights_sum_sq, grads_sum_sq, wds, *, eta: Scalar, eps: float, rescale_grad: Scalar = 1.0,
               out=None):
    """Learning rates by layerwise adaptive rate scaling (You et al. 2017).

    ``lrs * eta * |w| / (rescale_grad * |g| + wds * |w| + eps)`` where both norms are positive, else ``lrs``; all
    arrays have one entry for each layer.
    """
    weight, grad = xp.sqrt(weights_sum_sq), xp.sqrt(grads_sum_sq)
    rate = eta * weight / (grad * rescale_grad + wds * weight + eps)
    return xp.multiply(lrs, xp.where((weight == 0) | (grad == 0), 1, rate), out=out)


multi_lars.shape(same_shape)
multi_lars.type(same_type)
