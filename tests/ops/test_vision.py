"""What the samples of the family "vision" cannot show: errors, and a check against plain loops."""
import numpy as np
import pytest

from cupynet.base import MXNetError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes

AFFINE = {"transform_type": "affine", "target_shape": (2, 2)}


@pytest.mark.parametrize("name, shapes, attrs, words", [
    ("Crop", [(1, 1, 4, 5)], {"num_args": 1}, "h_w"),
    ("Crop", [(1, 1, 4, 5)], {"num_args": 1, "h_w": (5, 5)}, "does not fit"),
    ("Crop", [(1, 1, 4, 5)], {"num_args": 1, "h_w": (3, 3), "offset": (2, 3)}, "does not fit"),
    ("Crop", [(1, 1, 4, 5), (1, 1, 5, 5)], {"num_args": 2}, "does not fit"),
    ("Crop", [(1, 4, 5)], {"num_args": 1, "h_w": (2, 2)}, "N, C, H, W"),
    ("_contrib_BilinearResize2D", [(1, 4, 5)], {"height": 2}, "N, C, H, W"),
    ("_contrib_BilinearResize2D", [(1, 1, 4, 5)], {"mode": "odd_scale"}, "scale_height"),
    ("_contrib_BilinearResize2D", [(1, 1, 4, 5)], {"height": 0}, "height"),
    ("_contrib_BilinearResize2D", [(1, 1, 1, 5)], {"mode": "to_even_down"}, "resized"),
    ("GridGenerator", [(2, 6)], {"transform_type": "affine"}, "target_shape"),
    ("GridGenerator", [(2, 5)], AFFINE, "data"),
    ("BilinearSampler", [(2, 3, 4, 5), (1, 2, 4, 5)], {}, "grid"),
    ("SpatialTransformer", [(2, 3, 4, 5), (2, 5)], {**AFFINE, "sampler_type": "bilinear"}, "loc"),
    ("ROIPooling", [(2, 3, 4, 5), (1, 4)], {"pooled_size": (2, 2), "spatial_scale": 1}, "rois"),
    ("ROIPooling", [(2, 3, 4, 5), (1, 5)], {"pooled_size": (2, 2), "spatial_scale": 1.5}, "spatial_scale"),
    ("_contrib_ROIAlign", [(2, 3, 4, 5), (1, 5)], {"pooled_size": (2, 0), "spatial_scale": 1}, "pooled_size"),
    ("_contrib_ROIAlign", [(2, 3, 4, 5), (1, 5)],
     {"pooled_size": (2, 2), "spatial_scale": 1, "position_sensitive": True}, "channels"),
    ("Correlation", [(1, 3, 5, 6)] * 2, {"kernel_size": 2}, "odd"),
    ("Correlation", [(1, 3, 5, 6)] * 2, {"max_displacement": 4}, "no room"),
])
def test_mistakes_are_named(name, shapes, attrs, words):
    op = catalog.get(name)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetError, match=words):
        infer_shapes(op, attrs, list(shapes), [None] * len(op.output_names(attrs)))


def test_roi_pooling_against_plain_loops():
    rng = np.random.RandomState(3)
    data = rng.rand(2, 2, 13, 17).astype("float32")
    corner = rng.randint(0, 9, (20, 2))
    rois = np.concatenate([rng.randint(0, 2, (20, 1)), corner, corner + rng.randint(0, 12, (20, 2))], 1)
    rois = rois.astype("float32")
    op = catalog.get("ROIPooling")
    found, index = op.run(np, "cpu", [data, rois], op.parse({"pooled_size": (3, 4), "spatial_scale": 1}))
    for r, (image, x1, y1, x2, y2) in enumerate(rois.astype(int)):
        for i in range(3):
            for j in range(4):
                rows, columns = (slice(min(max(begin + int(np.floor(k * size / n)), 0), limit),
                                       min(begin + int(np.ceil((k + 1) * size / n)), limit))
                                 for begin, size, k, n, limit in ((y1, y2 - y1 + 1, i, 3, 13),
                                                                  (x1, x2 - x1 + 1, j, 4, 17)))
                part = data[image, :, rows, columns]
                expected = part.max((1, 2)) if part.size else np.zeros(2)
                np.testing.assert_array_equal(found[r, :, i, j], expected)
                if part.size:
                    np.testing.assert_array_equal(data[image].reshape(2, -1)[[0, 1], index[r, :, i, j]], expected)


def test_aligned_regions_of_whole_pixels_are_averaged_exactly():
    """On a linear ramp interpolation is exact, so that a bin is the ramp at its middle."""
    ramp = np.arange(8, dtype="float32") * np.ones((1, 1, 8, 1), "float32")
    op = catalog.get("_contrib_ROIAlign")
    attrs = op.parse({"pooled_size": (1, 2), "spatial_scale": 1, "aligned": True})
    found = op.run(np, "cpu", [ramp, np.float32([[0, 2, 2, 6, 5]])], attrs)[0]
    np.testing.assert_allclose(found, [[[[2.5, 4.5]]]], rtol=1e-6)
