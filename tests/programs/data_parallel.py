"""One batch over several contexts: by Module with loads, by kvstores, and by hand."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X, Y = digits['images'].reshape(-1, 64)[:480] / 16., digits['labels'][:480]


def mlp():
    net = mx.sym.Variable('data')
    net = mx.sym.FullyConnected(net, num_hidden=32, name='fc1')
    net = mx.sym.Activation(net, act_type='tanh', name='act1')
    net = mx.sym.FullyConnected(net, num_hidden=10, name='fc2')
    return mx.sym.SoftmaxOutput(net, name='softmax')


devs = [mx.cpu(i) for i in range(3)]
for kv, loads in (('local', None), ('device', [1, 2, 1]), (mx.kv.create('local'), [2, 1, 1])):
    mx.random.seed(1)
    mod = mx.mod.Module(mlp(), context=devs, work_load_list=loads)
    mod.fit(mx.io.NDArrayIter(X, Y, 48), num_epoch=2, kvstore=kv, eval_metric='ce', initializer=mx.init.Xavier(),
            optimizer_params={'learning_rate': 0.1, 'momentum': 0.9})
    print([e.arg_dict['data'].shape for e in mod._exec_group.execs], [o.shape for o in mod.get_outputs()])
    print([[o.context for o in each] for each in mod.get_outputs(merge_multi_context=False)])

print(mx.executor_manager._split_input_slice(48, [1, 2, 1]))


def train_by_hand(devs, steps=10, batch_size=48, lr=0.1):
    net = mlp()
    n = batch_size // len(devs)
    exes = [net.simple_bind(ctx=d, data=(n, 64)) for d in devs]
    params = [k for k in net.list_arguments() if k not in ('data', 'softmax_label')]
    mx.random.seed(1)
    for k in params:
        if k.endswith('weight'):
            exes[0].arg_dict[k][:] = mx.random.uniform(-0.1, 0.1, exes[0].arg_dict[k].shape)
    for e in exes[1:]:
        e.copy_params_from({k: exes[0].arg_dict[k] for k in params}, allow_extra_params=True)
    losses = []
    for step in range(steps):
        x, y = X[step * 48 % 480:][:48], Y[step * 48 % 480:][:48]
        loss = 0
        for j, e in enumerate(exes):
            e.forward(is_train=True, data=mx.nd.array(x[j * n:(j + 1) * n], ctx=devs[j]),
                      softmax_label=mx.nd.array(y[j * n:(j + 1) * n], ctx=devs[j]))
            e.backward()
        for j, e in enumerate(exes):
            loss -= np.log(e.outputs[0].asnumpy()[np.arange(n), y[j * n:(j + 1) * n]]).sum()
        losses.append(loss / batch_size)
        for k in params:
            total = mx.nd.zeros(exes[0].grad_dict[k].shape, devs[0])
            for e in exes:
                total += e.grad_dict[k].as_in_context(devs[0])
            exes[0].arg_dict[k][:] -= lr / batch_size * total
            for e in exes[1:]:
                exes[0].arg_dict[k].copyto(e.arg_dict[k])
    return losses


for count in (1, 2, 4):
    print(count, ' '.join('%.5f' % v for v in train_by_hand([mx.cpu(i) for i in range(count)])))
