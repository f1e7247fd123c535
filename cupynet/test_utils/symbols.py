"""Checks of the values and gradients of a symbol."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetValueError
from ..context import Context
from ..executor import Executor
from ..ndarray import NDArray, array
from ..symbol import Symbol
from .comparisons import as_numpy, assert_almost_equal
from .tolerances import default_context

__all__ = ["simple_forward", "check_symbolic_forward", "check_symbolic_backward"]


def _as_array(value: Any, ctx: Context, dtype: Any) -> NDArray:
    """Return `value` as an NDArray on `ctx`; the dtype "asnumpy" keeps that of a NumPy array."""
    value = as_numpy(value)
    return array(value, ctx=ctx, dtype=value.dtype if isinstance(dtype, str) and dtype == "asnumpy" else dtype)


def by_name(what: str, names: Sequence[str], given: Any, ctx: Context, dtype: Any) -> dict[str, NDArray]:
    """Return name -> NDArray for values that come as a list in the order of `names` or as a dict."""
    if isinstance(given, Mapping):
        if set(given) != set(names):
            raise MXNetValueError(f"{what}: the symbol has {sorted(names)}, but values came for {sorted(given)}")
        values = [given[name] for name in names]
    else:
        values = list(given) if given is not None else []
        if len(values) != len(names):
            raise MXNetValueError(f"{what}: {len(values)} values came for {list(names)}")
    return {name: _as_array(value, ctx, dtype) for name, value in zip(names, values)}


def _requests(grad_req: Any, names: Sequence[str]) -> dict[str, str]:
    if isinstance(grad_req, str):
        return dict.fromkeys(names, grad_req)
    if isinstance(grad_req, Mapping):
        return {name: grad_req.get(name, "null") for name in names}
    return dict(zip(names, grad_req))


def bind(sym: Symbol, ctx: Context, location: dict[str, NDArray], aux: dict[str, NDArray],
          grads: dict[str, NDArray] | None = None, reqs: dict[str, str] | None = None) -> Executor:
    reqs = {name: (reqs or {}).get(name, "null") if name in (grads or {}) else "null" for name in location}
    return sym.bind(ctx, args=location, args_grad=grads or {}, grad_req=reqs, aux_states=aux)


def check_gradient(name: str, request: str, expected: Any, found: NDArray, before: np.ndarray, rtol: float | None,
                    atol: float | None, label: str, equal_nan: bool = False) -> None:
    """Compare the gradient that a backward pass left in `found`, where `before` was, as `request` demands."""
    names = (f"{label}_{name}", f"BACKWARD_{name}")
    if request == "null":
        assert_almost_equal(before, found, rtol, atol, names, equal_nan)
    elif request == "add":
        assert_almost_equal(expected, found.asnumpy() - before, rtol, atol, names, equal_nan)
    elif request == "write":
        assert_almost_equal(expected, found, rtol, atol, names, equal_nan)
    else:
        raise MXNetValueError(f"grad_req of {name} is {request!r}; expected 'write', 'add' or 'null'")


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Return the outputs of `sym` for inputs by name, as NumPy arrays (one, or a list of several)."""
    ctx = ctx or default_context()
    executor = sym.bind(ctx, args={name: array(as_numpy(value), ctx=ctx) for name, value in inputs.items()})
    outputs = [output.asnumpy() for output in executor.forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def check_symbolic_forward(sym: Symbol, location: Any, expected: Any, rtol: float | None = None,
                           atol: float | None = None, aux_states: Any = None, ctx: Context | None = None,
                           equal_nan: bool = False, dtype: Any = np.float32) -> list[NDArray]:
    """Compare the outputs of a symbol with expected ones, and return them.

    Parameters
    ----------
    sym : Symbol
    location, aux_states : list, or dict by name, of arrays
        The values of all arguments, and of all auxiliary states.
    expected : list, or dict by the names of outputs
        The expected values.
    rtol, atol : float, optional
        Tolerances, see :func:`assert_almost_equal`.
    ctx : Context, optional
        Where to run.
    equal_nan : bool
        Whether NaN equals NaN.
    dtype : dtype, or "asnumpy"
        What the arguments are converted to ("asnumpy": not at all).

    Examples
    --------
    >>> from cupynet.test_utils import *
    >>> both = mx.sym.dot(mx.sym.Variable('a'), mx.sym.Variable('b'))
    >>> check_symbolic_forward(both, [np.eye(2), np.ones((2, 2))], [np.ones((2, 2))])[0].shape
    (2, 2)
    """
    ctx = ctx or default_context()
    names = sym.list_outputs()
    if isinstance(expected, Mapping):
        expected = [expected[name] for name in names]
    arguments = by_name("location", sym.list_arguments(), location, ctx, dtype)
    aux = by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
    executor = bind(sym, ctx, arguments, aux)
    executor.forward(is_train=False)
    for name, wanted, found in zip(names, expected, executor.outputs):
        assert_almost_equal(wanted, found, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan)
    return executor.outputs


def check_symbolic_backward(sym: Symbol, location: Any, out_grads: Any, expected: Any, rtol: float | None = None,
                            atol: float | None = None, aux_states: Any = None, grad_req: Any = "write",
                            ctx: Context | None = None, grad_stypes: Mapping | None = None, equal_nan: bool = False,
                            dtype: Any = np.float32) -> dict[str, NDArray]:
    """Compare the gradients of a symbol with expected ones, and return them by name.

    Parameters
    ----------
    sym : Symbol
    location, aux_states : list, or dict by name, of arrays
        The values of all arguments, and of all auxiliary states.
    out_grads : list, or dict by the names of outputs, or None
        Head gradients; None for losses.
    expected : list, or dict by the names of arguments
        The expected gradients. With a dict, only those named are computed.
    grad_req : str, list or dict
        ``"write"``, ``"add"`` (the expected value is what is added) or ``"null"`` (nothing may be written).
    rtol, atol, ctx, equal_nan, dtype
        As in :func:`check_symbolic_forward`.
    """
    if grad_stypes and any(stype not in (None, "default") for stype in grad_stypes.values()):
        raise MXNetError(f"check_symbolic_backward: sparse gradients are not supported (grad_stypes={grad_stypes})")
    ctx = ctx or default_context()
    names = sym.list_arguments()
    arguments = by_name("location", names, location, ctx, dtype)
    aux = by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
    expected = dict(expected if isinstance(expected, Mapping) else zip(names, expected))
    reqs = _requests(grad_req, names)
    before = {name: np.asarray(np.random.normal(size=arguments[name].shape)) for name in expected}
    grads = {name: array(value, ctx=ctx, dtype=arguments[name].dtype) for name, value in before.items()}
    before = {name: grad.asnumpy() for name, grad in grads.items()}
    executor = bind(sym, ctx, arguments, aux, grads, reqs)
    executor.forward(is_train=True)
    if isinstance(out_grads, Mapping):
        out_grads = [out_grads[name] for name in sym.list_outputs()]
    if out_grads is not None:
        out_grads = [_as_array(value, ctx, output.dtype) for value, output in zip(out_grads, executor.outputs)]
    executor.backward(out_grads)
    for name, wanted in expected.items():
        check_gradient(name, reqs.get(name, "null"), wanted, grads[name], before[name], rtol, atol, "EXPECTED",
                        equal_nan)
    return executor.grad_dict
