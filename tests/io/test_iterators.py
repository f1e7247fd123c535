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
    with pytest.raises(TypeError, match="expected a list"):
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


def test_prefetching():
    it = mx.io.PrefetchingIter(mx.io.NDArrayIter(X, Y, 5))
    for _ in range(3):
        assert labels(it) == [([0, 1, 2, 3, 4], 0), ([5, 6, 7, 8, 9], 0)]
        assert labels(it) == []
        it.reset()
    next(it)
    it.reset()
    assert len(labels(it)) == 2
    both = mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 5), mx.io.NDArrayIter(X + 100, Y, 5)],
                                 rename_data=[{"data": "d1"}, {"data": "d2"}],
                                 rename_label=[{"softmax_label": "l1"}, {"softmax_label": "l2"}])
    assert [d.name for d in (*both.provide_data, *both.provide_label)] == ["d1", "d2", "l1", "l2"]
    batch = next(both)
    assert (batch.data[1] - batch.data[0]).asnumpy().tolist() == [[100, 100]] * 5


def test_prefetching_passes_errors_on():
    class Broken(mx.io.NDArrayIter):
        def next(self):
            raise OSError("disk")
    it = mx.io.PrefetchingIter(Broken(X, Y, 5))
    with pytest.raises(OSError, match="disk"):
        next(it)
