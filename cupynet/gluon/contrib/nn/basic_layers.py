"""Blocks side by side, channels turned into space, normalization over several devices."""
from __future__ import annotations

import warnings
from typing import Any

from .... import ndarray as nd
from ....base import MXNetAssertionError
from ....util import get_gpu_count
from ...block import Block, HybridBlock
from ...nn import BatchNorm, HybridSequential, Sequential
from ...nn.pooling import repeated
from ...parameter import ParameterDict

__all__ = ["Concurrent", "HybridConcurrent", "Identity", "SparseEmbedding", "SyncBatchNorm", "PixelShuffle1D",
           "PixelShuffle2D", "PixelShuffle3D"]


class Concurrent(Sequential):
    """Blocks that get the same input, and whose outputs are joined.

    Parameters
    ----------
    axis : int
        Along which they are joined.
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        outputs = [block(x) for block in self._children.values()]
        return nd.concat(*outputs, dim=self.axis)


class HybridConcurrent(HybridSequential):
    """HybridBlocks that get the same input, and whose outputs are joined.

    Parameters
    ----------
    axis : int
        Along which they are joined.

    Examples
    --------
    >>> import cupynet as mx
    >>> from cupynet.gluon import contrib, nn
    >>> net = contrib.nn.HybridConcurrent(axis=1)
    >>> net.add(nn.Dense(4), contrib.nn.Identity())
    >>> net.initialize()
    >>> net(mx.nd.ones((2, 3))).shape
    (2, 7)
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """The input itself."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return x


class SparseEmbedding(Block):
    """A row of a table for each index, with gradients that MXNet keeps sparse and that are dense here.

    Parameters
    ----------
    input_dim, output_dim : int
        How many rows there are, and their length.
    dtype : str or numpy.dtype
    weight_initializer : Initializer, optional
    """

    def __init__(self, input_dim: int, output_dim: int, dtype: Any = "float32", weight_initializer: Any = None,
                 **kwargs: Any):
        super().__init__(**kwargs)
        self._kwargs = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype, "sparse_grad": True}
        self.weight = self.params.get("weight", shape=(input_dim, output_dim), init=weight_initializer, dtype=dtype,
                                      grad_stype="row_sparse")

    def forward(self, x: Any) -> Any:
        return nd.Embedding(x, self.weight.data(x.context), name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{}({input_dim} -> {output_dim}, {dtype})".format(type(self).__name__, **self._kwargs)


class SyncBatchNorm(BatchNorm):
    """Batch normalization over the batches of several devices (Zhang et al. 2018).

    Parameters
    ----------
    in_channels : int
    num_devices : int, optional
        How many devices there are; default: all GPUs, or one.

    The others are those of :class:`~cupynet.gluon.nn.BatchNorm`.
    """

    def __init__(self, in_channels: int = 0, num_devices: int | None = None, momentum: float = 0.9,
                 epsilon: float = 1e-5, center: bool = True, scale: bool = True, use_global_stats: bool = False,
                 beta_initializer: Any = "zeros", gamma_initializer: Any = "ones",
                 running_mean_initializer: Any = "zeros", running_variance_initializer: Any = "ones", **kwargs: Any):
        super().__init__(1, momentum, epsilon, center, scale, use_global_stats, beta_initializer, gamma_initializer,
                         running_mean_initializer, running_variance_initializer, in_channels, **kwargs)
        if num_devices is None:
            warnings.warn("Caution using SyncBatchNorm: if not using all the GPUs, please mannually set num_devices",
                          UserWarning, stacklevel=2)
            num_devices = max(1, get_gpu_count())
        self._kwargs = {"eps": epsilon, "momentum": momentum, "fix_gamma": not scale,
                        "use_global_stats": use_global_stats, "ndev": num_devices, "key": self.prefix}

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        return F.contrib.SyncBatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class _PixelShuffle(HybridBlock):
    """What the shuffles share."""

    def __init__(self, factor: Any, rank: int):
        super().__init__()
        self._factors = repeated(factor, rank)
        if len(self._factors) != rank:
            raise MXNetAssertionError(f"wrong length {len(self._factors)}; expected {rank} factors")

    def __repr__(self) -> str:
        shown = self._factors[0] if len(self._factors) == 1 else self._factors
        return f"{type(self).__name__}({shown})"


class PixelShuffle1D(_PixelShuffle):
    """Channels turned into length: (batch, f * channels, width) gives (batch, channels, f * width).

    Parameters
    ----------
    factor : int
    """

    def __init__(self, factor: int):
        super().__init__(factor, 1)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        x = F.reshape(x, (0, -4, -1, self._factors[0], 0))
        x = F.transpose(x, (0, 1, 3, 2))
        return F.reshape(x, (0, 0, -3))


class PixelShuffle2D(_PixelShuffle):
    """Channels turned into an area, as in sub-pixel convolution (Shi et al. 2016).

    Parameters
    ----------
    factor : int or two of them
        Along height and width.
    """

    def __init__(self, factor: Any):
        super().__init__(factor, 2)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        high, wide = self._factors
        x = F.reshape(x, (0, -4, -1, high * wide, 0, 0))
        x = F.reshape(x, (0, 0, -4, high, wide, 0, 0))
        x = F.transpose(x, (0, 1, 4, 2, 5, 3))
        return F.reshape(x, (0, 0, -3, -3))


class PixelShuffle3D(_PixelShuffle):
    """Channels turned into a volume.

    Parameters
    ----------
    factor : int or three of them
        Along depth, height and width.
    """

    def __init__(self, factor: Any):
        super().__init__(factor, 3)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        deep, high, wide = self._factors
        x = F.reshape(x, (0, -4, -1, deep * high * wide, 0, 0, 0))
        x = F.swapaxes(x, 2, 3)
        x = F.reshape(x, (0, 0, 0, -4, deep, high * wide, 0, 0))
        x = F.reshape(x, (0, 0, -3, 0, 0, 0))
        x = F.swapaxes(x, 3, 4)
        x = F.reshape(x, (0, 0, 0, 0, -4, high, wide, 0))
        x = F.reshape(x, (0, 0, 0, -3, 0, 0))
        x = F.swapaxes(x, 4, 5)
        return F.reshape(x, (0, 0, 0, 0, -3))
