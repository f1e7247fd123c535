"""Samples of the family "vision"."""
import numpy as np

from . import Sample, ints, rand

_MAP = rand(2, 3, 6, 7)
_INTERNAL = "internal: checked through the operator whose gradient it is"

SAMPLES = [Sample("Crop", [_MAP], {"num_args": 1, **attrs}) for attrs in (
    {"h_w": (2, 3)}, {"h_w": (2, 3), "offset": (1, 4)}, {"h_w": (3, 4), "center_crop": True},
    {"h_w": (6, 7)}, {"h_w": (3, 2), "center_crop": True, "offset": (2, 2)})]
SAMPLES += [Sample("Crop", [_MAP, rand(1, 2, 3, 5)], {"num_args": 2, **attrs}) for attrs in (
    {}, {"offset": (2, 1)}, {"center_crop": True}, {"h_w": (1, 1)})]

# ---- resizing ---------------------------------------------------------------------------------------
SAMPLES += [Sample("_contrib_BilinearResize2D", [_MAP], attrs) for attrs in (
    {"height": 3, "width": 11}, {"height": 9, "width": 4, "align_corners": False}, {"height": 1, "width": 1},
    {"height": 1, "width": 3, "align_corners": False}, {"height": 6, "width": 7},
    {"scale_height": 2, "scale_width": 1.5}, {"scale_height": 0.7, "scale_width": 0.5, "mode": "odd_scale"},
    {"scale_height": 2, "scale_width": 2, "mode": "odd_scale", "align_corners": False},
    {"mode": "to_even_down"}, {"mode": "to_even_up"}, {"mode": "to_odd_down"}, {"mode": "to_odd_up"})]


def _resize(data, like, align):
    for axis in (2, 3):
        n, m = data.shape[axis], like.shape[axis]
        places = np.linspace(0, n - 1, m) if align else (np.arange(m) + 0.5) * n / m - 0.5
        data = np.apply_along_axis(lambda line, n=n, places=places: np.interp(places, np.arange(n), line), axis, data)
    return data


# The gradient of this mode corrupts MXNet's memory.
SAMPLES += [Sample("_contrib_BilinearResize2D", [_MAP, rand(1, 1, 5, 9)], {"mode": "like", "align_corners": align},
                   numeric=("data",), oracle=False,
                   reference=lambda data, like, align=align: _resize(data, like, align)) for align in (True, False)]
SAMPLES += [Sample("_contrib_BilinearResize2D", [_MAP.astype("float16")], {"height": 4, "width": 9}, rtol=2e-3,
                   atol=2e-3, numeric=()),
            Sample("_contrib_BilinearResize2D", [_MAP.astype("float64")], {"height": 4, "width": 9}),
            Sample("_contrib_BilinearResize2D", [rand(1, 1, 40, 3)], {"height": 3, "width": 50}),
            Sample("_backward_BilinearResize2D", [rand(1, 2, 5, 4)], {"height": 3, "width": 6}, oracle=False,
                   why=_INTERNAL)]

# ---- grids and sampling -------------------------------------------------------------------------------
_THETA = np.float32([[1.1, 0.13, 0.21, -0.3, 0.93, 0.117], [0.5, -0.2, 0.03, 0.1, 0.71, -0.2]])
_GRID = rand(2, 2, 4, 5, low=-1.3, high=1.3)
SAMPLES += [Sample("GridGenerator", [_THETA], {"transform_type": "affine", "target_shape": shape})
            for shape in ((3, 4), (2, 7))]
SAMPLES += [Sample("GridGenerator", [rand(2, 2, 3, 4)], {"transform_type": "warp"}),
            Sample("GridGenerator", [_THETA], {"transform_type": "affine", "target_shape": (1, 2)}, numeric=())]
SAMPLES += [Sample("BilinearSampler", [_MAP, _GRID], atol=1e-4),
            Sample("BilinearSampler", [_MAP.astype("float64"), _GRID.astype("float64")], rtol=1e-4),
            Sample("BilinearSampler", [_MAP.astype("float16"), _GRID.astype("float16")], numeric=(), atol=2e-2),
            Sample("BilinearSampler", [rand(1, 1, 1, 4), rand(1, 2, 2, 3, low=-0.9, high=0.9)], numeric=())]
SAMPLES += [Sample("SpatialTransformer", [_MAP, _THETA], atol=1e-4, attrs={
    "transform_type": "affine", "sampler_type": "bilinear", "target_shape": shape}) for shape in ((3, 4), (6, 7))]
SAMPLES += [Sample("_backward_GridGenerator", [_GRID], {"transform_type": "affine"}, oracle=False, why=_INTERNAL),
            Sample("_backward_GridGenerator", [_GRID], {"transform_type": "warp"}, oracle=False, why=_INTERNAL),
            Sample("_backward_sampler_data", [rand(2, 3, 4, 5), _GRID], {"height": 6, "width": 7}, oracle=False,
                   why=_INTERNAL),
            Sample("_backward_sampler_grid", [rand(2, 3, 4, 5), _MAP, _GRID], oracle=False, why=_INTERNAL)]

