"""How blocks and parameters are shown."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["indented", "shortened", "common_start"]


def indented(text: str, spaces: int) -> str:
    """Return `text` with all lines but the first moved to the right."""
    return text.replace("\n", "\n" + " " * spaces)


def shortened(items: Iterable[object], most: int = 7) -> str:
    """Return the items in quotes; of more than `most` those in the middle are left out."""
    items = [f"'{each}'" for each in items]
    if len(items) > most:
        return ", ".join([*items[:most // 2], "...", *items[-most // 2:]])
    return ", ".join(items)


def common_start(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    first, last = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    return first[:length]
