"""NumpyOp and NDArrayOp: in symbols, executors, gradients; by name, position and default."""
import gc

import numpy as np
import pytest

import cupynet as mx

pytestmark = pytest.mark.filterwarnings("ignore:.*has been deprecated. Please use CustomOp:UserWarning")


class Softmax(mx.operator.NumpyOp):
    """The example that MXNet brought along."""

    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

    def forward(self, in_data, out_data):
        x, y = in_data[0], out_data[0]
        y[:] = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)

    def backward(self, out_grad, in_data, out_data, in_grad):
        label = in_data[1].astype(int)
        in_grad[0][:] = out_data[0]
        in_grad[0][np.arange(len(label)), label] -= 1


class Scale(mx.operator.NDArrayOp):
    """Two outputs: the input times 3, and zeros."""

    def list_outputs(self):
        return ["times", "zeros"]

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0], in_shape[0]]

    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0] * 3

    def backward(self, out_grad, in_data, out_data, in_grad):
        in_grad[0][:] = out_grad[0] * 3


class Square(mx.operator.NumpyOp):
    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0] ** 2

    def backward(self, out_grad, in_data, out_data, in_grad):
        in_grad[0][:] = 2 * in_data[0] * out_grad[0]


data = mx.sym.Variable("data")


def test_a_loss_layer_trains_as_softmax_output_does(ctx):
    values = np.random.default_rng(0).normal(size=(4, 3)).astype("f")
    gradients = []
    for net in (Softmax()(data=data, name="softmax"), mx.sym.SoftmaxOutput(data, name="softmax")):
        assert net.list_arguments() == ["data", "softmax_label"] and net.list_outputs() == ["softmax_output"]
        executor = net.simple_bind(ctx, data=(4, 3), grad_req={"data": "write", "softmax_label": "null"})
        executor.arg_dict["data"][:], executor.arg_dict["softmax_label"][:] = values, [0, 2, 1, 1]
        executor.forward(is_train=True)
        executor.backward()
        gradients.append([executor.outputs[0].asnumpy(), executor.grad_dict["data"].asnumpy()])
    np.testing.assert_allclose(*gradients, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("grad_req, expected", [("write", [8, 80]), ("add", [24, 240])])
def test_gradients_pass_through(ctx, grad_req, expected):
    net = Square()(data * 2, name="sq") + 1
    executor = net.simple_bind(ctx, data=(2,), grad_req=grad_req)
    executor.arg_dict["data"][:] = [1, 1]
    for _ in range(3):
        assert executor.forward(is_train=True)[0].asnumpy().tolist() == [5, 5]
        executor.backward(mx.nd.array([1, 10]))
    assert executor.grad_dict["data"].asnumpy().tolist() == expected


def test_ndarray_op(ctx):
    net = Scale()(data, name="s")
    assert net.list_outputs() == ["s_times", "s_zeros"] and net.list_attr() == {"info": net.list_attr()["info"]}
    executor = net.simple_bind(ctx, data=(2,), type_dict={"data": "float64"})
    executor.arg_dict["data"][:] = [1, 2]
    assert [x.asnumpy().tolist() for x in executor.forward(is_train=True)] == [[3, 6], [0, 0]]
    executor.backward([mx.nd.array([1, 10], dtype="float64"), mx.nd.zeros(2, dtype="float64")])
    assert executor.grad_dict["data"].asnumpy().tolist() == [3, 30] and executor.outputs[0].dtype == np.float64
    assert Scale().declare_backward_dependency([0, 1], [2], [3]) == [0, 1, 2, 3]
    assert Scale(False).declare_backward_dependency([0, 1], [2], [3]) == [2, 3]


def test_names():
    assert Scale()(data).name == "_ndarray0" and Square()(data).name == "_native0"
    net = Softmax()(label=data, name="q")
    assert net.list_arguments() == ["q_data", "data"]
    assert net.infer_shape(q_data=(2, 3)) == ([(2, 3), (2,)], [(2, 3)], [])
    assert Softmax()(data, mx.sym.Variable("l"), name="q").list_arguments() == ["data", "l"]
    with pytest.raises(mx.MXNetError, match="takes at most 2 positional arguments"):
        Softmax()(data, data, data)


def test_a_symbol_keeps_its_operator():
    net = Square()(data)
    gc.collect()
    assert net.eval(data=mx.nd.array([3]))[0].asscalar() == 9
    text = net.tojson().replace(net.list_attr()["info"], "7f00")
    with pytest.raises(mx.MXNetError, match="cannot be loaded from a file"):
        mx.sym.load_json(text)


def test_errors_name_the_operator():
    class Bad(mx.operator.NumpyOp):
        def forward(self, in_data, out_data):
            raise ValueError("no way")
    with pytest.raises(mx.MXNetError, match=r"_Native: Bad.forward raised ValueError: no way"):
        Bad()(data).eval(data=mx.nd.ones(1))
    with pytest.raises(NotImplementedError, match="Must override this"):
        mx.operator.PythonOp()(data)


def test_defaults():
    op, out = mx.operator.PythonOp(), [np.zeros(2)]
    assert (op.list_arguments(), op.list_outputs(), op.need_top_grad()) == (["data"], ["output"], True)
    assert op.infer_shape([(1, 2), (3,)]) == ([(1, 2), (3,)], [(1, 2)])
    assert not mx.operator.PythonOp(False).need_top_grad()
    op.forward([np.full(2, 7)], out)
    assert out[0].tolist() == [7, 7]
    op.backward([np.ones(2)], [np.ones(2)], [np.ones(2)], out)
    assert out[0].tolist() == [1, 1]


def test_they_are_deprecated():
    with pytest.warns(UserWarning, match="NumpyOp has been deprecated. Please use CustomOp"):
        Square()
    with pytest.warns(UserWarning, match="PythonOp has been deprecated. Please use CustomOp"):
        Scale()
