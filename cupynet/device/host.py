"""The host: NumPy arrays, computed inline by the calling thread."""
from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import streams
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

    default_seed: int | None = None  # what mx.random.seed(n) set for devices that have none of their own
    kind: str
    xp: Any
    index: int

    def __init__(self, index: int):
        self.index = index
        self._rng = None
        self._seed: int | None = None

    @property
    def rng(self) -> Any:
        """The device's random generator (an object with the methods of ``numpy.random.Generator``)."""
        streams.settle(self)  # a program that draws may be under way
        if self._rng is None:
            if self._seed is not None:
                entropy: Any = [self._seed, 0]
            elif self.default_seed is not None:
                entropy = [self.default_seed, self.index]
            else:
                entropy = None
            self._rng = self.new_rng(np.random.SeedSequence(entropy))
        return self._rng

    def seed(self, seed: int | None) -> None:
        """Restart the random generator from `seed`, or from the seed common to all for ``None``."""
        streams.settle(self)
        self._seed, self._rng = seed, None

    def new_rng(self, sequence: np.random.SeedSequence) -> Any:
        raise NotImplementedError

    def enter(self) -> None:
        """Make this device and its stream the current ones of the calling thread."""

    def submit(self, job: Job, function: Callable[[], None]) -> bool:
        """Run a program, or let it be run while the caller goes on; return whether it is under way."""
        self.enter()
        function()
        return False

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

    def apart(self, raw: Any, target: Any) -> Any:
        """Return `raw` as something that can be assigned to `target`: a copy where the two overlap in memory."""
        raise NotImplementedError

    def wait_for(self, raw: Any) -> None:
        """Wait until `raw`, which an array has given away as ready, is computed."""

    def lend(self, raw: Any) -> Any:
        """Return `raw` for other libraries to see, sharing its memory."""
        return raw

    def borrow(self, raw: Any) -> Any:
        """Return `raw`, the memory of another library, as an array of this device's."""
        return raw

    def address(self, raw: Any) -> int:
        """Return where the elements of `raw` begin in the device's memory."""
        raise NotImplementedError


class HostDevice(Device):
    """NumPy on the calling thread."""

    kind = "cpu"
    xp = np

    def __init__(self, index: int):
        super().__init__(index)
        self.stream = Stream(f"cpu({index})")

    lend, borrow = staticmethod(streams.lend), staticmethod(streams.borrow)

    def submit(self, job: Job, function: Callable[[], None]) -> bool:
        return self.stream.submit(job, function)

    def synchronize(self) -> None:
        streams.wait_for_all()

    def new_rng(self, sequence: np.random.SeedSequence) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64(sequence))

    def from_host(self, array: np.ndarray) -> np.ndarray:
        return np.array(array, order="C")

    def to_host(self, raw: np.ndarray) -> np.ndarray:
        return raw.copy()

    def copy_from(self, raw: Any, source: Device) -> np.ndarray:
        return source.to_host(raw)

    def apart(self, raw: np.ndarray, target: np.ndarray) -> np.ndarray:
        return raw  # NumPy sees to it by itself

    def address(self, raw: np.ndarray) -> int:
        return raw.__array_interface__["data"][0]
