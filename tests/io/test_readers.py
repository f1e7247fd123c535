"""Iterators over files give the batches that MXNet 1.9.1 gave."""
import gzip
import logging
import struct

import numpy as np
import pytest

import cupynet as mx


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


IMAGES = np.random.RandomState(0).randint(0, 256, (23, 4, 3))


@pytest.fixture
def mnist(tmp_path):
    (tmp_path / "i").write_bytes(idx(IMAGES))
    (tmp_path / "l").write_bytes(idx(np.arange(23)))
    return {"image": tmp_path / "i", "label": tmp_path / "l", "silent": True}


def labels(it):
    return [batch.label[0].asnumpy().astype(int).tolist() for batch in it]


def test_mnist(mnist):
    it = mx.io.MNISTIter(**mnist, batch_size=10, shuffle=False)
    assert str(it.provide_data) == "[DataDesc[data,(10, 1, 4, 3),<class 'numpy.float32'>,NCHW]]"
    assert str(it.provide_label) == "[DataDesc[softmax_label,(10,),<class 'numpy.float32'>,NCHW]]"
    assert isinstance(it, mx.io.MXDataIter) and it.batch_size == 10
    batch = next(it)
    assert (batch.data[0].asnumpy()[:, 0] == IMAGES[:10].astype("f") / 256).all() and batch.pad == 0
    assert labels(it) == [list(range(10, 20))] and labels(it) == []
    it.reset()
    assert labels(it) == [list(range(10)), list(range(10, 20))]
    flat = mx.io.MNISTIter(**mnist, batch_size=10, shuffle=False, flat=True, data_name="a", label_name="b")
    assert (flat.provide_data[0], flat.provide_label[0]) == (("a", (10, 12)), ("b", (10,)))
    assert (next(flat).data[0].asnumpy() == batch.data[0].asnumpy().reshape(10, 12)).all()


SHUFFLED = [16, 2, 3, 5, 14, 18, 13, 19, 4, 7, 20, 8, 9, 10, 15, 12, 0, 21, 22, 11]


def test_mnist_is_shuffled_once_as_in_mxnet(mnist):
    it = mx.io.MNISTIter(**mnist, batch_size=5)
    for _ in range(2):
        assert [label for batch in labels(it) for label in batch] == SHUFFLED
        it.reset()
    assert labels(mx.io.MNISTIter(**mnist, batch_size=5, seed=1)) != labels(mx.io.MNISTIter(**mnist, batch_size=5))
    parts = [labels(mx.io.MNISTIter(**mnist, batch_size=5, shuffle=False, num_parts=3, part_index=i)) for i in (1, 2)]
    assert parts == [[[7, 8, 9, 10, 11]], [[15, 16, 17, 18, 19]]]


def test_mnist_by_hand(mnist, caplog):
    it = mx.io.MNISTIter(**mnist, batch_size=10, shuffle=False)
    assert it.iter_next() and it.getlabel().asnumpy().tolist() == list(range(10))
    assert it.getdata().shape == (10, 1, 4, 3)
    assert it.getindex().tolist() == list(range(10)) and it.getpad() == 0
    with caplog.at_level(logging.INFO):
        it.debug_skip_load()
        mx.io.MNISTIter(**{**mnist, "silent": False}, batch_size=10)
    assert caplog.messages == ["Set debug_skip_load to be true, will simply return first batch",
                               "MNISTIter: load 23 images, shuffle=1"]
    assert [next(it).label[0].asnumpy()[0] for _ in range(4)] == [0] * 4
    assert mx.io.MNISTIter(**mnist, batch_size=10, dtype="float16").provide_data[0].dtype == np.float16


def test_mnist_refuses(mnist, tmp_path):
    for arguments, words in (({"batch_size": 30}, "smaller than a batch"), ({"part_index": 1}, "part_index is 1"),
                             ({"image": "nope"}, "cannot read nope"),
                             ({"image": mnist["label"]}, "expected images, and as many labels")):
        with pytest.raises(mx.MXNetError, match=words):
            mx.io.MNISTIter(**{**mnist, **arguments})
    with pytest.raises(TypeError, match="expected a function that begins an epoch"):
        mx.io.MXDataIter(3)
    (tmp_path / "i.gz").write_bytes(gzip.compress(idx(IMAGES)))
    assert mx.io.MNISTIter(tmp_path / "i.gz", mnist["label"], batch_size=23, silent=True).batch_size == 23


# ---- tables ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text("".join(f"{2 * i},{2 * i + 1}\n" for i in range(7)))
    (tmp_path / "l.csv").write_text("".join(f"{i}\n" for i in range(7)))
    (tmp_path / "x.csv").write_text("1.5,2e3\n\n-3,.25")
    (tmp_path / "bad.csv").write_text("1,2\n3,x\n")
    (tmp_path / "short.csv").write_text("1,2\n3\n")
    (tmp_path / "empty.csv").write_text("\n")
    (tmp_path / "many").mkdir()
    for i in range(2):
        (tmp_path / "many" / f"{i}.csv").write_text(f"{i},1\n")


