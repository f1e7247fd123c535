"""Checks of gradients against finite differences."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context
from ..executor import Executor
from ..ndarray import NDArray, array
from ..symbol import Symbol
from .comparisons import as_numpy
from .symbols import bind, by_name, check_gradient
from .tolerances import STEPS, default_context, default_numeric_eps

__all__ = ["numeric_grad", "check_numeric_gradient"]


def _central_differences(function: Callable[[], float], arguments: Mapping[str, NDArray], names: Sequence[str],
                         eps: float) -> dict[str, np.ndarray]:
    """Return the numeric gradients of `function` by the named `arguments`, moving their elements by ``+-eps/2``."""
    gradients = {}
    for name in names:
        target, base = arguments[name], arguments[name].asnumpy()
        gradient = np.zeros(base.shape, base.dtype)
        moved = base.copy()
        for place in np.ndindex(base.shape):
            values, steps = [], []
            for sign in (1, -1):
                moved[place] = base[place] + sign * eps / 2
                steps.append(float(moved[place]))  # what the dtype made of it
                target[:] = moved
                values.append(function())
            moved[place] = base[place]
            if steps[0] != steps[1]:
                gradient[place] = (values[0] - values[1]) / (steps[0] - steps[1])
        target[:] = base
        gradients[name] = gradient
    return gradients


def numeric_grad(executor: Executor, location: Mapping[str, Any], aux_states: Mapping[str, Any] | None = None,
                 eps: float = 1e-4, use_forward_train: bool = True, dtype: Any = np.float32) -> dict[str, np.ndarray]:
    """Return the gradients of the sum of an executor's first output by finite differences.

    Parameters
    ----------
    executor : Executor
    location, aux_states : dict by name of arrays
        Values of all arguments, and of auxiliary states, which are restored before each forward pass.
    eps : float
        Distance of the two points that are compared.
    use_forward_train : bool
        Whether forward passes run in training mode.
    dtype : dtype
        Accepted for compatibility: the executor's arrays have their types already.
    """
    weights = [1.0] + [0.0] * (len(executor.outputs) - 1)
    return _numeric_gradients(executor, location, aux_states, weights, list(location), eps, use_forward_train)


def _numeric_gradients(executor: Executor, location: Mapping[str, Any], aux_states: Mapping[str, Any] | None,
                       weights: Sequence[Any], names: Sequence[str], eps: float, train: bool) -> dict[str, np.ndarray]:
    """Return the numeric gradients of the weighted sum of all outputs."""
    for name, value in location.items():
        executor.arg_dict[name][:] = as_numpy(value)
    aux = {name: as_numpy(value) for name, value in (aux_states or {}).items()}

    def total() -> float:
        for name, value in aux.items():
            executor.aux_dict[name][:] = value
        executor.forward(is_train=train)
        return float(sum((output.asnumpy().astype(np.float64) * weight).sum()
                         for output, weight in zip(executor.outputs, weights)))

    return _central_differences(total, executor.arg_dict, names, eps)


def check_numeric_gradient(sym: Symbol, location: Any, aux_states: Any = None, numeric_eps: float | None = None,
                           rtol: float | None = None, atol: float | None = None, grad_nodes: Any = None,
                           use_forward_train: bool = True, ctx: Context | None = None,
                           grad_stype_dict: Mapping | None = None, dtype: Any = np.float32) -> None:
    """Compare the gradients of a symbol with finite differences of a random projection of its outputs.

    Parameters
    ----------
    sym : Symbol
    location, aux_states : list, or dict by name, of arrays
        The values of all arguments, and of all auxiliary states.
    numeric_eps : float, optional
        Distance of the two points that are compared (default by dtype).
    rtol, atol : float, optional
        Tolerances, see :func:`assert_almost_equal`.
    grad_nodes : list of names, or dict from names to ``"write"``, ``"add"`` or ``"null"``, optional
        The arguments whose gradients are checked (default: all).
    use_forward_train : bool
        Whether the forward passes of the finite differences run in training mode.
    ctx : Context, optional
        Where to run.
    dtype : numpy.float16, numpy.float32 or numpy.float64
        What the arguments are converted to.

    Examples
    --------
    >>> from cupynet.test_utils import *
    >>> check_numeric_gradient(mx.sym.sin(mx.sym.Variable('x')), [np.array([0.5, 2.0])])
    """
    if np.dtype(dtype).name not in STEPS:
        raise MXNetTypeError(f"check_numeric_gradient: dtype is {dtype}; expected float16, float32 or float64")
    if grad_stype_dict and any(stype not in (None, "default") for stype in grad_stype_dict.values()):
        raise MXNetError("check_numeric_gradient: sparse gradients are not supported "
                         f"(grad_stype_dict={grad_stype_dict})")
    ctx = ctx or default_context()
    arguments = by_name("location", sym.list_arguments(), location, ctx, dtype)
    aux = by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
    start = {name: value.asnumpy() for name, value in arguments.items()}
    aux_start = {name: value.asnumpy() for name, value in aux.items()}
    if grad_nodes is None:
        grad_nodes = list(arguments)
    if isinstance(grad_nodes, str) or not isinstance(grad_nodes, (Mapping, list, tuple)):
        raise MXNetValueError(f"check_numeric_gradient: grad_nodes is {grad_nodes!r}; expected a list or a dict")
    reqs = dict(grad_nodes) if isinstance(grad_nodes, Mapping) else dict.fromkeys(grad_nodes, "write")
    unknown = [name for name in reqs if name not in arguments]
    if unknown:
        raise MXNetValueError(f"check_numeric_gradient: grad_nodes has {unknown}, but the arguments are "
                              f"{list(arguments)}")
    grads = {name: array(np.asarray(np.random.normal(size=start[name].shape)), ctx=ctx, dtype=dtype) for name in reqs}
    before = {name: grad.asnumpy() for name, grad in grads.items()}

    executor = bind(sym, ctx, arguments, aux, grads, reqs)
    outputs = executor.forward(is_train=True)
    # away from 0, so that no output escapes the check
    projections = [np.asarray(np.random.rand(*output.shape) + 0.1).astype(output.dtype) for output in outputs]
    executor.backward([array(each, ctx=ctx, dtype=each.dtype) for each in projections])
    wanted = [name for name, req in reqs.items() if req != "null"]
    eps = default_numeric_eps()[np.dtype(dtype)] if numeric_eps is None else numeric_eps
    numeric = _numeric_gradients(bind(sym, ctx, arguments, aux), start, aux_start,
                                 [each.astype(np.float64) for each in projections], wanted, eps, use_forward_train)
    for name, req in reqs.items():
        check_gradient(name, req, numeric.get(name), grads[name], before[name], rtol, atol, "NUMERICAL")
