"""SqueezeNet (Iandola et al. 2016)."""
from __future__ import annotations

from typing import Any

from ....base import MXNetAssertionError
from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent
from .blocks import ROOT, chain, filled

__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]

# version -> channels and size of the first convolution, and the rest: channels of a fire block's squeeze, or a pooling
_POOL = "pool"
_STAGES = {"1.0": (96, 7, [_POOL, 16, 16, 32, _POOL, 32, 48, 48, 64, _POOL, 64]),
           "1.1": (64, 3, [_POOL, 16, 16, _POOL, 32, 32, _POOL, 48, 48, 64, 64])}


def _convolution(channels: int, kernel: int, padding: int = 0) -> nn.HybridSequential:
    return chain(nn.Conv2D(channels, kernel, padding=padding), nn.Activation("relu"))


def _fire(squeeze: int) -> nn.HybridSequential:
    """Return a block that squeezes to few channels and expands them by 1x1 and 3x3 convolutions."""
    narrow = _convolution(squeeze, 1)
    wide = HybridConcurrent(axis=1, prefix="")
    wide.add(_convolution(4 * squeeze, 1), _convolution(4 * squeeze, 3, 1))
    return chain(narrow, wide)


class SqueezeNet(HybridBlock):
    """SqueezeNet, for images of 224x224.

    Parameters
    ----------
    version : "1.0" or "1.1"
    classes : int
    """

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        if version not in _STAGES:
            raise MXNetAssertionError(f"Unsupported SqueezeNet version {version}:1.0 or 1.1 expected")
        channels, kernel, stages = _STAGES[version]
        with self.name_scope():
            self.features = chain(nn.Conv2D(channels, kernel, 2), nn.Activation("relu"))
            for stage in stages:
                self.features.add(nn.MaxPool2D(3, 2, ceil_mode=True) if stage == _POOL else _fire(stage))
            self.features.add(nn.Dropout(0.5))
            self.output = chain(nn.Conv2D(classes, 1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


def _get(version: str, pretrained: bool, ctx: Context, root: str, **kwargs: Any) -> SqueezeNet:
    return filled(SqueezeNet(version, **kwargs), f"squeezenet{version}", pretrained, ctx, root)


def squeezenet1_0(pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
                  **kwargs: Any) -> SqueezeNet:
    """Return a SqueezeNet 1.0; `pretrained` with the parameters of the zoo, on `ctx`."""
    return _get("1.0", pretrained, ctx, root, **kwargs)


def squeezenet1_1(pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
                  **kwargs: Any) -> SqueezeNet:
    """Return a SqueezeNet 1.1; `pretrained` with the parameters of the zoo, on `ctx`."""
    return _get("1.1", pretrained, ctx, root, **kwargs)
