"""What a function takes, read from its declaration; far quicker than ``inspect.signature`` for plain functions."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

__all__ = ["REQUIRED", "Parameters", "parameters_of"]

REQUIRED = object()

_read: dict[tuple[str, str], Any] = {}  # annotations by module and text


class Parameters(NamedTuple):
    """The parameters of a function behind its first one.

    Attributes
    ----------
    positional : tuple of str
    variadic : str or None
        The name of ``*args``.
    keywords : dict
        Of those that are keyword-only, annotation (None where there is none) and default (or ``REQUIRED``) by name.
    """

    positional: tuple[str, ...]
    variadic: str | None
    keywords: dict[str, tuple[Any, Any]]


def parameters_of(fn: Callable) -> Parameters:
    """Return what `fn` takes behind its first parameter."""
    if fn.__class__ is not FunctionType or fn.__dict__:  # it may say of itself that it takes something else
        return _inspected(fn)
    code, names, notes = fn.__code__, fn.__code__.co_varnames, fn.__annotations__
    plain, end = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    defaults = fn.__kwdefaults__ or {}
    return Parameters(names[1:plain], names[end] if code.co_flags & inspect.CO_VARARGS else None,
                      {name: (_annotation(notes.get(name), fn.__globals__), defaults.get(name, REQUIRED))
                       for name in names[plain:end]})


def _annotation(note: Any, module: dict[str, Any]) -> Any:
    """Return an annotation, evaluated if it is text."""
    if note.__class__ is not str:
        return note
    key = module["__name__"], note
    if key not in _read:
        _read[key] = eval(note, module)  # as inspect.signature(eval_str=True) does
    return _read[key]


def _inspected(fn: Callable) -> Parameters:
    _, *parameters = inspect.signature(fn, eval_str=True).parameters.values()
    return Parameters(
        tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)),
        next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None),
        {p.name: (None if p.annotation is p.empty else p.annotation, REQUIRED if p.default is p.empty else p.default)
         for p in parameters if p.kind is p.KEYWORD_ONLY})
