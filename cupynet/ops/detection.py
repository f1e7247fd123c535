"""Object detection: overlaps of boxes, suppression, matching, and the targets and decoding of SSD.

A box is (left, top, right, bottom) in the format "corner" and (x, y, width, height) in the format "center".
Greedy algorithms run over their steps on the host and over everything else on the device, without waiting
for it: the number of steps depends on shapes and attributes alone.
"""
from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from .infer import Slots, first_type, same_type
from .registry import op, require
from .schema import Attrs, Floats

__all__: list[str] = []

_FORMAT = Literal["corner", "center"]
_BLOCK = 128  # boxes whose overlaps with all others are held at once


def _require_boxes(name: str, argument: str, shape: Any) -> None:
    require(shape is None or (len(shape) > 0 and shape[-1] in (0, 4)), name,
            f"{argument} has shape {shape}, expected (..., 4)")


# ---- overlap --------------------------------------------------------------------------------------

def _corners(xp: Any, boxes: Any, format: str) -> Any:
    """Return boxes (..., 4) in the format "corner"."""
    if format == "corner":
        return boxes
    half = boxes[..., 2:] * 0.5
    return xp.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], -1)


def _centers(xp: Any, boxes: Any, format: str = "corner") -> Any:
    """Return boxes (..., 4) in the format "center"."""
    if format == "center":
        return boxes
    return xp.concatenate([(boxes[..., :2] + boxes[..., 2:]) * 0.5, boxes[..., 2:] - boxes[..., :2]], -1)


def _area(xp: Any, boxes: Any) -> Any:
    sides = xp.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def _iou(xp: Any, one: Any, two: Any) -> Any:
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
    return _iou(xp, one.reshape(*one.shape[:-1], *(1,) * (two.ndim - 1), 4), two)


@box_iou.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for i in (0, 1):
        _require_boxes("_contrib_box_iou", ins.names[i], ins[i])
    if ins[0] is not None and ins[1] is not None:
        outs[0] = ins[0][:-1] + ins[1][:-1]


box_iou.type(same_type)


# ---- suppression ----------------------------------------------------------------------------------

def _suppress(xp: Any, boxes: Any, ids: Any, keep: Any, threshold: float, inclusive: bool) -> Any:
    """Return which of sorted boxes (B, N, 4) with corners survive greedy non-maximum suppression.

    A box that survives strikes out those after it that overlap it by more than `threshold` (or by as much, if
    `inclusive`), within its class if there are `ids` (B, N). `keep` (B, N) says which take part at all.
    """
    keep = keep.copy()
    count = boxes.shape[1]
    for begin in range(0, count, _BLOCK):
        end = min(begin + _BLOCK, count)
        overlap = _iou(xp, boxes[:, begin:end, None], boxes[:, None, begin:])
        strikes = overlap >= threshold if inclusive else overlap > threshold
        if ids is not None:
            strikes &= ids[:, begin:end, None] == ids[:, None, begin:]
        for i in range(end - begin):
            at = begin + i
            keep[:, at + 1:] &= ~(strikes[:, i, i + 1:] & keep[:, at:at + 1])
    return keep


def _rows(xp: Any, data: Any, order: Any) -> Any:
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
        Boxes of this class are dropped.
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
    if id_index >= 0 and background_id >= 0:
        valid &= rows[..., id_index] != background_id
    ranked = xp.where(valid, -score, np.inf)
    order = xp.argsort(ranked, axis=-1, kind="stable")
    best = count if topk <= 0 else min(topk, count)
    rows = _rows(xp, rows, order)
    keep = _rows(xp, valid, order)
    keep[:, best:] = False
    boxes = _corners(xp, rows[..., coord_start:coord_start + 4], in_format)
    ids = rows[:, :best, id_index] if id_index >= 0 and not force_suppress else None
    keep[:, :best] = _suppress(xp, boxes[:, :best], ids, keep[:, :best], overlap_thresh, False)
    # survivors first: a stable sort by whether a row is dropped
    last = xp.argsort(~keep, axis=-1, kind="stable")
    rows, keep = _rows(xp, rows, last), _rows(xp, keep, last)
    index = xp.where(keep, _rows(xp, order, last), -1)
    if in_format != out_format:
        change = _corners if out_format == "corner" else _centers
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
        require(not shape[-1] or attrs[what] + width <= shape[-1], name,
                f"{what} is {attrs[what]}, but data has {shape[-1]} columns")
    require(min(attrs.coord_start, attrs.score_index) >= 0, name, "coord_start and score_index may not be negative")
    outs[1] = shape[:-1]


