"""The double's devices, streams and events: they do nothing, but complain where CUDA would."""
from __future__ import annotations

import ctypes
import itertools
import threading
from typing import Any

import numpy as np

from . import _order
from ._observed import observed

COUNT = 2  # devices
_numbers = itertools.count(16)


class _Here(threading.local):
    """Where the calling thread is."""

    def __init__(self) -> None:
        self.device = 0
        self.streams: dict[int, Stream] = {}


_here = _Here()


def current_device() -> int:
    """Return the number of the current device."""
    return _here.device


get_device_id = current_device


class CUDARuntimeError(RuntimeError):
    """What CUDA says no to."""

    def __init__(self, status: int):
        self.status = status
        names = {101: "cudaErrorInvalidDevice: invalid device ordinal",
                 400: "cudaErrorInvalidResourceHandle: invalid resource handle",
                 700: "cudaErrorIllegalAddress: an illegal memory access was encountered",
                 719: "cudaErrorLaunchFailure: unspecified launch failure"}
        super().__init__(names.get(status, f"error {status}"))


class memory:
    """What cupynet knows of CuPy's module of that name."""

    class OutOfMemoryError(MemoryError):
        """There is no room for an array."""

        def __init__(self, size: int, total: int, limit: int = 0):
            super().__init__(f"Out of memory allocating {size} bytes (allocated so far: {total} bytes).")


class _Pinned(np.ndarray):
    """Page-locked memory of the host: copies from and to it go on while the host does."""


def pinned(shape: Any, dtype: Any = float, order: str = "C") -> _Pinned:
    """Return new page-locked memory."""
    return np.empty(shape, dtype, order).view(_Pinned)


def is_pinned(array: np.ndarray) -> bool:
    """Whether an array is page-locked."""
    while isinstance(array, np.ndarray):
        if isinstance(array, _Pinned):
            return True
        array = array.base
    return False


def _wait(name: str, clock: _order.Clock) -> None:
    observed.meet(name)
    observed.waits.append(name)
    _order.host_waits(clock)


class runtime:
    """The few functions of CUDA's runtime that cupynet calls."""

    CUDARuntimeError = CUDARuntimeError
    is_hip = False
    getDevice = staticmethod(current_device)
    getDeviceCount = staticmethod(lambda: COUNT)
    memGetInfo = staticmethod(lambda: (3 << 30, 4 << 30))
    runtimeGetVersion = staticmethod(lambda: 12090)
    driverGetVersion = staticmethod(lambda: 13000)
    deviceCanAccessPeer = staticmethod(lambda device, peer: int(device != peer))

    @staticmethod
    def setDevice(device: int) -> None:
        """Make a device the current one."""
        if not 0 <= device < COUNT:
            raise CUDARuntimeError(101)
        _here.device = device

    @staticmethod
    def deviceSynchronize() -> None:
        """Wait for the current device."""
        for clock in list(_order.clocks.values()):
            _wait("deviceSynchronize", clock)


def is_available() -> bool:
    """Whether there is a GPU."""
    return True


class Device:
    """A device, by number; the current one by default."""

    def __init__(self, device: int | Device | None = None):
        self.id = current_device() if device is None else int(device)
        self._before: list[int] = []

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def __enter__(self) -> Device:
        self._before.append(current_device())
        self.use()
        return self

    def __exit__(self, *exc: object) -> None:
        runtime.setDevice(self._before.pop())

    def use(self) -> None:
        """Make this device the current one."""
        runtime.setDevice(self.id)

    def synchronize(self) -> None:
        """Wait for it."""
        for clock in list(_order.clocks.values()):
            _wait("Device.synchronize", clock)

    mem_info = property(lambda self: runtime.memGetInfo())
    compute_capability = "90"


class Event:
    """A mark in a stream, on the device that was current when it was made."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False):
        self.ptr, self._device = next(_numbers), current_device()
        self.clock: _order.Clock = {}

    @property
    def done(self) -> bool:
        """Whether everything before it has ended; who knows."""
        if all(_order.host.get(stream, 0) >= count for stream, count in self.clock.items()):
            return True
        if observed.random.random() < 0.5:
            return False
        _order.host_waits(self.clock)
        return True

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark into a stream of its device."""
        stream = get_current_stream() if stream is None else stream
        if stream.device_id not in (-1, self._device):
            raise CUDARuntimeError(400)
        _order.advance(stream.ptr)
        self.clock = dict(_order.clocks[stream.ptr])

    def synchronize(self) -> None:
        """Wait for it."""
        _wait("Event.synchronize", self.clock)


class Stream:
    """A queue of work on the device that was current when it was made."""

    null: Stream
    done = True

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: int | None = None):
        self.ptr = 0 if null else 2 if ptds else next(_numbers)
        self.device_id = -1 if null or ptds else current_device()
        self.is_non_blocking = non_blocking

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self) -> int:
        return self.ptr

    def use(self) -> Stream:
        """Make the stream current on its device, which must be the current one."""
        if self.device_id not in (-1, current_device()):
            raise RuntimeError(f"The device that the stream is created on ({self.device_id}) does not match with the "
                               f"current device ({current_device()})")
        _here.streams[current_device()] = self
        return self

    def __enter__(self) -> Stream:
        self._before = current_device(), get_current_stream()
        return self.use()

    def __exit__(self, *exc: object) -> None:
        device, stream = self._before
        _here.streams[device] = stream

    def synchronize(self) -> None:
        """Wait for its work."""
        _wait("Stream.synchronize", _order.clocks.get(self.ptr, {}))

    def record(self, event: Event | None = None) -> Event:
        """Put a mark into the stream; a new one is made on the current device."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let the work that follows wait for an event, of whichever device."""
        if not isinstance(event, Event):
            raise AttributeError("ptr")
        _order.advance(self.ptr)
        _order.merge(_order.clocks[self.ptr], event.clock)


Stream.null = Stream(null=True)


def get_current_stream(device_id: int = -1) -> Stream:
    """Return the stream in which the calling thread launches kernels on a device, the current one by default."""
    return _here.streams.get(current_device() if device_id == -1 else device_id, Stream.null)


class MemoryPointer:
    """An address on a device, which keeps its memory alive."""

    def __init__(self, ptr: int, device: int, mem: Any):
        self.ptr, self.device_id, self.mem = ptr, device, mem

    device = property(lambda self: Device(self.device_id))

    def copy_from_device_async(self, src: MemoryPointer, size: int, stream: Stream | None = None) -> None:
        """Copy bytes from here or another device, in `stream` or the current one."""
        stream = get_current_stream() if stream is None else stream
        observed.meet("copy between devices")
        observed.launches.append("copy between devices")
        observed.streams.add((self.device_id, stream.ptr))
        _order.use("copy_from_device_async", stream.ptr, [src.mem._block], [self.mem._block])
        ctypes.memmove(self.ptr, src.ptr, size)
