"""Bounding boxes: overlaps, suppression, matching, encoding and decoding.

A box is (left, top, right, bottom) in the format "corner" and (x, y, width, height) in the format "center".
Greedy algorithms run over their steps on the host and over everything else on the device, without waiting
for it: the number of steps depends on shapes and attributes alone.
"""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...base import MXNetTypeError
from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, alike, first_type, same_type
from ..schema import Attrs

__all__ = ["box_rows", "centers", "iou", "suppress"]


_FORMAT = Literal["corner", "center"]
_BLOCK = 128  # boxes whose overlaps with all others are held at once


def _require_boxes(name: str, argument: str, shape: Any) -> None:
    require(shape is None or (len(shape) > 0 and alike(shape[-1], 4)), name,
            f"{argument} has shape {shape}, expected (..., 4)")


# ---- overlap --------------------------------------------------------------------------------------

def _corners(xp: Any, boxes: Any, format: str) -> Any:
    """Return boxes (..., 4) in the format "corner"."""
    if format == "corner":
        return boxes
    half = boxes[..., 2:] * 0.5
    return xp.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], -1)


def centers(xp: Any, boxes: Any, format: str = "corner") -> Any:
    """Return boxes (..., 4) in the format "center"."""
    if format == "center":
        return boxes
    return xp.concatenate([(boxes[..., :2] + boxes[..., 2:]) * 0.5, boxes[..., 2:] - boxes[..., :2]], -1)


def _area(xp: Any, boxes: Any) -> Any:
    sides = xp.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def iou(xp: Any, one: Any, two: Any) -> Any:
    """Return intersection over union of boxes of broadcastable shapes (..., 4) with corners; 0 if both are empty."""
    sides = xp.minimum(one[..., 2:], two[..., 2:]) - xp.maximum(one[..., :2], two[..., :2])
    sides = xp.maximum(sides, 0)
    shared = sides[..., 0] * sides[..., 1]
    union = _area(xp, one) + _area(xp, two) - shared
    return xp.where(union > 0, shared / xp.where(union > 0, union, 1), 0).astype(one.dtype, copy=False)


@op(name="_contrib_box_iou", differentiable=False)
def box_iou(xp, lhs, rhs, *, format: _FORMAT = "corner"):
    """Intersection over union of every box of `lhs` with every box of `rhs`.

    Parameters
    ----------
    lhs, rhs : (..., 4), floating point
    format : {"corner", "center"}

    Returns
    -------
    ``lhs.shape[:-1] + rhs.shape[:-1]``, 0 where a union is empty. No gradient.
    """
    one, two = (_corners(xp, boxes, format) for boxes in (lhs, rhs))
    return iou(xp, one.reshape(*one.shape[:-1], *(1,) * (two.ndim - 1), 4), two)


@box_iou.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for i in (0, 1):
        _require_boxes("_contrib_box_iou", ins.names[i], ins[i])
    if ins[0] is not None and ins[1] is not None:
        outs[0] = ins[0][:-1] + ins[1][:-1]


box_iou.type(same_type)


# ---- suppression ----------------------------------------------------------------------------------

def suppress(xp: Any, boxes: Any, ids: Any, keep: Any, threshold: float, inclusive: bool, wanted: int | None = None
             ) -> Any:
    """Return which of sorted boxes (B, N, 4) with corners survive greedy non-maximum suppression.

    A box that survives strikes out those after it that overlap it by more than `threshold` (or by as much, if
    `inclusive`), within its class if there are `ids` (B, N). `keep` (B, N) says which take part at all. Only the first
    `wanted` survivors need be right. Where it can be seen which boxes are out already, they are passed over.
    """
    keep = keep.copy()
    count = boxes.shape[1]
    peek = backend(xp).peek
    for begin in range(0, count, _BLOCK):
        rows, seen = np.arange(begin, min(begin + _BLOCK, count)), peek(keep)
        if seen is not None:
            if wanted is not None and (seen[:, :begin].sum(1) >= wanted).all():
                break
            rows = rows[seen[:, rows].any(0)]
        taken = xp.asarray(rows)
        overlap = iou(xp, boxes[:, taken, None], boxes[:, None, begin:])
        strikes = overlap >= threshold if inclusive else overlap > threshold
        if ids is not None:
            strikes &= ids[:, taken, None] == ids[:, None, begin:]
        for i, at in enumerate(rows.tolist()):
            keep[:, at + 1:] &= ~(strikes[:, i, at + 1 - begin:] & keep[:, at:at + 1])
    return keep


def box_rows(xp: Any, data: Any, order: Any) -> Any:
    """Return the rows of (B, N, ...) in the `order` (B, n) of each batch."""
    return data[xp.arange(len(data))[:, None], order]


