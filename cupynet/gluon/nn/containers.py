"""Blocks that run other blocks one after the other."""
from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ..block import Block, HybridBlock
from ..parameter import ParameterDict

__all__ = ["Sequential", "HybridSequential"]


class _Chain:
    """What both kinds of chains share."""

    _is_container = True

    def add(self, *blocks: Block) -> None:
        """Append blocks."""
        for block in blocks:
            self.register_child(block)

    def _shown_parts(self) -> Iterator[tuple[str, Block]]:
        return iter(self._children.items())

    def __getitem__(self, key: int | slice) -> Any:
        blocks = list(self._children.values())[key]
        if not isinstance(blocks, list):
            return blocks
        part = type(self)(prefix=self._prefix)
        part.add(*blocks)
        return part

    def __len__(self) -> int:
        return len(self._children)

    def __bool__(self) -> bool:
        return True


class Sequential(_Chain, Block):
    """Blocks of any kind, each of which gets the output of the one before.

    Examples
    --------
    >>> from cupynet.gluon import nn
    >>> net = nn.Sequential()
    >>> net.add(nn.Dense(10, activation='relu'), nn.Dense(2))
    >>> net
    Sequential(
      (0): Dense(None -> 10, Activation(relu))
      (1): Dense(None -> 2, linear)
    )
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)

    def forward(self, x: Any) -> Any:
        for block in self._children.values():
            x = block(x)
        return x

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Let all parts that are HybridBlocks run as graphs, or no more."""
        if self._children and all(isinstance(each, HybridBlock) for each in self._children.values()):
            warnings.warn(f"All children of this Sequential layer '{self.prefix}' are HybridBlocks. Consider using "
                          "HybridSequential for the best performance.", stacklevel=2)
        super().hybridize(active, **kwargs)


class HybridSequential(_Chain, HybridBlock):
    """HybridBlocks, each of which gets the output of the one before; they run as one graph once hybridized.

    Examples
    --------
    >>> import cupynet as mx
    >>> from cupynet.gluon import nn
    >>> net = nn.HybridSequential()
    >>> net.add(nn.Dense(10, activation='relu'), nn.Dense(2))
    >>> net.initialize()
    >>> net.hybridize()
    >>> net(mx.nd.ones((3, 4))).shape
    (3, 2)
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        for block in self._children.values():
            x = block(x)
        return x
