"""Loss layers: labels of every shape, head gradients, errors; the samples check the rest against MXNet."""
import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes

X = samples.rand(2, 3, 2, 2)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def gradient(name, data, label, head=None, **attrs):
    """The gradient of a loss layer at `data`, by way of NDArrays."""
    x = mx.nd.array(data, dtype=data.dtype)
    x.attach_grad()
    with mx.autograd.record():
        y = getattr(mx.nd, name)(x, mx.nd.array(label, dtype=label.dtype), **attrs)
    y.backward(None if head is None else mx.nd.array(head))
    return x.grad.asnumpy()


def infer(name, data, label=None, **attrs):
    op = catalog.get(name)
    ins = [data, label]
    infer_shapes(op, op.parse(attrs), ins, [None])
    return ins[1]


@pytest.mark.parametrize("shape", [(2, 4), (2, 2, 2), (2, 1, 2, 2)])
def test_multi_output_takes_labels_of_several_shapes(shape):
    label = samples.ints(2, 4, high=3)
    onehot = np.eye(3)[label.reshape(2, 2, 2).astype(int)].transpose(0, 3, 1, 2)
    assert infer("SoftmaxOutput", X.shape, shape, multi_output=True) == shape
    found = gradient("SoftmaxOutput", X, label.reshape(shape), multi_output=True)
    np.testing.assert_allclose(found, (softmax(X, 1) - onehot) / 4, 1e-5, 1e-6)


@pytest.mark.parametrize("attrs", [{}, {"normalization": "batch"}, {"multi_output": True}, {"preserve_shape": True}])
def test_labels_may_be_probabilities(attrs):
    data = X if "multi_output" in attrs else X.reshape(2, 12)
    label = softmax(samples.rand(*data.shape, seed=4), 1)
    found = gradient("SoftmaxOutput", data, label, grad_scale=2.0, **attrs)
    np.testing.assert_allclose(found, 2 * (softmax(data, 1) - label), 1e-5, 1e-6)


def test_out_grad_multiplies_by_the_head_gradient():
    data, label, head = samples.rand(4, 5), samples.ints(4, high=5), samples.rand(4, 5, seed=3)
    plain = gradient("SoftmaxOutput", data, label, head)
    np.testing.assert_allclose(gradient("SoftmaxOutput", data, label, head, out_grad=True), plain * head, 1e-5)
    np.testing.assert_allclose(plain, softmax(data) - np.eye(5)[label.astype(int)], 1e-5, 1e-6)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float64"])
@pytest.mark.parametrize("name", ["SoftmaxOutput", "LinearRegressionOutput", "softmax_cross_entropy"])
def test_labels_of_other_dtypes_leave_that_of_the_data(name, dtype):
    data = samples.rand(3, 4)
    label = np.array([0, 2, 1], dtype) if name != "LinearRegressionOutput" else np.ones((3, 4), dtype)
    found = gradient(name, data, label)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, gradient(name, data, label.astype("float32")))


def test_more_axes_make_one_softmax_by_default():
    """The label has all axes but the last, as in MXNet; of these, the first labels are those of the softmaxes."""
    label = np.zeros(X.shape[:-1], "f4")
    label.reshape(-1)[:2] = 0, 11
    found = gradient("SoftmaxOutput", X, label)
    expected = softmax(X.reshape(2, 12))
    expected[[0, 1], [0, 11]] -= 1
    np.testing.assert_allclose(found, expected.reshape(X.shape), 1e-5, 1e-6)


def test_labels_are_inferred():
    assert infer("SoftmaxOutput", (4, 5)) == (4,)
    assert infer("SoftmaxOutput", (4, 5), (4, 5)) == (4, 5)
    assert infer("SoftmaxOutput", (4, 5, 6), preserve_shape=True) == (4, 5)
    assert infer("SoftmaxOutput", (2, 4, 3, 3), multi_output=True) == (2, 9)
    assert infer("SoftmaxOutput", (None, 5)) == (None,)
    assert infer("LinearRegressionOutput", (4, 1)) == (4,)
    assert infer("LinearRegressionOutput", (4, 1), (4, 1)) == (4, 1)
    assert infer("MAERegressionOutput", (4, 3)) == (4, 3)
    assert infer("SVMOutput", (4, 3)) == (4,)
    assert infer("softmax_cross_entropy", (4, 3)) == (4,)


@pytest.mark.parametrize("name, data, label, attrs", [
    ("SoftmaxOutput", (4, 5), (4, 1), {}), ("SoftmaxOutput", (4,), None, {}),
    ("SoftmaxOutput", (2, 3, 4), (2, 3), {"multi_output": True}), ("LinearRegressionOutput", (2, 3), (6,), {}),
    ("SVMOutput", (2, 3), (3,), {}), ("softmax_cross_entropy", (2, 3, 4), None, {})])
def test_mistakes_are_named(name, data, label, attrs):
    with pytest.raises(MXNetValueError, match=f"{name}: (label|data) has shape"):
        infer(name, data, label, **attrs)


def test_the_label_gets_no_gradient():
    x, label = mx.nd.ones((2, 3)), mx.nd.ones(2)
    x.attach_grad()
    label.attach_grad()
    with mx.autograd.record():
        y = mx.nd.SoftmaxOutput(x, label)
    y.backward()
    assert label.grad.asnumpy().tolist() == [0, 0]


def test_cross_entropy_has_a_second_derivative():
    data, label = samples.rand(3, 4, dtype="float64"), np.array([0, 2, 1.0])
    x = mx.nd.array(data, dtype="float64")
    x.attach_grad()
    with mx.autograd.record():
        loss = mx.nd.softmax_cross_entropy(x, mx.nd.array(label, dtype="float64"))
        slope = mx.autograd.grad(loss, x, create_graph=True, retain_graph=True)[0]
        penalty = (slope * slope).sum()
    penalty.backward()
    p = softmax(data)
    rest = 2 * (p - np.eye(4)[label.astype(int)])
    np.testing.assert_allclose(x.grad.asnumpy(), p * (rest - (rest * p).sum(1, keepdims=True)), 1e-8)


def test_sparseness_regularization():
    data, average = samples.rand(4, 3, low=0.1, high=0.9), np.full(3, 0.5, "f4")
    x, state = mx.nd.array(data), mx.nd.array(average)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.IdentityAttachKLSparseReg(x, moving_avg=state, sparseness_target=0.2, penalty=0.1, momentum=0.5)
    y.backward()
    moved = (average + data.mean(0)) / 2
    np.testing.assert_allclose(state.asnumpy(), moved, 1e-6)
    pull = 0.1 * (0.8 / (1 - moved) - 0.2 / moved)
    np.testing.assert_allclose(x.grad.asnumpy(), np.broadcast_to(1 + pull, (4, 3)), 1e-5)


def test_results_go_into_the_given_buffer():
    p, label = softmax(samples.rand(4, 5)), samples.ints(4, high=5)
    for name, ins, attrs in (("SoftmaxOutput", [p, label], {}), ("LogisticRegressionOutput", [p, p], {}),
                             ("_backward_softmax_output", [p, label], {"use_ignore": True, "ignore_label": 1.0}),
                             ("_backward_softmax_output", [p, p * p], {}), ("_backward_make_loss", [p], {})):
        op = catalog.get(name)
        plain, = op.run(np, "cpu", ins, op.parse(attrs))
        out = np.full_like(plain, np.nan)
        assert op.run(np, "cpu", ins, op.parse(attrs), out=out)[0] is out
        np.testing.assert_array_equal(out, plain)
