"""Comparisons with tolerances."""
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ndarray import NDArray
from ..symbol import Symbol
from .tolerances import get_etol, get_tols

__all__ = ["checkShapes", "locationError", "find_max_violation", "same", "same_array", "almost_equal",
           "assert_almost_equal", "assert_almost_equal_with_err", "assert_almost_equal_ignore_nan", "assert_allclose",
           "assert_exception", "compare_ndarray_tuple", "same_symbol_structure"]


def as_numpy(value: Any) -> np.ndarray:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def _within(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    """Return where ``|a - b| <= atol + rtol * |b|``, in double precision."""
    if a.dtype.kind in "iub" and b.dtype.kind in "iub" and not rtol and not atol:
        return a == b  # double precision would blur large whole numbers
    return np.isclose(a.astype(np.float64), b.astype(np.float64), rtol, atol, equal_nan)


def _violations(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Return by how much each element exceeds its tolerance (1: just not)."""
    if a.dtype.kind in "iub" and b.dtype.kind in "iub":
        a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        return np.where(a == b, 0.0, np.abs(a - b) / (atol + rtol * np.abs(b) + 1e-20))


def find_max_violation(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> tuple[tuple, float]:
    """Return the index of the worst element and by how much it exceeds its tolerance."""
    rtol, atol = get_tols(a, b, rtol, atol)
    found = _violations(as_numpy(a), as_numpy(b), rtol, atol)
    worst = np.unravel_index(int(np.argmax(found)), found.shape)
    return tuple(map(int, worst)), float(found[worst])


def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and equal elements."""
    return np.array_equal(as_numpy(a), as_numpy(b))


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
    a, b = as_numpy(a), as_numpy(b)
    if not use_broadcast and a.shape != b.shape:
        return False
    return bool(_within(a, b, rtol, atol, equal_nan).all())


def checkShapes(a: Any, b: Any) -> None:
    """Raise AssertionError unless two arrays have the same shape."""
    if a.shape != b.shape:
        raise AssertionError(f"\nItems are not equal: a.shape = {a.shape} and b.shape = {b.shape} are not equal\n "
                             f"ACTUAL: {a!r}\n DESIRED: {b!r}")


def locationError(a: Any, b: Any, index: tuple[int, ...], names: Sequence[str], maxError: bool = False) -> str:
    """Return text that names a place where two arrays differ, and their values there."""
    return (f"Location of {'maximum ' * maxError}error: {index}, {names[0]}={a[index]:.8f}, "
            f"{names[1]}={b[index]:.8f}")


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
        How many of the largest errors are printed, and how many are counted ("at least"; 0: all).
    """
    assert_almost_equal_with_err(a, b, rtol, atol, 0, names, equal_nan, mismatches, use_broadcast)


def assert_almost_equal_with_err(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                 etol: float | None = None, names: tuple[str, str] = ("a", "b"),
                                 equal_nan: bool = False, mismatches: tuple[int, int] = (10, 10),
                                 use_broadcast: bool = True) -> None:
    """Raise AssertionError if more than the share `etol` of the elements differ (see :func:`assert_almost_equal`)."""
    rtol, atol = get_tols(a, b, rtol, atol)
    first, second = a, b
    a, b = as_numpy(a), as_numpy(b)
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
    error = (f"\nItems are not equal:\nError {errors.max():f} exceeds tolerance rtol={rtol:e}, "
             f"atol={atol:e}")
    if not a.ndim:
        raise AssertionError(f"{error}.\n\n ACTUAL: {first}\n DESIRED: {second}")
    worst_first = np.argsort(np.where(np.isnan(errors), -np.inf, -errors), axis=None, kind="stable")
    places = [tuple(map(int, np.unravel_index(i, wrong.shape))) for i in worst_first[:max(1, mismatches[0])]]

    shown, counted = mismatches
    print(f"\n*** Maximum errors for vector of size {a.size}:  rtol={rtol}, atol={atol}\n")
    for i, place in enumerate(places[:min(shown, counted or shown, int(wrong.sum()))], 1):
        print(f"{i:3d}: Error {errors[place]:f}  {locationError(a, b, place, names)}")
    least = bool(counted and wrong.sum() > counted)
    share = (counted + 1) / wrong.size if least else share
    raise AssertionError(f"{error} (mismatch {'at least ' * least}{100 * share:f}%).\n"
                         f"{locationError(a, b, places[0], names, maxError=True)}\n ACTUAL: {a!r}\n DESIRED: {b!r}")


def assert_almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                   names: tuple[str, str] = ("a", "b")) -> None:
    """As :func:`assert_almost_equal`, but not where either is NaN."""
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = np.array(as_numpy(a)), np.array(as_numpy(b))
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


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators in the same order, whatever their names."""
    return [node["op"] for node in json.loads(sym1.tojson())["nodes"]] == [
        node["op"] for node in json.loads(sym2.tojson())["nodes"]]
