"""The table of a network's layers that ``Block.summary`` prints."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...base import MXNetAssertionError
from ...ndarray.base import NDArrayBase

__all__ = ["summarize"]

_LINE = "{:>20}  {:>42} {:>15}"


def summarize(block: Any, inputs: Sequence[Any]) -> None:
    """Print a line for each layer of `block` that `inputs` run through, and what parameters there are."""
    rows: list[tuple[str, str, int]] = [("Input", _shapes(inputs), 0)]
    seen: list[Any] = []  # parameters, as often as they take part
    hooks: list[Any] = []

    def note(layer: Any, _: Any, outputs: Any) -> None:
        own = list(layer.params.values())
        for each in own:
            each.data()  # whose shape must be known by now
        seen.extend(own)
        rows.append((f"{type(layer).__name__}-{len(rows)}", _shapes(outputs), sum(map(_size, own))))

    def attach(layer: Any) -> None:
        if getattr(layer, "_active", False):
            raise MXNetAssertionError(f'"{layer.name}" must not be hybridized to print summary.')
        if not layer._is_container:
            hooks.append(layer.register_forward_hook(note))

    try:
        block.apply(attach)
        block(*inputs)
    finally:
        for hook in hooks:
            hook.detach()
    print("\n".join(_table(rows, seen)))


def _table(rows: Sequence[tuple[str, str, int]], seen: Sequence[Any]) -> list[str]:
    total, trainable = sum(map(_size, seen)), sum(_size(each) for each in seen if each.grad_req != "null")
    times = Counter(seen)
    unique = sum(map(_size, times))
    return ["-" * 80, _LINE.format("Layer (type)", "Output Shape", "Param #"), "=" * 80,
            *(_LINE.format(*row) for row in rows), "=" * 80,
            "Parameters in forward computation graph, duplicate included",
            f"   Total params: {total}", f"   Trainable params: {trainable}",
            f"   Non-trainable params: {total - trainable}",
            f"Shared params in forward computation graph: {total - unique}",
            f"Unique parameters in model: {unique}", "-" * 80]


def _size(param: Any) -> int:
    return math.prod(param.shape)


def _shapes(arrays: Any) -> str:
    """Return the shapes of nested arrays as text."""
    def shaped(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return list(map(shaped, value))
        return value.shape if isinstance(value, NDArrayBase) else value
    if isinstance(arrays, (list, tuple)) and len(arrays) == 1:
        arrays = arrays[0]
    text = str(shaped(arrays))
    return text[1:-1] if isinstance(arrays, (list, tuple)) else text
