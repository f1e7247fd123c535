"""What a monitor sees of the backward pass: names and values as MXNet shows them, in the order of its graph."""
from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .ir import Graph, Pull, Step, Value

__all__ = ["Shown", "shown_backward", "after"]

# operators that call the gradients of their inputs by the inputs' names
_BY_NAME = frozenset((
    "BilinearSampler Convolution_v1 Correlation GridGenerator InstanceNorm L2Normalization MakeLoss Pad Pooling_v1 "
    "ROIPooling SVMOutput SequenceLast SequenceMask SequenceReverse SliceChannel SpatialTransformer SwapAxis "
    "_contrib_DeformableConvolution _contrib_DeformablePSROIPooling _contrib_PSROIPooling _contrib_SyncBatchNorm"
    ).split())
_PASSING = ("elemwise_add", "_grad_add", "_CrossDeviceCopy")  # that hand on the gradient as it is, and have no node


class Shown(NamedTuple):
    """A gradient and its name; without a value, which nobody has asked for, it is shown as zeros."""

    name: str
    value: Value | None
    shape: tuple[int, ...]
    dtype: np.dtype


def shown_backward(graph: Graph) -> list[Shown]:
    """Return what the nodes of MXNet's backward graph put out, each node after those that it reads."""
    found: list[Shown] = []
    done: set[Pull] = set()
    stack = [(pull, False) for pull in reversed(graph.pulls)]
    while stack:
        pull, ready = stack.pop()
        if pull in done:
            continue
        if ready:
            done.add(pull)
            found += _outputs(pull, graph)
        else:
            stack.append((pull, True))
            stack += [(source, False) for source in reversed(pull.sources)]
    return found


def _outputs(pull: Pull, graph: Graph) -> Iterator[Shown]:
    step = pull.step
    if step is None:
        value = pull.grads[0]
        if pull.sources:
            yield Shown("sum_grad_output", value, value.shape, value.dtype)
        elif value in {each for other in graph.steps for each in other.ins}:
            place = next(i for i, head in enumerate(graph.heads) if head is value)
            yield Shown(f"_head_grad_{place}_id_output", value, value.shape, value.dtype)
    elif step.op.name not in _PASSING:
        names = step.op.active_inputs(step.attrs, len(step.ins))
        states = step.op.mutated_indices(names)
        own = [i for i in range(len(names)) if i not in states]
        for place, i in enumerate(own):
            label = names[i] if step.op.name in _BY_NAME else f"output{place}" if len(own) > 1 else "output"
            yield Shown(f"{step.name}_backward_{label}", pull.grads[i], step.ins[i].shape, step.ins[i].dtype)


def after(value: Value, running: set[Step]) -> Step | None:
    """Return the step of `running` after which `value` is there; None if it is before all of them."""
    while value.step is not None and value.step not in running and value.step.op.view:
        value = value.step.ins[0]
    return value.step if value.step in running else None
