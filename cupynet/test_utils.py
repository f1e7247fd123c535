"""Tools for tests: comparisons with tolerances, numeric gradients, checks of symbols, random data.

Test files rely on ``from cupynet.test_utils import *`` to bring ``np``, ``mx``, ``os``, ``sys``, ``array`` and
``Context`` as well, so this module has no ``__all__``.
"""
from __future__ import annotations

import contextlib
import functools
import gzip
import itertools
import json
import math
import os
import struct
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .base import MXNetError, MXNetTypeError, MXNetValueError
from .context import Context, current_context, num_gpus
from .executor import Executor
from .ndarray import NDArray, array
from .symbol import Symbol

mx = sys.modules[__package__]

# ---- where and how precisely ---------------------------------------------------------------------

_RTOLS = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}
_ATOLS = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20}
_STEPS = {"float16": 2.0 ** -6, "float32": 2.0 ** -9, "float64": 2.0 ** -14}
_EXACT = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def default_context() -> Context:
    """Return the context where arrays live that are made without one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make `ctx` the context of this thread where no ``with`` says otherwise."""
    if not isinstance(ctx, Context):
        raise MXNetTypeError(f"set_default_context: {ctx!r} is not a Context")
    local = Context._default.__dict__
    stack = local.setdefault("stack", [])
    # The default is the bottom of the stack that `with` pushes to and pops from.
    stack[:1 if local.get("has_default") else 0] = [ctx]
    local["has_default"] = True


def default_dtype() -> type:
    """Return the type of floating-point test data, ``numpy.float32``."""
    return np.float32


def default_rtols() -> dict[np.dtype, float]:
    """Return the default relative tolerance of each dtype (0 for whole numbers)."""
    return {np.dtype(name): _RTOLS.get(name, 0) for name in (*_RTOLS, *_EXACT)}


def default_atols() -> dict[np.dtype, float]:
    """Return the default absolute tolerance of each dtype (0 for whole numbers)."""
    return {np.dtype(name): _ATOLS.get(name, 0) for name in (*_ATOLS, *_EXACT)}


def default_numeric_eps() -> dict[np.dtype, float]:
    """Return the default step of finite differences for each floating-point dtype."""
    return {np.dtype(name): step for name, step in _STEPS.items()}


def effective_dtype(dat: Any) -> np.dtype:
    """Return the dtype whose precision a comparison of `dat` can expect."""
    dtype = np.dtype(dat.dtype if hasattr(dat, "dtype") else np.asarray(dat).dtype)
    return np.dtype("float16") if dtype.name == "bfloat16" else dtype


def get_tolerance(dat: Any, tol: float | Mapping | None, default_tol: Mapping) -> float:
    """Return the tolerance for `dat`: `tol`, or the value of its dtype in `tol` or in `default_tol`."""
    if tol is not None and not isinstance(tol, Mapping):
        return tol
    dtype = effective_dtype(dat)
    return (tol or {}).get(dtype, default_tol.get(dtype, 0))


def get_tols(x: Any, y: Any, rtol: float | Mapping | None, atol: float | Mapping | None) -> tuple[float, float]:
    """Return relative and absolute tolerance for a comparison: those of the less precise of `x` and `y`."""
    return tuple(max(get_tolerance(each, tol, default) for each in (x, y))
                 for tol, default in ((rtol, default_rtols()), (atol, default_atols())))


def get_rtol(rtol: float | None = None, dtype: Any = "float64") -> float:
    """Return `rtol`, or the default relative tolerance of `dtype`."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = "float64") -> float:
    """Return `atol`, or the default absolute tolerance of `dtype`."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return `etol`, or the default share of elements that may be wrong, 0."""
    return 0 if etol is None else etol


# ---- comparisons ---------------------------------------------------------------------------------


