"""Automatic differentiation as MXNet's first versions had it (``mx.contrib.autograd``); now see :mod:`mx.autograd`.

In a training section operations are recorded and run in training mode, in a test section neither.

>>> import cupynet as mx
>>> gradient = mx.contrib.autograd.grad(lambda x: x * x)
>>> gradient(mx.nd.array([1, 2, 3]))[0].asnumpy()
array([2., 4., 6.], dtype=float32)
"""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import autograd
from ..base import MXNetTypeError, string_types
from ..ndarray import NDArray, zeros_like

__all__ = ["set_is_training", "TrainingStateScope", "train_section", "test_section", "mark_variables", "backward",
           "compute_gradient", "grad_and_loss", "grad", "string_types"]


def set_is_training(is_train: bool) -> bool:
    """Switch recording and training mode on or off in this thread; return whether training mode was on."""
    autograd.set_recording(is_train)
    return autograd.set_training(is_train)


class TrainingStateScope:
    """A scope with recording and training mode both on or both off."""

    def __init__(self, enter_state: bool):
        self._enter_state = enter_state
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(set_is_training(self._enter_state))

    def __exit__(self, *exc: object) -> None:
        set_is_training(self._before.pop())


def train_section() -> TrainingStateScope:
    """Return a scope for training."""
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """Return a scope for testing, such as an evaluation in the middle of a training section."""
    return TrainingStateScope(False)


def mark_variables(variables: Sequence[NDArray], gradients: Sequence[NDArray],
                   grad_reqs: str | Sequence[str] = "write") -> None:
    """Mark arrays as variables whose gradients go into `gradients`."""
    autograd.mark_variables(variables, gradients, grad_reqs)


def backward(outputs: Sequence[NDArray], out_grads: Sequence[NDArray | None] | None = None,
             retain_graph: bool = False) -> None:
    """Compute the gradients of `outputs` with respect to the marked variables.

    Parameters
    ----------
    outputs : list of NDArray
    out_grads : list of NDArray or None
        The gradients that come from behind (ones by default).
    retain_graph : bool
        Whether the graph is kept for another call.
    """
    if not isinstance(outputs, (list, tuple)):
        raise MXNetTypeError("outputs must be a list or tuple of NDArrays")
    autograd.backward(outputs, out_grads, retain_graph)


def compute_gradient(outputs: Sequence[NDArray]) -> None:
    """Compute the gradients of `outputs` with respect to the marked variables."""
    backward(outputs)


def grad_and_loss(func: Callable, argnum: int | Sequence[int] | None = None) -> Callable:
    """Return a function that gives the gradients of `func`, as a list, and its value.

    Parameters
    ----------
    func : callable
        A function of NDArrays, given by position.
    argnum : int or list of int, optional
        Which arguments to differentiate by (all by default).
    """
    @functools.wraps(func)
    def wrapped(*args: Any) -> tuple[list[NDArray], Any]:
        variables = list(args)
        if argnum is not None:
            variables = [args[i] for i in (argnum if isinstance(argnum, (list, tuple)) else [argnum])]
        for each in variables:
            if not isinstance(each, NDArray):
                raise MXNetTypeError(f"type of autograd input should be NDArray; got {each!r}")
        gradients = [zeros_like(each) for each in variables]
        mark_variables(variables, gradients)
        with train_section():
            outputs = func(*args)
        backward([outputs] if isinstance(outputs, NDArray) else outputs)
        return gradients, outputs
    return wrapped


def grad(func: Callable, argnum: int | Sequence[int] | None = None) -> Callable:
    """Return a function that gives the gradients of `func`, as a list; see :func:`grad_and_loss`."""
    gradients_and_value = grad_and_loss(func, argnum)

    @functools.wraps(func)
    def wrapped(*args: Any) -> list[NDArray]:
        return gradients_and_value(*args)[0]
    return wrapped
