"""Attributes that a scope gives to every symbol composed in it."""
from __future__ import annotations

import threading
import warnings
from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

from .base import MXNetValueError, WithClassProperties, classproperty, string_types

__all__ = ["AttrScope", "current", "composed", "HIDDEN", "string_types"]

# Attributes that MXNet knows by their short names and stores with underscores around them.
HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")


class _Stack(threading.local):
    def __init__(self) -> None:
        self.scopes = [AttrScope()]


class AttrScope(metaclass=WithClassProperties):
    """A scope that adds attributes, which are strings, to the symbols composed in it.

    Examples
    --------
    >>> import cupynet as mx
    >>> with mx.AttrScope(ctx_group='dev1', __stage__='2'):
    ...     x = mx.sym.Variable('x')
    >>> x.attr('ctx_group'), x.attr('__stage__')
    ('dev1', '2')
    """

    _subgraph_names: ClassVar[defaultdict[str, int]] = defaultdict(int)  # how many graphs of loops have had a name

    def __init__(self, **kwargs: str) -> None:
        self._attr = _texts(kwargs)
        self._before: list[dict[str, str]] = []

    @classproperty
    def current(cls) -> AttrScope:
        """The innermost scope, which may be set (deprecated: use ``with``)."""
        _warn_of_current()
        return current()

    @current.setter
    def current(cls, scope: AttrScope) -> None:
        _warn_of_current()
        _stack.scopes[-1] = scope

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """Return the scope's attributes, overridden by those of `attr`."""
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> AttrScope:
        """Enter the scope, which inside also has the attributes of the one around it (in MXNet for ever)."""
        self._before.append(self._attr)
        self._attr = {**current()._attr, **self._attr}
        _stack.scopes.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _stack.scopes.pop()
        self._attr = self._before.pop()


def _texts(attrs: Mapping[str, str]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in attrs.values()):
        raise MXNetValueError("Attributes need to be string")
    return dict(attrs)


def stored(name: str) -> str:
    """Return the name under which an attribute is kept."""
    return f"__{name}__" if name in HIDDEN else name


_stack = _Stack()


def _warn_of_current() -> None:
    warnings.warn("AttrScope.current has been deprecated. It is advised to use the `with` statement with AttrScope.",
                  DeprecationWarning, stacklevel=4)


def current() -> AttrScope:
    """Return the innermost scope of this thread."""
    return _stack.scopes[-1]


def composed(attr: Mapping[str, str] | None) -> dict[str, str]:
    """Return the attributes of a symbol that is composed here with `attr`, under the names by which they are kept."""
    return {stored(name): value for name, value in _texts(current().get(attr)).items()}