def _numpy(value: Any) -> np.ndarray:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def _within(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    """Return where ``|a - b| <= atol + rtol * |b|``, in double precision."""
    if a.dtype.kind in "iub" and b.dtype.kind in "iub" and not rtol and not atol:
        return a == b  # double precision would blur large whole numbers
    return np.isclose(a.astype(np.float64), b.astype(np.float64), rtol, atol, equal_nan)


def _violations(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Return by how much each element exceeds its tolerance (1: just not)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        return np.where(a == b, 0.0, np.abs(a - b) / (atol + rtol * np.abs(b)))


def find_max_violation(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> tuple[tuple, float]:
    """Return the index of the worst element and by how much it exceeds its tolerance."""
    rtol, atol = get_tols(a, b, rtol, atol)
    found = _violations(_numpy(a), _numpy(b), rtol, atol)
    worst = np.unravel_index(int(np.argmax(found)), found.shape)
    return tuple(map(int, worst)), float(found[worst])


def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and equal elements."""
    return np.array_equal(_numpy(a), _numpy(b))


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two NDArrays share memory, found out by writing to the first (which is restored)."""
    old = array1.asnumpy()
    if not same(old, array2):
        return False
    array1[:] = old + np.ones_like(old)
    shared = same(array1, array2)
    array1[:] = old
    return shared


def almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
                 use_broadcast: bool = True) -> bool:
    """Whether all elements satisfy ``|a - b| <= atol + rtol * |b|`` (default tolerances by dtype)."""
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = _numpy(a), _numpy(b)
    if not use_broadcast and a.shape != b.shape:
        return False
    return bool(_within(a, b, rtol, atol, equal_nan).all())


def assert_almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                        names: tuple[str, str] = ("a", "b"), equal_nan: bool = False, use_broadcast: bool = True,
                        mismatches: tuple[int, int] = (10, 10)) -> None:
    """Raise AssertionError unless ``|a - b| <= atol + rtol * |b|`` everywhere.

    Parameters
    ----------
    a, b : array_like or NDArray
        What came, and what was expected.
    rtol, atol : float, dict by dtype, or None
        Tolerances. None means the defaults of the less precise of the two dtypes.
    names : pair of str
        What the message calls the arrays.
    equal_nan : bool
        Whether NaN equals NaN.
    use_broadcast : bool
        Whether different shapes that broadcast to each other may be compared.
    mismatches : pair of int
        How many of the largest errors are printed; the second number is accepted for compatibility.
    """
    assert_almost_equal_with_err(a, b, rtol, atol, 0, names, equal_nan, mismatches, use_broadcast)


def assert_almost_equal_with_err(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                 etol: float | None = None, names: tuple[str, str] = ("a", "b"),
                                 equal_nan: bool = False, mismatches: tuple[int, int] = (10, 10),
                                 use_broadcast: bool = True) -> None:
    """Raise AssertionError if more than the share `etol` of the elements differ (see :func:`assert_almost_equal`)."""
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = _numpy(a), _numpy(b)
    if a.shape != b.shape:
        if not use_broadcast:
            raise AssertionError(f"\nItems are not equal: {names[0]}.shape = {a.shape} and {names[1]}.shape = "
                                 f"{b.shape} are not equal\n ACTUAL: {a!r}\n DESIRED: {b!r}")
        a, b = np.broadcast_arrays(a, b)
    wrong = ~_within(a, b, rtol, atol, equal_nan)
    share = wrong.mean() if wrong.size else 0.0
    if share <= get_etol(etol):
        return
    errors = np.where(wrong, _violations(a, b, rtol, atol), -1.0)
    worst_first = np.argsort(np.where(np.isnan(errors), -np.inf, -errors), axis=None, kind="stable")
    places = [tuple(map(int, np.unravel_index(i, wrong.shape))) for i in worst_first[:max(1, mismatches[0])]]

    def location(place: tuple) -> str:
        return f"{place}, {names[0]}={a[place]:.8f}, {names[1]}={b[place]:.8f}"

    print(f"\n*** Maximum errors for vector of size {a.size}:  rtol={rtol}, atol={atol}\n")
    for i, place in enumerate(places[:min(mismatches[0], int(wrong.sum()))], 1):
        print(f"{i:3d}: Error {errors[place]:f}  Location of error: {location(place)}")
    raise AssertionError(f"\nItems are not equal:\nError {errors[places[0]]:f} exceeds tolerance rtol={rtol:e}, "
                         f"atol={atol:e} (mismatch {100 * share:f}%).\nLocation of maximum error: {location(places[0])}"
                         f"\n ACTUAL: {a!r}\n DESIRED: {b!r}")


def assert_almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                   names: tuple[str, str] = ("a", "b")) -> None:
    """As :func:`assert_almost_equal`, but not where either is NaN."""
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = np.array(_numpy(a)), np.array(_numpy(b))
    hidden = np.isnan(a) | np.isnan(b)
    a[hidden] = b[hidden] = 0
    assert_almost_equal(a, b, rtol, atol, names)


