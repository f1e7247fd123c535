"""Activations, softmax and dropout: randomness, buffers, extremes, second derivatives, errors."""
import importlib

import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet.base import MXNetTypeError, MXNetValueError
from cupynet.device.random import Generator
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes, infer_types
from cupynet.ops.nn import activation

ALL = importlib.import_module("samples.activation").SAMPLES


def run(name, *ins, train=True, seed=3, out=None, **attrs):
    op = catalog.get(name)
    return op.run(np, "cpu", ins, op.parse(attrs), train=train, rng=Generator(seed), out=out)


@pytest.mark.parametrize("sample", [s for s in ALL if catalog.get(s.op).takes_out], ids=lambda s: s.id)
def test_results_go_into_the_given_buffer(sample):
    plain, = run(sample.op, *sample.inputs, **sample.attrs)
    out = np.full_like(plain, np.nan)
    assert run(sample.op, *sample.inputs, **sample.attrs, out=out)[0] is out
    np.testing.assert_array_equal(out, plain)


@pytest.mark.parametrize("sample", [s for s in ALL if catalog.get(s.op).inplace], ids=lambda s: s.id)
def test_the_result_may_replace_an_input(sample, monkeypatch):
    monkeypatch.setattr(activation, "_BLOCK", 5)
    plain, = run(sample.op, *sample.inputs, **sample.attrs)
    for i, x in enumerate(sample.inputs):
        if x.shape == plain.shape and x.dtype == plain.dtype:
            inputs = list(sample.inputs)
            inputs[i] = x.copy()
            np.testing.assert_allclose(run(sample.op, *inputs, **sample.attrs, out=inputs[i])[0], plain, 1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(dtype, p):
    y, mask = run("Dropout", np.ones((100, 200), dtype), p=p)
    assert y.dtype == dtype and mask.dtype == dtype
    np.testing.assert_array_equal(y, mask)
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - p)], 1e-3)
    assert abs((y == 0).mean() - p) < 0.02 and abs(y.mean(dtype="f8") - 1) < 0.05


def test_dropout_shares_draws_along_axes():
    y, mask = run("Dropout", np.ones((50, 3, 40), "f4"), axes=(1,))
    assert mask.shape == (50, 1, 40) and (y == y[:, :1]).all() and 0.4 < (y == 0).mean() < 0.6


def test_dropout_by_mode_and_repeatable():
    x = samples.rand(5, 6)
    np.testing.assert_array_equal(run("Dropout", x, train=False)[0], x)
    always, _ = run("Dropout", x, train=False, mode="always")
    assert (always != x).any()
    np.testing.assert_array_equal(run("Dropout", x)[0], always)
    assert (run("Dropout", x, seed=4)[0] != always).any()


def test_dropout_gradient_uses_the_mask():
    x = mx.nd.ones((30, 30))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Dropout(x, p=0.3)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), y.asnumpy())


def test_rrelu_draws_slopes_in_training():
    y, mask = run("LeakyReLU", -np.ones((100, 100), "f4"), act_type="rrelu", lower_bound=0.2, upper_bound=0.4)
    np.testing.assert_array_equal(y, -mask)
    assert mask.min() >= 0.2 and mask.max() <= 0.4 and abs(mask.mean() - 0.3) < 0.01 and mask.std() > 0.05
    assert (run("LeakyReLU", np.ones(5, "f4"), act_type="rrelu")[0] == 1).all()


def test_rrelu_has_one_visible_output():
    assert mx.sym.LeakyReLU(mx.sym.Variable("x"), act_type="rrelu", name="r").list_outputs() == ["r_output"]


def test_prelu_with_one_slope_for_all():
    x, gamma = mx.nd.array([[-1, 2, -3], [4, -5, 6]]), mx.nd.array([0.5])
    x.attach_grad()
    gamma.attach_grad()
    with mx.autograd.record():
        y = mx.nd.LeakyReLU(x, gamma, act_type="prelu")
    y.backward()
    assert y.asnumpy().tolist() == [[-0.5, 2, -1.5], [4, -2.5, 6]]
    assert x.grad.asnumpy().tolist() == [[0.5, 1, 0.5], [1, 0.5, 1]] and gamma.grad.asnumpy().tolist() == [-9]


