"""Iterators over records of images give the batches that MXNet 1.9.1 gave, and their threads end."""
import gc
import logging
import shutil
import struct
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.io import batch_pool

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts" / "oracle"))
import image_records as oracle

ANSWERS = np.load(oracle.ANSWERS)
REC = str(oracle.FOLDER / "drawings.rec")
# What is interpolated differs by one at few pixels between versions of OpenCV.
EXACT = ("crop", "shuffled", "seed", "second part", "labels", "more", "older", "float", "normalized", "as ", "mean",
         "margin")


def records(**arguments):
    return mx.io.ImageRecordIter(**{"path_imgrec": REC, "data_shape": (3, 10, 12), "batch_size": 3, "verbose": False,
                                    **arguments})


def values(it):
    return [batch.data[0].asnumpy() for batch in it]


def threads():
    """The threads that read ahead, when those that were told to end have ended."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        alive = [t for t in threading.enumerate() if t.name == "cupynet-batches"]
        if not alive:
            return []
        time.sleep(0.01)
    return alive


@pytest.mark.parametrize("name", oracle.CASES)
@pytest.mark.parametrize("count", [1, 3])
def test_batches_are_those_of_mxnet(name, count, tmp_path):
    found = oracle.answer(mx, name, tmp_path, preprocess_threads=count)
    for number, (data, label, pad) in enumerate(found):
        expected = {part: ANSWERS[f"{name}/{number}/{part}"] for part in ("data", "label", "pad")}
        assert data.dtype == expected["data"].dtype and label.dtype == expected["label"].dtype
        assert (label == expected["label"]).all() and label.shape == expected["label"].shape
        assert pad == expected["pad"]
        apart = np.abs(data.astype(float) - expected["data"])
        if name.startswith(EXACT):
            assert not apart.any()
        assert apart.max() <= 3 and (apart > 0).mean() < 0.02
    assert f"{name}/{len(found)}/pad" not in ANSWERS


def test_it_is_described_as_in_mxnet():
    it = records()
    assert str(it.provide_data) == "[DataDesc[data,(3, 3, 10, 12),<class 'numpy.float32'>,NCHW]]"
    assert str(it.provide_label) == "[DataDesc[softmax_label,(3,),<class 'numpy.float32'>,NCHW]]"
    assert isinstance(it, mx.io.MXDataIter) and it.batch_size == 3
    named = records(data_name="x", label_name="y", unknown=1)
    assert (named.provide_data[0][0], named.provide_label[0][0]) == ("x", "y")
    batch = next(it)
    assert batch.index.tolist() == [100, 101, 102] and batch.pad == 0 and batch.data[0].context == mx.cpu()
    it.reset()
    assert it.iter_next() and it.getlabel().asnumpy().tolist() == [0, 1, 2]
    assert it.getindex().tolist() == [100, 101, 102] and it.getpad() == 0
    assert "rand_mirror" in mx.io.ImageRecordIter.__doc__ and "rand_mirror" not in mx.io.ImageRecordUInt8Iter.__doc__


def test_text_is_read_as_in_mxnet():
    plain, text = (records(rand_crop=True, data_shape=shape, batch_size=size, mean_r=mean)
                   for shape, size, mean in (((3, 10, 12), 3, 7.5), ("(3, 10, 12)", "3", "7.5")))
    assert all((a == b).all() for a, b in zip(values(plain), values(text)))


def test_without_rounding_the_last_batch_has_its_pad():
    it = records(round_batch=False)
    for _ in range(2):
        assert [(b.label[0].asnumpy().tolist(), b.pad) for b in it] == [([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 0, 0], 2)]
        it.reset()


def test_files_stand_one_after_the_other(tmp_path):
    for name in ("b.rec", "a.rec"):
        shutil.copy(REC, tmp_path / name)
    for path in (tmp_path, f"{tmp_path}/a.rec;{tmp_path}/b.rec"):
        it = records(path_imgrec=str(path), batch_size=7)
        assert [b.label[0].asnumpy().tolist() for b in it] == [[*range(7)]] * 2


def test_large_files_are_shuffled_by_pieces(tmp_path):
    """The order that MXNet 1.9.1 gives: eight megabytes at a time, or pieces of `shuffle_chunk_size`."""
    image = Path(REC).read_bytes()[8 + 24:8 + int.from_bytes(Path(REC).read_bytes()[4:8], "little")]
    with open(tmp_path / "large.rec", "wb") as file:
        for i in range(21):
            record = struct.pack("<IfQQ", 0, i, i, 0) + image
            record += b"\xff" * ((1 << 20) - 8 - len(record))
            file.write(struct.pack("<II", 0xCED7230A, len(record)) + record)

    def orders(**arguments):
        it = records(path_imgrec=str(tmp_path / "large.rec"), shuffle=True, batch_size=5, **arguments)
        found = []
        for _ in range(2):
            found.append([int(label) for b in it for label in b.label[0].asnumpy()])
            it.reset()
        return found
    assert orders() == LARGE["chunks"]
    assert orders(shuffle_chunk_size=4, shuffle_chunk_seed=3) == LARGE["pieces"]
    assert orders(shuffle_chunk_size=4, seed=9, num_parts=2, part_index=1) == LARGE["pieces of a part"]


LARGE = {
    "chunks": [
        [3, 4, 5, 2, 1, 6, 0, 12, 13, 7, 8, 10, 9, 11, 15, 19, 14, 18, 20, 17, 16, 4, 5, 2, 6],
        [1, 0, 3, 9, 13, 10, 12, 8, 11, 7, 19, 18, 16, 14, 20, 15, 17, 2, 0, 1],
    ],
    "pieces": [
        [17, 15, 14, 16, 5, 6, 4, 11, 12, 13, 9, 10, 8, 7, 3, 0, 1, 2, 18, 20, 19, 2, 1, 3, 0],
        [15, 14, 16, 17, 6, 4, 5, 9, 10, 7, 8, 18, 20, 19, 13, 12, 11, 1, 3, 2],
    ],
    "pieces of a part": [
        [18, 20, 19, 14, 15, 17, 16, 11, 13, 12],
        [18, 20, 19, 14, 15, 16, 17, 11, 12, 13],
    ],
}


# ---- resets and ends -----------------------------------------------------------------------------------

def test_a_reset_in_the_middle_begins_again_and_is_deterministic():
    def program():
        it, seen = records(rand_crop=True, shuffle=True), []
        for stop in (2, 1, 3, 0, 2):
            for _ in range(stop):
                seen.append(next(it).data[0].asnumpy())
            it.reset()
        return seen + values(it)
    first, second = program(), program()
    assert len(first) == len(second) and all((a == b).all() for a, b in zip(first, second))


def test_a_reset_before_the_first_batch_changes_nothing():
    it, other = records(rand_crop=True), records(rand_crop=True)
    other.reset()
    assert all((a == b).all() for a, b in zip(values(it), values(other), strict=True))


def test_after_the_end_there_is_no_batch_until_a_reset():
    it = records(batch_size=7)
    assert len(values(it)) == 1 and values(it) == [] and values(it) == []
    it.reset()
    assert len(values(it)) == 1


def test_batches_that_are_kept_are_not_written_again():
    it, kept = records(rand_crop=True, prefetch_buffer=0), []
    for _ in range(4):
        kept += [(batch, batch.data[0].asnumpy()) for batch in it]
        it.reset()
    assert all((batch.data[0].asnumpy() == copy).all() for batch, copy in kept)


def test_threads_end_with_the_iterator():
    it = records(preprocess_threads=3)
    assert sum(t.name == "cupynet-batches" for t in threading.enumerate()) == 3
    next(it)
    del it
    gc.collect()
    assert threads() == []
    it = records(preprocess_threads=2)
    it.reset()
    next(it)
    it.reset()
    assert sum(t.name == "cupynet-batches" for t in threading.enumerate()) == 2
    del it
    gc.collect()
    assert threads() == []


# ---- what is wrong -------------------------------------------------------------------------------------

def spoilt(path, number, content):
    """Write the records with another content in one of them."""
    data, place = Path(REC).read_bytes(), 0
    with open(path, "wb") as file:
        for i in range(7):
            length = int.from_bytes(data[place + 4:place + 8], "little")
            record = data[place + 8:place + 8 + length]
            place += 8 + length + -length % 4
            record = content(record) if i == number else record
            file.write(struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4))
    return str(path)


@pytest.mark.parametrize(("content", "message"), [
    (lambda r: r[:24] + b"no image", "the record with the id 104 at byte .*bad.rec holds no image"),
    (lambda r: r[:24], "the record with the id 104 at byte .* holds no image"),
    (lambda r: r[:10], "has 10 bytes, but an image record begins with a header of 24"),
    (lambda r: struct.pack("<I", 3) + r[4:24] + bytes(12) + r[24:], "3-dimensional label but label_width is set to 1"),
    (lambda r: struct.pack("<I", 99999) + r[4:], "speaks of 99999 labels"),
])
def test_a_spoilt_record_is_an_error_of_its_batch(content, message, tmp_path):
    it = records(path_imgrec=spoilt(tmp_path / "bad.rec", 4, content))
    for _ in range(2):
        assert next(it).label[0].asnumpy().tolist() == [0, 1, 2]
        for _ in range(2):
            with pytest.raises(mx.MXNetError, match=message):
                next(it)
        it.reset()


def test_a_spoilt_record_in_the_first_batch_is_an_error_at_once(tmp_path):
    path = spoilt(tmp_path / "bad.rec", 1, lambda r: r[:24] + b"no image")
    with pytest.raises(mx.MXNetError, match="id 101"):
        records(path_imgrec=path)
    gc.collect()
    assert threads() == []


def test_a_file_that_breaks_off_gives_what_is_whole(tmp_path):
    (tmp_path / "cut.rec").write_bytes(Path(REC).read_bytes()[:-400])
    it = records(path_imgrec=str(tmp_path / "cut.rec"), prefetch_buffer=0)
    assert [next(it).label[0].asnumpy().tolist() for _ in range(2)] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(mx.MXNetError, match="cut.rec"):
        next(it)


def test_a_thread_that_dies_is_an_error_and_not_a_hang(monkeypatch):
    it = records(prefetch_buffer=0, preprocess_threads=2)
    next(it)
    take = batch_pool.BatchPool._take
    monkeypatch.setattr(batch_pool.BatchPool, "_take", lambda self: 1 / 0)
    with pytest.raises(mx.MXNetError, match="died: ZeroDivisionError"):
        for _ in range(9):
            next(it)
    monkeypatch.setattr(batch_pool.BatchPool, "_take", take)
    it.reset()
    assert next(it).label[0].asnumpy().tolist() == [0, 1, 2]


@pytest.mark.parametrize(("arguments", "message"), [
    ({"path_imgrec": "nowhere.rec"}, "nowhere.rec"),
    ({"path_imgrec": ""}, "must specify path_imgrec"),
    ({"path_imgidx": "nowhere.idx"}, "nowhere.idx"),
    ({"path_imglist": "nowhere.lst"}, "nowhere.lst"),
    ({"path_imgidx": REC}, "cannot read the index"),
    ({"data_shape": (10, 12)}, "data_shape is"),
    ({"data_shape": (2, 10, 12)}, "data_shape is"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"batch_size": 20}, "number of input images must be bigger than the batch size"),
    ({"preprocess_threads": 0}, "preprocess_threads is 0"),
    ({"num_parts": 2, "part_index": 2}, "part_index is 2"),
    ({"dtype": "float64"}, "dtype is float64"),
    ({"rand_crop": 7}, "rand_crop is 7"),
    ({"random_resized_crop": True, "rand_crop": True}, "Setting random_resized_crop to true conflicts"),
    ({"max_crop_size": 90, "min_crop_size": 80}, "id 100"),
    ({"label_width": 2}, "label_width is set to 2"),
    ({"aug_seq": "other"}, "aug_seq is 'other'"),
])
def test_mistakes(arguments, message):
    with pytest.raises(mx.MXNetError, match=message):
        records(**arguments)
    gc.collect()
    assert threads() == []


def test_a_list_without_an_id(tmp_path):
    (tmp_path / "l.lst").write_text("100\t1\ta.png\n")
    with pytest.raises(mx.MXNetError, match="fail to find imagelabel for id 101"):
        records(path_imglist=str(tmp_path / "l.lst"))


def test_mean_images(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = str(tmp_path / "mean.params")
    first, second = (values(records(mean_img=path)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second)) and mx.nd.load(path)["mean_img"].shape == (3, 10, 12)
    assert [r.getMessage().split(str(tmp_path))[0] for r in caplog.records] == [
        "Cannot find ", "Save mean image to ", "Load mean image from "]
    mx.nd.save(path, {"mean_img": mx.nd.zeros((3, 5, 5))})
    with pytest.raises(mx.MXNetError, match="expected an array 'mean_img' of the shape"):
        records(mean_img=path)
