"""Attributes of operators: how an annotation of a kernel reads users' values and saved strings.

A symbol file stores every attribute as a string, so each annotation has one parser that takes both the
value that a user passes and the string that MXNet would have written for it.

Attributes are *static*: each distinct set of them is parsed once, and what is known of a call (its shapes, a plan) is
remembered by it. Numbers that change from call to call, a learning rate or the number of ``x * 2``, are annotated as
:data:`Scalar`: kernels and gradient rules see them like the others, but shape and type rules must not look at them,
and nothing is remembered by them.
"""
from __future__ import annotations

import ast
import functools
import math
import operator
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, NewType

import numpy as np

from ..base import MXNetTypeError, MXNetValueError, _Null
from ..dtypes import as_dtype
from .parameters import REQUIRED

__all__ = ["Shape", "OptShape", "Floats", "DType", "Scalar", "WholeScalar", "Scalars", "WholeScalars",
           "Schema", "Identity", "Attrs", "REQUIRED", "as_text"]

Shape = NewType("Shape", tuple)        # tuple of int; one int means a tuple of one
OptShape = NewType("OptShape", tuple)  # tuple whose items may be None, for slices
Floats = NewType("Floats", tuple)      # tuple of float
DType = NewType("DType", object)       # a numpy.dtype

# What may differ from call to call, and the annotation that reads it.
Scalar = NewType("Scalar", float)
WholeScalar = NewType("WholeScalar", int)
Scalars = NewType("Scalars", tuple)
WholeScalars = NewType("WholeScalars", tuple)
_SCALARS = {Scalar: float, WholeScalar: int, Scalars: Floats, WholeScalars: Shape}


class Identity:
    """What all calls of an operator with the same static attributes have in common.

    Attributes
    ----------
    inputs : tuple of str or None
        The names of the inputs that such calls have, once somebody has asked.
    """

    __slots__ = ("inputs",)

    def __init__(self) -> None:
        self.inputs: tuple[str, ...] | None = None


class Attrs(dict):
    """The parsed attributes of one call, for kernels and rules: a dict for ``**attrs``, an object for ``attrs.axis``.

    Shared and cached, so never written to after parsing. Two are equal if they were parsed from the same values.
    What is accepted and ignored can be asked for, but is no part of the dict.

    Attributes
    ----------
    identity : Identity
        Common to all calls that differ in their scalars at most: what caches are keyed by.
    numbers : dict
        The scalars that were given.
    ignored : dict
        What the kernel does not take.
    """

    __slots__ = ("identity", "numbers", "ignored")

    def __missing__(self, name: str) -> Any:
        return self.ignored[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no attribute {name!r}; there are {', '.join(self) or 'none'}") from None

    def having(self, numbers: dict[str, Any]) -> Attrs:
        """Return these attributes with other scalars."""
        attrs = Attrs(self, **numbers)
        attrs.identity, attrs.numbers, attrs.ignored = self.identity, numbers, self.ignored
        return attrs

    def __hash__(self) -> int:
        return hash(self.identity)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Attrs) and self.identity is other.identity
                                 and repr(self.numbers) == repr(other.numbers))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __copy__(self) -> Attrs:
        return self

    def __deepcopy__(self, memo: dict) -> Attrs:
        return self


def as_text(value: Any) -> str:
    """Write an attribute as MXNet stores it: Python's text of the value, names for data types.

    NumPy's scalars are numbers there, also in tuples and lists, where NumPy 2 itself writes ``np.int64(3)``.
    """
    if isinstance(value, (type, np.dtype)):
        return as_dtype(value).name
    if isinstance(value, np.ndarray) and value.ndim:
        value = tuple(value.tolist())
    return _item_text(value) if isinstance(value, (tuple, list)) else str(value)


