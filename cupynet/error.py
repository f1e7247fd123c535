"""The tree of errors (``mx.error``), and the names by which MXNet knows their kinds."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["MXNetError", "MXNetValueError", "MXNetTypeError", "MXNetIndexError", "MXNetKeyError",
           "MXNetNotImplementedError", "MXNetAssertionError", "BadIndex", "NotImplementedForSymbol",
           "NotSupportedForSparseNDArray", "InternalError", "register", "error_types"]

error_types: dict[str, type] = {error.__name__: error for error in (
    ValueError, TypeError, AttributeError, IndexError, NotImplementedError)}


def register(func_name: str | type | None = None, cls: type | None = None) -> Any:
    """Note a class of errors under a name: ``register(name, cls)``, or as a decorator, with or without a name.

    Examples
    --------
    >>> import cupynet as mx
    >>> @mx.error.register
    ... class OutOfPatience(mx.MXNetError):
    ...     pass
    >>> mx.base.error_types['OutOfPatience'] is OutOfPatience
    True
    """
    if isinstance(func_name, type):
        return register(func_name.__name__, func_name)

    def note(error: type) -> type:
        error_types[func_name or error.__name__] = error
        return error
    return note if cls is None else note(cls)


class MXNetError(RuntimeError):
    """Anything that cupynet refuses to do. The message says who, what came and what was expected."""


class MXNetValueError(MXNetError, ValueError):
    """An argument of the right type with a wrong value (also a :class:`ValueError`)."""


class MXNetTypeError(MXNetError, TypeError):
    """An argument of the wrong type (also a :class:`TypeError`)."""


class MXNetIndexError(MXNetError, IndexError):
    """An index outside its axis (also an :class:`IndexError`)."""


class BadIndex(MXNetIndexError, MXNetValueError):
    """A key that does not fit an array: IndexError, as for NumPy, and ValueError, as MXNet raises for some keys."""


class MXNetKeyError(MXNetError, KeyError):
    """A name that is not there (also a :class:`KeyError`)."""

    __str__ = RuntimeError.__str__  # KeyError would quote the message


class MXNetAssertionError(MXNetValueError, AssertionError):
    """A wrong value where MXNet asserts a right one (also an :class:`AssertionError`)."""


class MXNetNotImplementedError(MXNetError, NotImplementedError):
    """Something that neither MXNet nor cupynet does (also a :class:`NotImplementedError`)."""


@register
class InternalError(MXNetError):
    """A defect of cupynet itself."""

    def __init__(self, msg: str):
        super().__init__(f"{msg}\nHint: this is an internal error of cupynet. Please report it with what led to it.")


class _Unsupported(MXNetError):
    """A function that exists for dense NDArrays only."""

    _what = ""

    def __init__(self, function: Callable | str, alias: str | None, *args: object):
        name = getattr(function, "__name__", str(function))
        text = f"Function {name}"
        if alias:
            text += f' (namely operator "{alias}")'
        if args:
            text += f" with arguments ({', '.join(str(type(a)) for a in args)})"
        super().__init__(f"{text} is not {self._what} and only available in NDArray.")


@register
class NotImplementedForSymbol(_Unsupported):
    """A function of NDArray that has no meaning for a Symbol, whose values are not known yet."""

    _what = "implemented for Symbol"


class NotSupportedForSparseNDArray(_Unsupported):
    """A function of dense NDArrays that sparse ones do not have."""

    _what = "supported for SparseNDArray"
