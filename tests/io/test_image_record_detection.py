"""ImageDetRecordIter gives the batches that MXNet 1.9.1 gave for arguments drawn at random; what is wrong is named."""
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts" / "oracle"))
import detection_records as oracle

ANSWERS = np.load(oracle.ANSWERS)
REC = oracle.FOLDER / "objects.rec"


@pytest.mark.parametrize("seed", range(oracle.COUNT))
def test_batches_are_those_of_mxnet(seed):
    arguments = oracle.drawn_arguments(seed)
    found = oracle.answer(mx, arguments, preprocess_threads=1 + seed % 3)
    data, label, pad, index = (np.stack(values) for values in zip(*found))
    assert (pad == ANSWERS[f"{seed}/pad"]).all() and (index == ANSWERS[f"{seed}/index"]).all()
    assert label.shape == ANSWERS[f"{seed}/label"].shape and np.abs(label - ANSWERS[f"{seed}/label"]).max() <= 3e-7
    apart = np.abs(data - ANSWERS[f"{seed}/data"]) / max(1, arguments.get("scale", 1))
    assert data.dtype == np.float32 and data.shape == ANSWERS[f"{seed}/data"].shape
    assert apart.max() <= 3 and (apart > 1e-6 * 255).mean() < 0.01  # versions of OpenCV differ at few pixels


def records(path=REC, **arguments):
    return mx.io.ImageDetRecordIter(**{"path_imgrec": str(path), "data_shape": (3, 6, 8), "batch_size": 2,
                                       "verbose": False, **arguments})


def labelled(folder, *labels):
    """Write records of one image with these labels, and a list of others; return the path of the records."""
    first = REC.read_bytes()
    length, count = struct.unpack_from("<I", first, 4)[0], struct.unpack_from("<I", first, 8)[0]
    image = first[8 + 24 + 4 * count:8 + length]
    with open(folder / "labels.rec", "wb") as file:
        for i, label in enumerate(labels):
            record = struct.pack("<IfQQ", len(label), 0, i, 0) + np.array(label, np.float32).tobytes() + image
            file.write(struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4))
    return folder / "labels.rec"


def test_it_is_described_as_in_mxnet():
    it = records()
    assert str(it.provide_data) == "[DataDesc[data,(2, 3, 6, 8),<class 'numpy.float32'>,NCHW]]"
    assert str(it.provide_label) == "[DataDesc[softmax_label,(2, 26),<class 'numpy.float32'>,NCHW]]"
    assert "min_crop_object_coverages" in mx.io.ImageDetRecordIter.__doc__


def test_objects_without_an_area_are_left_out(tmp_path):
    path = labelled(tmp_path, [3, 6, 9, 1, .1, .2, .5, .6, 7, 2, .5, .5, .4, .6, 8], [2, 5, 1, .3, .3, .3, .9])
    label = next(records(path, label_pad_value=0)).label[0].asnumpy()
    assert label[0].tolist() == pytest.approx([3, 6, 8, 9, 3, 6, 9, 1, .1, .2, .5, .6, 7, 0, 0, 0, 0, 0, 0])
    assert label[1, :6].tolist() == [3, 6, 8, 2, 2, 5] and not label[1, 6:].any()


def test_labels_of_a_list(tmp_path):
    path = labelled(tmp_path, [2, 5, 1, .1, .2, .5, .6], [2, 5, 1, .1, .2, .5, .6])
    (tmp_path / "a.lst").write_text("".join(f"{i}\t2\t5\t{i + 7}\t0\t0\t0.5\t1\t{i}.png\n" for i in range(2)))
    for width in (-1, 7):
        it = records(path, path_imglist=str(tmp_path / "a.lst"), label_width=width)
        assert next(it).label[0].asnumpy()[:, 4:].tolist() == [[2, 5, i + 7, 0, 0, 0.5, 1] for i in range(2)]


@pytest.mark.parametrize("label, message", [
    ([2, 5], "label of 2 numbers; expected at least 7"),
    ([1, 5, 1, .1, .2, .5, .6], "begins with 1 and 5"),
    ([2, 4, 1, .1, .2, .5, .6, .7], "begins with 2 and 4"),
    ([2, 5, 1, .1, .2, .5, .6, .7], "whole objects"),
])
def test_wrong_labels_are_named(label, message, tmp_path):
    good = [2, 5, 1, .1, .2, .5, .6]
    it = iter([])
    with pytest.raises(mx.base.MXNetError, match=f"ImageDetRecordIter: the record with the id 2 .*{message}"):
        it = records(labelled(tmp_path, good, good, label, good))
        list(it)
    if isinstance(it, mx.io.MXDataIter):
        it.reset()
        assert next(it).index.tolist() == [0, 1]


@pytest.mark.parametrize("arguments, message", [
    ({"label_pad_width": 10}, "label_pad_width: 10 smaller than estimated width: 22"),
    ({"label_width": 7}, "17-dimensional label but label_width is set to 7"),
    ({"aug_seq": "aug_default"}, "aug_seq"),
    ({"min_crop_scales": (0.5,), "max_crop_scales": (0.5,)}, "crop scales from 0.5 to 0.5"),
    ({"max_crop_scales": (1.5,)}, "crop scales from 0 to 1.5"),
    ({"min_crop_overlaps": (0.5,), "max_crop_overlaps": (0.3,)}, "min_crop_overlaps is 0.5"),
    ({"min_crop_scales": (0.1, 0.2), "num_crop_sampler": 3}, "min_crop_scales has 2 values; .* each of the 3"),
    ({"resize_mode": "stretch"}, "resize_mode"),
    ({"dtype": "uint8"}, "dtype is uint8; expected float32"),
    ({"data_shape": (2, 6, 8)}, "data_shape"),
    ({"batch_size": 20}, "must be bigger than the batch size"),
])
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        records(**arguments)
