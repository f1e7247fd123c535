"""The draws of MXNet's iterators: C++'s ``<random>`` as its builds had it (libstdc++), over a Mersenne Twister."""
from __future__ import annotations

import math

import numpy as np

__all__ = ["Draws"]

_F = np.float32
_WORDS = 1 << 32


class Draws:
    """A ``std::mt19937`` and the distributions that are drawn from it.

    Parameters
    ----------
    seed : int
        Its lowest 32 bits count.

    Examples
    --------
    >>> draws = Draws(5489)
    >>> draws.word()
    3499211612
    >>> Draws(111).shuffled(10).tolist()
    [3, 4, 9, 2, 1, 6, 7, 0, 5, 8]
    """

    def __init__(self, seed: int):
        self._generator = np.random.RandomState(seed & 0xFFFFFFFF)._bit_generator
        self._next = self._generator.random_raw

    @property
    def state(self) -> dict:
        """Where the sequence of words has come to; may be set."""
        return self._generator.state

    @state.setter
    def state(self, state: dict) -> None:
        self._generator.state = state

    def word(self) -> int:
        """Return the next 32 bits."""
        return int(self._next())

    def below(self, n: int) -> int:
        """Return one of 0, ..., n - 1 (``uniform_int_distribution``): a word divided, and drawn again at the top."""
        scale = (_WORDS - 1) // n
        drawn = self._next() // scale
        while drawn >= n:
            drawn = self._next() // scale
        return int(drawn)

    def real(self) -> np.float32:
        """Return a float32 in [0, 1) (``uniform_real_distribution<float>``)."""
        drawn = _F(self._next()) / _F(_WORDS)
        return drawn if drawn < 1 else np.nextafter(_F(1), _F(0))

    def coin(self, probability: float = 0.5) -> bool:
        """Return True with a probability (``bernoulli_distribution``): a float64 of two words is below it."""
        low, high = self._next(), self._next()
        return (low + high * float(_WORDS)) / 2.0**64 < probability

    def normals(self, count: int, deviation: float) -> np.ndarray:
        """Return float32 of one ``normal_distribution<float>``: the polar method, both values of a pair used."""
        drawn: list[np.float32] = []
        while len(drawn) < count:
            x, y = (_F(2) * self.real() - _F(1) for _ in range(2))
            r = x * x + y * y
            if 0 < r <= 1:
                stretch = _F(math.sqrt(-2 * math.log(float(r)) / float(r)))
                drawn += [y * stretch, x * stretch]
        return np.array(drawn[:count], _F) * _F(deviation)

    def shuffled(self, n: int) -> np.ndarray:
        """Return 0, ..., n - 1 in the order of ``std::shuffle``: element i changes places with one of 0, ..., i."""
        order = list(range(n))
        for i in range(1, n):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)
