"""MobileNet (Howard et al. 2017) and MobileNetV2 (Sandler et al. 2018)."""
from __future__ import annotations

from typing import Any

from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from .blocks import ROOT, chain, filled, normalized_convolution

__all__ = ["MobileNet", "MobileNetV2", "get_mobilenet", "get_mobilenet_v2", "mobilenet1_0", "mobilenet0_75",
           "mobilenet0_5", "mobilenet0_25", "mobilenet_v2_1_0", "mobilenet_v2_0_75", "mobilenet_v2_0_5",
           "mobilenet_v2_0_25"]

# (channels before, channels after, stride) of separable convolutions
_SEPARABLE = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2),
              *[(512, 512, 1)] * 5, (512, 1024, 2), (1024, 1024, 1)]
# (expansion, channels, how many, stride of the first) of bottlenecks
_BOTTLENECKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                (6, 320, 1, 1)]


class RELU6(nn.HybridBlock):
    """What is between 0 and 6, and else the nearer of them."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.clip(x, 0, 6, name="relu6")


class MobileNet(HybridBlock):
    """Separable convolutions: one for each channel, then one over the channels.

    Parameters
    ----------
    multiplier : float
        How many channels there are, as a part of the original network's.
    classes : int
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain()
            with self.features.name_scope():
                self._add(int(32 * multiplier), 3, 2, 1)
                for before, after, stride in _SEPARABLE:
                    channels = int(before * multiplier)
                    self._add(channels, 3, stride, 1, groups=channels)
                    self._add(int(after * multiplier), 1)
                self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def _add(self, *args: Any, **kwargs: Any) -> None:
        self.features.add(*normalized_convolution(*args, **kwargs), nn.Activation("relu"))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


class LinearBottleneck(nn.HybridBlock):
    """A block that widens, convolves each channel, and narrows without an activation.

    Parameters
    ----------
    in_channels, channels : int
    t : int
        How much it widens.
    stride : int
    """

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            self.out.add(*normalized_convolution(wide, 1), RELU6(),
                         *normalized_convolution(wide, 3, stride, 1, groups=wide), RELU6(),
                         *normalized_convolution(channels, 1))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNetV2(nn.HybridBlock):
    """Bottlenecks that are linear at their narrow ends.

    Parameters
    ----------
    multiplier : float
        How many channels there are, as a part of the original network's.
    classes : int
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                before = int(32 * multiplier)
                self.features.add(*normalized_convolution(before, 3, 2, 1), RELU6())
                for expansion, width, count, stride in _BOTTLENECKS:
                    channels = int(width * multiplier)
                    for i in range(count):
                        self.features.add(LinearBottleneck(before, channels, expansion, stride if i == 0 else 1))
                        before = channels
                last = int(1280 * multiplier) if multiplier > 1.0 else 1280
                self.features.add(*normalized_convolution(last, 1), RELU6(), nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


def _suffix(multiplier: float) -> str:
    text = f"{multiplier:.2f}"
    return text[:-1] if text in ("1.00", "0.50") else text


def get_mobilenet(multiplier: float, pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
                  **kwargs: Any) -> MobileNet:
    """Return a MobileNet; `pretrained` with the parameters of the zoo, on `ctx`."""
    return filled(MobileNet(multiplier, **kwargs), f"mobilenet{_suffix(multiplier)}", pretrained, ctx, root)


def get_mobilenet_v2(multiplier: float, pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT,  # noqa: B008
                     **kwargs: Any) -> MobileNetV2:
    """Return a MobileNetV2; `pretrained` with the parameters of the zoo, on `ctx`."""
    return filled(MobileNetV2(multiplier, **kwargs), f"mobilenetv2_{_suffix(multiplier)}", pretrained, ctx, root)


def mobilenet1_0(**kwargs: Any) -> MobileNet:
    """Return a MobileNet of full width; arguments are those of :func:`get_mobilenet`."""
    return get_mobilenet(1.0, **kwargs)


def mobilenet0_75(**kwargs: Any) -> MobileNet:
    """Return a MobileNet of 0.75 of the width; arguments are those of :func:`get_mobilenet`."""
    return get_mobilenet(0.75, **kwargs)


def mobilenet0_5(**kwargs: Any) -> MobileNet:
    """Return a MobileNet of half the width; arguments are those of :func:`get_mobilenet`."""
    return get_mobilenet(0.5, **kwargs)


def mobilenet0_25(**kwargs: Any) -> MobileNet:
    """Return a MobileNet of a quarter of the width; arguments are those of :func:`get_mobilenet`."""
    return get_mobilenet(0.25, **kwargs)


def mobilenet_v2_1_0(**kwargs: Any) -> MobileNetV2:
    """Return a MobileNetV2 of full width; arguments are those of :func:`get_mobilenet_v2`."""
    return get_mobilenet_v2(1.0, **kwargs)


def mobilenet_v2_0_75(**kwargs: Any) -> MobileNetV2:
    """Return a MobileNetV2 of 0.75 of the width; arguments are those of :func:`get_mobilenet_v2`."""
    return get_mobilenet_v2(0.75, **kwargs)


def mobilenet_v2_0_5(**kwargs: Any) -> MobileNetV2:
    """Return a MobileNetV2 of half the width; arguments are those of :func:`get_mobilenet_v2`."""
    return get_mobilenet_v2(0.5, **kwargs)


def mobilenet_v2_0_25(**kwargs: Any) -> MobileNetV2:
    """Return a MobileNetV2 of a quarter of the width; arguments are those of :func:`get_mobilenet_v2`."""
    return get_mobilenet_v2(0.25, **kwargs)
