"""NumPy as old programs know it: names that it has removed since, and numbers that print without their types."""
from __future__ import annotations

import numpy as np

__all__ = ["restore"]

_TYPES = {"bool": bool, "int": int, "float": float, "complex": complex, "object": object, "str": str, "long": int,
          "unicode": str, "float_": np.float64, "complex_": np.complex128, "longfloat": np.longdouble,
          "singlecomplex": np.complex64, "cfloat": np.complex128, "clongfloat": np.clongdouble,
          "longcomplex": np.clongdouble, "unicode_": np.str_, "string_": np.bytes_, "bool8": np.bool_,
          "object0": np.object_, "str0": np.str_, "int0": np.intp, "uint0": np.uintp, "void0": np.void,
          "bytes0": np.bytes_}
_CONSTANTS = {"Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf, "NaN": np.nan,
              "NAN": np.nan, "PZERO": 0.0, "NZERO": -0.0}


def _asscalar(a: np.ndarray) -> object:
    return a.item()


def _asfarray(a: object, dtype: object = np.float64) -> np.ndarray:
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _find_common_type(array_types: list, scalar_types: list) -> np.dtype:
    return np.result_type(*array_types, *[np.zeros((), each).item() for each in scalar_types])


def _trapz(y: object, x: object = None, dx: float = 1.0, axis: int = -1) -> object:
    return np.trapezoid(y, x, dx, axis)


_FUNCTIONS = {"asscalar": _asscalar, "asfarray": _asfarray, "product": np.prod, "cumproduct": np.cumprod,
              "sometrue": np.any, "alltrue": np.all, "row_stack": np.vstack, "round_": np.round, "trapz": _trapz,
              "in1d": lambda ar1, ar2, **options: np.isin(np.ravel(ar1), ar2, **options),
              "msort": lambda a: np.sort(a, axis=0), "mat": np.asmatrix,
              "find_common_type": _find_common_type, "issubclass_": issubclass, "issubsctype": np.issubdtype,
              "rank": np.ndim, "alen": lambda a: len(np.atleast_1d(a)), "obj2sctype": lambda rep: np.dtype(rep).type}


def restore() -> None:
    """Give NumPy its removed names back, where it has none of these names today; print its numbers as of old.

    ``[numpy.float32(1)]`` is printed as ``[1.0]`` again, not as ``[np.float32(1.0)]``.
    """
    there = set(dir(np))
    for table in (_TYPES, _CONSTANTS, _FUNCTIONS):
        for name, value in table.items():
            if name not in there:
                setattr(np, name, value)
    if np.get_printoptions()["legacy"] is False:  # else the program has chosen
        np.set_printoptions(legacy="1.25")
