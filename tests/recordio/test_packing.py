"""Records of images: MXNet's bytes for every kind of label, and encoded images."""
import numpy as np
import pytest

import cupynet as mx
from cupynet.recordio import IRHeader, pack, pack_img, unpack, unpack_img


@pytest.mark.parametrize("label, flag, stored", [
    (3, 0, 3), (3.5, 0, 3.5), (np.float32(2), 0, 2), (np.int64(3), 0, 3), (True, 0, 1), (1e300, 0, np.inf),
    (np.array(4.0), 1, [4]), ([1, 2, 3.5], 3, [1, 2, 3.5]), ((1, 2), 2, [1, 2]), ([], 0, 0),
    (np.array([[1, 2], [3, 4]]), 4, [1, 2, 3, 4]), (mx.nd.array([5, 6]), 2, [5, 6]),
])
@pytest.mark.parametrize("given", [0, 2])
def test_labels(label, flag, stored, given):
    packed = pack(IRHeader(given, label, 5, 2 ** 64 - 1), b"img")
    head = np.frombuffer(packed, "<u4", 1), np.frombuffer(packed, "<f4", 1, 4), np.frombuffer(packed, "<u8", 2, 8)
    assert head[0][0] == flag and list(head[2]) == [5, 2 ** 64 - 1] and head[1][0] == (0 if flag else stored)
    header, content = unpack(packed)
    assert content == b"img" and header.flag == flag and (header.id, header.id2) == (5, 2 ** 64 - 1)
    np.testing.assert_array_equal(header.label, stored)
    assert flag == 0 or header.label.dtype == np.float32


def test_a_header_prints_as_mxnets():
    assert repr(IRHeader(0, 4.0, 2574, 0)) == "HEADER(flag=0, label=4.0, id=2574, id2=0)"
    assert unpack(pack((0, 4.0, 1, 2), bytearray(b"x")))[1] == b"x"


def test_what_does_not_fit():
    for call, message in ((lambda: pack(IRHeader(0, 1.0, -2, 3), b""), "HEADER.*id=-2.*does not fit"),
                          (lambda: pack(IRHeader(0, 1.0, 2, 3), "x"), "s is str; expected bytes"),
                          (lambda: unpack(b"abc"), "has 3 bytes, but an image record begins with a header of 24"),
                          (lambda: unpack(pack(IRHeader(0, [1, 2, 3], 1, 2), b"")[:30]), "speaks of 3 labels")):
        with pytest.raises(mx.MXNetError, match=message):
            call()


def test_images():
    image = np.random.RandomState(0).randint(0, 255, (20, 30, 3)).astype(np.uint8)
    packed = pack_img(IRHeader(0, 1.0, 2, 3), image, quality=9, img_fmt=".png")
    header, back = unpack_img(packed)
    assert header.label == 1.0
    np.testing.assert_array_equal(back, image)
    assert unpack_img(packed, 0)[1].shape == (20, 30)
    smooth = np.full((20, 30, 3), (10, 100, 200), np.uint8)
    sizes = [len(pack_img(IRHeader(0, 1.0, 2, 3), image, quality)) for quality in (95, 50, 3)]
    assert sizes == sorted(sizes, reverse=True)
    assert np.abs(unpack_img(pack_img(IRHeader(0, 1.0, 2, 3), smooth))[1].astype(int) - smooth).max() <= 2


def test_images_that_are_none():
    assert unpack_img(pack(IRHeader(0, 1.0, 2, 3), b"garbage"))[1] is None  # as in MXNet
    with pytest.raises(mx.MXNetError, match="id 2 holds no image"):
        unpack_img(pack(IRHeader(0, 1.0, 2, 3), b""))
    with pytest.raises(mx.MXNetError, match="failed to encode image"):
        pack_img(IRHeader(0, 1.0, 2, 3), np.zeros((4, 4, 3), np.uint8), img_fmt=".xyz")


def test_without_opencv(monkeypatch):
    monkeypatch.setattr("cupynet.opencv._load", lambda: None)
    with pytest.raises(mx.MXNetError, match=r"pack_img needs OpenCV.*pip install cupynet\[image\]"):
        pack_img(IRHeader(0, 1.0, 2, 3), np.zeros((4, 4, 3), np.uint8))
