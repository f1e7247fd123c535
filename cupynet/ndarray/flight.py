"""Arrays in flight: while a program uses its memory, an array is of a class that waits for it.

That class has the same slots, but its ``_data`` is a property, which waits and puts the class back. So an array that
is ready costs nothing more, and no code that uses arrays needs to know of programs that are under way. Arrays that
share memory are noted, so that all of them wait.
"""
from __future__ import annotations

import gc
import threading
import weakref
from collections import deque
from collections.abc import Collection, Iterable
from typing import Any

from ..base import MXNetError
from ..device.streams import owner_of, settle
from ..tape import Entry
from .base import NDArrayBase, wrap

__all__ = ["hold", "note", "raw_of", "share"]

raw_of = NDArrayBase._data.__get__  # what an array holds, without waiting for it
_set_raw = NDArrayBase._data.__set__
_set_class = object.__dict__["__class__"].__set__
_ref = weakref.ref


# ---- the class of waiting arrays ------------------------------------------------------------------

class _Known:
    """What is known of an array before its elements are there, in the place of the array itself."""

    def __init__(self, raw: Any):
        self._data = raw


def _waiting(cls: type) -> type:
    """Make the class of arrays in flight that are of the class `cls` otherwise, and say that they are."""
    def data(self: NDArrayBase) -> Any:
        raw = raw_of(self)
        try:
            landed = settle(raw)
        except MXNetError:
            _set_class(self, cls)
            raise
        if landed:
            _set_class(self, cls)
        return raw

    def known(name: str) -> property:
        get = getattr(cls, name).fget
        return property(lambda self: get(_Known(raw_of(self))))

    members = {name: known(name) for name in ("shape", "dtype", "size", "ndim")}
    return type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__, "__doc__": cls.__doc__,
                                       "__qualname__": cls.__qualname__, "__class__": property(lambda self: cls),
                                       "_data": property(data, _set_raw), **members})


_classes: dict[type, type] = {}  # a class of arrays, or of arrays in flight -> that of arrays in flight


def _ground(array: NDArrayBase) -> None:
    cls = type(array)
    waiting = _classes.get(cls)
    if waiting is None:
        waiting = _classes[cls] = _waiting(cls)
        _classes[waiting] = waiting
    if waiting is not cls:
        _set_class(array, waiting)


def hold(arrays: Iterable[NDArrayBase], owners: Collection[int]) -> None:
    """Let `arrays` wait for their memory, and all others in the memory with these `owners` (by ``id``)."""
    for array in arrays:
        _ground(array)
    for array in _sharing(owners):
        _ground(array)


# ---- who shares memory ----------------------------------------------------------------------------
# Nobody asks before the first program is under way. Then the arrays that there are are looked for once, and from then
# on those that come to share memory are noted.

_noting = False
_noted: deque[weakref.ref] = deque()  # as they come; most are gone before anybody asks
_MANY = 4096
_lock = threading.Lock()
_sharers: dict[int, dict[int, weakref.ref]] = {}  # by owner and array
_entered: set[int] = set()  # the arrays in that table


def share(array: NDArrayBase, data: Any, entry: Entry | None = None) -> Any:
    """Return the raw array `data`, in the memory of `array`, as an array like it."""
    other = wrap(data, array._ctx, entry, array._class)
    if _noting:
        note(array)
        note(other)
    return other


def note(array: NDArrayBase) -> NDArrayBase:
    """Return `array`, after noting that it shares its memory with others."""
    if _noting and id(array) not in _entered:
        _noted.append(_ref(array))
        if len(_noted) > _MANY:
            _sort()
    return array


def _begin_to_note() -> None:
    global _noting
    _noting = True
    gc.unfreeze()  # or some would not be found
    for each in gc.get_objects():
        if issubclass(type(each), NDArrayBase):
            note(each)


def _sort() -> None:
    """Enter those that were noted into the table of sharers."""
    with _lock:
        while _noted:
            array = _noted.popleft()()
            key = id(array)
            if array is not None and key not in _entered:
                owner = id(owner_of(raw_of(array)))
                _entered.add(key)
                _sharers.setdefault(owner, {})[key] = _ref(array, lambda _, owner=owner, key=key: _drop(owner, key))


def _drop(owner: int, key: int) -> None:
    _entered.discard(key)
    found = _sharers.get(owner, {})
    found.pop(key, None)
    if not found:
        _sharers.pop(owner, None)


def _sharing(owners: Collection[int]) -> list[NDArrayBase]:
    if not _noting:
        _begin_to_note()
    _sort()
    found = [ref() for owner in owners for ref in list(_sharers.get(owner, {}).values())]
    return [array for array in found if array is not None]