def epochs(it, count=3):
    found = []
    for _ in range(count):
        found.append([(batch.index.tolist(), batch.pad) for batch in it])
        it.reset()
    return found


def test_csv(folder):
    it = mx.io.CSVIter(data_csv="d.csv", data_shape=(2,), label_csv="l.csv", batch_size=3)
    assert (it.provide_data[0], it.provide_label[0]) == (("data", (3, 2)), ("softmax_label", (3,)))
    for batch in it:
        rows = batch.index.astype(int)
        assert batch.label[0].asnumpy().tolist() == rows.tolist()
        assert batch.data[0].asnumpy().tolist() == np.stack([2 * rows, 2 * rows + 1], axis=1).tolist()
    it = mx.io.CSVIter(data_csv="x.csv", data_shape=(2, 1), batch_size=2)
    batch = next(it)
    assert batch.data[0].asnumpy().tolist() == [[[1.5], [2000]], [[-3], [0.25]]]
    assert batch.label[0].asnumpy().tolist() == [0, 0]
    it = mx.io.CSVIter(data_csv="many", data_shape=(2,), batch_size=2, dtype="int64", label_csv="d.csv",
                       label_shape=(2,))
    batch = next(it)
    assert batch.data[0].asnumpy().tolist() == [[0, 1], [1, 1]] and batch.data[0].dtype == np.int64
    assert batch.label[0].asnumpy().tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("arguments, expected", [
    ({"batch_size": 3}, [[([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 0, 1], 2)], [([2, 3, 4], 0), ([5, 6, 0], 1)],
                         [([1, 2, 3], 0), ([4, 5, 6], 0)]]),
    ({"batch_size": 3, "round_batch": False}, [[([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 4, 5], 2)]] * 3),
    ({"batch_size": 7}, [[([0, 1, 2, 3, 4, 5, 6], 0)]] * 3)])
def test_csv_rounds_batches(folder, arguments, expected):
    assert epochs(mx.io.CSVIter(data_csv="d.csv", data_shape=(2,), **arguments)) == expected


@pytest.mark.parametrize("arguments, words", [
    ({"data_shape": (3,)}, r"line 1 of d\.csv has 2 numbers.*specified shape=\(3,\)"),
    ({"data_csv": "bad.csv"}, r"cannot read bad\.csv: could not convert"),
    ({"data_csv": "short.csv"}, r"line 2 of short\.csv has 1 numbers"),
    ({"data_csv": "empty.csv"}, "holds no lines"), ({"data_csv": "nope.csv"}, r"cannot read nope\.csv"),
    ({"data_csv": "x.csv", "dtype": "int32"}, r"cannot read x\.csv: invalid literal"),
    ({"dtype": "float64"}, "float64 is not supported for CSVIter"), ({"label_csv": "d.csv"}, "has 2 numbers"),
    ({"data_csv": None}, "Required parameter data_csv is not presented"), ({"batch_size": 20}, "more than twice"),
    ({"label_csv": "x.csv", "label_shape": (2,)}, r"d\.csv has 7 lines, x\.csv 2")])
def test_csv_refuses(folder, arguments, words):
    with pytest.raises(mx.MXNetError, match=words):
        list(mx.io.CSVIter(**{"data_csv": "d.csv", "data_shape": (2,), "batch_size": 2, **arguments}))


def test_files_that_are_not_what_they_should_be(tmp_path, mnist):
    (tmp_path / "cut").write_bytes((tmp_path / "i").read_bytes()[:-5])
    (tmp_path / "few").write_bytes(idx(np.arange(22)))
    (tmp_path / "ragged.csv").write_text("1,2\n3\n")
    (tmp_path / "nan.csv").write_text("1\nnan\n")
    (tmp_path / "t.csv").write_text("1,2\n3,4\n")
    for bad, message in (({"image": tmp_path / "cut"}, "cut is not an MNIST file"), ({"batch_size": 24}, "no batch"),
                         ({"image": tmp_path / "none"}, "cannot read"), ({"label": tmp_path / "few"}, r"few \(22,\)"),
                         ({"batch_size": 0}, "batch_size is 0")):
        with pytest.raises(mx.MXNetError, match=message):
            mx.io.MNISTIter(**{**mnist, "batch_size": 5, **bad})
    for bad, message in (({"data_csv": "ragged.csv"}, "line 2 of .*ragged.csv has 1 numbers"),
                         ({"data_csv": "none.csv"}, "cannot read"), ({"batch_size": 5}, "more than twice the 2"),
                         ({"batch_size": 0}, "batch_size is 0"), ({"label_csv": "t.csv"}, "line 1 of .*t.csv has 2")):
        arguments = {"data_csv": "t.csv", "data_shape": (2,), "batch_size": 2, **bad}
        arguments.update({key: str(tmp_path / value) for key, value in arguments.items() if key.endswith("csv")})
        with pytest.raises(mx.MXNetError, match=message):
            mx.io.CSVIter(**arguments)
    it = mx.io.CSVIter(data_csv=str(tmp_path / "t.csv"), data_shape=(2,), label_csv=str(tmp_path / "nan.csv"),
                       batch_size=2)
    assert np.isnan(next(it).label[0].asnumpy()).tolist() == [False, True]
