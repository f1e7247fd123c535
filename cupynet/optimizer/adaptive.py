"""Optimizers whose step sizes adapt to each weight."""
from __future__ import annotations

import math
from typing import Any

from .. import ndarray as nd
from ..ndarray import NDArray
from .base import Optimizer, register, zeros_like

__all__ = ["Adam", "Adamax", "Nadam", "AdaGrad", "AdaDelta", "RMSProp", "Ftrl", "FTML"]


class _Moments(Optimizer):
    """Keeps moving averages of the gradient and of its size, with rates `beta1` and `beta2`."""

    def __init__(self, learning_rate: float, beta1: float, beta2: float, **kwargs: Any):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 2)


@register
class Adam(_Moments):
    """Adam (Kingma & Ba 2014): ``w -= lr * mean / (sqrt(var) + epsilon)``.

    `mean` and `var` are moving averages of the gradient, with weight decay, and of its square; the correction of their
    bias is put into `lr`. `lazy_update` is accepted for compatibility.
    """

    def __init__(self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
                 lazy_update: bool = True, **kwargs: Any):
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, t = self._begin(index)
        lr *= math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        nd.adam_update(weight, grad, *state, out=weight, lr=lr, wd=wd, beta1=self.beta1, beta2=self.beta2,
                       epsilon=self.epsilon, **self._scaling)


@register
class Adamax(_Moments):
    """Adam with the largest recent gradient in place of the root of `var` (Kingma & Ba 2014)."""

    def __init__(self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any):
        super().__init__(learning_rate, beta1, beta2, **kwargs)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, t = self._begin(index)
        grad = self._scaled(grad, weight, wd)
        mean, largest = state
        mean *= self.beta1
        mean += grad * (1 - self.beta1)
        nd.broadcast_maximum(largest * self.beta2, nd.abs(grad), out=largest)
        weight -= mean / largest * (lr / (1 - self.beta1**t))


@register
class Nadam(_Moments):
    """Adam with Nesterov's momentum (Dozat 2016).

    As in MXNet, all weights share the product of the momenta so far, `m_schedule`.
    """

    def __init__(self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
                 schedule_decay: float = 0.004, **kwargs: Any):
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def _momentum(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * 0.96 ** (t * self.schedule_decay))

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, t = self._begin(index)
        grad = self._scaled(grad, weight, wd)
        now, then = self._momentum(t), self._momentum(t + 1)
        self.m_schedule *= now
        mean, var = state
        mean *= self.beta1
        mean += grad * (1 - self.beta1)
        var *= self.beta2
        var += grad * grad * (1 - self.beta2)
        step = grad * ((1 - now) / (1 - self.m_schedule)) + mean * (then / (1 - self.m_schedule * then))
        step /= nd.sqrt(var / (1 - self.beta2**t)) + self.epsilon
        step *= lr
        weight -= step


@register
class AdaGrad(Optimizer):
    """AdaGrad (Duchi et al. 2011): ``history += g^2``, ``w -= lr * (g / sqrt(history + eps) + wd * w)``."""

    def __init__(self, eps: float = 1e-7, **kwargs: Any):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        nd._internal._sparse_adagrad_update(weight, grad, state, out=weight, lr=lr, wd=wd,
                                            epsilon=self.float_stable_eps, **self._strict_scaling)


@register
class AdaDelta(Optimizer):
    """AdaDelta (Zeiler 2012), which needs no learning rate.

    ``w -= sqrt(d + epsilon) / sqrt(n + epsilon) * g + wd * w``, where n and d are moving averages, with rate `rho`, of
    the squares of the gradients and of the steps.
    """

    def __init__(self, rho: float = 0.90, epsilon: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        _, wd, _ = self._begin(index)
        grad = self._scaled(grad)
        squares, steps = state
        squares *= self.rho
        squares += grad * grad * (1 - self.rho)
        step = nd.sqrt(steps + self.epsilon) / nd.sqrt(squares + self.epsilon) * grad
        steps *= self.rho
        steps += step * step * (1 - self.rho)
        step += weight * wd
        weight -= step


@register
class RMSProp(Optimizer):
    """Steps divided by the root of the gradients' mean square.

    ``centered=False``: Tieleman & Hinton 2012; ``centered=True``: with the variance in place of the mean square, and a
    momentum `gamma2` (Graves 2013).

    Parameters
    ----------
    gamma1 : float
        Rate of the moving averages.
    clip_weights : float, optional
        Weights are clipped to ``[-clip_weights, clip_weights]``.
    """

    def __init__(self, learning_rate: float = 0.001, gamma1: float = 0.9, gamma2: float = 0.9, epsilon: float = 1e-8,
                 centered: bool = False, clip_weights: float | None = None, **kwargs: Any):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 3 if self.centered else 1)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        more = {"gamma1": self.gamma1, "epsilon": self.epsilon, "clip_weights": self._bound(self.clip_weights),
                **self._scaling}
        if self.centered:
            nd.rmspropalex_update(weight, grad, *state, out=weight, lr=lr, wd=wd, gamma2=self.gamma2, **more)
        else:
            nd.rmsprop_update(weight, grad, *state, out=weight, lr=lr, wd=wd, **more)


@register
class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al. 2013): `lamda1` keeps weights at exactly 0.

    As in MXNet, the rate of an `lr_scheduler` comes before `learning_rate`, unlike for other optimizers.
    """

    def __init__(self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.lr = learning_rate
        self.lamda1 = lamda1
        self.beta = beta

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        nd.ftrl_update(weight, grad, *state, out=weight, lr=lr, wd=wd, lamda1=self.lamda1, beta=self.beta,
                       **self._scaling)


@register
class FTML(Optimizer):
    """Follow the moving leader (Zheng & Kwok 2017)."""

    def __init__(self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any):
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def create_state(self, index: Any, weight: NDArray) -> Any:
        return zeros_like(weight, 3)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, t = self._begin(index)
        nd.ftml_update(weight, grad, *state, out=weight, lr=lr, wd=wd, t=t, beta1=self.beta1, beta2=self.beta2,
                       epsilon=self.epsilon, rescale_grad=self.rescale_grad, clip_grad=self._bound(self.clip_gradient))