def test_gelu_of_extremes():
    y, = run("LeakyReLU", np.array([-50, 0, 50], "f4"), act_type="gelu")
    np.testing.assert_allclose(y, [0, 0, 50], 1e-6, 1e-5)


def test_activations_never_overflow():
    x = np.array([-1e4, -90, 90, 1e4], "f4")
    for act_type, expected in (("sigmoid", [0, 0, 1, 1]), ("tanh", [-1, -1, 1, 1]), ("softrelu", [0, 0, 90, 1e4])):
        with np.errstate(over="raise", invalid="raise"):
            np.testing.assert_allclose(run("Activation", x, act_type=act_type)[0], expected, 1e-6, 1e-30)


def test_softmax_of_extremes():
    x = np.array([[1e30, 0, -1e30], [-np.inf, 0, 0]], "f4")
    np.testing.assert_array_equal(run("softmax", x)[0], [[1, 0, 0], [0, 0.5, 0.5]])
    np.testing.assert_allclose(run("log_softmax", x[1:])[0], [[-np.inf, np.log(0.5), np.log(0.5)]], 1e-6)


def test_softmax_with_no_length_left_is_zero():
    y, = run("softmax", np.full((2, 3), -1e30, "f4"), np.array([0, 2]), use_length=True)
    np.testing.assert_array_equal(y, [[0, 0, 0], [0.5, 0.5, 0]])


def second_order(function, x):
    """The gradient of the sum of squares of the gradient of the weighted output, and finite differences of it."""
    weights = samples.rand(*x.shape, seed=9, dtype="float64")

    def penalty(values):
        x = mx.nd.array(values, dtype="float64")
        x.attach_grad()
        with mx.autograd.record():
            y = function(x) * mx.nd.array(weights, dtype="float64")
            slope = mx.autograd.grad(y, x, create_graph=True, retain_graph=True)[0]
            loss = (slope * slope).sum()
        return x, loss

    x_array, loss = penalty(x)
    loss.backward()
    numeric = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        both = []
        for sign in (1, -1):
            moved = x.copy()
            moved[i] += sign * 1e-5
            both.append(float(penalty(moved)[1].asnumpy().item()))
        numeric[i] = (both[0] - both[1]) / 2e-5
    return x_array.grad.asnumpy(), numeric


@pytest.mark.parametrize("name, attrs", [
    *(("Activation", {"act_type": act}) for act in ("relu", "sigmoid", "softrelu", "softsign", "tanh")),
    *(("LeakyReLU", {"act_type": act}) for act in ("elu", "selu", "gelu")),
    ("softmax", {"temperature": 2.0}), ("log_softmax", {}), ("softmin", {"axis": 0}),
    ("SoftmaxActivation", {}), ("erf", {}), ("gammaln", {}), ("gamma", {}), ("erfinv", {}),
    ("L2Normalization", {"eps": 0.1})])
def test_second_derivatives(name, attrs):
    x = samples.rand(3, 4, low=0.1, high=0.9, dtype="float64") * (1 if name in ("gamma", "gammaln") else -1)
    x[0] *= -1 if name not in ("gamma", "gammaln") else 1
    found, numeric = second_order(lambda x: getattr(mx.nd, name)(x, **attrs), x)
    np.testing.assert_allclose(found, numeric, 1e-4, 1e-6)


@pytest.mark.parametrize("op, attrs, shapes, message", [
    ("softmax", {"axis": 2}, [(2, 3)], "axis is 2"), ("Dropout", {"p": 1.5}, [(2,)], "p is 1.5"),
    ("Dropout", {"axes": (3,)}, [(2, 3)], "axes are"),
    ("LeakyReLU", {"act_type": "prelu"}, [(2, 3), (4,)], r"gamma has shape \(4,\)")])
def test_mistakes_are_named(op, attrs, shapes, message):
    op = catalog.get(op)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(op, attrs, shapes, [None] * len(op.output_names(attrs)))


def test_softmax_of_whole_numbers_is_refused():
    op = catalog.get("softmax")
    with pytest.raises(MXNetTypeError, match="floating point"):
        infer_types(op, op.parse({}), [np.dtype("int32")], [None])
