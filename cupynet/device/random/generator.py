"""MXNet's random numbers on the CPU: the same seed draws the same numbers.

There are two sources, shared by all CPU contexts. The *parallel* one has 1024 engines: a draw of N numbers takes
``T = min(ceil(N / 64), 1024)`` of them, and engine ``t`` makes the numbers from ``t * ceil(N / T)`` on. The *serial*
one is a single engine; ``Generator.serial`` draws from it.
"""
from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import parallel
from . import draws
from .twister import Bank, Engine, Lanes

__all__ = ["Generator", "Serial"]

_F32 = np.dtype(np.float32)
_ENGINES, _LEAST = 1024, 64  # engines, and numbers for which another one is used
_SEED_STEP = 127             # between the seeds that users see and those of the engines
_GROUP = 1 << 15             # numbers that are worked on at a time
_TOGETHER = 128              # engines at most that are worked on at a time
_WORTHWHILE = 1 << 18        # numbers below which threads take longer than they save

Shape = tuple[int, ...]


def _working(dtype: Any) -> np.dtype:
    """Return the dtype in which numbers of `dtype` are drawn: half precision in double, as in MXNet."""
    return _F32 if dtype == _F32 else np.dtype(np.float64)


class Serial:
    """Draws from the one engine of the serial source. The lock is that of the generator."""

    def __init__(self, lock: Any):
        self._engine = Engine()
        self._lock = lock

    def seed(self, seed: int) -> None:
        """Start afresh."""
        with self._lock:
            self._engine.seed(seed)

    def _filled(self, size: Shape, dtype: Any, draw: Callable[[Engine, np.ndarray], None]) -> np.ndarray:
        out = np.empty(math.prod(size), _working(dtype))
        with self._lock:
            for start in range(0, out.size, _BLOCK):
                draw(self._engine, out[start:start + _BLOCK])
        return _rounded(out, dtype).reshape(size)

    def uniform(self, size: Shape, dtype: Any = _F32) -> np.ndarray:
        """Return numbers in [0, 1)."""
        return self._filled(size, dtype, lambda engine, out: draws.uniform(engine, out[None]))

    def normal(self, size: Shape, dtype: Any = _F32) -> np.ndarray:
        """Return standard normal numbers."""
        return self._filled(size, dtype, draws.normal_pairs)

    def permutation(self, count: int, forwards: bool) -> np.ndarray:
        """Return ``range(count)`` in random order, by exchanges from the front or from the end.

        The place ``i`` is exchanged with one of the first ``i + 1``, drawn by division with rejection, as the C++
        library of MXNet's builds does.
        """
        return np.array(self.order(count, forwards), np.intp)

    def order(self, count: int, forwards: bool = True) -> list[int]:
        """Return :meth:`permutation` as a list. Where that would cost a round trip to a device, the order is fixed."""
        order = list(range(count))
        places = range(1, count) if forwards else range(count - 1, 0, -1)
        with self._lock:
            for i, j in zip(places, self._choices(np.array(places, np.int64) + 1)):
                order[i], order[j] = order[j], order[i]
        return order

    def _choices(self, bounds: np.ndarray) -> list[int]:
        """Return a whole number below each bound."""
        step = 0xFFFFFFFF // bounds
        found: list[int] = []
        while len(found) < bounds.size:
            step_, bounds_ = step[len(found):], bounds[len(found):]
            words = self._engine.peek(bounds_.size)[0]
            choices = words // step_
            refused = np.flatnonzero(choices >= bounds_)
            good = int(refused[0]) if refused.size else bounds_.size
            found += choices[:good].tolist()
            self._engine.skip(good + bool(refused.size))  # a word that is refused is used up
        return found


_BLOCK = 1 << 14  # numbers that the serial source draws at a time


