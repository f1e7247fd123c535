"""Data iterators: batches, padding, and iterators around iterators."""
import numpy as np
import pytest

import cupynet as mx

X, Y = np.arange(20).reshape(10, 2), np.arange(10)


def labels(it):
    return [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in it]


def test_descriptions():
    desc = mx.io.DataDesc("x", (2, 3))
    assert repr(desc) == "DataDesc[x,(2, 3),<class 'numpy.float32'>,NCHW]"
    assert desc == ("x", (2, 3)) and desc.layout == "NCHW"
    assert (mx.io.DataDesc.get_batch_axis("TNC"), mx.io.DataDesc.get_batch_axis(None)) == (1, 0)
    assert mx.io.DataDesc.get_list([("a", (1,))], [("a", "int32")])[0].dtype == "int32"
    batch = mx.io.DataBatch([mx.nd.ones((2, 6))], [mx.nd.ones((2,))])
    assert str(batch) == "DataBatch: data shapes: [(2, 6)] label shapes: [(2,)]"
    with pytest.raises(TypeError, match="Data must be list of NDArrays; got NDArray"):
        mx.io.DataBatch(mx.nd.ones((2,)))


def test_batches():
    it = mx.io.NDArrayIter(X, Y, 4)
    assert str(it.provide_data) == "[DataDesc[data,(4, 2),<class 'numpy.float32'>,NCHW]]"
    assert str(it.provide_label) == "[DataDesc[softmax_label,(4,),<class 'numpy.float32'>,NCHW]]"
    first = next(it)
    assert first.data[0].asnumpy().tolist() == X[:4].tolist() and first.data[0].dtype == np.float32
    it.reset()
    assert labels(it) == [([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0), ([8, 9, 0, 1], 2)]
    it.reset()
    assert len(labels(it)) == 3 and labels(it) == []


@pytest.mark.parametrize("handle, epochs", [
    ("discard", [[([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)]] * 2),
    ("roll_over", [[([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)],
                   [([8, 9, 0, 1], 2), ([2, 3, 4, 5], 0), ([6, 7, 8, 9], 0)],
                   [([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)]])])
def test_the_last_batch(handle, epochs):
    it = mx.io.NDArrayIter(X, Y, 4, last_batch_handle=handle)
    for expected in epochs:
        assert labels(it) == expected
        it.reset()


@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
def test_a_reset_before_the_end_starts_over(handle):
    it = mx.io.NDArrayIter(X, Y, 4, last_batch_handle=handle)
    next(it)
    it.reset()
    assert labels(it)[:2] == [([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)]
    it.hard_reset()
    assert next(it).label[0].asnumpy().tolist() == [0, 1, 2, 3]


def test_an_epoch_of_less_than_a_batch_rolls_over():
    it = mx.io.NDArrayIter(X[:2], Y[:2], 5, last_batch_handle="roll_over")
    epochs = []
    for _ in range(4):
        epochs.append(labels(it))
        it.reset()
    assert epochs == [[], [], [([0, 1, 0, 1, 0], 4)], []]


def test_between_batches():
    it = mx.io.NDArrayIter(X, Y, 8)
    for _ in range(3):
        if it.iter_next():
            assert it.getlabel()[0].shape == (8,)
    for wrong in (it.getdata, it.getlabel):
        with pytest.raises(mx.MXNetError, match="there is no batch here: .* reset"):
            wrong()


def test_dtypes():
    data = mx.nd.array(X, dtype="int32")
    assert mx.io.NDArrayIter(data, Y, 5).provide_data[0].dtype == np.int32
    shuffled = mx.io.NDArrayIter(data, mx.nd.array(Y, dtype="float16"), 5, shuffle=True)  # as in MXNet
    assert shuffled.provide_data[0].dtype == shuffled.provide_label[0].dtype == np.float32
    batch = next(shuffled)
    assert batch.data[0].dtype == batch.label[0].dtype == np.float32


def test_shuffling_visits_every_sample_and_keeps_pairs():
    np.random.seed(3)
    it = mx.io.NDArrayIter(X, Y, 5, shuffle=True)
    orders = []
    for _ in range(2):
        rows = [(d, int(n)) for b in it for d, n in zip(b.data[0].asnumpy().tolist(), b.label[0].asnumpy())]
        assert sorted(n for _, n in rows) == list(range(10)) and all(d == X[n].tolist() for d, n in rows)
        orders.append([n for _, n in rows])
        it.reset()
    assert orders[0] != orders[1] and orders[0] != list(range(10))


def test_names():
    it = mx.io.NDArrayIter({"a": X, "b": mx.nd.ones((10, 3))}, {"l": Y}, 5)
    assert [d.name for d in (*it.provide_data, *it.provide_label)] == ["a", "b", "l"]
    it = mx.io.NDArrayIter({"b": X, "a": X}, [("z", Y), ("y", Y)], 5)
    assert [d.name for d in (*it.provide_data, *it.provide_label)] == ["a", "b", "z", "y"] and it.num_source == 4
    it = mx.io.NDArrayIter([X, X], [Y, Y], 5)
    assert [d.name for d in (*it.provide_data, *it.provide_label)] == ["_0_data", "_1_data", "_0_softmax_label",
                                                                      "_1_softmax_label"]
    assert next(mx.io.NDArrayIter(X, None, 4)).label == []


def test_more_batch_than_data():
    (values, pad), = labels(mx.io.NDArrayIter(X, Y, 23))
    assert pad == 13 and values == [float(i % 10) for i in range(23)]


@pytest.mark.parametrize("make, error", [
    (lambda: mx.io.NDArrayIter(X, Y[:5], 4), "different numbers of samples"),
    (lambda: mx.io.NDArrayIter("x"), "Input must be NDArray, numpy.ndarray"),
    (lambda: mx.io.NDArrayIter(None), "Input must be"),
    (lambda: mx.io.NDArrayIter(X, Y, 0), "batch_size is 0"),
    (lambda: mx.io.NDArrayIter(X, Y, 4, last_batch_handle="foo"), "expected one of pad, discard, roll_over")])
def test_wrong_arguments(make, error):
    with pytest.raises(mx.MXNetError, match=error):
        make()


def test_resize():
    it = mx.io.ResizeIter(mx.io.NDArrayIter(X, Y, 5), 3)
    assert [values for values, _ in labels(it)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [0, 1, 2, 3, 4]]
    it.reset()
    assert len(labels(it)) == 3
