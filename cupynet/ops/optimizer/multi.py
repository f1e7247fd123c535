"""Many weights at once."""
from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np

from ..catalog import op, require
from ..op import Op
from ..schema import Attrs, Scalar, Scalars, WholeScalars
from .adamw import adamw
from .large_batch import lamb_phase1, lamb_phase2
from .sgd import sgd_mom, sgd_of_many
from .steps import mixed, targets_of, tie

__all__: list[str] = []

_FLOAT32 = np.dtype(np.float32)


# The inputs are groups (weight, grad, states...), one after another; what differs from weight to weight is a tuple
# of numbers or, "preloaded", an array on the device.

_REQUIRED = inspect.Parameter.empty
_PER_WEIGHT = {"lrs": "lr", "learning_rates": "lr", "wds": "wd", "etas": "eta", "step_count": "t"}


def _lamb(xp, weight, grad, mean, var, *, lr, lower_bound, upper_bound, out, **attrs):
    """Both halves of LAMB."""
    out_weight, *outs = targets_of(out, 3)
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
        """Return the indices of the weights. Raises MXNetValueError if inputs are too many or few."""
        number, size = attrs[self.count], self.size
        require(total == number * size + self.extra, self.name,
                f"got {total} inputs; {self.count}={number} needs {number} times ({', '.join(self.members)})"
                + f" and {self.extra} more" * (self.extra > 0))
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
        each = {}
        for n in _PER_WEIGHT.keys() & values.keys():
            each[_PER_WEIGHT[n]] = numbers = values.pop(n)
            require(len(numbers) == number, name, f"{n} is {numbers}; expected {number} numbers, one for each weight")
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
            tie(ins, range(i * size, (i + 1) * size), outs, [i])
        for i in range(len(ins) - groups.extra, len(ins)):
            ins[i] = (attrs[count] if preloaded else 1,)

    @declared.type
    def _(attrs, ins, outs):
        for i in groups.check(attrs, len(ins)):
            tie(ins, range(i * size, i * size + (2 if groups.mixed else size)), outs, [i])
        exact = groups.states(len(ins)) if groups.mixed else []
        for i in (*exact, *range(len(ins) - groups.extra, len(ins))):
            ins[i] = _FLOAT32
    return declared


_LISTS = {"lrs": (Scalars, _REQUIRED), "wds": (Scalars, _REQUIRED)}
_SCALE = {"rescale_grad": (Scalar, 1.0), "clip_gradient": (float, -1.0)}
_MOMENTUM = {"momentum": (Scalar, 0.0)}

for _prefix, _lists in (("", _LISTS), ("preloaded_", {})):
    for _name, _kernel, _members, _more in (
        ("multi_sgd_update", sgd_of_many, "weight grad", {}),
        ("multi_sgd_mom_update", sgd_mom.kernel_fn, "weight grad mom", _MOMENTUM),
        ("multi_mp_sgd_update", mixed(sgd_of_many, 0), "weight grad weight32", {}),
        ("multi_mp_sgd_mom_update", mixed(sgd_mom.kernel_fn, 1), "weight grad mom weight32", _MOMENTUM),
    ):
        _declare_multi(_prefix + _name, _kernel, _members, {**_lists, **_more, **_SCALE}, preloaded=bool(_prefix))

_BETAS = {"beta1": (float, 0.9), "beta2": (float, 0.999)}
_ADAMW = {"lrs": (Scalars, _REQUIRED), **_BETAS, "epsilon": (float, 1e-8), "wds": (Scalars, _REQUIRED),
          "etas": (Scalars, _REQUIRED), "clip_gradient": (float, -1.0)}
_LAMB = {"learning_rates": (Scalars, _REQUIRED), **_BETAS, "epsilon": (float, 1e-6), "wds": (Scalars, _REQUIRED),
         "rescale_grad": (Scalar, 1.0), "lower_bound": (float, -1.0), "upper_bound": (float, -1.0),
         "clip_gradient": (float, -1.0), "bias_correction": (bool, True), "step_count": (WholeScalars, _REQUIRED)}
_declare_multi("_multi_adamw_update", adamw.kernel_fn, "weight grad mean var", _ADAMW, shared=1)
_declare_multi("_multi_mp_adamw_update", mixed(adamw.kernel_fn, 2), "weight grad mean var weight32", _ADAMW, shared=1)
_declare_multi("_multi_lamb_update", _lamb, "weight grad mean var", _LAMB, count="num_tensors")
_declare_multi("_multi_mp_lamb_update", mixed(_lamb, 2), "weight grad mean var weight32", _LAMB, count="num_tensors")


@op(name="reset_arrays", outputs=(), mutates=range, differentiable=False, count="num_arrays")
def reset_arrays(xp, *data, num_arrays: int):
    """Set `num_arrays` floating-point arrays of any shapes to 0, in place; there is no output."""
    return tuple(xp.zeros_like(x) for x in data)


@reset_arrays.shape
def _(attrs, ins, outs):
    """Nothing follows from anything."""


@reset_arrays.type
def _(attrs, ins, outs):
    for name, dtype in zip(ins.names, ins):
        require(dtype is None or dtype.kind == "f", "reset_arrays",
                f"{name} has dtype {dtype}, expected a floating-point type")
