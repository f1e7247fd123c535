"""Optimizers for large batches, whose step sizes adapt to each layer."""
from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetValueError
from ..ndarray import NDArray
from .base import Optimizer, aggregation, as_lists, flat, register, zeros_like
from .sgd import SGD

__all__ = ["LARS", "LAMB", "LBSGD"]


@register
class LARS(SGD):
    """Layerwise adaptive rate scaling (You et al. 2017): :class:`SGD` with the learning rate
    ``lr * eta * |w| / (|g| + wd * |w| + eps)``, or `lr` where a norm is 0.

    Parameters named ``...gamma``, ``...beta`` and ``...bias`` keep `lr`. The norms stay on the device.

    Parameters
    ----------
    momentum_correction : bool
        Scale the momentum, which contains learning rates, when a scheduler changes the rate.
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, eta: float = 0.001, eps: float = 0,
                 momentum_correction: bool = True, **kwargs: Any):
        super().__init__(momentum, lazy_update, **kwargs)
        self.momentum_correction = momentum_correction
        self.eta = eta
        self.eps = eps
        self.skip = 0
        self.last_lr: float | None = None
        self.cur_lr: float | None = None

    def set_wd_mult(self, args_wd_mult: dict) -> None:
        """As for other optimizers, but the default factor of ``..._gamma`` is 0, too."""
        spared = {name: 0.0 for name in self.idx2name.values() if not name.endswith("_weight")}
        self.wd_mult = {**spared, **self._declared("__wd_mult__"), **args_wd_mult}

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        lr = self.learning_rate
        self.last_lr = lr if self.cur_lr is None else self.cur_lr
        self.cur_lr = lr
        return [lr * self._factor(index, "lr_mult") for index in indices]

    def _is_scaled(self, index: Any) -> bool:
        return not str(self.idx2name.get(index, index)).endswith(("gamma", "beta", "bias"))

    def _update_impl(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool = False) -> None:
        indices, weights, grads, states = as_lists(index, weight, grad, state)
        self._update_count(indices)
        ctx = weights[0].context
        lrs, wds = self._get_lrs(indices), self._get_wds(indices)
        scaled = [i for i, index in enumerate(indices) if self._is_scaled(index)]
        order = [*scaled, *sorted(set(range(len(indices))) - set(scaled))]
        rates, decays = (nd.array([values[i] for i in order], ctx=ctx, dtype=np.float32) for values in (lrs, wds))
        if scaled:
            count = len(scaled)
            sizes = [nd.multi_sum_sq(*[arrays[i] for i in scaled], num_arrays=count) for arrays in (weights, grads)]
            rates[:count] = nd.multi_lars(rates[:count], *sizes, decays[:count], eta=self.eta, eps=self.eps,
                                          rescale_grad=self.rescale_grad)
        more = self._scaling
        name = "sgd_update"
        if self.momentum:
            name = "sgd_mom_update"
            correct = self.momentum_correction and self.last_lr != 0
            more["momentum"] = self.momentum * (self.cur_lr / self.last_lr) if correct else self.momentum
        groups = [[weights[i], grads[i], *self._kept(states[i], multi_precision)] for i in order]
        getattr(nd, ("preloaded_multi_mp_" if multi_precision else "preloaded_multi_") + name)(
            *flat(groups), rates, decays, out=[weights[i] for i in order], num_weights=len(order), **more)


@register
class LAMB(Optimizer):
    """Layerwise adaptive moments for batches (You et al. 2019).

    Adam's direction plus the weight decay, scaled to the norm of the weight, which is limited to
    ``[lower_bound, upper_bound]``.
    """

    def __init__(self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-6,
                 lower_bound: float | None = None, upper_bound: float | None = None, bias_correction: bool = True,
                 **kwargs: Any):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction
        self.aggregate_num = aggregation(45, 45)

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 2)

    def _update_impl(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool = False) -> None:
        indices, weights, grads, states = as_lists(index, weight, grad, state)
        self._update_count(indices)
        groups = []
        for w, g, s in zip(weights, grads, states):
            exact, moments = s if multi_precision else (None, s)
            groups += [w, g, *moments] if exact is None else [w, g, *moments, exact]
        name = "_multi_mp_lamb_update" if multi_precision else "_multi_lamb_update"
        getattr(nd._internal, name)(
            *groups, out=weights, num_tensors=len(weights), learning_rates=tuple(self._get_lrs(indices)),
            wds=tuple(self._get_wds(indices)), step_count=tuple(self._index_update_count[i] for i in indices),
            beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon, bias_correction=self.bias_correction,
            lower_bound=self._bound(self.lower_bound), upper_bound=self._bound(self.upper_bound), **self._scaling)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        self._update_impl(index, weight, grad, state)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        first = weight[0] if isinstance(weight, (list, tuple)) else weight
        self._update_impl(index, weight, grad, state, self._is_mixed(first))


@register
class LBSGD(Optimizer):
    """SGD for batches `batch_scale` times as large as those it gets: it steps once for so many gradients.

    Parameters
    ----------
    momentum : float
    warmup_strategy : "linear", "power2", "sqrt" or "lars"
        How the learning rate rises, up to `batch_scale` times, in the first `warmup_epochs`; or, with "lars", that it
        is scaled by the ratio of the norms of weight and gradient, between 0.01 and 100. Any other: not at all.
    warmup_epochs, updates_per_epoch, begin_epoch : int
        What an epoch is, and where training starts.
    """

    def __init__(self, momentum: float = 0.0, multi_precision: bool = False, warmup_strategy: str = "linear",
                 warmup_epochs: int = 5, batch_scale: float = 1, updates_per_epoch: int = 32, begin_epoch: int = 0,
                 num_epochs: int = 60, **kwargs: Any):
        super().__init__(multi_precision=multi_precision, **kwargs)
        logging.info("Running Large-Batch SGD Algorithm")
        logging.info("(Batch_scale=%f, warmup_epochs=%d, warmup_strategy=%s, updates_per_epoch=%d)", batch_scale,
                     warmup_epochs, warmup_strategy, updates_per_epoch)
        if batch_scale <= 0:
            raise MXNetValueError(f"LBSGD: batch_scale is {batch_scale}; expected a positive number")
        self.momentum = momentum
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self.lbmult = 1
        self.cumgrads: dict = {}
        self.adaptive = False
        self.admult = 1

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return None if self.momentum == 0.0 else zeros_like(weight)

    def _growth(self, updates: int) -> float:
        """Return the factor of the learning rate after so many gradients."""
        warmup = self.warmup_epochs * self.updates_per_epoch
        if updates >= warmup:
            return float(self.batch_scale)
        part = updates / warmup if warmup > 1 else 0.0
        rise = {"linear": part, "power2": part**2, "sqrt": math.sqrt(part)}.get(self.warmup_strategy, 0.0)
        return 1 + (self.batch_scale - 1) * rise

    def _ratio(self, weight: NDArray, grad: NDArray, wd: float) -> float:
        """Return the factor of the learning rate by the norms of weight and gradient."""
        weight2, grad2 = (float(nd.sum(x * x).asscalar()) for x in (weight, grad))
        return min(max(math.sqrt(weight2 / (grad2 + wd * weight2 + 1e-18)), 0.01), 100)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr = self._get_lr(index)  # as in MXNet, before the update counts
        _, wd, _ = self._begin(index)
        pending = self.cumgrads.get(index)
        if pending:
            total, count = pending["cum_grad"] + grad, pending["num_cums"] + 1
        else:
            total, count = grad.copy(), self.init_updates + 1
        self.cumgrads[index] = {"cum_grad": total, "num_cums": count}
        if count % self.batch_scale:
            return
        grad = total / self.batch_scale
        total[:] = 0
        lr *= self._ratio(weight, grad, wd) if self.warmup_strategy == "lars" else self._growth(count)
        if state is None:
            nd.sgd_update(weight, grad, out=weight, lr=lr, wd=wd, **self._scaling)
        else:
            nd.sgd_mom_update(weight, grad, state, out=weight, lr=lr, wd=wd, momentum=self.momentum, **self._scaling)