def assert_allclose(a: Any, b: Any, rtol: float = 1e-7, atol: float = 0, equal_nan: bool = True) -> None:
    """As :func:`assert_almost_equal`, with the defaults of ``numpy.testing.assert_allclose``."""
    assert_almost_equal(a, b, rtol, atol, equal_nan=equal_nan)


def assert_exception(f: Callable, exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise AssertionError unless ``f(*args, **kwargs)`` raises `exception_type`."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{getattr(f, '__name__', f)} did not raise {exception_type.__name__}")


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Compare two NDArrays, or nested tuples of NDArrays and None, with :func:`assert_almost_equal`."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for left, right in zip(t1, t2):
            compare_ndarray_tuple(left, right, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol, atol)


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


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators in the same order, whatever their names."""
    return [node["op"] for node in json.loads(sym1.tojson())["nodes"]] == [
        node["op"] for node in json.loads(sym2.tojson())["nodes"]]


# ---- random and derived data ---------------------------------------------------------------------


def random_arrays(*shapes: tuple[int, ...]) -> np.ndarray | list[np.ndarray]:
    """Return float32 arrays of normally distributed numbers: one, or a list for several shapes."""
    arrays = [np.asarray(np.random.randn(*shape)).astype(default_dtype()) for shape in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def random_uniform_arrays(*shapes: tuple[int, ...], low: float = 0.0, high: float = 1.0,
                          dtype: Any = np.float32) -> list[np.ndarray]:
    """Return a list of arrays of numbers that are uniformly distributed in ``[low, high)``."""
    return [np.random.uniform(low, high, shape).astype(dtype) for shape in shapes]


def random_sample(population: Sequence, k: int) -> list:
    """Return a list of `k` different elements of `population`, in random order."""
    return [population[i] for i in np.random.permutation(len(population))[:k]]


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of two axes, at most `dim0` and `dim1` long."""
    return _rand_shape((dim0, dim1), allow_zero_size)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of three axes, at most `dim0`, `dim1` and `dim2` long."""
    return _rand_shape((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of `num_dim` axes, each at most `dim` long."""
    return _rand_shape((dim,) * num_dim, allow_zero_size)


def _rand_shape(limits: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    return tuple(int(np.random.randint(0 if allow_zero_size else 1, limit + 1)) for limit in limits)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return a random pair of whole numbers in ``[x_low, x_high)`` and ``[y_low, y_high)``."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def rand_ndarray(shape: tuple[int, ...], stype: str = "default", density: float | None = None, dtype: Any = None,
                 modifier_func: Callable | None = None, shuffle_csr_indices: bool = False,
                 distribution: str | None = None, ctx: Context | None = None) -> NDArray:
    """Return a dense NDArray of normally distributed numbers; the arguments for sparse arrays are not used."""
    if stype != "default":
        raise MXNetError(f"rand_ndarray: storage type {stype!r} is not supported; expected 'default'")
    return array(random_arrays(shape), ctx=ctx, dtype=dtype)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the NDArray ``[0, 1, ..., size - 1]``."""
    return array(np.arange(size), dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return an NDArray of shape ``(rows, columns)`` in which each element is the number of its row."""
    return array(np.repeat(np.arange(rows)[:, None], columns, axis=1), dtype=dtype)


