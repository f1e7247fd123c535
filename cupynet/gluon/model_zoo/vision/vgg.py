"""VGG (Simonyan & Zisserman 2015)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .... import initializer
from ....base import MXNetAssertionError, MXNetKeyError
from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from .blocks import ROOT, chain, filled

__all__ = ["VGG", "get_vgg", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]

_FILTERS = [64, 128, 256, 512, 512]
# depth -> convolutions of each stage
_LAYERS = {11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}


class VGG(HybridBlock):
    """Stages of 3x3 convolutions.

    Parameters
    ----------
    layers, filters : list of int
        How many convolutions each stage has, and of how many channels.
    classes : int
    batch_norm : bool
    """

    def __init__(self, layers: Sequence[int], filters: Sequence[int], classes: int = 1000, batch_norm: bool = False,
                 **kwargs: Any):
        super().__init__(**kwargs)
        if len(layers) != len(filters):
            raise MXNetAssertionError(f"VGG: {len(layers)} layers but {len(filters)} filters")
        with self.name_scope():
            self.features = chain()
            for count, channels in zip(layers, filters):
                for _ in range(count):
                    self.features.add(nn.Conv2D(channels, 3, padding=1, bias_initializer="zeros",
                                                weight_initializer=_xavier()))
                    if batch_norm:
                        self.features.add(nn.BatchNorm())
                    self.features.add(nn.Activation("relu"))
                self.features.add(nn.MaxPool2D(strides=2))
            for _ in range(2):
                self.features.add(nn.Dense(4096, activation="relu", weight_initializer="normal",
                                           bias_initializer="zeros"), nn.Dropout(rate=0.5))
            self.output = nn.Dense(classes, weight_initializer="normal", bias_initializer="zeros")

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


def _xavier() -> initializer.Xavier:
    return initializer.Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)


def get_vgg(num_layers: int, pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
            **kwargs: Any) -> VGG:
    """Return a VGG of 11, 13, 16 or 19 layers; `pretrained` with the parameters of the zoo, on `ctx`.

    ``batch_norm=True`` chooses the one with batch normalization.
    """
    if num_layers not in _LAYERS:
        raise MXNetKeyError(f"get_vgg: num_layers is {num_layers}; expected one of {list(_LAYERS)}")
    name = f"vgg{num_layers}{'_bn' if kwargs.get('batch_norm') else ''}"
    return filled(VGG(_LAYERS[num_layers], _FILTERS, **kwargs), name, pretrained, ctx, root)


def vgg11(**kwargs: Any) -> VGG:
    """Return a VGG-11; arguments are those of :func:`get_vgg`."""
    return get_vgg(11, **kwargs)


def vgg13(**kwargs: Any) -> VGG:
    """Return a VGG-13; arguments are those of :func:`get_vgg`."""
    return get_vgg(13, **kwargs)


def vgg16(**kwargs: Any) -> VGG:
    """Return a VGG-16; arguments are those of :func:`get_vgg`."""
    return get_vgg(16, **kwargs)


def vgg19(**kwargs: Any) -> VGG:
    """Return a VGG-19; arguments are those of :func:`get_vgg`."""
    return get_vgg(19, **kwargs)


def vgg11_bn(**kwargs: Any) -> VGG:
    """Return a VGG-11 with batch normalization; arguments are those of :func:`get_vgg`."""
    return get_vgg(11, **{**kwargs, "batch_norm": True})


def vgg13_bn(**kwargs: Any) -> VGG:
    """Return a VGG-13 with batch normalization; arguments are those of :func:`get_vgg`."""
    return get_vgg(13, **{**kwargs, "batch_norm": True})


def vgg16_bn(**kwargs: Any) -> VGG:
    """Return a VGG-16 with batch normalization; arguments are those of :func:`get_vgg`."""
    return get_vgg(16, **{**kwargs, "batch_norm": True})


def vgg19_bn(**kwargs: Any) -> VGG:
    """Return a VGG-19 with batch normalization; arguments are those of :func:`get_vgg`."""
    return get_vgg(19, **{**kwargs, "batch_norm": True})
