"""CUDA devices through CuPy: one home stream each, pinned asynchronous copies, errors that say what is missing."""
from __future__ import annotations

import contextlib
import importlib.util
import os
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import observe
from ..base import MXNetError
from .host import Device
from .random import Philox
from .streams import serial

__all__ = ["CudaDevice", "count", "start", "memory_info", "compute_capability"]

_STAGED = 1 << 16  # bytes of an array from which on it comes from the host, or goes there, in page-locked memory

_NO_FORK = ("a forked process cannot use a GPU that its parent has used: start it with multiprocessing's 'spawn', or "
            "before the first use")

_cupy: Any = None
_started: list[CudaDevice] = []
_homes: set[int] = set()  # their home streams
_lost = False  # whether the process was forked from one that has used a GPU


def _load() -> Any:
    """Import CuPy once, or raise the MXNetError that says what is missing."""
    global _cupy
    if _cupy is None:
        if importlib.util.find_spec("cupy") is None:
            raise MXNetError("a GPU context needs CuPy, which is not installed: "
                             "install cupynet[cuda12] or cupynet[cuda13], or use mx.cpu(); with "
                             "CUPYNET_GPU_AS_CPU=1 in the environment gpu contexts compute on the CPU")
        try:
            import cupy  # heavy and optional: only for those who ask for a GPU
        except ImportError as error:
            raise MXNetError(f"a GPU context needs CuPy, which is installed but cannot be imported: {error}") from error
        _cupy = cupy
    return _cupy


def _cupyx() -> Any:
    import cupyx
    return cupyx


def count() -> int:
    """Return the number of usable CUDA devices."""
    try:
        return int(_load().cuda.runtime.getDeviceCount())
    except (MXNetError, RuntimeError):
        return 0


def _find(index: int) -> Any:
    """Return CuPy if it sees GPU `index`, or raise an MXNetError that names what is missing: CuPy, driver, GPU."""
    cupy = _load()
    if _lost:
        raise MXNetError(f"gpu({index}): {_NO_FORK}")
    try:
        found = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise MXNetError(f"gpu({index}) needs an NVIDIA GPU with a working driver, and CuPy found none "
                         f"({error}); use mx.cpu(), or set CUPYNET_GPU_AS_CPU=1 in the environment to let gpu "
                         "contexts compute on the CPU") from error
    if not 0 <= index < found:
        raise MXNetError(f"gpu({index}) does not exist: this machine has {found} GPU(s)")
    return cupy


def start(index: int) -> CudaDevice:
    """Return the device, or raise an MXNetError that says why it does not work."""
    device = CudaDevice(index, _find(index))
    device.check()
    if serial and not _started:
        observe.attach(_in_turn)
    _started.append(device)
    return device


def _in_turn(what: str, name: str, device: Any) -> Any:
    """Let every operator end before Python goes on: what MXNet's NaiveEngine is for."""
    return device.synchronize if what == "operator" and device is not None and device.kind == "cuda" else None


def _lose() -> None:
    """Let GPUs refuse in a forked child, where CUDA would fail in ways that say nothing."""
    global _lost
    for device in _started:
        _lost = True
        device.enter = device.refuse


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lose)


def memory_info(index: int) -> tuple[int, int]:
    """Return the (free, total) bytes of GPU `index`."""
    cupy = _find(index)
    with cupy.cuda.Device(index):
        return tuple(cupy.cuda.runtime.memGetInfo())


def compute_capability(index: int) -> int:
    """Return the compute capability of GPU `index`: 90 for an H100."""
    return int(_find(index).cuda.Device(index).compute_capability)


