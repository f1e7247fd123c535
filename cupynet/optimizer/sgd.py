"""Stochastic gradient descent and its relatives."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..ndarray import NDArray
from ..ndarray import random as _random
from .base import Optimizer, aggregation, as_lists, flat, register, zeros_like

__all__ = ["SGD", "NAG", "Signum", "SGLD", "DCASGD", "ccSGD", "Test"]


class _Descent(Optimizer):
    """Descent with an optional momentum, whose mixed precision state is ``(momentum, float32 weight)``."""

    def __init__(self, momentum: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = momentum

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return None if self.momentum == 0.0 else zeros_like(weight)

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        self._warn_if_coarse(weight, type(self).__name__ + " ")
        if self._is_mixed(weight):
            exact = weight.astype(np.float32)
            return self.create_state(index, exact), exact
        return self.create_state(index, weight)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        self._update_impl(index, weight, grad, state)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        first = weight[0] if isinstance(weight, (list, tuple)) else weight
        self._update_impl(index, weight, grad, state, self._is_mixed(first))

    def _update_impl(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool = False) -> None:
        raise NotImplementedError

    def _kept(self, state: Any, multi_precision: bool) -> list[NDArray]:
        """Return the arrays of a state in the order in which operators take them."""
        return [array for array in (state if multi_precision else (state,)) if array is not None]


@register
class SGD(_Descent):
    """Stochastic gradient descent: ``w -= lr * (g + wd * w)``, or with momentum
    ``m = momentum * m - lr * (g + wd * w)``, ``w += m``.

    Parameters
    ----------
    momentum : float
    lazy_update : bool
        Accepted for compatibility: gradients are dense.
    **kwargs
        Those of :class:`Optimizer`.
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any):
        super().__init__(momentum, **kwargs)
        self.lazy_update = lazy_update
        self.aggregate_num = aggregation(4, 50)

    def _update_impl(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool = False) -> None:
        indices, weights, grads, states = as_lists(index, weight, grad, state)
        self._update_count(indices)
        lrs, wds = self._get_lrs(indices), self._get_wds(indices)
        name = ("mp_" if multi_precision else "") + ("sgd_mom_update" if self.momentum else "sgd_update")
        more = {"momentum": self.momentum, **self._scaling} if self.momentum else self._scaling
        groups = [[w, g, *self._kept(s, multi_precision)] for w, g, s in zip(weights, grads, states)]
        if len(groups) == 1:
            getattr(nd, name)(*groups[0], out=weights[0], lr=lrs[0], wd=wds[0], **more)
        else:
            getattr(nd, "multi_" + name)(*flat(groups), out=weights, num_weights=len(weights), lrs=tuple(lrs),
                                         wds=tuple(wds), **more)


@register
class ccSGD(SGD):
    """Deprecated: :class:`SGD`."""


@register
class NAG(_Descent):
    """Nesterov's accelerated gradient: as :class:`SGD`, but ``w += momentum * m - lr * (g + wd * w)``.

    As in MXNet, the decay within the momentum is that of the weight that has already changed.
    """

    def _update_impl(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool = False) -> None:
        lr, wd, _ = self._begin(index)
        name = ("mp_" if multi_precision else "") + ("nag_mom_update" if self.momentum else "sgd_update")
        more = {"momentum": self.momentum, **self._scaling} if self.momentum else self._scaling
        kept = self._kept(state, multi_precision)
        exact = kept[-1] if multi_precision else weight
        before = exact.copy() if self.momentum and wd else None
        getattr(nd, name)(weight, grad, *kept, out=weight, lr=lr, wd=wd, **more)
        if before is not None:
            kept[0] -= (exact - before) * (lr * wd)


@register
class Signum(Optimizer):
    """Descent by the sign of the gradient, or of the momentum (Bernstein et al. 2018).

    ``m = momentum * m - (1 - momentum) * (g + wd * w)``, ``w = (1 - lr * wd_lh) * w + lr * sign(m)``; without momentum
    ``w = (1 - lr * wd) * w - lr * sign(g)``.
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return None if self.momentum == 0.0 else zeros_like(weight)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        if state is None:
            nd.signsgd_update(weight, grad, out=weight, lr=lr, wd=wd, **self._scaling)
        else:
            nd.signum_update(weight, grad, state, out=weight, lr=lr, wd=wd, momentum=self.momentum, wd_lh=self.wd_lh,
                             **self._scaling)


@register
class SGLD(Optimizer):
    """Stochastic gradient Langevin dynamics (Welling & Teh 2011): samples weights from their posterior.

    ``w -= lr / 2 * (g + wd * w)``, plus normal noise of deviation ``sqrt(lr)``.
    """

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        step = self._scaled(grad) + weight * wd
        step *= -lr / 2
        step += _random.normal(0, math.sqrt(lr), shape=weight.shape, dtype=weight.dtype, ctx=weight.context)
        weight += step


@register
class DCASGD(Optimizer):
    """Asynchronous descent that corrects for gradients of a weight that has moved on (Zheng et al. 2016).

    ``m = momentum * m - lr * (g + wd * w + lamda * g^2 * (w - w_previous))``, ``w += m``.
    """

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.weight_previous: dict = {}
        self.lamda = lamda

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return None if self.momentum == 0.0 else zeros_like(weight), weight.copy()

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        grad = self._scaled(grad)
        momentum, previous = state
        step = grad + weight * wd + grad * grad * (weight - previous) * self.lamda
        step *= -lr
        if momentum is not None:
            momentum *= self.momentum
            momentum += step
            step = momentum
        previous[:] = weight
        weight += step


@register
class Test(Optimizer):
    """For tests: ``w += rescale_grad * grad``; the state is a copy of the weight."""

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        weight += grad * self.rescale_grad
        state[:] = weight
