"""Errors and the small vocabulary that every other room shares."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["MXNetError", "MXNetValueError", "MXNetTypeError", "MXNetIndexError", "MXNetKeyError",
           "MXNetNotImplementedError", "NotImplementedForSymbol", "classproperty", "string_types", "numeric_types",
           "integer_types"]


class MXNetError(RuntimeError):
    """Anything that cupynet refuses to do. The message says who, what came and what was expected."""


class MXNetValueError(MXNetError, ValueError):
    """An argument of the right type with a wrong value (also a :class:`ValueError`)."""


class MXNetTypeError(MXNetError, TypeError):
    """An argument of the wrong type (also a :class:`TypeError`)."""


class MXNetIndexError(MXNetError, IndexError):
    """An index outside its axis (also an :class:`IndexError`)."""


class MXNetKeyError(MXNetError, KeyError):
    """A name that is not there (also a :class:`KeyError`)."""

    __str__ = RuntimeError.__str__  # KeyError would quote the message


class MXNetNotImplementedError(MXNetError, NotImplementedError):
    """Something that neither MXNet nor cupynet does (also a :class:`NotImplementedError`)."""


class NotImplementedForSymbol(MXNetError):
    """A function of NDArray that has no meaning for a Symbol, whose values are not known yet."""

    def __init__(self, function: object, alias: str | None = None, *args: object):
        name = getattr(function, "__name__", str(function))
        text = f"Function {name}"
        if alias:
            text += f' (namely operator "{alias}")'
        if args:
            text += f" with arguments ({','.join(str(type(a)) for a in args)})"
        super().__init__(text + " is not implemented for Symbol and only available in NDArray.")


class classproperty:
    """A read-only property of a class itself: ``NameManager.current``."""

    def __init__(self, get: Callable[[type], object]):
        self._get = get

    def __get__(self, instance: object, owner: type) -> object:
        return self._get(owner)


string_types = (str,)
integer_types = (int, np.int32, np.int64)
numeric_types = (float, int, np.generic)
