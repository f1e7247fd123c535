"""Mistakes of users of modules, stores and checkpoints: the class of the error, and what it names."""
import re
from collections import namedtuple

import numpy as np
import pytest

import cupynet as mx

X, Y = np.ones((20, 4), "float32"), np.arange(20, dtype="float32") % 3


def net(hidden=5):
    body = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=hidden, name="fc1"), name="bn")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(body, num_hidden=3, name="fc2"), name="softmax")


def other():
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fcx"),
                                name="softmax")


def ready(symbol=None, **options):
    module = mx.mod.Module(net() if symbol is None else symbol, **options)
    module.bind([("data", (10, 4))], [("softmax_label", (10,))])
    module.init_params()
    return module


def batch(*data, label=(10,)):
    return mx.io.DataBatch([mx.nd.ones(shape) for shape in data], [mx.nd.zeros(label)])


def params(symbol=None, without=(), **more):
    args, auxs = ready(symbol).get_params()
    kept = [{name: value for name, value in table.items() if name not in without} for table in (args, auxs)]
    return {**kept[0], **more}, kept[1]


def refused(kind, words, call):
    """Call, and see that it is refused by an MXNetError that is also a `kind` and says `words`."""
    with pytest.raises(kind, match=words) as caught:
        call()
    assert isinstance(caught.value, mx.MXNetError)


@pytest.mark.parametrize(("given", "words"), [
    (lambda: params(other()), "^bn_beta is not presented; nor are bn_gamma, fc1_bias, fc1_weight, fc2_bias, "
                              "fc2_weight, bn_moving_mean, bn_moving_var. The network has no fcx_bias, fcx_weight$"),
    (lambda: params(without=["fc1_weight"]), "^fc1_weight is not presented$"),
    (lambda: params(without=["bn_moving_mean"], extra=mx.nd.ones((1,))),
     "^bn_moving_mean is not presented. The network has no extra$"),
    (lambda: params(fc1_weight=mx.nd.ones((2, 2))), r"'fc1_weight' has shape \(2, 2\), expected \(5, 4\)")])
def test_parameters_of_another_network(given, words, tmp_path):
    args, auxs = given()
    refused(mx.MXNetError, words, lambda: ready().set_params(args, auxs))
    refused(mx.MXNetError, words, lambda: ready().init_params(arg_params=args, aux_params=auxs, force_init=True))
    refused(mx.MXNetError, words, lambda: mx.mod.Module(net()).fit(
        mx.io.NDArrayIter(X, Y, 10), num_epoch=1, arg_params=args, aux_params=auxs))
    prefix = str(tmp_path / "net")
    mx.model.save_checkpoint(prefix, 1, net(), args, auxs)
    module = mx.mod.Module.load(prefix, 1)
    if "not presented" not in words:  # those of a checkpoint are met by name alone, as in MXNet
        refused(mx.MXNetError, "shape", lambda: module.bind([("data", (10, 4))], [("softmax_label", (10,))]))
    refused(mx.MXNetError, words, lambda: ready().load_params(prefix + "-0001.params"))


def test_parameters_that_nobody_needs_are_ignored():
    args, auxs = params(more=mx.nd.ones((1,)))
    ready().set_params(args, auxs)
    ready().set_params(args, auxs, allow_missing=True, allow_extra=True)
    refused(ValueError, "more", lambda: ready().set_params(args, auxs, allow_missing=True))


@pytest.mark.parametrize(("kind", "words", "call"), [
    (mx.MXNetError, r"the batch has data \(10, 7\), expected batches like data \(10, 4\): .*fc1_weight changed",
     lambda: ready().forward(batch((10, 7)))),
    (mx.MXNetError, r"the batch has data \(10,\), expected", lambda: ready().forward(batch((10,)))),
    (ValueError, r"shape \(9,\).*\(10,\)", lambda: ready().forward(batch((10, 4), label=(9,)))),
    (ValueError, r"2 data arrays, expected 1 \(data\)", lambda: ready().forward(batch((10, 4), (10, 4)))),
    (TypeError, "the batch is NDArray; expected a DataBatch", lambda: ready().forward([mx.nd.ones((10, 4))])),
    (TypeError, "the batch is ndarray; expected a DataBatch", lambda: ready().forward(X)),
    (TypeError, "train_data is ndarray; expected a DataIter", lambda: mx.mod.Module(net()).fit(X, num_epoch=1)),
    (mx.MXNetError, r"the batch has data \(10, 3\)", lambda: ready().predict(mx.io.NDArrayIter(X[:, :3], Y, 10))),
    (mx.MXNetError, "fc1_weight changed", lambda: ready().reshape([("data", (10, 7))], [("softmax_label", (10,))])),
    (ValueError, "Some splits are empty", lambda: mx.mod.Module(net(), context=[mx.cpu(i) for i in range(4)]).bind(
        [("data", (3, 4))], [("softmax_label", (3,))])),
    (ValueError, r"same batch size: batch_size = 10, but softmax_label has shape \(7,\)",
     lambda: mx.mod.Module(net()).bind([("data", (10, 4))], [("softmax_label", (7,))])),
])
def test_shapes(kind, words, call):
    refused(kind, words, call)


@pytest.mark.parametrize("contexts", [1, 2])
def test_after_a_batch_that_does_not_fit_the_next_one_does(contexts):
    module = ready(context=[mx.cpu(i) for i in range(contexts)])
    module.forward(batch((10, 4)))
    expected = module.get_outputs()[0].asnumpy()
    for _ in range(2):
        refused(mx.MXNetError, "the batch has data", lambda: module.forward(batch((10, 7))))
    assert module.data_shapes[0].shape == (10, 4)
    module.forward(batch((10, 4)))
    np.testing.assert_array_equal(module.get_outputs()[0].asnumpy(), expected)


