"""Counting."""
from __future__ import annotations

import numpy as np

from ..catalog import op, require
from ..infer import Slots, derived, known
from ..schema import Attrs, Floats

__all__: list[str] = []

_INT64 = np.dtype(np.int64)


@op(name="_histogram", outputs=("output0", "output1"), differentiable=False,
    when={"bins": lambda attrs: attrs.bin_cnt is None})
def histogram(xp, data, bins=None, *, bin_cnt: int | None = None, range: Floats | None = None):
    """How many elements of `data` fall into each bin.

    Parameters
    ----------
    data : any shape, any dtype
    bins : (n + 1,), rising
        The edges of the bins; absent if `bin_cnt` is given. The last bin includes its right edge.
    bin_cnt : int
        The number of equally wide bins in `range`.
    range : (float, float)
        The outer edges for `bin_cnt`.

    Returns
    -------
    The counts, int64, and the edges, in the dtype of `data`.
    """
    flat = data.reshape(-1)
    if bin_cnt is None:
        places = xp.searchsorted(bins, flat, side="right")
        places = xp.where(flat == bins[-1], len(bins) - 1, places)
        counts = xp.bincount(places, minlength=len(bins) + 1)[1:-1]  # the outer two are below and above all bins
        return counts.astype(_INT64), bins.astype(data.dtype)
    low, high = range
    edges = xp.linspace(low, high, bin_cnt + 1).astype(data.dtype)
    inside = (flat >= low) & (flat <= high)
    places = xp.where(inside, (flat - low) * (bin_cnt / (high - low)), 0).astype(_INT64).clip(0, bin_cnt - 1)
    # the edges decide, which are rounded: for whole numbers to whole ones, where MXNet goes one bin further at most
    places = xp.where(flat < edges[places], places - 1,
                      xp.where((flat >= edges[places + 1]) & (places < bin_cnt - 1), places + 1, places))
    counts = xp.bincount(xp.where(inside, places, bin_cnt), minlength=bin_cnt + 1)[:bin_cnt]
    return counts.astype(_INT64), edges


@histogram.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    count = attrs.bin_cnt
    if count is None:
        require(attrs.range is None, "_histogram", "range comes with bin_cnt, not with bins")
        outs[1] = ins["bins"]
        ins["bins"] = outs[1]
        if known(outs[1]):
            require(len(outs[1]) == 1 and outs[1][0] > 1, "_histogram",
                    f"bins has shape {outs[1]}; expected a vector of two or more edges")
            outs[0] = (outs[1][0] - 1,)
        elif outs[0] is not None:
            ins["bins"] = (derived(lambda n: n + 1, outs[0][0]),)
        return
    ends = attrs.range or ()
    require(count > 0 and len(ends) == 2 and ends[0] < ends[1], "_histogram",
            f"bin_cnt is {count} and range {attrs.range}; expected a positive number and (lowest, highest)")
    outs[0], outs[1] = (count,), (count + 1,)


@histogram.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = _INT64
    outs[1] = ins[0]
    ins[0] = outs[1]
    if "bins" in ins:
        ins["bins"] = ins[0]
