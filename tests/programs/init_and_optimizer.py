"""An initializer and an optimizer of one's own, registered and found by name; Mixed; attributes of variables."""
import mxnet as mx
import numpy as np


@mx.init.register
class Checkerboard(mx.init.Initializer):
    def __init__(self, scale=0.1):
        super(Checkerboard, self).__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name, arr):
        flat = np.arange(int(np.prod(arr.shape))) % 2 * 2 - 1
        arr[:] = self.scale * flat.reshape(arr.shape)

    def _init_bias(self, name, arr):
        arr[:] = 0.5


@mx.optimizer.Optimizer.register
class SignSteps(mx.optimizer.Optimizer):
    """Steps of one size, which shrinks; remembers how often."""

    def __init__(self, shrink=0.9, **kwargs):
        super(SignSteps, self).__init__(**kwargs)
        self.shrink = shrink

    def create_state(self, index, weight):
        return mx.nd.ones((1,), weight.context)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        lr, wd = self._get_lr(index), self._get_wd(index)
        grad = grad * self.rescale_grad + wd * weight
        if self.clip_gradient is not None:
            grad = mx.nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        weight[:] = weight - lr * state.asscalar() * mx.nd.sign(grad)
        state[:] *= self.shrink


print(mx.init.Checkerboard(0.2) if hasattr(mx.init, 'Checkerboard') else 'not an attribute')
print(mx.init.create('checkerboard', scale=0.3).dumps(), mx.init.Xavier().dumps())
print(mx.optimizer.create('signsteps', learning_rate=0.5, shrink=0.5).__class__.__name__)

data = mx.sym.Variable('data')
w2 = mx.sym.Variable('special', init=mx.init.Constant(0.25), lr_mult=0.1, wd_mult=0.0, shape=(3, 4))
net = mx.sym.FullyConnected(data, num_hidden=4, name='fc1')
net = mx.sym.Activation(net, act_type='tanh', name='act')
net = mx.sym.FullyConnected(net, weight=w2, num_hidden=3, name='fc2')
net = mx.sym.SoftmaxOutput(net, name='softmax')
print(sorted(net.attr_dict()['special'].items()))

rng = np.random.RandomState(0)
X, Y = rng.rand(60, 5).astype('float32'), rng.randint(0, 3, 60).astype('float32')
it = mx.io.NDArrayIter(X, Y, 12)
mod = mx.mod.Module(net)
mod.bind(it.provide_data, it.provide_label)
mod.init_params(initializer=mx.init.create('checkerboard'))
for name, value in sorted(mod.get_params()[0].items()):
    print(name, value.asnumpy().ravel()[:6])
mod.init_optimizer(optimizer='signsteps', optimizer_params={'learning_rate': 0.05, 'wd': 0.01, 'clip_gradient': 1.0})
metric = mx.metric.create(['acc', 'ce'])
for epoch in range(3):
    it.reset()
    metric.reset()
    for batch in it:
        mod.forward_backward(batch)
        mod.update()
        mod.update_metric(metric, batch.label)
    print(epoch, metric.get())
print(mod.get_params()[0]['special'].asnumpy())

mod2 = mx.mod.Module(net)
mod2.bind(it.provide_data, it.provide_label)
mx.random.seed(1)
mod2.init_params(mx.init.Mixed(['fc2_bias', '.*weight', '.*'], [mx.init.One(), mx.init.Uniform(0.5), mx.init.Zero()]))
print({k: np.round(v.asnumpy().ravel()[:3], 5).tolist() for k, v in sorted(mod2.get_params()[0].items())})
mod2.init_params(mx.init.Orthogonal(), force_init=True)
w = mod2.get_params()[0]['fc1_weight'].asnumpy()
print(np.round(w.dot(w.T), 3))
for init in (mx.init.MSRAPrelu(), mx.init.Bilinear(), mx.init.Normal(2), mx.init.LSTMBias(1.0)):
    shape = (8,) if isinstance(init, mx.init.LSTMBias) else (2, 2, 3, 3)
    arr = mx.nd.zeros(shape)
    init(mx.init.InitDesc('x_bias' if shape == (8,) else 'x_weight'), arr)
    print(init.dumps(), arr.asnumpy().ravel()[:8])
try:
    mx.init.Xavier()('strange_name', mx.nd.zeros((2, 2)))
except ValueError as e:
    print('ValueError', str(e)[:60])
