"""Adversarial examples by the sign of the gradient of the input."""
import os

import mxnet as mx
import numpy as np

digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X, Y = digits['images'][:, None].astype('float32') / 16, digits['labels'].astype('float32')
mx.random.seed(3)
train = mx.io.NDArrayIter(X[:600], Y[:600], 100)
val = mx.io.NDArrayIter(X[600:], Y[600:], 100)

data = mx.symbol.Variable('data')
conv = mx.sym.Convolution(data=data, kernel=(3, 3), num_filter=8)
act = mx.sym.Activation(data=conv, act_type='tanh')
pool = mx.sym.Pooling(data=act, pool_type="max", kernel=(2, 2), stride=(2, 2))
fc = mx.sym.FullyConnected(data=mx.sym.Flatten(data=pool), num_hidden=10)
net = mx.sym.SoftmaxOutput(data=fc, name='softmax')

net_ex = net.simple_bind(ctx=mx.cpu(), data=(100, 1, 8, 8), grad_req='write')
arg_arrays = dict(zip(net.list_arguments(), net_ex.arg_arrays))
for name in sorted(arg_arrays):
    if name not in ('data', 'softmax_label'):
        mx.init.Xavier(magnitude=2)(mx.init.InitDesc(name), arg_arrays[name])
names = [n for n in net.list_arguments() if n not in ('data', 'softmax_label')]
opt = mx.optimizer.create('sgd', learning_rate=0.1, momentum=0.9, wd=0.0, rescale_grad=1.0 / 100)
updater = mx.optimizer.get_updater(opt)


def evaluate(perturbation):
    val.reset()
    hits = 0
    for b in val:
        x = b.data[0] + perturbation if perturbation is not None else b.data[0]
        net_ex.forward(is_train=False, data=x)
        hits += (b.label[0].asnumpy() == net_ex.outputs[0].asnumpy().argmax(1)).sum()
    return hits / 200.0


for epoch in range(5):
    train.reset()
    right = 0
    for b in train:
        net_ex.arg_dict['data'][:] = b.data[0]
        net_ex.arg_dict['softmax_label'][:] = b.label[0]
        net_ex.forward(is_train=True)
        net_ex.backward()
        for i, n in enumerate(names):
            updater(i, net_ex.grad_dict[n], net_ex.arg_dict[n])
        right += (net_ex.outputs[0].asnumpy().argmax(1) == b.label[0].asnumpy()).sum()
    print('Train accuracy: %.3f\t Val accuracy: %.3f' % (right / 600., evaluate(None)))

val.reset()
b = val.next()
net_ex.forward(is_train=True, data=b.data[0], softmax_label=b.label[0])
net_ex.backward()
grad = net_ex.grad_dict['data']
print('gradient %.6f %.6f' % (grad.asnumpy().std(), mx.nd.norm(grad).asscalar()))
before = net_ex.outputs[0].asnumpy()
for eps in (0.05, 0.1, 0.2):
    attack = b.data[0] + eps * mx.nd.sign(grad)
    attack = mx.nd.clip(attack, 0, 1)
    net_ex.forward(is_train=False, data=attack)
    after = net_ex.outputs[0].asnumpy()
    print('eps %.2f accuracy %.3f confidence %.5f -> %.5f' % (eps, (after.argmax(1) == b.label[0].asnumpy()).mean(),
                                                             before.max(1).mean(), after.max(1).mean()))
