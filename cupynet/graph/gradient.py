"""The backward graph, appended to the forward one by the operators' own gradient rules."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ops.gradient import pull_back
from .ir import Graph, GraphFunctions, Pull, Value

__all__ = ["differentiate"]


def differentiate(graph: Graph, wrt: Iterable[str]) -> None:
    """Append the steps that compute the gradients of the outputs, weighted by ``graph.heads``, to `graph`.

    Parameters
    ----------
    graph : Graph
        A forward graph; gets ``heads`` and ``grads``.
    wrt : iterable of str
        The arguments whose gradients are asked for.
    """
    wrt = list(wrt)
    forward = list(graph.steps)
    graph.backward = True
    F = GraphFunctions(graph)
    leading = {graph.inputs[name] for name in wrt}  # values on a way from an argument of `wrt`
    for step in forward:
        if step.op.differentiable and not leading.isdisjoint(step.ins):
            leading.update(step.outs)
    arrived: dict[Value, list[tuple[Value, Pull]]] = {}
    graph.heads = []
    for i, output in enumerate(graph.outputs):
        graph.place = output.place
        head = graph.input(f"_head_grad_{i}", output.shape, output.dtype)
        graph.heads.append(head)
        arrived.setdefault(output, []).append((head, Pull(None, [], [head])))

    def total(value: Value) -> Value | None:
        parts = arrived.get(value)
        if not parts:
            return None
        if len(parts) > 1:
            graph.place = value.place
            found = graph.apply("add_n", *[part for part, _ in parts])
            parts[:] = [(found, Pull(None, [pull for _, pull in parts], [found]))]
        return parts[0][0]

    for step in reversed(forward):
        outs = step.visible
        if arrived.keys().isdisjoint(outs) or leading.isdisjoint(step.ins):
            continue
        graph.named(step.name)
        grads = [total(out) for out in outs]
        pull = Pull(step, [arrived[out][0][1] for out in outs if out in arrived], ())
        graph.place = step.place
        if step.ins[0].place != step.place:  # a copy from another context, where its gradient goes back to
            graph.place = step.ins[0].place
            arrived.setdefault(step.ins[0], []).append((graph.copy_across(grads[0]), pull))
            continue
        if len(outs) > 1:
            grads = [_zeros(F, out) if g is None else g for g, out in zip(grads, step.outs)]
        found = pull_back(step.op, step.attrs, F, grads, step.ins, step.outs, [v.shape for v in step.ins],
                          [v.dtype for v in step.ins], [v in leading for v in step.ins])
        pull.grads = [grad if value in leading else None for value, grad in zip(step.ins, found)]
        for value, grad in zip(step.ins, pull.grads):
            if grad is not None:
                arrived.setdefault(value, []).append((grad, pull))
    graph.named("")
    graph.grads = {name: total(graph.inputs[name]) for name in wrt}
    graph.pulls = [arrived[graph.inputs[name]][0][1] for name in wrt if graph.grads[name] is not None]


def _zeros(F: Any, value: Value) -> Value:
    """Return zeros like `value`, which is not kept for them, except where its shape could be read as unknown."""
    return F._zeros(shape=value.shape, dtype=value.dtype) if all(value.shape) and value.shape else F.zeros_like(value)
