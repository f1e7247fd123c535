"""Where in one block of memory values lie whose lifetimes are known.

Source: Y. Pisarchyk, J. Lee, "Efficient memory management for deep neural net inference" (2020), greedy by size.
"""
from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

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
    placed: list[tuple[int, int, int, int]] = []  # offset, top, start and end of each, by offset
    total = 0
    for tenant in order:
        size = -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
        tenant.offset = offset = _tightest(placed, tenant, size)
        insort(placed, (offset, offset + size, tenant.start, tenant.end))
        total = max(total, offset + size)
    for tenant in stay:
        tenant.offset, total = total, total + -(-tenant.nbytes // ALIGNMENT) * ALIGNMENT
    return total


def _tightest(placed: Sequence[tuple[int, int, int, int]], tenant: Tenant, size: int) -> int:
    """Return the offset of the smallest gap of at least `size`, or of the end, among those placed before."""
    first, last = tenant.start, tenant.end
    floor, found, smallest = 0, None, FOREVER
    for offset, top, start, end in placed:
        if start <= last and end >= first:
            if size <= offset - floor < smallest:
                found, smallest = floor, offset - floor
                if smallest == size:
                    break
            floor = max(floor, top)
    return floor if found is None else found