def assign_each(the_input: np.ndarray, function: Callable | None) -> np.ndarray:
    """Return a new array with `function` applied to each element (a copy if it is None)."""
    return assign_each2(the_input, None, None if function is None else lambda x, _: function(x))


def assign_each2(input1: np.ndarray, input2: np.ndarray | None, function: Callable | None) -> np.ndarray:
    """Return a new array with `function` applied to each pair of elements (a copy of the first if it is None)."""
    result = np.array(input1)
    if function is not None:
        for place in np.ndindex(result.shape):
            result[place] = function(input1[place], None if input2 is None else input2[place])
    return result


def np_reduce(dat: np.ndarray, axis: int | Sequence[int] | None, keepdims: bool,
              numpy_reduce_func: Callable) -> np.ndarray:
    """Return the reduction of `dat` over several axes by a NumPy function that may take only one at a time."""
    if axis is None:
        axes = range(dat.ndim)
    else:
        axes = [axis] if isinstance(axis, int) else list(axis)
    result = dat
    for each in sorted((each % dat.ndim for each in axes), reverse=True):
        result = numpy_reduce_func(result, axis=each)
        if keepdims:
            result = np.expand_dims(result, each)
    return result


def collapse_sum_like(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the sum of `a` over the axes that `shape` would be broadcast along to give it."""
    a = a.sum(axis=tuple(range(a.ndim - len(shape))))
    return a.sum(axis=tuple(i for i, length in enumerate(shape) if length == 1 != a.shape[i]), keepdims=True)


# ---- checks of symbols ---------------------------------------------------------------------------


def _as_array(value: Any, ctx: Context, dtype: Any) -> NDArray:
    """Return `value` as an NDArray on `ctx`; the dtype "asnumpy" keeps that of a NumPy array."""
    value = _numpy(value)
    return array(value, ctx=ctx, dtype=value.dtype if isinstance(dtype, str) and dtype == "asnumpy" else dtype)


def _by_name(what: str, names: Sequence[str], given: Any, ctx: Context, dtype: Any) -> dict[str, NDArray]:
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


def _bind(sym: Symbol, ctx: Context, location: dict[str, NDArray], aux: dict[str, NDArray],
          grads: dict[str, NDArray] | None = None, reqs: dict[str, str] | None = None) -> Executor:
    reqs = {name: (reqs or {}).get(name, "null") if name in (grads or {}) else "null" for name in location}
    return sym.bind(ctx, args=location, args_grad=grads or {}, grad_req=reqs, aux_states=aux)


def _check_gradient(name: str, request: str, expected: Any, found: NDArray, before: np.ndarray, rtol: float | None,
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
    executor = sym.bind(ctx, args={name: array(_numpy(value), ctx=ctx) for name, value in inputs.items()})
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
    arguments = _by_name("location", sym.list_arguments(), location, ctx, dtype)
    aux = _by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
    executor = _bind(sym, ctx, arguments, aux)
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
    arguments = _by_name("location", names, location, ctx, dtype)
    aux = _by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
    expected = dict(expected if isinstance(expected, Mapping) else zip(names, expected))
    reqs = _requests(grad_req, names)
    before = {name: np.asarray(np.random.normal(size=arguments[name].shape)) for name in expected}
    grads = {name: array(value, ctx=ctx, dtype=arguments[name].dtype) for name, value in before.items()}
    before = {name: grad.asnumpy() for name, grad in grads.items()}
    executor = _bind(sym, ctx, arguments, aux, grads, reqs)
    executor.forward(is_train=True)
    if isinstance(out_grads, Mapping):
        out_grads = [out_grads[name] for name in sym.list_outputs()]
    if out_grads is not None:
        out_grads = [_as_array(value, ctx, output.dtype) for value, output in zip(out_grads, executor.outputs)]
    executor.backward(out_grads)
    for name, wanted in expected.items():
        _check_gradient(name, reqs.get(name, "null"), wanted, grads[name], before[name], rtol, atol, "EXPECTED",
                        equal_nan)
    return executor.grad_dict


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
        executor.arg_dict[name][:] = _numpy(value)
    aux = {name: _numpy(value) for name, value in (aux_states or {}).items()}

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
    if np.dtype(dtype).name not in _STEPS:
        raise MXNetTypeError(f"check_numeric_gradient: dtype is {dtype}; expected float16, float32 or float64")
    if grad_stype_dict and any(stype not in (None, "default") for stype in grad_stype_dict.values()):
        raise MXNetError("check_numeric_gradient: sparse gradients are not supported "
                         f"(grad_stype_dict={grad_stype_dict})")
    ctx = ctx or default_context()
    arguments = _by_name("location", sym.list_arguments(), location, ctx, dtype)
    aux = _by_name("aux_states", sym.list_auxiliary_states(), aux_states, ctx, dtype)
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

    executor = _bind(sym, ctx, arguments, aux, grads, reqs)
    outputs = executor.forward(is_train=True)
    # away from 0, so that no output escapes the check
    projections = [np.asarray(np.random.rand(*output.shape) + 0.1).astype(output.dtype) for output in outputs]
    executor.backward([array(each, ctx=ctx, dtype=each.dtype) for each in projections])
    wanted = [name for name, req in reqs.items() if req != "null"]
    eps = default_numeric_eps()[np.dtype(dtype)] if numeric_eps is None else numeric_eps
    numeric = _numeric_gradients(_bind(sym, ctx, arguments, aux), start, aux_start,
                                 [each.astype(np.float64) for each in projections], wanted, eps, use_forward_train)
    for name, req in reqs.items():
        _check_gradient(name, req, numeric.get(name), grads[name], before[name], rtol, atol, "NUMERICAL")


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
            value[:] = _numpy(arg_params[name]).astype(value.dtype)
        for name, value in executor.aux_dict.items():
            value[:] = _numpy(aux_params.get(name, 0)).astype(value.dtype)
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
        executor.arg_dict[name][:] = _numpy(value).astype(executor.arg_dict[name].dtype)

    def once() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(executor.outputs)

    once()
    mx.nd.waitall()
    start = time.perf_counter()
    for _ in range(N):
        once()
    mx.nd.waitall()
    return (time.perf_counter() - start) / N


# ---- checks of random generators -----------------------------------------------------------------


def gen_buckets_probs_with_ppf(ppf: Callable[[float], float], nbuckets: int) -> tuple[list[tuple], list[float]]:
    """Return `nbuckets` equally probable intervals of a distribution and their probabilities.

    `ppf` is the inverse of the cumulative distribution function.
    """
    edges = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(itertools.pairwise(edges)), [1 / nbuckets] * nbuckets


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the probability that a chi-square variable exceeds `statistic`.

    It is the regularised upper incomplete gamma function Q(freedom / 2, statistic / 2), by its series where
    that converges fast and by its continued fraction (Lentz's method) elsewhere (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    a, x = freedom / 2, statistic / 2
    if x <= 0 or not freedom:
        return 1.0
    if math.isinf(x):
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > 1e-16 * abs(total):
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b = x + 1 - a
    c, d = 1e300, 1 / b
    fraction = d
    for i in range(1, 100_000):
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b or 1e-300)
        c = b + an / c or 1e-300
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def chi_square_check(generator: Callable[[int], Any], buckets: Sequence, probs: Sequence[float],
                     nsamples: int = 1_000_000) -> tuple[float, np.ndarray, np.ndarray]:
    """Return Pearson's chi-square test of a random generator.

    Parameters
    ----------
    generator : callable(n) -> n samples
    buckets : list of pairs (low, high) for real numbers, or of values for whole numbers
        In ascending order, covering the whole distribution.
    probs : list of float
        The probability of each bucket; they sum to 1.
    nsamples : int

    Returns
    -------
    p : float
        The probability of a deviation at least this large if the generator is right.
    obs_freq, expected_freq : numpy.ndarray
        Counts of samples by bucket.
    """
    probs = np.asarray(probs, np.float64)
    if not len(buckets) or len(buckets) != len(probs) or abs(probs.sum() - 1) > 1e-6:
        raise MXNetValueError(f"chi_square_check: {len(buckets)} buckets and {len(probs)} probabilities with the sum "
                              f"{probs.sum():g}; expected as many of both, and the sum 1")
    samples = _numpy(generator(nsamples)).ravel()
    if isinstance(buckets[0], (list, tuple)):
        edges = [low for low, _ in buckets] + [buckets[-1][1]]
        # Values beyond the outermost edges can only be rounded ones of a distribution that the buckets cover.
        places = np.clip(np.searchsorted(edges, samples, side="right") - 1, 0, len(buckets) - 1)
        observed = np.bincount(places, minlength=len(buckets))
    else:
        observed = np.array([np.count_nonzero(samples == value) for value in buckets])
    expected = probs * nsamples
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where((expected == 0) & (observed == 0), 0.0, (observed - expected) ** 2 / expected)
    return _chi_square_tail(float(parts.sum()), len(buckets) - 1), observed, expected


def verify_generator(generator: Callable[[int], Any], buckets: Sequence, probs: Sequence[float],
                     nsamples: int = 1_000_000, nrepeat: int = 5, success_rate: float = 0.2,
                     alpha: float = 0.05) -> list[float]:
    """Repeat :func:`chi_square_check`, and raise AssertionError if too few repetitions succeed.

    Parameters
    ----------
    nrepeat : int
        How often the test is done.
    success_rate : float
        The share of tests that must give a probability above `alpha`.

    Returns
    -------
    list of float
        The probabilities of all tests.
    """
    tests = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    p_values = [p for p, _, _ in tests]
    if sum(p > alpha for p in p_values) < nrepeat * success_rate:
        raise AssertionError(f"Generator test fails, Chi-square p={p_values}, obs_freq={[o for _, o, _ in tests]}, "
                             f"expected_freq={[e for _, _, e in tests]}.\nbuckets={buckets}, probs={probs}")
    return p_values


def mean_check(generator: Callable[[int], Any], mu: float, sigma: float, nsamples: int = 1_000_000) -> bool:
    """Whether the mean of samples lies within three standard errors of `mu`."""
    return bool(abs(_numpy(generator(nsamples)).mean() - mu) < 3 * sigma / math.sqrt(nsamples))


def var_check(generator: Callable[[int], Any], sigma: float, nsamples: int = 1_000_000) -> bool:
    """Whether the variance of samples lies within three standard errors of ``sigma ** 2``."""
    variance = _numpy(generator(nsamples)).var(ddof=1)
    return bool(abs(variance - sigma ** 2) < 3 * math.sqrt(2 * sigma ** 4 / (nsamples - 1)))


def retry(n: int) -> Callable[[Callable], Callable]:
    """Decorate a test that depends on chance: it fails only if `n` attempts in a row fail."""
    if n < 1:
        raise MXNetValueError(f"retry: n is {n}; expected at least 1")

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def attempts(*args: Any, **kwargs: Any) -> Any:
            for attempt in range(n):
                try:
                    return test(*args, **kwargs)
                except AssertionError:
                    if attempt == n - 1:
                        raise
            return None
        return attempts
    return decorate


# ---- surroundings --------------------------------------------------------------------------------


@contextlib.contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables, given as ``name, value`` or as a dict, and restore them afterwards.

    The value None removes a variable.
    """
    if len(args) == 1 and isinstance(args[0], Mapping):
        wanted = dict(args[0])
    elif len(args) == 2:
        wanted = {args[0]: args[1]}
    else:
        raise MXNetTypeError("environment: expected one dict, or the name and the value of a variable")
    for name, value in wanted.items():
        if not isinstance(name, str) or not isinstance(value, (str, type(None))):
            raise MXNetTypeError(f"environment: {name!r}: {value!r}; expected strings (or None as the value)")
    old = {name: os.environ.get(name) for name in wanted}
    _set_environment(wanted)
    try:
        yield
    finally:
        _set_environment(old)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def discard_stderr() -> Iterator[None]:
    """Discard what is written to the standard error stream, also by libraries that bypass ``sys.stderr``."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def list_gpus() -> list[int]:
    """Return the numbers of the GPUs that can be used."""
    return list(range(num_gpus()))


def is_cd_run() -> bool:
    """Whether MXNet's release pipeline runs the tests: never."""
    return False


def is_aarch64_run() -> bool:
    """Whether MXNet's ARM pipeline runs the tests: never."""
    return False


def has_tvm_ops() -> bool:
    """Whether operators were generated by TVM: never."""
    return False


def is_op_runnable() -> bool:
    """Whether operators run on the current context: always."""
    return True


# ---- data sets -----------------------------------------------------------------------------------

_MNIST = {"train_data": "train-images-idx3-ubyte", "train_label": "train-labels-idx1-ubyte",
          "test_data": "t10k-images-idx3-ubyte", "test_label": "t10k-labels-idx1-ubyte"}


def _read_idx(path: Path) -> np.ndarray:
    """Return the unsigned bytes in a file of the MNIST format (plain or ``.gz``): a header, lengths, elements."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise MXNetError(f"cannot read {path}: {error}") from error
    ndim = data[3] if len(data) > 3 and data[:3] == b"\0\0\x08" else 0
    shape = struct.unpack(f">{ndim}I", data[4:4 + 4 * ndim]) if 0 < ndim <= 4 <= len(data) - 4 * ndim else ()
    if not shape or math.prod(shape) != len(data) - 4 - 4 * ndim:
        raise MXNetError(f"{path} is not an MNIST file: {len(data)} bytes that begin with {data[:16].hex(' ')}")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * ndim).reshape(shape)


def get_mnist(path: str | os.PathLike = "data") -> dict[str, np.ndarray]:
    """Return the MNIST handwritten digits from the four original files in the folder `path`.

    Nothing is downloaded (the server that MXNet used is gone). The files may be compressed (``.gz``).

    Returns
    -------
    dict
        ``train_data`` (60000, 1, 28, 28) and ``test_data`` (10000, 1, 28, 28), float32 in [0, 1];
        ``train_label`` and ``test_label``, int8.
    """
    found = {}
    for key, name in _MNIST.items():
        file = next((each for each in (Path(path, name), Path(path, name + ".gz")) if each.exists()), None)
        if file is None:
            raise MXNetError(f"get_mnist: there is no {name} (or {name}.gz) in the folder {os.fspath(path)!r}. Nothing "
                             "is downloaded: put the four files of the MNIST data set there, or name their folder")
        stored = _read_idx(file)
        if stored.ndim != (3 if key.endswith("data") else 1):
            raise MXNetError(f"get_mnist: {file} has {stored.ndim} axes; expected images in the files named images and "
                             "labels in the others")
        found[key] = stored[:, None].astype(np.float32) / 255 if stored.ndim == 3 else stored.astype(np.int8)
    return found


def _no_network(name: str, instead: str) -> Callable:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise MXNetError(f"{name}: nothing is downloaded{f' ({args[0]})' if args else ''}; {instead}")
    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Raise MXNetError: nothing is downloaded; {instead}."
    return refuse


_FETCH = "fetch the file yourself and give its path to what reads it"
download = _no_network("download", _FETCH)
download_model = _no_network("download_model", _FETCH)
get_bz2_data = _no_network("get_bz2_data", _FETCH)
get_zip_data = _no_network("get_zip_data", _FETCH)
get_mnist_pkl = _no_network("get_mnist_pkl", "read the original files with get_mnist(folder)")
get_mnist_ubyte = _no_network("get_mnist_ubyte", "read the original files with get_mnist(folder)")
get_cifar10 = _no_network("get_cifar10", "fetch the data set yourself and read it with mx.io")
