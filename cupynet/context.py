"""Contexts: the user's names of places, such as ``cpu(0)`` and ``gpu(1)``."""
from __future__ import annotations

import os
import threading
import warnings
from typing import Any

from . import device as _device
from .base import MXNetKeyError, MXNetTypeError, MXNetValueError, WithClassProperties, classproperty
from .device import cuda as _cuda

__all__ = ["Context", "cpu", "gpu", "cpu_pinned", "current_context", "num_gpus", "gpu_memory_info", "as_context",
           "set_default"]

_GPU_AS_CPU = "CUPYNET_GPU_AS_CPU"  # a variable of the environment: contexts called gpu compute on the host


class Context(metaclass=WithClassProperties):
    """A place where arrays live; also a context manager that makes it the default.

    There is one object per place, so contexts compare by identity as fast as by value. ``cpu(0)`` and
    ``cpu(1)`` are different places on the same host, so that code for many devices runs anywhere.

    Parameters
    ----------
    device_type : str or Context
        ``"cpu"``, ``"gpu"``, ``"cpu_pinned"`` or ``"cpu_shared"``.
    device_id : int
        The number of the device.

    Examples
    --------
    >>> import cupynet as mx
    >>> with mx.Context('cpu', 1):
    ...     x = mx.nd.ones((2,))
    >>> x.context
    cpu(1)
    """

    devtype2str = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type = {name: number for number, name in devtype2str.items()}
    _interned: dict[tuple[int, int], Context] = {}
    _default = threading.local()
    __slots__ = ("device_typeid", "device_id", "_device", "__weakref__")

    def __new__(cls, device_type: str | Context, device_id: int = 0) -> Context:
        if isinstance(device_type, Context):
            return device_type
        if device_type not in cls.devstr2type:
            raise MXNetKeyError(f"Context: device_type is {device_type!r}; "
                                f"expected one of {', '.join(cls.devstr2type)}")
        key = cls.devstr2type[device_type], int(device_id)
        self = cls._interned.get(key)
        if self is None:
            self = super().__new__(cls)
            self.device_typeid, self.device_id = key
            self._device = None
            self = cls._interned.setdefault(key, self)
        return self

    @classproperty
    def default_ctx(cls) -> Context:
        """The current context, which may be set (deprecated: use ``current_context()`` and ``with``)."""
        cls._warn_of_default()
        return current_context()

    @default_ctx.setter
    def default_ctx(cls, value: Context) -> None:
        cls._warn_of_default()
        if not isinstance(value, Context):
            raise MXNetTypeError(f"Context.default_ctx is set to {value!r}; expected a Context")
        if len(cls._default.__dict__.get("stack", ())) > cls._default.__dict__.get("has_default", False):
            cls._default.stack[-1] = value  # inside of a `with`
        else:
            set_default(value)

    @staticmethod
    def _warn_of_default() -> None:
        warnings.warn("Context.default_ctx has been deprecated. Please use Context.current_context() instead. "
                      "Please use test_utils.set_default_context to set a default context", DeprecationWarning,
                      stacklevel=4)

    @property
    def device_type(self) -> str:
        """The kind of place: ``"cpu"``, ``"gpu"``, ``"cpu_pinned"`` or ``"cpu_shared"``."""
        return self.devtype2str[self.device_typeid]

    @property
    def device(self) -> _device.Device:
        """What this place can do. Raises MXNetError for a GPU that cannot be used."""
        if self._device is None:
            self._device = _device.get(*self.place)
        return self._device

    @property
    def place(self) -> tuple[str, int]:
        """The kind and the number of the device, which need not be there."""
        on_gpu = self.device_typeid == 2 and not os.environ.get(_GPU_AS_CPU)
        return "cuda" if on_gpu else "cpu", self.device_id

    def shares(self, other: Context) -> bool:
        """Whether arrays here and there may take part in one operation: pinned and shared memory is the host's."""
        return self is other or (self.device_id == other.device_id and self.device_typeid % 2 == 1
                                 and other.device_typeid % 2 == 1)

    def empty_cache(self) -> None:
        """Give memory that is kept for reuse back to the device (nothing to do on the host)."""
        if self.device.kind == "cuda":
            self.device.enter()
            self.device.xp.get_default_memory_pool().free_all_blocks()

    def __enter__(self) -> Context:
        stack = self._default.__dict__.setdefault("stack", [])
        stack.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self._default.stack.pop()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __reduce__(self) -> Any:
        return Context, (self.device_type, self.device_id)


_CPU = Context("cpu", 0)


def cpu(device_id: int = 0) -> Context:
    """Return the CPU context number `device_id`; all of them share the host's memory."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return the context of GPU `device_id`; a missing GPU is reported when it is first used."""
    return Context("gpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return the context of page-locked host memory (used like ``cpu``; copies to a GPU pin by themselves)."""
    return Context("cpu_pinned", device_id)


def current_context() -> Context:
    """Return the innermost context entered with ``with`` in this thread, or ``cpu(0)``."""
    stack = getattr(Context._default, "stack", None)
    return stack[-1] if stack else _CPU


def set_default(ctx: Context) -> None:
    """Make `ctx` the context of this thread where no ``with`` says otherwise."""
    local = Context._default.__dict__
    stack = local.setdefault("stack", [])
    # The default is the bottom of the stack that `with` pushes to and pops from.
    stack[:1 if local.get("has_default") else 0] = [ctx]
    local["has_default"] = True


def num_gpus() -> int:
    """Return the number of GPUs that CuPy can use."""
    return _device.count_gpus()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Return the free and total memory of GPU `device_id`, in bytes."""
    return _cuda.memory_info(device_id)


def as_context(value: Any) -> Context:
    """Return the context that `value` means: a Context, text such as ``"gpu(1)"``, or the current one for None."""
    if isinstance(value, Context):
        return value
    if value is None or value == "":
        return current_context()
    kind, _, number = str(value).rstrip(")").partition("(")
    if not number.isdigit():
        raise MXNetValueError(f"{value!r} is not a context; expected a Context or text such as 'cpu(0)'")
    return Context(kind, int(number))