@box_nms.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0] = outs[0]
    outs[0] = ins[0]
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
        Worse scores are not matched.
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
    usable = score <= threshold if is_ascend else score >= threshold
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
    boxes = _centers(xp, _rows(xp, refs, xp.maximum(matches, 0).astype(np.intp)))
    own = _centers(xp, anchors)
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
    own = _centers(xp, anchors, format)
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
    ins[0] = outs[0]
    outs[0] = ins[0]
    if ins[0] is not None and len(ins[0]) == 3:
        ins[1] = (1, *ins[0][1:])


box_decode.type(same_type)


# ---- SSD ------------------------------------------------------------------------------------------

@op(name="_contrib_MultiBoxPrior", differentiable=False)
def multibox_prior(xp, data, *, sizes: Floats = (1.0,), ratios: Floats = (1.0,), clip: bool = False,
                   steps: Floats = (-1.0, -1.0), offsets: Floats = (0.5, 0.5)):
    """Anchor boxes around every pixel of a feature map, in parts of the image.

    For each pixel the boxes of all `sizes` with the first of `ratios`, then of the first size with the other
    ratios: ``height = size / sqrt(ratio)``, ``width = size * sqrt(ratio)`` times the map's height over its width,
    so that a ratio of 1 is a square on an image of the map's shape.

    Parameters
    ----------
    data : (N, C, H, W)
        Only its height, width and dtype count.
    sizes, ratios : tuple of float
    clip : bool
        Cut the boxes to [0, 1].
    steps : (y, x)
        Distances of the centres; by default ``1 / H`` and ``1 / W``.
    offsets : (y, x)
        Place of the first centre, in steps.

    Returns
    -------
    (1, H * W * (len(sizes) + len(ratios) - 1), 4), with corners. Liu et al., SSD, 2016.
    """
    height, width = data.shape[2:]
    shapes = [(size, ratios[0]) for size in sizes] + [(sizes[0], ratio) for ratio in ratios[1:]]
    half = np.array([(size * height / width * math.sqrt(ratio) / 2, size / math.sqrt(ratio) / 2)
                     for size, ratio in shapes])
    step_y, step_x = (step if step > 0 else 1 / n for step, n in zip(steps, (height, width)))
    y, x = np.meshgrid((np.arange(height) + offsets[0]) * step_y, (np.arange(width) + offsets[1]) * step_x,
                       indexing="ij")
    center = np.stack([x, y], -1)[:, :, None]
    boxes = np.concatenate([center - half, center + half], -1).reshape(1, -1, 4)
    return xp.asarray(np.clip(boxes, 0, 1) if clip else boxes, dtype=data.dtype)


@multibox_prior.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_MultiBoxPrior"
    for what in ("sizes", "ratios"):
        require(attrs[what] and min(attrs[what]) > 0, name, f"{what} is {attrs[what]}; expected numbers greater than 0")
    for what in ("steps", "offsets"):
        require(len(attrs[what]) == 2, name, f"{what} is {attrs[what]}; expected two numbers, for y and x")
    if ins[0] is not None:
        require(len(ins[0]) == 4, name, f"data has shape {ins[0]}, expected (N, C, H, W)")
        outs[0] = (1, ins[0][2] * ins[0][3] * (len(attrs.sizes) + len(attrs.ratios) - 1), 4)


multibox_prior.type(same_type)


