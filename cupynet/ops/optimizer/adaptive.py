"""Adaptive steps."""
from __future__ import annotations

import math
from typing import Any

from ..catalog import op, require
from ..infer import same_type
from ..schema import Scalar, WholeScalar
from .steps import add_decay, average, decayed, moments, rest, root_of, scaled, targets_of, update_op

__all__: list[str] = []


@update_op("adam_update", states=("mean", "var"), aliases=("_sparse_adam_update",), ignores=("lazy_update",))
def adam(xp, weight, grad, mean, var, *, lr: Scalar, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
         wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0, out=None):
    """Adam (Kingma & Ba 2014) without the bias correction, which callers put into `lr`.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``mean = beta1 * mean + (1 - beta1) * g``,
    ``var = beta2 * var + (1 - beta2) * g^2``, ``weight -= lr * mean / (sqrt(var) + epsilon)``.
    """
    out_weight, *outs = targets_of(out, 3)
    g = decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    mean, var = moments(xp, g, mean, var, (beta1, beta2), outs)
    step = mean * lr
    step /= root_of(xp, var, epsilon)
    return xp.subtract(weight, step, out=out_weight), mean, var


def _clip_weights(xp: Any, weight: Any, bound: float) -> Any:
    return xp.clip(weight, -bound, bound, out=weight) if bound >= 0 else weight


@update_op("rmsprop_update", states=("n",))
def rmsprop(xp, weight, grad, n, *, lr: Scalar, gamma1: float = 0.95, epsilon: float = 1e-8, wd: Scalar = 0.0,
            rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0, clip_weights: float = -1.0, out=None):
    """RMSProp (Tieleman & Hinton 2012): steps divided by the root of the gradients' mean square.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``n = gamma1 * n + (1 - gamma1) * g^2``,
    ``weight -= lr * g / sqrt(n + epsilon)``, clipped to ``[-clip_weights, clip_weights]`` unless that is negative.
    """
    out_weight, out_n = targets_of(out, 2)
    g = decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    n = average(xp, n, g * g, gamma1, out_n)
    g /= xp.sqrt(n + epsilon)
    g *= lr
    return _clip_weights(xp, xp.subtract(weight, g, out=out_weight), clip_weights), n


@update_op("rmspropalex_update", states=("n", "g", "delta"))
def rmspropalex(xp, weight, grad, n, g, delta, *, lr: Scalar, gamma1: float = 0.95, gamma2: float = 0.9,
                epsilon: float = 1e-8, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0,
                clip_weights: float = -1.0, out=None):
    """RMSProp with centred gradients and momentum (Graves 2013, "Generating sequences").

    With ``h = clip(rescale_grad * grad + wd * weight)``: ``n`` and ``g`` are moving averages of ``h^2`` and ``h``
    with rate `gamma1`, ``delta = gamma2 * delta - lr * h / sqrt(n - g^2 + epsilon)``, ``weight += delta``.
    """
    out_weight, out_n, out_g, out_delta = targets_of(out, 4)
    h = decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    n = average(xp, n, h * h, gamma1, out_n)
    g = average(xp, g, h.copy(), gamma1, out_g)
    spread = n - g * g
    spread += epsilon
    h /= xp.sqrt(spread, out=spread)
    h *= lr
    delta = xp.multiply(delta, gamma2, out=out_delta)
    delta -= h
    return _clip_weights(xp, xp.add(weight, delta, out=out_weight), clip_weights), n, g, delta


@update_op("ftrl_update", states=("z", "n"), aliases=("_sparse_ftrl_update",))
def ftrl(xp, weight, grad, z, n, *, lr: Scalar, lamda1: float = 0.01, beta: float = 1.0, wd: Scalar = 0.0,
         rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0, out=None):
    """Follow the regularized leader (McMahan et al. 2013): keeps weights at exactly 0.

    ``z += g - (sqrt(n + g^2) - sqrt(n)) * weight / lr``, ``n += g^2``, then
    ``weight = -(z - sign(z) * lamda1) / ((beta + sqrt(n)) / lr + wd)`` where ``|z| > lamda1``, else 0.
    """
    out_weight, out_z, out_n = targets_of(out, 3)
    g = scaled(xp, grad, rescale_grad, clip_gradient)
    growth = xp.sqrt(n)
    n = xp.add(n, g * g, out=out_n)
    root = xp.sqrt(n)
    xp.subtract(root, growth, out=growth)
    growth *= weight
    growth /= lr
    g -= growth
    z = xp.add(z, g, out=out_z)
    root += beta
    root /= lr
    root += wd
    xp.clip(z, -lamda1, lamda1, out=g)  # so that g - z is 0 where |z| <= lamda1
    g -= z
    return xp.divide(g, root, out=out_weight), z, n


