"""Updates of weights: one operator for each optimization algorithm.

Every update returns the new weight and then the new values of its states. Callers write
``nd.sgd_update(weight, grad, out=weight, lr=0.1)``, so here alone ``out`` may be the buffer of an input: of
the weight, or, as a tuple, of the weight and of the states as well. Every kernel is written to allow that.

Three forms follow from one kernel: the plain one; the mixed precision one (``mp_``), where `weight` and `grad`
are float16 and the exact weight is a float32 state ``weight32``; and the one for many weights at once (``multi_``).

Common arguments: the gradient is ``g = clip(rescale_grad * grad, -clip_gradient, clip_gradient)``, not clipped if
`clip_gradient` is negative; `wd` is the weight decay, `lr` the learning rate.
"""
from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .infer import Slots, same_shape, same_type
from .registry import Op, op, require
from .schema import Attrs, Floats, Shape

__all__: list[str] = []

_FLOAT32 = np.dtype(np.float32)


# ---- pieces ---------------------------------------------------------------------------------------

def _targets(out: Any, count: int) -> tuple:
    """Return where to write the new weight and each new state, None meaning a new array."""
    return tuple(out) if isinstance(out, (tuple, list)) else (out,) + (None,) * (count - 1)


def _scaled(xp: Any, grad: Any, rescale: Any, clip: float) -> Any:
    """Return the rescaled and clipped gradient, a new array."""
    g = grad * rescale
    return xp.clip(g, -clip, clip, out=g) if clip >= 0 else g


def _add_decay(g: Any, weight: Any, wd: Any) -> Any:
    """Add the gradient of the weight decay to `g`; `wd` may be an array of one element."""
    if not (isinstance(wd, float) and wd == 0):
        g += weight * wd
    return g


def _descent(xp: Any, weight: Any, grad: Any, lr: Any, wd: Any, rescale: Any, clip: float) -> Any:
    """Return ``lr * (g + wd * weight)``, a new array; without clipping one pass over the gradient does it."""
    if clip < 0:
        return _add_decay(grad * (rescale * lr), weight, wd * lr)
    g = _add_decay(_scaled(xp, grad, rescale, clip), weight, wd)
    g *= lr
    return g


def _decayed(xp: Any, weight: Any, grad: Any, wd: Any, rescale: float, clip: float) -> Any:
    """Return the rescaled gradient with weight decay, clipped together, a new array."""
    g = _add_decay(grad * rescale, weight, wd)
    return xp.clip(g, -clip, clip, out=g) if clip >= 0 else g


def _average(xp: Any, state: Any, new: Any, beta: float, out: Any) -> Any:
    """Return the moving average ``beta * state + (1 - beta) * new``; `new` is used up."""
    result = xp.multiply(state, beta, out=out)
    new *= 1 - beta
    result += new
    return result


def _moments(xp: Any, g: Any, mean: Any, var: Any, betas: tuple, outs: tuple) -> tuple:
    """Return the moving averages of `g` and of its square; `g` is used up."""
    var = _average(xp, var, g * g, betas[1], outs[1])
    return _average(xp, mean, g, betas[0], outs[0]), var


def _root(xp: Any, x: Any, epsilon: float) -> Any:
    """Return ``sqrt(x) + epsilon``, a new array."""
    root = xp.sqrt(x)
    root += epsilon
    return root


# ---- declaring ------------------------------------------------------------------------------------

def _update(name: str, *, states: Sequence[str] = (), aliases: Sequence[str] = (), ignores: Sequence[str] = ()
            ) -> Callable[[Callable], Op]:
    """Declare an update whose inputs and output all have one shape and dtype."""
    def declare(kernel: Callable) -> Op:
        declared = op(name=name, aliases=aliases, mutates=states, ignores=ignores, inplace=True,
                      differentiable=False)(kernel)
        declared.shape(same_shape)
        declared.type(same_type)
        return declared
    return declare


def _mixed_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """Weight, gradient and output have one dtype; what is kept beside them is float32."""
    for slots, name in ((ins, "grad"), (outs, 0), (ins, "weight")):
        ins["weight"] = slots[name]
    ins["grad"] = outs[0] = ins["weight"]
    for name in ins.names:
        if name not in ("weight", "grad"):
            ins[name] = _FLOAT32