@op(name="_contrib_box_nms", aliases=("_contrib_box_non_maximum_suppression",), outputs=("output0", "index"), visible=1)
def box_nms(xp, data, *, overlap_thresh: float = 0.5, valid_thresh: float = 0.0, topk: int = -1, coord_start: int = 2,
            score_index: int = 1, id_index: int = -1, background_id: int = -1, force_suppress: bool = False,
            in_format: _FORMAT = "corner", out_format: _FORMAT = "corner"):
    """Greedy non-maximum suppression: survivors by falling score, then rows of -1.

    Parameters
    ----------
    data : (..., N, K), floating point
        Rows with a score, four coordinates, perhaps a class, and anything else.
    overlap_thresh : float
        A box goes if its overlap with a better one is greater.
    valid_thresh : float
        Only scores above this take part.
    topk : int
        Only so many of the best take part; all if not positive.
    coord_start, score_index, id_index : int
        Columns of the first coordinate, the score and the class (none if negative).
    background_id : int
        Boxes of this class are dropped, where there are classes.
    force_suppress : bool
        Also across classes.
    in_format, out_format : {"corner", "center"}

    Returns
    -------
    Same shape and dtype as `data`. The gradient goes to the survivors' rows.
    """
    shape = data.shape
    rows = data.reshape(-1, *shape[-2:])
    count = shape[-2]
    score = rows[..., score_index]
    valid = score > valid_thresh
    if id_index >= 0:
        valid &= rows[..., id_index] != background_id
    ranked = xp.where(valid, -score, np.inf)
    order = xp.argsort(ranked, axis=-1, kind="stable")
    best = count if topk <= 0 else min(topk, count)
    rows = box_rows(xp, rows, order)
    keep = box_rows(xp, valid, order)
    keep[:, best:] = False
    boxes = _corners(xp, rows[..., coord_start:coord_start + 4], in_format)
    ids = rows[:, :best, id_index] if id_index >= 0 and not force_suppress else None
    keep[:, :best] = suppress(xp, boxes[:, :best], ids, keep[:, :best], overlap_thresh, False)
    # survivors first: a stable sort by whether a row is dropped
    last = xp.argsort(~keep, axis=-1, kind="stable")
    rows, keep = box_rows(xp, rows, last), box_rows(xp, keep, last)
    index = xp.where(keep, box_rows(xp, order, last), -1)
    if in_format != out_format:
        change = _corners if out_format == "corner" else centers
        place = slice(coord_start, coord_start + 4)
        rows[..., place] = change(xp, rows[..., place], in_format)
    result = xp.where(keep[..., None], rows, data.dtype.type(-1))
    return result.reshape(shape), index.reshape(shape[:-1]).astype(np.int32)


@box_nms.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_box_nms"
    ins[0] = outs[0]
    outs[0] = shape = ins[0]
    if shape is None:
        return
    require(len(shape) >= 2, name, f"data has shape {shape}, expected (..., boxes, columns)")
    for what, width in (("coord_start", 4), ("score_index", 1), ("id_index", 1)):
        require(shape[-1] is None or attrs[what] + width <= shape[-1], name,
                f"{what} is {attrs[what]}, but data has {shape[-1]} columns")
    require(min(attrs.coord_start, attrs.score_index) >= 0, name, "coord_start and score_index may not be negative")
    outs[1] = shape[:-1]


@box_nms.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0] = outs[0]
    outs[0] = ins[0]
    if ins[0] is not None and ins[0].kind != "f":
        raise MXNetTypeError(f"_contrib_box_nms: data has dtype {ins[0]}, expected a floating-point type")
    outs[1] = np.dtype(np.int32)


@box_nms.grad("data")
def _(F, grad, index):
    return F._backward_box_nms(grad, index)


@op(name="_backward_box_nms", differentiable=False)
def box_nms_grad(xp, data, index):
    """Gradient of box_nms: rows of `data` (..., N, K) go to the rows that `index` (..., N) names, -1 to none."""
    count = data.shape[-2]
    rows, places = data.reshape(-1, *data.shape[-2:]), index.reshape(-1, count)
    result = xp.zeros((len(rows), count + 1, data.shape[-1]), data.dtype)  # the last row takes what goes nowhere
    result[xp.arange(len(rows))[:, None], xp.where(places < 0, count, places)] = rows
    return result[:, :-1].reshape(data.shape)


@box_nms_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]


box_nms_grad.type(first_type)


# ---- matching -------------------------------------------------------------------------------------

