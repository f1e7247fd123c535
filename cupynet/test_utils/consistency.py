"""The same computation in several ways: contexts, types, optimizers, hybridization; and its speed."""
from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autograd import predict_mode, record
from ..base import MXNetValueError
from ..context import Context
from ..executor import Executor
from ..ndarray import NDArray, waitall
from ..symbol import Symbol
from .arrays import rand_ndarray
from .comparisons import as_numpy, assert_almost_equal, compare_ndarray_tuple
from .tolerances import default_context

__all__ = ["check_consistency", "check_speed", "compare_optimizer", "check_gluon_hybridize_consistency"]


def check_consistency(sym: Symbol | Sequence[Symbol], ctx_list: Sequence[Mapping[str, Any]], scale: float = 1.0,
                      grad_req: Any = "write", arg_params: Mapping[str, Any] | None = None,
                      aux_params: Mapping[str, Any] | None = None, rtol: Any = None, atol: Any = None,
                      raise_on_err: bool = True, ground_truth: Mapping[str, Any] | None = None, equal_nan: bool = False,
                      use_uniform: bool = False, rand_type: Any = np.float64) -> dict[str, Any]:
    """Check that a symbol gives the same outputs and gradients in several contexts and precisions.

    Parameters
    ----------
    sym : Symbol, or list of Symbol
        One for all, or one for each of `ctx_list`, with the same arguments and outputs.
    ctx_list : list of dict
        For each run the arguments of ``simple_bind``: ``"ctx"``, ``"type_dict"``, and shapes by name.
    scale : float
        Size of the random arguments.
    grad_req : str, list or dict
        With ``"null"`` only outputs are compared.
    arg_params, aux_params : dict by name, optional
        Values to use instead of random ones; auxiliary states are 0 by default.
    rtol, atol : float, or dict by dtype, optional
        Tolerances, see :func:`assert_almost_equal`.
    raise_on_err : bool
        Raise at the first difference (otherwise print them all).
    ground_truth : dict by name, optional
        What to compare with, instead of the results of the most precise run.
    equal_nan, use_uniform, rand_type
        Whether NaN equals NaN; uniform instead of normal random arguments; their type.

    Returns
    -------
    dict
        The ground truth: outputs, and gradients, by name.

    Examples
    --------
    >>> from cupynet.test_utils import *
    >>> net = mx.sym.tanh(mx.sym.Variable('x'))
    >>> runs = [{'ctx': mx.cpu(0), 'x': (2, 3), 'type_dict': {'x': dtype}} for dtype in (np.float32, np.float64)]
    >>> list(check_consistency(net, runs))
    ['tanh0_output', 'x']
    """
    if len(ctx_list) < 2:
        raise MXNetValueError(f"check_consistency: {len(ctx_list)} runs came; expected at least two to compare")
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    if len(symbols) != len(ctx_list):
        raise MXNetValueError(f"check_consistency: {len(symbols)} symbols came for {len(ctx_list)} runs")
    output_names, arg_names = symbols[0].list_outputs(), symbols[0].list_arguments()
    for each in symbols[1:]:
        if (each.list_outputs(), each.list_arguments()) != (output_names, arg_names):
            raise MXNetValueError("check_consistency: the symbols differ in the names of arguments or outputs")
    executors = [each.simple_bind(grad_req=grad_req, **run) for each, run in zip(symbols, ctx_list)]

    arg_params, aux_params = dict(arg_params or {}), dict(aux_params or {})
    for name, value in executors[0].arg_dict.items():
        if name not in arg_params:
            draw = np.random.uniform(-0.92 * scale, 0.92 * scale, value.shape) if use_uniform else (
                np.random.normal(size=value.shape, scale=scale))
            arg_params[name] = np.asarray(draw).astype(rand_type)
    for executor in executors:
        for name, value in executor.arg_dict.items():
            value[:] = as_numpy(arg_params[name]).astype(value.dtype)
        for name, value in executor.aux_dict.items():
            value[:] = as_numpy(aux_params.get(name, 0)).astype(value.dtype)
        for grad in (executor.grad_arrays or ()):
            if grad is not None:
                grad[:] = 0  # what "add" adds to

    def precision(executor: Executor) -> int:
        return max(np.dtype(output.dtype).itemsize for output in executor.outputs)

    train = grad_req != "null"
    for executor in executors:
        executor.forward(is_train=False)
    best = max(range(len(executors)), key=lambda i: precision(executors[i]))

    def results(i: int, gradients: bool) -> dict[str, NDArray]:
        found = dict(zip(output_names, executors[i].outputs))
        if gradients:
            found.update({name: grad for name, grad in executors[i].grad_dict.items() if grad is not None})
        return found

    def compare(stage: str, gradients: bool) -> dict[str, Any]:
        truth = ground_truth or {name: value.copy() for name, value in results(best, gradients).items()}
        for i in range(len(executors)):
            if i == best and ground_truth is None:
                continue
            for name, value in results(i, gradients).items():
                if name not in truth:
                    continue
                try:
                    assert_almost_equal(value, truth[name], rtol, atol, equal_nan=equal_nan)
                except AssertionError:
                    print(f"{stage} Err: ctx {i} vs ctx {best} at {name}")
                    if raise_on_err:
                        raise
                    traceback.print_exc()
        return truth

    truth = compare("Predict", gradients=False)
    if train:
        for executor in executors:
            executor.forward(is_train=True)
            executor.backward([output.copy() for output in executor.outputs])
        truth = compare("Train", gradients=True)
    return truth