@update_op("ftml_update", states=("d", "v", "z"))
def ftml(xp, weight, grad, d, v, z, *, lr: Scalar, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8,
         t: WholeScalar, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_grad: float = -1.0, out=None):
    """Follow the moving leader (Zheng & Kwok 2017), step number `t`.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``v = beta2 * v + (1 - beta2) * g^2``,
    ``d' = (1 - beta1^t) / lr * (sqrt(v / (1 - beta2^t)) + epsilon)``,
    ``z = beta1 * z + (1 - beta1) * g - (d' - beta1 * d) * weight``, ``weight = -z / d'``.
    """
    out_weight, out_d, out_v, out_z = targets_of(out, 4)
    g = decayed(xp, weight, grad, wd, rescale_grad, clip_grad)
    v = average(xp, v, g * g, beta2, out_v)
    before = d * beta1
    d = xp.divide(v, rest(beta2, t), out=out_d)
    xp.sqrt(d, out=d)
    d += epsilon
    d *= rest(beta1, t) / lr if lr else math.inf
    xp.subtract(d, before, out=before)
    before *= weight
    z = average(xp, z, g, beta1, out_z)
    z -= before
    weight = xp.divide(z, d, out=out_weight)
    return xp.negative(weight, out=weight), d, v, z


@update_op("_sparse_adagrad_update", states=("history",))
def adagrad(xp, weight, grad, history, *, lr: Scalar, epsilon: float = 1e-7, wd: Scalar = 0.0,
            rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0, out=None):
    """AdaGrad (Duchi et al. 2011): ``history += g^2``, ``weight -= lr * (g / sqrt(history + epsilon) + wd * weight)``.

    MXNet has this for row-sparse gradients only, and only with ``wd=0``; here it is for dense ones.
    """
    out_weight, out_history = targets_of(out, 2)
    g = scaled(xp, grad, rescale_grad, clip_gradient)
    history = xp.add(history, g * g, out=out_history)
    g /= xp.sqrt(history + epsilon)
    add_decay(g, weight, wd)
    g *= lr
    return xp.subtract(weight, g, out=out_weight), history


@op(name="_contrib_group_adagrad_update", mutates=("history",), inplace=True, differentiable=False)
def group_adagrad(xp, weight, grad, history, *, lr: Scalar, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0,
                  epsilon: float = 1e-5, out=None):
    """AdaGrad with one step size per row: ``history += mean(g^2, over all axes but the first)``, then
    ``weight -= lr * g / sqrt(history + epsilon)``.

    `weight` and `grad` have one shape of two axes or more, `history` one number per row: shape (rows, 1).
    """
    out_weight, out_history = targets_of(out, 2)
    g = scaled(xp, grad, rescale_grad, clip_gradient)
    mean = (g * g).reshape(len(g), -1).mean(axis=1).astype(history.dtype)
    history = xp.add(history, mean.reshape(history.shape), out=out_history)
    g /= xp.sqrt(history + epsilon).reshape(-1, *(1,) * (g.ndim - 1))
    g *= lr
    return xp.subtract(weight, g, out=out_weight), history


@group_adagrad.shape
def _(attrs, ins, outs):
    for slots, name in ((ins, "grad"), (outs, 0), (ins, "weight")):
        ins["weight"] = slots[name]
    ins["grad"] = outs[0] = ins["weight"]
    if ins["weight"] is not None:
        require(len(ins["weight"]) > 1, "_contrib_group_adagrad_update",
                f"weight has shape {ins['weight']}; expected two axes or more")
        ins["history"] = (ins["weight"][0], 1)


group_adagrad.type(same_type)
