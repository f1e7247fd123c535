"""Operators as functions of Symbols, made from the registry when they are first asked for."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..base import MXNetTypeError
from ..ops import registry
from ..ops.call import bind, documentation, signature
from ..ops.registry import Op
from .symbol import Symbol, compose

__all__ = ["function", "namespace", "method"]


def _is_symbol(value: Any) -> bool:
    return isinstance(value, Symbol)


def function(op: Op, called: str) -> Callable:
    """Return the public function `called` of the operator `op`."""
    def call(*args: Any, name: str | None = None, attr: dict[str, str] | None = None, **kwargs: Any) -> Symbol:
        kwargs.pop("out", None)
        free = {key: kwargs.pop(key) for key in list(kwargs) if key.startswith("__") and key.endswith("__")}
        chosen, named, many, values = bind(op, called, args, kwargs, _is_symbol)
        for key, value in named.items():
            if not isinstance(value, Symbol):
                raise MXNetTypeError(f"{called}: {key} is {type(value).__name__}; expected a Symbol")
        return compose(chosen, called, named, many, values, name, {**(attr or {}), **free} or None)
    call.__name__ = call.__qualname__ = called
    call.__doc__ = documentation(op, called)
    sign = signature(op)
    attr = inspect.Parameter("attr", inspect.Parameter.KEYWORD_ONLY, default=None)
    call.__signature__ = sign.replace(parameters=[p if p.name != "out" else attr for p in sign.parameters.values()])
    call.__module__ = "cupynet.symbol"
    return call


def namespace(prefix: str, module: dict[str, Any]) -> tuple[Callable, Callable]:
    """Return ``__getattr__`` and ``__dir__`` for a module of the operators whose names begin with `prefix`."""
    def get(name: str) -> Callable:
        op = None if name.startswith("__") else registry.find(prefix + name)
        if op is None:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        module[name] = made = function(op, name)
        return made

    def listing() -> list[str]:
        return sorted({*module, *(n[len(prefix):] for n in registry.names() if n.startswith(prefix))})
    return get, listing


def method(name: str) -> Callable:
    """Return the operator `name` as a method: the symbol is its first input."""
    op = registry.get(name)
    call = function(op, name)

    def fluent(self: Symbol, *args: Any, **kwargs: Any) -> Symbol:
        return call(self, *args, **kwargs)
    fluent.__name__, fluent.__doc__ = name, call.__doc__
    return fluent
