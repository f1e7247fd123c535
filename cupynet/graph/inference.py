"""Shapes and dtypes of a whole graph, in both directions, to a fixpoint."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base import MXNetValueError
from ..dtypes import dtype_of_flag
from ..ops.infer import ShapeLike, infer_shapes, infer_types, known, merge_shapes, merge_types
from ..ops.notation import read_shape
from ..ops.schema import Attrs, OptShape, Schema
from .node import Entry, Node

__all__ = ["shapes_of", "types_of", "complete"]

_ATTRIBUTES = Schema("Variable", {"__shape__": (OptShape | None, None), "__dtype__": (int, 0)})


def _fixpoint(order: Sequence[Node], table: dict[int, list], rule: Callable, settled: Callable) -> None:
    """Apply the operators' rules forwards and backwards until nothing new is learnt."""
    todo = [node for node in order if node.op is not None]
    changed = True
    while changed and todo:
        changed = False
        for node in todo:
            ins = [table[id(parent)][i] for parent, i in node.inputs]
            outs = table[id(node)]
            if rule(node.op, node.parsed, ins, outs, node.name):
                changed = True
                for (parent, i), value in zip(node.inputs, ins):
                    table[id(parent)][i] = value
        todo = [node for node in reversed(todo) if not all(
            map(settled, (*table[id(node)], *(table[id(parent)][i] for parent, i in node.inputs))))]


def shapes_of(order: Sequence[Node], given: dict[str, tuple],
              outputs: Sequence[tuple[Entry, ShapeLike]] = ()) -> dict[int, list]:
    """Return, for each node by id, the shapes of its outputs: None, or a tuple in which None is not known.

    Parameters
    ----------
    order : sequence of Node
        The graph, inputs before users.
    given : dict
        Known shapes of variables by name; a variable's ``__shape__`` attribute is known as well.
    outputs : sequence of (Entry, shape), optional
        What is known of other values.
    """
    table: dict[int, list] = {}
    for node in order:
        table[id(node)] = [None] * node.output_count
        if node.op is None:
            shape = given.get(node.name)
            if shape is None and "__shape__" in node.attrs:
                shape = read_shape(_said(node)["__shape__"])
            table[id(node)] = [shape]
    for (node, i), shape in outputs:
        table[id(node)][i] = _merged(node, "shape", table[id(node)][i], shape, merge_shapes)
    _fixpoint(order, table, infer_shapes, known)
    return table


def types_of(order: Sequence[Node], given: dict[str, Any], outputs: Sequence[tuple[Entry, Any]] = ()
             ) -> dict[int, list]:
    """Return, for each node by id, the dtypes of its outputs (None where not known); see :func:`shapes_of`."""
    table: dict[int, list] = {}
    for node in order:
        table[id(node)] = [None] * node.output_count
        if node.op is None:
            dtype = given.get(node.name)
            if dtype is None and "__dtype__" in node.attrs:
                dtype = dtype_of_flag(_said(node)["__dtype__"])
            table[id(node)] = [None if dtype is None else np.dtype(dtype)]
    for (node, i), dtype in outputs:
        table[id(node)][i] = _merged(node, "dtype", table[id(node)][i], dtype, merge_types)
    _fixpoint(order, table, infer_types, lambda dtype: dtype is not None)
    return table


def _said(node: Node) -> Attrs:
    """Return the shape and the dtype flag that a variable's own attributes tell."""
    try:
        return _ATTRIBUTES({key: node.attrs[key] for key in _ATTRIBUTES.fields if key in node.attrs})
    except MXNetValueError as error:
        raise MXNetValueError(f"{error} (in the attributes of {node.name!r})") from None


def _merged(node: Node, what: str, one: Any, other: Any, merge: Callable) -> Any:
    try:
        return merge(one, other)
    except ValueError:
        raise MXNetValueError(f"{node.op.name if node.op else 'variable'} {node.name!r}: has {what} {one}, expected "
                              f"{other}") from None


def complete(order: Sequence[Node], given: dict[str, Any]) -> dict[int, list]:
    """Return the dtypes of a graph in which variables of unknown type are float32."""
    table = types_of(order, given)
    unknown = [node for node in order if node.op is None and table[id(node)][0] is None]
    while unknown:
        given = {**given, unknown[0].name: np.dtype(np.float32)}
        table = types_of(order, given)
        unknown = [node for node in order if node.op is None and table[id(node)][0] is None]
    return table
