"""Layers on different contexts: AttrScope, group2ctx, and the same losses as on one."""
import mxnet as mx
import numpy as np

rng = np.random.RandomState(0)


def net():
    with mx.AttrScope(ctx_group='dev1', __layer__='first'):
        data = mx.symbol.Variable('data')
        fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=16)
        act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type='relu')
    with mx.AttrScope(ctx_group='dev2'):
        fc2 = mx.symbol.FullyConnected(data=act1, name='fc2', num_hidden=12)
        act2 = mx.symbol.Activation(data=fc2, name='relu2', act_type='relu')
        fc3 = mx.symbol.FullyConnected(data=act2, name='fc3', num_hidden=4)
        return mx.symbol.SoftmaxOutput(data=fc3, name='softmax')


def train(groups, steps=8):
    symbol = net()
    ex = symbol.simple_bind(mx.cpu(0), group2ctx=groups, data=(10, 6))
    rng = np.random.RandomState(3)
    for name, arr in ex.arg_dict.items():
        arr[:] = rng.uniform(-0.5, 0.5, arr.shape)
    ex.arg_dict['softmax_label'][:] = np.arange(10) % 4
    losses = []
    for _ in range(steps):
        out = ex.forward(is_train=True)[0].asnumpy()
        ex.backward()
        losses.append(-np.log(out[np.arange(10), np.arange(10) % 4]).mean())
        for name, grad in ex.grad_dict.items():
            if name not in ('data', 'softmax_label'):
                ex.arg_dict[name][:] -= 0.05 * grad
    return ex, losses


symbol = net()
attrs = symbol.attr_dict()
for name in ('data', 'fc1', 'fc1_weight', 'softmax', 'fc3_bias'):
    print(name, sorted(attrs[name].items()))
print(symbol.attr('ctx_group'), sorted(symbol.get_internals()['fc1_output'].list_attr().items()))
groups = {'dev1': mx.cpu(1), 'dev2': mx.cpu(2)}
ex, losses = train(groups)
print({k: str(v.context) for k, v in ex.arg_dict.items()})
print(ex.outputs[0].context, [str(g.context) for g in ex.grad_arrays])
_, alone = train(None)
print(' '.join('%.6f' % v for v in losses))
print(np.allclose(losses, alone))
mod = mx.mod.Module(net(), context=mx.cpu(0), group2ctxs=groups)
mod.bind([('data', (10, 6))], [('softmax_label', (10,))])
mx.random.seed(0)
mod.init_params(mx.init.Uniform(0.5))
mod.forward(mx.io.DataBatch([mx.nd.array(rng.rand(10, 6))], [mx.nd.zeros((10,))]))
print(mod.get_outputs()[0].asnumpy()[:2])
