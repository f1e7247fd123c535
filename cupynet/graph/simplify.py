"""Making a typed graph smaller without changing what it computes."""
from __future__ import annotations

from collections.abc import Callable

from .ir import Graph, Step, Value

__all__ = ["simplify"]


def simplify(graph: Graph) -> None:
    """Fold no-ops, merge common subexpressions and drop what nothing uses."""
    _rewrite(graph, _no_op)
    _merge_common(graph)
    _drop_dead(graph)


def _rewrite(graph: Graph, rule: Callable[[Step], Value | None]) -> None:
    """Replace the output of each step for which `rule` returns a value."""
    better: dict[Value, Value] = {}
    kept = []
    for step in graph.steps:
        step.ins = tuple(better.get(v, v) for v in step.ins)
        replacement = rule(step)
        if replacement is None:
            kept.append(step)
        else:
            better[step.outs[0]] = replacement
    graph.steps = kept
    _redirect(graph, better)


def _redirect(graph: Graph, better: dict[Value, Value]) -> None:
    """Let outputs and gradients be the values that replaced theirs."""
    graph.outputs = [better.get(v, v) for v in graph.outputs]
    graph.grads = {name: v if v is None else better.get(v, v) for name, v in graph.grads.items()}


def _no_op(step: Step) -> Value | None:
    """Return the value that a step would only repeat, or None."""
    if step.op.name in ("_copy", "BlockGrad"):
        return step.ins[0]
    if step.op.name == "Cast" and step.ins[0].dtype == step.outs[0].dtype:
        return step.ins[0]
    if step.op.name in ("Reshape", "broadcast_to") and step.ins[0].shape == step.outs[0].shape:
        return step.ins[0]
    if step.op.name == "_mul_scalar" and step.attrs.scalar == 1:
        return step.ins[0]
    return None


def _merge_common(graph: Graph) -> None:
    """Compute the same operator on the same values once."""
    first: dict[tuple, Step] = {}
    better: dict[Value, Value] = {}
    kept = []
    for step in graph.steps:
        step.ins = tuple(better.get(v, v) for v in step.ins)
        key = (step.op, step.attrs, *map(id, step.ins), *(v.shape for v in step.outs))
        twin = None if step.op.takes_rng or step.op.mutates else first.setdefault(key, step)
        if twin is None or twin is step:
            kept.append(step)
        else:
            better.update(zip(step.outs, twin.outs))
    graph.steps = kept
    _redirect(graph, better)


def _drop_dead(graph: Graph) -> None:
    """Keep the steps that lead to an output or a gradient, or update an auxiliary state."""
    needed = {*graph.outputs, *(v for v in graph.grads.values() if v is not None)}
    kept = []
    for step in reversed(graph.steps):
        if step.op.mutates or any(out in needed for out in step.outs):
            kept.append(step)
            needed.update(step.ins)
    graph.steps = kept[::-1]