def _tie(ins: Slots, names: Sequence[Any], outs: Slots, places: Sequence[int] = (0,)) -> None:
    """Give the named inputs and the outputs at `places` one shape (or dtype), that which is known of any of them."""
    members = [*((ins, name) for name in names), *((outs, place) for place in places)]
    found = None
    for slots, key in (*members, *members):
        slots[key] = found
        found = slots[key]


def _rounded(new: Any, dtype: Any, out: Any) -> Any:
    if out is None:
        return new.astype(dtype)
    out[...] = new
    return out


def _mixed(update: Callable, states: int) -> Callable:
    """Return `update`, which has so many states, as a function of (weight, grad, states, weight32, more)."""
    def kernel(xp, weight, grad, *rest, out=None, **attrs):
        before, weight32, more = rest[:states], rest[states], rest[states + 1:]
        half, *outs, out32 = _targets(out, states + 2)
        found = update(xp, weight32, grad.astype(weight32.dtype), *before, *more, **attrs,
                       out=(out32, *outs) if states else out32)
        new, *after = found if states else (found,)
        return _rounded(new, weight.dtype, half), *after, new
    return kernel


def _declare_mixed(base: Op, name: str) -> Op:
    """Declare the form of `base` that keeps the exact weight in an input ``weight32``, which follows the states."""
    kernel = _mixed(base.kernel_fn, len(base.mutates))
    signature = inspect.signature(base.kernel_fn, eval_str=True)
    parameters = list(signature.parameters.values())
    place = 3 + len(base.mutates)
    kernel.__name__ = name
    kernel.__doc__ = (f"{base.name} in mixed precision.\n\nThe update of `weight32`, the exact weight in float32, as "
                      f"by {base.name}; `weight` and the result are its rounding to the dtype of `grad`, float16.")
    kernel.__signature__ = signature.replace(parameters=[
        *parameters[:place], inspect.Parameter("weight32", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        *parameters[place:]])
    declared = op(name=name, mutates=(*base.mutates, "weight32"), ignores=sorted(base.ignores), inplace=True,
                  differentiable=False)(kernel)
    declared.shape(base.shape_rule)
    declared.type(_mixed_type)
    return declared


# ---- stochastic gradient descent ------------------------------------------------------------------

@_update("sgd_update", aliases=("_sparse_sgd_update",), ignores=("lazy_update",))
def sgd(xp, weight, grad, *, lr: float, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0,
        out=None):
    """Stochastic gradient descent: ``weight -= lr * (g + wd * weight)``."""
    return xp.subtract(weight, _descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient), out=out)


