"""Regions that are proposed by the scores of anchors: the second half of a region proposal network."""
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, derived, either, same_type
from ..schema import Attrs, Floats
from .boxes import box_rows, suppress
from .maps import accumulator, require_rank

__all__: list[str] = []


@functools.lru_cache(maxsize=64)
def _anchors(stride: int, scales: tuple, ratios: tuple, height: int, width: int) -> np.ndarray:
    """Return all anchors of a map, (height * width * anchors, 4): corners in pixels, both of them inside.

    Every cell has the same ones: for each ratio (of height to width) a box as large as the cell, its sides rounded,
    then multiplied by each of the scales.
    """
    middle = (stride - 1) / 2
    cell = []
    for ratio in ratios:
        wide = math.floor(math.sqrt(math.floor(stride * stride / ratio)) + 0.5)
        tall = math.floor(wide * ratio + 0.5)
        for scale in scales:
            reach = np.array([wide * scale - 1, tall * scale - 1]) / 2
            cell.append([*middle - reach, *middle + reach])
    y, x = np.meshgrid(np.arange(height) * stride, np.arange(width) * stride, indexing="ij")
    shift = np.stack([x, y, x, y], -1)[:, :, None]
    return (shift + np.array(cell)).reshape(-1, 4)


def _cells(maps: Any, depth: int) -> Any:
    """Return maps (N, anchors * `depth`, H, W) as (N, H * W * anchors, `depth`), in the order of the anchors."""
    n, channels, height, width = maps.shape
    split = maps.reshape(n, channels // depth, depth, height, width)
    return split.transpose(0, 3, 4, 1, 2).reshape(n, -1, depth)


def _moved(xp: Any, anchors: Any, moves: Any, iou_loss: bool) -> Any:
    """Return the boxes (N, K, 4) that `moves` make of `anchors` (K, 4)."""
    if iou_loss:
        return anchors + moves
    size = anchors[:, 2:] - anchors[:, :2] + 1
    center = anchors[:, :2] + (size - 1) * 0.5 + moves[..., :2] * size
    reach = (xp.exp(moves[..., 2:]) * size - 1) * 0.5
    return xp.concatenate([center - reach, center + reach], -1)


def _candidates(xp: Any, anchors: Any, cls_prob: Any, bbox_pred: Any, im_info: Any, min_size: int, stride: int,
                iou_loss: bool) -> tuple[Any, Any]:
    """Return the box of every anchor, (N, K, 4), in the image, and its score (N, K), -1 for those out of the race."""
    _, channels, height, width = cls_prob.shape
    boxes = _moved(xp, anchors, _cells(bbox_pred, 4), iou_loss)
    info = im_info[:, None, :]
    last = info[..., 1::-1] - 1  # the last pixel, x and y
    boxes = xp.maximum(xp.minimum(boxes, xp.concatenate([last, last], -1)), 0)

    row, column = map(xp.asarray, np.divmod(np.repeat(np.arange(height * width), channels // 2), width))
    real = xp.trunc(info / stride)
    least = min_size * info[..., 2:]
    small = (boxes[..., 2:] - boxes[..., :2] + 1 < least).any(-1)
    out = small | (row >= real[..., 0]) | (column >= real[..., 1])
    scores = xp.where(out, -1, _cells(cls_prob[:, channels // 2:], 1)[..., 0])
    grown = xp.concatenate([boxes[..., :2] - least / 2, boxes[..., 2:] + least / 2], -1)
    return xp.where(small[..., None], grown, boxes), scores


def _propose(xp, cls_prob, bbox_pred, im_info, *, rpn_pre_nms_top_n: int = 6000, rpn_post_nms_top_n: int = 300,
             threshold: float = 0.7, rpn_min_size: int = 16, scales: Floats = (4.0, 8.0, 16.0, 32.0),
             ratios: Floats = (0.5, 1.0, 2.0), feature_stride: int = 16, output_score: bool = False,
             iou_loss: bool = False):
    """Regions that may hold objects: every anchor's box, moved as predicted, and the best that overlap no better one.

    Proposal takes one image, MultiProposal a batch.

    Parameters
    ----------
    cls_prob : (N, 2 * anchors, H, W), floating point
        Probabilities; those of objects are in the second half. There are ``len(ratios) * len(scales)`` anchors.
    bbox_pred : (N, 4 * anchors, H, W)
        For each anchor how far its centre moves, x and y, in its own width and height, and the logarithms of how
        its width and height grow. With `iou_loss`, what is added to its corners.
    im_info : (N, 3)
        Rows (height, width, scale) of the images. Boxes are cut to the image; cells of the map beyond it are out.
        (MXNet refuses images that are larger than the map.)
    rpn_pre_nms_top_n : int
        How many of the best take part in the suppression; all if not positive.
    rpn_post_nms_top_n : int
        How many regions come out for each image. Where fewer are left, they are repeated from the first on.
    threshold : float
        A box goes if it overlaps a better one by more.
    rpn_min_size : int
        Boxes with a side below this, times the scale of the image, grow by it and get the score -1.
    scales, ratios : tuple of float
        Sizes of anchors, in cells, and their heights over their widths.
    feature_stride : int
        Pixels of the image per cell of the map.
    output_score : bool
        Return also the scores.
    iou_loss : bool

    Returns
    -------
    output : (N * rpn_post_nms_top_n, 5), same dtype as `cls_prob`
        Rows (image, left, top, right, bottom), in pixels, the last ones included. No gradient.
    score : (N * rpn_post_nms_top_n, 1)
        With `output_score`. Ren et al., Faster R-CNN, 2015.
    """
    probability, moves, info = map(accumulator, (cls_prob, bbox_pred, im_info))
    anchors = xp.asarray(_anchors(feature_stride, scales, ratios, *cls_prob.shape[2:]), dtype=moves.dtype)
    boxes, scores = _candidates(xp, anchors, probability, moves, info, rpn_min_size, feature_stride, iou_loss)
    n, count = scores.shape
    order = xp.argsort(-scores, axis=-1, kind="stable")[:, :rpn_pre_nms_top_n if rpn_pre_nms_top_n > 0 else count]
    boxes, scores = box_rows(xp, boxes, order), box_rows(xp, scores, order)
    beyond = boxes + xp.asarray([0, 0, 1, 1], dtype=boxes.dtype)  # a box of one pixel has sides of 1
    keep = suppress(xp, beyond, None, xp.ones(scores.shape, bool), threshold, False, rpn_post_nms_top_n)
    first = xp.argsort(~keep, axis=-1, kind="stable")
    wanted = xp.arange(rpn_post_nms_top_n)
    chosen = box_rows(xp, first, wanted % keep.sum(-1, keepdims=True))
    image = xp.repeat(xp.arange(n, dtype=boxes.dtype), rpn_post_nms_top_n)[:, None]
    regions = xp.concatenate([image, box_rows(xp, boxes, chosen).reshape(-1, 4)], -1)
    scores = box_rows(xp, scores, chosen).reshape(-1, 1)
    return tuple(each.astype(cls_prob.dtype, copy=False) for each in (regions, scores))


def _propose_shape(name: str, attrs: Attrs, ins: Slots, outs: Slots) -> None:
    count, stride, ratios = attrs.rpn_post_nms_top_n, attrs.feature_stride, attrs.ratios
    require(count >= 0, name, f"rpn_post_nms_top_n is {count}; expected 0 or more")
    require(stride > 0, name, f"feature_stride is {stride}; expected a number greater than 0")
    anchors = len(ratios) * len(attrs.scales)
    require(anchors and min(ratios) > 0, name, f"scales and ratios are {attrs.scales} and {ratios}; "
            "expected some, and ratios greater than 0")
    batch = height = width = None
    for argument, depth in (("cls_prob", 2), ("bbox_pred", 4)):
        shape = ins[argument]
        require_rank(name, argument, shape, 4, f"(N, {depth * anchors}, H, W)")
        batch, _, height, width = map(either, (batch, None, height, width), shape or (None,) * 4)
    batch = either(batch, ins["im_info"][0] if ins["im_info"] else None)
    ins["cls_prob"], ins["bbox_pred"] = ((batch, depth * anchors, height, width) for depth in (2, 4))
    ins["im_info"] = (batch, 3)
    outs[0], outs[1] = ((derived(lambda n: n * count, batch), columns) for columns in (5, 1))


def _scored(attrs: Attrs) -> int:
    return 2 if attrs.output_score else 1


multi_proposal = op(name="_contrib_MultiProposal", outputs=("output", "score"), visible=_scored,
                    differentiable=False)(_propose)
proposal = op(name="_contrib_Proposal", outputs=("output", "score"), visible=_scored, differentiable=False)(_propose)
multi_proposal.type(same_type)
proposal.type(same_type)


@multi_proposal.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _propose_shape("_contrib_MultiProposal", attrs, ins, outs)


@proposal.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _propose_shape("_contrib_Proposal", attrs, ins, outs)
    require(ins["cls_prob"][0] in (1, None), "_contrib_Proposal",
            f"cls_prob has shape {ins['cls_prob']}; expected one image (MultiProposal takes more)")
