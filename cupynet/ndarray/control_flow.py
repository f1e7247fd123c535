"""Loops and branches over arrays as functions: Python's own control flow, recorded like everything else."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..base import MXNetIndexError, MXNetValueError
from ..nested import Form, flatten, regroup
from ..tape import state
from .base import NDArrayBase
from .creation import zeros
from .invoke import call

__all__ = ["foreach", "while_loop", "cond"]


def _flatten(value: Any, what: str) -> tuple[list[NDArrayBase], Form]:
    return flatten(value, lambda each: isinstance(each, NDArrayBase), f"{what} must be (nested) list of NDArray")


def _pair(what: str, result: Any) -> tuple[Any, Any]:
    """Return the two things that a loop's function returns."""
    try:
        outputs, states = result
    except (TypeError, ValueError):
        raise MXNetValueError(f"{what} returned {result!r}; expected a pair: outputs and new states") from None
    return outputs, states


class Steps:
    """The outputs of the steps of a loop, which have one form."""

    def __init__(self, what: str):
        self._what = what
        self._columns: list[list[NDArrayBase]] = []
        self._form: Form = []
        self.count = 0

    def append(self, outputs: Any) -> None:
        items, form = _flatten(outputs, f"{self._what} output")
        if not self.count:
            self._form, self._columns = form, [[] for _ in items]
        elif len(items) != len(self._columns):
            raise MXNetValueError("Number of elements in step_output should be the same in each step")
        for column, item in zip(self._columns, items):
            column.append(item)
        self.count += 1

    def stacked(self, length: int) -> Any:
        """Return each output with the steps along a new first axis, which zeros make `length` long."""
        return regroup([_padded(call("stack", *column, axis=0), length) for column in self._columns], self._form)


def _padded(array: NDArrayBase, length: int) -> NDArrayBase:
    missing = length - array.shape[0]
    if not missing:
        return array
    return call("Concat", array, zeros((missing, *array.shape[1:]), array.context, array.dtype), dim=0)


def _slices(array: NDArrayBase, count: int) -> Sequence[NDArrayBase]:
    """Return the first `count` elements along the first axis."""
    if array.shape[0] < count:
        raise MXNetIndexError(f"index {array.shape[0]} is out of bounds for axis 0 with size {array.shape[0]}")
    if not (state.recording and array._entry is not None) or array.ndim < 2:
        return [array[i] for i in range(count)]
    # Recorded, one operator for all: the gradient of a single slice is as large as the whole array.
    if array.shape[0] > count:
        array = call("slice_axis", array, axis=0, begin=0, end=count)
    pieces = call("SliceChannel", array, num_outputs=count, axis=0, squeeze_axis=True)
    return pieces if count > 1 else [pieces]


def foreach(body: Callable, data: Any, init_states: Any) -> tuple[Any, Any]:
    """Run `body` for each slice along the first axis of `data`, handing states from step to step.

    Parameters
    ----------
    body : callable
        ``body(slice, states)`` returns (outputs, new states). It sees `data` and `init_states` in the form in which
        they are given.
    data : NDArray, or nested list of NDArray
        What to go through, along the first axis; the first array says how many steps there are.
    init_states : NDArray, or nested list of NDArray

    Returns
    -------
    (outputs, states)
        The outputs of all steps stacked along a new first axis, in the form in which `body` returns them, and what
        the last step returned as states.

    Examples
    --------
    >>> import cupynet as mx
    >>> data, start = mx.nd.array([[1, 2], [3, 4], [5, 6]]), mx.nd.zeros(2)
    >>> sums, last = mx.nd.contrib.foreach(lambda x, s: (x + s, x + s), data, start)
    >>> sums.asnumpy()
    array([[ 1.,  2.],
           [ 4.,  6.],
           [ 9., 12.]], dtype=float32)
    """
    arrays, form = _flatten(data, "foreach input")
    _flatten(init_states, "foreach states")
    if not arrays or not arrays[0].ndim:
        raise MXNetValueError("foreach: data is empty; expected at least one array, of one axis or more")
    count = arrays[0].shape[0]
    slices = [_slices(array, count) for array in arrays]
    steps, states = Steps("foreach"), init_states
    for i in range(count):
        outputs, states = _pair("foreach: body", body(regroup([each[i] for each in slices], form), states))
        steps.append(outputs)
    return steps.stacked(count), states


def while_loop(cond: Callable, func: Callable, loop_vars: Any, max_iterations: int | None = None) -> tuple[Any, Any]:
    """Run `func` while `cond` holds, at most `max_iterations` times.

    Parameters
    ----------
    cond, func : callable
        ``cond(*loop_vars)`` returns a number or an array of one element; ``func(*loop_vars)`` returns (step outputs,
        new loop_vars), where step outputs may be None.
    loop_vars : NDArray, or nested list of NDArray
        The states at the beginning.
    max_iterations : int
        The length of the outputs' first axis.

    Returns
    -------
    (outputs, states)
        The outputs of all steps stacked along a new first axis, zeros behind the last step (MXNet leaves memory as
        it finds it there), an empty list if there was no step; and the loop_vars at the end.

    Examples
    --------
    >>> import cupynet as mx
    >>> n = mx.nd.array([1])
    >>> powers, last = mx.nd.contrib.while_loop(lambda n: n < 8, lambda n: (n, 2 * n), n, max_iterations=5)
    >>> powers.asnumpy().ravel().tolist(), last.asscalar().item()
    ([1.0, 2.0, 4.0, 0.0, 0.0], 8.0)
    """
    limit = iteration_limit(max_iterations)
    states, form = _flatten(loop_vars, "while loop_vars")
    if not states:
        raise MXNetValueError("loop_vars should contain at least one element")

    def as_given() -> list:
        return [regroup(states, form)] if form is None else regroup(states, form)

    steps = Steps("while")
    while steps.count < limit and truth(cond(*as_given())):
        outputs, new = _pair("while_loop: func", func(*as_given()))
        new = flatten([] if new is None else new, lambda each: not isinstance(each, (list, tuple)), "")[0]
        if len(new) != len(states):
            raise MXNetValueError("The length of loop_vars should be consistent during the loop")
        states = new
        steps.append([] if outputs is None else outputs)
    return steps.stacked(limit), regroup(states, form)


def cond(pred: Any, then_func: Callable, else_func: Callable) -> Any:
    """Return ``then_func()`` if `pred` holds, else ``else_func()``.

    Parameters
    ----------
    pred : NDArray of one element, or anything that Python takes for true or false
    then_func, else_func : callable

    Examples
    --------
    >>> import cupynet as mx
    >>> x = mx.nd.array([3])
    >>> mx.nd.contrib.cond(x > 2, lambda: x * 10, lambda: x).asscalar()
    np.float32(30.0)
    """
    return then_func() if truth(pred) else else_func()


def iteration_limit(max_iterations: Any) -> int:
    """Return `max_iterations` of a while loop as an int. Raises MXNetValueError."""
    if max_iterations is None:
        raise MXNetValueError("max_iterations should be specified")
    try:
        return int(max_iterations)
    except (TypeError, ValueError):
        raise MXNetValueError("Cannot convert max_iteration to python int") from None


def truth(value: Any) -> bool:
    if not isinstance(value, NDArrayBase):
        return bool(value)
    if value.size != 1:
        raise MXNetValueError("The current array is not a scalar")
    return bool(value.asscalar())