@pytest.mark.filterwarnings("ignore:Data provided by label_shapes", "ignore:.*You created Module with")
@pytest.mark.parametrize("names", [("softmax_label",), ("lab", "softmax_label")])
def test_a_label_that_would_stay_zero(names):
    module = mx.mod.Module(net(), label_names=names)
    refused(KeyError, "describe lab, which the network does not have; expected softmax_label",
            lambda: module.bind([("data", (10, 4))], [("lab", (10,))]))
    module.bind([("data", (10, 4))], [("lab", (10,)), ("softmax_label", (10,))])


def test_any_object_with_data_is_a_batch():
    """Also a named tuple, which is no list of batches."""
    module = ready()
    for size in (10, 3):
        module.forward(namedtuple("Batch", "data")([mx.nd.ones((size, 4))]), is_train=False)
        alone = module.get_outputs()[0].asnumpy()
        module.forward(batch((size, 4), label=(size,)), is_train=False)
        np.testing.assert_array_equal(alone, module.get_outputs()[0].asnumpy())


def test_networks_without_labels_take_data_with_labels():
    net = mx.sym.MakeLoss(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc"))
    with pytest.warns(UserWarning, match="softmax_label"):
        module = mx.mod.Module(net)
    module.bind([("data", (10, 4))], [("softmax_label", (10,))])


@pytest.mark.parametrize(("words", "call"), [
    ("Cannot find optimizer sdg .known: .*adam.*sgd", lambda: ready().init_optimizer(optimizer="sdg")),
    ("xaviar is not registered.*known: .*xavier", lambda: mx.init.create("xaviar")),
    ("acuracy is not registered.*known: .*accuracy", lambda: mx.mod.Module(net()).fit(
        mx.io.NDArrayIter(X, Y, 10), num_epoch=1, eval_metric="acuracy")),
])
def test_unknown_names_come_with_those_that_there_are(words, call):
    refused(ValueError, words, call)


def test_an_initializer_is_no_name():
    module = mx.mod.Module(net())
    module.bind([("data", (10, 4))], [("softmax_label", (10,))])
    refused(TypeError, "initializer is 'xavier'; expected an Initializer", lambda: module.init_params("xavier"))


def test_labels_that_are_nan():
    labels = Y.copy()
    labels[3] = np.nan
    refused(IndexError, "1 of 10 labels are nan", lambda: ready().score(mx.io.NDArrayIter(X, labels, 10), "ce"))
    module = mx.mod.Module(net())
    module.fit(mx.io.NDArrayIter(X, labels, 10), num_epoch=1, eval_metric="acc")  # counts it as wrong, as in MXNet
    assert 0 <= module.score(mx.io.NDArrayIter(X, labels, 10), "acc")[0][1] <= 0.95


@pytest.mark.parametrize(("kind", "words", "call"), [
    (KeyError, "push: key 3 has not been inited", lambda kv: kv.push(3, mx.nd.ones((2,)))),
    (KeyError, "pull: key a has not been inited", lambda kv: kv.pull("a", mx.nd.ones((2,)))),
    (mx.MXNetError, "duplicate init of key 0", lambda kv: kv.init(0, mx.nd.ones((2,)))),
    (TypeError, "Mixed key types", lambda kv: kv.init("a", mx.nd.ones((2,)))),
    (ValueError, r"key 0 has shape \(5,\), expected \(2,\)", lambda kv: kv.push(0, mx.nd.ones((5,)))),
    (ValueError, "2 keys but 1 values", lambda kv: kv.init([1, 2], [mx.nd.ones((2,))])),
    (mx.MXNetError, "call set_optimizer first", lambda kv: kv.save_optimizer_states("nowhere")),
])
def test_stores(kind, words, call):
    store = mx.kv.create("local")
    if "key" in words and "a has" not in words:
        store.init(0, mx.nd.ones((2,)))
    refused(kind, words, lambda: call(store))
    if re.search("shape", words):  # what was refused has changed nothing
        out = mx.nd.zeros((2,))
        store.pull(0, out)
        np.testing.assert_array_equal(out.asnumpy(), 1)


def test_batches_larger_than_the_data():
    batches = list(mx.io.NDArrayIter(X, Y, 30))
    assert [b.pad for b in batches] == [10] and batches[0].data[0].shape == (30, 4)
    module = mx.mod.Module(net())
    module.fit(mx.io.NDArrayIter(X, Y, 30), num_epoch=1)
    assert module.predict(mx.io.NDArrayIter(X, Y, 30)).shape == (20, 3)
    refused(ValueError, "'data': 20, 'softmax_label': 7", lambda: mx.io.NDArrayIter(X, Y[:7], 5))
    refused(ValueError, "batch_size is 0", lambda: mx.io.NDArrayIter(X, Y, 0))


@pytest.mark.parametrize("damage", [lambda data: data[:len(data) // 2], lambda data: b"", lambda data: b"hello" * 9])
def test_checkpoints_that_are_damaged(damage, tmp_path):
    prefix = str(tmp_path / "net")
    ready().save_checkpoint(prefix, 1)
    for name in ("net-0001.params", "net-symbol.json"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(damage(whole))
        refused(mx.MXNetError, "load: not a symbol|Invalid NDArray file", lambda: mx.model.load_checkpoint(prefix, 1))
        (tmp_path / name).write_bytes(whole)
    mx.model.load_checkpoint(prefix, 1)
    refused(mx.MXNetError, "nowhere-symbol.json", lambda: mx.model.load_checkpoint("nowhere", 1))
    refused(mx.MXNetError, "net-0009.params", lambda: mx.model.load_checkpoint(prefix, 9))
