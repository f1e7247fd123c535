"""A perceptron from scratch: arrays, record, backward, updates by hand; then with dropout and momentum."""
from __future__ import print_function

import os

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

mx.random.seed(1)
np.random.seed(1)
ctx = mx.cpu()
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X, Y = nd.array(digits['images'].reshape(-1, 64)) / 16, nd.array(digits['labels'])
num_inputs, num_hidden, num_outputs, batch_size = 64, 32, 10, 50
W1 = nd.random_normal(scale=.1, shape=(num_inputs, num_hidden), ctx=ctx)
b1 = nd.zeros(num_hidden, ctx=ctx)
W2 = nd.random_normal(scale=.1, shape=(num_hidden, num_outputs), ctx=ctx)
b2 = nd.zeros(num_outputs, ctx=ctx)
params = [W1, b1, W2, b2]
velocities = [nd.zeros_like(p) for p in params]
for param in params:
    param.attach_grad()


def relu(x):
    return nd.maximum(x, nd.zeros_like(x))


def softmax_cross_entropy(yhat_linear, y):
    return -nd.nansum(y * nd.log_softmax(yhat_linear), axis=0, exclude=True)


def net(x, drop=0.0):
    h = relu(nd.dot(x, W1) + b1)
    if drop and autograd.is_training():
        mask = nd.random_uniform(0, 1, h.shape, ctx=h.context) > drop
        h = mask * h / (1 - drop)
    return nd.dot(h, W2) + b2


def accuracy():
    pred = nd.argmax(net(X[600:]), axis=1)
    return nd.mean(pred == Y[600:]).asscalar()


for drop, momentum in ((0, 0), (0.3, 0.9)):
    for epoch in range(3):
        cumulative = 0
        for i in range(0, 600, batch_size):
            data, label = X[i:i + batch_size], Y[i:i + batch_size]
            with autograd.record():
                assert autograd.is_recording() and autograd.is_training()
                loss = softmax_cross_entropy(net(data, drop), nd.one_hot(label, 10))
            loss.backward()
            for p, v in zip(params, velocities):
                v[:] = momentum * v - 0.1 / batch_size * p.grad
                p += v
            cumulative += nd.sum(loss).asscalar()
        print('epoch %d loss %.6f accuracy %.4f' % (epoch, cumulative / 600, accuracy()))

# what autograd gives beside
x = nd.array([[1, 2], [3, 4]])
x.attach_grad()
with autograd.record():
    y = x * 2
    z = y * x
z.backward(nd.array([[10, 1.], [.1, .01]]))
print(x.grad)
with autograd.record():
    with autograd.pause():
        w = x * 3
    out = (x * w).sum()
    with autograd.predict_mode():
        print(autograd.is_training(), autograd.is_recording())
out.backward()
print(x.grad.asnumpy())
grads = autograd.grad(heads=[nd.ones((1,))], variables=[]) if False else None
with autograd.record():
    y = nd.exp(x).sum()
print(autograd.grad(y, x, retain_graph=False)[0].asnumpy())
x.attach_grad(grad_req='add')
for _ in range(2):
    with autograd.record():
        y = x * x
    y.backward()
print(x.grad.asnumpy(), x.detach().grad)


class Sigmoid(autograd.Function):
    def forward(self, x):
        y = 1 / (1 + nd.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, dy):
        y, = self.saved_tensors
        return dy * y * (1 - y)


x.attach_grad()
func = Sigmoid()
with autograd.record():
    m = func(x)
m.backward()
print(x.grad.asnumpy())
