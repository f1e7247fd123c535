"""Indexing: what a key means, reading and writing elements, and both on the tape."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..device import bring
from ..error import BadIndex
from ..ops import catalog
from ..tape import state
from ..util import state as switches
from .arithmetic import SCALARS
from .base import NDArrayBase, wrap
from .flight import share
from .invoke import call, forbid_recorded

__all__ = ["Indexing", "normalize", "as_slices", "as_key"]

_EVERYTHING = slice(None)


def normalize(key: Any, device: Any, shape: tuple[int, ...]) -> Any:
    """Return `key`, an index of an array of `shape`, with everything like an array turned into arrays of `device`.

    Numbers of every type are positions, as everywhere in MXNet: ``a[a > 2]`` and ``a[numpy_array > 2]`` take the rows
    0 and 1, and so do lists of bool. Only an NDArray of dtype bool, which MXNet refuses, is a mask. Positions out of
    range raise IndexError when the array is indexed; those in arrays on a GPU are not looked at, as that would wait for
    them: they wrap around.
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
        raise BadIndex(f"{item!r} is not an index; expected a whole number")
    if not isinstance(raw, device.xp.ndarray):
        if isinstance(raw, (list, tuple, range)):
            raw = [getattr(each, "item", lambda each=each: each)() if getattr(each, "size", 0) == 1 else each
                   for each in raw]
        raw = np.asarray(raw)
        if raw.dtype == object or raw.dtype.kind not in "fiub":
            raise BadIndex(f"{item!r} is not an index; expected int, slice, None, ... or an array of whole numbers")
    mask = raw.dtype.kind == "b" and (isinstance(item, NDArrayBase) or not isinstance(raw, np.ndarray))
    return raw if raw.dtype.kind in "iu" or mask else raw.astype("int64")


def _whole(key: Any) -> Any:
    """Return a key to read with, in which True and False are the numbers that they are for MXNet."""
    if key.__class__ is tuple:
        return tuple([int(item) if item.__class__ is bool else item for item in key])
    return int(key) if key.__class__ is bool else key


def as_slices(key: Any, shape: tuple[int, ...]) -> tuple | None:
    """Return a basic key as (begin, end, step, shape of the result), or None if `key` holds arrays.

    ``begin`` is None where the key takes everything. An element keeps one axis, as in MXNet, unless the switch
    np_shape is on.
    """
    items = key if isinstance(key, tuple) else (key,)
    if not all(i is None or i is Ellipsis or (isinstance(i, (int, slice, np.integer)) and not isinstance(i, bool))
               for i in items):
        return None
    taken = sum(i is not None and i is not Ellipsis for i in items)
    if taken > len(shape) or sum(i is Ellipsis for i in items) > 1:
        raise BadIndex(f"index {key!r} has too many items for shape {shape}")
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
            try:
                start, stop, stride = item.indices(shape[axis])
            except (ValueError, TypeError) as error:
                raise BadIndex(f"{item!r} is not an index: {error}") from None
            length = len(range(start, stop, stride))
            begin.append(start)
            end.append(None if stride < 0 and stop < 0 else stop)
            step.append(stride)
            result.append(length)
            axis += 1
        else:
            place = int(item) + (shape[axis] if item < 0 else 0)
            if not 0 <= place < shape[axis]:
                raise BadIndex(f"index {item} is out of bounds for axis {axis} with size {shape[axis]}")
            begin.append(place)
            end.append(place + 1)
            step.append(1)
            axis += 1
    whole = all(b == 0 and e == n and s == 1 for b, e, s, n in zip(begin, end, step, shape))
    if not result and shape and not switches.np_shape:
        result = [1]
    return None if whole else tuple(begin), tuple(end), tuple(step), tuple(result)


def as_key(begin: Any, end: Any, step: Any) -> tuple[slice, ...]:
    """Return the key for a slice given as the operator `slice` takes it, by tuples with one item an axis."""
    step = tuple(step) or (None,) * len(begin)
    return tuple(map(slice, begin, end, step))


def _cast(value: Any, dtype: np.dtype) -> np.ndarray:
    """Return numbers as an array of `dtype`, cast as C does: -1 is 255 in uint8."""
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise TypeError("the numbers are complex")
    with np.errstate(invalid="ignore"):
        return array if array.dtype == dtype else array.astype(dtype)


