"""Operators as functions of Symbols, made from the registry when they are first asked for."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..attribute import HIDDEN
from ..base import MXNetTypeError
from ..ops.call import bind, documentation, signature
from ..ops.call import method as _method
from ..ops.call import namespace as _namespace
from ..ops.op import Op
from ..ops.schema import as_text
from .compose import compose
from .symbol import Symbol

__all__ = ["function", "namespace", "method"]


def _is_symbol(value: Any) -> bool:
    return isinstance(value, Symbol)


def function(op: Op, called: str) -> Callable:
    """Return the public function `called` of the operator `op`."""
    def call(*args: Any, name: str | None = None, attr: dict[str, str] | None = None, **kwargs: Any) -> Symbol:
        kwargs.pop("out", None)
        free = {key: as_text(kwargs.pop(key)) for key in list(kwargs)
                if key in HIDDEN or (key.startswith("__") and key.endswith("__"))}
        chosen, named, many, values = bind(op, called, args, kwargs, _is_symbol, ("name", "attr", "out"))
        name, attr = values.pop("name", name), values.pop("attr", attr)
        values.pop("out", None)
        if name is not None and not isinstance(name, str):
            raise MXNetTypeError(f"{called}: name is {type(name).__name__}; expected a str")
        for key, value in named.items():
            if not isinstance(value, Symbol):
                raise MXNetTypeError(f"{called}: {key} is {type(value).__name__}; expected a Symbol")
        return compose(chosen, called, named, many, values, name, {**(attr or {}), **free} or None)
    call.__name__ = call.__qualname__ = called
    call.__doc__ = documentation(op, called)
    sign = signature(op)
    attr = inspect.Parameter("attr", inspect.Parameter.KEYWORD_ONLY, default=None)
    call.__signature__ = sign.replace(parameters=[p if p.name != "out" else attr for p in sign.parameters.values()])
    return call


namespace = functools.partial(_namespace, function)
method = functools.partial(_method, function)
