"""What an index means: keys made ready for raw arrays, and basic keys as slices for the tape."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..base import MXNetIndexError

__all__ = ["normalize", "as_slices", "as_key"]


def normalize(key: Any, device: Any, shape: tuple[int, ...]) -> Any:
    """Return `key`, an index of an array of `shape`, with everything like an array turned into arrays of `device`.

    Arrays of floating point are whole-number positions, as everywhere in MXNet (so ``a[a > 2]`` is not a
    mask); arrays of bool are masks. Positions out of range raise IndexError when the array is indexed; those in
    arrays on a GPU are not looked at, as that would wait for them: they wrap around.
    """
    single = not isinstance(key, tuple)
    items = [_item(each, device) for each in ((key,) if single else key)]
    if device.kind != "cpu":
        if not any(isinstance(each, device.xp.ndarray) for each in items):
            np.broadcast_to(False, shape)[tuple(items)]  # raises
        items = [device.from_host(each) if isinstance(each, np.ndarray) else each for each in items]
    return items[0] if single else tuple(items)


def _item(item: Any, device: Any) -> Any:
    if item is None or item is Ellipsis or isinstance(item, (int, slice, np.integer)):
        return item
    raw = getattr(item, "_data", item)
    if isinstance(item, (float, np.floating)):
        raise MXNetIndexError(f"{item!r} is not an index; expected a whole number")
    if not isinstance(raw, device.xp.ndarray):
        if isinstance(raw, (list, tuple, range)):
            raw = [getattr(each, "item", lambda each=each: each)() if getattr(each, "size", 0) == 1 else each
                   for each in raw]
        raw = np.asarray(raw)
        if raw.dtype == object or raw.dtype.kind not in "fiub":
            raise MXNetIndexError(f"{item!r} is not an index; expected int, slice, None, ... or an array of whole "
                                  "numbers")
    return raw.astype("int64") if raw.dtype.kind == "f" else raw


def as_slices(key: Any, shape: tuple[int, ...]) -> tuple | None:
    """Return a basic key as (begin, end, step, shape of the result), or None if `key` holds arrays.

    ``begin`` is None where the key takes everything. An element keeps one axis, as in MXNet.
    """
    items = key if isinstance(key, tuple) else (key,)
    if not all(i is None or i is Ellipsis or (isinstance(i, (int, slice, np.integer)) and not isinstance(i, bool))
               for i in items):
        return None
    taken = sum(i is not None and i is not Ellipsis for i in items)
    if taken > len(shape) or sum(i is Ellipsis for i in items) > 1:
        raise MXNetIndexError(f"index {key!r} has too many items for shape {shape}")
    if not any(i is Ellipsis for i in items):
        items = (*items, Ellipsis)
    begin, end, step, result = [], [], [], []
    axis = 0
    for item in items:
        if item is None:
            result.append(1)
        elif item is Ellipsis:
            for n in shape[axis:axis + len(shape) - taken]:
                begin.append(0)
                end.append(n)
                step.append(1)
                result.append(n)
            axis += len(shape) - taken
        elif isinstance(item, slice):
            start, stop, stride = item.indices(shape[axis])
            length = len(range(start, stop, stride))
            begin.append(start)
            end.append(None if stride < 0 and stop < 0 else stop)
            step.append(stride)
            result.append(length)
            axis += 1
        else:
            place = int(item) + (shape[axis] if item < 0 else 0)
            if not 0 <= place < shape[axis]:
                raise MXNetIndexError(f"index {item} is out of bounds for axis {axis} with size {shape[axis]}")
            begin.append(place)
            end.append(place + 1)
            step.append(1)
            axis += 1
    whole = all(b == 0 and e == n and s == 1 for b, e, s, n in zip(begin, end, step, shape))
    return (None if whole else tuple(begin), tuple(end), tuple(step), tuple(result) or (1,))


def as_key(begin: Any, end: Any, step: Any) -> tuple[slice, ...]:
    """Return the key for a slice given as the operator `slice` takes it, by tuples with one item an axis."""
    step = tuple(step) or (None,) * len(begin)
    return tuple(map(slice, begin, end, step))
