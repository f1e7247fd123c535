"""What the networks of the zoo share: how they start, and how one is made and filled."""
from __future__ import annotations

from typing import Any

from ....context import Context, cpu
from ... import nn
from ..model_store import get_model_file

__all__ = ["chain", "normalized_convolution", "filled", "ROOT"]

ROOT = "~/.mxnet/models"  # where files of parameters lie


def chain(*blocks: Any, prefix: str | None = "") -> nn.HybridSequential:
    """Return blocks one after the other, named by the scope around them unless there is a `prefix`."""
    out = nn.HybridSequential(prefix=prefix)
    out.add(*blocks)
    return out


def normalized_convolution(channels: int, kernel: Any, stride: Any = 1, pad: Any = 0, groups: int = 1,
                           epsilon: float = 1e-5) -> list[Any]:
    """Return a convolution without bias and its batch normalization."""
    return [nn.Conv2D(channels, kernel, stride, pad, groups=groups, use_bias=False), nn.BatchNorm(epsilon=epsilon)]


def filled(net: Any, name: str, pretrained: bool, ctx: Context | None, root: str) -> Any:
    """Return `net`, with the parameters of the zoo called `name` if `pretrained`."""
    if pretrained:
        net.load_parameters(get_model_file(name, root=root), ctx=ctx or cpu())
    return net