# ---- pooling of regions -------------------------------------------------------------------------------
_ROIS = np.float32([[0, 0, 0, 8, 8], [1, 1.3, 2.1, 6.2, 9.4], [0, 9, 9, 20, 15], [1, 5, 5, 2, 2], [0, -3, -2, 4, 4],
                    [1, 30, 30, 40, 40], [1, 0, 0, 13, 11]])
_TIES = ints(2, 3, 6, 7, high=3)
SAMPLES += [Sample("ROIPooling", [data, _ROIS], {"pooled_size": size, "spatial_scale": scale}, numeric=numeric)
            for data, numeric in ((_MAP, ("data",)), (_TIES, ())) for size in ((2, 2), (3, 2), (7, 7))
            for scale in (0.5, 1.0)]
SAMPLES += [Sample("ROIPooling", [_MAP, np.float32([[5, 0, 0, 3, 3], [-1, 0, 0, 3, 3]])], numeric=(),
                   attrs={"pooled_size": (2, 2), "spatial_scale": 1}, oracle=False,
                   reference=lambda data, rois: np.zeros((2, 3, 2, 2))),
            Sample("ROIPooling", [rand(1, 2, 1, 9), np.float32([[0, 0, 0, 8, 0]])], numeric=("data",),
                   attrs={"pooled_size": (1, 4), "spatial_scale": 1}),
            Sample("_backward_ROIPooling", [rand(7, 3, 2, 2), _ROIS, ints(7, 3, 2, 2, low=-1, high=42, dtype="int32")],
                   {"shape": (2, 3, 6, 7)}, oracle=False, why=_INTERNAL)]
_INSIDE = np.float32([[0, 0, 0, 8, 8], [1, 1.3, 2.1, 6.2, 9.4], [0, 9, 9, 20, 15], [0, -3, -2, 4, 4], [1, 0, 0, 13, 11],
                      [1, 3, 4, 7, 4.5]])
SAMPLES += [Sample("_contrib_ROIAlign", [_MAP, _INSIDE], numeric=("data",), attrs={
    "pooled_size": size, "spatial_scale": scale, **attrs}) for size in ((2, 2), (3, 5)) for scale in (0.5, 0.7)
    for attrs in ({}, {"sample_ratio": 2}, {"sample_ratio": 3, "aligned": True}, {"aligned": True})]
SAMPLES += [Sample("_contrib_ROIAlign", [rand(2, 12, 5, 6), _INSIDE], numeric=("data",), attrs={
    "pooled_size": (2, 3), "spatial_scale": 0.5, "position_sensitive": True, **attrs})
    for attrs in ({}, {"sample_ratio": 2, "aligned": True})]
SAMPLES += [Sample("_contrib_ROIAlign", [_MAP, np.float32([[5, 0, 0, 3, 3], [-1, 0, 0, 3, 3]])], numeric=("data",),
                   attrs={"pooled_size": (2, 2), "spatial_scale": 1}, oracle=False,
                   reference=lambda data, rois: np.zeros((2, 3, 2, 2))),
            Sample("_contrib_ROIAlign", [_MAP.astype("float16"), _INSIDE.astype("float16")], numeric=(), atol=5e-3,
                   attrs={"pooled_size": (2, 2), "spatial_scale": 0.5}),
            Sample("_backward_ROIAlign", [rand(6, 3, 2, 2), _INSIDE], oracle=False, why=_INTERNAL,
                   attrs={"shape": (2, 3, 6, 7), "pooled_size": (2, 2), "spatial_scale": 0.5})]

# ---- correlation --------------------------------------------------------------------------------------
_PAIR = [rand(2, 3, 6, 7), rand(2, 3, 6, 7, seed=3)]
SAMPLES += [Sample("Correlation", _PAIR, attrs, numeric=None if attrs.get("is_multiply", True) else ()) for attrs in (
    {}, {"kernel_size": 1, "max_displacement": 1, "pad_size": 1},
    {"kernel_size": 3, "max_displacement": 2, "stride1": 2, "stride2": 1, "pad_size": 3},
    {"kernel_size": 1, "max_displacement": 2, "stride1": 1, "stride2": 2, "pad_size": 2, "is_multiply": False},
    {"kernel_size": 3, "max_displacement": 3, "stride1": 2, "stride2": 2, "pad_size": 4},
    {"kernel_size": 1, "max_displacement": 0})]
SAMPLES += [Sample("_backward_Correlation", [rand(2, 9, 4, 5), *_PAIR], oracle=False, why=_INTERNAL)]
