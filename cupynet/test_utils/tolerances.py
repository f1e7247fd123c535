"""Where tests run, and how precisely."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from ..context import Context, current_context, set_default

__all__ = ["default_context", "set_default_context", "default_dtype", "default_rtols", "default_atols",
           "default_numeric_eps", "effective_dtype", "get_tolerance", "get_tols", "get_rtol", "get_atol", "get_etol"]


_RTOLS = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}
_ATOLS = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20}
STEPS = {"float16": 2.0 ** -6, "float32": 2.0 ** -9, "float64": 2.0 ** -14}
_EXACT = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def default_context() -> Context:
    """Return the context where arrays live that are made without one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make `ctx` the context of this thread where no ``with`` says otherwise."""
    if not isinstance(ctx, Context):
        raise MXNetTypeError(f"set_default_context: {ctx!r} is not a Context")
    set_default(ctx)


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
    return {np.dtype(name): step for name, step in STEPS.items()}


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
