"""What the double saw."""
from __future__ import annotations


class Observed:
    """Notes of what kernels did.

    Attributes
    ----------
    waits : list of str
        Every wait of the host for the device, by the name of what waited.
    streams : set of (device, stream)
        Where kernels ran; stream 0 is CUDA's default one.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.waits: list[str] = []
        self.streams: set[tuple[int, int]] = set()


observed = Observed()
