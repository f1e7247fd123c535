"""From a user's nodes to a typed graph."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from .ir import Graph, Value
from .node import Entry, Node

__all__ = ["lower"]


def lower(order: Sequence[Node], heads: Sequence[Entry], kinds: Mapping[str, tuple],
          inferred: tuple[dict[int, list], dict[int, list]] | None = None,
          places: Sequence[int] | None = None) -> Graph:
    """Return the typed forward graph of `heads`.

    Parameters
    ----------
    order : sequence of Node
        All nodes, inputs before users.
    kinds : mapping
        Shape and dtype of each variable by name.
    inferred : tuple of dict, optional
        Shapes and dtypes of every output, by node id; otherwise they follow step by step.
    places : sequence of int, optional
        On which of several contexts each node runs. What another context reads is copied there, once.

    Raises
    ------
    Undetermined
        If the shapes of an operator's outputs do not follow from those of its inputs.
    """
    graph = Graph()
    values: dict[int, Sequence[Value]] = {}
    copies: dict[tuple[Value, int], Value] = {}

    def here(value: Value) -> Value:
        if value.place == graph.place:
            return value
        key = value, graph.place
        if key not in copies:
            copies[key] = graph.copy_across(value)
        return copies[key]

    for i, node in enumerate(order):
        graph.place = 0 if places is None else places[i]
        if node.op is None:
            value = graph.inputs.get(node.name)
            if value is None:  # two variables of one name are one argument
                value = graph.inputs[node.name] = graph.input(node.name, *kinds[node.name])
            values[id(node)] = (value,)
        else:
            ins = [here(values[id(parent)][k]) for parent, k in node.inputs]
            op, attrs = node.resolved()
            known = None if inferred is None else (inferred[0][id(node)], inferred[1][id(node)])
            values[id(node)] = graph.append(op, attrs, ins, node.name, known).outs
    graph.outputs = [values[id(node)][k] for node, k in heads]
    return graph
