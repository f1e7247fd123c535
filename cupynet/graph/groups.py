"""On which context each node of a graph runs, by its attribute ``ctx_group``."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base import MXNetError
from ..context import Context
from .node import Node

__all__ = ["assign"]


def assign(order: Sequence[Node], default: Context, groups: Mapping[str, Context],
           bound: Mapping[str, Context] | None = None) -> dict[int, Context]:
    """Return the context of each node by its id.

    A node of a group runs on the group's context. One of none runs where its first input that belongs somewhere is,
    and a variable where it is read first; what is left, on `default`.

    Parameters
    ----------
    order : sequence of Node
        All nodes, inputs before users.
    groups : mapping
        Name of a group -> context.
    bound : mapping, optional
        Where variables are, by name, if that is decided already.
    """
    found: dict[int, Context] = {}
    for node in order:
        group = node.attrs.get("__ctx_group__", node.attrs.get("ctx_group"))
        if bound and node.op is None and node.name in bound:
            found[id(node)] = bound[node.name]
        elif group is not None:
            if group not in groups:
                raise MXNetError(f"bind: The device assignment not found for group {group} of {node.name!r}; group2ctx "
                                 f"has {', '.join(groups)}")
            found[id(node)] = groups[group]
        elif node.op is not None:
            known = (found[id(parent)] for parent, _ in node.inputs if id(parent) in found and parent.op is not None)
            found[id(node)] = next(known, default)
    for node in order:
        for parent, _ in node.inputs:
            found.setdefault(id(parent), found[id(node)])
    return {id(node): found.get(id(node), default) for node in order}
