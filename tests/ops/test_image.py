"""What the samples of the family "image" cannot show: randomness, errors, tables of taps."""
import numpy as np
import pytest

from cupynet.base import MXNetError
from cupynet.device.random import Generator
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes
from cupynet.ops.vision.resample import resample, taps, transpose_taps

IMAGE = np.random.RandomState(0).randint(0, 256, (6, 8, 3)).astype("uint8")
GREY = np.full((4, 4, 3), 100, "float32")


def draws(name, data, count=400, **attrs):
    op = catalog.get(name)
    rng = Generator(11)
    return np.stack([op.run(np, "cpu", [data], op.parse(attrs), rng=rng)[0] for _ in range(count)])


@pytest.mark.parametrize("direction, axis", [("left_right", 1), ("top_bottom", 0)])
def test_random_flips_flip_half_of_the_time(direction, axis):
    flips = [np.array_equal(x, np.flip(IMAGE, axis)) for x in draws(f"_image_random_flip_{direction}", IMAGE)]
    kept = [np.array_equal(x, IMAGE) for x in draws(f"_image_random_flip_{direction}", IMAGE)]
    assert 150 < sum(flips) < 250 and sum(flips) + sum(kept) == 400


def test_brightness_is_uniform_between_the_factors():
    factors = draws("_image_random_brightness", GREY, min_factor=0.5, max_factor=1.5)[:, 0, 0, 0] / 100
    assert factors.min() >= 0.5 and factors.max() < 1.5
    assert abs(factors.mean() - 1) < 0.05 and abs(factors.var() - 1 / 12) < 0.02


def test_bytes_are_limited_to_their_range():
    bright = draws("_image_random_brightness", IMAGE, 1, min_factor=3, max_factor=3)[0]
    np.testing.assert_array_equal(bright, np.minimum(IMAGE.astype(int) * 3, 255))


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("data", [IMAGE, IMAGE.astype("float32"), IMAGE[..., :1]])
def test_a_factor_of_one_changes_nothing(name, data):
    found = draws(f"_image_random_{name}", data, 1, min_factor=1, max_factor=1)[0]
    np.testing.assert_allclose(found, data, atol=1 if data.dtype == "uint8" else 1e-3)


def test_no_contrast_is_one_grey_and_no_saturation_the_part_of_blue():
    luma = IMAGE @ [0.299, 0.587, 0.114]
    flat = draws("_image_random_contrast", IMAGE.astype("float32"), 1, min_factor=0, max_factor=0)[0]
    np.testing.assert_allclose(flat, luma.mean(), rtol=1e-5)
    colourless = draws("_image_random_saturation", IMAGE.astype("float32"), 1, min_factor=0, max_factor=0)[0]
    np.testing.assert_allclose(colourless, np.repeat(0.114 * IMAGE[..., 2:], 3, 2), rtol=1e-5)


def test_a_third_of_a_turn_of_hue_permutes_the_channels():
    turned = draws("_image_random_hue", IMAGE.astype("float32"), 1, min_factor=1 / 3, max_factor=1 / 3)[0]
    np.testing.assert_allclose(turned, IMAGE[..., [2, 0, 1]], atol=1e-2)


def test_hue_keeps_lightness():
    turned = draws("_image_random_hue", IMAGE.astype("float32"), 20, min_factor=0, max_factor=1)
    for reduce in (np.min, np.max):
        np.testing.assert_allclose(reduce(turned, -1), np.broadcast_to(reduce(IMAGE, -1), turned.shape[:-1]), atol=1e-2)


def test_jitter_changes_what_it_is_told_to():
    attrs = {"brightness": 0.4, "contrast": 0, "saturation": 0, "hue": 0}
    factors = draws("_image_random_color_jitter", GREY, **attrs)[:, 0, 0, 0] / 100
    assert 0.6 <= factors.min() < 0.65 and 1.35 < factors.max() < 1.4
    grey = draws("_image_random_color_jitter", GREY, 50, brightness=0, contrast=0.5, saturation=0, hue=0.5)
    np.testing.assert_allclose(grey, 100, rtol=1e-4)  # grey has neither contrast nor hue


def test_lighting_is_normal_along_the_principal_components():
    shifts = draws("_image_random_lighting", np.zeros((1, 1, 3), "float32"), 2000, alpha_std=0.1)[:, 0, 0]
    components = np.stack([catalog.get("_image_adjust_lighting").run(
        np, "cpu", [np.zeros((1, 1, 3), "float32")],
        catalog.get("_image_adjust_lighting").parse({"alpha": tuple(row)}))[0][0, 0] for row in np.eye(3)])
    assert np.abs(shifts.mean(0)).max() < 0.3
    np.testing.assert_allclose(np.cov(shifts.T), 0.01 * components.T @ components, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("kind", ["nearest", "linear", "cubic", "lanczos", "area", "zoom", "corners"])
@pytest.mark.parametrize("length, result", [(7, 3), (9, 2), (12, 12), (5, 1)])
def test_transposed_taps_are_the_adjoint(kind, length, result):
    identity = np.eye(length)
    matrix = resample(np, identity, taps(kind, length, result), 0)
    np.testing.assert_allclose(matrix.sum(1), 1)
    adjoint = resample(np, np.eye(result), transpose_taps(kind, length, result), 0)
    np.testing.assert_allclose(adjoint, matrix.T, atol=1e-12)


@pytest.mark.parametrize("name, shape, attrs, words", [
    ("_image_to_tensor", (4, 5), {}, "shape"),
    ("_image_normalize", (4, 2, 2), {}, "C = 1 or 3"),
    ("_image_normalize", (3, 2, 2), {"mean": (1, 2)}, "mean"),
    ("_image_resize", (4, 5, 3), {}, "size"),
    ("_image_resize", (4, 5, 3), {"size": 0}, "size"),
    ("_image_resize", (4, 5, 3), {"size": (1, 2, 3)}, "size"),
    ("_image_resize", (4, 5, 3), {"size": 3, "interp": 9}, "interp"),
    ("_image_crop", (4, 5, 3), {"x": 0, "y": 0, "width": 6, "height": 1}, "6 pixels"),
    ("_image_crop", (4, 5, 3), {"x": -1, "y": 0, "width": 2, "height": 1}, "0 or more"),
    ("_image_crop", (4, 5, 3), {"x": 0, "y": 0, "width": 0, "height": 1}, "greater than 0"),
    ("_image_random_hue", (4, 5, 3), {"min_factor": -1, "max_factor": 0.5}, "min_factor"),
    ("_image_random_contrast", (4, 5, 4), {"min_factor": 1, "max_factor": 2}, "channels"),
    ("_image_adjust_lighting", (4, 5, 3), {"alpha": (1, 2)}, "alpha"),
])
def test_mistakes_are_named(name, shape, attrs, words):
    op = catalog.get(name)
    with pytest.raises(MXNetError, match=words):
        infer_shapes(op, op.parse(attrs), [shape], [None])
