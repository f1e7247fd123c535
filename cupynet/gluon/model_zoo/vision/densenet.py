"""DenseNet (Huang et al. 2017)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent, Identity
from .blocks import ROOT, chain, filled

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]

# depth -> (channels of the first convolution, channels that each layer adds, layers of each block)
_SPECS = {121: (64, 32, [6, 12, 24, 16]), 161: (96, 48, [6, 12, 36, 24]), 169: (64, 32, [6, 12, 32, 32]),
          201: (64, 32, [6, 12, 48, 32])}


def _activated_convolution(channels: int, kernel: int, padding: int = 0) -> list[Any]:
    return [nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(channels, kernel, padding=padding, use_bias=False)]


def _layer(growth_rate: int, bn_size: int, dropout: float) -> HybridConcurrent:
    """Return a layer that adds channels to its input."""
    new = chain(*_activated_convolution(bn_size * growth_rate, 1), *_activated_convolution(growth_rate, 3, 1))
    if dropout:
        new.add(nn.Dropout(dropout))
    out = HybridConcurrent(axis=1, prefix="")
    out.add(Identity(), new)
    return out


def _block(count: int, bn_size: int, growth_rate: int, dropout: float, number: int) -> nn.HybridSequential:
    out = nn.HybridSequential(prefix=f"stage{number}_")
    with out.name_scope():
        for _ in range(count):
            out.add(_layer(growth_rate, bn_size, dropout))
    return out


class DenseNet(HybridBlock):
    """Blocks in which each layer gets the outputs of all before.

    Parameters
    ----------
    num_init_features : int
        Channels of the first convolution.
    growth_rate : int
        Channels that each layer adds.
    block_config : list of int
        How many layers each block has.
    bn_size : int
        Width of the bottlenecks, in growth rates.
    dropout : float
    classes : int
    """

    def __init__(self, num_init_features: int, growth_rate: int, block_config: Sequence[int], bn_size: int = 4,
                 dropout: float = 0, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain(nn.Conv2D(num_init_features, 7, 2, 3, use_bias=False), nn.BatchNorm(),
                                  nn.Activation("relu"), nn.MaxPool2D(3, 2, 1))
            channels = num_init_features
            for i, count in enumerate(block_config):
                self.features.add(_block(count, bn_size, growth_rate, dropout, i + 1))
                channels += count * growth_rate
                if i != len(block_config) - 1:
                    channels //= 2
                    self.features.add(chain(*_activated_convolution(channels, 1), nn.AvgPool2D(2, 2)))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


def get_densenet(num_layers: int, pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
                 **kwargs: Any) -> DenseNet:
    """Return a DenseNet of 121, 161, 169 or 201 layers; `pretrained` with the parameters of the zoo, on `ctx`."""
    return filled(DenseNet(*_SPECS[num_layers], **kwargs), f"densenet{num_layers}", pretrained, ctx, root)


def densenet121(**kwargs: Any) -> DenseNet:
    """Return a DenseNet-121; arguments are those of ``get_densenet``."""
    return get_densenet(121, **kwargs)


def densenet161(**kwargs: Any) -> DenseNet:
    """Return a DenseNet-161; arguments are those of ``get_densenet``."""
    return get_densenet(161, **kwargs)


def densenet169(**kwargs: Any) -> DenseNet:
    """Return a DenseNet-169; arguments are those of ``get_densenet``."""
    return get_densenet(169, **kwargs)


def densenet201(**kwargs: Any) -> DenseNet:
    """Return a DenseNet-201; arguments are those of ``get_densenet``."""
    return get_densenet(201, **kwargs)
