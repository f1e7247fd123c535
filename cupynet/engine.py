"""``mx.engine``: how many operators the engine may take together."""
from __future__ import annotations

import threading
from types import TracebackType

from .base import MXNetTypeError, MXNetValueError
from .device import streams

__all__ = ["bulk", "set_bulk_size"]


class _Bulk(threading.local):
    size = 0


_bulk = _Bulk()


def set_bulk_size(size: int) -> int:
    """Set how many operators may be taken together; return the number before.

    It is remembered for the calling thread, and changes nothing: the operators of a program run together anyway, others
    at once on the host, and on a GPU as fast as it takes them from its queue. With ``MXNET_ENGINE_TYPE=NaiveEngine`` it
    is always 0.

    Examples
    --------
    >>> import cupynet as mx
    >>> before = mx.engine.set_bulk_size(10)
    >>> mx.engine.set_bulk_size(before)
    10
    """
    if not hasattr(size, "__index__"):
        raise MXNetTypeError(f"set_bulk_size: {type(size).__name__!r} object cannot be interpreted as an integer")
    size = size.__index__()
    if size < 0:
        raise MXNetValueError(f"set_bulk_size: size is {size}; expected a number of operators")
    before = _bulk.size
    _bulk.size = 0 if streams.serial else size
    return before


class _BulkScope:
    """While it is entered, the thread's bulk size is another."""

    def __init__(self, size: int):
        self._size = size
        self._before: list[int] = []

    def __enter__(self) -> _BulkScope:
        self._before.append(set_bulk_size(self._size))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
                 ) -> None:
        set_bulk_size(self._before.pop())


def bulk(size: int) -> _BulkScope:
    """Return a scope with another bulk size (see :func:`set_bulk_size`).

    Examples
    --------
    >>> import cupynet as mx
    >>> with mx.engine.bulk(10):
    ...     x = mx.nd.zeros((1,))
    ...     for _ in range(100):
    ...         x += 1
    """
    return _BulkScope(size)
