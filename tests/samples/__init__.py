"""Samples of every operator: plain data that knows nothing of cupynet, so that MXNet can run it as well.

A module here gathers one family in a list ``SAMPLES``. ``scripts/oracle/answers.py`` runs the samples
through MXNet 1.9.1 and stores outputs and gradients in ``tests/data/oracle/``; ``tests/ops/test_samples.py``
checks every sample against those answers, against numeric gradients, and in every mode of execution.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Sample:
    """One call of one operator.

    Attributes
    ----------
    op : str
        Canonical MXNet name.
    inputs : sequence of numpy.ndarray
        The array inputs, in order, auxiliary states included.
    attrs : dict
        The attributes.
    reference : callable(*inputs) -> array or tuple, or None
        An independent NumPy computation of the outputs. None where MXNet's stored answer decides.
    numeric : sequence of str, or None
        Inputs whose gradient is checked by finite differences (in float64). None means all that the
        operator differentiates; () for loss layers, whose gradients are not those of their outputs.
    oracle : bool
        Whether MXNet 1.9.1 is asked (False for internal operators and deliberate divergences).
    train : bool
        Whether the call runs in training mode.
    rtol, atol : float
        Tolerances of the comparison of values in float32.
    """

    op: str
    inputs: Sequence[np.ndarray]
    attrs: dict[str, Any] = field(default_factory=dict)
    reference: Callable | None = None
    numeric: Sequence[str] | None = None
    oracle: bool = True
    train: bool = True
    rtol: float = 1e-4
    atol: float = 1e-5
    why: str = ""

    @property
    def id(self) -> str:
        shapes = "_".join("x".join(map(str, x.shape)) or "0d" for x in self.inputs)
        attrs = ",".join(f"{k}={v}" for k, v in self.attrs.items())
        return f"{self.op}-{shapes}-{attrs}"[:110]


def rand(*shape: int, seed: int = 0, low: float = -1.0, high: float = 1.0, dtype: str = "float32") -> np.ndarray:
    """Return repeatable uniform numbers of `shape` in ``[low, high)``."""
    return np.random.RandomState(seed + 7 * len(shape) + sum(shape)).uniform(low, high, shape).astype(dtype)


def ints(*shape: int, high: int, low: int = 0, seed: int = 0, dtype: str = "float32") -> np.ndarray:
    """Return repeatable whole numbers of `shape` in ``[low, high)``."""
    return np.random.RandomState(seed + 11 * len(shape) + sum(shape)).randint(low, high, shape).astype(dtype)
