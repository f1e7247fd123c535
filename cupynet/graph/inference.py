"""Shapes and dtypes of a whole graph, in both directions, to a fixpoint."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import MXNetValueError
from ..dtypes import dtype_of_flag
from ..ops.infer import ShapeLike, either, infer_shapes, infer_types, known, merge_shapes, merge_types
from ..ops.notation import read_shape
from ..ops.schema import Attrs, OptShape, Schema
from .node import Entry, Node

__all__ = ["shapes_of", "types_of", "complete", "told_shape"]

_ATTRIBUTES = Schema("Variable", {"__shape__": (OptShape | None, None), "__dtype__": (int, 0)})


class _Inference:
    """What is known of every output of every node, and the means to learn more.

    Parameters
    ----------
    order : sequence of Node
        The graph, inputs before users.
    rule : callable(op, attrs, ins, outs, name) -> bool
        Fills in what it can, and says whether that is anything.
    known : callable(value) -> bool
        Whether there is nothing more to learn about a shape or dtype.
    given : callable(node) -> shape, dtype or None
        What is known of a variable beforehand.
    outputs : sequence of (Entry, shape or dtype)
        What is known of other values.
    """

    def __init__(self, order: Sequence[Node], rule: Callable, known: Callable, given: Callable,
                 outputs: Sequence[tuple[Entry, Any]]):
        self._rule, self._known = rule, known
        self._nodes = [node for node in order if node.op is not None]
        self._neighbours: dict[tuple[int, int], list[Node]] = {}  # who takes part in a value, its maker first
        for node in self._nodes:
            for parent, i in node.inputs:
                around = self._neighbours.setdefault((id(parent), i), [parent] if parent.op is not None else [])
                around.append(node)
        self.table: dict[int, list] = {
            id(node): [given(node)] if node.op is None else [None] * node.output_count for node in order}
        for (node, i), value in outputs:
            self.table[id(node)][i] = _merged(node, self.table[id(node)][i], value)
        self.settle(self._nodes)

    def settle(self, news: Iterable[Node]) -> None:
        """Apply the rules of the nodes that there is `news` for, forwards and backwards, until nothing is learnt."""
        stale, direction = set(news), 1
        while stale:
            for node in self._nodes[::direction]:
                if node in stale:
                    stale.discard(node)
                    self._apply(node, stale)
            direction = -direction

    def _apply(self, node: Node, stale: set[Node]) -> None:
        """Apply the rule of a node, and add the nodes to `stale` that what it learnt is news for."""
        table, neighbours = self.table, self._neighbours
        outs = table[id(node)]
        ins = [table[id(parent)][i] for parent, i in node.inputs]
        before = [*ins, *outs]
        if not self._rule(node.op, node.parsed, ins, outs, node.name):
            return
        for (parent, i), value, old in zip(node.inputs, ins, before):
            if value is not old:
                table[id(parent)][i] = value
                stale.update(neighbours[id(parent), i])
        for i, (value, old) in enumerate(zip(outs, before[len(ins):])):
            if value is not old:
                stale.update(neighbours.get((id(node), i), ()))
        if all(map(self._known, ins)) and all(map(self._known, outs)):
            stale.discard(node)
        else:  # a rule may make more of what it has just found
            stale.add(node)

    def tell(self, variable: Node, value: Any) -> None:
        """Take it that `value` is that of a variable."""
        self.table[id(variable)] = [value]
        self.settle(self._neighbours.get((id(variable), 0), ()))


def _said(node: Node) -> Attrs:
    """Return the shape and the dtype flag that a variable's own attributes tell."""
    try:
        return _ATTRIBUTES({key: node.attrs[key] for key in _ATTRIBUTES.fields if key in node.attrs})
    except MXNetValueError as error:
        raise MXNetValueError(f"{error} (in the attributes of {node.name!r})") from None


def told_shape(node: Node) -> ShapeLike:
    """Return the shape that a variable's own attributes tell."""
    return read_shape(_said(node)["__shape__"]) if "__shape__" in node.attrs else None


def _merged(node: Node, one: Any, other: Any) -> Any:
    what, merge = ("dtype", merge_types) if isinstance(other, np.dtype) else ("shape", merge_shapes)
    try:
        return merge(one, other)
    except ValueError:
        raise MXNetValueError(f"{node.op.name if node.op else 'variable'} {node.name!r}: has {what} {one}, expected "
                              f"{other}") from None


def shapes_of(order: Sequence[Node], given: Mapping[str, ShapeLike],
              outputs: Sequence[tuple[Entry, ShapeLike]] = ()) -> dict[int, list]:
    """Return, for each node by id, the shapes of its outputs: None, or a tuple in which None is not known.

    Parameters
    ----------
    order : sequence of Node
        The graph, inputs before users.
    given : mapping
        Known shapes of variables by name; a variable's ``__shape__`` attribute is known as well.
    outputs : sequence of (Entry, shape), optional
        What is known of other values.
    """
    def shape_of(node: Node) -> ShapeLike:
        shape = given.get(node.name)
        if known(shape):
            return shape
        told = told_shape(node)
        return _merged(node, shape, told) if shape is not None and told is not None else either(shape, told)
    return _Inference(order, infer_shapes, known, shape_of, outputs).table


def _types(order: Sequence[Node], given: Mapping[str, Any], outputs: Sequence[tuple[Entry, Any]]) -> _Inference:
    def type_of(node: Node) -> np.dtype | None:
        dtype = given.get(node.name)
        if dtype is None and "__dtype__" in node.attrs:
            dtype = dtype_of_flag(_said(node)["__dtype__"])
        return None if dtype is None else np.dtype(dtype)
    return _Inference(order, infer_types, lambda dtype: dtype is not None, type_of, outputs)


def types_of(order: Sequence[Node], given: Mapping[str, Any], outputs: Sequence[tuple[Entry, Any]] = ()
             ) -> dict[int, list]:
    """Return, for each node by id, the dtypes of its outputs (None where not known); see :func:`shapes_of`."""
    return _types(order, given, outputs).table


def complete(order: Sequence[Node], given: Mapping[str, Any]) -> dict[int, list]:
    """Return the dtypes of a graph in which variables of unknown type are float32."""
    inference = _types(order, given, ())
    for node in order:
        if node.op is None and inference.table[id(node)][0] is None:
            inference.tell(node, np.dtype(np.float32))
    return inference.table
