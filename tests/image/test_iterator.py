"""ImageIter: which images come in which batch, as MXNet has them, and what it does with what is broken."""
import logging
import os
import random
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.image import ImageIter
from cupynet.recordio import MXIndexedRecordIO, pack, pack_img


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    """Ten grey squares, whose brightness and label is their number, in a record file and as files of a list."""
    monkeypatch.chdir(tmp_path)
    os.mkdir("set")
    with MXIndexedRecordIO("a.idx", "a.rec", "w") as record:
        for i in range(10):
            packed = pack_img((0, i, 3 * i, 0), np.full((9, 9, 3), i, np.uint8), img_fmt=".bmp")
            record.write_idx(3 * i, packed)
            Path(f"set/{i}.bmp").write_bytes(packed[24:])
    Path("a.lst").write_text("".join(f"{3 * i}\t{i}\t{i + 0.5}\t{i}.bmp\n" for i in range(10)))


def labels(iterator):
    return [batch.label[0].asnumpy().tolist() for batch in iterator]


RECORDS = {"path_imgrec": "a.rec"}
INDEXED = {"path_imgrec": "a.rec", "path_imgidx": "a.idx"}
LISTED = {"path_imglist": "a.lst", "path_root": "set", "label_width": 2}


@pytest.mark.parametrize("source", [RECORDS, INDEXED, LISTED,
                                    {"imglist": [[i, f"{i}.bmp"] for i in range(10)], "path_root": "set"}])
def test_batches(source):
    images = ImageIter(4, (3, 8, 7), **source)
    width = source.get("label_width", 1)
    assert images.provide_data == [("data", (4, 3, 8, 7))]
    assert images.provide_label == [("softmax_label", (4,) if width == 1 else (4, 2))]
    for _ in range(2):
        batches = list(images)
        assert [batch.pad for batch in batches] == [0, 0, 2]
        for batch, numbers in zip(batches, ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1])):
            data, label = batch.data[0].asnumpy(), batch.label[0].asnumpy()
            assert data.shape == (4, 3, 8, 7) and data.dtype == label.dtype == np.float32
            assert (data == np.reshape(numbers, (4, 1, 1, 1))).all()
            np.testing.assert_array_equal(label, numbers if width == 1 else np.add.outer(numbers, [0, 0.5]))
        images.reset()


# What MXNet's iterator gives in four epochs of the same ten images in batches of four, seed 1, each shuffled.
SHUFFLED = {
    "pad": [[6, 8, 9, 7], [5, 3, 0, 4], [1, 2, 6, 8], [5, 1, 9, 0], [3, 2, 6, 4], [8, 7, 5, 1],
            [4, 8, 6, 7], [2, 5, 9, 1], [0, 3, 4, 8], [1, 6, 0, 8], [2, 4, 5, 3], [7, 9, 1, 6]],
    "discard": [[6, 8, 9, 7], [5, 3, 0, 4], [5, 1, 9, 0], [3, 2, 6, 4], [4, 8, 6, 7], [2, 5, 9, 1],
                [1, 6, 0, 8], [2, 4, 5, 3]],
    "roll_over": [[6, 8, 9, 7], [5, 3, 0, 4], [1, 2, 5, 1], [9, 0, 3, 2], [6, 4, 8, 7], [4, 8, 6, 7],
                  [2, 5, 9, 1], [0, 3, 1, 6], [0, 8, 2, 4], [5, 3, 7, 9]]}


@pytest.mark.parametrize("handle", SHUFFLED)
def test_shuffled_and_last_batches(handle):
    random.seed(1)
    images = ImageIter(4, (3, 8, 8), shuffle=True, last_batch_handle=handle, **INDEXED)
    seen = []
    for _ in range(4):
        seen += labels(images)
        images.reset()
    assert seen == SHUFFLED[handle]