@op(name="_contrib_MultiBoxTarget", outputs=("loc_target", "loc_mask", "cls_target"), differentiable=False)
def multibox_target(xp, anchor, label, cls_pred, *, overlap_threshold: float = 0.5, ignore_label: float = -1.0,
                    negative_mining_ratio: float = -1.0, negative_mining_thresh: float = 0.5,
                    minimum_negative_samples: int = 0, variances: Floats = (0.1, 0.1, 0.2, 0.2)):
    """Training targets of SSD: matches anchors with objects.

    Every object gets the anchor that overlaps it most, greedily; then every other anchor whose best overlap is
    over `overlap_threshold` gets that object. The rest is background, or, with mining, only the part of it
    whose predicted probability of background is lowest; what is left then is ignored.

    Parameters
    ----------
    anchor : (1, A, 4)
        With corners.
    label : (B, M, 5 or more)
        Rows (class, left, top, right, bottom, ...); the rows from the first class of -1 on are padding.
    cls_pred : (B, classes + 1, A)
        Scores, background first.
    overlap_threshold : float
        Not positive: objects keep to the anchors that they got first.
    ignore_label : float
    negative_mining_ratio : float
        If positive, how many background anchors there are for each matched one.
    negative_mining_thresh : float
        Anchors that overlap an object by this or more are not mined.
    minimum_negative_samples : int
        At least so many are mined, where something is matched. (MXNet takes this, and forgets it.)
    variances : tuple of 4 floats
        What the targets are divided by.

    Returns
    -------
    loc_target, loc_mask : (B, 4 * A)
    cls_target : (B, A)
        Class + 1, 0 for background, `ignore_label`; images with no object are ignored as a whole.
    """
    batches, objects = label.shape[:2]
    anchors = anchor.reshape(-1, 4)
    count = len(anchors)
    batch = xp.arange(batches)
    real = xp.cumsum(label[..., 0] == -1, axis=1) == 0
    boxes = label[..., 1:5]
    overlap = xp.where(real[:, None], _iou(xp, anchors[:, None], boxes[:, None]), -1)  # (B, A, M)
    nearest, best = overlap.argmax(-1), overlap.max(-1)

    match = xp.full((batches, count), -1)
    left = xp.where(overlap > 1e-6, overlap, -1)
    for _ in range(min(objects, count)):  # each object's own anchor, the closest pair first
        flat = left.reshape(batches, -1)
        top = flat.argmax(-1)
        found = flat[batch, top] > 0
        row, column = top // objects, top % objects
        match[batch, row] = xp.where(found, column, match[batch, row])
        left[batch, row] = -1
        left[batch, :, column] = -1
    if overlap_threshold > 0:
        match = xp.where((match < 0) & (best > overlap_threshold), nearest, match)
    positive = match >= 0

    if negative_mining_ratio > 0:
        shifted = cls_pred - cls_pred.max(1, keepdims=True)
        background = xp.exp(shifted[:, 0]) / xp.exp(shifted).sum(1)
        minable = ~positive & (best < negative_mining_thresh)
        matched = positive.sum(-1, keepdims=True)
        wanted = xp.maximum((matched * negative_mining_ratio).astype(np.intp),
                            xp.where(matched > 0, minimum_negative_samples, 0))
        order = xp.argsort(xp.where(minable, background, np.inf), axis=-1, kind="stable")
        rank = xp.argsort(order, axis=-1)
        negative = minable & (rank < wanted)
    else:
        negative = ~positive
    any_object = real[:, :1]
    positive, negative = positive & any_object, negative & any_object

    chosen = xp.maximum(match, 0)
    own, theirs = _centers(xp, anchors), _centers(xp, _rows(xp, boxes, chosen))
    mask = xp.broadcast_to(positive[..., None], theirs.shape)
    ratio = xp.where(mask[..., 2:], theirs[..., 2:] / own[:, 2:], 1)
    target = xp.concatenate([(theirs[..., :2] - own[:, :2]) / own[:, 2:], xp.log(ratio)], -1)
    target = xp.where(mask, target / xp.asarray(variances, dtype=target.dtype), 0)
    classes = xp.where(positive, _rows(xp, label[..., 0], chosen) + 1, xp.where(negative, 0, ignore_label))
    dtype = anchor.dtype
    return (target.reshape(batches, -1).astype(dtype, copy=False), mask.reshape(batches, -1).astype(dtype),
            classes.astype(dtype, copy=False))


