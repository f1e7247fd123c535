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
    if bin_cnt is None:
        edges = bins
    else:
        edges = xp.linspace(*range, bin_cnt + 1)
    flat = data.reshape(-1)
    places = xp.searchsorted(edges, flat, side="right")
    places = xp.where(flat == edges[-1], len(edges) - 1, places)
    counts = xp.bincount(places, minlength=len(edges) + 1)[1:-1]  # the outer two are below and above all bins
    return counts.astype(_INT64), edges.astype(data.dtype)


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
