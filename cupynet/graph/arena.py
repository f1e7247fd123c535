"""Where in one block of memory values lie whose lifetimes are known.

Source: Y. Pisarchyk, J. Lee, "Efficient memory management for deep neural net inference" (2020), greedy by size.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["ALIGNMENT", "FOREVER", "Tenant", "place"]

ALIGNMENT = 64  # bytes: a line of cache
FOREVER = 1 << 60  # a step that never comes
_SMALL = 1 << 14  # bytes for which a gap is not worth a search


@dataclass(slots=True, eq=False)
class Tenant:
    """Memory that is needed from one step to another (both included)."""

    nbytes: int
    start: int
    end: int
    offset: int = 0


def place(tenants: Sequence[Tenant]) -> int:
    """Give every tenant an offset, so that those who live at the same time do not overlap; return the bytes needed.

    The largest come first, each into the tightest gap between those that live at the same time as it does; small ones
    that stay for ever lie behind.
    """
    stay = [t for t in tenants if t.end == FOREVER and t.nbytes <= _SMALL]
    order = sorted([t for t in tenants if t.end != FOREVER or t.nbytes > _SMALL], key=lambda t: (-t.nbytes, t.start))
    starts, ends, offsets, tops = (np.empty(len(order), np.int64) for _ in range(4))
    total = 0
    for n, tenant in enumerate(order):
        size = -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
        tenant.offset = _tightest(starts, ends, offsets, tops, n, tenant, size) if n else 0
        starts[n], ends[n] = tenant.start, tenant.end
        offsets[n], tops[n] = tenant.offset, tenant.offset + size
        total = max(total, tenant.offset + size)
    for tenant in stay:
        tenant.offset, total = total, total + -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
    return total


def _tightest(starts: np.ndarray, ends: np.ndarray, offsets: np.ndarray, tops: np.ndarray, count: int,
              tenant: Tenant, size: int) -> int:
    """Return the offset of the smallest gap of at least `size`, or of the end, among the first `count` placed."""
    beside = np.nonzero((starts[:count] <= tenant.end) & (ends[:count] >= tenant.start))[0]
    if not len(beside):
        return 0
    beside = beside[np.argsort(offsets[beside], kind="stable")]
    floors = np.maximum.accumulate(tops[beside])  # where the gap after each neighbour begins
    gaps = offsets[beside[1:]] - floors[:-1]
    before = int(offsets[beside[0]])
    best, at = (before, 0) if before >= size else (None, 0)
    fitting = np.nonzero(gaps >= size)[0]
    if len(fitting):
        tightest = fitting[np.argmin(gaps[fitting])]
        if best is None or gaps[tightest] < best:
            best, at = gaps[tightest], int(floors[tightest])
    return at if best is not None else int(floors[-1])
