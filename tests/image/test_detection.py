"""Augmenters and iterators for detection do what MXNet 1.9.1 did, draw for draw."""
import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts" / "oracle"))
import detection as oracle

with gzip.open(oracle.ANSWERS, "rt") as file:
    ANSWERS = json.load(file)
REC = str(oracle.FOLDER / "objects.rec")


def objects(**arguments):
    return mx.image.ImageDetIter(**{"batch_size": 3, "data_shape": (3, 32, 24), "path_imgrec": REC, **arguments})


@pytest.mark.parametrize("name", oracle.AUGMENTERS)
def test_augmenters_are_those_of_mxnet(name):
    assert json.loads(json.dumps(oracle.AUGMENTERS[name](mx.image).dumps())) == ANSWERS[f"{name}/dumps"]
    for number in oracle.SEEDS:
        assert json.loads(json.dumps(oracle.augmented(mx, name, number))) == ANSWERS[f"{name}/{number}"], number


@pytest.mark.parametrize("name", oracle.LISTS)
def test_the_usual_augmenters_are_those_of_mxnet(name):
    assert json.loads(json.dumps(oracle.created(mx, name))) == ANSWERS[f"list {name}"]


@pytest.mark.parametrize("name", oracle.ITERATORS)
def test_batches_are_those_of_mxnet(name):
    found, expected = json.loads(json.dumps(oracle.batches(mx, name))), ANSWERS[f"iterator {name}"]
    assert found[:2] == expected[:2] and len(found) == len(expected)
    for (mean, label, pad), (expected_mean, expected_label, expected_pad) in zip(found[2:], expected[2:]):
        assert abs(mean - expected_mean) < 0.1  # versions of OpenCV resize a little differently
        assert np.allclose(label, expected_label, rtol=0, atol=1e-6) and pad == expected_pad


def test_an_augmenter_leaves_its_label_alone():
    for name in ("flip", "crop", "pad"):
        image, label = oracle.sample(mx, 5)
        before = label.copy()
        for _ in range(5):
            oracle.AUGMENTERS[name](mx.image)(image, label)
        assert (label == before).all()


def test_shapes_of_labels():
    it, other = objects(), objects(path_imgrec=str(oracle.FOLDER / "objects.rec"))
    it.reshape((3, 20, 20), (9, 5))
    assert it.provide_data == [("data", (3, 3, 20, 20))] and it.provide_label == [("label", (3, 9, 5))]
    with pytest.raises(mx.MXNetError, match=r"shape \(3, 32, 24\).*data_shape is \(3, 20, 20\)"):
        next(it)
    assert it.sync_label_shape(other) is other and other.label_shape == (9, 5)
    label = next(other).label[0].asnumpy()
    assert label.shape == (3, 9, 5) and (label[0, 1:] == -1).all()
    for shape, message in (((1, 5), "reduce label count from 9 to 1"), ((9, 4), "inconsistent: 5 vs 4"),
                           ((9,), "should have length 2")):
        with pytest.raises(mx.MXNetError, match=message):
            it.reshape(label_shape=shape)
    with pytest.raises(mx.MXNetError, match="Synchronize with invalid iterator"):
        it.sync_label_shape(3)
    with pytest.raises(mx.MXNetError, match="object width mismatch"):
        it.sync_label_shape(objects(path_imgrec=str(oracle.FOLDER / "six.rec"), batch_size=2))


def test_images_are_drawn():
    how = {"color": (0, 0, 255), "thickness": 1, "id2labels": {0: "a"}}
    plain = list(objects().draw_next(**how))
    drawn = list(objects(mean=True, std=True).draw_next(mean=True, std=True, **how))
    assert len(plain) == len(drawn) == 7 and plain[0].shape == (32, 24, 3) and plain[0].dtype == np.uint8
    assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(plain, drawn))
    left, top = (int(x * n) for x, n in zip(next(objects()).label[0].asnumpy()[0, 0, 1:3], (24, 32)))
    assert plain[0][top, left].tolist() == [0, 0, 255]


def spoilt(path, label):
    image = mx.recordio.pack_img((0, label, 7, 0), np.zeros((20, 20, 3), np.uint8), img_fmt=".png")
    path.write_bytes(struct.pack("<II", 0xCED7230A, len(image)) + image + b"\0" * (-len(image) % 4))
    return str(path)


@pytest.mark.parametrize(("label", "message"), [
    ([2, 5, 1, 0.1], r"Label shape is invalid: \(4,\).*number 0 of .*bad.rec"),
    ([2, 5, 1, 0.1, 0.1, 0.2, 0.2, 3], "inconsistent with annotation width 5"),
    ([2, 4, 1, 0.1, 0.1, 0.2], "invalid"),
    ([1, 5, 1, 0.1, 0.1, 0.2, 0.2], "the head has 1"),
    ([2, 5, 1, 0.5, 0.5, 0.2, 0.2], "no valid label"),
    ([2, 5, 1, float("nan"), 0.1, 0.2, 0.2], "no valid label"),
])
def test_labels_that_are_none(label, message, tmp_path):
    with pytest.raises(mx.MXNetError, match=message):
        objects(path_imgrec=spoilt(tmp_path / "bad.rec", label))


def test_mistakes():
    image = mx.image
    for call, message in ((lambda: image.DetBorrowAug(3), "Borrowing from invalid Augmenter"),
                          (lambda: image.DetRandomSelectAug([3]), "Allow DetAugmenter in list only"),
                          (lambda: image.DetRandomCropAug(area_range="x"), "area_range is 'x'"),
                          (lambda: image.DetRandomPadAug((1, 2, 3)), "aspect_ratio_range is"),
                          (lambda: image.CreateMultiRandCropAugmenter([0.1, 0.2], [(1, 2)] * 3), "has 2 items"),
                          (lambda: image.CreateDetAugmenter((3, 8, 8), mean=[1, 2]), "mean has the shape")):
        with pytest.raises(mx.MXNetError, match=message):
            call()
    with pytest.raises(NotImplementedError):
        image.DetAugmenter()(None, None)


@pytest.mark.parametrize("make", [lambda i: i.DetRandomCropAug(area_range=(0.9, 0.2)),
                                  lambda i: i.DetRandomPadAug(area_range=(0.5, 0.8)),
                                  lambda i: i.DetRandomCropAug(aspect_ratio_range=(2, 1))])
def test_impossible_ranges_warn_and_do_nothing(make):
    with pytest.warns(UserWarning, match="Skip due to invalid parameters"):
        augmenter = make(mx.image)
    image, label = oracle.sample(mx, 1)
    assert augmenter(image, label) == (image, label)
