"""The host: NumPy arrays, computed inline by the calling thread, and MXNet's random numbers."""
from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import observe
from ..base import MXNetError
from . import streams
from .random import Generator
from .streams import Job, Stream

__all__ = ["Device", "HostDevice"]

# Inside cupynet inf and nan come out silently, as in MXNet; NumPy's warnings elsewhere are not touched.
warnings.filterwarnings("ignore", ".* encountered in ", RuntimeWarning, module=r"cupynet\.")


class Device:
    """One place that holds arrays and computes on them.

    Attributes
    ----------
    kind : str
        ``"cpu"`` or ``"cuda"``; kernels may be declared for one kind.
    xp : module
        The array module, ``numpy`` or ``cupy``.
    index : int
        The number of the device among its kind.
    """

    kind: str
    xp: Any
    index: int
    numbers: Any  # the source of its random numbers, which devices may share
    failures: tuple[type[BaseException], ...] = (MemoryError,)  # errors of its own, not of a user's arguments

    def __init__(self, index: int):
        self.index = index

    @property
    def rng(self) -> Any:
        """What random operators draw from: a :class:`~.random.Generator` or what has its methods."""
        streams.settle(self.numbers)  # a program that draws may be under way
        return self.numbers

    def enter(self) -> None:
        """Make this device and its stream the current ones of the calling thread."""

    def submit(self, job: Job, function: Callable[[], None]) -> bool:
        """Run a program, or let it be run while the caller goes on; return whether it is under way."""
        self.enter()
        function()
        return False

    def in_turn(self) -> bool:
        """Note that a program begins, and say whether there is nothing that it could run beside."""
        return True

    def synchronize(self) -> None:
        """Wait until all work given to this device is done."""

    def from_host(self, array: np.ndarray) -> Any:
        """Copy a NumPy array to this device."""
        raise NotImplementedError

    def to_host(self, raw: Any) -> np.ndarray:
        """Return a NumPy copy of `raw`, waiting for the work that computes it."""
        raise NotImplementedError

    def copy_from(self, raw: Any, source: Device) -> Any:
        """Return a copy on this device of `raw`, which lives on `source`."""
        raise NotImplementedError

    def failed(self, what: str, error: BaseException) -> MXNetError:
        """Return the error that says that `what` has failed on this device."""
        return MXNetError(f"{what}: {error}")

    def overlap(self, a: Any, b: Any) -> bool:
        """Whether two different raw arrays may share memory."""
        raise NotImplementedError

    def apart(self, raw: Any, target: Any) -> Any:
        """Return `raw` as something that can be assigned to `target`: a copy where the two overlap in memory."""
        raise NotImplementedError

    def wait_for(self, raw: Any) -> None:
        """Wait until `raw`, which an array has given away as ready, is computed."""

    def lend(self, raw: Any) -> Any:
        """Return `raw` for other libraries to see, sharing its memory; their work comes after this device's."""
        return raw

    def borrow(self, raw: Any) -> Any:
        """Return `raw`, an array of another library's, after noting that others use its memory."""
        return raw

    def hold(self, raw: Any) -> None:
        """Keep `raw`, whose memory another library will reuse, until the work given to this device so far is done."""

    def dlpack(self, raw: Any, **kwargs: Any) -> Any:
        """Return the DLPack capsule of `raw`."""
        return self.lend(raw).__dlpack__(**kwargs)

    def interface(self, raw: Any) -> dict:
        """Return the ``__cuda_array_interface__`` of `raw`. Raises AttributeError on the host."""
        raise AttributeError("the array is not on a GPU")

    def part(self, block: Any, offset: int, shape: tuple[int, ...], dtype: np.dtype) -> Any:
        """Return the array that begins `offset` bytes behind the beginning of `block`, a vector of bytes."""
        return block[offset:offset + math.prod(shape) * dtype.itemsize].view(dtype).reshape(shape)

    def address(self, raw: Any) -> int:
        """Return where the elements of `raw` begin in the device's memory."""
        raise NotImplementedError


class HostDevice(Device):
    """NumPy on the calling thread."""

    kind = "cpu"
    xp = np
    numbers = Generator()  # all of them share it, as in MXNet

    def __init__(self, index: int):
        super().__init__(index)
        self.stream = Stream(f"cpu({index})")
        self.submit = self.stream.submit

    lend, borrow = staticmethod(streams.lend), staticmethod(streams.borrow)

    def in_turn(self) -> bool:
        return self.stream.is_alone() and not (streams.flying or streams.spoiled)

    def synchronize(self) -> None:
        streams.wait_for_all()

    def from_host(self, array: np.ndarray) -> np.ndarray:
        try:
            return np.array(array, order="C")
        except MemoryError as error:
            raise self.failed(f"copying an array of shape {array.shape}", error) from error

    to_host = from_host

    def copy_from(self, raw: Any, source: Device) -> np.ndarray:
        return source.to_host(raw)

    def overlap(self, a: np.ndarray, b: np.ndarray) -> bool:
        return (a.base is not None or b.base is not None) and np.may_share_memory(a, b)

    def apart(self, raw: np.ndarray, target: np.ndarray) -> np.ndarray:
        return raw  # NumPy sees to it by itself

    def part(self, block: np.ndarray, offset: int, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return np.ndarray(shape, dtype, block, offset)

    def address(self, raw: np.ndarray) -> int:
        return raw.__array_interface__["data"][0]


observe.look_on(HostDevice, "copy", "from_host", "to_host", "copy_from")
observe.look_on(HostDevice, "wait", "synchronize")
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=HostDevice.numbers.count_child, after_in_child=HostDevice.numbers.start_child)
