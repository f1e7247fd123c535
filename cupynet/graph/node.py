"""The symbolic graph as the user composes it: untyped nodes with string attributes."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from ..ops.op import Op
from ..ops.schema import Attrs

__all__ = ["Node", "Entry", "post_order", "copied", "variables", "auxiliary"]


class Node:
    """A variable (``op`` is None) or the application of an operator.

    Attributes
    ----------
    op : Op or None
    name : str
    attrs : dict of str to str
        The operator's attributes as given, and the user's own (``__lr_mult__``), as a symbol file stores them.
    inputs : list of (Node, int)
        Where each input comes from: a node and the number of its output.
    """

    def __init__(self, op: Op | None, name: str, attrs: dict[str, str], inputs: Sequence[Entry] = ()):
        self.op, self.name, self.attrs, self.inputs = op, name, attrs, list(inputs)

    @cached_property
    def parsed(self) -> Attrs:
        """The operator's attributes as values. An operator that has none takes no notice of a node's own."""
        return self.op.parse(self.attrs if self.op.schema.fields else {})

    def resolved(self) -> tuple[Op, Attrs]:
        """Return the operator and its attributes for one binding of the graph: new ones if the operator is open."""
        op = self.op.resolve(self.attrs)
        return op, self.parsed if op is self.op else op.parse(self.attrs)

    def initialize_inputs(self) -> None:
        """Tell the variables among the inputs how to begin, where the operator knows and nobody has said."""
        if self.op.initial:
            for name, (parent, _) in zip(self.input_names, self.inputs):
                if parent.op is None and name in self.op.initial:
                    parent.attrs.setdefault("__init__", self.op.initial[name])

    @property
    def input_names(self) -> tuple[str, ...]:
        """The operator's names of the inputs."""
        return self.op.active_inputs(self.parsed, len(self.inputs))

    @property
    def output_count(self) -> int:
        """The number of outputs, hidden ones included."""
        return 1 if self.op is None else len(self.op.output_names(self.parsed))

    @property
    def visible_count(self) -> int:
        """The number of outputs that a user sees."""
        return 1 if self.op is None else self.op.visible_count(self.parsed)

    def output_name(self, index: int) -> str:
        """Return the public name of an output: ``fc1_output``, ``split0_output1``, ``rnn0_state_output``."""
        if self.op is None:
            return self.name
        return f"{self.name}_{self.op.output_names(self.parsed)[index]}"

    def __repr__(self) -> str:
        return f"<Node {self.op.name if self.op else 'variable'} {self.name!r}>"


Entry = tuple[Node, int]


def post_order(heads: Iterable[Entry]) -> list[Node]:
    """Return every node that `heads` depend on, inputs before users, depth first from the first head."""
    order: list[Node] = []
    seen: set[int] = set()
    stack = [(node, False) for node, _ in reversed(list(heads))]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in reversed(node.inputs) if id(parent) not in seen)
    return order


def copied(heads: Iterable[Entry]) -> list[Entry]:
    """Return the outputs `heads` of a copy of the graph, which shares no node with it."""
    heads = list(heads)
    copies: dict[int, Node] = {}
    for node in post_order(heads):
        copies[id(node)] = Node(node.op, node.name, dict(node.attrs), [(copies[id(p)], i) for p, i in node.inputs])
    return [(copies[id(node)], i) for node, i in heads]


def auxiliary(order: Iterable[Node]) -> set[int]:
    """Return the ids of the variables that an operator updates (``moving_mean``): the auxiliary states."""
    found = set()
    for node in order:
        if node.op is not None and node.op.mutates:
            for place in node.op.mutated_indices(node.input_names):
                if place < len(node.inputs) and node.inputs[place][0].op is None:
                    found.add(id(node.inputs[place][0]))
    return found


def variables(order: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """Return the variables among the nodes: arguments, and auxiliary states."""
    aux = auxiliary(order)
    free = [node for node in order if node.op is None]
    return [n for n in free if id(n) not in aux], [n for n in free if id(n) in aux]
