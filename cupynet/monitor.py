"""``mx.mon``: statistics of the arrays of a network while it trains."""
from __future__ import annotations

import logging
import re
from collections.abc import Callable
from math import sqrt
from typing import Any

from .base import MXNetTypeError
from .executor import Executor
from .ndarray import NDArray

__all__ = ["Monitor"]


def _mean_magnitude(x: NDArray) -> NDArray:
    return x.norm() / sqrt(x.size)


class Monitor:
    """Watches executors and logs a statistic of outputs, parameters and gradients every `interval` batches.

    Parameters
    ----------
    interval : int
        Batches between two looks.
    stat_func : callable, optional
        NDArray -> NDArray or list of them; the root of the mean square by default.
    pattern : str
        A regular expression; only arrays whose names match are watched.
    sort : bool
        Whether the statistics are sorted by name.
    monitor_all : bool
        Whether inputs of operators are watched, too.
    """

    def __init__(self, interval: int, stat_func: Callable[[NDArray], Any] | None = None, pattern: str = ".*",
                 sort: bool = False, monitor_all: bool = False):
        self.interval, self.stat_func = interval, stat_func or _mean_magnitude
        self.re_prog, self.sort, self.monitor_all = re.compile(pattern), sort, monitor_all
        self.activated = False
        self.step = 0
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Executor] = []

    def stat_helper(self, name: str, array: NDArray) -> None:
        """Take the statistic of an array that an executor shows."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Executor) -> None:
        """Watch an executor."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Begin a batch; call it before forward."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """End a batch; return (batch, name, statistic as text), an empty list if this batch was not looked at."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in zip(exe._symbol.list_arguments(), exe.arg_arrays):
                self.stat_helper(name, array)
            for name, array in zip(exe._symbol.list_auxiliary_states(), exe.aux_arrays):
                self.stat_helper(name, array)
        self.activated = False
        found = sorted(self.queue, key=lambda entry: entry[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, self._text(name, value)) for step, name, value in found]

    @staticmethod
    def _text(name: str, value: Any) -> str:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, NDArray) for each in values):
            raise MXNetTypeError(f"Monitor: stat_func gave {value!r} for {name!r}; expected an NDArray, or a list of "
                                 "them")
        return "".join([str(each.asscalar() if each.shape in ((), (1,)) else each.asnumpy()) + "\t" for each in values])

    def toc_print(self) -> None:
        """End a batch, and log the statistics."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, text)
