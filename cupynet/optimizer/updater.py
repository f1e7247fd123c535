"""Optimizers as functions of (index, gradient, weight), which keep the states."""
from __future__ import annotations

from typing import Any

from ..base import MXNetError, MXNetTypeError
from ..context import Context
from ..ndarray import NDArray
from .base import Optimizer
from .states import dumps, loads

__all__ = ["Updater", "get_updater"]


class Updater:
    """Applies an optimizer to weights and keeps a state for each index.

    Parameters
    ----------
    optimizer : Optimizer

    Attributes
    ----------
    states : dict
        Index -> state.
    aggregate_updates : bool
        Whether lists of weights are updated several at once.
    """

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self.states_synced: dict[Any, bool] = {}  # whether a state is on its weight's context
        self.aggregate_updates = optimizer.aggregate_num > 0

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update a weight, or a list of them, in place."""
        if isinstance(index, (list, tuple)):
            indices, grads, weights = list(index), list(grad), list(weight)
        else:
            indices, grads, weights = [index], [grad], [weight]
        if not len(indices) == len(grads) == len(weights):
            raise MXNetTypeError(f"updater: {len(indices)} indices, {len(grads)} gradients, {len(weights)} weights")
        if not weights:
            return
        self.optimizer._set_current_context(weights[0].context.device_id)
        for i, w in zip(indices, weights):
            if i not in self.states:
                self.states[i] = self.optimizer.create_state_multi_precision(i, w)
            elif not self.states_synced[i]:
                self.states[i] = self.sync_state_context(self.states[i], w.context)
            self.states_synced[i] = True
        update = self.optimizer.update_multi_precision
        if not self.aggregate_updates:
            for i, g, w in zip(indices, grads, weights):
                update(i, w, g, self.states[i])
            return
        by_type: dict[Any, list[tuple]] = {}
        for i, g, w in zip(indices, grads, weights):
            by_type.setdefault(w.dtype, []).append((i, w, g, self.states[i]))
        size = self.optimizer.aggregate_num
        for members in by_type.values():
            for start in range(0, len(members), size):
                update(*map(list, zip(*members[start:start + size])))

    def sync_state_context(self, state: Any, context: Context) -> Any:
        """Return a state on a context."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (tuple, list)):
            return type(state)(self.sync_state_context(each, context) for each in state)
        return state

    def set_states(self, states: bytes) -> None:
        """Take over what :meth:`get_states` gave, here or in MXNet.

        Raises MXNetError, and changes nothing, if the bytes are damaged or hold anything but states.
        """
        found = loads(states)
        optimizer = None
        if isinstance(found, tuple) and len(found) == 2:
            found, optimizer = found
        if not isinstance(found, dict) or not (optimizer is None or isinstance(optimizer, Optimizer)):
            raise MXNetError("set_states: the data hold no states of an optimizer; expected a dict from indices to "
                             "states, or a tuple of one and an Optimizer")
        if optimizer is not None:
            self.optimizer = optimizer
            self.aggregate_updates = optimizer.aggregate_num > 0
        self.states = found
        self.states_synced = dict.fromkeys(found, False)

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return the states, and the optimizer if wished, in MXNet's form, which MXNet reads as well."""
        return dumps((self.states, self.optimizer) if dump_optimizer else self.states)


def get_updater(optimizer: Optimizer) -> Updater:
    """Return the function ``updater(index, grad, weight)`` of an optimizer."""
    return Updater(optimizer)