class Indexing(NDArrayBase):
    """Elements of arrays, read and written by keys."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> NDArrayBase:
        if (key.__class__ is slice and key == _EVERYTHING) or (key.__class__ is tuple and not key):
            return self
        data = self._data
        if state.recording and self._entry is not None:
            return self._recorded_item(key)
        (self._ctx._device or self._ctx.device).enter()
        try:
            if key.__class__ is not int and key.__class__ is not slice:
                key = normalize(_whole(key), self._ctx.device, self.shape)
            found = data[key]
        except BadIndex:
            raise
        except (IndexError, TypeError, ValueError) as error:
            raise BadIndex(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        except self._ctx.device.failures as error:
            raise self._ctx.device.failed(f"taking {key!r} of an array of shape {self.shape}", error) from error
        if found.__class__ is not data.__class__:  # a number, where an array that shares memory is wanted
            found = data.reshape(data.shape + (1,))[key].reshape(())
        if not found.ndim and data.ndim and not switches.np_shape:
            found = found.reshape(1)  # one element keeps an axis
        if not found.flags.c_contiguous:
            found = found.copy(order="C")
        return share(self, found) if found.base is not None else self._wrap(found)

    def _recorded_item(self, key: Any) -> NDArrayBase:
        """Index by operators, so that the tape sees it: a basic key is a slice, any other a take of flat positions."""
        key = _whole(key)
        spec = as_slices(key, self.shape)
        if spec is not None:
            begin, end, step, shape = spec
            part = self if begin is None else call("slice", self, begin=begin, end=end, step=step)
            return part if part.shape == shape else call("Reshape", part, shape=shape)
        device = self._ctx.device
        device.enter()
        try:
            positions = device.xp.arange(self.size).reshape(self.shape)[normalize(key, device, self.shape)]
        except BadIndex:
            raise
        except (IndexError, TypeError, ValueError) as error:
            raise BadIndex(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        flat = call("Reshape", self, shape=(-1,))
        if not positions.ndim and not switches.np_shape:
            positions = positions.reshape(1)
        return call("take", flat, wrap(positions, self._ctx))

    def __setitem__(self, key: Any, value: Any) -> None:
        recorded = None
        if state.recording:
            if self._entry is not None:
                forbid_recorded(catalog.get("_slice_assign"), (self,))
                self._entry = None
            if isinstance(value, NDArrayBase) and value._entry is not None:
                recorded = value
        device = self._ctx.device
        if device.kind != "cpu" and isinstance(value, device.xp.ndarray):
            value = bring(value, device)
        device.enter()
        if isinstance(value, NDArrayBase):
            if key.__class__ is slice and key == _EVERYTHING and value.shape == self.shape and value._ctx is self._ctx \
                    and device.address(value._data) == device.address(self._data) and recorded is None:
                return  # the second half of ``x[:] -= y``, which has written into the view x[:] already
            value = (device.apart(value._data, self._data) if value._ctx is self._ctx else
                     device.copy_from(value._data, value._ctx.device))
        elif not isinstance(value, SCALARS):
            value = self._converted(value)
        if key.__class__ is not int and key.__class__ is not slice:
            try:
                key = normalize(key, device, self.shape)
            except BadIndex:
                raise
            except (IndexError, TypeError, ValueError) as error:
                raise BadIndex(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        if key.__class__ is slice and not self._data.ndim:
            key = ()
        if getattr(value, "size", 0) == 1 and value.ndim:
            value = value.reshape(())  # one element goes anywhere
        try:
            if isinstance(value, SCALARS) and self._data.dtype.kind != "f":
                value = _cast(value, self._data.dtype)[()]
            if getattr(value, "size", 1) or self._data[key].size:
                self._data[key] = value
        except IndexError as error:
            raise BadIndex(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        except (ValueError, TypeError, OverflowError) as error:
            came = f"of shape {value.shape}" if hasattr(value, "shape") else repr(value)
            raise MXNetValueError(f"cannot assign a value {came} to [{key!r}] of an array of shape {self.shape} and "
                                  f"type {self._data.dtype}: {error}") from None
        except device.failures as error:
            raise device.failed(f"assigning to {key!r} of an array of shape {self.shape}", error) from error
        if recorded is not None:
            self._record_assignment(key, recorded)

    def _converted(self, value: Any) -> Any:
        """Return lists and arrays of NumPy's as a raw array of the device, in this array's dtype."""
        device = self._ctx.device
        if isinstance(value, device.xp.ndarray):
            return value
        try:
            value = _cast(value, self._data.dtype)
        except (ValueError, TypeError) as error:
            raise MXNetTypeError(f"cannot assign {value!r}: {error}") from None
        return value if device.kind == "cpu" else device.from_host(value)

    def _record_assignment(self, key: Any, value: NDArrayBase) -> None:
        """Put on the tape that the recorded array `value` has been assigned to the places `key`."""
        value = value.as_in_context(self._ctx).astype(self.dtype, copy=False)
        xp = self._ctx.device.xp
        places = xp.asarray(xp.arange(self.size).reshape(self.shape)[key])
        if not places.size:
            return
        value = value.reshape((1,) if value.size == 1 else value.shape[max(value.ndim - places.ndim, 0):])
        if value.shape != places.shape:
            value = call("broadcast_to", value, shape=places.shape or (1,))
        flat = self.reshape(-1)  # shares the memory
        call("_scatter_set_nd", flat, value.reshape(-1), wrap(places.reshape(1, -1), self._ctx), shape=flat.shape,
              out=flat)
        self._entry = flat.reshape(self.shape)._entry
