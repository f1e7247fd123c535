"""A generator and a discriminator as two modules; the generator learns from the discriminator's input gradients."""
import os

import mxnet as mx
import numpy as np

batch_size, Z = 32, 12


def make_dcgan_sym():
    rand = mx.sym.Variable('rand')
    g1 = mx.sym.FullyConnected(rand, name='g1', num_hidden=64)
    gact1 = mx.sym.LeakyReLU(g1, name='gact1', act_type='leaky', slope=0.2)
    g2 = mx.sym.Reshape(gact1, shape=(-1, 16, 2, 2))
    g3 = mx.sym.Deconvolution(g2, name='g3', kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=8, no_bias=True)
    gact3 = mx.sym.Activation(g3, name='gact3', act_type='relu')
    g4 = mx.sym.Deconvolution(gact3, name='g4', kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=1, no_bias=True)
    gout = mx.sym.Activation(g4, name='gact4', act_type='tanh')

    data = mx.sym.Variable('data')
    label = mx.sym.Variable('label')
    d1 = mx.sym.Convolution(data, name='d1', kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=8, no_bias=True)
    dact1 = mx.sym.LeakyReLU(d1, name='dact1', act_type='leaky', slope=0.2)
    d2 = mx.sym.Flatten(dact1)
    d3 = mx.sym.FullyConnected(d2, name='d3', num_hidden=1)
    dloss = mx.sym.LogisticRegressionOutput(data=d3, label=label, name='dloss')
    return gout, dloss


class RandIter(mx.io.DataIter):
    def __init__(self, batch_size, ndim):
        self.batch_size = batch_size
        self.ndim = ndim
        self.provide_data = [('rand', (batch_size, ndim))]
        self.provide_label = []

    def iter_next(self):
        return True

    def getdata(self):
        return [mx.random.normal(0, 1.0, shape=(self.batch_size, self.ndim))]


mx.random.seed(7)
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X = digits['images'][:640, None] / 8.0 - 1.0
train_iter = mx.io.NDArrayIter(X, batch_size=batch_size)
rand_iter = RandIter(batch_size, Z)
label = mx.nd.zeros((batch_size,))
symG, symD = make_dcgan_sym()

modG = mx.mod.Module(symbol=symG, data_names=('rand',), label_names=None)
modG.bind(data_shapes=rand_iter.provide_data)
modG.init_params(initializer=mx.init.Normal(0.2))
modG.init_optimizer(optimizer='adam', optimizer_params={'learning_rate': 0.002, 'wd': 0., 'beta1': 0.5})
modD = mx.mod.Module(symbol=symD, data_names=('data',), label_names=('label',))
modD.bind(data_shapes=train_iter.provide_data, label_shapes=[('label', (batch_size,))], inputs_need_grad=True)
modD.init_params(initializer=mx.init.Normal(0.2))
modD.init_optimizer(optimizer='adam', optimizer_params={'learning_rate': 0.002, 'wd': 0., 'beta1': 0.5})


def facc(label, pred):
    pred = pred.ravel()
    label = label.ravel()
    return ((pred > 0.5) == label).mean()


def fentropy(label, pred):
    pred = pred.ravel()
    label = label.ravel()
    return -(label * np.log(pred + 1e-12) + (1. - label) * np.log(1. - pred + 1e-12)).mean()


mG = mx.metric.CustomMetric(fentropy)
mD = mx.metric.CustomMetric(fentropy)
mACC = mx.metric.CustomMetric(facc)
train_iter.reset()
for t, batch in enumerate(train_iter):
    rbatch = rand_iter.next()
    modG.forward(rbatch, is_train=True)
    outG = modG.get_outputs()
    # update discriminator on fake
    label[:] = 0
    modD.forward(mx.io.DataBatch(outG, [label]), is_train=True)
    modD.backward()
    gradD = [[grad.copyto(grad.context) for grad in grads] for grads in modD._exec_group.grad_arrays]
    modD.update_metric(mD, [label])
    modD.update_metric(mACC, [label])
    # update discriminator on real
    label[:] = 1
    batch.label = [label]
    modD.forward(batch, is_train=True)
    modD.backward()
    for gradsr, gradsf in zip(modD._exec_group.grad_arrays, gradD):
        for gradr, gradf in zip(gradsr, gradsf):
            gradr += gradf
    modD.update()
    modD.update_metric(mD, [label])
    modD.update_metric(mACC, [label])
    # update generator
    label[:] = 1
    modD.forward(mx.io.DataBatch(outG, [label]), is_train=True)
    modD.backward()
    diffD = modD.get_input_grads()
    modG.backward(diffD)
    modG.update()
    mG.update([label], modD.get_outputs())
    print('batch %2d accuracy %.6f generator %.6f discriminator %.6f' % (t, mACC.get()[1], mG.get()[1], mD.get()[1]))
print(outG[0].shape, '%.5f' % outG[0].asnumpy().std())
