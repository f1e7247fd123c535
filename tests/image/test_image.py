"""Images read and changed: what goes in, what comes out, what is refused, and where colours and sizes stand."""
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet import image

IMAGES = Path(__file__).parents[1] / "data" / "images"
PLAIN = (IMAGES / "plain.bmp").read_bytes()
JPEG = (IMAGES / "noise.jpg").read_bytes()


@pytest.mark.parametrize("buf", [PLAIN, bytearray(PLAIN), memoryview(PLAIN), np.frombuffer(PLAIN, np.uint8),
                                 np.frombuffer(PLAIN, np.int8),
                                 mx.nd.array(np.frombuffer(PLAIN, np.uint8), dtype="uint8")])
def test_bytes_of_any_kind_are_decoded(buf):
    decoded = image.imdecode(buf)
    assert decoded.shape == (20, 31, 3) and decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded.asnumpy(), image.imread(str(IMAGES / "plain.bmp")).asnumpy())


def test_colours_and_grey():
    rgb = image.imdecode(PLAIN).asnumpy()
    np.testing.assert_array_equal(image.imdecode(PLAIN, to_rgb=False).asnumpy(), rgb[:, :, ::-1])
    np.testing.assert_array_equal(image.imdecode(PLAIN, 1, 0).asnumpy(), rgb[:, :, ::-1])
    grey = image.imread(IMAGES / "plain.bmp", flag=0).asnumpy()
    assert grey.shape == (20, 31, 1)
    assert np.abs(grey[..., 0] - rgb @ [0.299, 0.587, 0.114]).max() < 1


def test_out():
    out = mx.nd.zeros((20, 31, 3), dtype="uint8")
    assert image.imdecode(PLAIN, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), image.imdecode(PLAIN).asnumpy())
    small = mx.nd.zeros((4, 5, 3), dtype="uint8")
    assert image.imresize(out, 5, 4, out=small) is small and small.asnumpy().any()


@pytest.mark.parametrize("data, message", [
    (b"", "Input cannot be an empty buffer"), (b"garbage" * 9, "Decoding failed. Invalid image file.*67 61 72 62"),
    (JPEG[:40], "Decoding failed"), ((IMAGES / "alpha.png").read_bytes()[:300], "Decoding failed")])
def test_what_is_no_image(data, message, tmp_path):
    with pytest.raises(mx.MXNetError, match=message):
        image.imdecode(data)
    path = tmp_path / "broken.jpg"
    path.write_bytes(data)
    with pytest.raises(mx.MXNetError, match=message + ".*"):
        image.imread(str(path))
    with pytest.raises(mx.MXNetError, match="broken.jpg"):
        image.imread(str(path))


def test_what_is_refused():
    picture = mx.nd.zeros((4, 5, 3), dtype="uint8")
    for call, kind, message in (
            (lambda: image.imdecode("text"), ValueError, "buf must be of type bytes"),
            (lambda: image.imdecode(mx.nd.ones(9)), mx.MXNetError, "Input needs to be uint8 buffer"),
            (lambda: image.imdecode(PLAIN, flag=-1), ValueError, "flag is -1"),
            (lambda: image.imdecode(PLAIN, colour=1), mx.MXNetError, "colour"),
            (lambda: image.imread("no.jpg"), mx.MXNetError, "'no.jpg' couldn't open file: No such file"),
            (lambda: image.imresize(picture, 0, 4), mx.MXNetError, "value 0 for Parameter w should be greater"),
            (lambda: image.imresize(picture, 4, 9, interp=9), ValueError, "Unknown interp method 9"),
            (lambda: image.imresize(picture.astype("int64"), 4, 9), TypeError, "doesn't support int64"),
            (lambda: image.imresize(picture.astype("int32"), 4, 9), TypeError, "OpenCV cannot resize int32"),
            (lambda: image.imresize(picture[0], 4, 9), mx.MXNetError, "src has shape"),
            (lambda: image.copyMakeBorder(picture, -1, 0, 0, 0), mx.MXNetError, "top is -1"),
            (lambda: image.copyMakeBorder(picture, 1, 0, 0, 0, type=7), ValueError, "type is 7"),
            (lambda: image.resize_short(picture, 7, 11), ValueError, "Unknown interp method 11"),
            (lambda: image.random_size_crop(picture, (2, 2), 0.5, (1, 1), area_range=1), TypeError, "area_range"),
            (lambda: image.imrotate(picture, 30), TypeError, "Only `float32` images"),
            (lambda: image.imrotate(mx.nd.ones((3, 4, 5)), mx.nd.ones(1)), TypeError, "required to be a scalar"),
            (lambda: image.imrotate(mx.nd.ones((2, 3, 4, 5)), mx.nd.ones(3)), ValueError, "The number of images"),
            (lambda: image.imrotate(mx.nd.ones((4, 5)), 3), ValueError, "Only 3D and 4D"),
            (lambda: image.imrotate(mx.nd.ones((3, 4, 5)), 3, True, True), ValueError, "cannot be both True"),
            (lambda: image.CreateAugmenter((3, 8, 8), rand_resize=True), ValueError, "rand_resize needs rand_crop"),
            (lambda: image.CreateAugmenter((3, 8, 8), mean=np.ones(2)), ValueError, r"mean has the shape \(2,\)"),
            (lambda: image.Augmenter()(picture), NotImplementedError, "Must override")):
        with pytest.raises(kind, match=message):
            call()


