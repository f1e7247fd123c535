"""Anchors, targets and detections of single-shot detectors."""
from __future__ import annotations

import numpy as np

from ..catalog import op, require
from ..infer import Slots, derived, either, elements, same_type
from ..schema import Attrs, Floats
from .boxes import box_rows, centers, iou, suppress

__all__: list[str] = []


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
        Not looked at: a ratio that is not positive gives infinities or nan.
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
    height, width = data.shape[2:4]
    shapes = [(size, ratios[0]) for size in sizes] + [(sizes[0], ratio) for ratio in ratios[1:]]
    sides, roots = np.array([size for size, _ in shapes]), np.array([ratio for _, ratio in shapes])
    with np.errstate(all="ignore"):
        roots = np.sqrt(roots)
        half = np.stack([sides * height / width * roots / 2, sides / roots / 2], -1)
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
        require(attrs[what], name, f"{what} is empty; expected one number or more")
    for what in ("steps", "offsets"):
        require(len(attrs[what]) == 2, name, f"{what} is {attrs[what]}; expected two numbers, for y and x")
    require(attrs.steps[0] * attrs.steps[1] >= 0, name, f"steps is {attrs.steps}; expected both or none")
    if ins[0] is not None:
        require(len(ins[0]) >= 4, name, f"data has shape {ins[0]}, expected (N, C, H, W)")
        outs[0] = (1, elements((*ins[0][2:4], len(attrs.sizes) + len(attrs.ratios) - 1)), 4)


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
    overlap = xp.where(real[:, None], iou(xp, anchors[:, None], boxes[:, None]), -1)  # (B, A, M)
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
    own, theirs = centers(xp, anchors), centers(xp, box_rows(xp, boxes, chosen))
    mask = xp.broadcast_to(positive[..., None], theirs.shape)
    ratio = xp.where(mask[..., 2:], theirs[..., 2:] / own[:, 2:], 1)
    target = xp.concatenate([(theirs[..., :2] - own[:, :2]) / own[:, 2:], xp.log(ratio)], -1)
    target = xp.where(mask, target / xp.asarray(variances, dtype=target.dtype), 0)
    classes = xp.where(positive, box_rows(xp, label[..., 0], chosen) + 1, xp.where(negative, 0, ignore_label))
    dtype = anchor.dtype
    return (target.reshape(batches, -1).astype(dtype, copy=False), mask.reshape(batches, -1).astype(dtype),
            classes.astype(dtype, copy=False))


@multibox_target.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_MultiBoxTarget"
    require(len(attrs.variances) == 4, name, f"variances is {attrs.variances}; expected 4 numbers")
    ins["anchor"] = (1, None, 4)
    for argument in ("label", "cls_pred"):
        shape = ins[argument]
        require(shape is None or len(shape) == 3, name, f"{argument} has shape {shape}, expected 3 axes")
    anchors = ins["anchor"][1]
    if ins["cls_pred"] is not None:
        anchors = either(anchors, ins["cls_pred"][2])
        ins["anchor"] = (1, anchors, 4)
    if ins["label"] is not None:
        require(ins["label"][2] is None or ins["label"][2] >= 5, name,
                f"label has shape {ins['label']}, expected (B, M, 5 or more)")
    batches = either(*(shape[0] for shape in (ins["label"], ins["cls_pred"]) if shape))
    ins["cls_pred"] = (batches, None, anchors)
    ins["label"] = (batches, None, None)
    outs[0] = outs[1] = (batches, derived(lambda n: 4 * n, anchors))
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
        If positive, so many of the best are kept. Behind them come detections as the anchors come, struck out.

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

    own = centers(xp, anchor.reshape(1, -1, 4))
    moves = loc_pred.reshape(batches, -1, 4) * xp.asarray(variances, dtype=loc_pred.dtype)
    center = moves[..., :2] * own[..., 2:] + own[..., :2]
    half = xp.exp(moves[..., 2:]) * own[..., 2:] * 0.5
    boxes = xp.concatenate([center - half, center + half], -1)
    if clip:
        boxes = xp.clip(boxes, 0, 1)

    suppresses = 0 < nms_threshold <= 1
    best = count if nms_topk <= 0 else min(nms_topk, count)
    order = xp.argsort(~valid, axis=-1, kind="stable")  # what was dropped goes to the end
    if suppresses:
        ranked = xp.argsort(xp.where(valid, -probability, np.inf), axis=-1, kind="stable")
        order = xp.concatenate([ranked[:, :best], order[:, best:]], -1)
    label, probability, boxes, valid = (box_rows(xp, each, order) for each in (label, probability, boxes, valid))
    if suppresses:
        keep = suppress(xp, boxes[:, :best], None if force_suppress else label[:, :best], valid[:, :best],
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
    ins["anchor"] = (1, prob[2] if prob else None, 4)
    anchors = ins["anchor"][1]
    ins["cls_prob"] = (None, None, anchors)
    batches = ins["cls_prob"][0]
    ins["loc_pred"] = (batches, derived(lambda n: 4 * n, anchors))
    outs[0] = (batches, anchors, 6)


multibox_detection.type(same_type)
