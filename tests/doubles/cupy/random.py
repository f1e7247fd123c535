"""The double's random numbers: CuPy's methods and parameters, NumPy's numbers."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import cuda
from ._core import API, array, delegate, ndarray
from ._observed import observed


class Philox4x3210:
    """CuPy's counter-based generator of bits, on the device that is current when it is made."""

    def __init__(self, seed: Any = None, *, size: int = -1):
        sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        self._generator = np.random.Generator(np.random.Philox(sequence))
        self._device = cuda.current_device()

    def check_device(self) -> None:
        """Raise unless the device is the current one."""
        if cuda.current_device() != self._device:
            raise RuntimeError("This Generator state is allocated in a different device")


XORWOW = MRG32k3a = Philox4x3210
_WAITS = {"exponential": 0, "f": 2, "power": 1, "geometric": 0, "hypergeometric": 0, "binomial": 0}


class Generator:
    """Distributions; parameters are arrays of the device or Python numbers, not NumPy's."""

    def __init__(self, bit_generator: Philox4x3210):
        self.bit_generator = bit_generator


def _method(name: str, parameters: str) -> Any:
    numbers = [word for word in parameters.replace("=", "").split() if word not in ("size", "dtype", "out", "method",
                                                                                  "endpoint")]

    def call(self: Generator, *args: Any, **kwargs: Any) -> Any:
        self.bit_generator.check_device()
        for word, value in (*zip(numbers, args), *((k, v) for k, v in kwargs.items() if k in numbers)):
            if not isinstance(value, ndarray) and type(value) not in (int, float):
                raise TypeError(f"{name}: {word} is required to be a cupy.ndarray or a scalar, not {type(value)}")
            if name == "integers" and isinstance(value, ndarray):
                observed.waits.append("Generator.integers")
        draw = getattr(self.bit_generator._generator, name)
        result = delegate(f"Generator.{name}", parameters, draw, made=True, waits=name in _WAITS)(*args, **kwargs)
        return result if isinstance(result, ndarray) else array(result)
    return call


for _name, _parameters in API["cupy.random.Generator"].items():
    if hasattr(np.random.Generator, _name):
        setattr(Generator, _name, _method(_name, _parameters))


def default_rng(seed: Any = None) -> Generator:
    """Return a generator."""
    return Generator(XORWOW(seed))