def test_bytes_below_zero_are_resized_as_numbers():
    """MXNet takes int8 for uint8, and makes of the middle between -1 and 1 the middle between 255 and 1."""
    line = mx.nd.array([[[-1], [1]]], dtype="int8")
    assert np.abs(image.imresize(line, 9, 1).asnumpy()).max() <= 1


def test_the_middle_stays_under_rotation():
    picture = mx.nd.array(np.random.RandomState(0).rand(3, 7, 7).astype("float32"))
    for degrees in (17, 90, -133):
        turned = image.imrotate(picture, degrees).asnumpy()
        np.testing.assert_allclose(turned[:, 3, 3], picture.asnumpy()[:, 3, 3], 1e-5)
    np.testing.assert_allclose(image.imrotate(picture, 90).asnumpy()[:, 1:-1, 1:-1],
                               np.rot90(picture.asnumpy(), axes=(1, 2))[:, 1:-1, 1:-1], 1e-4)


def test_the_users_opencv_is_left_as_it_was():
    cv2 = pytest.importorskip("cv2")
    before = cv2.ipp.useIPP()
    image.imresize(mx.nd.zeros((4, 5, 3), dtype="uint8"), 2, 2, interp=2)
    assert cv2.ipp.useIPP() == before


def test_without_opencv(monkeypatch):
    monkeypatch.setattr("cupynet.opencv._load", lambda: None)
    for call in (lambda: image.imdecode(PLAIN), lambda: image.imread(str(IMAGES / "plain.bmp")),
                 lambda: image.imresize(mx.nd.zeros((4, 5, 3)), 2, 2), lambda: mx.nd.imdecode(PLAIN),
                 lambda: image.copyMakeBorder(mx.nd.zeros((4, 5, 3)), 1, 1, 1, 1)):
        with pytest.raises(mx.MXNetError, match=r"needs OpenCV, which is not installed: pip install cupynet\[image\]"):
            call()


# ---- mx.nd.imdecode -------------------------------------------------------------------------------

def test_the_first_imdecode():
    whole = image.imdecode(PLAIN).asnumpy().transpose(2, 0, 1).astype("float32")
    np.testing.assert_array_equal(mx.nd.imdecode(PLAIN).asnumpy(), whole)
    np.testing.assert_array_equal(mx.nd.imdecode(PLAIN, clip_rect=(2, 3, 9, 8)).asnumpy(), whole[:, 3:8, 2:9])
    np.testing.assert_array_equal(mx.nd.imdecode(PLAIN, mean=mx.nd.ones((3, 1, 1))).asnumpy(), whole - 1)
    assert mx.nd.imdecode(PLAIN, channels=1).shape == (1, 20, 31)
    batch = mx.nd.zeros((2, 3, 20, 31))
    assert mx.nd.imdecode(PLAIN, out=batch, index=1) is batch
    np.testing.assert_array_equal(batch.asnumpy(), [np.zeros_like(whole), whole])
    for wrong, message in (({"channels": 2}, "channels is 2"), ({"clip_rect": (0, 0, 99, 9)}, "the image is 31 wide"),
                           ({"out": mx.nd.zeros((3, 4, 5))}, "out has the shape"),
                           ({"out": batch, "index": 2}, "out holds 2 images")):
        with pytest.raises(mx.MXNetError, match=message):
            mx.nd.imdecode(PLAIN, **wrong)
