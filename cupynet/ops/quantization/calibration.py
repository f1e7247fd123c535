"""Choosing a range by what is lost."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, elements
from ..schema import Attrs
from .ranges import FLOAT32

__all__: list[str] = []

_EPSILON = 1e-4  # what an empty bin is taken for
_WORST = np.finfo(np.float32).max


@op(name="_contrib_calibrate_entropy", outputs=("threshold", "divergence"), differentiable=False)
def calibrate_entropy(xp, hist, hist_edges, *, num_quantized_bins: int = 255):
    """The range ``[-threshold, threshold]`` whose codes tell least apart from the numbers that a histogram counts.

    For every range that ends between two bins, the distribution with all that lies outside in the outermost bins is
    compared with what is left of it in `num_quantized_bins` codes, by the Kullback-Leibler divergence (S. Migacz,
    "8-bit inference with TensorRT", 2017).

    Parameters
    ----------
    hist : n elements, float32
        Counts of numbers, zero in the middle bin.
    hist_edges : n + 1 elements, float32
        Where the bins begin, and where the last one ends.
    num_quantized_bins : int
        How many codes there are, at most n.

    Returns
    -------
    threshold, divergence : (1,), float32
    """
    counts, hist_edges = hist.reshape(-1).astype(np.float64), hist_edges.reshape(-1)
    middle, least = counts.size // 2, num_quantized_bins // 2
    up_to, filled = _sums(xp, counts), _sums(xp, counts != 0)
    ends = [min(middle + i + 1, counts.size) for i in range(least, middle + 1)]
    lost = xp.stack([_divergence(xp, counts, up_to, filled, middle - i, end, num_quantized_bins)
                     for i, end in zip(range(least, middle + 1), ends)])
    best = xp.argmin(lost).reshape(1)
    return hist_edges[xp.asarray(ends)][best], lost[best].astype(FLOAT32)


def _sums(xp: Any, values: Any) -> Any:
    """Return the sums of all elements before each place, and of all."""
    return xp.concatenate([xp.zeros(1), xp.cumsum(values, dtype=np.float64)])


def _divergence(xp: Any, counts: Any, up_to: Any, filled: Any, start: int, stop: int, codes: int) -> Any:
    """Return what is lost if the bins from `start` to `stop` are told by so many codes."""
    whole = counts[start:stop].copy()
    whole[0] = up_to[start + 1]
    whole[-1] += up_to[-1] - up_to[stop]
    merged = (stop - start) // codes
    begins = start + merged * xp.arange(codes)
    ends = begins + merged
    begins[0] += 1  # as MXNet does: what is in the first bin counts as lying outside
    ends[-1] = stop
    means = (up_to[ends] - up_to[begins]) / xp.maximum(filled[ends] - filled[begins], 1)
    spread = xp.empty_like(whole)
    spread[:merged * codes] = xp.repeat(means, merged)
    spread[merged * codes:] = means[-1]
    spread *= whole != 0
    return _entropy(xp, _smoothed(xp, whole), _smoothed(xp, spread))


def _smoothed(xp: Any, counts: Any) -> Any:
    """Return `counts` in float32 with a little of what is there moved to the empty bins, nan if that is not enough."""
    empty = counts == 0
    present = counts.size - empty.sum()
    taken = (_EPSILON * empty.sum() / xp.maximum(present, 1)).astype(FLOAT32)
    enough = (present > 0) & (taken < 1)
    return xp.where(enough, xp.where(empty, np.float32(_EPSILON), counts.astype(FLOAT32) - taken), np.float32(np.nan))


def _total(xp: Any, values: Any) -> Any:
    """Return the sum, added up one by one in float32: thresholds are often so close that MXNet's rounding decides."""
    return xp.cumsum(values, dtype=FLOAT32)[-1]


def _entropy(xp: Any, p: Any, q: Any) -> Any:
    """Return the divergence of `q` from `p`, both normalized; the largest number if one is nan."""
    p, q = p / _total(xp, p), q / _total(xp, q)
    found = _total(xp, p * xp.log(p / q))
    return xp.where(xp.isnan(found), _WORST, found)


@calibrate_entropy.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, hist = "_contrib_calibrate_entropy", ins["hist"]
    if hist is not None:
        bins = elements(hist)
        require(bins is None or 0 < attrs.num_quantized_bins <= bins, name,
                f"num_quantized_bins is {attrs.num_quantized_bins}; expected 1 to {bins}, the size of hist")
        edges = ins["hist_edges"] and elements(ins["hist_edges"])
        require(None in (bins, edges) or edges == bins + 1, name,
                f"hist_edges has shape {ins['hist_edges']}; expected {bins} + 1 elements for hist of shape {hist}")
    outs[0] = outs[1] = (1,)


@calibrate_entropy.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["hist"] = ins["hist_edges"] = outs[0] = outs[1] = FLOAT32
