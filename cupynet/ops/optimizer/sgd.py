"""Stochastic gradient descent."""
from __future__ import annotations

from ..schema import Scalar
from .steps import add_decay, declare_mixed, descent, scaled, targets_of, update_op

__all__ = ["sgd", "sgd_mom"]


@update_op("sgd_update", aliases=("_sparse_sgd_update",), ignores=("lazy_update",))
def sgd(xp, weight, grad, *, lr: Scalar, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0, clip_gradient: float = -1.0,
        out=None):
    """Stochastic gradient descent: ``weight -= lr * (g + wd * weight)``."""
    return xp.subtract(weight, descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient), out=out)


@update_op("sgd_mom_update", states=("mom",), aliases=("_sparse_sgd_mom_update",), ignores=("lazy_update",))
def sgd_mom(xp, weight, grad, mom, *, lr: Scalar, momentum: Scalar = 0.0, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Descent with momentum: ``mom = momentum * mom - lr * (g + wd * weight)``, ``weight += mom``."""
    out_weight, out_mom = targets_of(out, 2)
    g = descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom -= g
    return xp.add(weight, mom, out=out_weight), mom


@update_op("nag_mom_update", states=("mom",))
def nag_mom(xp, weight, grad, mom, *, lr: Scalar, momentum: Scalar = 0.0, wd: Scalar = 0.0, rescale_grad: Scalar = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Nesterov's accelerated gradient (Sutskever et al. 2013).

    With ``h = g + wd * weight``: ``mom = momentum * mom - lr * h``, ``weight += momentum * mom - lr * h``. (Where
    ``out`` is the weight, MXNet computes the decay in `mom` from the new weight by mistake.)
    """
    out_weight, out_mom = targets_of(out, 2)
    g = descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom -= g
    g -= mom * momentum
    return xp.subtract(weight, g, out=out_weight), mom


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
    g = add_decay(scaled(xp, grad, rescale_grad, clip_gradient), weight, wd)
    g *= momentum - 1
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom += g
    xp.sign(mom, out=g)
    g *= lr
    weight = xp.multiply(weight, 1 - lr * wd_lh, out=out_weight)
    weight += g
    return weight, mom
