"""Common subexpressions."""
from __future__ import annotations

from ..ir import Graph, Step, Value

__all__ = ["merge_common"]


def merge_common(graph: Graph) -> None:
    """Compute the same operator on the same values once; what is drawn at random or updates states stays apart."""
    first: dict[tuple, Step] = {}
    better: dict[Value, Value] = {}
    kept = []
    for step in graph.steps:
        if better:
            step.ins = tuple([better.get(v, v) for v in step.ins])
        op = step.op
        if op.takes_rng or op.mutates:
            kept.append(step)
            continue
        key = (op, step.attrs, step.place, *map(id, step.ins), step.outs[0].shape)  # == of values builds a graph
        twin = first.setdefault(key, step)
        if twin is step:
            kept.append(step)
        else:
            better.update(zip(step.outs, twin.outs))
    graph.steps = kept
    graph.redirect(better)
