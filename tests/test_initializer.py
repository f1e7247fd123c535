"""Initializers against the answers of MXNet (scripts/oracle/training.py), and what only we promise."""
import json
import logging
import pickle
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetAssertionError, MXNetError, MXNetTypeError, MXNetValueError
from cupynet.initializer import InitDesc, Xavier

ANSWERS = json.loads((Path(__file__).parent / "data" / "training" / "initializers.json").read_text())


def assert_fills(init, name, shape, expected):
    array = mx.nd.full(shape, 7.0)
    if isinstance(expected, dict):
        with pytest.raises(MXNetError) as caught:
            init(name, array)
        assert str(caught.value) == expected["text"]
        assert isinstance(caught.value, ValueError)
    else:
        init(name, array)
        np.testing.assert_allclose(array.asnumpy(), np.array(expected), rtol=1e-6)


@pytest.mark.parametrize("case", ANSWERS["by_name"], ids=lambda case: case["name"])
def test_the_name_decides(case):
    assert_fills(mx.init.Constant(3), InitDesc(case["name"]), tuple(case["shape"]), case["new"])


@pytest.mark.filterwarnings("ignore:Calling initializer with:DeprecationWarning")
@pytest.mark.parametrize("case", ANSWERS["by_name"], ids=lambda case: case["name"])
def test_the_name_decides_for_plain_strings(case):
    assert_fills(mx.init.Constant(3), case["name"], tuple(case["shape"]), case["old"])


@pytest.mark.parametrize("case", ANSWERS["attributed"], ids=lambda case: case["init"])
def test_the_attribute_of_a_variable_comes_first(case):
    desc = InitDesc(case["name"], {"__init__": case["init"]})
    assert_fills(mx.init.Zero(), desc, tuple(case["shape"]), case["value"])


@pytest.mark.parametrize("given", ANSWERS["dumps"])
def test_dumps(given):
    name, *arguments = json.loads(given)
    init = getattr(mx.init, name)(*arguments)
    assert init.dumps() == ANSWERS["dumps"][given]
    again = mx.init.create(init.dumps())
    assert again == init
    assert again != mx.init.LSTMBias(7)


@pytest.mark.parametrize("case", ANSWERS["fused"], ids=lambda case: f"{case['mode']}-{case['num_layers']}")
def test_fused_rnn_fills_part_by_part(case):
    class Zero(mx.init.Initializer):
        seen = []

        def _init_weight(self, name, arr):
            self.seen.append([name, list(arr.shape)])
            arr[:] = len(self.seen)

    arguments = [case[key] for key in ("num_hidden", "num_layers", "mode", "bidirectional")]
    init = mx.init.FusedRNN(Zero(), *arguments, 2.5)
    array = mx.nd.full((len(case["value"]),), 7.0)
    init._init_weight(InitDesc("lstm_parameters"), array)
    assert Zero.seen == case["parts"]
    np.testing.assert_array_equal(array.asnumpy(), case["value"])
    assert init.dumps() == case["dumps"]
    # as the attribute of a variable, here with the initializer of the whole model for each part
    own = mx.init.FusedRNN(None, *arguments, 2.5)
    array[:] = 0
    mx.init.Constant(4)(InitDesc("lstm_parameters", {"__init__": own.dumps()}), array)
    np.testing.assert_array_equal(array.asnumpy(), np.minimum(case["value"], 1) * 4 if "lstm" not in case["mode"] else
                                  [4 if v and v != 2.5 else v for v in case["value"]])


def filled(init, shape, name="a_weight", dtype="float32"):
    array = mx.nd.zeros(shape, dtype=dtype)
    init(InitDesc(name), array)
    return array.asnumpy()


