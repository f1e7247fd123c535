"""Stochastic gradient descent."""
from __future__ import annotations

from ..schema import Scalar
from .steps import (
    add_decay,
    declare_mixed,
    descent,
    no_decay,
    product,
    rest,
    scaled,
    targets_of,
    update_op,
)

__all__ = ["sgd_mom", "sgd_of_many"]


@update_op("sgd_update", aliases=("_sparse_sgd_update",), ignores=("lazy_update",))
def sgd(xp, weight, grad, *, lr: Scalar, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0,
        out=None):
    """Stochastic gradient descent: ``weight -= lr * (g + wd * weight)``."""
    step = descent(xp, grad, lr, rescale_grad, clip_gradient)
    if no_decay(wd):
        return xp.subtract(weight, step, out=out)
    weight = xp.multiply(weight, rest(product(lr, wd)), out=out)
    weight -= step
    return weight


def sgd_of_many(xp, weight, grad, *, lr: float, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0,
                out=None):
    """As :func:`sgd`, rounded as in the updates of many weights at once."""
    step = descent(xp, grad, lr, rescale_grad, clip_gradient)
    if not no_decay(wd):
        step += weight * product(lr, wd)
    return xp.subtract(weight, step, out=out)


@update_op("sgd_mom_update", states=("mom",), aliases=("_sparse_sgd_mom_update",), ignores=("lazy_update",))
def sgd_mom(xp, weight, grad, mom, *, lr: Scalar, momentum: Scalar = 0.0, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Descent with momentum: ``mom = momentum * mom - lr * (g + wd * weight)``, ``weight += mom``."""
    out_weight, out_mom = targets_of(out, 2)
    step = descent(xp, grad, lr, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    if not no_decay(wd):
        mom -= weight * product(lr, wd)
    mom -= step
    return xp.add(weight, mom, out=out_weight), mom


@update_op("nag_mom_update", states=("mom",))
def nag_mom(xp, weight, grad, mom, *, lr: Scalar, momentum: Scalar = 0.0, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Nesterov's accelerated gradient (Sutskever et al. 2013).

    With ``h = g + wd * weight``: ``mom = momentum * mom - lr * h``, ``weight += momentum * mom - lr * h``. (Where `out`
    is the weight, MXNet takes the decay in `mom` from the new weight.)
    """
    out_weight, out_mom = targets_of(out, 2)
    h = add_decay(scaled(xp, grad, rescale_grad, clip_gradient), weight, wd)
    h *= lr
    kept = mom * momentum
    mom = xp.subtract(kept, h, out=out_mom)
    weight = xp.subtract(weight, kept, out=out_weight)
    weight += mom * (1 + momentum)
    return weight, mom


for _base, _name in ((sgd, "mp_sgd_update"), (sgd_mom, "mp_sgd_mom_update"), (nag_mom, "mp_nag_mom_update")):
    declare_mixed(_base, _name)


@update_op("signsgd_update")
def signsgd(xp, weight, grad, *, lr: Scalar, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0,
            out=None):
    """Descent by the gradient's sign: ``weight = (1 - lr * wd) * weight - lr * sign(g)`` (Bernstein et al. 2018)."""
    step = xp.sign(grad * rescale_grad)  # clipping changes no sign, and clip_gradient=0 clips nothing
    add_decay(step, weight, wd)
    step *= lr
    return xp.subtract(weight, step, out=out)


@update_op("signum_update", states=("mom",))
def signum(xp, weight, grad, mom, *, lr: Scalar, momentum: Scalar = 0.0, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0,
           clip_gradient: float = -1.0, wd_lh: float = 0.0, out=None):
    """Descent by the sign of the momentum: ``mom = momentum * mom - (1 - momentum) * (g + wd * weight)``, then
    ``weight = (1 - lr * wd_lh) * weight + lr * sign(mom)`` (Bernstein et al. 2018)."""
    out_weight, out_mom = targets_of(out, 2)
    share = rest(momentum)
    step = descent(xp, grad, share, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    if not no_decay(wd):
        mom -= weight * product(share, wd)
    mom -= step
    xp.sign(mom, out=step)
    step *= lr
    weight = xp.multiply(weight, 1 - lr * wd_lh, out=out_weight)
    weight += step
    return weight, mom