class CudaDevice(Device):
    """One GPU with a home stream on which all of its kernels run in order.

    Every public entry calls :meth:`enter`, which switches CuPy's current device and stream only when the
    calling thread is elsewhere. Memory is taken from the home stream's arena, so a block that is freed
    is reused only by later work on the same stream.

    Large arrays come from the host on a second stream, beside the kernels that run at home, and are then copied into
    memory of the home stream's. What only a copy uses (page-locked memory, memory of the copy stream's, a source that
    may change) is held until the copy is done: nobody waits for it.
    """

    kind = "cuda"

    def __init__(self, index: int, cupy: Any):
        super().__init__(index)
        self.xp = cupy
        self.failures = (cupy.cuda.runtime.CUDARuntimeError, MemoryError)
        self._pinned = _cupyx().empty_pinned
        self._cuda_device = cupy.cuda.Device(index)
        with self._cuda_device:
            self.stream = cupy.cuda.Stream(non_blocking=True)
            self._arrivals = cupy.cuda.Stream(non_blocking=True)
        _homes.add(self.stream.ptr)
        self._held: deque[tuple[Any, tuple]] = deque()  # (event, what nobody may reuse before it)
        self.numbers = Philox(self)

    def check(self) -> None:
        """Run one small kernel: proves the driver, the compiler and the headers."""
        self.enter()
        try:
            total = int((self.xp.arange(3, dtype="f4") + 1).sum())
        except Exception as error:  # whatever fails in CuPy's start-up, the user needs one sentence
            raise MXNetError(f"gpu({self.index}) is present but CuPy cannot run a kernel on it ({error}); "
                             "install cupynet[cuda12] or cupynet[cuda13] to match the driver") from error
        if total != 6:
            raise MXNetError(f"gpu({self.index}) computed 1+2+3 = {total}")

    # ---- streams -------------------------------------------------------------------------------

    def enter(self) -> None:
        # Asked of CuPy each time: users may have entered a stream or device of their own in between. What they have
        # begun there comes before what follows.
        now = self.xp.cuda.get_current_stream
        if now().ptr != self.stream.ptr:
            self._cuda_device.use()
            self._come_after(now())  # each device has a current stream
            self.stream.use()

    def _come_after(self, stream: Any) -> None:
        """Let the home stream wait for a user's stream on the current device."""
        if stream.ptr not in _homes:
            self.stream.wait_event(stream.record(self.xp.cuda.Event(disable_timing=True)))

    def refuse(self) -> None:
        """Raise the MXNetError of a forked child, which has no GPU."""
        raise MXNetError(f"gpu({self.index}): {_NO_FORK}")

    def synchronize(self) -> None:
        self.enter()
        with self._errors("work"):
            self.stream.synchronize()  # which has waited for what has arrived
        self._let_go()

    def wait_for(self, raw: Any) -> None:
        self.synchronize()

    def lend(self, raw: Any) -> Any:
        current = self.xp.cuda.get_current_stream()
        if current.ptr != self.stream.ptr:
            current.wait_event(self._mark(self.stream))
        return raw

    def dlpack(self, raw: Any, **kwargs: Any) -> Any:
        with self._cuda_device, self.stream:  # with which the consumer's stream is synchronized
            return raw.__dlpack__(**kwargs)

    def interface(self, raw: Any) -> dict:
        return {**raw.__cuda_array_interface__, "stream": self.stream.ptr}

    def _mark(self, stream: Any) -> Any:
        """Return an event that is done when the work in one of the device's streams so far is."""
        with self._cuda_device:
            return stream.record(self.xp.cuda.Event(disable_timing=True))

    def hold(self, raw: Any) -> None:
        self._hold(self._mark(self.stream), raw)

    def _hold(self, event: Any, *things: Any) -> None:
        """Keep `things` until `event` is done."""
        self._let_go()
        self._held.append((event, things))

    def _let_go(self) -> None:
        while self._held and self._held[0][0].done:
            self._held.popleft()

    # ---- copies --------------------------------------------------------------------------------

    def from_host(self, array: np.ndarray) -> Any:
        with self._errors("a copy from the host"):
            if array.nbytes < _STAGED:
                self.enter()
                return self.xp.array(array, order="C")  # CuPy stages it in page-locked memory
            staging = self._pinned(array.shape, array.dtype)
            staging[...] = array
            with self._cuda_device, self._arrivals:
                arrived = self.xp.empty(array.shape, array.dtype)
                arrived.set(staging, stream=self._arrivals)
                there = self._arrivals.record(self.xp.cuda.Event(disable_timing=True))
            self.enter()
            self.stream.wait_event(there)
            out = arrived.copy()
            self._hold(self._mark(self.stream), arrived, staging)
            return out

    def to_host(self, raw: Any) -> np.ndarray:
        self.enter()
        with self._errors("work"):
            if raw.nbytes < _STAGED:
                return raw.get(stream=self.stream)
            staging = self._pinned(raw.shape, raw.dtype)
            self.xp.ascontiguousarray(raw).get(stream=self.stream, out=staging, blocking=False)
            self.stream.synchronize()
            return np.array(staging, subok=False)

    def copy_from(self, raw: Any, source: Device) -> Any:
        if source.kind == "cpu":
            return self.from_host(raw)
        if source is self:
            self.enter()
            return raw.copy()
        # What travels is a copy: the source may overwrite its array at once, without waiting for what this device has
        # to do before.
        source.enter()
        with self._errors("a copy between devices"):
            parcel = raw.copy()
            ready = source._mark(source.stream)
            self.enter()
            self.stream.wait_event(ready)
            out = self.xp.empty(raw.shape, raw.dtype)
            out.data.copy_from_device_async(parcel.data, parcel.nbytes, self.stream)
            source._hold(self._mark(self.stream), parcel)
        return out

    def overlap(self, a: Any, b: Any) -> bool:
        return self.xp.may_share_memory(a, b)

    def apart(self, raw: Any, target: Any) -> Any:
        return raw.copy() if self.overlap(raw, target) else raw

    def address(self, raw: Any) -> int:
        return raw.data.ptr

    # ---- errors --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Name the device in errors of CUDA's; those of asynchronous work surface wherever the host waits next."""
        try:
            yield
        except self.failures as error:
            raise self.failed(what, error) from error

    def failed(self, what: str, error: BaseException) -> MXNetError:
        return MXNetError(f"{what} on gpu({self.index}) failed: {error}")


observe.look_on(CudaDevice, "copy", "from_host", "to_host", "copy_from")
observe.look_on(CudaDevice, "wait", "synchronize")
