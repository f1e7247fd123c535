"""Random calls of operators: plain data, made into arrays, performed in MXNet and in cupynet, packed.

A call is what ``scripts/oracle/draw`` draws: the public name of a function, its arrays as recipes (kind, dtype,
shape, seed), its attributes, and a mode. ``scripts/oracle/random_calls.py`` performs it in MXNet 1.9.1 and stores
the answer; ``tests/ops/test_random_calls.py`` performs it here. Both use :func:`perform`, which knows only the
public interface that the two libraries share. The arrays come from ``numpy.random.RandomState``, whose stream
never changes, so a call that is kept means the same in every version of NumPy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

KEPT = 40  # how many elements of an array an answer keeps


# ---- arrays -----------------------------------------------------------------------------------------


def _whole(values, dtype):
    """Cast real numbers to `dtype` without undefined conversions."""
    kind = np.dtype(dtype).kind
    if kind == "f":
        return values.astype(dtype)
    if kind == "b":
        return values > 0
    values = np.round(values * 3) if np.abs(values).max(initial=0) < 8 else np.round(values)
    return (np.abs(values) if kind == "u" else values).astype(dtype)


def _special(random, shape, dtype):
    values = random.standard_normal(shape)
    kind = np.dtype(dtype).kind
    if kind == "f":
        odd = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 0.5, 1e4, -1e-6, 2.0])
        places, chosen = random.uniform(size=shape) < 0.4, random.randint(0, len(odd), shape)
        return np.where(places, odd[chosen], values).astype(dtype)
    values = _whole(values, dtype)
    if kind == "b":
        return values
    limits = np.iinfo(dtype)
    odd = np.array([0, 1, limits.max, limits.min, 2], dtype)
    places, chosen = random.uniform(size=shape) < 0.3, random.randint(0, len(odd), shape)
    return np.where(places, odd[chosen], values).astype(dtype)


def _definite(random, shape, dtype):
    """Symmetric positive definite matrices."""
    half = random.standard_normal(shape)
    return (half @ np.swapaxes(half, -1, -2) + np.eye(shape[-1]) * shape[-1]).astype(dtype)


def _boxes(random, shape, dtype, size=1.0):
    """Corners ``x1 y1 x2 y2`` in the last four columns; the columns before are small whole numbers and scores."""
    low, side = random.uniform(0, 0.7, shape[:-1] + (2,)), random.uniform(0.05, 0.6, shape[:-1] + (2,))
    extra = random.uniform(0, 1, shape[:-1] + (max(shape[-1] - 4, 0),))
    extra[..., :1] = np.round(extra[..., :1] * 3 - 1)
    return (np.concatenate([extra, low * size, (low + side) * size], -1)).astype(dtype)


def _objects(random, shape, dtype):
    """Rows of a class and a box; those from the first without a class on are -1 throughout."""
    rows = _boxes(random, shape, dtype)
    rows[np.cumsum(rows[..., 0] < 0, axis=-1) > 0] = -1
    return rows


def _distribution(random, shape, dtype):
    weights = random.uniform(0.1, 1, shape)
    return (weights / weights.sum(-1, keepdims=True)).astype(dtype)


MAKERS = {
    "normal": lambda random, shape, dtype: _whole(random.standard_normal(shape), dtype),
    "uniform": lambda random, shape, dtype, low=0.0, high=1.0: _whole(random.uniform(low, high, shape), dtype),
    "special": _special,
    "ties": lambda random, shape, dtype: _whole(random.randint(-2, 3, shape) / 2, dtype),
    "whole": lambda random, shape, dtype, low=0, high=3: random.randint(low, high, shape).astype(dtype),
    "value": lambda random, shape, dtype, *values: np.array(values).astype(dtype).reshape(shape),
    "definite": _definite,
    "triangle": lambda random, shape, dtype: (
        np.tril(random.standard_normal(shape)) * 0.5 + np.eye(shape[-1]) * 2
    ).astype(dtype),
    "permutation": lambda random, shape, dtype: random.permutation(int(np.prod(shape))).reshape(shape).astype(dtype),
    "boxes": _boxes,
    "objects": _objects,
    "distribution": _distribution,
}


def make(recipe) -> np.ndarray:
    """Return the array that ``[kind, dtype, shape, seed, *parameters]`` stands for."""
    kind, dtype, shape, seed, *parameters = recipe
    return np.asarray(MAKERS[kind](np.random.RandomState(seed), tuple(shape), dtype, *parameters))


# ---- calls ------------------------------------------------------------------------------------------


@dataclass
class Call:
    """One call.

    Attributes
    ----------
    name : str
        Path of the function under ``mx.nd``: ``"Convolution"``, ``"linalg.det"``, ``"_internal._plus_scalar"``.
    arrays : list
        Recipes of the array inputs, see :func:`make`.
    attrs : dict
        Attributes; lists stand for tuples. ``{"array": 2}`` is an array that is given by name (or as ``out``),
        ``{"arrays": [0, 2]}`` a list of them; the arrays that are not named so are given by position.
    mode : str
        With ``:0,2`` behind it, only the arrays of these numbers get a gradient.
        ``"plain"``: outputs, and inputs that were written; ``"grad"``: also gradients in training mode;
        ``"infer"``: the same outside training; ``"second"``: gradients of gradients;
        ``"shape"``: only shapes and dtypes (random numbers).
    """

    name: str
    arrays: list
    attrs: dict[str, Any] = field(default_factory=dict)
    mode: str = "grad"

    def line(self) -> str:
        return json.dumps([self.name, self.arrays, self.attrs, self.mode], separators=(",", ":"))

    @classmethod
    def read(cls, line: str) -> Call:
        return cls(*json.loads(line))

    def text(self) -> str:
        """The call as one would type it, to be read in a report."""
        arrays = [
            f"{kind}:{dtype}{tuple(shape)}#{seed}" + (f"{tuple(rest)}" if rest else "")
            for kind, dtype, shape, seed, *rest in self.arrays
        ]
        return f"{self.name}({', '.join([*arrays, *(f'{k}={v!r}' for k, v in self.attrs.items())])}) [{self.mode}]"


def tuples(value):
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def head_gradient(shape, dtype):
    n = int(np.prod(shape))
    values = ((np.arange(n) * 5) % 7 - 3) / 4 + 0.1
    return (
        (values if np.dtype(dtype).kind == "f" else np.round(values))
        .reshape(shape)
        .astype(dtype if np.dtype(dtype).kind != "u" else "int8")
        .astype(dtype)
    )


def function(mx, name):
    found = mx.nd
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _outputs(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def perform(mx, call: Call) -> dict[str, np.ndarray]:
    """Perform `call` with the library `mx` and return labelled arrays. Raises what the library raises."""
    mode, _, chosen = call.mode.partition(":")
    values = [make(recipe) for recipe in call.arrays]
    arrays = [mx.nd.array(x, dtype=x.dtype) for x in values]
    apply = _ready(function(mx, call.name), arrays, call.attrs)
    floats = [
        (i, x)
        for i, x in enumerate(arrays)
        if values[i].dtype.kind == "f" and (not chosen or str(i) in chosen.split(","))
    ]
    if mode in ("plain", "shape") or not floats:
        found = {f"out{i}": x.asnumpy() for i, x in enumerate(_outputs(apply()))}
        if mode == "shape":
            return {name: np.zeros_like(x) for name, x in found.items()}
    else:
        found = _differentiate(mx, apply, floats, mode)
    for i, (array, before) in enumerate(zip(arrays, values)):
        after = array.asnumpy()
        if after.tobytes() != before.tobytes():
            found[f"input{i}"] = after
    return found


def perform_line(mx, line: str) -> dict[str, np.ndarray]:
    return perform(mx, Call.read(line))


def _ready(function_, arrays, attrs):
    """The call without its arguments."""
    given, named = {}, set()
    for name, value in attrs.items():
        if isinstance(value, dict):
            places = value.get("arrays", [value.get("array")])
            chosen = [arrays[i] for i in places]
            given[name] = chosen if "arrays" in value else chosen[0]
            named |= set(places) if name != "out" else set()
        else:
            given[name] = tuples(value)
    positional = [x for i, x in enumerate(arrays) if i not in named]
    return lambda: function_(*positional, **given)


def _differentiate(mx, apply, floats, mode):
    for _, x in floats:
        x.attach_grad()
    train = mode != "infer"
    found = {}
    with mx.autograd.record(train_mode=train):
        outs = _outputs(apply())
        heads = [mx.nd.array(head_gradient(o.shape, o.dtype), dtype=o.dtype) for o in outs]
        if mode == "second":
            firsts = mx.autograd.grad(outs, [x for _, x in floats], heads, create_graph=True, retain_graph=True)
    if mode == "second":
        found.update({f"grad{i}": g.asnumpy() for (i, _), g in zip(floats, firsts)})
        outs, heads = firsts, [mx.nd.array(head_gradient(g.shape, g.dtype)[::-1], dtype=g.dtype) for g in firsts]
    else:
        found.update({f"out{i}": o.asnumpy() for i, o in enumerate(outs)})
    mx.autograd.backward(outs, heads, train_mode=train)
    stem = "second" if mode == "second" else "grad"
    found.update({f"{stem}{i}": x.grad.asnumpy() for i, x in floats})
    return found


# ---- answers ----------------------------------------------------------------------------------------


def thin(array: np.ndarray) -> np.ndarray:
    """Return the elements of `array` that an answer keeps: all of a small one, some of a large one."""
    flat = np.asarray(array).reshape(-1)
    return flat if flat.size <= KEPT else flat[np.linspace(0, flat.size - 1, KEPT).astype(int)]


def pack(path: Path, answers: list[tuple[Call, dict | None]]) -> None:
    """Write calls and what MXNet answered (None: an error) as one small file: text, and the values by dtype."""
    lines, values = [], {}
    for call, found in answers:
        described = None
        if found is not None:
            described = [[label, list(x.shape), x.dtype.name] for label, x in found.items()]
            for x in found.values():
                values.setdefault(x.dtype.name, []).append(thin(x))
        lines.append(json.dumps([json.loads(call.line()), described], separators=(",", ":")))
    text = np.frombuffer("\n".join(lines).encode(), np.uint8)
    np.savez_compressed(path, calls=text, **{name: np.concatenate(parts) for name, parts in values.items()})


def unpack(path: Path) -> list[tuple[Call, dict | None]]:
    """Read what :func:`pack` wrote: each answer maps a label to (shape, dtype, kept elements)."""
    stored, places, answers = dict(np.load(path)), {}, []
    for line in bytes(stored["calls"]).decode().splitlines():
        call, described = json.loads(line)
        found = None
        if described is not None:
            found = {}
            for label, shape, dtype in described:
                count = min(int(np.prod(shape)), KEPT)
                start = places.get(dtype, 0)
                places[dtype] = start + count
                found[label] = tuple(shape), dtype, stored[dtype][start : start + count]
        answers.append((Call(*call), found))
    return answers
