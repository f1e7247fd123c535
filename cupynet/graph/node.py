"""The symbolic graph as the user composes it: untyped nodes with string attributes."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from ..base import MXNetError
from ..ops.op import Op
from ..ops.schema import Attrs

__all__ = ["Node", "Entry", "versioned", "post_order", "copied", "variables", "auxiliary"]


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
    version : int
        Of a variable, how many operators have been composed so far that update it. Symbol files tell of it.
    """

    version = 0

    def __init__(self, op: Op | None, name: str, attrs: dict[str, str], inputs: Iterable[Entry] = ()):
        self.op, self.name, self.attrs, self.inputs = op, name, attrs, list(inputs)

    @cached_property
    def parsed(self) -> Attrs:
        """The operator's attributes as values. An operator that has none takes no notice of a node's own."""
        return self.op.parse(self.attrs if self.op.schema.fields else {})

    def resolved(self) -> tuple[Op, Attrs]:
        """Return the operator and its attributes for one binding of the graph: new ones if the operator is open."""
        if self.op.resolver is None:
            return self.op, self.parsed
        op = self.op.resolve(self.attrs)
        return op, self.parsed if op is self.op else op.parse(self.attrs)

    def initialize_inputs(self) -> None:
        """Tell the variables among the inputs how to begin, where the operator knows and nobody has said."""
        if self.op.initial:
            for name, (parent, _) in zip(self.input_names, self.inputs):
                if parent.op is None and name in self.op.initial:
                    parent.attrs.setdefault("__init__", self.op.initial[name])

    def number_updates(self) -> None:
        """Let each input that is a variable say how many updates come before, and count those of this node.

        Raises MXNetError if what the operator updates is no variable.
        """
        for place, (parent, index) in enumerate(self.inputs):
            if parent.op is None:
                self.inputs[place] = versioned(parent, index, parent.version)
        for place in self.op.mutated_indices(self.input_names) if self.op.mutates else ():
            parent = self.inputs[place][0]
            if parent.op is not None:
                raise MXNetError(f"{self.op.name} {self.name!r}: {self.input_names[place]} is the output of "
                                 f"{parent.op.name} {parent.name!r}; what an operator updates must be a Variable")
            parent.version += 1
            self.inputs[place] = versioned(parent, 0, parent.version)

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
        output = self.op.output_names(self.parsed)[index]
        return f"{self.name}_{output}" if self.name else output

    def __repr__(self) -> str:
        return f"<Node {self.op.name if self.op else 'variable'} {self.name!r}>"


Entry = tuple[Node, int]


class _Versioned(tuple):
    """An entry of a variable that operators update, with the number of updates before it is read."""

    version = 0


def versioned(node: Node, index: int, version: int) -> Entry:
    """Return an entry; its `version`, if it is not 0, stays with it as an attribute."""
    if not version:
        return node, index
    entry = _Versioned((node, index))
    entry.version = version
    return entry


def post_order(heads: Iterable[Entry]) -> list[Node]:
    """Return every node that `heads` depend on, inputs before users, depth first from the first head."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[Node | None] = [node for node, _ in reversed(list(heads))]  # None: what lies below it is done
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif id(node) not in seen:
            seen.add(id(node))
            if not node.inputs:
                order.append(node)
                continue
            stack += node, None
            for parent, _ in reversed(node.inputs):
                if id(parent) not in seen:
                    stack.append(parent)
    return order


def copied(heads: Sequence[Entry]) -> tuple[list[Entry], list[Node]]:
    """Return the outputs `heads` of a copy of the graph, which shares no node with it, and the copy's post order."""
    copies: dict[int, Node] = {}

    def copy(entry: Entry) -> Entry:
        twin = copies[id(entry[0])], entry[1]
        return twin if entry.__class__ is tuple else versioned(*twin, entry.version)

    for node in post_order(heads):
        copies[id(node)] = twin = Node(node.op, node.name, dict(node.attrs), map(copy, node.inputs))
        if node.version:
            twin.version = node.version
        if "parsed" in vars(node):
            twin.parsed = node.parsed
    return list(map(copy, heads)), list(copies.values())


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
