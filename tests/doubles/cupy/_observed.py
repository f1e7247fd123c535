"""What the double saw, and what is to go wrong in it."""
from __future__ import annotations

import random


class Observed:
    """Notes of what kernels did.

    Attributes
    ----------
    launches : list of str
        Every kernel and copy on the device, by name.
    waits : list of str
        Every wait of the host for the device, by the name of what waited.
    streams : set of (device, stream)
        Where kernels ran; stream 0 is CUDA's default one.
    races : list of str
        What was used at the same time (see ``_order``) where nothing could be raised.
    failures : dict
        Errors to be raised, once, by the kernel, copy or wait of a name, or by the next one for ``"*"``.
    allocated, limit : int
        Bytes of all arrays, and how many there is room for.
    random : random.Random
        Decides what may come either way.
    """

    allocated = 0

    def __init__(self) -> None:
        self.races: list[str] = []
        self.clear()

    def clear(self) -> None:
        """Forget everything but the races."""
        self.launches: list[str] = []
        self.waits: list[str] = []
        self.streams: set[tuple[int, int]] = set()
        self.failures: dict[str, BaseException] = {}
        self.limit = 1 << 62
        self.random = random.Random(0)

    def meet(self, name: str) -> None:
        """Raise the error that is to be raised by `name`, if any."""
        if self.failures:
            error = self.failures.pop(name, None) or self.failures.pop("*", None)
            if error is not None:
                raise error


observed = Observed()
