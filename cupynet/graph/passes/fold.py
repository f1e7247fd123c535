"""Steps that only repeat their input."""
from __future__ import annotations

from ..ir import Graph, Step, Value

__all__ = ["fold_no_ops"]


def fold_no_ops(graph: Graph) -> None:
    """Let those who read the output of a step that changes nothing read its input."""
    better: dict[Value, Value] = {}
    kept = []
    for step in graph.steps:
        if better:
            step.ins = tuple([better.get(v, v) for v in step.ins])
        source = _repeated(step)
        if source is None:
            kept.append(step)
        else:
            better[step.outs[0]] = source
    graph.steps = kept
    graph.redirect(better)


def _repeated(step: Step) -> Value | None:
    """Return the value that a step would only repeat, or None."""
    name, source = step.op.name, step.ins[0] if step.ins else None
    if name in ("_copy", "BlockGrad"):
        return source
    if name == "Cast" and source.dtype == step.outs[0].dtype:
        return source
    if name in ("Reshape", "broadcast_to") and source.shape == step.outs[0].shape:
        return source
    if name == "_mul_scalar" and step.attrs.scalar == 1 and source.dtype == step.outs[0].dtype:
        return source
    return None
