"""What a place can do. The only room that knows NumPy from CuPy.

A :class:`~cupynet.device.host.Device` allocates, copies, draws random numbers and waits. ``get`` hands
out one object per place; a CUDA device is only looked for when somebody asks for one.
"""
from __future__ import annotations

import threading
from typing import Any

from . import cuda, host, random, streams
from .host import Device

__all__ = ["Device", "get", "seed", "count_gpus", "synchronize_all", "of_raw", "bring"]

_devices: dict[tuple[str, int], Device] = {}
_lock = threading.Lock()


def get(kind: str, index: int) -> Device:
    """Return the device number `index` of `kind` (``"cpu"`` or ``"cuda"``), starting it if needed."""
    device = _devices.get((kind, index))
    if device is None:
        with _lock:
            device = _devices.get((kind, index))
            if device is None:
                device = cuda.start(index) if kind == "cuda" else host.HostDevice(index)
                _devices[kind, index] = device
    return device


def seed(value: int, kind: str | None = None, index: int = 0) -> None:
    """Start the random numbers of one place afresh, or those of all for ``None``: also of GPUs not yet in use."""
    if kind != "cuda":
        numbers = host.HostDevice.numbers
        streams.settle(numbers)  # a program that draws may be under way
        numbers.seed(value, plain=kind == "cpu")
    if kind != "cpu":
        random.Philox.seed(value, None if kind is None else index)


def count_gpus() -> int:
    """Return how many CUDA devices CuPy can use (0 without CuPy or driver)."""
    return cuda.count()


def synchronize_all() -> None:
    """Wait until every device has finished all its work."""
    for device in list(_devices.values()):
        device.synchronize()


def of_raw(raw: Any) -> Device:
    """Return the device on which the raw array `raw` (NumPy's or CuPy's) lives."""
    index = getattr(getattr(raw, "device", None), "id", None)  # cupy.cuda.Device has .id
    return get("cpu", 0) if index is None else get("cuda", index)


def bring(raw: Any, device: Device) -> Any:
    """Return a copy on the GPU `device` of an array of CuPy's that is somebody else's."""
    source = of_raw(raw)
    copy = device.copy_from(raw, source)
    source.hold(raw)
    return copy