class Generator:
    """All random numbers of the CPU. Methods without ``serial`` draw from the parallel source.

    Sizes are tuples; numbers come in the `dtype` asked for, drawn in float32 for float32 and else in double.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.RLock()
        self._bank = Bank(_ENGINES)
        self.serial = Serial(self._lock)
        self.seed(seed)

    def seed(self, seed: int, plain: bool = False) -> None:
        """Start both sources afresh; `plain` is how MXNet seeds a single context."""
        with self._lock:
            self._seed, self._children = seed, 0
            self._bank.seed(seed * _SEED_STEP)
            self.serial.seed(seed if plain else seed * _SEED_STEP)

    # ---- forks: MXNet's children repeat their parent's numbers; ours draw their own, the same ones in each run

    def count_child(self) -> None:
        """Note that a child is about to be forked."""
        self._children += 1

    def start_child(self) -> None:
        """In the child, start afresh from a seed that follows from the parent's and from which child it is."""
        self._lock = threading.RLock()  # another thread of the parent's may have held it
        self.serial = Serial(self._lock)
        mixed = np.random.SeedSequence([self._seed & 0xFFFFFFFFFFFFFFFF, self._children]).generate_state(1)
        self.seed(int(mixed[0]))

    # ---- sharing a draw among the engines

    def _shares(self, count: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield engines ``start`` to ``stop``, how many numbers each draws, and where the first one's go."""
        step = -(-count // min(-(-count // _LEAST), _ENGINES))
        full, rest = divmod(count, step)
        self._bank.prepare(full + bool(rest))
        group = min(max(_GROUP // min(step, draws.MOST), 1), _TOGETHER)
        for start in range(0, full, group):
            yield start, min(start + group, full), step, start * step
        if rest:
            yield full, full + 1, rest, full * step

    def _filled(self, size: Shape, dtype: Any, draw: Callable[..., None], *parameters: Any) -> np.ndarray:
        """Return an array filled by ``draw(source, out, *parameters)``, `out` being (engines, numbers of each)."""
        out = np.empty(math.prod(size), dtype)

        def work(first: int, last: int) -> None:
            for start, stop, count, place in shares[first:last]:
                lanes = self._bank.open(start, stop)
                rows = out[place:place + (stop - start) * count].reshape(stop - start, count)
                for begin in range(0, count, draws.MOST):
                    draw(lanes, rows[:, begin:begin + draws.MOST], *parameters)
                lanes.close()

        if 0 < out.size <= _LEAST:
            with self._lock:
                self._bank.prepare(1)
                lanes = self._bank.open(0, 1)
                draw(lanes, out[None], *parameters)
                lanes.close()
        elif out.size:
            with self._lock:
                shares = list(self._shares(out.size))
                if out.size < _WORTHWHILE:
                    work(0, len(shares))
                else:
                    parallel.split(len(shares), work)
        return out.reshape(size)

    def _steps(self, count: int, least: int = _LEAST) -> Iterator[tuple[Lanes, np.ndarray]]:
        """Yield the engines, and the places of what the first of them draw next, until there are `count` numbers."""
        with self._lock:
            step = -(-count // min(-(-count // least), _ENGINES))
            engines = -(-count // step)
            self._bank.prepare(engines)
            lanes = self._bank.open(0, engines)
            first = np.arange(engines) * step
            for i in range(step):
                yield lanes, first[:np.searchsorted(first, count - i)] + i
            lanes.close()

    def _stepped(self, size: Shape, dtype: Any, draw: Callable[..., np.ndarray], *parameters: np.ndarray) -> np.ndarray:
        """Return an array of numbers drawn one at a time: ``draw(source, engines, *parameters of each)``.

        Parameters are vectors, each element for as many successive numbers as the others.
        """
        out = np.empty(math.prod(size), dtype)
        if out.size:
            for lanes, places in self._steps(out.size):
                each = (p[places // (out.size // p.size)] for p in parameters)
                out[places] = draw(lanes, np.arange(places.size), *each)
        return out.reshape(size)

    # ---- distributions

    def uniform(self, size: Shape, dtype: Any = _F32, low: float = 0.0, span: float = 1.0) -> np.ndarray:
        """Return numbers in [low, low + span)."""
        return _rounded(self._filled(size, _working(dtype), draws.uniform, low, span), dtype)

    def below(self, size: Shape, dtype: Any, bound: float) -> np.ndarray:
        """Return whether uniform numbers of `dtype` are below `bound`, which is rounded to float32."""
        return self._filled(size, bool, draws.below, _working(dtype), float(np.float32(bound)))

    def normal(self, size: Shape, dtype: Any = _F32, mean: float = 0.0, deviation: float = 1.0) -> np.ndarray:
        """Return normal numbers."""
        return _rounded(self._filled(size, _working(dtype), draws.normal, mean, deviation), dtype)

    def exponential(self, size: Shape, dtype: Any = _F32, rate: Any = 1.0) -> np.ndarray:
        """Return numbers of mean ``1 / rate``; each element of an array serves as many successive numbers."""
        drawn = self._filled(size, np.float64, draws.exponential, _working(dtype))
        rows = drawn.reshape(np.size(rate), -1)
        rows /= np.reshape(rate, (-1, 1))
        if getattr(rate, "dtype", None) == np.float16:
            drawn = _rounded(drawn, np.float16)
        return _rounded(drawn, dtype)

    def integers(self, size: Shape, low: int, high: int) -> np.ndarray:
        """Return int64 numbers in [low, high)."""
        return self._filled(size, np.int64, draws.integers, low, high)

    def gamma(self, size: Shape, dtype: Any, shape: Any, scale: Any) -> np.ndarray:
        """Return gamma numbers, drawn in double for float64 and else in float32.

        `shape` and `scale` are numbers, or arrays whose elements each serve as many successive numbers as the others.
        """
        working = np.dtype(np.float64) if dtype == np.float64 else _F32

        def draw(source: Lanes, who: np.ndarray, shape: np.ndarray, scale: np.ndarray) -> np.ndarray:
            return draws.step_gamma(source, who, shape, scale, working)
        return self._stepped(size, dtype, draw, _floats(shape), _floats(scale))

    def poisson(self, size: Shape, rate: Any) -> np.ndarray:
        """Return float32 Poisson numbers; `rate` as for :meth:`gamma`."""
        return self._stepped(size, _F32, draws.step_poisson, _floats(rate).astype(_F32))

    def poisson_of_gamma(self, size: Shape, shape: Any, scale: Any, mean: Any) -> np.ndarray:
        """Return float32 Poisson numbers, the rate of each a gamma number, or `mean` where `shape` is infinite."""
        def draw(source: Lanes, who: np.ndarray, shape: np.ndarray, scale: np.ndarray, mean: np.ndarray) -> np.ndarray:
            rate, random = mean.astype(_F32), np.isfinite(shape)
            rate[random] = draws.step_gamma(source, who[random], shape[random], scale[random], _F32)
            return draws.step_poisson(source, who, rate)
        return self._stepped(size, _F32, draw, *map(_floats, (shape, scale, mean)))

    def unique_zipfian(self, rows: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (rows, count) different classes in each row, int64, and how many draws each row took."""
        found, tries = np.empty((rows, count), np.int64), np.zeros(rows, np.int64)
        for lanes, places in self._steps(rows, 1):
            drawn: list[dict[int, None]] = [{} for _ in places]  # in the order of drawing
            open_ = np.arange(places.size if count else 0)
            while open_.size:
                fractions = draws.step_uniform(lanes, open_, np.float64)
                chosen = np.floor(np.exp(fractions * math.log(classes)) + 0.5).astype(np.int64) - 1
                tries[places[open_]] += 1
                for i, k in zip(open_.tolist(), chosen.tolist()):
                    drawn[i][k] = None
                open_ = open_[[len(drawn[i]) < count for i in open_.tolist()]]
            for place, row in zip(places.tolist(), drawn):
                found[place] = list(row)
        return found, tries


def _rounded(x: np.ndarray, dtype: Any) -> np.ndarray:
    """Return numbers of the working precision in `dtype`; to half precision by way of single, as in MXNet."""
    return x if x.dtype == dtype else x.astype(_F32).astype(dtype)


def _floats(parameter: Any) -> np.ndarray:
    """Return a number or an array as a vector of floating point."""
    x = np.asarray(parameter).reshape(-1)
    return x if x.dtype.kind == "f" else x.astype(_F32)
