"""``mx.optimizer.contrib``: optimizers on probation."""
from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from ..base import MXNetValueError
from ..ndarray import NDArray
from .base import Optimizer, register

__all__ = ["GroupAdaGrad"]


@register
class GroupAdaGrad(Optimizer):
    """AdaGrad with one step size for each row of a matrix, such as each word of an embedding.

    ``history += mean(g^2, axis=1)``, ``w -= lr * g / sqrt(history + eps)``. There is no weight decay.
    """

    def __init__(self, eps: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Any, weight: NDArray) -> Any:
        if weight.ndim != 2:
            raise MXNetValueError(f"GroupAdaGrad: weight {index} has shape {weight.shape}; expected two axes")
        return nd.zeros((weight.shape[0], 1), ctx=weight.context, dtype=weight.dtype)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        lr, wd, _ = self._begin(index)
        if wd:
            raise MXNetValueError(f"Weight decay is not supported for GroupAdaGrad; it is {wd}")
        nd.contrib.group_adagrad_update(weight, grad, state, out=weight, lr=lr, epsilon=self.float_stable_eps,
                                        **self._strict_scaling)
