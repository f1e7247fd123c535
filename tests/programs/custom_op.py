"""Softmax as a CustomOp in a module; another with parameters, in nd and under autograd."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')


class Softmax(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1).reshape((x.shape[0], 1)))
        y /= y.sum(axis=1).reshape((x.shape[0], 1))
        self.assign(out_data[0], req[0], mx.nd.array(y))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        l = in_data[1].asnumpy().ravel().astype(int)  # noqa: E741
        y = out_data[0].asnumpy()
        y[np.arange(l.shape[0]), l] -= 1.0
        self.assign(in_grad[0], req[0], mx.nd.array(y))


@mx.operator.register("softmax")
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super(SoftmaxProp, self).__init__(need_top_grad=False)

    def list_arguments(self):
        return ['data', 'label']

    def list_outputs(self):
        return ['output']

    def infer_shape(self, in_shape):
        data_shape = in_shape[0]
        label_shape = (in_shape[0][0],)
        output_shape = in_shape[0]
        return [data_shape, label_shape], [output_shape], []

    def infer_type(self, in_type):
        return in_type, [in_type[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        print('made for', ctx, shapes, dtypes)
        return Softmax()


class Scale(mx.operator.CustomOp):
    def __init__(self, factor):
        super(Scale, self).__init__()
        self.factor = factor

    def forward(self, is_train, req, in_data, out_data, aux):
        aux[0][:] += 1
        self.assign(out_data[0], req[0], in_data[0] * self.factor)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.factor)


@mx.operator.register("scale_by")
class ScaleProp(mx.operator.CustomOpProp):
    def __init__(self, factor='1.0'):
        super(ScaleProp, self).__init__(True)
        self.factor = float(factor)

    def list_auxiliary_states(self):
        return ['calls']

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], [(1,)]

    def create_operator(self, ctx, shapes, dtypes):
        return Scale(self.factor)


digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X, Y = digits['images'].reshape(-1, 64)[:300] / 16., digits['labels'][:300]
data = mx.symbol.Variable('data')
fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=32)
act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type="relu")
fc2 = mx.symbol.FullyConnected(data=act1, name='fc2', num_hidden=10)
mlp = mx.symbol.Custom(data=fc2, name='softmax', op_type='softmax')
print(mlp.list_arguments())
mx.random.seed(6)
train = mx.io.NDArrayIter(X, Y, 50)
mod = mx.mod.Module(mlp)
mod.fit(train, num_epoch=4, initializer=mx.init.Xavier(), optimizer_params=(('learning_rate', 0.1), ('momentum', 0.9)))
print(mod.score(train, 'acc'))

calls = mx.nd.zeros((1,))
x = mx.nd.array([[1, 2], [3, 4]])
x.attach_grad()
with mx.autograd.record():
    y = mx.nd.Custom(x, calls, op_type='scale_by', factor=2.5)
    z = (y * y).sum()
z.backward()
print(y.asnumpy(), x.grad.asnumpy(), calls.asnumpy())
s = mx.sym.Custom(mx.sym.Variable('x'), op_type='scale_by', factor=3, name='scaled')
print(s.list_arguments(), s.list_auxiliary_states(), sorted(s.attr_dict()['scaled'].items()))
ex = s.simple_bind(mx.cpu(), x=(2, 2))
ex.forward(is_train=True, x=x)
ex.backward(mx.nd.ones((2, 2)))
print(ex.outputs[0].asnumpy(), ex.grad_dict['x'].asnumpy(), ex.aux_dict['scaled_calls'].asnumpy())
