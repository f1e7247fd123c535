"""Saving by callbacks, resuming with the states of the optimizer, reading the files with mx.nd.load."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
rng = np.random.RandomState(5)
X = rng.rand(80, 6).astype('float32')
Y = (X.sum(axis=1) > 3).astype('float32')
net = mx.sym.Variable('data')
net = mx.sym.FullyConnected(net, name='fc1', num_hidden=8)
net = mx.sym.BatchNorm(net, name='bn1', fix_gamma=False)
net = mx.sym.Activation(net, act_type='relu')
net = mx.sym.FullyConnected(net, name='fc2', num_hidden=2)
net = mx.sym.SoftmaxOutput(net, name='softmax')
OPT = {'learning_rate': 0.1, 'momentum': 0.9}


def data():
    return mx.io.NDArrayIter(X, Y, 16)


mx.random.seed(2)
prefix = 'net'
mod = mx.mod.Module(net)
mod.fit(data(), num_epoch=4, optimizer_params=OPT, initializer=mx.init.Xavier(), eval_metric='ce',
        epoch_end_callback=[mx.callback.do_checkpoint(prefix, 2),
                            mx.callback.module_checkpoint(mod, 'mod', save_optimizer_states=True)])
print(sorted(os.listdir('.')))
saved = mx.nd.load('net-0004.params')
print(sorted((k, v.shape, str(v.dtype)) for k, v in saved.items()))

print('resume from epoch 2')
resumed = mx.mod.Module.load('mod', 2, load_optimizer_states=True)
resumed.fit(data(), num_epoch=4, begin_epoch=2, optimizer_params=OPT, eval_metric='ce')
same = all((resumed.get_params()[0][k] == v).asnumpy().all() for k, v in mod.get_params()[0].items())
print('the same weights:', same)

print('resume without the momenta')
sym, arg_params, aux_params = mx.model.load_checkpoint(prefix, 2)
again = mx.mod.Module(sym)
again.fit(data(), num_epoch=4, begin_epoch=2, arg_params=arg_params, aux_params=aux_params, optimizer_params=OPT,
          eval_metric='ce')

print('for prediction only')
pred = mx.mod.Module(symbol=sym, label_names=None)
pred.bind(data_shapes=[('data', (5, 6))], for_training=False)
pred.set_params(arg_params, aux_params, allow_missing=True)
pred.forward(mx.io.DataBatch([mx.nd.array(X[:5])]))
print(pred.get_outputs()[0].asnumpy())

print('as FeedForward')
model = mx.model.FeedForward.load(prefix, 4, ctx=mx.cpu())
print(model.predict(X[:3]), model.num_epoch, model.begin_epoch)
model.save('other', 7)
print(sorted(f for f in os.listdir('.') if f.startswith('other')))

print('symbols')
print(mx.sym.load('net-symbol.json').tojson() == net.tojson(), sym.list_arguments() == net.list_arguments())
mod.save_params('only.params')
mod.load_params('only.params')
print(mod.score(data(), 'acc'))
mx.model.save_checkpoint('hand', 3, net, *mod.get_params())
print(sorted(mx.model.load_params('hand', 3)[0]))
try:
    mx.model.load_checkpoint('nowhere', 1)
except Exception as e:
    print(isinstance(e, mx.MXNetError))
