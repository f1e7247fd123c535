"""Choosing a range by what is lost."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, elements
from ..schema import Attrs
from .ranges import FLOAT32

__all__: list[str] = []

_EPSILON = 1e-4  # what an empty bin is taken for
_WORST = float(np.finfo(np.float32).max)


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
    tried = range(least, middle + 1)
    lost = xp.stack([_divergence(xp, counts, middle - i, min(middle + i + 1, counts.size), num_quantized_bins)
                     for i in tried])
    best = xp.argmin(lost).reshape(1)
    ends = hist_edges[xp.asarray([min(middle + i + 1, counts.size) for i in tried])]
    return ends[best].astype(FLOAT32), lost[best].astype(FLOAT32)


def _divergence(xp: Any, counts: Any, start: int, stop: int, codes: int) -> Any:
    """Return what is lost if the bins from `start` to `stop` are told by so many codes."""
    inner, whole = counts[start:stop].copy(), counts[start:stop].copy()
    whole[0] += counts[:start].sum()
    whole[-1] += counts[stop:].sum()
    inner[0] = 0  # as MXNet does: what is in the first bin counts as lying outside
    merged = inner.size // codes
    begins = np.arange(codes) * merged
    ends = np.append(begins[1:], inner.size)
    place = np.minimum(np.arange(inner.size) // merged, codes - 1)

    def by_code(values: Any) -> Any:
        sums = xp.concatenate([xp.zeros(1), xp.cumsum(values)])
        return sums[xp.asarray(ends)] - sums[xp.asarray(begins)]
    spread = (by_code(inner) / xp.maximum(by_code(inner != 0), 1))[xp.asarray(place)] * (whole != 0)
    return _entropy(xp, _smoothed(xp, whole), _smoothed(xp, spread))


def _smoothed(xp: Any, counts: Any) -> Any:
    """Return `counts` with a little of what is there moved to the empty bins; nan if there is not enough."""
    empty = counts == 0
    present = counts.size - empty.sum()
    taken = _EPSILON * empty.sum() / xp.maximum(present, 1)
    return xp.where((present > 0) & (taken < 1), xp.where(empty, _EPSILON, counts - taken), math.nan)


def _entropy(xp: Any, p: Any, q: Any) -> Any:
    """Return the divergence of `q` from `p`, both normalized; the largest number if one is nan."""
    p, q = p / p.sum(), q / q.sum()
    found = (p * xp.log(p / q)).sum()
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