def test_rolled_over_images_are_a_pad_and_can_be_forgotten():
    images = ImageIter(4, (3, 8, 8), last_batch_handle="roll_over", **RECORDS)
    assert labels(images) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    images.reset()
    assert [(b.pad, b.label[0].asnumpy().tolist()) for b in images] == [
        (2, [8, 9, 0, 1]), (0, [2, 3, 4, 5]), (0, [6, 7, 8, 9])]
    images.reset()
    labels(images)
    images.hard_reset()
    assert labels(images) == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("handle, epochs", [("pad", [15, 15]), ("discard", []), ("roll_over", [15, 15])])
def test_batches_larger_than_the_data(handle, epochs):
    """Filled up as often as needed, where MXNet leaves what chance has put into the memory."""
    images, seen = ImageIter(25, (3, 8, 8), last_batch_handle=handle, **INDEXED), []
    for _ in range(4 if handle == "roll_over" else 2):
        for batch in images:
            assert batch.label[0].asnumpy().tolist() == [*range(10), *range(10), *range(5)]
            seen.append(batch.pad)
        images.reset()
    assert seen == epochs


def test_parts():
    parts = [labels(ImageIter(1, (3, 8, 8), num_parts=3, part_index=part, **INDEXED)) for part in range(3)]
    assert parts == [[[0], [1], [2]], [[3], [4], [5]], [[6], [7], [8]]]


def test_labels_of_the_list_count():
    images = ImageIter(10, (3, 8, 8), path_imglist="a.lst", label_width=2, dtype="float64", **INDEXED)
    assert labels(images) == [[[i, i + 0.5] for i in range(10)]]


def test_augmenters_and_names():
    force = [mx.image.ForceResizeAug((4, 4))]
    images = ImageIter(2, (3, 4, 4), aug_list=force, data_name="x", label_name="y", **RECORDS)
    assert images.provide_data[0][0] == "x" and images.provide_label[0][0] == "y"
    assert images.next().data[0].shape == (2, 3, 4, 4)
    usual = ImageIter(2, (3, 4, 4), mean=np.ones(3), rand_mirror=True, **RECORDS)
    assert [type(each).__name__ for each in usual.auglist] == [
        "CenterCropAug", "HorizontalFlipAug", "CastAug", "ColorNormalizeAug"]
    assert usual.next().data[0].asnumpy().min() == -1


def test_samples():
    images = ImageIter(2, (3, 4, 4), **LISTED)
    label, encoded = images.next_sample()
    assert label.asnumpy().tolist() == [0, 0.5] and encoded == Path("set/0.bmp").read_bytes()
    assert images.imdecode(images.read_image("3.bmp")).shape == (9, 9, 3)
    assert images.postprocess_data(mx.nd.zeros((4, 5, 3))).shape == (3, 4, 5)
    assert images.augmentation_transform(mx.nd.zeros((9, 9, 3), dtype="uint8")).shape == (4, 4, 3)


def test_it_says_what_it_reads(caplog):
    with caplog.at_level(logging.INFO):
        ImageIter(2, (3, 4, 4), path_imglist="a.lst", **INDEXED)
    assert [record.getMessage() for record in caplog.records] == [
        "Using 1 threads for decoding...",
        "Set enviroment variable MXNET_CPU_WORKER_NTHREADS to a larger number to use more threads.",
        "ImageIter: loading recordio a.rec...", "ImageIter: loading image list a.lst..."]


# ---- what is broken -------------------------------------------------------------------------------

def broken(numbers):
    """Write the record file again with some images cut off."""
    record = MXIndexedRecordIO("a.idx", "a.rec", "r")
    packed = [record.read_idx(key) for key in record.keys]
    with MXIndexedRecordIO("a.idx", "a.rec", "w") as record:
        for i, each in enumerate(packed):
            record.write_idx(3 * i, each[:30] if i in numbers else each)


@pytest.mark.parametrize("source, name", [
    (RECORDS, "Broken image number 5 of a.rec"), (INDEXED, "Broken image index: 15"),
    (LISTED, "Broken image filename: 5.bmp")])
