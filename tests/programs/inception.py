"""A small Inception with batch normalization: factories, Concat, shapes of internals, two epochs."""
# compare: exact=15 rtol=1e-4
import os

import mxnet as mx
import numpy as np


def ConvFactory(data, num_filter, kernel, stride=(1, 1), pad=(0, 0), name=None, suffix=''):
    conv = mx.symbol.Convolution(data=data, num_filter=num_filter, kernel=kernel, stride=stride, pad=pad,
                                 name='conv_%s%s' % (name, suffix))
    bn = mx.symbol.BatchNorm(data=conv, name='bn_%s%s' % (name, suffix))
    act = mx.symbol.Activation(data=bn, act_type='relu', name='relu_%s%s' % (name, suffix))
    return act


def DownsampleFactory(data, ch_3x3, name):
    conv = ConvFactory(data=data, name=name + '_conv', kernel=(3, 3), stride=(2, 2), num_filter=ch_3x3, pad=(1, 1))
    pool = mx.symbol.Pooling(data=data, name=name + '_pool', kernel=(3, 3), stride=(2, 2), pool_type='max',
                             pooling_convention='full')
    pool = mx.sym.Pad(pool, mode='constant', pad_width=(0, 0, 0, 0, 0, 0, 0, 0), constant_value=0)
    return mx.symbol.Concat(*[conv, pool], name=name + '_concat')


def SimpleFactory(data, ch_1x1, ch_3x3, name):
    conv1x1 = ConvFactory(data=data, name=name + '_1x1', kernel=(1, 1), num_filter=ch_1x1)
    conv3x3 = ConvFactory(data=data, name=name + '_3x3', kernel=(3, 3), pad=(1, 1), num_filter=ch_3x3)
    return mx.symbol.Concat(*[conv1x1, conv3x3], name=name + '_concat')


data = mx.symbol.Variable(name="data")
conv1 = ConvFactory(data=data, kernel=(3, 3), pad=(1, 1), name="1", num_filter=8)
in3a = SimpleFactory(conv1, 4, 6, 'in3a')
in3b = DownsampleFactory(in3a, 10, 'in3b')
in4a = SimpleFactory(in3b, 8, 8, 'in4a')
pool = mx.symbol.Pooling(data=in4a, pool_type="avg", kernel=(4, 4), name="global_pool")
flatten = mx.symbol.Flatten(data=pool, name="flatten1")
fc = mx.symbol.FullyConnected(data=flatten, num_hidden=10, name="fc1")
softmax = mx.symbol.SoftmaxOutput(data=fc, name="softmax")

internals = softmax.get_internals()
_, shapes, _ = internals.infer_shape(data=(1, 1, 8, 8))
for name, shape in zip(internals.list_outputs(), shapes):
    if name.endswith('_output'):
        print(name, shape)

mx.random.seed(8)
np.random.seed(8)
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X = digits['images'].reshape(-1, 1, 8, 8) / 16.0
Y = digits['labels']
it = mx.io.NDArrayIter(X[:300], Y[:300], 30)
print(it.provide_data, it.provide_label)
mod = mx.mod.Module(softmax)
mod.bind(data_shapes=it.provide_data, label_shapes=it.provide_label)
mod.init_params(mx.init.Xavier(magnitude=2.))
mod.init_optimizer(optimizer='sgd', optimizer_params=(('learning_rate', 0.1), ('momentum', 0.5)))
metric = mx.metric.create('ce')
for epoch in range(2):
    it.reset()
    for i, batch in enumerate(it):
        metric.reset()
        mod.forward(batch, is_train=True)
        mod.update_metric(metric, batch.label)
        mod.backward()
        mod.update()
        print('epoch %d step %d %s=%f' % ((epoch, i) + metric.get()))
print(mod.predict(it).asnumpy().argmax(1)[:20].tolist())
