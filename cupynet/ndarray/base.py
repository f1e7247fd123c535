"""What every array is made of: a raw array, its context, and its place on the tape.

The class of arrays is open: subclasses share this storage, the tape and the devices, and say by ``_class`` what
comes out of their operators.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import tape
from ..base import MXNetTypeError, MXNetValueError
from ..context import Context, current_context

__all__ = ["NDArrayBase", "only_arrays", "wrap"]

_new = object.__new__


class NDArrayBase:
    """A raw array on a context, without operators.

    Attributes
    ----------
    _class : type
        The class of what is computed from arrays of this class. The base class's is what arrays are when nobody
        says: :class:`~cupynet.ndarray.NDArray`.
    """

    __slots__ = ("_data", "_ctx", "_entry", "__weakref__")
    _class: ClassVar[type]

    def __init__(self, handle: Any, writable: bool = True):
        """Take over the raw array `handle`; ``None`` leaves the array to be filled by unpickling."""
        self._data = handle
        self._ctx = current_context()
        self._entry = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._data.shape

    @property
    def dtype(self) -> type:
        """Element type, as a NumPy class such as ``numpy.float32``."""
        return self._data.dtype.type

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self._data.size)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim

    @property
    def context(self) -> Context:
        """The place where the array lives."""
        return self._ctx

    ctx = context

    @property
    def stype(self) -> str:
        """Storage type; always ``"default"`` (dense)."""
        return "default"

    @property
    def writable(self) -> bool:
        """Whether the elements can be changed; always true."""
        return True

    @property
    def grad(self) -> NDArrayBase | None:
        """The array that receives the gradient, or None if none was attached."""
        entry = self._entry
        return entry[0].grad if entry is not None and isinstance(entry[0], tape.Leaf) else None

    @property
    def _fresh_grad(self) -> bool:
        """Whether a backward pass has filled :attr:`grad` since somebody last set this to False."""
        entry = self._entry
        return entry is not None and entry[0].__class__ is tape.Leaf and entry[0].fresh

    @_fresh_grad.setter
    def _fresh_grad(self, value: bool) -> None:
        if self._entry is not None and self._entry[0].__class__ is tape.Leaf:
            self._entry[0].fresh = bool(value)

    def _wrap(self, data: Any, entry: tape.Entry | None = None) -> Any:
        """Return the raw array `data` as an array of this one's class and context."""
        return wrap(data, self._ctx, entry, self._class)

    def asnumpy(self) -> np.ndarray:
        """Return a NumPy copy, after waiting for the work that computes it."""
        return self._ctx.device.to_host(self._data)

    def asscalar(self) -> Any:
        """Return the only element as a NumPy scalar (as MXNet does, of two or more axes as a NumPy array of them).

        Raises MXNetValueError if there are several elements.
        """
        if self._data.size != 1:
            raise MXNetValueError("The current array is not a scalar")
        return self.asnumpy()[0 if self._data.ndim == 1 else ()]

    def item(self) -> Any:
        """Return the only element as a Python number."""
        if self._data.size != 1:
            raise MXNetValueError("The current array is not a scalar")
        return self.asnumpy().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        return self.asnumpy().tolist()

    def wait_to_read(self) -> None:
        """Wait until the elements are computed; an error in that work is raised here."""
        self._ctx.device.wait_for(self._data)

    wait_to_write = wait_to_read

    def __len__(self) -> int:
        if not self._data.ndim:
            raise MXNetTypeError("len: the array has no axes")
        return self._data.shape[0]

    def __bool__(self) -> bool:
        if self._data.size == 1:
            return bool(self.asscalar())
        if self._data.size == 0:
            return False
        raise MXNetValueError("The truth value of an NDArray with multiple elements is ambiguous.")

    def __float__(self) -> float:
        return float(self._only())

    def __int__(self) -> int:
        return int(self._only())

    def _only(self) -> Any:
        if self._data.size != 1:
            raise MXNetTypeError(f"only an array of one element is a number, not one of shape {self.shape}")
        return self.asnumpy().item()

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu":
            raise MXNetTypeError(f"only arrays of whole numbers can be an index, not {self._data.dtype}")
        return int(self._only())

    def __repr__(self) -> str:
        return f"\n{self.asnumpy()!s}\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self._ctx}>"

    def __format__(self, spec: str) -> str:
        return format(self.asnumpy().item(), spec) if spec and self._data.size == 1 else object.__format__(self, spec)

    def __iter__(self) -> Iterator[NDArrayBase]:
        for i in range(len(self)):
            yield self[i]


def only_arrays(values: Sequence[Any]) -> bool:
    """Whether all of `values` are arrays of these classes."""
    for value in values:  # noqa: SIM110 (all() costs more than the loop)
        if not isinstance(value, NDArrayBase):
            return False
    return True


def wrap(data: Any, ctx: Context, entry: tape.Entry | None = None, cls: type | None = None) -> Any:
    """Return the raw array `data`, which is not copied, as an array of the class `cls` (default: NDArray)."""
    array = _new(cls or NDArrayBase._class)
    array._data = data
    array._ctx = ctx
    array._entry = entry
    return array