@pytest.mark.parametrize(("init", "shape", "deviation", "bound"), [
    (mx.init.Uniform(), (300, 200), 0.07 / 3**0.5, 0.07),
    (mx.init.Uniform(0.5), (300, 200), 0.5 / 3**0.5, 0.5),
    (mx.init.Normal(), (300, 200), 0.01, None),
    (Xavier(), (400, 300), (1 / 350)**0.5, (3 / 350)**0.5),
    (Xavier("gaussian", "in", 2), (400, 300), (2 / 300)**0.5, None),
    (Xavier(factor_type="out"), (40, 30, 3, 3), (1 / 360)**0.5, (3 / 360)**0.5),
    (Xavier(magnitude=2.34), (40, 30, 3, 3), (2.34 / 3 / 315)**0.5, (2.34 / 315)**0.5),
    (mx.init.MSRAPrelu("in", 0.5), (400, 300), (2 / 1.25 / 300)**0.5, None),
])
def test_random_weights(init, shape, deviation, bound):
    mx.random.seed(1)
    values = filled(init, shape)
    assert values.std() == pytest.approx(deviation, rel=0.03)
    assert abs(values.mean()) < deviation / 20
    if bound is not None:
        assert 0.98 * bound < np.abs(values).max() <= bound * (1 + 1e-6)
    mx.random.seed(1)
    np.testing.assert_array_equal(filled(init, shape), values)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_weights_of_other_dtypes(dtype):
    constant = mx.init.Constant([[1, 2], [3, 4]])
    for init in (mx.init.Uniform(), mx.init.Normal(), Xavier(), mx.init.Orthogonal(), constant):
        values = filled(init, (2, 2), dtype=dtype)
        assert values.dtype == dtype
        assert values.any()


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(4, 3, 2), (7, 3), (5, 5), (3,)])
def test_orthogonal(kind, shape):
    values = filled(mx.init.Orthogonal(2.0, kind), shape).reshape(shape[0], -1)
    product = values @ values.T if len(values) <= values.shape[1] else values.T @ values
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_constants():
    assert filled(mx.init.Constant([4, 5]), (2,)).tolist() == [4, 5]
    assert filled(mx.init.Constant(mx.nd.array([4, 5])), (2,)).tolist() == [4, 5]
    assert mx.init.Constant(np.array([4, 5])).dumps() == '["constant", {"value": [4, 5]}]'
    assert mx.init.Constant(mx.nd.ones((2,))) == mx.init.Constant(mx.nd.ones((2,)))


def test_symbols_say_how_their_variables_start():
    net = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, name="fc"), name="bn")
    attrs = net.attr_dict()
    for name, expected in (("bn_moving_mean", 0), ("bn_moving_var", 1), ("bn_gamma", 1), ("fc_bias", 0)):
        array = mx.nd.full((2,), 7.0)
        mx.init.Uniform()(InitDesc(name, attrs.get(name)), array)
        assert array.asnumpy().tolist() == [expected] * 2
    variable = mx.sym.Variable("x", init=Xavier(magnitude=2))
    assert mx.init.create(variable.attr("__init__")) == Xavier(magnitude=2)


def test_descriptions():
    desc = InitDesc("a", {"x": "y"}, mx.init.Zero())
    assert (desc, desc.attrs, desc.global_init) == ("a", {"x": "y"}, mx.init.Zero())
    assert InitDesc("a").attrs == {}
    copy = pickle.loads(pickle.dumps(desc))
    assert (copy, copy.attrs) == ("a", {"x": "y"})


def test_logging(caplog):
    array = mx.nd.full((2, 2), 7.0)
    with caplog.at_level(logging.INFO):
        mx.init.Constant(3).set_verbosity(True)(InitDesc("a_weight"), array)
        mx.init.Zero().set_verbosity(True, lambda x: x.shape)(InitDesc("a_weight", {"__init__": "one"}), array)
        mx.init.Zero()(InitDesc("a_weight"), array)
    assert caplog.messages == ["Initialized a_weight as weight: 3.0", "Initialized a_weight as one: (2, 2)"]


def test_mixed():
    init = mx.init.Mixed(["bias", "fc", ".*_weight"], [mx.init.Zero(), mx.init.Constant(2), mx.init.Constant(3)])
    assert filled(init, (1,), "fc_weight") == 2
    assert filled(init, (1,), "conv_weight") == 3
    with pytest.raises(MXNetValueError, match="Parameter name conv did not match any pattern"):
        filled(init, (1,), "conv")
    with pytest.raises(MXNetValueError, match="1 patterns and 2 initializers"):
        mx.init.Mixed(["a"], [mx.init.Zero()] * 2)


