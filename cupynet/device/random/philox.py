"""CuPy's random numbers, drawn like those of :class:`~.generator.Generator`; MXNet's on a GPU are not repeated."""
from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

__all__ = ["Philox"]

_F32 = np.dtype(np.float32)
Shape = tuple[int, ...]


class Philox:
    """The random numbers of a CUDA device.

    Parameters
    ----------
    device : CudaDevice
        Its generator is made when it is first used.
    """

    _starts: ClassVar[dict[int | None, list[int]]] = {None: [0]}  # of one GPU, or of those without their own

    def __init__(self, device: Any):
        self._device = device
        self._start: list[int] | None = None
        self._generator: Any = None

    @classmethod
    def seed(cls, seed: int, index: int | None = None) -> None:
        """Start GPU `index` afresh, or all of them, also those that are not in use yet."""
        if index is None:
            cls._starts.clear()
        cls._starts[index] = [seed & 0xFFFFFFFFFFFFFFFF]

    @property
    def _source(self) -> Any:
        """CuPy's generator."""
        index = self._device.index
        start = self._starts.get(index) or self._starts[None]
        if start is not self._start:
            self._device.enter()
            random = self._device.xp.random
            self._generator = random.Generator(random.Philox4x3210(np.random.SeedSequence([*start, index])))
            self._start = start
        return self._generator

    @property
    def serial(self) -> Philox:
        """There is one source for all."""
        return self

    def uniform(self, size: Shape, dtype: Any = _F32, low: float = 0.0, span: float = 1.0) -> Any:
        """Return numbers in [low, low + span)."""
        return _scaled(self._source.random(size=size, dtype=_working(dtype)), span, low).astype(dtype, copy=False)

    def below(self, size: Shape, dtype: Any, bound: float) -> Any:
        """Return whether uniform numbers of `dtype` are below `bound`."""
        return self._source.random(size=size, dtype=_working(dtype)) < float(bound)

    def normal(self, size: Shape, dtype: Any = _F32, mean: float = 0.0, deviation: float = 1.0) -> Any:
        """Return normal numbers."""
        drawn = self._source.standard_normal(size=size, dtype=_working(dtype))
        return _scaled(drawn, deviation, mean).astype(dtype, copy=False)

    def exponential(self, size: Shape, dtype: Any = _F32, rate: Any = 1.0) -> Any:
        """Return numbers of mean ``1 / rate``; each element of an array serves as many successive numbers."""
        drawn = self._source.standard_exponential(size=self._rows(size, rate), dtype=_working(dtype))
        drawn /= self._parameter(rate)
        return drawn.reshape(size).astype(dtype, copy=False)

    def integers(self, size: Shape, low: int, high: int) -> Any:
        """Return int64 numbers in [low, high)."""
        return self._source.integers(low, high, size=size).astype(np.int64, copy=False)

    def gamma(self, size: Shape, dtype: Any, shape: Any, scale: Any) -> Any:
        """Return gamma numbers; parameters are numbers, or arrays that each serve as many numbers as the others."""
        drawn = self._source.standard_gamma(self._parameter(shape), self._rows(size, shape))
        drawn *= self._parameter(scale)
        return drawn.reshape(size).astype(dtype, copy=False)

    def poisson(self, size: Shape, rate: Any) -> Any:
        """Return float32 Poisson numbers; `rate` as for :meth:`gamma`."""
        drawn = self._source.poisson(self._parameter(rate), self._rows(size, rate))
        return drawn.reshape(size).astype(_F32, copy=False)

    def poisson_of_gamma(self, size: Shape, shape: Any, scale: Any, mean: Any) -> Any:
        """Return float32 Poisson numbers, the rate of each a gamma number, or `mean` where `shape` is infinite."""
        xp = self._device.xp
        shape, scale, mean = (self._parameter(p) for p in (shape, scale, mean))
        finite = xp.isfinite(xp.asarray(shape))
        rate = self._source.standard_gamma(xp.where(finite, shape, 1.0), self._rows(size, finite)) * scale
        rate = xp.where(finite, rate, mean)
        return self._source.poisson(rate, rate.shape).reshape(size).astype(_F32, copy=False)

    def unique_zipfian(self, rows: int, count: int, classes: int) -> tuple[Any, Any]:
        """Return (rows, count) different classes in each row, int64, and how many draws each row took: on the host."""
        found: list[list[int]] = []
        tries = []
        for _ in range(rows):
            seen: dict[int, None] = {}  # in the order of drawing
            taken = 0
            while len(seen) < count:
                for u in self._source.random(size=2 * count, dtype=np.float64).tolist():
                    taken += 1
                    seen[int(math.exp(u * math.log(classes)) + 0.5) - 1] = None
                    if len(seen) == count:
                        break
            found.append(list(seen))
            tries.append(taken)
        xp = self._device.xp
        return xp.asarray(found, "int64").reshape(rows, count), xp.asarray(tries, "int64")

    def permutation(self, count: int, forwards: bool) -> Any:
        """Return ``range(count)`` in random order."""
        return self._device.xp.argsort(self._source.random(size=(count,), dtype=np.float64))

    def order(self, count: int, forwards: bool = True) -> list[int]:
        """Return ``range(count)``: an order on the host would cost a round trip."""
        return list(range(count))

    @staticmethod
    def _rows(size: Shape, parameter: Any) -> Shape:
        """Return `size` as (parameters, numbers for each)."""
        count = getattr(parameter, "size", 1)
        return (count, math.prod(size) // max(count, 1))

    @staticmethod
    def _parameter(value: Any) -> Any:
        """Return a parameter such that it broadcasts with :meth:`_rows`; CuPy takes Python's numbers, not NumPy's."""
        return value.astype(np.float64).reshape(-1, 1) if getattr(value, "ndim", 0) else float(value)


def _working(dtype: Any) -> Any:
    return np.float64 if dtype == np.float64 else np.float32


def _scaled(x: Any, factor: float, offset: float) -> Any:
    x *= float(factor)
    x += float(offset)
    return x
