"""Pairs of data and label as batches for modules."""
import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetError

PAIRS = [(mx.nd.ones((3, 2)), mx.nd.arange(3)), (np.full((2, 2), 7), np.array([5, 6]))]


def test_the_last_batch_is_filled_up():
    batches = mx.contrib.io.DataLoaderIter(PAIRS, data_name="x", label_name="y", dtype="int32")
    assert str(batches.provide_data) == "[DataDesc[x,(3, 2),int32,NCHW]]"
    assert str(batches.provide_label) == "[DataDesc[y,(3,),int32,NCHW]]" and batches.batch_size == 3
    for _ in range(2):
        found = list(batches)
        assert [batch.pad for batch in found] == [0, 1] and found[0].index is None
        assert found[1].data[0].asnumpy().tolist() == [[7, 7], [7, 7], [0, 0]]
        assert found[1].label[0].asnumpy().tolist() == [5, 6, 0] and found[1].label[0].dtype == np.int32
        batches.reset()


def test_a_module_learns_from_it():
    draw = np.random.RandomState(0)
    data = draw.normal(0, 1, (40, 3)).astype("float32")
    pairs = [(mx.nd.array(data[i:i + 8]), mx.nd.array(data[i:i + 8].sum(1) > 0)) for i in range(0, 40, 8)]
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    module = mx.mod.Module(net)
    module.fit(mx.contrib.io.DataLoaderIter(pairs), num_epoch=10, optimizer_params={"learning_rate": 0.5})
    assert dict(module.score(mx.contrib.io.DataLoaderIter(pairs), "acc"))["accuracy"] > 0.9


@pytest.mark.parametrize("loader, message", [
    (5, "loader is int"), ([], "loader has no batches"), ([mx.nd.ones(3)], "no pair of data and label: NDArray"),
    ([(mx.nd.ones(3),)], "no pair of data and label: 1"),
    ([(mx.nd.ones(1), mx.nd.ones(1)), (mx.nd.ones(2), mx.nd.ones(2))], "a batch of 2; the first one has 1"),
])
def test_what_is_refused(loader, message):
    with pytest.raises(MXNetError, match=message):
        list(mx.contrib.io.DataLoaderIter(loader))


def test_there_must_be_a_batch():
    with pytest.raises(MXNetError, match="getdata: there is no batch; call iter_next first"):
        mx.contrib.io.DataLoaderIter(PAIRS).getdata()
