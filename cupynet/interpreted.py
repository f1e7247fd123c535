"""Executors of graphs whose shapes depend on values: they run operator by operator, recorded like eager code."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import autograd, tape
from .base import MXNetError
from .executor import Executor, head_beside
from .graph.frame import Frame
from .graph.interpret import interpret
from .graph.ir import Undetermined
from .graph.node import Node
from .ndarray import NDArray
from .ndarray.backward import pull_gradients
from .ndarray.base import wrap

__all__ = ["InterpretedExecutor", "bind"]


def bind(*args: Any) -> Executor:
    """Return an executor with these arguments, a planned one if shapes do not depend on values."""
    try:
        return Executor(*args)
    except Undetermined:
        return InterpretedExecutor(*args)


class InterpretedExecutor(Executor):
    """An executor whose outputs have other shapes from run to run; each :meth:`forward` puts new ones into the list."""

    def _start(self, shared: Frame | None) -> None:
        if len(self._contexts) > 1:
            raise MXNetError("bind: shapes in the graph depend on values; such a graph runs on one context, without "
                             "group2ctx")
        self._frame = None
        self.outputs = []
        self._leaves: dict[str, NDArray] = {}

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs; see :meth:`.Executor.forward`. The list is the same each time, its arrays are new."""
        if kwargs:
            self._feed(kwargs)
        ctx, bound = self._contexts[0], {**self.arg_dict, **self.aux_dict}
        inputs = {node.name: wrap(bound[node.name]._data, ctx) for node in self._structure.inputs}
        self._leaves = {name: inputs[name] for name in self._targets if name in inputs}
        for each in self._leaves.values():
            each._entry = tape.Leaf(None, "write"), 0
        with ctx, autograd.record(is_train) if self._leaves else autograd.pause(is_train):
            arrays = [inputs[node.name] for node in self._structure.inputs]
            watch = None if self._monitor is None else self._shown
            self.outputs[:] = interpret(self._structure, arrays, ctx, watch)
        self._output_dict.update(zip(self._output_names, self.outputs))
        return self.outputs

    def _shown(self, node: Node, ins: Sequence[NDArray], outs: Sequence[NDArray]) -> None:
        if self._monitor_all:
            for name, each in zip(node.input_names, ins):
                self._monitor(f"{node.name}_{name}", each.copy())
        for i, each in enumerate(outs):
            self._monitor(node.output_name(i), each.copy())

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients of the arguments; see :meth:`.Executor.backward`."""
        if not self.outputs:
            raise MXNetError("backward: call forward first; there was none, or it failed")
        pairs = []
        for head, out, (node, _) in zip(self._heads(out_grads), self.outputs, self._structure.heads):
            if out._entry is not None:
                pairs.append((out, None if head is None and _is_loss(node) else head_beside(head, out)))
        found: list[Any] = [None] * len(self._leaves)
        if pairs:
            outs, heads = zip(*pairs)
            found = pull_gradients(outs, heads, True, False, [each._entry for each in self._leaves.values()])
        for name, grad in zip(self._leaves, found):
            target, request = self._targets[name]
            if request == "add":
                target += 0 if grad is None else wrap(grad, target.context)
            else:
                target[:] = 0 if grad is None else wrap(grad, target.context)

    def debug_str(self) -> str:
        """Return the nodes of the graph in the order in which they run."""
        return self._symbol.debug_str()


def _is_loss(node: Node) -> bool:
    """Whether a node is a loss layer, whose gradient rules read no gradient of its output."""
    rules = () if node.op is None else node.op.rules.values()
    return bool(rules) and not any(source in ("grad", "grads") for rule in rules for source, _ in rule.plan)
