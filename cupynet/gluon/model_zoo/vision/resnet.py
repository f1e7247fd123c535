"""Residual networks (He et al. 2016), in their first form, and with activations before convolutions."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....base import MXNetAssertionError
from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from .blocks import ROOT, chain, filled

__all__ = ["ResNetV1", "ResNetV2", "BasicBlockV1", "BasicBlockV2", "BottleneckV1", "BottleneckV2", "get_resnet",
           "resnet18_v1", "resnet34_v1", "resnet50_v1", "resnet101_v1", "resnet152_v1",
           "resnet18_v2", "resnet34_v2", "resnet50_v2", "resnet101_v2", "resnet152_v2"]


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    return nn.Conv2D(channels, 3, stride, 1, use_bias=False, in_channels=in_channels)


class BasicBlockV1(HybridBlock):
    """Two 3x3 convolutions and a way around them.

    Parameters
    ----------
    channels, stride : int
        Of the output, and of the first convolution.
    downsample : bool
        Whether the way around is a convolution.
    in_channels : int
    """

    def __init__(self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.body = chain(_conv3x3(channels, stride, in_channels), nn.BatchNorm(), nn.Activation("relu"),
                          _conv3x3(channels, 1, channels), nn.BatchNorm())
        self.downsample = _shortcut(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        out = self.body(x)
        residual = x if self.downsample is None else self.downsample(x)
        return F.Activation(residual + out, act_type="relu")


class BottleneckV1(HybridBlock):
    """A 1x1 convolution to a quarter of the channels, a 3x3 one, a 1x1 one back, and a way around them.

    Parameters
    ----------
    channels, stride : int
        Of the output, and of the first convolution.
    downsample : bool
        Whether the way around is a convolution.
    in_channels : int
    """

    def __init__(self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.body = chain(nn.Conv2D(channels // 4, 1, stride), nn.BatchNorm(), nn.Activation("relu"),
                          _conv3x3(channels // 4, 1, channels // 4), nn.BatchNorm(), nn.Activation("relu"),
                          nn.Conv2D(channels, 1, 1), nn.BatchNorm())
        self.downsample = _shortcut(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        out = self.body(x)
        residual = x if self.downsample is None else self.downsample(x)
        return F.Activation(out + residual, act_type="relu")


def _shortcut(channels: int, stride: int, in_channels: int) -> nn.HybridSequential:
    return chain(nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels), nn.BatchNorm())


class BasicBlockV2(HybridBlock):
    """Two 3x3 convolutions, each after its normalization and activation, and a way around them.

    Parameters
    ----------
    channels, stride : int
        Of the output, and of the first convolution.
    downsample : bool
        Whether the way around is a convolution.
    in_channels : int
    """

    def __init__(self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.bn1 = nn.BatchNorm()
        self.conv1 = _conv3x3(channels, stride, in_channels)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(channels, 1, channels)
        self.downsample = nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels) \
            if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        residual = x
        x = F.Activation(self.bn1(x), act_type="relu")
        if self.downsample is not None:
            residual = self.downsample(x)
        x = self.conv1(x)
        x = F.Activation(self.bn2(x), act_type="relu")
        return self.conv2(x) + residual


class BottleneckV2(HybridBlock):
    """A bottleneck of three convolutions, each after its normalization and activation, and a way around them.

    Parameters
    ----------
    channels, stride : int
        Of the output, and of the 3x3 convolution.
    downsample : bool
        Whether the way around is a convolution.
    in_channels : int
    """

    def __init__(self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.bn1 = nn.BatchNorm()
        self.conv1 = nn.Conv2D(channels // 4, 1, 1, use_bias=False)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(channels // 4, stride, channels // 4)
        self.bn3 = nn.BatchNorm()
        self.conv3 = nn.Conv2D(channels, 1, 1, use_bias=False)
        self.downsample = nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels) \
            if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        residual = x
        x = F.Activation(self.bn1(x), act_type="relu")
        if self.downsample is not None:
            residual = self.downsample(x)
        x = self.conv1(x)
        x = self.conv2(F.Activation(self.bn2(x), act_type="relu"))
        x = self.conv3(F.Activation(self.bn3(x), act_type="relu"))
        return x + residual


class _ResNet(HybridBlock):
    """What both forms share."""

    def _check(self, layers: Sequence[int], channels: Sequence[int]) -> None:
        if len(layers) != len(channels) - 1:
            raise MXNetAssertionError(f"{type(self).__name__}: {len(layers)} layers need {len(layers) + 1} channels, "
                                      f"got {len(channels)}")

    @staticmethod
    def _stem(channels: int, thumbnail: bool) -> list[Any]:
        if thumbnail:
            return [_conv3x3(channels, 1, 0)]
        return [nn.Conv2D(channels, 7, 2, 3, use_bias=False), nn.BatchNorm(), nn.Activation("relu"),
                nn.MaxPool2D(3, 2, 1)]

    @staticmethod
    def _make_layer(block: type, layers: int, channels: int, stride: int, stage_index: int,
                    in_channels: int = 0) -> nn.HybridSequential:
        layer = nn.HybridSequential(prefix=f"stage{stage_index}_")
        with layer.name_scope():
            layer.add(block(channels, stride, channels != in_channels, in_channels=in_channels, prefix=""))
            for _ in range(layers - 1):
                layer.add(block(channels, 1, False, in_channels=channels, prefix=""))
        return layer

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


class ResNetV1(_ResNet):
    """A residual network in its first form.

    Parameters
    ----------
    block : BasicBlockV1 or BottleneckV1
    layers : list of int
        How many blocks each stage has.
    channels : list of int
        Channels of the first convolution and of the stages.
    classes : int
    thumbnail : bool
        Whether images are small, so that the first convolution is.
    """

    def __init__(self, block: type, layers: Sequence[int], channels: Sequence[int], classes: int = 1000,
                 thumbnail: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self._check(layers, channels)
        with self.name_scope():
            self.features = chain(*self._stem(channels[0], thumbnail))
            for i, count in enumerate(layers):
                self.features.add(self._make_layer(block, count, channels[i + 1], 1 if i == 0 else 2, i + 1,
                                                   in_channels=channels[i]))
            self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.Dense(classes, in_units=channels[-1])


class ResNetV2(_ResNet):
    """A residual network with activations before convolutions.

    Parameters
    ----------
    block : BasicBlockV2 or BottleneckV2
    layers : list of int
        How many blocks each stage has.
    channels : list of int
        Channels of the first convolution and of the stages.
    classes : int
    thumbnail : bool
        Whether images are small, so that the first convolution is.
    """

    def __init__(self, block: type, layers: Sequence[int], channels: Sequence[int], classes: int = 1000,
                 thumbnail: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self._check(layers, channels)
        with self.name_scope():
            self.features = chain(nn.BatchNorm(scale=False, center=False), *self._stem(channels[0], thumbnail))
            for i, count in enumerate(layers):
                self.features.add(self._make_layer(block, count, channels[i + 1], 1 if i == 0 else 2, i + 1,
                                                   in_channels=channels[i]))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes, in_units=channels[-1])


# depth -> (kind of block, blocks of each stage, channels)
_NARROW, _BROAD = [64, 64, 128, 256, 512], [64, 256, 512, 1024, 2048]
resnet_spec = {18: ("basic_block", [2, 2, 2, 2], _NARROW), 34: ("basic_block", [3, 4, 6, 3], _NARROW),
               50: ("bottle_neck", [3, 4, 6, 3], _BROAD), 101: ("bottle_neck", [3, 4, 23, 3], _BROAD),
               152: ("bottle_neck", [3, 8, 36, 3], _BROAD)}
resnet_net_versions = [ResNetV1, ResNetV2]
resnet_block_versions = [{"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
                         {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2}]


def get_resnet(version: int, num_layers: int, pretrained: bool = False, ctx: Context = cpu(),  # noqa: B008
               root: str = ROOT, **kwargs: Any) -> HybridBlock:
    """Return a residual network; `pretrained` with the parameters of the zoo, on `ctx`.

    Parameters
    ----------
    version : 1 or 2
    num_layers : 18, 34, 50, 101 or 152
    pretrained : bool
    ctx : Context
    root : str
        Where files of parameters lie.
    **kwargs
        Arguments of :class:`ResNetV1`.
    """
    if num_layers not in resnet_spec:
        raise MXNetAssertionError(f"Invalid number of layers: {num_layers}. Options are {resnet_spec.keys()}")
    if version not in (1, 2):
        raise MXNetAssertionError(f"Invalid resnet version: {version}. Options are 1 and 2.")
    kind, layers, channels = resnet_spec[num_layers]
    block = resnet_block_versions[version - 1][kind]
    net = resnet_net_versions[version - 1](block, layers, channels, **kwargs)
    return filled(net, f"resnet{num_layers}_v{version}", pretrained, ctx, root)


def resnet18_v1(**kwargs: Any) -> ResNetV1:
    """Return a ResNet-18 of version 1; arguments are those of :func:`get_resnet`."""
    return get_resnet(1, 18, **kwargs)


def resnet34_v1(**kwargs: Any) -> ResNetV1:
    """Return a ResNet-34 of version 1; arguments are those of :func:`get_resnet`."""
    return get_resnet(1, 34, **kwargs)


def resnet50_v1(**kwargs: Any) -> ResNetV1:
    """Return a ResNet-50 of version 1; arguments are those of :func:`get_resnet`."""
    return get_resnet(1, 50, **kwargs)


def resnet101_v1(**kwargs: Any) -> ResNetV1:
    """Return a ResNet-101 of version 1; arguments are those of :func:`get_resnet`."""
    return get_resnet(1, 101, **kwargs)


def resnet152_v1(**kwargs: Any) -> ResNetV1:
    """Return a ResNet-152 of version 1; arguments are those of :func:`get_resnet`."""
    return get_resnet(1, 152, **kwargs)


def resnet18_v2(**kwargs: Any) -> ResNetV2:
    """Return a ResNet-18 of version 2; arguments are those of :func:`get_resnet`."""
    return get_resnet(2, 18, **kwargs)


def resnet34_v2(**kwargs: Any) -> ResNetV2:
    """Return a ResNet-34 of version 2; arguments are those of :func:`get_resnet`."""
    return get_resnet(2, 34, **kwargs)


def resnet50_v2(**kwargs: Any) -> ResNetV2:
    """Return a ResNet-50 of version 2; arguments are those of :func:`get_resnet`."""
    return get_resnet(2, 50, **kwargs)


def resnet101_v2(**kwargs: Any) -> ResNetV2:
    """Return a ResNet-101 of version 2; arguments are those of :func:`get_resnet`."""
    return get_resnet(2, 101, **kwargs)


def resnet152_v2(**kwargs: Any) -> ResNetV2:
    """Return a ResNet-152 of version 2; arguments are those of :func:`get_resnet`."""
    return get_resnet(2, 152, **kwargs)
