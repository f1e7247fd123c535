"""The tape: what was computed from what, and the walk that takes gradients back.

Works on raw arrays and knows no NDArray. While recording, every operation that depends on a marked array
appends a node, which keeps only the values that its gradient rules name. :func:`walk` visits the nodes
from the newest to the oldest; with an *algebra* of NDArrays instead of raw arrays the walk is itself
recorded, and gradients of any order follow.
"""
from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

from . import observe
from .base import MXNetError
from .context import Context
from .device.streams import flying, settle, spoiled
from .ops.gradient import RawFunctions, kept_by_rules, pull_back
from .ops.op import Op
from .ops.schema import Attrs

__all__ = ["REQUESTS", "state", "Entry", "Leaf", "Node", "live", "OpNode", "Algebra", "RawAlgebra", "record", "walk"]

REQUESTS = ("write", "add", "null")  # what to do with the gradient of a marked array
_next_number = itertools.count().__next__
_ZERO: Any = object()  # a gradient that is zero, for which nothing is computed


class _State(threading.local):
    """The mode of the calling thread."""

    recording = False
    training = False
    before: tuple | None = None  # (recording, training, before) outside of the innermost scope


state = _State()


class _Gone(tuple):
    """The parents of the nodes that a backward pass has used up: none. ``number`` says when it ended."""

    number: int


