"""Recipes that draw calls of operators at random: valid ones for the most part, spoilt ones now and then.

A module here is a family: a table ``RECIPES`` of public function names and functions that take a :class:`Draw` and
return ``(arrays, attrs)`` or ``(arrays, attrs, mode)``. Attributes that need no care come from the declaration
(:meth:`Draw.attrs`); a recipe says how shapes and attributes must fit together.
"""

from __future__ import annotations

import importlib
import pkgutil
import typing
from typing import Any

import numpy as np
from calls import Call

from cupynet.ops import catalog, schema

FLOATS = ("float32", "float64", "float16")
DTYPES = ("float32", "float64", "float16", "int32", "int64", "int8", "uint8", "bool")
_PREFIXES = (
    ("contrib.", "_contrib_"),
    ("linalg.", "_linalg_"),
    ("image.", "_image_"),
    ("random.", "_random_"),
    ("_internal.", ""),
    ("", ""),
)


def declared(name: str):
    """Return the declaration of the public function `name`, None if it is not an operator."""
    for prefix, stem in _PREFIXES:
        if name.startswith(prefix):
            found = catalog.find(stem + name[len(prefix) :])
            if found is not None:
                return found
    return None


class Draw:
    """A source of random shapes, arrays and attributes."""

    def __init__(self, seed: int):
        self.random = np.random.RandomState(seed % (1 << 32))

    # ---- plain choices

    def chance(self, p: float = 0.5) -> bool:
        return bool(self.random.uniform() < p)

    def choice(self, items):
        return items[self.random.randint(len(items))]

    def int(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self.random.randint(low, high + 1))

    def float(self, low: float = -2.0, high: float = 2.0) -> float:
        """A number of few digits, now and then a whole one."""
        value = self.random.uniform(low, high)
        return float(round(value)) if self.chance(0.2) else float(round(value, 3))

    def some(self, **values: Any) -> dict[str, Any]:
        """Each of `values` or not."""
        return {name: value for name, value in values.items() if self.chance()}

    # ---- shapes and arrays

    def shape(self, low: int = 1, high: int = 5, longest: int = 4, size: int = 64) -> list[int]:
        rank = self.int(low, high) if self.chance(0.8) else self.int(low, max(low, min(high, 3)))
        while True:
            shape = [1 if self.chance(0.15) else self.int(1, longest) for _ in range(rank)]
            if np.prod(shape) <= size:
                return shape

    def dtype(self, choices=DTYPES) -> str:
        return "float32" if "float32" in choices and self.chance(0.55) else self.choice(choices)

    def floating(self) -> str:
        return self.choice(FLOATS) if self.chance(0.35) else "float32"

    def array(self, shape, dtype: str | None = None, kind: str | None = None, *parameters) -> list:
        kind = kind or ("normal" if self.chance(0.55) else self.choice(("special", "ties", "normal")))
        return [kind, dtype or self.dtype(), list(shape), self.int(0, 9999), *parameters]

    def plain(self, shape, dtype: str | None = None) -> list:
        """An array without nan and infinities."""
        return self.array(shape, dtype, self.choice(("normal", "normal", "ties")))

    def axis(self, rank: int) -> int:
        return self.int(-rank, rank - 1)

    def axes(self, rank: int):
        """One axis, several, or None, as a reduction takes them."""
        if self.chance(0.2):
            return None
        if self.chance(0.4):
            return self.axis(rank)
        chosen = self.random.permutation(rank)[: self.int(1, rank)]
        return [int(a) - (rank if self.chance(0.3) else 0) for a in chosen]

    def broadcast_pair(self) -> tuple[list[int], list[int]]:
        shape = self.shape()
        one = [1 if self.chance(0.3) else n for n in shape]
        other = [n if a == 1 or self.chance(0.7) else 1 for a, n in zip(one, shape)]
        return one, other

    # ---- attributes from the declaration

    def value(self, annotation: Any, default: Any) -> Any:
        options = typing.get_args(annotation)
        origin = typing.get_origin(annotation)
        if origin is typing.Literal:
            return self.choice([o for o in options if o is not None] or [None])
        if options:
            inner = next(a for a in options if a is not type(None))
            return None if self.chance(0.2) else self.value(inner, default)
        if annotation is bool:
            return self.chance()
        if annotation is int:
            return self.int(-1, 3)
        if annotation is float:
            return default * 2.0 if isinstance(default, float) and default and self.chance() else self.float()
        if annotation is schema.DType:
            return self.choice(("float32", "float64", "float16", "int32", "int64", "uint8", "int8"))
        if annotation in (schema.Shape, schema.OptShape):
            return [self.int(0, 3) for _ in range(self.int(1, 3))]
        if annotation is schema.Floats:
            return [self.float() for _ in range(self.int(1, 4))]
        return ""

    def attrs(self, name: str, skip=(), p: float = 0.5) -> dict[str, Any]:
        """Attributes of the function `name` drawn by their types, without those in `skip`."""
        op = declared(name)
        found = {}
        for field, (annotation, default) in op.schema.fields.items():
            if field in skip or field in op.ignores or field in ("ctx", op.count):
                continue
            if default is schema.REQUIRED or self.chance(p):
                found[field] = self.value(annotation, default)
        return found

    # ---- a call

    def call(self, name: str, recipe) -> Call:
        arrays, attrs, *mode = recipe(self)
        call = Call(name, arrays, attrs, *mode)
        if not mode:
            call.mode = "infer" if self.chance(0.1) else "second" if self.chance(0.12) else "grad"
        return self.spoilt(call) if self.chance(0.14) else call

    def spoilt(self, call: Call) -> Call:
        """The call with one thing changed that is probably an error."""
        ways = [self._other_attribute, self._unknown_attribute]
        if call.arrays:
            ways += [self._other_shape, self._other_shape, self._other_dtype, self._fewer]
        self.choice(ways)(call)
        return call

    def _other_attribute(self, call: Call) -> None:
        plain = sorted(name for name, value in call.attrs.items() if not isinstance(value, dict))
        if not plain:
            self._unknown_attribute(call)
            return
        name = self.choice(plain)
        value = call.attrs[name]
        if isinstance(value, bool):
            wrong = ["maybe", 2]
        elif isinstance(value, int):
            wrong = [value + 7, -value - 3, 0, "x", 1.5]
        elif isinstance(value, float):
            wrong = [-value, 0.0, "x"]
        elif isinstance(value, list):
            wrong = [
                value + value[:1],
                value[:-1],
                [-n if isinstance(n, (int, float)) else n for n in value],
                [n + 5 if isinstance(n, (int, float)) else n for n in value],
            ]
        else:
            wrong = ["nonsense", 3]
        call.attrs = {**call.attrs, name: self.choice(wrong)}

    def _unknown_attribute(self, call: Call) -> None:
        call.attrs = {**call.attrs, "unheard_of": 1}

    def _other_shape(self, call: Call) -> None:
        place = self.int(0, len(call.arrays) - 1)
        kind, dtype, shape, seed, *rest = call.arrays[place]
        shape = self.choice([shape + [1], shape[1:] or [2], [shape[0] + 1, *shape[1:]], [*shape[:-1], shape[-1] + 1]])
        kind = kind if kind in ("special", "ties", "uniform", "whole", "boxes") else "normal"
        call.arrays = [*call.arrays]
        call.arrays[place] = [kind, dtype, shape, seed, *(rest if kind in ("uniform", "whole", "boxes") else [])]

    def _other_dtype(self, call: Call) -> None:
        place = self.int(0, len(call.arrays) - 1)
        call.arrays = [list(recipe) for recipe in call.arrays]
        call.arrays[place][1] = self.choice(DTYPES)

    def _fewer(self, call: Call) -> None:
        if any(isinstance(value, dict) for value in call.attrs.values()):
            self._unknown_attribute(call)
        else:
            call.arrays = call.arrays[:-1]


FAMILIES: dict[str, dict[str, Any]] = {}


def _load() -> None:
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        FAMILIES[module] = importlib.import_module(f"draw.{module}").RECIPES


_load()
