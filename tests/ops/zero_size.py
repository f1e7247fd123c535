"""Samples of which an axis has length 0, or all inputs rank 0: plain data that knows nothing of cupynet."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import numpy as np
import samples


def variants(sample: samples.Sample) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield (name, inputs): each axis of each input 0 in turn, alone and with all axes of its length; then rank 0."""
    seen = set()
    for i, each in enumerate(sample.inputs):
        for axis, length in enumerate(each.shape):
            shapes = [list(x.shape) for x in sample.inputs]
            shapes[i][axis] = 0
            together = [[0 if n == length else n for n in x.shape] for x in sample.inputs]
            for chosen in (shapes, together):
                name = " ".join("x".join(map(str, shape)) or "()" for shape in chosen)
                if name not in seen:
                    seen.add(name)
                    yield name, [x[tuple(slice(0, n) for n in shape)] for x, shape in zip(sample.inputs, chosen)]
    if sample.inputs and any(x.ndim for x in sample.inputs) and all(x.size for x in sample.inputs):
        yield "rank 0", [x.reshape(-1)[:1].reshape(()) for x in sample.inputs]


def cases() -> Iterator[tuple[str, samples.Sample, list[np.ndarray]]]:
    """Yield (key, sample, inputs) of every variant of every sample that MXNet is asked for, no call twice."""
    seen = set()
    for module in pkgutil.iter_modules(samples.__path__):
        for sample in importlib.import_module(f"samples.{module.name}").SAMPLES:
            if not sample.oracle or "shuffle" in sample.op:
                continue
            for name, inputs in variants(sample):
                attrs = ",".join(f"{key}={value}" for key, value in sample.attrs.items())
                dtypes = " ".join(x.dtype.char for x in inputs)
                key = f"{sample.op}|{name}|{dtypes}|{attrs}"
                if key not in seen:
                    seen.add(key)
                    yield key, sample, inputs


def told(outs: list[np.ndarray]) -> str:
    """Return shapes and dtypes as short text, with the values of what is small and not empty."""
    return " ".join("x".join(map(str, x.shape)) + x.dtype.str[1:]
                    + ("=" + ",".join(f"{v:.4g}" for v in x.ravel().tolist()) if 0 < x.size <= 12 else "")
                    for x in outs)