@multibox_target.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_MultiBoxTarget"
    require(len(attrs.variances) == 4, name, f"variances is {attrs.variances}; expected 4 numbers")
    ins["anchor"] = (1, 0, 4)
    for argument in ("label", "cls_pred"):
        shape = ins[argument]
        require(shape is None or len(shape) == 3, name, f"{argument} has shape {shape}, expected 3 axes")
    anchors = ins["anchor"][1]
    if ins["cls_pred"] is not None:
        anchors = anchors or ins["cls_pred"][2]
        ins["anchor"] = (1, anchors, 4)
    if ins["label"] is not None:
        require(ins["label"][2] in (0, *range(5, ins["label"][2] + 1)), name,
                f"label has shape {ins['label']}, expected (B, M, 5 or more)")
    batches = next((shape[0] for shape in (ins["label"], ins["cls_pred"]) if shape and shape[0]), 0)
    ins["cls_pred"] = (batches, 0, anchors)
    ins["label"] = (batches, 0, 0)
    outs[0] = outs[1] = (batches, 4 * anchors)
    outs[2] = (batches, anchors)


multibox_target.type(same_type)


@op(name="_contrib_MultiBoxDetection", differentiable=False)
def multibox_detection(xp, cls_prob, loc_pred, anchor, *, clip: bool = True, threshold: float = 0.01,
                       background_id: int = 0, nms_threshold: float = 0.5, force_suppress: bool = False,
                       variances: Floats = (0.1, 0.1, 0.2, 0.2), nms_topk: int = -1):
    """Detections of SSD: the best class of each anchor, its decoded box, and non-maximum suppression.

    Parameters
    ----------
    cls_prob : (B, classes + 1, A)
        Probabilities, background first.
    loc_pred : (B, 4 * A)
    anchor : (1, A, 4)
        With corners.
    clip : bool
        Cut boxes to [0, 1].
    threshold : float
        Detections below this probability are dropped.
    background_id : int
        Accepted; the first class is the background, as in MXNet.
    nms_threshold : float
        Boxes that overlap a better one by this or more are struck out; outside (0, 1], nothing is.
    force_suppress : bool
        Also across classes.
    variances : tuple of 4 floats
    nms_topk : int
        If positive, so many of the best are kept.

    Returns
    -------
    (B, A, 6)
        Rows (class, probability, left, top, right, bottom), best first; the class is -1 for what was struck
        out, and all of a row is -1 for what was dropped.
    """
    batches, _, count = cls_prob.shape
    probability = cls_prob[:, 1:].max(1)
    label = cls_prob[:, 1:].argmax(1).astype(cls_prob.dtype)
    valid = probability >= threshold

    own = _centers(xp, anchor.reshape(1, -1, 4))
    moves = loc_pred.reshape(batches, -1, 4) * xp.asarray(variances, dtype=loc_pred.dtype)
    center = moves[..., :2] * own[..., 2:] + own[..., :2]
    half = xp.exp(moves[..., 2:]) * own[..., 2:] * 0.5
    boxes = xp.concatenate([center - half, center + half], -1)
    if clip:
        boxes = xp.clip(boxes, 0, 1)

    suppresses = 0 < nms_threshold <= 1
    # without suppression MXNet only moves what was dropped to the end
    order = xp.argsort(xp.where(valid, -probability, np.inf) if suppresses else ~valid, axis=-1, kind="stable")
    label, probability, boxes, valid = (_rows(xp, each, order) for each in (label, probability, boxes, valid))
    if suppresses:
        best = count if nms_topk <= 0 else min(nms_topk, count)
        keep = _suppress(xp, boxes[:, :best], None if force_suppress else label[:, :best], valid[:, :best],
                         nms_threshold, True)
        label[:, :best] = xp.where(keep, label[:, :best], -1)
        label[:, best:] = -1
    rows = xp.concatenate([label[..., None], probability[..., None], boxes], -1)
    return xp.where(valid[..., None], rows, cls_prob.dtype.type(-1))


@multibox_detection.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_MultiBoxDetection"
    require(len(attrs.variances) == 4, name, f"variances is {attrs.variances}; expected 4 numbers")
    prob = ins["cls_prob"]
    require(prob is None or len(prob) == 3, name, f"cls_prob has shape {prob}, expected (B, classes + 1, A)")
    ins["anchor"] = (1, prob[2] if prob else 0, 4)
    anchors = ins["anchor"][1]
    ins["cls_prob"] = (0, 0, anchors)
    batches = ins["cls_prob"][0]
    ins["loc_pred"] = (batches, 4 * anchors)
    outs[0] = (batches, anchors, 6)


multibox_detection.type(same_type)
