"""Samplers on trial."""
from __future__ import annotations

from collections.abc import Iterator

from ....base import MXNetAssertionError
from ...data.sampler import Sampler

__all__ = ["IntervalSampler"]


class IntervalSampler(Sampler):
    """Every `interval`-th index, from the first one; then, with `rollover`, from the second, and so on.

    Parameters
    ----------
    length, interval : int
    rollover : bool

    Examples
    --------
    >>> from cupynet.gluon.contrib.data import IntervalSampler
    >>> list(IntervalSampler(7, interval=3))
    [0, 3, 6, 1, 4, 2, 5]
    """

    def __init__(self, length: int, interval: int, rollover: bool = True):
        if interval > length:
            raise MXNetAssertionError(f"Interval {interval} must be smaller than or equal to length {length}")
        self._length, self._interval, self._rollover = length, interval, rollover

    def __iter__(self) -> Iterator[int]:
        for start in range(self._interval if self._rollover else 1):
            yield from range(start, self._length, self._interval)

    def __len__(self) -> int:
        return self._length