def test_a_broken_image_is_named_and_the_others_come(source, name):
    broken([5])
    Path("set/5.bmp").write_bytes(b"BM, but no image")
    images = ImageIter(3, (3, 8, 8), **source)
    for _ in range(2):
        assert images.next().pad == 0
        with pytest.raises(mx.MXNetError, match=name):
            images.next()
        firsts = [np.reshape(batch, (3, -1))[:, 0].tolist() for batch in labels(images)]
        assert firsts == [[3, 4, 6], [7, 8, 9]]
        images.reset()


def test_damage_of_the_record_file_is_named_and_reset_begins_again():
    data = Path("a.rec").read_bytes()
    Path("a.rec").write_bytes(data[:len(data) // 2 + 10])
    images = ImageIter(3, (3, 8, 8), **RECORDS)
    for _ in range(2):
        assert images.next().label[0].asnumpy().tolist() == [0, 1, 2]
        with pytest.raises(mx.MXNetError, match=r"Invalid RecordIO File a.rec: at byte \d+"):
            images.next()
        images.reset()


def test_a_missing_file_is_named():
    os.remove("set/1.bmp")
    images = ImageIter(3, (3, 8, 8), **LISTED)
    with pytest.raises(FileNotFoundError, match="there is no image set/1.bmp"):
        images.next()
    assert images.next().label[0].asnumpy()[:, 0].tolist() == [0, 2, 3]


@pytest.mark.parametrize("text, message", [
    ("0\t0.bmp\n", r"line 1 of b.lst is '0\\t0.bmp'; expected index, labels and path"),
    ("0\t1\t0.bmp\nx\t1\t0.bmp\n", "line 2 of b.lst"), ("0\tx\t0.bmp", "line 1"), ("0 1 0.bmp", "line 1")])
def test_a_list_that_is_none(text, message):
    Path("b.lst").write_text(text)
    with pytest.raises(mx.MXNetError, match=message):
        ImageIter(3, (3, 8, 8), path_imglist="b.lst", path_root="set")


@pytest.mark.parametrize("arguments, message", [
    ({}, "there are no images"), ({"path_imgrec": "a.rec", "shuffle": True}, "path_imgidx is missing"),
    ({"path_imgrec": "a.rec", "num_parts": 2}, "path_imgidx is missing"),
    ({**INDEXED, "num_parts": 2, "part_index": 2}, "part_index is 2; there are 2 parts"),
    ({**RECORDS, "dtype": "uint8"}, "uint8 label not supported"), ({**RECORDS, "data_shape": (8, 8)}, "length 3"),
    ({**RECORDS, "data_shape": (1, 8, 8)}, "3 channels"), ({**RECORDS, "batch_size": 0}, "batch_size is 0"),
    ({**RECORDS, "last_batch_handle": "keep"}, "expected pad, discard, roll_over"),
    ({"path_imgrec": "no.rec"}, "No such file"), ({"path_imglist": "no.lst"}, "there is no list no.lst"),
    ({**INDEXED, "path_imgidx": "no.idx"}, "there is no index no.idx")])
def test_what_is_refused(arguments, message):
    with pytest.raises(mx.MXNetError, match=message):
        ImageIter(**{"batch_size": 3, "data_shape": (3, 8, 8), **arguments})


def test_what_does_not_fit_is_refused():
    with pytest.raises(mx.MXNetError, match=r"gave an image of the shape \(3, 9, 9\).*data_shape is \(3, 8, 8\)"):
        ImageIter(3, (3, 8, 8), aug_list=[], **RECORDS).next()
    with pytest.raises(mx.MXNetError, match="an image has 2 labels; label_width is 1"):
        ImageIter(3, (3, 8, 8), path_imglist="a.lst", path_root="set").next()
    with pytest.raises(KeyError, match="no line with the index 0"):
        ImageIter(3, (3, 8, 8), imglist=[[1, "0.bmp"]], **INDEXED).next()
    with MXIndexedRecordIO("e.idx", "e.rec", "w") as record:
        record.write_idx(0, pack((0, 1, 0, 0), b""))
    with pytest.raises(mx.MXNetError, match="Broken image number 0 of e.rec.*empty buffer"):
        ImageIter(1, (3, 8, 8), path_imgrec="e.rec").next()
