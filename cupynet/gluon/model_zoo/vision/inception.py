"""Inception v3 (Szegedy et al. 2016)."""
from __future__ import annotations

from typing import Any

from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent
from .blocks import ROOT, chain, filled, normalized_convolution

__all__ = ["Inception3", "inception_v3"]

# A convolution is (channels, kernel, stride, padding).
_WIDE, _TALL = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))


def _convolution(channels: int, kernel: Any, stride: Any = 1, padding: Any = 0) -> nn.HybridSequential:
    return chain(*normalized_convolution(channels, kernel, stride, padding, epsilon=0.001), nn.Activation("relu"))


def _branch(*convolutions: tuple, pool: str | None = None) -> nn.HybridSequential:
    """Return convolutions one after the other, after a pooling if there is one."""
    out = chain()
    if pool == "avg":
        out.add(nn.AvgPool2D(3, 1, 1))
    elif pool == "max":
        out.add(nn.MaxPool2D(3, 2))
    out.add(*(_convolution(*each) for each in convolutions))
    return out


def _side_by_side(prefix: str, *branches: list[tuple], pool: tuple[str, list[tuple]]) -> HybridConcurrent:
    """Return branches whose outputs are joined; the last one begins with a pooling."""
    out = HybridConcurrent(axis=1, prefix=prefix)
    with out.name_scope():
        out.add(*(_branch(*each) for each in branches), _branch(*pool[1], pool=pool[0]))
    return out


def _a(pool_features: int, prefix: str) -> HybridConcurrent:
    return _side_by_side(prefix, [(64, 1)], [(48, 1), (64, 5, 1, 2)], [(64, 1), (96, 3, 1, 1), (96, 3, 1, 1)],
                         pool=("avg", [(pool_features, 1)]))


def _b(prefix: str) -> HybridConcurrent:
    return _side_by_side(prefix, [(384, 3, 2)], [(64, 1), (96, 3, 1, 1), (96, 3, 2)], pool=("max", []))


def _c(narrow: int, prefix: str) -> HybridConcurrent:
    return _side_by_side(prefix, [(192, 1)], [(narrow, 1), (narrow, *_WIDE), (192, *_TALL)],
                         [(narrow, 1), (narrow, *_TALL), (narrow, *_WIDE), (narrow, *_TALL), (192, *_WIDE)],
                         pool=("avg", [(192, 1)]))


def _d(prefix: str) -> HybridConcurrent:
    return _side_by_side(prefix, [(192, 1), (320, 3, 2)], [(192, 1), (192, *_WIDE), (192, *_TALL), (192, 3, 2)],
                         pool=("max", []))


def _split(*first: tuple) -> nn.HybridSequential:
    """Return convolutions whose output goes both through a wide and through a tall one."""
    out = chain(_branch(*first))
    both = HybridConcurrent(axis=1, prefix="")
    both.add(_branch((384, (1, 3), 1, (0, 1))), _branch((384, (3, 1), 1, (1, 0))))
    out.add(both)
    return out


def _e(prefix: str) -> HybridConcurrent:
    out = HybridConcurrent(axis=1, prefix=prefix)
    with out.name_scope():
        out.add(_branch((320, 1)), _split((384, 1)), _split((448, 1), (384, 3, 1, 1)),
                _branch((192, 1), pool="avg"))
    return out


class Inception3(HybridBlock):
    """Inception v3, for images of 299x299.

    Parameters
    ----------
    classes : int
    """

    def __init__(self, classes: int = 1000, **kwargs: Any):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain(
                _convolution(32, 3, 2), _convolution(32, 3), _convolution(64, 3, 1, 1), nn.MaxPool2D(3, 2),
                _convolution(80, 1), _convolution(192, 3), nn.MaxPool2D(3, 2),
                _a(32, "A1_"), _a(64, "A2_"), _a(64, "A3_"), _b("B_"),
                _c(128, "C1_"), _c(160, "C2_"), _c(160, "C3_"), _c(192, "C4_"), _d("D_"), _e("E1_"), _e("E2_"),
                nn.AvgPool2D(8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return self.output(self.features(x))


def inception_v3(pretrained: bool = False, ctx: Context = cpu(), root: str = ROOT, **kwargs: Any  # noqa: B008
                 ) -> Inception3:
    """Return an Inception v3; `pretrained` with the parameters of the zoo, on `ctx`."""
    return filled(Inception3(**kwargs), "inceptionv3", pretrained, ctx, root)