@_update("sgd_mom_update", states=("mom",), aliases=("_sparse_sgd_mom_update",), ignores=("lazy_update",))
def sgd_mom(xp, weight, grad, mom, *, lr: float, momentum: float = 0.0, wd: float = 0.0, rescale_grad: float = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Descent with momentum: ``mom = momentum * mom - lr * (g + wd * weight)``, ``weight += mom``."""
    out_weight, out_mom = _targets(out, 2)
    g = _descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom -= g
    return xp.add(weight, mom, out=out_weight), mom


@_update("nag_mom_update", states=("mom",))
def nag_mom(xp, weight, grad, mom, *, lr: float, momentum: float = 0.0, wd: float = 0.0, rescale_grad: float = 1.0,
            clip_gradient: float = -1.0, out=None):
    """Nesterov's accelerated gradient (Sutskever et al. 2013).

    With ``h = g + wd * weight``: ``mom = momentum * mom - lr * h``, ``weight += momentum * mom - lr * h``. (Where
    ``out`` is the weight, MXNet computes the decay in `mom` from the new weight by mistake.)
    """
    out_weight, out_mom = _targets(out, 2)
    g = _descent(xp, weight, grad, lr, wd, rescale_grad, clip_gradient)
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom -= g
    g -= mom * momentum
    return xp.subtract(weight, g, out=out_weight), mom


for _base, _name in ((sgd, "mp_sgd_update"), (sgd_mom, "mp_sgd_mom_update"), (nag_mom, "mp_nag_mom_update")):
    _declare_mixed(_base, _name)


@_update("signsgd_update")
def signsgd(xp, weight, grad, *, lr: float, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0,
            out=None):
    """Descent by the gradient's sign: ``weight = (1 - lr * wd) * weight - lr * sign(g)`` (Bernstein et al. 2018)."""
    step = _scaled(xp, grad, rescale_grad, clip_gradient)
    xp.sign(step, out=step)
    _add_decay(step, weight, wd)
    step *= lr
    return xp.subtract(weight, step, out=out)


@_update("signum_update", states=("mom",))
def signum(xp, weight, grad, mom, *, lr: float, momentum: float = 0.0, wd: float = 0.0, rescale_grad: float = 1.0,
           clip_gradient: float = -1.0, wd_lh: float = 0.0, out=None):
    """Descent by the sign of the momentum: ``mom = momentum * mom - (1 - momentum) * (g + wd * weight)``, then
    ``weight = (1 - lr * wd_lh) * weight + lr * sign(mom)`` (Bernstein et al. 2018)."""
    out_weight, out_mom = _targets(out, 2)
    g = _add_decay(_scaled(xp, grad, rescale_grad, clip_gradient), weight, wd)
    g *= momentum - 1
    mom = xp.multiply(mom, momentum, out=out_mom)
    mom += g
    xp.sign(mom, out=g)
    g *= lr
    weight = xp.multiply(weight, 1 - lr * wd_lh, out=out_weight)
    weight += g
    return weight, mom


# ---- adaptive steps -------------------------------------------------------------------------------

@_update("adam_update", states=("mean", "var"), aliases=("_sparse_adam_update",), ignores=("lazy_update",))
def adam(xp, weight, grad, mean, var, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
         wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0, out=None):
    """Adam (Kingma & Ba 2014) without the bias correction, which callers put into `lr`.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``mean = beta1 * mean + (1 - beta1) * g``,
    ``var = beta2 * var + (1 - beta2) * g^2``, ``weight -= lr * mean / (sqrt(var) + epsilon)``.
    """
    out_weight, *outs = _targets(out, 3)
    g = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    mean, var = _moments(xp, g, mean, var, (beta1, beta2), outs)
    step = _root(xp, var, epsilon)
    xp.divide(mean, step, out=step)
    step *= lr
    return xp.subtract(weight, step, out=out_weight), mean, var


def _clip_weights(xp: Any, weight: Any, bound: float) -> Any:
    return xp.clip(weight, -bound, bound, out=weight) if bound >= 0 else weight


@_update("rmsprop_update", states=("n",))
def rmsprop(xp, weight, grad, n, *, lr: float, gamma1: float = 0.95, epsilon: float = 1e-8, wd: float = 0.0,
            rescale_grad: float = 1.0, clip_gradient: float = -1.0, clip_weights: float = -1.0, out=None):
    """RMSProp (Tieleman & Hinton 2012): steps divided by the root of the gradients' mean square.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``n = gamma1 * n + (1 - gamma1) * g^2``,
    ``weight -= lr * g / sqrt(n + epsilon)``, clipped to ``[-clip_weights, clip_weights]`` unless that is negative.
    """
    out_weight, out_n = _targets(out, 2)
    g = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    n = _average(xp, n, g * g, gamma1, out_n)
    g /= xp.sqrt(n + epsilon)
    g *= lr
    return _clip_weights(xp, xp.subtract(weight, g, out=out_weight), clip_weights), n


@_update("rmspropalex_update", states=("n", "g", "delta"))
def rmspropalex(xp, weight, grad, n, g, delta, *, lr: float, gamma1: float = 0.95, gamma2: float = 0.9,
                epsilon: float = 1e-8, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0,
                clip_weights: float = -1.0, out=None):
    """RMSProp with centred gradients and momentum (Graves 2013, "Generating sequences").

    With ``h = clip(rescale_grad * grad + wd * weight)``: ``n`` and ``g`` are moving averages of ``h^2`` and ``h``
    with rate `gamma1`, ``delta = gamma2 * delta - lr * h / sqrt(n - g^2 + epsilon)``, ``weight += delta``.
    """
    out_weight, out_n, out_g, out_delta = _targets(out, 4)
    h = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    n = _average(xp, n, h * h, gamma1, out_n)
    g = _average(xp, g, h.copy(), gamma1, out_g)
    spread = n - g * g
    spread += epsilon
    h /= xp.sqrt(spread, out=spread)
    h *= lr
    delta = xp.multiply(delta, gamma2, out=out_delta)
    delta -= h
    return _clip_weights(xp, xp.add(weight, delta, out=out_weight), clip_weights), n, g, delta


@_update("ftrl_update", states=("z", "n"), aliases=("_sparse_ftrl_update",))
def ftrl(xp, weight, grad, z, n, *, lr: float, lamda1: float = 0.01, beta: float = 1.0, wd: float = 0.0,
         rescale_grad: float = 1.0, clip_gradient: float = -1.0, out=None):
    """Follow the regularized leader (McMahan et al. 2013): keeps weights at exactly 0.

    ``z += g - (sqrt(n + g^2) - sqrt(n)) * weight / lr``, ``n += g^2``, then
    ``weight = -(z - sign(z) * lamda1) / ((beta + sqrt(n)) / lr + wd)`` where ``|z| > lamda1``, else 0.
    """
    out_weight, out_z, out_n = _targets(out, 3)
    g = _scaled(xp, grad, rescale_grad, clip_gradient)
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


@_update("ftml_update", states=("d", "v", "z"))
def ftml(xp, weight, grad, d, v, z, *, lr: float, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8,
         t: int, wd: float = 0.0, rescale_grad: float = 1.0, clip_grad: float = -1.0, out=None):
    """Follow the moving leader (Zheng & Kwok 2017), step number `t`.

    With ``g = clip(rescale_grad * grad + wd * weight)``: ``v = beta2 * v + (1 - beta2) * g^2``,
    ``d' = (1 - beta1^t) / lr * (sqrt(v / (1 - beta2^t)) + epsilon)``,
    ``z = beta1 * z + (1 - beta1) * g - (d' - beta1 * d) * weight``, ``weight = -z / d'``.
    """
    out_weight, out_d, out_v, out_z = _targets(out, 4)
    g = _decayed(xp, weight, grad, wd, rescale_grad, clip_grad)
    v = _average(xp, v, g * g, beta2, out_v)
    before = d * beta1
    d = xp.divide(v, 1 - beta2**t, out=out_d)
    xp.sqrt(d, out=d)
    d += epsilon
    d *= (1 - beta1**t) / lr
    xp.subtract(d, before, out=before)
    before *= weight
    z = _average(xp, z, g, beta1, out_z)
    z -= before
    weight = xp.divide(z, d, out=out_weight)
    return xp.negative(weight, out=weight), d, v, z


@_update("_sparse_adagrad_update", states=("history",))
def adagrad(xp, weight, grad, history, *, lr: float, epsilon: float = 1e-7, wd: float = 0.0, rescale_grad: float = 1.0,
            clip_gradient: float = -1.0, out=None):
    """AdaGrad (Duchi et al. 2011): ``history += g^2``, ``weight -= lr * (g / sqrt(history + epsilon) + wd * weight)``.

    MXNet has this for row-sparse gradients only, and only with ``wd=0``; here it is for dense ones.
    """
    out_weight, out_history = _targets(out, 2)
    g = _scaled(xp, grad, rescale_grad, clip_gradient)
    history = xp.add(history, g * g, out=out_history)
    g /= xp.sqrt(history + epsilon)
    _add_decay(g, weight, wd)
    g *= lr
    return xp.subtract(weight, g, out=out_weight), history


@op(name="_contrib_group_adagrad_update", mutates=("history",), inplace=True, differentiable=False)
def group_adagrad(xp, weight, grad, history, *, lr: float, rescale_grad: float = 1.0, clip_gradient: float = -1.0,
                  epsilon: float = 1e-5, out=None):
    """AdaGrad with one step size per row: ``history += mean(g^2, over all axes but the first)``, then
    ``weight -= lr * g / sqrt(history + epsilon)``.

    `weight` and `grad` have one shape of two axes or more, `history` one number per row: shape (rows, 1).
    """
    out_weight, out_history = _targets(out, 2)
    g = _scaled(xp, grad, rescale_grad, clip_gradient)
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


# ---- Adam with decoupled weight decay -------------------------------------------------------------

@op(name="_adamw_update", mutates=("mean", "var"), inplace=True, differentiable=False)
def adamw(xp, weight, grad, mean, var, rescale_grad, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
          epsilon: float = 1e-8, wd: float = 0.0, eta: float, clip_gradient: float = -1.0, out=None):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017).

    `mean` and `var` as by ``adam_update`` of ``g``; ``weight -= eta * (lr * mean / (sqrt(var) + epsilon)
    + wd * weight)``. `rescale_grad` is an array of one element; where it is 0, infinite or nan (a dynamic loss
    scale that overflowed) the update is skipped.
    """
    out_weight, *outs = _targets(out, 3)
    usable = xp.isfinite(rescale_grad) & (rescale_grad != 0)
    g = _scaled(xp, grad, rescale_grad.astype(grad.dtype), clip_gradient)
    new_mean, new_var = _moments(xp, g, mean, var, (beta1, beta2), (None, None))
    step = _root(xp, new_var, epsilon)
    xp.divide(new_mean, step, out=step)
    step *= lr
    _add_decay(step, weight, wd)
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
    _tie(ins, [name for name in ins.names if name != "rescale_grad"], outs)


adamw.type(same_type)
_declare_mixed(adamw, "_mp_adamw_update")


# ---- large batches: layerwise step sizes ----------------------------------------------------------

@_update("lamb_update_phase1", states=("mean", "var"))
def lamb_phase1(xp, weight, grad, mean, var, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-6,
                t: int, bias_correction: bool = True, wd: float, rescale_grad: float = 1.0,
                clip_gradient: float = -1.0, out=None):
    """First half of LAMB (You et al. 2019): the direction ``mean / (sqrt(var) + epsilon) + wd * weight``.

    `mean` and `var` are moving averages of ``g`` and ``g^2`` as in Adam, divided by ``1 - beta^t`` in this formula if
    `bias_correction` is set. The output is the direction; the weight stays.
    """
    out_step, *outs = _targets(out, 3)
    g = _scaled(xp, grad, rescale_grad, clip_gradient)
    mean, var = _moments(xp, g, mean, var, (beta1, beta2), outs)
    step = xp.divide(var, 1 - beta2**t if bias_correction else 1, out=g)
    xp.sqrt(step, out=step)
    step += epsilon
    if bias_correction:
        step *= 1 - beta1**t
    decay = weight * wd  # before a result is written: out may be the weight
    step = xp.divide(mean, step, out=out_step)
    step += decay
    return step, mean, var


@op(name="lamb_update_phase2", inplace=True, differentiable=False)
def lamb_phase2(xp, weight, g, r1, r2, *, lr: float, lower_bound: float = -1.0, upper_bound: float = -1.0, out=None):
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
    _tie(ins, [name for name in ins.names if name not in ("r1", "r2")], outs)
    for name in ("r1", "r2"):
        ins[name] = (1,)


lamb_phase2.type(same_type)


@op(name="mp_lamb_update_phase1", mutates=("mean", "var"), inplace=True, differentiable=False)
def mp_lamb_phase1(xp, weight, grad, mean, var, weight32, *, beta1: float = 0.9, beta2: float = 0.999,
                   epsilon: float = 1e-6, t: int, bias_correction: bool = True, wd: float, rescale_grad: float = 1.0,
                   clip_gradient: float = -1.0, out=None):
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
def mp_lamb_phase2(xp, weight, g, r1, r2, weight32, *, lr: float, lower_bound: float = -1.0,
                   upper_bound: float = -1.0, out=None):
    """``lamb_update_phase2`` of `weight32`, the exact weight in float32; the result is its rounding to float16.

    MXNet 1.9.1 forgets to store the new `weight32`; here it is stored.
    """
    half, out32 = _targets(out, 2)
    new = lamb_phase2.kernel_fn(xp, weight32, g, r1, r2, lr=lr, lower_bound=lower_bound, upper_bound=upper_bound,
                                out=out32)
    return _rounded(new, weight.dtype, half), new


mp_lamb_phase2.shape(lamb_phase2.shape_rule)


@mp_lamb_phase2.type
def _(attrs, ins, outs):
    ins["weight"] = outs[0]
    outs[0] = ins["weight"]
    for name in ("g", "r1", "r2", "weight32"):
        ins[name] = _FLOAT32


# ---- many weights at once -------------------------------------------------------------------------
# The inputs are groups (weight, grad, states...), one after another; what differs from weight to weight is a tuple
# of numbers or, "preloaded", an array on the device.

_REQUIRED = inspect.Parameter.empty
_PER_WEIGHT = {"lrs": "lr", "learning_rates": "lr", "wds": "wd", "etas": "eta", "step_count": "t"}


def _lamb(xp, weight, grad, mean, var, *, lr, lower_bound, upper_bound, out, **attrs):
    """Both halves of LAMB."""
    out_weight, *outs = _targets(out, 3)
    g, mean, var = lamb_phase1.kernel_fn(xp, weight, grad, mean, var, **attrs, out=(None, *outs))
    r1, r2 = (xp.sqrt(xp.dot(x.reshape(-1), x.reshape(-1))) for x in (weight, g))
    return lamb_phase2.kernel_fn(xp, weight, g, r1, r2, lr=lr, lower_bound=lower_bound, upper_bound=upper_bound,
                                 out=out_weight), mean, var


class _Groups:
    """How the inputs of an update of many weights lie: groups of `members`, then `extra` inputs that all share."""

    def __init__(self, name: str, members: str, extra: int, count: str):
        self.name, self.members, self.extra, self.count = name, members.split(), extra, count
        self.size = len(self.members)
        self.mixed = self.members[-1] == "weight32"

    def states(self, total: int) -> list[int]:
        """Return the positions of the states among `total` inputs: all but weights and gradients."""
        return [i for i in range(total - self.extra) if i % self.size > 1]

    def check(self, attrs: Attrs, total: int) -> range:
        """Return the indices of the weights. Raises MXNetValueError if inputs or attributes are too many or few."""
        number, size = attrs[self.count], self.size
        require(total == number * size + self.extra, self.name,
                f"got {total} inputs; {self.count}={number} needs {number} times ({', '.join(self.members)})"
                + f" and {self.extra} more" * (self.extra > 0))
        for n in attrs:
            require(n not in _PER_WEIGHT or len(attrs[n]) == number, self.name,
                    f"{n} is {attrs[n]}; expected {number} numbers, one for each weight")
        return range(number)


def _declare_multi(name: str, update: Callable, members: str, attrs: dict[str, tuple], *, preloaded: bool = False,
                   shared: int = 0, count: str = "num_weights") -> Op:
    """Declare the update of many weights.

    Parameters
    ----------
    update : callable(xp, weight, grad, states..., shared inputs..., attributes)
        The update of one weight.
    members : str
        The names of a weight's inputs.
    attrs : dict
        Attribute -> (annotation, default).
    preloaded : bool
        Whether learning rates and weight decays come as the last two inputs.
    shared : int
        How many last inputs `update` takes for every weight.
    """
    groups = _Groups(name, members, 2 if preloaded else shared, count)
    size, states = groups.size, groups.size - 2

    def kernel(xp, *data, out=None, **values):
        number = values.pop(count)
        each = {_PER_WEIGHT[n]: values.pop(n) for n in list(values) if n in _PER_WEIGHT}
        if preloaded:
            each = {"lr": data[-2], "wd": data[-1]}
        targets = (None,) * (number * (1 + states)) if out is None else tuple(out)
        targets += (None,) * (number * (1 + states) - len(targets))
        news, after = [], []
        for i in range(number):
            target = (targets[i], *targets[number + i * states:number + (i + 1) * states])
            found = update(xp, *data[i * size:(i + 1) * size], *data[len(data) - shared:], **values,
                           **{n: v[i] for n, v in each.items()}, out=target if states else target[0])
            new, *rest = found if states else (found,)
            news.append(new)
            after += rest
        return (*news, *after)

    keyword = inspect.Parameter.KEYWORD_ONLY
    kernel.__signature__ = inspect.Signature([
        inspect.Parameter("xp", inspect.Parameter.POSITIONAL_ONLY),
        inspect.Parameter("data", inspect.Parameter.VAR_POSITIONAL),
        *(inspect.Parameter(n, keyword, annotation=annotation, default=default)
          for n, (annotation, default) in {**attrs, count: (int, 1)}.items()),
        inspect.Parameter("out", keyword, default=None)])
    kernel.__name__ = name
    kernel.__doc__ = (
        f"The update of `{count}` weights in one call.\n\nParameters\n----------\ndata : {count} times "
        f"({', '.join(groups.members)})" + ", then the learning rates and the weight decays" * preloaded
        + ", then rescale_grad" * (shared > 0)
        + "\n\nReturns\n-------\nThe new weights; the states are updated.")
    declared = op(name=name, mutates=groups.states if states else (), differentiable=False, inplace=True,
                  outputs=lambda a: tuple(f"output{i}" for i in range(1 if a is None else a[count])))(kernel)

    @declared.shape
    def _(attrs, ins, outs):
        for i in groups.check(attrs, len(ins)):
            _tie(ins, range(i * size, (i + 1) * size), outs, [i])
        for i in range(len(ins) - groups.extra, len(ins)):
            ins[i] = (attrs[count] if preloaded else 1,)

    @declared.type
    def _(attrs, ins, outs):
        for i in groups.check(attrs, len(ins)):
            _tie(ins, range(i * size, i * size + (2 if groups.mixed else size)), outs, [i])
        exact = groups.states(len(ins)) if groups.mixed else []
        for i in (*exact, *range(len(ins) - groups.extra, len(ins))):
            ins[i] = _FLOAT32
    return declared


_LISTS = {"lrs": (Floats, _REQUIRED), "wds": (Floats, _REQUIRED)}
_SCALE = {"rescale_grad": (float, 1.0), "clip_gradient": (float, -1.0)}
_MOMENTUM = {"momentum": (float, 0.0)}

for _prefix, _lists in (("", _LISTS), ("preloaded_", {})):
    for _name, _kernel, _members, _more in (
        ("multi_sgd_update", sgd.kernel_fn, "weight grad", {}),
        ("multi_sgd_mom_update", sgd_mom.kernel_fn, "weight grad mom", _MOMENTUM),
        ("multi_mp_sgd_update", _mixed(sgd.kernel_fn, 0), "weight grad weight32", {}),
        ("multi_mp_sgd_mom_update", _mixed(sgd_mom.kernel_fn, 1), "weight grad mom weight32", _MOMENTUM),
    ):
        _declare_multi(_prefix + _name, _kernel, _members, {**_lists, **_more, **_SCALE}, preloaded=bool(_prefix))

_BETAS = {"beta1": (float, 0.9), "beta2": (float, 0.999)}
_ADAMW = {"lrs": (Floats, _REQUIRED), **_BETAS, "epsilon": (float, 1e-8), "wds": (Floats, _REQUIRED),
          "etas": (Floats, _REQUIRED), "clip_gradient": (float, -1.0)}
_LAMB = {"learning_rates": (Floats, _REQUIRED), **_BETAS, "epsilon": (float, 1e-6), "wds": (Floats, _REQUIRED),
         "rescale_grad": (float, 1.0), "lower_bound": (float, -1.0), "upper_bound": (float, -1.0),
         "clip_gradient": (float, -1.0), "bias_correction": (bool, True), "step_count": (Shape, _REQUIRED)}
_declare_multi("_multi_adamw_update", adamw.kernel_fn, "weight grad mean var", _ADAMW, shared=1)
_declare_multi("_multi_mp_adamw_update", _mixed(adamw.kernel_fn, 2), "weight grad mean var weight32", _ADAMW, shared=1)
_declare_multi("_multi_lamb_update", _lamb, "weight grad mean var", _LAMB, count="num_tensors")
_declare_multi("_multi_mp_lamb_update", _mixed(_lamb, 2), "weight grad mean var weight32", _LAMB, count="num_tensors")


# ---- helpers of layerwise methods -----------------------------------------------------------------

@op(name="multi_sum_sq", differentiable=False, count="num_arrays")
def multi_sum_sq(xp, *data, num_arrays: int):
    """Sum of squares of each of `num_arrays` arrays of any shapes: a float32 array of shape (num_arrays,)."""
    flat = [x.reshape(-1).astype(np.result_type(x.dtype, np.float32), copy=False) for x in data]
    return xp.stack([xp.dot(x, x) for x in flat]).astype("float32")


@multi_sum_sq.shape
def _(attrs, ins, outs):
    outs[0] = (attrs.num_arrays,)


@multi_sum_sq.type
def _(attrs, ins, outs):
    outs[0] = _FLOAT32


@op(name="multi_lars", inplace=True, differentiable=False)
def multi_lars(xp, lrs, weights_sum_sq, grads_sum_sq, wds, *, eta: float, eps: float, rescale_grad: float = 1.0,
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


@op(name="reset_arrays", outputs=(), mutates=range, differentiable=False, count="num_arrays")
def reset_arrays(xp, *data, num_arrays: int):
    """Set `num_arrays` arrays of any shapes and dtypes to 0, in place; there is no output."""
    return tuple(xp.zeros_like(x) for x in data)


@reset_arrays.shape
@reset_arrays.type
def _(attrs, ins, outs):
    """Nothing follows from anything."""
