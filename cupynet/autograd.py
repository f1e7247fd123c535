"""Automatic differentiation of imperative code: when to record, and what to differentiate.

Examples
--------
>>> import cupynet as mx
>>> x = mx.nd.array([1, 2, 3])
>>> x.attach_grad()
>>> with mx.autograd.record():
...     y = (x * x).sum()
>>> y.backward()
>>> x.grad.asnumpy()
array([2., 4., 6.], dtype=float32)
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import tape
from .base import MXNetError, MXNetTypeError, MXNetValueError
from .base import string_types as string_types
from .ndarray import NDArray
from .ndarray.backward import pull_gradients, run_backward
from .ndarray.base import wrap
from .ndarray.flight import share
from .ndarray.invoke import call
from .tape import state

__all__ = ["record", "pause", "train_mode", "predict_mode", "is_recording", "is_training", "set_recording",
           "set_training", "mark_variables", "backward", "grad", "Function"]


def set_recording(is_recording: bool) -> bool:
    """Switch the tape on or off in this thread; return whether it was on."""
    previous, state.recording = state.recording, bool(is_recording)
    return previous


def set_training(train_mode: bool) -> bool:
    """Switch training mode (dropout, batch statistics) on or off in this thread; return whether it was on."""
    previous, state.training = state.training, bool(train_mode)
    return previous


def is_recording() -> bool:
    """Whether operations are being recorded in this thread."""
    return state.recording


def is_training() -> bool:
    """Whether operators run in training mode in this thread."""
    return state.training


class _Scope:
    """Sets modes on entry (None leaves one alone) and puts them back on exit.

    What to put back is kept by the thread, so one scope may be entered again, inside itself and by several threads.
    """

    __slots__ = ("_recording", "_training")

    def __init__(self, recording: bool | None, training: bool | None):
        self._recording, self._training = recording, training

    def __enter__(self) -> None:
        state.before = state.recording, state.training, state.before
        if self._recording is not None:
            state.recording = self._recording
        if self._training is not None:
            state.training = self._training

    def __exit__(self, *exc: object) -> None:
        state.recording, state.training, state.before = state.before


def record(train_mode: bool = True) -> _Scope:
    """Return a scope in which operations are recorded, in training mode by default."""
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """Return a scope in which operations are not recorded."""
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """Return a scope in which operators run in training mode."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """Return a scope in which operators run in prediction mode."""
    return _Scope(None, False)


def _list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _arrays(what: str, argument: str, given: Any) -> list[NDArray]:
    arrays = _list(given)
    if not arrays:
        raise MXNetValueError(f"{what}: {argument} is empty; expected at least one NDArray")
    for each in arrays:
        if not isinstance(each, NDArray):
            raise MXNetTypeError(f"{what}: {argument} holds {type(each).__name__}; expected NDArrays")
    return arrays


def mark_variables(variables: NDArray | Sequence[NDArray], gradients: NDArray | Sequence[NDArray],
                   grad_reqs: str | Sequence[str] = "write") -> None:
    """Mark arrays as variables whose gradients go into `gradients`.

    Parameters
    ----------
    variables, gradients : NDArray or sequence
        Pairs of one shape, dtype and context.
    grad_reqs : str or sequence of str
        ``"write"``, ``"add"`` or ``"null"``, for all or for each.
    """
    variables = _arrays("mark_variables", "variables", variables)
    gradients = _arrays("mark_variables", "gradients", gradients)
    reqs = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(variables) == len(gradients) == len(reqs):
        raise MXNetValueError(f"mark_variables: {len(variables)} variables, {len(gradients)} gradients, "
                              f"{len(reqs)} grad_reqs")
    for variable, gradient, req in zip(variables, gradients, reqs):
        for what, came, expected, error in (
                ("has shape", gradient.shape, variable.shape, MXNetValueError),
                ("has dtype", gradient._data.dtype, variable._data.dtype, MXNetTypeError),
                ("is on", gradient._ctx, variable._ctx, MXNetValueError)):
            if came != expected:
                raise error(f"mark_variables: a gradient {what} {came}, expected {expected}")
        if req not in tape.REQUESTS:
            raise MXNetValueError(f"mark_variables: grad_req is {req!r}; expected one of {', '.join(tape.REQUESTS)}")
        variable._entry = (tape.Leaf(gradient, req), 0)


def backward(heads: NDArray | Sequence[NDArray], head_grads: Any = None, retain_graph: bool = False,
             train_mode: bool = True) -> None:
    """Compute the gradients of all marked arrays that `heads` depend on.

    Parameters
    ----------
    heads : NDArray or sequence
        Where to start.
    head_grads : NDArray or sequence, optional
        Their gradients, ones by default (also for a None in the sequence).
    retain_graph : bool
        Keep the tape for another backward pass.
    train_mode : bool
        Accepted for compatibility: gradients are those of the recorded forward pass.
    """
    run_backward(_arrays("backward", "heads", heads), None if head_grads is None else _list(head_grads), retain_graph)


def grad(heads: NDArray | Sequence[NDArray], variables: NDArray | Sequence[NDArray], head_grads: Any = None,
         retain_graph: bool | None = None, create_graph: bool = False, train_mode: bool = True
         ) -> list[NDArray]:
    """Return a list of the gradients of `heads` with respect to `variables`, leaving their ``grad`` alone.

    With `create_graph` the computation is itself recorded, so gradients of any order can be taken.

    Examples
    --------
    >>> import cupynet as mx
    >>> x = mx.nd.array([2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     dx, = mx.autograd.grad(x ** 3, [x], create_graph=True)
    ...     ddx, = mx.autograd.grad(dx, [x])
    >>> float(dx), float(ddx)
    (12.0, 12.0)
    """
    heads, variables = _arrays("grad", "heads", heads), _arrays("grad", "variables", variables)
    for variable in variables:
        if variable._entry is None:
            raise MXNetError("grad: a variable is not in a computational graph; call attach_grad() on it, or compute "
                             "it under record()")
    retain = create_graph if retain_graph is None else retain_graph
    with _Scope(create_graph, None):
        found = pull_gradients(heads, None if head_grads is None else _list(head_grads), retain, create_graph,
                               [v._entry for v in variables])
        return [_result(variable, gradient) for variable, gradient in zip(variables, found)]


def _result(variable: NDArray, gradient: Any) -> NDArray:
    """Return the gradient that a walk has found for `variable` (None where it is zero) as an array of its class."""
    if gradient is None:
        return call("zeros_like", variable)  # recorded in its turn where that was asked for
    if isinstance(gradient, NDArray):
        if gradient._entry is None:  # it does not depend on the variable: its own gradient is zero
            gradient = gradient + call("zeros_like", variable)
        return wrap(gradient._data, gradient._ctx, gradient._entry, variable._class)
    variable._ctx.device.enter()
    return wrap(variable._ctx.device.xp.array(gradient, variable._data.dtype), variable._ctx, None, variable._class)


class _FunctionNode(tape.Node):
    """A user's Function on the tape."""

    __slots__ = ("function", "ctx", "metas")

    def __init__(self, parents: tuple, function: Function, outputs: Sequence[NDArray]):
        super().__init__(parents, len(outputs))
        self.function, self.ctx = function, outputs[0].context
        self.metas = [(out.shape, out._data.dtype) for out in outputs]

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        grads = [grads] if self.count == 1 else grads
        self.ctx.device.enter()
        xp = self.ctx.device.xp
        arrays = [g if isinstance(g, NDArray) else wrap(xp.zeros(*meta) if g is None else xp.asarray(g), self.ctx)
                  for g, meta in zip(grads, self.metas)]
        with _Scope(not algebra.raw, None):
            found = _list(self.function.backward(*arrays))
        if len(found) != len(self.parents):
            raise MXNetError(f"{type(self.function).__name__}.backward returned {len(found)} gradients for "
                             f"{len(self.parents)} inputs of forward")
        for each in found:
            if each is not None and not isinstance(each, NDArray):
                raise MXNetTypeError(f"{type(self.function).__name__}.backward returned {type(each).__name__}; "
                                     "expected NDArrays, or None where there is no gradient")
        return [g._data if algebra.raw and g is not None else g for g in found]

    @property
    def label(self) -> str:
        return "a Function" if self.function is None else type(self.function).__name__

    def free(self, gone: tuple) -> None:
        super().free(gone)
        self.function = None


class Function:
    """An operation with a gradient of the user's own.

    Subclasses define ``forward(*inputs)`` and ``backward(*output_gradients)`` on NDArrays, neither of which is
    recorded, and are called like a function. ``save_for_backward`` keeps arrays in ``saved_tensors``.

    Examples
    --------
    >>> import cupynet as mx
    >>> class Sigmoid(mx.autograd.Function):
    ...     def forward(self, x):
    ...         y = 1 / (1 + mx.nd.exp(-x))
    ...         self.save_for_backward(y)
    ...         return y
    ...     def backward(self, dy):
    ...         y, = self.saved_tensors
    ...         return dy * y * (1 - y)
    >>> x = mx.nd.zeros((1,))
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = Sigmoid()(x)
    >>> y.backward()
    >>> float(x.grad)
    0.25
    """

    saved_tensors: tuple = ()

    def save_for_backward(self, *args: Any) -> None:
        """Keep `args` for :meth:`backward`, as ``self.saved_tensors``."""
        self.saved_tensors = args

    def __call__(self, *inputs: NDArray) -> Any:
        for i, each in enumerate(inputs):
            if not isinstance(each, NDArray):
                raise MXNetTypeError(f"{type(self).__name__}: input {i} is {type(each).__name__}; expected an NDArray")
        with pause(train_mode=state.training):
            result = self.forward(*inputs)
        outputs = _list(result)
        entries = tuple(x._entry for x in inputs)
        if state.recording and any(entry is not None for entry in entries):
            outputs = [share(out, out._data) for out in outputs]
            node = _FunctionNode(entries, self, outputs)
            for i, out in enumerate(outputs):
                out._entry = (node, i)
            return outputs if isinstance(result, (list, tuple)) else outputs[0]
        return result

    def forward(self, *inputs: NDArray) -> Any:
        """Compute the outputs; to be defined by the subclass."""
        raise MXNetError(f"{type(self).__name__} does not define forward")

    def backward(self, *output_grads: NDArray) -> Any:
        """Compute one gradient for each input of :meth:`forward`; to be defined by the subclass."""
        raise MXNetError(f"{type(self).__name__} does not define backward")
