"""Samples of the family "detection"."""
import numpy as np

from . import Sample, ints, rand


def _boxes(*shape, seed=0, extent=0.5):
    """Return repeatable boxes (..., 4) with corners."""
    corner = rand(*shape, 2, seed=seed, low=0, high=1 - extent)
    return np.concatenate([corner, corner + rand(*shape, 2, seed=seed + 1, low=0.1, high=extent)], -1)


_A, _B = _boxes(5), _boxes(3, seed=4)
SAMPLES = [Sample("_contrib_box_iou", [lhs, rhs], {"format": form}) for form in ("corner", "center")
           for lhs, rhs in ((_A, _B), (_boxes(2, 3), _B), (_A.astype("float64"), _B.astype("float64")))]
SAMPLES += [Sample("_contrib_box_iou", [np.float32([[0, 0, 0, 0]]), np.float32([[0, 0, 0, 0], [1, 1, 0, 0]])])]

# ---- suppression ----------------------------------------------------------------------------------------
_MANY = np.concatenate([ints(1, 300, 1, high=2), rand(1, 300, 1, low=0, high=1), _boxes(1, 300)], -1)
_SCORED = np.concatenate([ints(3, 9, 1, high=3), rand(3, 9, 1, low=0, high=1), _boxes(3, 9)], -1)
SAMPLES += [Sample("_contrib_box_nms", [_SCORED], {"overlap_thresh": 0.2, **attrs}, numeric=()) for attrs in (
    {}, {"id_index": 0}, {"id_index": 0, "force_suppress": True}, {"id_index": 0, "background_id": 1}, {"topk": 3},
    {"topk": 4, "id_index": 0}, {"valid_thresh": 0.4}, {"valid_thresh": 2}, {"in_format": "center"},
    {"out_format": "center"}, {"in_format": "center", "out_format": "center", "id_index": 0})]
SAMPLES += [
    Sample("_contrib_box_nms", [_SCORED[0]], numeric=("data",)),
    Sample("_contrib_box_nms", [np.stack([_SCORED, _SCORED[::-1]])], {"id_index": 0}, numeric=()),
    Sample("_contrib_box_nms", [np.concatenate([_boxes(2, 6), rand(2, 6, 2, low=0, high=1)], -1)],
           {"coord_start": 0, "score_index": 5, "overlap_thresh": 0.1}, numeric=()),
    Sample("_contrib_box_nms", [np.float32([[0, .5, .1, .1, .2, .2], [0, .5, .1, .1, .21, .2],
                                            [0, .5, .5, .5, .6, .6]])], numeric=()),
    Sample("_contrib_box_nms", [_MANY], {"overlap_thresh": 0.3, "id_index": 0}, numeric=()),
    Sample("_backward_box_nms", [rand(2, 3, 6), np.int32([[2, -1, 0]] * 2)],
           oracle=False, reference=lambda data, index: np.stack([data[:, 2], 0 * data[:, 0], data[:, 0]], 1))]

# ---- matching -------------------------------------------------------------------------------------------
_SCORES = rand(2, 5, 4, low=0, high=1)
SAMPLES += [Sample("_contrib_bipartite_matching", [data], {"threshold": threshold, **attrs})
            for data in (_SCORES, _SCORES[0], _SCORES.transpose(0, 2, 1))
            for threshold, attrs in ((1e-12, {}), (0.7, {}), (1e-12, {"topk": 1}), (1e-12, {"topk": 2}),
                                     (100, {"is_ascend": True}), (0.3, {"is_ascend": True}))]
SAMPLES += [Sample("_contrib_bipartite_matching", [_SCORES.astype(dtype)], {"threshold": 0.1})
            for dtype in ("float16", "float64")]

# ---- encoding and decoding ------------------------------------------------------------------------------
_ENCODE = [ints(2, 6, low=-1, high=2), ints(2, 6, high=3), _boxes(2, 6), _boxes(2, 3, seed=5),
           np.float32([0, 0.1, 0.2, 0.3]), np.float32([0.1, 0.1, 0.2, 0.2])]
SAMPLES += [Sample("_contrib_box_encode", _ENCODE, rtol=1e-3, atol=1e-4),
            Sample("_contrib_box_encode", [x.astype("float64") for x in _ENCODE])]
SAMPLES += [Sample("_contrib_box_decode", [rand(2, 6, 4), _boxes(1, 6)], attrs) for attrs in (
    {}, {"std0": 0.1, "std1": 0.2, "std2": 0.3, "std3": 0.4}, {"clip": 0.5}, {"format": "corner"},
    {"format": "corner", "clip": 0.2, "std2": 0.7})]

# ---- SSD ------------------------------------------------------------------------------------------------
SAMPLES += [Sample("_contrib_MultiBoxPrior", [np.zeros((1, 2, 3, 4), "float32")], attrs) for attrs in (
    {}, {"sizes": (0.5, 0.25), "ratios": (1, 2, 0.5)}, {"sizes": (0.5, 0.25), "ratios": (2, 1, 0.5), "clip": True},
    {"steps": (0.3, 0.4)}, {"offsets": (0.2, 0.7), "sizes": 0.3})]

_ANCHORS = np.concatenate([np.float32([[.1, .1, .3, .3], [.2, .2, .5, .5], [.5, .5, .9, .9], [.6, .6, .8, .8],
                                       [0, 0, .2, .2], [.55, .5, .95, .9]]), _boxes(6, seed=2)])[None]
_LABELS = np.float32([[[1, .1, .1, .32, .3], [0, .5, .52, .9, .9], [-1] * 5], [[2, .6, .6, .8, .8], [-1] * 5, [-1] * 5],
                      [[-1] * 5] * 3])
_SCORE = rand(3, 4, 12)
SAMPLES += [Sample("_contrib_MultiBoxTarget", [_ANCHORS, _LABELS, _SCORE], attrs, rtol=1e-3, atol=1e-4) for attrs in (
    {}, {"overlap_threshold": 0.2}, {"overlap_threshold": -1}, {"variances": (1, 1, 2, 2)},
    {"negative_mining_ratio": 1},
    {"negative_mining_ratio": 3, "overlap_threshold": 0.3}, {"negative_mining_ratio": 1, "negative_mining_thresh": 0.3},
    {"negative_mining_ratio": 1, "ignore_label": -5})]
_PROBABILITY = np.exp(4 * _SCORE) / np.exp(4 * _SCORE).sum(1, keepdims=True)
SAMPLES += [Sample("_contrib_MultiBoxDetection", [_PROBABILITY, rand(3, 48), _ANCHORS], attrs) for attrs in (
    {}, {"threshold": 0.5}, {"nms_threshold": 0.1}, {"nms_threshold": 0.1, "force_suppress": True}, {"clip": False},
    {"nms_threshold": -1, "threshold": 0.6}, {"variances": (1, 1, 1, 1)}, {"background_id": 1})]
