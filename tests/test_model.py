"""Checkpoints, callbacks, and FeedForward as the seeds use it."""
import logging
import re

import numpy as np
import pytest

import cupynet as mx

pytestmark = pytest.mark.filterwarnings("ignore:mxnet.model.FeedForward:DeprecationWarning")


def perceptron():
    data = mx.sym.Variable("data")
    label = mx.sym.Variable("softmax_label")
    l1 = mx.sym.FullyConnected(data=data, num_hidden=128, name="layer1")
    a1 = mx.sym.Activation(data=l1, act_type="relu", name="act1")
    l2 = mx.sym.FullyConnected(data=a1, num_hidden=10, name="layer2")
    return mx.sym.SoftmaxOutput(data=l2, label=label)


@pytest.fixture
def digits():
    random = np.random.RandomState(0)
    prototypes = random.rand(10, 784) * 255
    y = np.arange(640) % 10
    return np.clip(prototypes[y] + random.randn(640, 784) * 20, 0, 255), y


def test_checkpoints(tmp_path):
    prefix = str(tmp_path / "net")
    net = perceptron()
    args = {"layer1_weight": mx.nd.ones((128, 784)), "layer1_bias": mx.nd.zeros((128,))}
    mx.model.save_checkpoint(prefix, 7, net, args, {"mean": mx.nd.array([5])})
    symbol, arg_params, aux_params = mx.model.load_checkpoint(prefix, 7)
    assert symbol.tojson() == net.tojson()
    assert list(arg_params) == list(args) and arg_params["layer1_weight"].shape == (128, 784)
    assert aux_params["mean"].asscalar() == 5
    assert set(mx.nd.load(f"{prefix}-0007.params")) == {"arg:layer1_weight", "arg:layer1_bias", "aux:mean"}
    mx.callback.do_checkpoint(prefix, 2)(1, net, args, {})
    assert (tmp_path / "net-0002.params").exists()
    with pytest.raises(mx.MXNetError, match="cannot read"):
        mx.model.load_checkpoint(prefix, 9)


def test_feedforward(digits, ctx, caplog, tmp_path):
    caplog.set_level(logging.INFO)
    X, y = digits
    np.random.seed(0)
    mx.random.seed(0)
    model = mx.model.FeedForward(symbol=perceptron(), num_epoch=3, ctx=ctx, learning_rate=0.001)
    model.fit(X=X, y=y, eval_data=(X[:256], y[:256]), eval_metric="acc", logger=logging.getLogger("seed"))
    lines = [f"{r.levelname}:{r.name}:{r.getMessage()}" for r in caplog.records]
    assert lines[0] == f"INFO:seed:Start training with [{ctx}]"
    for epoch in range(3):
        part = lines[1 + 3 * epoch:4 + 3 * epoch]
        assert part[0] == f"INFO:seed:Epoch[{epoch}] Resetting Data Iterator"
        assert re.fullmatch(rf"INFO:seed:Epoch\[{epoch}\] Time cost=\d+\.\d{{3}}", part[1])
        assert re.fullmatch(rf"INFO:root:Epoch\[{epoch}\] Validation-accuracy=\d\.\d{{6}}", part[2])
    assert {n: a.shape for n, a in model.arg_params.items()} == {
        "layer1_weight": (128, 784), "layer1_bias": (128,), "layer2_weight": (10, 128), "layer2_bias": (10,)}
    predictions = model.predict(X[:130])
    assert isinstance(predictions, np.ndarray) and predictions.shape == (130, 10)
    assert (predictions.argmax(axis=1) == y[:130]).mean() > 0.95
    score = model.score(mx.io.NDArrayIter(X, y, 64))
    assert score > 0.95
    model.save(str(tmp_path / "ff"))
    again = mx.model.FeedForward.load(str(tmp_path / "ff"), 3, ctx=ctx)
    np.testing.assert_allclose(again.predict(X[:130]), predictions, rtol=1e-5)
    outputs, data, label = again.predict(mx.io.NDArrayIter(X[:100], y[:100], 64), return_data=True)
    assert outputs.shape == (100, 10) and data.shape == (100, 784) and label.tolist() == y[:100].tolist()


def test_several_contexts_learn_what_one_learns(digits):
    X, y = digits
    found = []
    for contexts in ([mx.cpu(0)], [mx.cpu(0), mx.cpu(1)]):
        np.random.seed(0)
        model = mx.model.FeedForward(perceptron(), ctx=contexts, num_epoch=1, learning_rate=0.001, momentum=0.9,
                                     initializer=mx.init.Constant(0.001))
        model.fit(mx.io.NDArrayIter(X / 255, y, 128, label_name="softmax_label"), work_load_list=[1, 3][:len(contexts)])
        found.append(model.arg_params["layer2_weight"].asnumpy())
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


def prob1():
    """A network whose label has a name of its own."""
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(layer, name="prob1")


PARAMS = {"fc_weight": mx.nd.ones((3, 4), ctx=mx.cpu()), "fc_bias": mx.nd.array([0, 1, 2], ctx=mx.cpu())}
FOUR = np.random.RandomState(0).rand(23, 4).astype("float32")


@pytest.mark.parametrize("data", [FOUR, mx.io.NDArrayIter(FOUR, None, 5), mx.io.NDArrayIter(FOUR, np.zeros(23), 5)],
                         ids=["array", "iterator", "labelled"])
