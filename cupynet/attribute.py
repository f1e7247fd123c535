"""Attributes that a scope gives to every symbol composed in it."""
from __future__ import annotations

import threading

from .base import MXNetValueError, classproperty

__all__ = ["AttrScope", "current", "HIDDEN"]

# Attributes that MXNet knows by their short names and stores with underscores around them.
HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")


class _Stack(threading.local):
    def __init__(self) -> None:
        self.scopes = [AttrScope()]


class AttrScope:
    """A scope that adds attributes, which are strings, to the symbols composed in it.

    Examples
    --------
    >>> import cupynet as mx
    >>> with mx.AttrScope(ctx_group='dev1', __stage__='2'):
    ...     x = mx.sym.Variable('x')
    >>> x.attr('ctx_group'), x.attr('__stage__')
    ('dev1', '2')
    """

    current = classproperty(lambda cls: current())

    def __init__(self, **kwargs: str) -> None:
        if not all(isinstance(value, str) for value in kwargs.values()):
            raise MXNetValueError("Attributes need to be string")
        self._attrs = {stored(name): value for name, value in kwargs.items()}

    def get(self, attr: dict[str, str] | None) -> dict[str, str]:
        """Return the scope's attributes, overridden by those of `attr`."""
        if attr and not all(isinstance(value, str) for value in attr.values()):
            raise MXNetValueError("Attributes need to be string")
        return self._attrs | {stored(name): value for name, value in (attr or {}).items()}

    def __enter__(self) -> AttrScope:
        within = AttrScope()
        within._attrs = _stack.scopes[-1]._attrs | self._attrs
        _stack.scopes.append(within)
        return self

    def __exit__(self, *exc: object) -> None:
        _stack.scopes.pop()


def stored(name: str) -> str:
    """Return the name under which an attribute is kept."""
    return f"__{name}__" if name in HIDDEN else name


_stack = _Stack()


def current() -> AttrScope:
    """Return the innermost scope of this thread."""
    return _stack.scopes[-1]
