"""What happens before what: each stream has a clock, and so has the host; memory remembers its last uses.

Work in a stream is in order, and after everything that the host has waited for. An event carries the clock of its
stream to whoever waits for it. Two uses of memory, one of which writes, are a race unless one comes before the other;
and memory that is freed goes back to the stream it was made on, which must come after all uses. So a missing wait is
found however the work would have been timed. Races are raised, or kept in ``observed.races`` where nothing can be.

Copies to and from page-locked memory of the host end when the host has waited for them: until then what was read holds
garbage, and what is written must not change.
"""
from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterable

import numpy as np

from ._observed import observed

Clock = dict[int, int]  # of each stream, how much of its work came before

host: Clock = {}
clocks: dict[int, Clock] = {}
_unfinished: list[tuple[int, int, Callable[[], None]]] = []  # (stream, its count, what to do when the host knows)


_lock = threading.RLock()  # threads share streams; a block may be freed in the middle of anything


def _one_at_a_time(function: Callable) -> Callable:
    @functools.wraps(function)
    def locked(*args, **kwargs):
        with _lock:
            return function(*args, **kwargs)
    return locked


class Race(AssertionError):
    """Two uses of memory at the same time."""


@_one_at_a_time
def advance(stream: int) -> int:
    """Note one more piece of work in a stream; return its number."""
    clock = clocks.setdefault(stream, {})
    merge(clock, host)
    clock[stream] = clock.get(stream, 0) + 1
    return clock[stream]


@_one_at_a_time
def merge(clock: Clock, other: Clock) -> None:
    """Let what came before `other` come before `clock`, too."""
    for stream, count in other.items():
        if clock.get(stream, 0) < count:
            clock[stream] = count


@_one_at_a_time
def host_waits(clock: Clock) -> None:
    """Let the host know that everything before `clock` is done."""
    merge(host, clock)
    for item in list(_unfinished):
        stream, count, finish = item
        if host.get(stream, 0) >= count:
            _unfinished.remove(item)
            finish()


class Block:
    """A piece of a device's memory: the stream that it was made on, and its last uses (stream -> number)."""

    def __init__(self, stream: int, nbytes: int):
        self.stream, self.nbytes = stream, nbytes
        self.written: Clock = {}
        self.read: Clock = {}
        observed.allocated += nbytes

    @_one_at_a_time
    def __del__(self) -> None:
        observed.allocated -= self.nbytes
        after = dict(clocks.get(self.stream, {}))
        merge(after, host)
        if not (_before(self.written, after) and _before(self.read, after)):
            observed.races.append(f"memory of stream {self.stream} is freed while {self.written or self.read} use it")


def _before(uses: Clock, clock: Clock) -> bool:
    return all(clock.get(stream, 0) >= count for stream, count in uses.items())


@_one_at_a_time
def use(name: str, stream: int, reads: Iterable[Block], writes: Iterable[Block]) -> None:
    """Note work in a stream that uses some memory. Raises Race."""
    count = advance(stream)
    clock = clocks[stream]
    for block in reads:
        if not _before(block.written, clock):
            raise Race(f"{name} in stream {stream} reads what is being written: {block.written}, after {clock}")
    for block in writes:
        if not (_before(block.written, clock) and _before(block.read, clock)):
            raise Race(f"{name} in stream {stream} writes what is in use: written {block.written}, read {block.read}, "
                       f"after {clock}")
    for block in reads:
        block.read[stream] = count
    for block in writes:
        block.written, block.read = {stream: count}, {}


@_one_at_a_time
def leave_to_host(stream: int, target: np.ndarray, values: np.ndarray) -> None:
    """Let `values` arrive in `target` when the host has waited."""
    target.fill(np.nan if target.dtype.kind in "fc" else 99)
    _unfinished.append((stream, clocks[stream][stream], lambda: np.copyto(target, values)))


@_one_at_a_time
def take_from_host(stream: int, source: np.ndarray) -> None:
    """Complain if `source` changes or goes before the host has waited."""
    values, ref = source.copy(), weakref.ref(source)

    def check() -> None:
        left = ref()
        if left is None or not np.array_equal(left, values, equal_nan=values.dtype.kind in "fc"):
            observed.races.append("page-locked memory changed, or was freed, before it had been copied")
    _unfinished.append((stream, clocks[stream][stream], check))
