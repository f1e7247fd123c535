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
    placed = np.empty((4, len(order)), np.int64)  # start, end, offset and top of each, by offset
    for n, tenant in enumerate(order):
        size = -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
        tenant.offset = _tightest(placed[:, :n], tenant, size)
        at = int(placed[2, :n].searchsorted(tenant.offset))
        placed[:, at + 1:n + 1] = placed[:, at:n]
        placed[:, at] = tenant.start, tenant.end, tenant.offset, tenant.offset + size
    total = int(placed[3].max(initial=0))
    for tenant in stay:
        tenant.offset, total = total, total + -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
    return total


def _tightest(placed: np.ndarray, tenant: Tenant, size: int) -> int:
    """Return the offset of the smallest gap of at least `size`, or of the end, among those placed before."""
    beside = (placed[0] <= tenant.end) & (placed[1] >= tenant.start)
    offsets = placed[2][beside]
    if not len(offsets):
        return 0
    tops = np.maximum.accumulate(placed[3][beside])
    floors = np.concatenate(((0,), tops[:-1]))  # where the gap before each neighbour begins
    gaps = offsets - floors
    gaps[gaps < size] = FOREVER
    tightest = int(gaps.argmin())
    return int(floors[tightest]) if gaps[tightest] != FOREVER else int(tops[-1])
