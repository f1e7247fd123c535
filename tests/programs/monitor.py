"""Monitors: of a module in fit, of an executor by hand, statistics and patterns of one's own."""
import logging
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
rng = np.random.RandomState(5)
X, Y = rng.rand(40, 6).astype('float32'), rng.randint(0, 3, 40).astype('float32')
data = mx.symbol.Variable('data')
fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=5)
act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type="relu")
fc2 = mx.symbol.FullyConnected(data=act1, name='fc2', num_hidden=3)
net = mx.symbol.SoftmaxOutput(data=fc2, name='softmax')


def norm_stat(d):
    return mx.nd.norm(d) / np.sqrt(d.size)


mx.random.seed(2)
mon = mx.mon.Monitor(2, norm_stat, pattern='.*fc[^k]*$|softmax_output', sort=True)
mod = mx.mod.Module(net)
mod.fit(mx.io.NDArrayIter(X, Y, 10), num_epoch=1, monitor=mon, initializer=mx.init.Xavier(),
        optimizer_params={'learning_rate': 0.1})

ex = net.simple_bind(mx.cpu(), data=(10, 6))
for name, arr in ex.arg_dict.items():
    arr[:] = rng.rand(*arr.shape)
seen = mx.monitor.Monitor(1, stat_func=lambda x: [x.max(), x.min()], monitor_all=True)  # inputs, too
seen.install(ex)
seen.tic()
ex.forward(is_train=True)
for batch, name, stat in seen.toc():
    print(batch, name, stat.strip())

names = []
ex.set_monitor_callback(lambda name, arr: names.append(mx.base.py_str(name)))
ex.forward()
print(names)
