"""Mersenne Twisters (mt19937), many side by side, and the words that they make.

The states of a bank's engines are the columns of one array, so seeding, the twist that makes the next 624 words and
their tempering are a few vector operations for all of them.

Source: M. Matsumoto and T. Nishimura, "Mersenne Twister", 1998.
"""
from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..parallel import scratch

__all__ = ["Bank", "Engine", "Lanes"]

_SIZE, _SHIFT = 624, 397
_UPPER, _LOWER, _MATRIX = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)
_WORD = 0xFFFFFFFF
_TOGETHER = 32    # engines whose states stay in the cache while they are worked on
_ONE_BY_ONE = 32  # up to this many engines are seeded faster by NumPy's own code


def _scratch(purpose: str, shape: tuple[int, int]) -> np.ndarray:
    return scratch(f"twister {purpose}", shape, np.uint32)


def _seed(seeds: np.ndarray, numpys: np.random.RandomState) -> np.ndarray:
    """Return the first states (624, engines) of engines with these seeds."""
    if seeds.size <= _ONE_BY_ONE:
        states = np.empty((_SIZE, seeds.size), np.uint32)
        for i, seed in enumerate(seeds.tolist()):
            numpys.seed(seed)
            states[:, i] = numpys.get_state()[1]
        return states
    columns = np.empty((_SIZE, seeds.size), np.uint32)
    columns[0] = seeds
    mixed = np.empty_like(seeds)
    for i in range(1, _SIZE):
        before = columns[i - 1]
        np.right_shift(before, 30, out=mixed)
        np.bitwise_xor(before, mixed, out=mixed)
        np.multiply(mixed, np.uint32(1812433253), out=mixed)
        np.add(mixed, np.uint32(i), out=columns[i])
    return columns


def _twist(state: np.ndarray) -> np.ndarray:
    """Return the states (624, engines) that follow."""
    mixed, other = _scratch("twist", state.shape), _scratch("twist 2", state.shape)
    first, second, last = _SIZE - _SHIFT, 2 * (_SIZE - _SHIFT), _SIZE - 1
    # the uppermost bit of each, the others of the next
    np.bitwise_xor(state[:last], state[1:], out=mixed[:last])
    mixed &= _LOWER
    mixed[:last] ^= state[:last]
    mixed >>= np.uint32(1)
    np.bitwise_and(state, np.uint32(1), out=other)
    other *= _MATRIX
    mixed[:last] ^= other[1:]
    new = np.empty_like(state)
    np.bitwise_xor(state[_SHIFT:], mixed[:first], out=new[:first])
    np.bitwise_xor(new[:first], mixed[first:second], out=new[first:second])
    np.bitwise_xor(new[first:last - first], mixed[second:last], out=new[second:last])
    again = new[0]
    new[last] = (new[_SHIFT - 1] ^ ((state[last] & _UPPER | again & _LOWER) >> np.uint32(1))
                 ^ (again & np.uint32(1)) * _MATRIX)
    return new


def _temper(state: np.ndarray, out: np.ndarray) -> None:
    """Put the words that a state (624, engines) stands for into `out` (engines, 624)."""
    words, shifted = _scratch("twist", state.shape), _scratch("twist 2", state.shape)
    np.right_shift(state, np.uint32(11), out=shifted)
    np.bitwise_xor(state, shifted, out=words)
    for shift, mask in ((7, 0x9D2C5680), (15, 0xEFC60000)):
        np.left_shift(words, np.uint32(shift), out=shifted)
        shifted &= np.uint32(mask)
        words ^= shifted
    np.right_shift(words, np.uint32(18), out=shifted)
    words ^= shifted
    out[...] = words.T


