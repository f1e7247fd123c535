"""Operators that make, rearrange, join, cut and look up arrays without computing on their elements.

What can be a view of the input is one: reshaping, transposing, reversing and broadcasting move no data.
"""
from . import (
    axes,
    blocks,
    broadcast,
    creation,
    cumulative,
    diagonal,
    histogram,
    indices,
    join,
    pad,
    pick,
    positions,
    repeat,
    reshape,
    scatter,
    sequence,
    shapes,
    slices,
    sorting,
    split,
    storage,
    take,
    where,
)
