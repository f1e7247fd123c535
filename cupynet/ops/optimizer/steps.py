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

from ..catalog import op
from ..infer import Slots, same_shape, same_type
from ..op import Op
from ..schema import Attrs
from ..single import as_single

__all__ = ["add_decay", "average", "decayed", "declare_mixed", "descent", "mixed", "moments", "root_of",
           "rounded", "scaled", "targets_of", "tie", "update_op"]


_FLOAT32 = np.dtype(np.float32)


# ---- pieces ---------------------------------------------------------------------------------------

def targets_of(out: Any, count: int) -> tuple:
    """Return where to write the new weight and each new state, None meaning a new array."""
    return tuple(out) if isinstance(out, (tuple, list)) else (out,) + (None,) * (count - 1)


def scaled(xp: Any, grad: Any, rescale: Any, clip: float) -> Any:
    """Return the rescaled and clipped gradient, a new array."""
    g = grad * rescale
    return xp.clip(g, -clip, clip, out=g) if clip >= 0 else g


def add_decay(g: Any, weight: Any, wd: Any) -> Any:
    """Add the gradient of the weight decay to `g`; `wd` may be an array of one element."""
    if not no_decay(wd):
        g += weight * wd
    return g


def no_decay(wd: Any) -> bool:
    """Whether there is no weight decay; `wd` may be an array of one element."""
    return isinstance(wd, float) and wd == 0


def product(a: Any, b: Any) -> Any:
    """Return ``a * b`` in single precision, as MXNet multiplies learning rate, decay and scale; arrays stay."""
    return float(np.float32(a) * np.float32(b)) if isinstance(a, float) and isinstance(b, float) else a * b


def descent(xp: Any, grad: Any, lr: Any, rescale: Any, clip: float) -> Any:
    """Return ``lr * g``, a new array; without clipping one pass over the gradient does it."""
    if clip < 0:
        return grad * product(lr, rescale)
    g = scaled(xp, grad, rescale, clip)
    g *= lr
    return g


def decayed(xp: Any, weight: Any, grad: Any, wd: Any, rescale: float, clip: float) -> Any:
    """Return the rescaled gradient with weight decay, clipped together, a new array."""
    g = add_decay(grad * rescale, weight, wd)
    return xp.clip(g, -clip, clip, out=g) if clip >= 0 else g


def rest(beta: float, power: int = 1) -> float:
    """Return ``1 - beta**power`` as MXNet has it: in single precision, five digits of it if `beta` is 0.999."""
    return float(1 - as_single(beta) ** np.float32(power))


def average(xp: Any, state: Any, new: Any, beta: float, out: Any) -> Any:
    """Return the moving average ``beta * state + (1 - beta) * new``; `new` is used up."""
    result = xp.multiply(state, beta, out=out)
    new *= rest(beta)
    result += new
    return result


def moments(xp: Any, g: Any, mean: Any, var: Any, betas: tuple, outs: tuple) -> tuple:
    """Return the moving averages of `g` and of its square; `g` is used up."""
    var = average(xp, var, g * g, betas[1], outs[1])
    return average(xp, mean, g, betas[0], outs[0]), var


def root_of(xp: Any, x: Any, epsilon: float) -> Any:
    """Return ``sqrt(x) + epsilon``, a new array."""
    root = xp.sqrt(x)
    root += epsilon
    return root


# ---- declaring ------------------------------------------------------------------------------------

def update_op(name: str, *, states: Sequence[str] = (), aliases: Sequence[str] = (), ignores: Sequence[str] = ()
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


def tie(ins: Slots, names: Sequence[Any], outs: Slots, places: Sequence[int] = (0,)) -> None:
    """Give the named inputs and the outputs at `places` one shape (or dtype), that which is known of any of them."""
    members = [*((ins, name) for name in names), *((outs, place) for place in places)]
    found = None
    for slots, key in (*members, *members):
        slots[key] = found
        found = slots[key]


def rounded(new: Any, dtype: Any, out: Any) -> Any:
    if out is None:
        return new.astype(dtype)
    out[...] = new
    return out


def mixed(update: Callable, states: int) -> Callable:
    """Return `update`, which has so many states, as a function of (weight, grad, states, weight32, more)."""
    def kernel(xp, weight, grad, *rest, out=None, **attrs):
        before, weight32, more = rest[:states], rest[states], rest[states + 1:]
        half, *outs, out32 = targets_of(out, states + 2)
        found = update(xp, weight32, grad.astype(weight32.dtype), *before, *more, **attrs,
                       out=(out32, *outs) if states else out32)
        new, *after = found if states else (found,)
        return rounded(new, weight.dtype, half), *after, new
    return kernel


def declare_mixed(base: Op, name: str) -> Op:
    """Declare the form of `base` that keeps the exact weight in an input ``weight32``, which follows the states."""
    kernel = mixed(base.kernel_fn, len(base.mutates))
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
