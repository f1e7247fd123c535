"""Shapes of samples that are known in part: plain data that knows nothing of cupynet."""
from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Iterator, Sequence
from typing import Any

import samples

DRAWS = 8
Shape = tuple[int, ...] | None  # 0 is an unknown length, None an unknown shape


def cases() -> Iterator[tuple[str, samples.Sample, int]]:
    """Yield (key, sample, number of the draw) for every different call among the samples that MXNet is asked for."""
    seen = set()
    for module in pkgutil.iter_modules(samples.__path__):
        for sample in importlib.import_module(f"samples.{module.name}").SAMPLES:
            attrs = ",".join(f"{key}={value}" for key, value in sample.attrs.items())
            key = f"{sample.op}|{written([x.shape for x in sample.inputs])}|{attrs}"
            if sample.oracle and sample.inputs and key not in seen:
                seen.add(key)
                for draw in range(DRAWS):
                    yield key, sample, draw


def drawn(key: str, draw: int, ins: Sequence[tuple], out: tuple | None) -> tuple[list[Shape], Shape]:
    """Return the shapes of the inputs and of the first output with some of it made unknown."""
    rng = random.Random(f"{key} {draw}")
    if draw == 0:
        return [None] * len(ins), out
    kept = rng.choice([0.3, 0.6, 0.9])

    def part(shape: tuple | None, gone: float) -> Shape:
        if shape is None or rng.random() < gone:
            return None
        return tuple(n if rng.random() < kept else 0 for n in shape)

    return [part(shape, 0.3) for shape in ins], part(out, 0.5)


def drawn_types(key: str, draw: int, ins: Sequence[str]) -> tuple[list[str], str]:
    """Return types of the inputs and of the first output, as NumPy's letters with "?" for what is unknown."""
    rng = random.Random(f"{key} {draw}")
    floating = rng.choice("ffed")
    some = [(floating if letter == "f" else letter) if rng.random() < 0.4 else "?" for letter in ins]
    return some, floating if rng.random() < 0.4 else "?"


def written(shapes: Sequence[Any]) -> str:
    """Return shapes as short text."""
    return " ".join("?" if shape is None else "x".join(map(str, shape)) or "()" for shape in shapes)


def read(text: str) -> list[Shape]:
    """Undo :func:`written`."""
    return [None if each == "?" else () if each == "()" else tuple(map(int, each.split("x"))) for each in text.split()]
