"""Steps whose results nobody uses."""
from __future__ import annotations

from ..ir import Graph

__all__ = ["drop_dead"]


def drop_dead(graph: Graph, keep_forward: bool = False) -> None:
    """Keep the steps that lead to an output or a gradient, or update an auxiliary state.

    With `keep_forward` the whole forward pass stays.
    """
    needed = {*graph.outputs, *(v for v in graph.grads.values() if v is not None)}
    kept = []
    for step in reversed(graph.steps):
        if step.op.mutates or (keep_forward and not step.backward) or not needed.isdisjoint(step.outs):
            kept.append(step)
            needed.update(step.ins)
    graph.steps = kept[::-1]
