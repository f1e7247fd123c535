"""From a user's nodes to a typed graph."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from .ir import Graph, Value
from .node import Entry, Node

__all__ = ["lower"]


def lower(order: Sequence[Node], heads: Sequence[Entry], kinds: Mapping[str, tuple],
          inferred: tuple[dict[int, list], dict[int, list]] | None = None) -> Graph:
    """Return the typed forward graph of `heads`.

    Parameters
    ----------
    order : sequence of Node
        All nodes, inputs before users.
    kinds : mapping
        Shape and dtype of each variable by name.
    inferred : tuple of dict, optional
        Shapes and dtypes of every output, by node id; otherwise they follow step by step.

    Raises
    ------
    Undetermined
        If the shapes of an operator's outputs do not follow from those of its inputs.
    """
    graph = Graph()
    values: dict[int, Sequence[Value]] = {}
    for node in order:
        if node.op is None:
            value = graph.inputs.get(node.name)
            if value is None:  # two variables of one name are one argument
                value = graph.inputs[node.name] = graph.input(node.name, *kinds[node.name])
            values[id(node)] = (value,)
        else:
            ins = [values[id(parent)][i] for parent, i in node.inputs]
            op, attrs = node.resolved()
            known = None if inferred is None else (inferred[0][id(node)], inferred[1][id(node)])
            values[id(node)] = graph.append(op, attrs, ins, node.name, known).outs
    graph.outputs = [values[id(node)][i] for node, i in heads]
    return graph
