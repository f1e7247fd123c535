"""From a user's nodes to a typed graph."""
from __future__ import annotations

from collections.abc import Sequence

from .ir import Graph, Value
from .node import Entry, Node

__all__ = ["lower"]


def lower(order: Sequence[Node], heads: Sequence[Entry], shapes: dict[int, list], dtypes: dict[int, list]) -> Graph:
    """Return the typed forward graph of `heads`.

    Parameters
    ----------
    order : sequence of Node
        All nodes, inputs before users.
    shapes, dtypes : dict
        Of every output, by node id, completely known.
    """
    graph = Graph()
    values: dict[int, Sequence[Value]] = {}
    for node in order:
        if node.op is None:
            value = graph.inputs.get(node.name)
            if value is None:  # two variables of one name are one argument
                value = graph.input(node.name, shapes[id(node)][0], dtypes[id(node)][0])
                graph.inputs[node.name] = value
            values[id(node)] = (value,)
        else:
            ins = [values[id(parent)][i] for parent, i in node.inputs]
            op, attrs = node.resolved()
            values[id(node)] = graph.append(op, attrs, ins, node.name, shapes[id(node)], dtypes[id(node)]).outs
    graph.outputs = [values[id(node)][i] for node, i in heads]
    return graph
