"""A trained network in use: batches as named tuples, several sizes, features from inside, the best classes by name."""
from collections import namedtuple

import mxnet as mx
import numpy as np

Batch = namedtuple('Batch', ['data'])
rng = np.random.RandomState(0)
net = mx.sym.Variable('data')
net = mx.sym.Flatten(net)
net = mx.sym.FullyConnected(net, num_hidden=8, name='fc1')
net = mx.sym.Activation(net, act_type='relu', name='relu1')
net = mx.sym.FullyConnected(net, num_hidden=5, name='fc2')
net = mx.sym.SoftmaxOutput(net, name='softmax')
shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(1, 1, 4, 4))[0]))
params = {k: mx.nd.array(rng.randn(*s) * 0.5) for k, s in shapes.items() if k not in ('data', 'softmax_label')}
mx.model.save_checkpoint('trained', 0, net, params, {})

sym, arg_params, aux_params = mx.model.load_checkpoint('trained', 0)
mod = mx.mod.Module(symbol=sym, context=mx.cpu(), label_names=None)
mod.bind(for_training=False, data_shapes=[('data', (1, 1, 4, 4))], label_shapes=mod._label_shapes)
mod.set_params(arg_params, aux_params, allow_missing=True)
labels = ['n%04d %s' % (i, w) for i, w in enumerate('cat dog bird fish horse'.split())]


def predict(img):
    mod.forward(Batch([mx.nd.array(img)]))
    prob = np.squeeze(mod.get_outputs()[0].asnumpy())
    for i in np.argsort(prob)[::-1][0:3]:
        print('probability=%f, class=%s' % (prob[i], labels[i]))


for seed in range(3):
    predict(np.random.RandomState(seed).rand(1, 1, 4, 4))
many = mx.nd.array(rng.rand(4, 1, 4, 4))
mod = mx.mod.Module(symbol=sym, context=mx.cpu(), label_names=None)
mod.bind(for_training=False, data_shapes=[('data', (4, 1, 4, 4))])
mod.set_params(arg_params, aux_params, allow_missing=True)
mod.forward(Batch([many]))
print(mod.get_outputs()[0].asnumpy())

all_layers = sym.get_internals()
print(all_layers.list_outputs()[-6:])
fe_mod = mx.mod.Module(symbol=all_layers['relu1_output'], context=mx.cpu(), label_names=None)
fe_mod.bind(for_training=False, data_shapes=[('data', (4, 1, 4, 4))])
fe_mod.set_params(arg_params, aux_params, allow_extra=True)
fe_mod.forward(Batch([many]))
print(fe_mod.get_outputs()[0].asnumpy())
fe_mod.forward(Batch([many[:2]]))
print(fe_mod.get_outputs()[0].shape)
Both = namedtuple('Both', 'data label pad index')
fe_mod.forward(Both([many], None, 0, None))
print(fe_mod.get_outputs()[0].asnumpy().mean())