def test_load(tmp_path, caplog):
    path = str(tmp_path / "some.params")
    mx.nd.save(path, {"arg:a_weight": mx.nd.full((2,), 4), "aux:b": mx.nd.full((3,), 5), "c": mx.nd.full((1,), 6)})
    for source in (path, mx.nd.load(path)):
        init = mx.init.Load(source, default_init=mx.init.Constant(9), verbose=True)
        assert filled(init, (2,), "a_weight").tolist() == [4, 4]
        assert filled(init, (3,), "b").tolist() == [5] * 3
        assert filled(init, (1,), "c") == 6
        with caplog.at_level(logging.INFO):
            assert filled(init, (1,), "d_weight") == 9
        assert caplog.messages[-1] == "Initialized d_weight by default"
    with pytest.raises(MXNetValueError, match=r"Shape mismatch, target \(5,\) vs loaded \(3,\)"):
        filled(init, (5,), "b")
    with pytest.raises(MXNetValueError, match="Cannot Initialize d. Not found in loaded param"):
        filled(mx.init.Load(path), (5,), "d")


def test_registering():
    @mx.init.alias("mine")
    @mx.init.register
    class OfMyOwn(mx.init.Initializer):
        def __init__(self, value=1):
            super().__init__(value=value)
            self.value = value

        def _init_weight(self, name, arr):
            arr[:] = self.value

    assert filled(mx.init.create("mine", value=3), (1,)) == 3
    assert filled(mx.init.create('["ofmyown", {"value": 4}]'), (1,)) == 4
    with pytest.warns(UserWarning, match="overriding existing initializer"):
        mx.init.register(OfMyOwn)


@pytest.mark.parametrize(("attempt", "error", "text"), [
    (lambda: mx.init.create("nope"), MXNetValueError, "nope is not registered. Please register with initializer"),
    (lambda: mx.init.create(3), MXNetAssertionError, "must be of string type"),
    (mx.init.create, MXNetTypeError, "no initializer given"),
    (lambda: mx.init.create(Xavier(), 3), MXNetValueError, "already an instance"),
    (lambda: mx.init.create('["xavier", {}]', 3), MXNetValueError, "brings its arguments"),
    (lambda: mx.init.create("["), MXNetValueError, "not valid JSON"),
    (lambda: mx.init.create("{}"), MXNetValueError, "neither"),
    (lambda: mx.init.register(int), MXNetTypeError, "subclass of Initializer"),
    (lambda: filled(Xavier(), (3,)), MXNetValueError, "Xavier initializer cannot be applied to vector a_weight"),
    (lambda: filled(Xavier(factor_type="x"), (3, 3)), MXNetValueError, "Incorrect factor type"),
    (lambda: filled(Xavier("x"), (3, 3)), MXNetValueError, "Unknown random type"),
    (lambda: filled(mx.init.Orthogonal(rand_type="x"), (3, 3)), MXNetValueError, "rand_type is 'x'"),
    (lambda: filled(mx.init.Bilinear(), (3,)), MXNetValueError, "expected four axes"),
    (lambda: filled(mx.init.Initializer(), (3,)), NotImplementedError, "Must override it"),
    (lambda: mx.init.Load(3), MXNetTypeError, "param is int"),
    (lambda: mx.init.FusedRNN(None, 1, 1, "foo"), MXNetValueError, "mode is 'foo'"),
    (lambda: mx.init.FusedRNN("one", 2, 1, "lstm")._init_weight("a", mx.nd.ones((15,))), MXNetValueError, "do not fit"),
    (lambda: mx.init.FusedRNN(None, 2, 1, "lstm")._init_weight("a", mx.nd.ones((64,))), MXNetValueError, "neither"),
])
def test_mistakes(attempt, error, text):
    with pytest.raises(error, match=text):
        attempt()


def test_plain_strings_are_deprecated():
    with pytest.warns(DeprecationWarning, match=r"init\(str, NDArray\) has been deprecated"):
        mx.init.One()("a_weight", mx.nd.ones((2,)))
    with pytest.warns(DeprecationWarning), pytest.raises(MXNetTypeError, match="name must be string"):
        mx.init.One()(3, mx.nd.ones((2,)))