@op(name="_contrib_bipartite_matching", outputs=("output0", "output1"), differentiable=False)
def bipartite_matching(xp, data, *, is_ascend: bool = False, threshold: float, topk: int = -1):
    """Greedy matching of rows and columns by score: the best pair, the best pair of what is left, and so on.

    Parameters
    ----------
    data : (..., N, M), floating point
    is_ascend : bool
        Whether the lowest score is the best.
    threshold : float
        Only better scores are matched.
    topk : int
        If positive, at most ``topk + 1`` pairs are matched, as MXNet does.

    Returns
    -------
    rows : (..., N)
        The column of each row, or -1. Same dtype as `data`.
    columns : (..., M)
        The row of each column, or -1.
    """
    *lead, n, m = data.shape
    score = data.reshape(-1, n * m)
    usable = score < threshold if is_ascend else score > threshold
    score = xp.where(usable, -score if is_ascend else score, -np.inf).astype(data.dtype, copy=False)
    batch = xp.arange(len(score))
    rows, columns = xp.full((len(score), n), -1, data.dtype), xp.full((len(score), m), -1, data.dtype)
    for _ in range(min(n, m) if topk <= 0 else min(n, m, topk + 1)):
        best = xp.argmax(score, axis=-1)
        found = score[batch, best] > -np.inf
        row, column = best // m, best % m
        rows[batch, row] = xp.where(found, column, rows[batch, row])
        columns[batch, column] = xp.where(found, row, columns[batch, column])
        grid = score.reshape(-1, n, m)
        grid[batch, row] = -np.inf
        grid[batch, :, column] = -np.inf
    return rows.reshape(*lead, n), columns.reshape(*lead, m)


@bipartite_matching.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    if shape is not None:
        require(len(shape) >= 2, "_contrib_bipartite_matching",
                f"data has shape {shape}, expected (..., rows, columns)")
        outs[0], outs[1] = shape[:-1], (*shape[:-2], shape[-1])


bipartite_matching.type(same_type)


# ---- encoding and decoding ------------------------------------------------------------------------

@op(name="_contrib_box_encode", outputs=("output0", "output1"), differentiable=False)
def box_encode(xp, samples, matches, anchors, refs, means, stds):
    """Targets of box regression: the box that an anchor is matched with, relative to the anchor, normalised.

    ``((x - x_a) / w_a, (y - y_a) / h_a, log(w / w_a), log(h / h_a))``, less `means`, over `stds`.

    Parameters
    ----------
    samples : (B, N)
        Positive anchors have 1 (over 0.5); the others get zeros.
    matches : (B, N)
        Which of `refs` an anchor is matched with.
    anchors : (B, N, 4)
        With corners; one batch of them serves all.
    refs : (B, M, 4)
    means, stds : (4,)

    Returns
    -------
    targets, masks : (B, N, 4)
    """
    boxes = centers(xp, box_rows(xp, refs, xp.maximum(matches, 0).astype(np.intp)))
    own = centers(xp, anchors)
    shift = (boxes[..., :2] - own[..., :2]) / own[..., 2:]
    masks = xp.broadcast_to((samples > 0.5)[..., None], boxes.shape)
    ratio = xp.where(masks[..., 2:], boxes[..., 2:] / own[..., 2:], 1)
    targets = (xp.concatenate([shift, xp.log(ratio)], -1) - means) / stds
    return xp.where(masks, targets, 0).astype(anchors.dtype, copy=False), masks.astype(anchors.dtype)


@box_encode.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["matches"] = ins["samples"]
    ins["samples"] = ins["matches"]
    for name in ("anchors", "refs"):
        _require_boxes("_contrib_box_encode", name, ins[name])
    ins["means"] = ins["stds"] = (4,)
    if ins["samples"] is not None:
        outs[0] = outs[1] = (*ins["samples"], 4)


box_encode.type(same_type)


@op(name="_contrib_box_decode", differentiable=False)
def box_decode(xp, data, anchors, *, std0: float = 1.0, std1: float = 1.0, std2: float = 1.0, std3: float = 1.0,
               clip: float = -1.0, format: _FORMAT = "center"):
    """Boxes with corners from predictions relative to anchors: the inverse of box_encode.

    Parameters
    ----------
    data : (B, N, 4), floating point
    anchors : (1, N, 4)
    std0, std1, std2, std3 : float
        What the predictions are multiplied by.
    clip : float
        If positive, the largest logarithm of a side's growth.
    format : {"corner", "center"}
        Of `anchors`.

    Returns
    -------
    (B, N, 4), same dtype as `data`.
    """
    own = centers(xp, anchors, format)
    moves = data * xp.asarray([std0, std1, std2, std3], dtype=data.dtype)
    growth = moves[..., 2:]
    if clip > 0:
        growth = xp.minimum(growth, data.dtype.type(clip))
    center = moves[..., :2] * own[..., 2:] + own[..., :2]
    half = xp.exp(growth) * own[..., 2:] * 0.5
    return xp.concatenate([center - half, center + half], -1)


@box_decode.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for i in (0, 1):
        _require_boxes("_contrib_box_decode", ins.names[i], ins[i])
        require(ins[i] is None or len(ins[i]) == 3, "_contrib_box_decode",
                f"{ins.names[i]} has shape {ins[i]}, expected 3 axes")
    ins[0] = outs[0]
    outs[0] = ins[0]
    if ins[0] is not None:
        ins[1] = (1, *ins[0][1:])


box_decode.type(same_type)
