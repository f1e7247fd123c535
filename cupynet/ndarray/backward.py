"""The backward pass over arrays: head gradients in, the gradients of marked arrays out."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .. import tape
from ..base import MXNetError, MXNetValueError
from ..device.streams import settle
from ..ops import catalog
from ..ops.op import Op
from .base import NDArrayBase, wrap
from .flight import raw_of
from .invoke import call, invoke

__all__ = ["pull_gradients", "run_backward"]


class _Functions:
    """Operators as functions of NDArrays: what rules see as ``F`` while gradients are recorded."""

    def __call__(self, op: Op, *ins: NDArrayBase, **values: Any) -> Any:
        """Apply an operator that has no public name."""
        return invoke(op, ins, op.parse(values))

    def __getattr__(self, name: str) -> Callable:
        op = catalog.find(name)
        if op is None:
            raise AttributeError(f"operator {name!r} is not registered")
        call = partial(self.__call__, op)
        setattr(self, name, call)
        return call


class _Algebra(tape.Algebra):
    """Gradients as NDArrays, recorded on the tape."""

    raw = False
    F = _Functions()

    def wrap(self, raw: Any, entry: tape.Entry | None) -> NDArrayBase:
        return wrap(raw, self.ctx, entry)

    def zeros(self, shape: tuple, dtype: Any) -> NDArrayBase:
        return wrap(self.ctx.device.xp.zeros(shape, dtype), self.ctx)


def pull_gradients(heads: Sequence[NDArrayBase], head_grads: Sequence[NDArrayBase | None] | None, retain_graph: bool,
                   create_graph: bool, at: Sequence[tape.Entry] | None = None) -> list:
    """Walk the tape back from `heads`.

    Returns
    -------
    (leaf, gradient) pairs, or with `at` the gradient (or None) at each of those entries. Gradients are raw
    arrays, or NDArrays with `create_graph`.
    """
    if head_grads is None:
        head_grads = [None] * len(heads)
    if len(head_grads) != len(heads):
        raise MXNetValueError(f"backward: {len(heads)} heads but {len(head_grads)} head gradients")
    starts = {}  # of a head that comes again the last gradient counts, as in MXNet
    for head, grad in zip(heads, head_grads):
        if head._entry is None:
            raise MXNetError("Cannot differentiate node because it is not in a computational graph. You need to set "
                             "is_recording to true or use autograd.record() to save computational graphs for backward.")
        start = _head_gradient(head, grad)
        starts[head._entry] = start if create_graph else start._data
    algebra = (_Algebra if create_graph else tape.RawAlgebra).on(heads[0]._ctx)
    found = tape.walk(starts.items(), algebra, retain_graph, at)
    if at is not None:
        for gradient in found:
            settle(gradient)
    return found


def _head_gradient(head: NDArrayBase, grad: NDArrayBase | None) -> NDArrayBase:
    """Return the gradient of `head`, ones by default, with its dtype and on its context."""
    if grad is None:
        head._ctx.device.enter()
        return wrap(head._ctx.device.xp.ones(head.shape, raw_of(head).dtype), head._ctx)
    if not isinstance(grad, NDArrayBase) or grad.shape != head.shape:
        raise MXNetValueError(f"backward: head gradient is {getattr(grad, 'shape', type(grad).__name__)}, expected "
                              f"an NDArray of shape {head.shape}")
    if grad._ctx is not head._ctx:
        grad = grad.as_in_context(head._ctx)
    if grad._data.dtype != raw_of(head).dtype:
        grad = call("Cast", grad, dtype=raw_of(head).dtype)
    return wrap(grad._data, grad._ctx, grad._entry)


def run_backward(heads: Sequence[NDArrayBase], head_grads: Sequence[NDArrayBase | None] | None,
                 retain_graph: bool) -> None:
    """Compute gradients and give them to the marked arrays, by each one's ``grad_req``.

    An array marked ``"null"`` is one no longer once a pass that lets the graph go has met it, as in MXNet.
    """
    found = pull_gradients(heads, head_grads, retain_graph, False)
    if all(leaf.req == "null" for leaf, _ in found):
        raise MXNetError("backward: There are no inputs in computation graph that require gradients.")
    for leaf, grad in found:
        if leaf.req == "null":
            if not retain_graph:
                leaf.grad = None
            continue
        leaf.grad._ctx.device.enter()
        settle(grad)
        with leaf.lock:
            if leaf.req == "write":
                leaf.grad._data[...] = 0 if grad is None else grad
            elif grad is not None:
                leaf.grad._data += grad
            leaf.fresh = True
