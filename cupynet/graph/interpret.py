"""Running a graph step by step on arrays, which may be recorded.

:func:`interpret` walks a user's nodes: for graphs whose shapes depend on values, and for those who want to see every
value. :func:`replay` walks the backward pass of a planned graph, so that it becomes part of the tape and gradients of
gradients follow.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import tape
from ..base import MXNetError
from ..context import Context
from ..ndarray.base import NDArrayBase, wrap
from ..ndarray.invoke import invoke
from ..ops import catalog
from ..ops.op import FAILURES
from .frame import Frame
from .ir import Step, Value
from .node import Node
from .structure import Structure

__all__ = ["interpret", "replay", "Watcher"]

Watcher = Callable[[Node, Sequence[NDArrayBase], Sequence[NDArrayBase]], None]


def interpret(structure: Structure, inputs: Sequence[NDArrayBase], ctx: Context,
              watch: Watcher | None = None) -> list[NDArrayBase]:
    """Return the outputs of a graph for the given inputs, by running its operators one by one.

    Parameters
    ----------
    structure : Structure
    inputs : sequence of arrays
        Of ``structure.inputs``. Auxiliary states are updated.
    ctx : Context
        Where operators without inputs compute.
    watch : callable(node, ins, outs), optional
        Called after each operator.
    """
    values: dict[int, Sequence[NDArrayBase]] = {id(node): (x,) for node, x in zip(structure.inputs, inputs)}
    for node in structure.order:
        if node.op is not None:
            ins = [values[id(parent)][i] for parent, i in node.inputs]
            op, attrs = node.resolved()
            outs = invoke(op, ins, attrs, ctx=None if ins else ctx)
            values[id(node)] = outs = outs if isinstance(outs, list) else [outs]
            if watch is not None:
                watch(node, ins, outs)
    outputs, seen = [], {id(x) for x in inputs}
    for node, i in structure.heads:
        value = values[id(node)][i]
        if id(value) in seen:  # outputs are arrays of their own
            value = invoke(catalog.get("_copy"), [value], catalog.get("_copy").parse({}))
        seen.add(id(value))
        outputs.append(value)
    return outputs


def replay(frame: Frame, inputs: Mapping[Value, NDArrayBase], heads: Sequence[NDArrayBase | None],
           ctx: Context) -> dict[str, NDArrayBase | None]:
    """Return the gradients that a frame's backward pass computes, each as a computation on the tape.

    What the backward pass reads of the forward pass is computed again, from `inputs`, but for what was drawn at random:
    that is taken from the frame. No state is updated.

    Parameters
    ----------
    frame : Frame
        Which has run forward.
    inputs : mapping
        The arrays of the plan's inputs, with their places on the tape.
    heads : sequence of arrays or None
        The gradients of the outputs.
    """
    graph = frame.plan.graph
    values: dict[Value, NDArrayBase] = dict(inputs)
    values.update((value, head) for value, head in zip(graph.heads, heads) if head is not None)
    for step in _leading_to([value for value in graph.grads.values() if value is not None], graph.steps):
        drawn = None
        if step.op.takes_rng and not step.backward:
            drawn = [frame.value(value) for value in step.outs]
        values.update(zip(step.outs, _apply(step, [values[v] for v in step.ins], ctx, frame.mode.train, drawn)))
    return {name: None if value is None else values[value] for name, value in graph.grads.items()}


def _leading_to(wanted: Sequence[Value], steps: Sequence[Step]) -> list[Step]:
    needed, found = set(wanted), []
    for step in reversed(steps):
        if not needed.isdisjoint(step.outs):
            found.append(step)
            needed.update(step.ins)
    return found[::-1]


def _apply(step: Step, ins: Sequence[NDArrayBase], ctx: Context, train: bool,
           results: Sequence[Any] | None) -> list[NDArrayBase]:
    """Run and record a step; return its outputs, with the hidden ones (constants to what is recorded later)."""
    op, attrs, device = step.op, step.attrs, ctx.device
    device.enter()
    raws = [x._data for x in ins]
    if results is None:
        try:
            results = op.run(device.xp, device.kind, raws, attrs, train=train,
                             rng=device.rng if op.takes_rng else None, device=device)
        except MXNetError:
            raise
        except FAILURES as error:
            raise op.failure(error, raws, attrs, step.name) from error
    results = [raw if value.dtype.kind == "O" else device.xp.asarray(raw) for raw, value in zip(results, step.outs)]
    visible, entries = op.visible_count(attrs), tuple([x._entry for x in ins])
    node = None
    if tape.state.recording and any(entry is not None for entry in entries):
        node = tape.record(op, attrs, raws, results, entries, visible, ctx)
    return [wrap(raw, ctx, (node, i) if node is not None and i < visible else None) for i, raw in enumerate(results)]
