"""Random numbers: MXNet's own on the CPU (:class:`Generator`), CuPy's on a GPU (:class:`Philox`), by one interface."""
from .generator import Generator, Serial
from .philox import Philox

__all__ = ["Generator", "Philox", "Serial"]
