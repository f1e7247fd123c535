"""Softmax as a NumpyOp, the first form of operators of one's own.

MXNet 1.9.1 crashes on it, so what it should print is asked of the same operator as a CustomOp.
"""
# args of MXNet: --custom-op
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')


def forward(x, y):
    y[:] = np.exp(x - x.max(axis=1).reshape((x.shape[0], 1)))
    y /= y.sum(axis=1).reshape((x.shape[0], 1))


def backward(l, y, dx):  # noqa: E741
    l = l.reshape((l.size,)).astype(int)  # noqa: E741
    dx[:] = y
    dx[np.arange(l.shape[0]), l] -= 1.0


class NumpySoftmax(mx.operator.NumpyOp):
    def __init__(self):
        super(NumpySoftmax, self).__init__(False)

    def list_arguments(self):
        return ['data', 'label']

    def list_outputs(self):
        return ['output']

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

    def forward(self, in_data, out_data):
        forward(in_data[0], out_data[0])

    def backward(self, out_grad, in_data, out_data, in_grad):
        backward(in_data[1], out_data[0], in_grad[0])


class Softmax(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        y = np.empty(out_data[0].shape, 'float32')
        forward(in_data[0].asnumpy(), y)
        self.assign(out_data[0], req[0], y)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        dx = np.empty(in_grad[0].shape, 'float32')
        backward(in_data[1].asnumpy(), out_data[0].asnumpy(), dx)
        self.assign(in_grad[0], req[0], dx)


@mx.operator.register('numpy_softmax')
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super(SoftmaxProp, self).__init__(False)

    def list_arguments(self):
        return ['data', 'label']

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X, Y = digits['images'].reshape(-1, 64)[:400] / 16., digits['labels'][:400]
data = mx.symbol.Variable('data')
fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=40)
act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type="relu")
fc2 = mx.symbol.FullyConnected(data=act1, name='fc2', num_hidden=10)
if '--custom-op' in sys.argv:
    mlp = mx.symbol.Custom(data=fc2, name='softmax', op_type='numpy_softmax')
else:
    mysoftmax = NumpySoftmax()
    mlp = mysoftmax(data=fc2, name='softmax')
print(mlp.list_arguments(), mlp.list_outputs())
mx.random.seed(12)
train = mx.io.NDArrayIter(X, Y, 40)
mod = mx.mod.Module(mlp)
mod.fit(train, eval_metric=['acc', 'ce'], num_epoch=4, initializer=mx.init.Uniform(0.1),
        optimizer_params={'learning_rate': 0.2, 'momentum': 0.9, 'wd': 0.00001})
