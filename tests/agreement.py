"""Whether an answer of cupynet to a random call is the one that MXNet gave."""

from __future__ import annotations

import divergences
import numpy as np
from calls import Call, thin

# MXNet keeps attributes in single precision, so float64 agrees no better; half precision rounds at every step.
TOLERANCE = {"float16": 1e-2, "float32": 1e-4, "float64": 2e-5}


def tolerance_of(call: Call, dtype: str) -> float:
    """Return the relative tolerance for a result of `dtype`."""
    halves = any(recipe[1] == "float16" for recipe in call.arrays)
    return TOLERANCE["float16" if halves else dtype] * (10 if call.mode == "second" and not halves else 1)


def close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """Compare floating-point numbers; small ones are allowed an error beside their larger neighbours."""
    finite = np.abs(expected[np.isfinite(expected)].astype("float64"))
    scale = float(np.median(finite)) if finite.size else 1.0
    return np.allclose(
        found.astype("float64"),
        expected.astype("float64"),
        tolerance,
        tolerance * min(max(scale, 2e-2), 1.0),
        equal_nan=True,
    )


def difference(call: Call, expected: dict | None, found: dict | Exception) -> str | None:
    """Say how `found` (what :func:`calls.perform` returned or raised) differs from a stored answer, None if not."""
    if expected is None:
        return None if isinstance(found, Exception) else "MXNet raises an error, this does not"
    if isinstance(found, Exception):
        return f"raises {type(found).__name__}: {found}"
    aside = divergences.set_aside(call)
    expected, found = ({k: v for k, v in each.items() if k not in aside} for each in (expected, found))
    if list(expected) != list(found):
        return f"MXNet gives {list(expected)}, this gives {list(found)}"
    for label, (shape, dtype, values) in expected.items():
        x = found[label]
        if (x.shape, x.dtype.name) != (shape, dtype):
            return f"{label} is {x.dtype.name}{x.shape}, expected {dtype}{shape}"
        kept = thin(x)
        same = close(kept, values, tolerance_of(call, dtype)) if x.dtype.kind == "f" else np.array_equal(kept, values)
        if not same:
            return f"{label} is {_few(kept, kept, values)}, expected {_few(values, kept, values)}"
    return None


def _few(shown: np.ndarray, found: np.ndarray, expected: np.ndarray) -> str:
    """The elements of `shown` at the first few places where `found` and `expected` are far apart."""
    with np.errstate(all="ignore"):
        apart = np.abs(found.astype("float64") - expected.astype("float64")) > 1e-3 * np.abs(expected)
    apart |= np.isnan(found.astype("float64")) != np.isnan(expected.astype("float64"))
    places = np.flatnonzero(apart)[:4] if apart.any() else np.arange(min(4, shown.size))
    return f"{[x.item() for x in shown[places]]} at {list(map(int, places))}"
