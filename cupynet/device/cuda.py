"""CUDA devices through CuPy: one home stream each, pinned asynchronous copies, errors that say what is missing."""
from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from ..base import MXNetError
from .host import Device
from .random import Philox

__all__ = ["CudaDevice", "count", "start", "memory_info", "compute_capability"]

_cupy: Any = None


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


def count() -> int:
    """Return the number of usable CUDA devices."""
    try:
        return int(_load().cuda.runtime.getDeviceCount())
    except (MXNetError, RuntimeError):
        return 0


def _find(index: int) -> Any:
    """Return CuPy if it sees GPU `index`, or raise an MXNetError that names what is missing: CuPy, driver, GPU."""
    cupy = _load()
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
    return device


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
    """

    kind = "cuda"

    def __init__(self, index: int, cupy: Any):
        super().__init__(index)
        self.xp = cupy
        self._cuda_device = cupy.cuda.Device(index)
        with self._cuda_device:
            self.stream = cupy.cuda.Stream(non_blocking=True)
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

    def enter(self) -> None:
        # Asked of CuPy each time: users may have entered a stream or device of their own in between.
        if self.xp.cuda.get_current_stream().ptr != self.stream.ptr:
            self._cuda_device.use()
            self.stream.use()

    def synchronize(self) -> None:
        self._waited(self.stream.synchronize)

    def wait_for(self, raw: Any) -> None:
        self.synchronize()

    def from_host(self, array: np.ndarray) -> Any:
        self.enter()
        return self.xp.array(array, order="C")  # CuPy stages in pinned memory and copies on the current stream

    def to_host(self, raw: Any) -> np.ndarray:
        self.enter()
        return self._waited(lambda: raw.get(stream=self.stream))

    def copy_from(self, raw: Any, source: Device) -> Any:
        if source.kind == "cpu":
            return self.from_host(raw)
        if source is self:
            self.enter()
            return raw.copy()
        # The copy runs on this device's stream after the source's work, and the source's stream goes on
        # after the copy: so the source may free `raw` at once.
        source.enter()
        raw = self.xp.ascontiguousarray(raw)
        ready = source.stream.record(self.xp.cuda.Event(disable_timing=True))
        self.enter()
        self.stream.wait_event(ready)
        out = self.xp.empty(raw.shape, raw.dtype)
        out.data.copy_from_device_async(raw.data, raw.nbytes, self.stream)
        done = self.stream.record(self.xp.cuda.Event(disable_timing=True))
        source.stream.wait_event(done)
        return out

    def apart(self, raw: Any, target: Any) -> Any:
        return raw.copy() if self.xp.may_share_memory(raw, target) else raw

    def address(self, raw: Any) -> int:
        return raw.data.ptr

    def _waited(self, action: Any) -> Any:
        """Run a blocking call; what went wrong in asynchronous work surfaces here."""
        try:
            return action()
        except self.xp.cuda.runtime.CUDARuntimeError as error:
            raise MXNetError(f"work on gpu({self.index}) failed: {error}") from error
