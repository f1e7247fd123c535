"""Key-value stores: init, push, pull, lists, updaters, optimizers in the store; a training loop around one."""
import mxnet as mx
import numpy as np

shape = (2, 3)
kv = mx.kv.create('local')
print(kv.type, kv.rank, kv.num_workers)
kv.init(3, mx.nd.ones(shape) * 2)
a = mx.nd.zeros(shape)
kv.pull(3, out=a)
print(a.asnumpy())
kv.push(3, mx.nd.ones(shape) * 8)
kv.pull(3, out=a)
print(a.asnumpy())
contexts = [mx.Context('cpu', i) for i in range(4)]
kv.push(3, [mx.nd.ones(shape, ctx) for ctx in contexts])
kv.pull(3, out=a)
print(a.asnumpy())


def update(key, input, stored):
    print('update on key: %s' % key)
    stored += input * 2


kv._set_updater(update)
kv.pull(3, out=a)
kv.push(3, mx.nd.ones(shape))
kv.pull(3, out=a)
print(a.asnumpy())
keys = [5, 7, 9]
kv.init(keys, [mx.nd.ones(shape)] * len(keys))
kv.push(keys, [mx.nd.ones(shape)] * len(keys))
b = [mx.nd.zeros(shape)] * len(keys)
kv.pull(keys, out=b)
print(b[1].asnumpy())
kv.push(keys, [[mx.nd.ones(shape, ctx) for ctx in contexts]] * len(keys))
outs = [[mx.nd.zeros(shape, ctx) for ctx in contexts] for _ in keys]
kv.pull(keys, out=outs)
print(outs[2][3].asnumpy(), outs[2][3].context)

kv = mx.kv.create('device')
kv.init(['w', 'b'], [mx.nd.ones((3,)), mx.nd.zeros((1,))])
kv.set_optimizer(mx.optimizer.create('sgd', learning_rate=0.1, momentum=0.9))
out = mx.nd.zeros((3,))
for step in range(3):
    kv.push('w', [mx.nd.array([1, 2, 3]), mx.nd.array([1, 0, -1])], priority=-step)
    kv.pull('w', out)
    print(step, out.asnumpy())
try:
    kv.push('nothing', mx.nd.ones((1,)))
except mx.MXNetError:
    print('MXNetError')

# a loop as in the training code before modules
rng = np.random.RandomState(1)
X = rng.randn(64, 4)
Y = X.dot(np.array([1.0, -2.0, 3.0, 0.5])) + 0.25
net = mx.sym.LinearRegressionOutput(mx.sym.FullyConnected(mx.sym.Variable('data'), num_hidden=1, name='fc'), name='lro')
devs = [mx.cpu(0), mx.cpu(1)]
exes = [net.simple_bind(d, data=(32, 4), grad_req='write') for d in devs]
store = mx.kv.create('local')
store.set_optimizer(mx.optimizer.Adam(learning_rate=0.3, rescale_grad=1.0 / 64))
names = ['fc_weight', 'fc_bias']
for i, n in enumerate(names):
    store.init(i, mx.nd.zeros(exes[0].arg_dict[n].shape))
for step in range(12):
    for i, n in enumerate(names):
        store.pull(i, [e.arg_dict[n] for e in exes], priority=-i)
    error = 0
    for j, e in enumerate(exes):
        rows = slice(32 * j, 32 * (j + 1))
        out = e.forward(is_train=True, data=mx.nd.array(X[rows], devs[j]), lro_label=mx.nd.array(Y[rows], devs[j]))
        e.backward()
        error += ((out[0].asnumpy().ravel() - Y[rows]) ** 2).sum()
    for i, n in enumerate(names):
        store.push(i, [e.grad_dict[n] for e in exes], priority=-i)
    print('%2d %.6f' % (step, error / 64))
print(exes[0].arg_dict['fc_weight'].asnumpy(), exes[1].arg_dict['fc_bias'].asnumpy())