def test_labels_are_bound_and_no_parameters(data):
    model = mx.model.FeedForward(prob1(), arg_params=dict(PARAMS), aux_params={})
    found = model.predict(data)
    assert found.shape == (23, 3) and set(model.arg_params) == {"fc_weight", "fc_bias"}
    np.testing.assert_allclose(found, np.tile([0.09003057, 0.24472848, 0.66524094], (23, 1)), rtol=1e-5)
    untrained = mx.model.FeedForward(prob1(), initializer=mx.init.One())
    np.testing.assert_allclose(untrained.predict(data), 1 / 3, rtol=1e-5)
    assert set(untrained.arg_params) == {"fc_weight", "fc_bias"}
    trained = mx.model.FeedForward(prob1(), num_epoch=1, initializer=mx.init.One())
    trained.fit(mx.io.NDArrayIter(FOUR, np.arange(23) % 3, 5, label_name="prob1_label"))
    assert trained.predict(data).shape == (23, 3) and set(trained.arg_params) == {"fc_weight", "fc_bias"}


class Noted(mx.io.NDArrayIter):
    """An iterator that notes what is asked of it: n(ext), S(top) and R(eset)."""

    def __init__(self, *args):
        super().__init__(*args)
        self.notes = ""

    def reset(self):
        self.notes += "R"
        super().reset()

    def next(self):
        try:
            found = super().next()
        except StopIteration:
            self.notes += "S"
            raise
        self.notes += "n"
        return found


def noted():
    return Noted(FOUR[:11], np.arange(11) % 3, 5, False, "pad", "data", "prob1_label")


def test_iterators_are_read_as_mxnet_reads_them():
    """So that shuffled data comes in the same order for the same seed."""
    def model(**kwargs):
        return mx.model.FeedForward(prob1(), initializer=mx.init.One(), **kwargs)
    train, evaluation = noted(), noted()
    model(num_epoch=2).fit(train, eval_data=evaluation)
    assert (train.notes, evaluation.notes) == ("RnnnSRnnnSR", "RnnnSRRnnnSR")
    for options, notes in (({"num_epoch": 3, "epoch_size": 2}, "RnnnSRnnn"),
                           ({"num_epoch": 2, "epoch_size": 5}, "RnnnSRnnnSRnnnSRn")):
        train = noted()
        model(**options).fit(train)
        assert train.notes == notes
    it, used = noted(), model(arg_params=dict(PARAMS))
    used.predict(it, reset=False)
    used.predict(it, num_batch=1)
    used.predict(it, num_batch=1, reset=False)
    assert it.notes == "nnnSRnn"
    it = noted()
    used.score(it)
    used.score(it, num_batch=1, reset=False)
    assert it.notes == "RnnnSS"


def test_one_iterator_for_training_and_evaluation(caplog):
    caplog.set_level(logging.INFO)
    it = noted()
    model = mx.model.FeedForward(prob1(), num_epoch=3, learning_rate=1, initializer=mx.init.One())
    model.fit(it, eval_data=it, eval_metric="ce")
    losses = [float(text.split("=")[1]) for text in caplog.messages if "Validation" in text]
    assert losses[0] > losses[1] > losses[2]


def test_parameters_that_the_network_does_not_have():
    extra = {**PARAMS, "zz": mx.nd.ones(1)}
    with pytest.raises(ValueError, match='Find name "zz" that is not in the arguments'):
        mx.model.FeedForward(prob1(), arg_params=extra).predict(FOUR)
    with pytest.raises(ValueError, match='Find name "zz" that is not in the auxiliary states'):
        mx.model.FeedForward(prob1(), arg_params=PARAMS, aux_params={"zz": mx.nd.ones(1)}).predict(FOUR)
    model = mx.model.FeedForward(prob1(), arg_params=extra, allow_extra_params=True)
    assert model.predict(FOUR).shape == (23, 3) and set(model.arg_params) == {"fc_weight", "fc_bias"}
    model = mx.model.FeedForward(prob1(), num_epoch=1, arg_params=extra)
    model.fit(mx.io.NDArrayIter(FOUR, np.zeros(23), 5, label_name="prob1_label"))
    assert set(model.arg_params) == {"fc_weight", "fc_bias"}


def test_wrong_arguments(digits):
    X, y = digits
    model = mx.model.FeedForward(perceptron(), num_epoch=1)
    with pytest.raises(ValueError, match="y must be specified"):
        model.fit(X)
    with pytest.raises(ValueError, match="not equal"):
        model.fit(X, y[:3])
    with pytest.raises(TypeError, match="X must be DataIter"):
        model.fit("x", y)
    with pytest.raises(TypeError, match="symbol is str"):
        mx.model.FeedForward("net")


def test_speedometer_and_metrics(caplog):
    caplog.set_level(logging.INFO)
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([1, 0])], [mx.nd.array([[0, 1], [0, 1]])])
    speedometer = mx.callback.Speedometer(20, 2)
    for nbatch in range(5):
        speedometer(mx.model.BatchEndParam(0, nbatch, metric, None))
    assert re.fullmatch(r"Epoch\[0\] Batch \[0-2\]\tSpeed: [\d.]+|inf samples/sec\taccuracy=0.500000",
                        caplog.records[0].getMessage().replace(" samples/sec\taccuracy=0.500000", ""))
    mx.callback.log_train_metric(1)(mx.model.BatchEndParam(3, 4, metric, None))
    assert caplog.records[-1].getMessage().startswith("Iter[3] Batch[4] Train-accuracy=")