def check_speed(sym: Symbol, location: Mapping[str, Any] | None = None, ctx: Context | None = None, N: int = 20,
                grad_req: Any = None, typ: str = "whole", **kwargs: Any) -> float:
    """Return the mean time in seconds of a pass of `sym`, after one to warm up.

    Parameters
    ----------
    location : dict by name of arrays, optional
        Values of the arguments (random by default, of the shapes in `kwargs`).
    N : int
        How many passes are timed.
    grad_req : str, list or dict, optional
    typ : str
        ``"whole"`` for forward and backward, ``"forward"`` for forward only.
    **kwargs
        Shapes by name.
    """
    if typ not in ("whole", "forward"):
        raise MXNetValueError(f"check_speed: typ is {typ!r}; expected 'whole' or 'forward'")
    ctx = ctx or default_context()
    shapes = kwargs if location is None else {name: value.shape for name, value in location.items()}
    executor = sym.simple_bind(ctx, grad_req=grad_req or "write", **shapes)
    if location is None:
        location = {name: np.random.normal(size=value.shape) for name, value in executor.arg_dict.items()}
    for name, value in location.items():
        executor.arg_dict[name][:] = as_numpy(value).astype(executor.arg_dict[name].dtype)

    def once() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(executor.outputs)

    once()
    waitall()
    start = time.perf_counter()
    for _ in range(N):
        once()
    waitall()
    return (time.perf_counter() - start) / N


def compare_optimizer(opt1: Any, opt2: Any, shape: Any, dtype: Any, w_stype: str = "default", g_stype: str = "default",
                      rtol: float = 1e-4, atol: float = 1e-5, compare_states: bool = True, ntensors: int = 1) -> None:
    """Raise AssertionError unless one update by `opt1` and by `opt2` gives the same weights and states.

    With ``ntensors > 1``, `shape` is a list of shapes, and all are updated by one call.
    """
    shapes = shape if isinstance(shape, list) else [shape] * ntensors
    weights, grads = [], []
    for each in shapes:
        weights.append(rand_ndarray(each, w_stype, dtype=dtype))
        grads.append(rand_ndarray(each, g_stype, dtype=dtype))
    results = []
    for optimizer in (opt1, opt2):
        mine = [weight.copy() for weight in weights]
        states = [optimizer.create_state_multi_precision(i, weight) for i, weight in enumerate(mine)]
        given = [grad.copy() for grad in grads]
        if ntensors == 1:
            optimizer.update_multi_precision(0, mine[0], given[0], states[0])
        else:
            optimizer.update_multi_precision(list(range(ntensors)), mine, given, states)
        results.append((tuple(mine), tuple(states)))
    (weights1, states1), (weights2, states2) = results
    if compare_states:
        compare_ndarray_tuple(states1, states2, rtol, atol)
    compare_ndarray_tuple(weights1, weights2, rtol, atol)


def check_gluon_hybridize_consistency(net_builder: Callable[..., Any], data_l: Sequence[Any],
                                      numpy_func: Callable[..., Any] | None = None, test_grad: bool = True,
                                      rtol: float = 1e-4, atol: float = 1e-4) -> None:
    """Raise AssertionError unless a Gluon block computes the same as it is and hybridized.

    Parameters
    ----------
    net_builder : callable(prefix=str) -> HybridBlock
    data_l : list of arrays
        Its inputs.
    numpy_func : callable, optional
        What the block should compute, on NumPy arrays.
    test_grad : bool
        Whether gradients of inputs and parameters are compared as well.
    """
    seen: list[dict[str, np.ndarray]] = []
    first = None
    for hybridize in (False, True):
        net = net_builder(prefix="net_")
        net.initialize()
        data = [x.copy() for x in data_l]
        if first is not None:
            net(*data)  # parameters of unknown shape are made by the first call
            for name, parameter in net.collect_params().items():
                parameter.set_data(first[name])
        if hybridize:
            net.hybridize()
        if test_grad:
            for x in data:
                x.attach_grad()
        with record() if test_grad else predict_mode():
            out = net(*data)
        found = {"out": as_numpy(out)}
        if test_grad:
            out.backward(out)
            found |= {f"gradient of input {i}": as_numpy(x.grad) for i, x in enumerate(data)}
            found |= {f"gradient of {name}": as_numpy(parameter.grad())
                      for name, parameter in net.collect_params().items() if parameter.grad_req != "null"}
        first = first or {name: parameter.data().copy() for name, parameter in net.collect_params().items()}
        if numpy_func is not None:
            assert_almost_equal(found["out"], numpy_func(*map(as_numpy, data_l)), rtol, atol, names=("out", "expected"))
        seen.append(found)
    for name, value in seen[0].items():
        assert_almost_equal(value, seen[1][name], rtol, atol, names=(name, f"{name} when hybridized"))
