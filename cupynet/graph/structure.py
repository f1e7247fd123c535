"""What all bindings of one graph share: its nodes in order, the shapes inferred for them, and the plans made.

Two graphs of the same nodes with the same attributes are one structure to the memory of this module, whether they are
copies, unpickled, or built twice. It keeps what the structures used last have learnt, and what those in use have.
"""
from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..ops.infer import known
from ..util import is_np_shape
from .gradient import differentiate
from .inference import complete, shapes_of
from .ir import Graph, Undetermined
from .lower import lower
from .node import Entry, Node, post_order, variables
from .passes import drop_dead, simplify
from .plan import Plan, make_plan

__all__ = ["Structure"]

Kind = tuple[tuple, np.dtype]  # shape and dtype of an input

_RECENT = 64  # structures that are remembered when nobody uses them
_LIMIT = 256  # inferences and plans that one of them remembers


class _Memo:
    """What is known of one structure."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.inferred: OrderedDict[Any, tuple[list, list]] = OrderedDict()
        self.plans: OrderedDict[Any, Plan | None] = OrderedDict()


_memos: weakref.WeakValueDictionary[tuple, _Memo] = weakref.WeakValueDictionary()
_recent: OrderedDict[int, _Memo] = OrderedDict()
_lock = threading.Lock()


def _memo_of(signature: tuple | None) -> _Memo:
    """Return the memo of all structures with this signature (a new one where there is None)."""
    if signature is None:
        return _Memo()
    with _lock:
        memo = _memos.get(signature)
        if memo is None:
            memo = _memos[signature] = _Memo()
        _put(_recent, id(memo), memo, _RECENT)
        return memo


def _put(table: OrderedDict, key: Any, value: Any, limit: int) -> None:
    """Store a value as the one used last, and forget the one not used for longest if there are too many."""
    table[key] = value
    table.move_to_end(key)
    while len(table) > limit:
        table.popitem(last=False)


class Structure:
    """The nodes that some outputs depend on, which must not be changed from now on.

    Parameters
    ----------
    heads : sequence of (Node, int)
        The outputs.
    order : list of Node, optional
        The nodes in post order, where that is known.

    Attributes
    ----------
    order : list of Node
        All nodes, inputs before users.
    inputs, arguments, auxiliary : list of Node
        The variables: all of them in order, and apart.
    """

    def __init__(self, heads: Sequence[Entry], order: list[Node] | None = None):
        self.heads = list(heads)
        self.order = post_order(self.heads) if order is None else order
        self.inputs = [node for node in self.order if node.op is None]
        self.arguments, self.auxiliary = variables(self.order)
        # Nodes of open operators remember their forward pass, so no two bindings can share a plan.
        self._shared = all(node.op is None or node.op.resolver is None for node in self.order)

    @cached_property
    def written(self) -> set[str]:
        """The names of the variables that a forward pass may write to: auxiliary states, and what operators fill."""
        found = {node.name for node in self.auxiliary}
        for node in self.order:
            if node.op is not None and node.op.fills:
                parents = [node.inputs[at][0] for at, _ in node.op.filled(node.parsed, node.input_names)]
                found.update(parent.name for parent in parents if parent.op is None)
        return found

    @cached_property
    def _memo(self) -> _Memo:
        return _memo_of(self._signature() if self._shared else None)

    def _signature(self) -> tuple:
        numbers = {id(node): i for i, node in enumerate(self.order)}
        parts: list[Any] = []
        for node in self.order:
            attrs = node.attrs
            if node.op is None:
                parts.append((node.name, attrs.get("__shape__"), attrs.get("__dtype__")))
            else:
                parts.append((node.op, node.parsed, node.name, *[(numbers[id(p)], i) for p, i in node.inputs]))
        parts.append(tuple([(numbers[id(node)], i) for node, i in self.heads]))
        return tuple(parts)

    def infer(self, shapes: Mapping[str, tuple], dtypes: Mapping[str, np.dtype]) -> tuple[dict[int, list],
                                                                                          dict[int, list]]:
        """Return the shapes and dtypes of every output of every node, by the node's id, from those of some variables.

        What cannot be known yet is unknown in the shapes; variables of unknown dtype are float32.
        """
        memo = self._memo
        key = _known_by(shapes.items(), dtypes.items())
        found = memo.inferred.get(key)
        if found is None:
            with memo.lock:
                by_shape, by_type = shapes_of(self.order, dict(shapes)), complete(self.order, dict(dtypes))
                found = [by_shape[id(n)] for n in self.order], [by_type[id(n)] for n in self.order]
                _put(memo.inferred, key, found, _LIMIT)
                variable = [(n.name, by_shape[id(n)][0], by_type[id(n)][0]) for n in self.inputs]
                if all(known(shape) for _, shape, _ in variable):  # the same is true of all that was just learnt
                    key = _known_by([v[:2] for v in variable], [v[::2] for v in variable])
                    _put(memo.inferred, key, found, _LIMIT)
        return tuple({id(n): values for n, values in zip(self.order, table)} for table in found)

    def plan(self, kinds: Sequence[Kind], requests: Mapping[str, str], *, folded: bool = True,
             keep_draws: bool = False, places: tuple[int, ...] | None = None) -> Plan | None:
        """Return the plan for inputs of the given shapes and dtypes, or None if other shapes depend on values.

        Parameters
        ----------
        kinds : sequence of (shape, dtype)
            Of :attr:`inputs`.
        requests : mapping
            See :func:`~.plan.make_plan`.
        folded : bool
            Whether the graph is simplified. Otherwise every node has a step.
        keep_draws : bool
            See :func:`~.plan.make_plan`.
        places : tuple of int, optional
            On which of several contexts each node of :attr:`order` runs.
        """
        memo = self._memo
        key = is_np_shape(), tuple(kinds), tuple(requests.items()), folded, keep_draws, places
        plan = memo.plans.get(key, memo)
        if plan is memo:  # None is an answer, too
            with memo.lock:  # which whoever makes it holds
                plan = memo.plans.get(key, memo)
                if plan is memo:
                    plan = self._make(kinds, requests, folded, keep_draws, places)
                    if self._shared:
                        _put(memo.plans, key, plan, _LIMIT)
        return plan

    def _make(self, kinds: Sequence[Kind], requests: Mapping[str, str], folded: bool, keep_draws: bool,
              places: tuple[int, ...] | None) -> Plan | None:
        graph = self._lowered(kinds, places)
        if graph is None:
            return None
        if requests:
            differentiate(graph, requests)
        if folded:
            simplify(graph)
        else:
            drop_dead(graph, keep_forward=True)
        return make_plan(graph, requests, 1 + max(places or (0,)), keep_draws)

    def _lowered(self, kinds: Sequence[Kind], places: tuple[int, ...] | None) -> Graph | None:
        """Return the typed graph for inputs of the given kinds, or None if other shapes depend on values."""
        by_name = dict(zip([node.name for node in self.inputs], kinds))
        shapes = {name: shape for name, (shape, _) in by_name.items()}
        dtypes = {name: dtype for name, (_, dtype) in by_name.items()}
        if not self._shared or _known_by(shapes.items(), dtypes.items()) not in self._memo.inferred:
            try:
                return lower(self.order, self.heads, by_name, None, places)
            except Undetermined:
                pass  # in one direction; it may be in both
        inferred = self.infer(shapes, dtypes)
        if not all(known(shape) for node in self.order for shape in inferred[0][id(node)]):
            return None
        return lower(self.order, self.heads, by_name, inferred, places)


def _known_by(shapes: Iterable[tuple[str, tuple]], dtypes: Iterable[tuple[str, np.dtype]]) -> tuple:
    """Return what inferences from some variables' shapes and dtypes are remembered by."""
    return is_np_shape(), frozenset(shapes), frozenset(dtypes)
