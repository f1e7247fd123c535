"""Samples of the family "regions": proposals, and what is read of the maps in them."""
import numpy as np

from . import Sample, rand

_INTERNAL = "internal; the operator's gradients are compared"
_ROIS = np.float32([[0, 0, 0, 8, 8], [1, 1.3, 2.1, 6.2, 9.4], [0, 9, 9, 20, 15], [1, 5, 5, 2, 2], [0, -3, -2, 4.5, 4]])
_NOWHERE = np.float32([[5, 0, 0, 3, 3], [-1, 0, 0, 3, 3]])

# ---- position-sensitive -----------------------------------------------------------------------------------
SAMPLES = [Sample("_contrib_PSROIPooling", [rand(2, 8, 6, 7), _ROIS], {"output_dim": 2, "pooled_size": 2, **attrs},
                  numeric=("data",)) for attrs in (
    {"spatial_scale": 1.0}, {"spatial_scale": 0.5}, {"spatial_scale": 0.5, "group_size": 1},
    {"spatial_scale": 0.7, "group_size": 2, "pooled_size": 3}, {"spatial_scale": 0.25, "output_dim": 1})]
SAMPLES += [
    Sample("_contrib_PSROIPooling", [rand(1, 4, 5, 5, dtype="float16"), _ROIS[[0, 2]].astype("float16")],
           {"output_dim": 1, "pooled_size": 2, "spatial_scale": 0.5}, numeric=(), atol=2e-3),
    Sample("_contrib_PSROIPooling", [rand(2, 4, 5, 5), _NOWHERE],
           {"output_dim": 1, "pooled_size": 2, "spatial_scale": 1.0}, oracle=False, numeric=(),
           why="MXNet reads beyond its memory", reference=lambda data, rois: np.zeros((2, 1, 2, 2))),
    Sample("_backward_PSROIPooling", [rand(5, 2, 2, 2), _ROIS], {"shape": (2, 9, 6, 7), "spatial_scale": 0.5},
           oracle=False, why=_INTERNAL)]

_DEFORMABLE = {"output_dim": 2, "pooled_size": 2, "group_size": 2, "spatial_scale": 0.6}
SAMPLES += [Sample("_contrib_DeformablePSROIPooling", [rand(2, 8, 6, 7), _ROIS, rand(5, *shape)],
                   {**_DEFORMABLE, "trans_std": 0.13, **attrs}, numeric=("data",)) for shape, attrs in (
    ((2, 2, 2), {}), ((4, 2, 2), {"sample_per_part": 2}), ((2, 3, 3), {"part_size": 3, "sample_per_part": 3}),
    ((2, 1, 1), {"part_size": 1, "spatial_scale": 1.0}), ((4, 3, 3), {"pooled_size": 3, "sample_per_part": 2}),
    ((2, 2, 2), {"trans_std": 0.0}))]
SAMPLES += [
    Sample("_contrib_DeformablePSROIPooling", [rand(1, 2, 9, 9), np.float32([[0, 2, 2, 5, 6]]), rand(1, 2, 2, 2)],
           {"output_dim": 2, "pooled_size": 2, "group_size": 1, "spatial_scale": 1.0, "trans_std": 0.1,
            "sample_per_part": 2}),
    *(Sample("_contrib_DeformablePSROIPooling", [rand(2, 8, 6, 7), _ROIS], {**_DEFORMABLE, "no_trans": True, **attrs},
             numeric=("data",)) for attrs in ({}, {"sample_per_part": 3}, {"group_size": 1})),
    Sample("_contrib_DeformablePSROIPooling", [rand(2, 8, 6, 7), _NOWHERE], {**_DEFORMABLE, "no_trans": True},
           oracle=False, numeric=(), why="MXNet reads beyond its memory",
           reference=lambda data, rois: np.zeros((2, 2, 2, 2))),
    Sample("_backward_DeformablePSROIPooling", [rand(5, 2, 2, 2), rand(2, 8, 6, 7), _ROIS, rand(5, 2, 2, 2)],
           {"group_size": 2, "spatial_scale": 0.6, "trans_std": 0.1}, oracle=False, why=_INTERNAL),
    Sample("_backward_DeformablePSROIPooling", [rand(5, 2, 2, 2), rand(2, 8, 6, 7), _ROIS],
           {"group_size": 2, "spatial_scale": 0.6, "no_trans": True}, oracle=False, why=_INTERNAL)]

# ---- turned -----------------------------------------------------------------------------------------------
_TURNED = np.float32([[0, 3, 3, 4, 2, 30], [1, 3.3, 2.4, 5, 3.5, -50], [0, 0, 1, 9, 1, 90], [1, 4, 4, .2, .3, 10],
                      [0, 5, 5, 2, 8, 180]])
SAMPLES += [Sample("_contrib_RROIAlign", [rand(2, 3, 6, 7), _TURNED], {"pooled_size": (2, 2), **attrs},
                   numeric=("data",), rtol=1e-3) for attrs in (
    {"spatial_scale": 1.0}, {"spatial_scale": 0.5}, {"spatial_scale": 1.0, "sampling_ratio": 2},
    {"spatial_scale": 0.7, "pooled_size": (1, 3)})]
SAMPLES += [
    Sample("_contrib_RROIAlign", [rand(2, 3, 6, 7), np.float32([[2, 3, 3, 4, 2, 30], [-1, 3, 3, 4, 2, 30]])],
           {"pooled_size": (2, 2), "spatial_scale": 1.0}, oracle=False, numeric=(), why="MXNet reads beyond its memory",
           reference=lambda data, rois: np.zeros((2, 3, 2, 2))),
    Sample("_backward_RROIAlign", [rand(5, 3, 2, 2), _TURNED],
           {"shape": (2, 3, 6, 7), "pooled_size": (2, 2), "spatial_scale": 1.0}, oracle=False, why=_INTERNAL)]

# ---- proposals --------------------------------------------------------------------------------------------
_FORM = {"feature_stride": 16, "rpn_pre_nms_top_n": 40, "rpn_post_nms_top_n": 8}


def _network(batch, anchors, height, width, info):
    return [rand(batch, 2 * anchors, height, width, low=0), rand(batch, 4 * anchors, height, width, low=-.3, high=.3),
            np.float32([info] * batch)]


SAMPLES += [Sample(f"_contrib_{name}", _network(batch, 6, 3, 4, info), {
    **_FORM, "scales": (2, 4), "ratios": (0.5, 1, 2), **attrs})
    for name, batch in (("Proposal", 1), ("MultiProposal", 2)) for info, attrs in (
        ((48, 64, 1), {}), ((48, 64, 1), {"output_score": True}), ((40, 50, 1.5), {"output_score": True}),
        ((48, 64, 1), {"iou_loss": True, "output_score": True}), ((48, 64, 2), {"rpn_min_size": 12, "threshold": 0.5}),
        ((48, 64, 1), {"rpn_pre_nms_top_n": 5, "rpn_post_nms_top_n": 9, "output_score": True}),
        ((48, 64, 1), {"rpn_pre_nms_top_n": -1, "threshold": 0.1, "output_score": True}))]
_TIES = _network(1, 3, 2, 3, (32, 48, 1))
SAMPLES += [Sample("_contrib_Proposal", [np.round(_TIES[0] * 2) / 2, 0 * _TIES[1], _TIES[2]],
                   {**_FORM, "scales": (1.5,), "ratios": (0.7, 1, 3), "output_score": True}),
            Sample("_contrib_MultiProposal", _network(2, 12, 2, 2, (32, 32, 1)), {"rpn_post_nms_top_n": 5})]
