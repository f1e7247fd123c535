"""Attributes of operators: how an annotation of a kernel reads users' values and saved strings.

A symbol file stores every attribute as a string, so each annotation has one parser that takes both the
value that a user passes and the string that MXNet would have written for it.
"""
from __future__ import annotations

import ast
import operator
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, NewType

import numpy as np

from ..base import MXNetValueError, _Null
from ..dtypes import as_dtype

__all__ = ["Shape", "OptShape", "Floats", "DType", "Schema", "Attrs", "REQUIRED", "as_text"]

Shape = NewType("Shape", tuple)        # tuple of int; one int means a tuple of one
OptShape = NewType("OptShape", tuple)  # tuple whose items may be None, for slices
Floats = NewType("Floats", tuple)      # tuple of float
DType = NewType("DType", object)       # a numpy.dtype

REQUIRED = object()


class Attrs(dict):
    """The parsed attributes of one call: a dict for ``**attrs``, an object for ``attrs.num_hidden``.

    Shared and cached, so never written to after parsing.
    """

    __slots__ = ()
    __getattr__ = dict.__getitem__

    def __hash__(self) -> int:  # by identity: Schema hands out one object per distinct set of values
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    __ne__ = object.__ne__


def as_text(value: Any) -> str:
    """Write an attribute as MXNet stores it: Python's text of the value, names for data types.

    NumPy's scalars are numbers there, also in tuples and lists, where NumPy 2 itself writes ``np.int64(3)``.
    """
    if isinstance(value, (type, np.dtype)):
        return as_dtype(value).name
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
    """Read the Python literal in `text`, also as Python 2 wrote it: ``(1L, 2L)``."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return ast.literal_eval(text.strip().replace("L", ""))


def _int(value: Any) -> int:
    if isinstance(value, str):
        return int(value.strip().rstrip("L"))
    return operator.index(value)


def _float(value: Any) -> float:
    return float(value)


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}[value.strip().lower()]
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
        return tuple(map(item, value)) if isinstance(value, (tuple, list, range)) else (item(value),)
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


class Schema:
    """The attributes that one operator takes.

    Parameters
    ----------
    op_name : str
        The operator, for messages.
    fields : dict
        Name to (annotation, default); a default of ``REQUIRED`` means there is none.
    """

    CACHE_LIMIT = 4096

    def __init__(self, op_name: str, fields: dict[str, tuple[Any, Any]]):
        self.op_name = op_name
        self.fields = fields
        self._parsers = {name: _parser(annotation) for name, (annotation, _) in fields.items()}
        self.nullable = frozenset(name for name, (annotation, _) in fields.items()
                                  if {None, type(None)} & set(typing.get_args(annotation)))
        self._defaults = {name: default for name, (_, default) in fields.items()}
        self._cache: dict[Any, Attrs] = {}

    def __call__(self, values: dict[str, Any]) -> Attrs:
        """Parse `values`, checking names, types and required attributes once per distinct set."""
        key = None
        try:
            # bool and float arguments equal ints (True == 1 == 1.0), so their types are part of the key
            key = tuple([(name, value.__class__, value) for name, value in values.items()])
            attrs = self._cache.get(key)
        except TypeError:  # a list or an array: parsed afresh, then shared by its parsed values
            attrs = key = None
        return self._parse(values, key) if attrs is None else attrs

    def _parse(self, values: dict[str, Any], key: Any) -> Attrs:
        parsed = Attrs(self._defaults)
        for name, value in values.items():
            if name not in self._parsers:
                if name.startswith("__") and name.endswith("__"):
                    continue  # attributes of the node, not of the operator
                raise MXNetValueError(f"{self.op_name}: unknown argument {name!r}; it takes "
                                      f"{', '.join(self._parsers) or 'no attributes'}")
            if value is _Null:
                continue  # as if it had not been given
            parse, words = self._parsers[name]
            try:
                dict.__setitem__(parsed, name, parse(value))
            except (ValueError, TypeError, KeyError, SyntaxError, RuntimeError) as error:
                raise MXNetValueError(f"{self.op_name}: {name} is {value!r}; expected {words}") from error
        missing = [name for name, value in parsed.items() if value is REQUIRED]
        if missing:
            raise MXNetValueError(f"{self.op_name}: required argument {missing[0]!r} is missing")
        canonical = tuple([(name, value.__class__, value) for name, value in parsed.items()])
        if len(self._cache) > self.CACHE_LIMIT:
            self._cache.clear()
        parsed = self._cache.setdefault(canonical, parsed)
        if key is not None:
            self._cache[key] = parsed
        return parsed
