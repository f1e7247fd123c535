"""Adam with decoupled weight decay."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import op
from ..schema import Scalar
from .steps import add_decay, declare_mixed, moments, root_of, scaled, targets_of, tie

__all__ = ["adamw"]


@op(name="_adamw_update", mutates=("mean", "var"), inplace=True, differentiable=False)
def adamw(xp, weight, grad, mean, var, rescale_grad, *, lr: Scalar, beta1: float = 0.9, beta2: float = 0.999,
          epsilon: float = 1e-8, wd: Scalar = 0.0, eta: Scalar, clip_gradient: float = -1.0, out=None):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017).

    `mean` and `var` as by ``adam_update`` of ``g``; ``weight -= eta * (lr * mean / (sqrt(var) + epsilon)
    + wd * weight)``. `rescale_grad` is an array of one element; where it is 0, infinite or nan (a dynamic loss
    scale that overflowed) the update is skipped.
    """
    out_weight, *outs = targets_of(out, 3)
    usable = xp.isfinite(rescale_grad) & (rescale_grad != 0)
    g = scaled(xp, grad, rescale_grad.astype(grad.dtype), clip_gradient)
    new_mean, new_var = moments(xp, g, mean, var, (beta1, beta2), (None, None))
    step = root_of(xp, new_var, epsilon)
    xp.divide(new_mean, step, out=step)
    step *= lr
    add_decay(step, weight, wd)
    step *= eta
    new = (xp.subtract(weight, step, out=step), new_mean, new_var)
    return tuple(_choose(xp, usable, *each) for each in zip(new, (weight, mean, var), (out_weight, *outs)))


def _choose(xp: Any, condition: Any, new: Any, old: Any, out: Any) -> Any:
    """Return `new` if the one-element `condition` holds, else `old`, without asking the device."""
    if out is None:
        return xp.where(condition, new, old)
    out[...] = xp.where(condition, new, old)
    return out


@adamw.shape
def _(attrs, ins, outs):
    ins["rescale_grad"] = (1,)
    tie(ins, [name for name in ins.names if name != "rescale_grad"], outs)


@adamw.type
def _(attrs, ins, outs):
    tie(ins, [name for name in ins.names if name != "rescale_grad"], outs)
    ins["rescale_grad"] = ins["rescale_grad"] or np.dtype("float32")


declare_mixed(adamw, "_mp_adamw_update")
