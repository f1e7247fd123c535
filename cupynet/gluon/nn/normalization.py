"""Layers that bring activations to mean 0 and variance 1."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..block import HybridBlock
from ..parameter import ParameterDict

__all__ = ["BatchNorm", "BatchNormReLU", "InstanceNorm", "LayerNorm", "GroupNorm"]


def _shown(block: HybridBlock, values: dict[str, Any]) -> str:
    """Return how a layer shows its arguments."""
    return f"{type(block).__name__}({', '.join(f'{key}={value!r}' for key, value in values.items())})"


class _BatchNorm(HybridBlock):
    """What batch normalizations share."""

    def __init__(self, axis: int = 1, momentum: float = 0.9, epsilon: float = 1e-5, center: bool = True,
                 scale: bool = True, use_global_stats: bool = False, beta_initializer: Any = "zeros",
                 gamma_initializer: Any = "ones", running_mean_initializer: Any = "zeros",
                 running_variance_initializer: Any = "ones", in_channels: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self._kwargs = {"axis": axis, "eps": epsilon, "momentum": momentum, "fix_gamma": not scale,
                        "use_global_stats": use_global_stats}
        self._axis = axis
        if in_channels != 0:
            self.in_channels = in_channels

        def parameter(name: str, init: Any, learnt: bool) -> Any:
            return self.params.get(name, grad_req="write" if learnt else "null", shape=(in_channels,), init=init,
                                   allow_deferred_init=True, differentiable=learnt)
        self.gamma = parameter("gamma", gamma_initializer, scale)
        self.beta = parameter("beta", beta_initializer, center)
        self.running_mean = parameter("running_mean", running_mean_initializer, False)
        self.running_var = parameter("running_var", running_variance_initializer, False)

    def cast(self, dtype: Any) -> None:
        """Change the dtype of the parameters, which stay float32 beside float16."""
        super().cast("float32" if np.dtype(dtype) == np.float16 else dtype)

    def __repr__(self) -> str:
        return _shown(self, {**self._kwargs, "in_channels": self.gamma.shape[0] or None})


class BatchNorm(_BatchNorm):
    """Normalization over the batch and all axes but that of the channels (Ioffe & Szegedy 2015).

    Parameters
    ----------
    axis : int
        The axis of the channels.
    momentum : float
        Of the moving averages.
    epsilon : float
    center, scale : bool
        Whether to learn a shift and a scale.
    use_global_stats : bool
        Whether to use the moving averages also while training.
    beta_initializer, gamma_initializer, running_mean_initializer, running_variance_initializer : Initializer or str
    in_channels : int
        How many channels there are; 0: found out by the first forward.
    """

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        return F.BatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class BatchNormReLU(_BatchNorm):
    """:class:`BatchNorm`, and 0 where it is negative."""

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        return F.contrib.BatchNormWithReLU(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class InstanceNorm(HybridBlock):
    """Normalization over each channel of each example (Ulyanov et al. 2016).

    Parameters
    ----------
    axis : int
        The axis of the channels.
    epsilon : float
    center, scale : bool
        Whether to learn a shift and a scale.
    beta_initializer, gamma_initializer : Initializer or str
    in_channels : int
        How many channels there are; 0: found out by the first forward.
    """

    def __init__(self, axis: int = 1, epsilon: float = 1e-5, center: bool = True, scale: bool = False,
                 beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", in_channels: int = 0,
                 **kwargs: Any):
        super().__init__(**kwargs)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis, self._epsilon = axis, epsilon
        self.gamma = self.params.get("gamma", grad_req="write" if scale else "null", shape=(in_channels,),
                                     init=gamma_initializer, allow_deferred_init=True)
        self.beta = self.params.get("beta", grad_req="write" if center else "null", shape=(in_channels,),
                                    init=beta_initializer, allow_deferred_init=True)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        swapped = x.swapaxes(1, self._axis)
        return F.InstanceNorm(swapped, gamma, beta, name="fwd", eps=self._epsilon).swapaxes(1, self._axis)

    def __repr__(self) -> str:
        return _shown(self, {**self._kwargs, "in_channels": self.gamma.shape[0]})


class LayerNorm(HybridBlock):
    """Normalization over one axis, usually the last (Ba et al. 2016).

    Parameters
    ----------
    axis : int
    epsilon : float
    center, scale : bool
        Whether to learn a shift and a scale.
    beta_initializer, gamma_initializer : Initializer or str
    in_channels : int
        Length of the axis; 0: found out by the first forward.
    """

    def __init__(self, axis: int = -1, epsilon: float = 1e-5, center: bool = True, scale: bool = True,
                 beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", in_channels: int = 0,
                 prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis, self._epsilon, self._center, self._scale = axis, epsilon, center, scale
        self.gamma = self.params.get("gamma", grad_req="write" if scale else "null", shape=(in_channels,),
                                     init=gamma_initializer, allow_deferred_init=True)
        self.beta = self.params.get("beta", grad_req="write" if center else "null", shape=(in_channels,),
                                    init=beta_initializer, allow_deferred_init=True)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)

    def __repr__(self) -> str:
        return _shown(self, {**self._kwargs, "in_channels": self.gamma.shape[0]})


class GroupNorm(HybridBlock):
    """Normalization over groups of channels of each example (Wu & He 2018).

    Parameters
    ----------
    num_groups : int
    epsilon : float
    center, scale : bool
        Whether to learn a shift and a scale, for each group.
    beta_initializer, gamma_initializer : Initializer or str
    """

    def __init__(self, num_groups: int = 1, epsilon: float = 1e-5, center: bool = True, scale: bool = True,
                 beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", prefix: str | None = None,
                 params: ParameterDict | None = None):
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "num_groups": num_groups, "center": center, "scale": scale}
        self._num_groups, self._epsilon, self._center, self._scale = num_groups, epsilon, center, scale
        self.gamma = self.params.get("gamma", grad_req="write" if scale else "null", shape=(num_groups,),
                                     init=gamma_initializer, allow_deferred_init=True)
        self.beta = self.params.get("beta", grad_req="write" if center else "null", shape=(num_groups,),
                                    init=beta_initializer, allow_deferred_init=True)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        return F.GroupNorm(data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)

    def __repr__(self) -> str:
        return _shown(self, self._kwargs)
