"""Samples of the family "image"."""
import numpy as np

from . import Sample, ints, rand

_BYTES = ints(6, 8, 3, high=256, dtype="uint8")
_FLOATS = rand(5, 6, 3, low=0, high=255)
_BATCH = ints(2, 5, 7, 3, high=256, dtype="uint8")
_GREY = ints(4, 5, 1, high=256, dtype="uint8")
_TENSOR = rand(3, 4, 5, low=0, high=1)
_WIDE = ints(4, 10, 3, high=256, dtype="uint8")
_EVEN_COLUMNS = rand(3, 4, 3)
_FLIP = "MXNet takes no batches, forgets the middle column and does not mirror the gradient"

SAMPLES = [Sample("_image_to_tensor", [x], numeric=()) for x in (
    _BYTES, _BATCH, _GREY, _FLOATS, ints(3, 2, 3, high=9, dtype="int32"))]
SAMPLES += [Sample("_image_to_tensor", [_FLOATS.astype("float16")], numeric=(), rtol=1e-3)]
SAMPLES += [Sample("_image_normalize", [x], {"mean": mean, "std": std}) for x, mean, std in (
    (_TENSOR, (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)), (_TENSOR, 0.5, 0.25), (_TENSOR, 0.5, (0.1, 0.2, 0.3)),
    (rand(2, 3, 4, 2), (0.1, 0.2, 0.3), (1, 2, 3)), (rand(1, 3, 3), (0.5,), (0.25,)))]
SAMPLES += [Sample("_image_normalize", [_TENSOR], oracle=False, reference=lambda x: x),
            Sample("_image_normalize", [ints(3, 4, 5, low=10, high=256, dtype="uint8")], {"mean": (1, 2, 3), "std": 2}),
            Sample("_image_normalize", [_TENSOR.astype("float16")], {"mean": 0.5, "std": 0.5}, numeric=(), rtol=2e-3)]

# OpenCV and we add the taps of a float in another order; of bytes, area and cubic sums may round differently.
SAMPLES += [Sample("_image_resize", [x], {"size": size, "interp": interp, "keep_ratio": keep}, rtol=1e-4, atol=1e-2)
            for interp in (0, 1, 2, 3, 4) for x, size, keep in (
                (_BYTES, (5, 4), False), (_BYTES, (11, 13), False), (_BYTES, (4, 3), False), (_FLOATS, (4, 3), False),
                (_FLOATS, (9, 7), False), (_FLOATS, (3, 8), False), (_BATCH, 5, True), (_WIDE, 3, True))]
SAMPLES += [Sample("_image_resize", [_GREY], {"size": 3}), Sample("_image_resize", [_GREY], {"size": (1, 1)}),
            Sample("_image_resize", [rand(4, 5, 6)], {"size": (4, 9), "keep_ratio": True}),
            Sample("_image_resize", [rand(9, 4, 3)], {"size": 3, "keep_ratio": True}),
            Sample("_image_resize", [rand(4, 5, 3, dtype="float64")], {"size": (7, 2)}),
            Sample("_image_resize", [ints(5, 6, 3, high=99, dtype="int32")], {"size": (3, 8), "interp": 0}),
            Sample("_image_resize", [np.full((4, 5, 3), 0.5, "float16")], {"size": (7, 2)}, oracle=False,
                   reference=lambda x: np.full((2, 7, 3), 0.5))]

SAMPLES += [Sample("_image_crop", [x], {"x": 1, "y": 2, "width": 3, "height": 2}) for x in (_BYTES, _BATCH)]
SAMPLES += [Sample("_image_crop", [x], {"x": 0, "y": 1, "width": 3, "height": 2}, oracle=False,
                   reference=lambda x: x[..., 1:3, :3, :]) for x in (_EVEN_COLUMNS, rand(2, 4, 5, 3))]
SAMPLES += [Sample("_backward_crop", [rand(2, 3)], {"begin": (1, 0), "shape": (4, 3)}, oracle=False,
                   reference=lambda x: np.pad(x, ((1, 1), (0, 0))))]
SAMPLES += [Sample(f"_image_flip_{direction}", [x], oracle=x.ndim == 3 and x.shape[1] % 2 == 0 and x.dtype == "uint8",
                   reference=lambda x, axis=axis: np.flip(x, axis), why=_FLIP)
            for direction, axis in (("left_right", -2), ("top_bottom", -3))
            for x in (_BYTES, _GREY, _EVEN_COLUMNS, _BATCH)]

_RANDOM = "random"
SAMPLES += [Sample(f"_image_random_flip_{direction}", [_BYTES], oracle=False, why=_RANDOM)
            for direction in ("left_right", "top_bottom")]
# With one factor to choose from, nothing is random. The gradient passes through as it is.
SAMPLES += [Sample(f"_image_random_{name}", [x], {"min_factor": factor, "max_factor": factor}, numeric=(),
                   atol=0.3 if x.dtype == "float16" else 1e-2)
            for name in ("brightness", "contrast", "saturation") for factor in (0.7, 1.3)
            for x in (_FLOATS, _BYTES, _FLOATS.astype("float16"), *((_GREY,) if name != "saturation" else ()))]
SAMPLES += [Sample("_image_random_hue", [x], {"min_factor": factor, "max_factor": factor}, numeric=(), atol=1e-2)
            for x in (_FLOATS, _BYTES) for factor in (0, 0.1, 0.5, 0.77, 1.25)]
SAMPLES += [Sample(f"_image_random_{name}", [x], {"min_factor": 0.5, "max_factor": 1.5}, oracle=False, numeric=(),
                   why=_RANDOM)
            for name in ("brightness", "contrast", "saturation", "hue") for x in (_BYTES, _FLOATS, _GREY)]
SAMPLES += [Sample("_image_random_color_jitter", [x], oracle=False, numeric=(), why=_RANDOM,
                   attrs={"brightness": 0.3, "contrast": 0.2, "saturation": 0.2, "hue": 0.1})
            for x in (_BYTES, _FLOATS, _GREY)]
SAMPLES += [Sample("_image_random_color_jitter", [_BYTES], oracle=False, reference=lambda x: x,
                   attrs={"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0})]
SAMPLES += [Sample("_image_random_lighting", [x], oracle=False, numeric=(), why=_RANDOM) for x in (_BYTES, _FLOATS)]
SAMPLES += [Sample("_image_adjust_lighting", [x], {"alpha": (0.1, -0.2, 0.3)}, rtol=1e-3)
            for x in (_FLOATS, _BYTES, _FLOATS.astype("float16"))]
SAMPLES += [Sample("_image_adjust_lighting", [_GREY], {"alpha": (0.1, 0, 0)}, oracle=False, reference=lambda x: x)]
SAMPLES += [Sample(f"_image_random_{name}", [rand(4, 5, 1)], {"min_factor": 0.6, "max_factor": 0.6}, oracle=False,
                   reference=lambda x: x) for name in ("saturation", "hue")]  # grey images have no colour to change