class Node:
    """One recorded operation.

    Attributes
    ----------
    parents : tuple
        For each input the entry (node, output index) that it came from, or None.
    count : int
        The number of outputs.
    number : int
        Grows with time, so that descending numbers are a backward order.
    takes_flying : bool
        Whether `pull` can be given gradients that a program has yet to compute.
    """

    __slots__ = ("parents", "count", "number")
    takes_flying = False

    def __init__(self, parents: tuple, count: int):
        self.parents, self.count = parents, count
        self.number = _next_number()

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        """Return the gradient of each input from that of the output, or a list (with gaps of None) of several."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """What messages call it."""
        return type(self).__name__

    def free(self, gone: _Gone) -> None:
        """Let the kept values and the parents go. To what is recorded later, the outputs are constants."""
        self.parents = gone


Entry = tuple[Node, int]


def live(entry: Entry | None) -> bool:
    """Whether an array with this entry is on the tape: recorded or marked, and not used up by a backward pass."""
    return entry is not None and entry[0].parents.__class__ is not _Gone


class Leaf(Node):
    """A marked array: where a gradient ends.

    Attributes
    ----------
    grad : NDArray
        What receives it, by ``req`` (``"write"``, ``"add"`` or ``"null"``). Threads that differentiate graphs of
        their own take turns through ``lock``.
    fresh : bool
        Whether a backward pass has filled `grad` since somebody last set this to False.
    """

    __slots__ = ("grad", "req", "fresh", "lock")

    def __init__(self, grad: Any, req: str):
        super().__init__((), 1)
        self.grad, self.req, self.fresh, self.lock = grad, req, False, threading.Lock()


class Hidden(Node):
    """A hidden output of an operator, such as the mean of a normalization: its own gradient is not known."""

    __slots__ = ("op",)

    def __init__(self, op: Op):
        super().__init__((), 1)
        self.op = op

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        raise MXNetError(f"Operator {self.op.name} is non-differentiable a second time: its gradient depends on what "
                         "it computes on the way, of which no gradient is known")


class OpNode(Node):
    """An operator on the tape, with the values that its gradient rules name.

    ``meta`` is (input shapes, input dtypes, visible outputs' shapes, their dtypes), or None for operators
    whose rules are simple enough not to need them.
    """

    __slots__ = ("op", "attrs", "ins", "outs", "ctx", "meta")

    def __init__(self, op: Op, attrs: Attrs | None, parents: tuple, ins: Any, outs: Any, ctx: Context,
                 meta: Any = None):
        # Not through super(): this constructor is on the path of every recorded operation.
        self.op, self.attrs, self.parents = op, attrs, parents
        self.ins, self.outs, self.ctx, self.meta = ins, outs, ctx, meta
        self.count = 1 if meta is None else len(meta[2])
        self.number = _next_number()

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        ins, outs, op = self.ins, self.outs, self.op
        if algebra.ctx is not self.ctx:
            algebra = algebra.on(self.ctx)
        self.ctx._device.enter()  # there, since the operator has run on it
        if flying or spoiled:
            for raw in (*(ins or ()), *(outs or ())):
                settle(raw)
        if not algebra.raw:
            ins = ins and [None if x is None else algebra.wrap(x, entry) for x, entry in zip(ins, self.parents)]
            outs = outs and [None if x is None else algebra.wrap(x, self._entry(i)) for i, x in enumerate(outs)]
        F, attrs = algebra.F, self.attrs
        if self.meta is None:
            return [pull(F, grads, ins, outs, attrs) if entry is not None else None
                    for pull, entry in zip(op.pulls, self.parents)]
        if op.opaque:
            raise MXNetError(f"Operator {op.name} is non-differentiable: the operator that it is the gradient of has "
                             "no gradients of higher order")
        shapes, dtypes, out_shapes, out_dtypes = self.meta
        if self.count == 1:
            grads = (grads,)
        else:
            grads = [algebra.zeros(shape, dtype) if g is None else g
                     for g, shape, dtype in zip(grads, out_shapes, out_dtypes)]
        return pull_back(op, attrs, F, grads, ins or (), outs or (), shapes, dtypes,
                         [entry is not None for entry in self.parents])

    def _entry(self, index: int) -> Entry | None:
        """Return where the output `index` comes from, as its gradient's gradient sees it."""
        if index < self.count:
            return self, index
        return None if self.op.takes_rng else (Hidden(self.op), 0)  # what was drawn at random is a constant

    @property
    def label(self) -> str:
        return self.op.name

    def free(self, gone: _Gone) -> None:
        self.parents = gone
        self.ins = self.outs = None


def _watched_pull(self: OpNode, algebra: Any, grads: Any) -> Sequence[Any]:
    with observe.around("operator", f"_backward_{self.op.name}", self.ctx.device):
        return _pull(self, algebra, grads)


_pull = OpNode.pull
observe.replace(OpNode, "pull", _watched_pull)


def record(op: Op, attrs: Attrs, ins: Sequence[Any], results: Sequence[Any], entries: tuple, visible: int,
           ctx: Context) -> OpNode:
    """Append an operator to the tape.

    Parameters
    ----------
    ins, results : sequence of raw arrays
        Inputs, and outputs with the hidden ones.
    entries : tuple
        Where each input came from; at least one is not None.
    visible : int
        How many of the outputs the caller sees.
    ctx : Context
        Where the operator ran.
    """
    if op.pulls is not None:
        keep_ins, keep_outs = op.kept
        return OpNode(op, attrs, entries, tuple(ins) if keep_ins else None, tuple(results) if keep_outs else None, ctx)
    kept_ins, kept_outs = kept_by_rules(op, attrs, [entry is not None for entry in entries])
    seen = results[:visible]
    return OpNode(op, attrs, entries,
                  tuple(x if i in kept_ins else None for i, x in enumerate(ins)),
                  tuple(x if i in kept_outs else None for i, x in enumerate(results)), ctx,
                  (tuple(x.shape for x in ins), tuple(x.dtype for x in ins),
                   tuple(x.shape for x in seen), tuple(x.dtype for x in seen)))


class Algebra:
    """What gradients are made of while the tape is walked, on one context.

    Attributes
    ----------
    raw : bool
        Whether gradients are raw arrays (else NDArrays, whose computation is recorded in turn).
    F : object
        Operators as functions of such gradients.
    """

    raw: bool
    F: Any

    def __init__(self, ctx: Context):
        self.ctx = ctx

    @classmethod
    @functools.cache
    def on(cls, ctx: Context) -> Algebra:
        """Return the algebra of this kind on `ctx`."""
        return cls(ctx)

    def zeros(self, shape: tuple, dtype: Any) -> Any:
        """Return a gradient of zeros."""
        raise NotImplementedError

    def wrap(self, raw: Any, entry: Entry | None) -> Any:
        """Return a kept raw array as a value that rules can compute with."""
        raise NotImplementedError


class RawAlgebra(Algebra):
    """Gradients as raw arrays: the plain backward pass."""

    raw = True

    def __init__(self, ctx: Context):
        super().__init__(ctx)
        self.F = RawFunctions(ctx.device)

    def zeros(self, shape: tuple, dtype: Any) -> Any:
        return self.ctx.device.xp.zeros(shape, dtype)


def _used(node: Node) -> MXNetError:
    return MXNetError(f"Cannot differentiate {node.label} because it is not in a computational graph any more: a "
                      "backward pass has used it; pass retain_graph=True to the first pass to go through twice")


def _sum(a: Any, b: Any) -> Any:
    if flying or spoiled:
        settle(a)
        settle(b)
    return a + b


def walk(heads: Iterable[tuple[Entry, Any]], algebra: Any, retain: bool, at: Sequence[Entry] | None = None) -> list:
    """Carry gradients from `heads` back to the leaves.

    The walk keeps what has arrived at each node to itself, so several threads may walk over the same nodes. Nodes
    are let go when all of it has succeeded: after an error the graph is what it was.

    Parameters
    ----------
    heads : iterable of (entry, gradient)
        Where the walk starts.
    algebra : Algebra
        What gradients are made of.
    retain : bool
        Whether nodes keep their values for another walk.
    at : sequence of entries, optional
        Where gradients are asked for instead of at the leaves; the walk goes no further back than it must.

    Returns
    -------
    list of (leaf, gradient), or of the gradient at each entry of `at`; None where it is zero.

    Raises
    ------
    MXNetError
        If a node has been used up, by an earlier backward pass or one of another thread.
    """
    arrived: dict[Node, Any] = {}  # the gradient of each node reached; a list where there are several outputs
    queue: list[tuple[int, Node]] = []
    done: list[Node] = []
    asked = frozenset(node for node, _ in at or ())

    def give(entry: Entry, grad: Any) -> None:
        node, index = entry
        old = arrived.get(node)
        if old is None and node.__class__ is not Leaf:
            heappush(queue, (-node.number, node))
        if old is None or old is _ZERO:
            if node.count == 1 or grad is _ZERO:
                arrived[node] = grad
            else:
                arrived[node] = [None] * node.count
                arrived[node][index] = grad
        elif grad is _ZERO:
            pass
        elif node.count == 1:
            arrived[node] = _sum(old, grad)
        else:
            old[index] = grad if old[index] is None else _sum(old[index], grad)

    def result(node: Node, index: int = 0) -> Any:
        found = arrived.get(node)
        return None if found is None or found is _ZERO else found if node.count == 1 else found[index]

    for entry, grad in heads:
        give(entry, grad)
    oldest = 0 if at is None else -min(node.number for node, _ in at)
    while queue:
        number, node = heappop(queue)
        if at is None:
            grads = arrived.pop(node)
        elif number < oldest:
            grads = arrived[node] if node in asked else arrived.pop(node)
        else:
            break
        parents = node.parents
        if parents.__class__ is _Gone:
            raise _used(node)
        try:
            # What is behind a zero gradient is visited too, so that the leaves there learn that theirs is zero.
            if (flying or spoiled) and not node.takes_flying:
                for grad in grads if node.count > 1 and grads is not _ZERO else (grads,):
                    settle(grad)
            found = itertools.repeat(None) if grads is _ZERO else node.pull(algebra, grads)
        except Exception:
            if node.parents is not parents:  # another thread let it go meanwhile
                raise _used(node) from None
            raise
        if node.parents is not parents:
            raise _used(node)
        for entry, grad in zip(parents, found):
            if entry is not None:
                parent = entry[0]
                further = parent.parents
                if further.__class__ is _Gone and further.number < node.number:
                    continue  # a constant by then
                if grad is not None and parent.count == 1 and parent not in arrived:  # mostly
                    arrived[parent] = grad
                    if parent.__class__ is not Leaf:
                        heappush(queue, (-parent.number, parent))
                else:
                    give(entry, _ZERO if grad is None else grad)
        done.append(node)
    found = [result(node, i) for node, i in at] if at is not None else [(leaf, result(leaf)) for leaf in arrived]
    if not retain:
        gone = _Gone()
        gone.number = _next_number()
        for node in done:
            node.free(gone)
    return found