def _next_words(state: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the states (624, engines) that follow, and put their words into `out` (engines, 624)."""
    if len(out) <= _TOGETHER:
        new = _twist(state)
        _temper(new, out)
        return new
    new = np.empty(state.shape, np.uint32)
    for i in range(0, len(out), _TOGETHER):
        part = slice(i, i + _TOGETHER)
        new[:, part] = _next_words(np.ascontiguousarray(state[:, part]), out[part])
    return new


class Bank:
    """Engines whose seeds are successive numbers; each is seeded when it is first used.

    Parameters
    ----------
    count : int
        How many engines there are.
    """

    def __init__(self, count: int):
        self.count = count
        self._first = self._seeded = 0
        self._state = np.empty((_SIZE, count), np.uint32)
        self._words = np.empty((count, 2 * _SIZE), np.uint32)  # those of the last state and of this one
        self._used = np.empty(count, np.intp)                  # how many of them have been drawn

    @functools.cached_property
    def _numpys(self) -> np.random.RandomState:  # NumPy loads numpy.random when it is first named
        return np.random.RandomState(0)

    def seed(self, first: int) -> None:
        """Start afresh: engine ``i`` from ``first + i``, in 32 bits."""
        self._first, self._seeded = first, 0

    def open(self, start: int, stop: int) -> Lanes:
        """Return the engines ``start`` to ``stop`` for drawing. :meth:`prepare` comes before,
        :meth:`Lanes.close` after it."""
        part = slice(start, stop)
        return Lanes(self._state[:, part], self._words[part], self._used[part])

    def prepare(self, count: int) -> None:
        """Seed the first `count` engines, unless they are."""
        if count > self._seeded:
            new = slice(self._seeded, count)
            seeds = (np.arange(self._seeded, count) + (self._first & _WORD)) & _WORD
            self._state[:, new] = _seed(seeds.astype(np.uint32), self._numpys)
            self._used[new] = 2 * _SIZE
            self._seeded = count


class Lanes:
    """Some engines of a bank, each with its words from the current one on."""

    def __init__(self, state: np.ndarray, words: np.ndarray, used: np.ndarray):
        self._home = state, words, used
        self._states = [None, state]  # of each 624 words; that of the first is not needed any more
        self._words = words
        self.count = len(words)
        self.used = used.copy()
        self._turn = False

    def ensure(self, count: int) -> None:
        """Have `count` words ahead in every lane."""
        end = int(self.used.max()) + count
        width = self._words.shape[1]
        if end <= width:
            return
        states = self._states
        drop = min(int(self.used.min()) // _SIZE, len(states) - 1)
        missing = -((width - end) // _SIZE)
        kept = width - drop * _SIZE
        self._turn = not self._turn
        wider = _scratch(f"words {self._turn}", (self.count, kept + missing * _SIZE))
        wider[:, :kept] = self._words[:, drop * _SIZE:]
        self._states = states = states[drop:]
        for start in range(kept, wider.shape[1], _SIZE):
            states.append(_next_words(states[-1], wider[:, start:start + _SIZE]))
        self._words = wider
        self.used -= drop * _SIZE

    def peek(self, count: int) -> np.ndarray:
        """Return the next words, (lanes, count), which stay the next."""
        self.ensure(count)
        words, used = self._words, self.used
        start = int(used[0])
        if (used == start).all():
            return words[:, start:start + count]
        rows, width = words.shape
        stride, step = words.strides
        windows = as_strided(words, (rows, width - count + 1, count), (stride, step, step), writeable=False)
        return windows[np.arange(rows), used]

    def skip(self, count: int | np.ndarray) -> None:
        """Leave out words that have been looked at: `count` in every lane, or as many as it says of each."""
        self.used += count

    def take(self, count: int) -> np.ndarray:
        """Return the next words, (lanes, count)."""
        found = self.peek(count)
        self.skip(count)
        return found

    def next(self, lanes: np.ndarray) -> np.ndarray:
        """Return the next word of each of some different lanes. :meth:`ensure` has been called."""
        places = self.used[lanes]
        self.used[lanes] = places + 1
        return self._words[lanes, places]

    def close(self) -> None:
        """Bring the engines back into their bank."""
        state, words, used = self._home
        if self._words is words:
            used[:] = self.used
            return
        first = np.minimum(self.used // _SIZE, len(self._states) - 2)  # of the two blocks of words that a lane keeps
        used[:] = self.used - first * _SIZE
        for i in np.unique(first).tolist():
            here = first == i
            np.copyto(state, self._states[i + 1], where=here)
            np.copyto(words, self._words[:, i * _SIZE:(i + 2) * _SIZE], where=here[:, None])


class Engine:
    """One engine that makes long runs of words: NumPy's, which draws the same as MXNet's for the same seed."""

    count = 1

    def __init__(self) -> None:
        self._start = 0
        self._ahead = np.empty(0, np.uint32)

    @functools.cached_property
    def _source(self) -> np.random.RandomState:
        return np.random.RandomState(self._start)

    def seed(self, seed: int) -> None:
        """Start afresh; the source is made when it is first drawn from."""
        self._start = seed & _WORD
        self.__dict__.pop("_source", None)
        self._ahead = self._ahead[:0]

    def peek(self, count: int) -> np.ndarray:
        """Return the next words, (1, count), which stay the next."""
        missing = count - self._ahead.size
        if missing > 0:
            new = self._source.randint(0, _WORD + 1, max(missing, _SIZE), np.uint32)
            self._ahead = np.concatenate([self._ahead, new])
        return self._ahead[None, :count]

    def take(self, count: int) -> np.ndarray:
        """Return the next words, (1, count)."""
        found = self.peek(count)
        self.skip(count)
        return found

    def skip(self, count: Any) -> None:
        """Leave out `count` words that have been looked at: a number, or an array of one."""
        self._ahead = self._ahead[int(np.squeeze(count)):]