def _item_text(value: Any) -> str:
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_item_text, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(_item_text, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _literal(text: str) -> Any:
    """Read the tuple or number in `text`, also as Python 2 wrote it: ``(1L, 2L)``."""
    text = text.strip()
    if text[:1] not in ("(", "["):
        return ast.literal_eval(text) if "," not in text else None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return ast.literal_eval(text.replace("L", ""))


def _int(value: Any) -> int:
    if isinstance(value, str):
        return int(value)
    if isinstance(value, (bool, np.bool_)):
        raise TypeError
    return operator.index(value)


def _float(value: Any) -> float:
    if isinstance(value, str):
        number = float(value.replace("_", "?"))  # Python reads 1_000
        if math.isinf(number) and "inf" not in value.lower():
            raise ValueError
        return number
    if isinstance(value, (bool, np.bool_)):
        raise TypeError
    return float(value)


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
    if isinstance(value, (bool, np.bool_, int, np.integer)) and value in (0, 1):
        return bool(value)
    raise ValueError


def _str(value: Any) -> str:
    return str(value)


def _items(item: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    def parse(value: Any) -> tuple:
        if isinstance(value, str):
            value = _literal(value)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        values = value if isinstance(value, (tuple, list, range)) else (value,)
        if any(isinstance(each, str) for each in values):
            raise TypeError
        return tuple(map(item, values))
    return parse


def _optional(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value == "None" else item(value)


_PARSERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    int: (_int, "an int"),
    float: (_float, "a float"),
    bool: (_bool, "a boolean"),
    str: (_str, "a string"),
    Shape: (_items(_int), "a tuple of int"),
    OptShape: (_items(_optional(_int)), "a tuple of int or None"),
    Floats: (_items(_float), "a tuple of float"),
    DType: (as_dtype, "a data type"),
}
_RESERVED = frozenset(Attrs.__slots__)


@functools.cache
def _parser(annotation: Any) -> tuple[Callable[[Any], Any], str]:
    """Return the parser for `annotation` and the words that describe what it takes."""
    if annotation in _PARSERS:
        return _PARSERS[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        choices = {str(choice): choice for choice in arguments}
        words = "one of " + ", ".join(repr(choice) for choice in arguments)
        return (lambda value: choices[str(value)]), words
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        if len(inner) == 1 and len(arguments) == 2:
            parse, words = _parser(inner[0])
            return _optional(parse), words + " or None"
    raise TypeError(f"no attribute parser for the annotation {annotation!r}")


@functools.cache
def _takes_none(annotation: Any) -> bool:
    return not {None, type(None)}.isdisjoint(typing.get_args(annotation))


class Schema:
    """The attributes that one operator takes.

    Parameters
    ----------
    op_name : str
        The operator, for messages.
    fields : dict
        Name to (annotation, default); a default of ``REQUIRED`` means there is none.
    ignores : set of str
        Fields that the kernel does not take.

    Attributes
    ----------
    scalars : set of str
        Fields that may differ from call to call.
    """

    CACHE_LIMIT = 4096

    def __init__(self, op_name: str, fields: dict[str, tuple[Any, Any]], ignores: frozenset[str] = frozenset()):
        if not _RESERVED.isdisjoint(fields):
            raise TypeError(f"{op_name}: an attribute cannot be called {', '.join(_RESERVED)}")
        self.op_name, self.ignores = op_name, ignores
        self.scalars = frozenset(name for name, (annotation, _) in fields.items() if annotation in _SCALARS)
        self._scalar_classes = {name: _SCALARS[fields[name][0]] for name in self.scalars}
        self.fields = fields = {name: (_SCALARS.get(annotation, annotation), default)
                                for name, (annotation, default) in fields.items()}
        self._parsers = {name: _parser(annotation) for name, (annotation, _) in fields.items()}
        self.nullable = frozenset(name for name, (annotation, _) in fields.items() if _takes_none(annotation))
        self._defaults = {name: default for name, (_, default) in fields.items()}
        self._cache: dict[Any, Attrs] = {}
        self._bare: Attrs | None = None  # the defaults alone

    def __call__(self, values: dict[str, Any]) -> Attrs:
        """Parse `values`, checking names, types and required attributes once per distinct set of static ones."""
        if not values and self._bare is not None:
            return self._bare
        if not self.scalars or self.scalars.isdisjoint(values):
            return self._static(values, ())
        classes, numbers, others = self._scalar_classes, {}, {}
        for name, value in values.items():
            if name in classes:
                if value.__class__ is classes[name]:
                    numbers[name] = value
                elif value is not _Null:  # which is as if it had not been given
                    numbers[name] = self._read(name, value)
            else:
                others[name] = value
        given = tuple(numbers)
        static = None if others else self._cache.get(given)
        return (self._static(others, given) if static is None else static).having(numbers)

    def _static(self, values: dict[str, Any], given: tuple[str, ...]) -> Attrs:
        """Return the attributes for the static `values`, to be completed by the scalars that are `given`."""
        key = None
        try:
            # True == 1 == 1.0 and 0.0 == -0.0, also in tuples: types are part of the key, or text that shows them
            key = (*given, *[(name, value.__class__, value if value and value.__class__ is not tuple else repr(value))
                            for name, value in values.items()])
            attrs = self._cache.get(key)
        except (TypeError, ValueError):  # a list or an array: parsed afresh, then shared by its parsed values
            attrs = key = None
        return self._parse(values, given, key) if attrs is None else attrs

    def _read(self, name: str, value: Any) -> Any:
        """Parse one attribute."""
        parse, words = self._parsers[name]
        try:
            return parse(value)
        except MXNetTypeError as error:  # no data type
            raise MXNetTypeError(f"{self.op_name}: {name} is {value!r}; expected {words}") from error
        except (ValueError, TypeError, KeyError, SyntaxError, RuntimeError) as error:
            raise MXNetValueError(f"{self.op_name}: {name} is {value!r}; expected {words}") from error

    def _parse(self, values: dict[str, Any], given: tuple[str, ...], key: Any) -> Attrs:
        parsed = Attrs(self._defaults)
        for name, value in values.items():
            if name in self._parsers:
                if value is not _Null:
                    parsed[name] = self._read(name, value)
            # else it is the node's, or the operator has no attributes: then MXNet takes any, and means nothing by it
            elif self._parsers and not (name.startswith("__") and name.endswith("__")):
                raise MXNetValueError(f"{self.op_name}: unknown argument {name!r}; it takes "
                                      f"{', '.join(self._parsers) or 'no attributes'}")
        missing = [name for name, value in parsed.items() if value is REQUIRED and name not in given]
        if missing:
            raise MXNetValueError(f"{self.op_name}: required argument {missing[0]!r} is missing")
        canonical = given, *[(name, value.__class__, repr(value)) for name, value in parsed.items()]
        parsed.identity, parsed.numbers = Identity(), {}
        parsed.ignored = {name: parsed.pop(name) for name in self.ignores}
        if len(self._cache) > self.CACHE_LIMIT:
            self._cache.clear()
        parsed = self._cache.setdefault(canonical, parsed)
        if key is not None:
            self._cache[key] = parsed
        if not values and not given:
            self._bare = parsed
        return parsed
