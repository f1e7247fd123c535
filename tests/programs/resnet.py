"""A small residual network of pre-activation units with batch normalization."""
# compare: exact=12
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
bn_mom = 0.9


def residual_unit(data, num_filter, stride, dim_match, name):
    bn1 = mx.sym.BatchNorm(data=data, fix_gamma=False, eps=2e-5, momentum=bn_mom, name=name + '_bn1')
    act1 = mx.sym.Activation(data=bn1, act_type='relu', name=name + '_relu1')
    conv1 = mx.sym.Convolution(data=act1, num_filter=num_filter, kernel=(3, 3), stride=stride, pad=(1, 1),
                               no_bias=True, workspace=256, name=name + '_conv1')
    bn2 = mx.sym.BatchNorm(data=conv1, fix_gamma=False, eps=2e-5, momentum=bn_mom, name=name + '_bn2')
    act2 = mx.sym.Activation(data=bn2, act_type='relu', name=name + '_relu2')
    conv2 = mx.sym.Convolution(data=act2, num_filter=num_filter, kernel=(3, 3), stride=(1, 1), pad=(1, 1),
                               no_bias=True, workspace=256, name=name + '_conv2')
    if dim_match:
        shortcut = data
    else:
        shortcut = mx.sym.Convolution(data=act1, num_filter=num_filter, kernel=(1, 1), stride=stride, no_bias=True,
                                      workspace=256, name=name + '_sc')
    return conv2 + shortcut


def resnet(units, filters, num_classes):
    data = mx.sym.Variable(name='data')
    data = mx.sym.identity(data=data, name='id')
    data = mx.sym.BatchNorm(data=data, fix_gamma=True, eps=2e-5, momentum=bn_mom, name='bn_data')
    body = mx.sym.Convolution(data=data, num_filter=filters[0], kernel=(3, 3), stride=(1, 1), pad=(1, 1), no_bias=True,
                              name='conv0', workspace=256)
    for i in range(len(units)):
        body = residual_unit(body, filters[i + 1], (1 if i == 0 else 2,) * 2, False, 'stage%d_unit%d' % (i + 1, 1))
        for j in range(units[i] - 1):
            body = residual_unit(body, filters[i + 1], (1, 1), True, 'stage%d_unit%d' % (i + 1, j + 2))
    bn1 = mx.sym.BatchNorm(data=body, fix_gamma=False, eps=2e-5, momentum=bn_mom, name='bn1')
    relu1 = mx.sym.Activation(data=bn1, act_type='relu', name='relu1')
    pool1 = mx.sym.Pooling(data=relu1, global_pool=True, kernel=(7, 7), pool_type='avg', name='pool1')
    flat = mx.sym.Flatten(data=pool1)
    fc1 = mx.sym.FullyConnected(data=flat, num_hidden=num_classes, name='fc1')
    return mx.sym.SoftmaxOutput(data=fc1, name='softmax')


sym = resnet([1, 2], [8, 8, 16], 10)
arg_shapes, _, aux_shapes = sym.infer_shape(data=(40, 1, 8, 8))
print(sum(int(np.prod(s)) for s in arg_shapes), 'numbers in arguments', sum(s[0] for s in aux_shapes), 'in states')
mx.random.seed(2)
np.random.seed(2)
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
images = digits['images'][:, np.newaxis].astype(np.float32)
labels = digits['labels'].astype(np.float32)
train = mx.io.NDArrayIter(images[:400], labels[:400], 40, shuffle=True)
val = mx.io.NDArrayIter(images[400:600], labels[400:600], 40)
mod = mx.mod.Module(sym)
losses = []
mod.fit(train, val, eval_metric=['acc', 'ce'], num_epoch=2, optimizer='nag',
        optimizer_params={'learning_rate': 0.05, 'momentum': 0.9, 'wd': 1e-4},
        initializer=mx.init.Xavier(rnd_type='gaussian', factor_type="in", magnitude=2),
        batch_end_callback=lambda param: losses.append(param.eval_metric.get()[1][1]))
print(' '.join('%.5f' % loss for loss in losses))
arg_params, aux_params = mod.get_params()
for name in ('bn_data_moving_mean', 'bn_data_moving_var', 'bn1_moving_var'):
    print(name, aux_params[name].asnumpy()[:4])
print('bn_data_gamma', arg_params['bn_data_gamma'].asnumpy(), 'bn1_gamma', arg_params['bn1_gamma'].asnumpy()[:4])
