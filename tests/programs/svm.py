"""Support vector machines as output layers, with both losses."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
np.random.seed(1234)
p = np.random.permutation(800)
X, Y = digits['images'].reshape(-1, 64)[p] / 16. - 0.5, digits['labels'][p]
X = X + np.random.normal(0, 0.05, X.shape)


def network(use_linear):
    data = mx.symbol.Variable('data')
    fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=32)
    act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type="relu")
    fc3 = mx.symbol.FullyConnected(data=act1, name='fc3', num_hidden=10)
    return mx.symbol.SVMOutput(data=fc3, name='svm', use_linear=use_linear, margin=1.0, regularization_coefficient=1.0)


for linear in (False, True):
    mx.random.seed(42)
    train = mx.io.NDArrayIter(X[:600], Y[:600], 50, label_name='svm_label')
    test = mx.io.NDArrayIter(X[600:], Y[600:], 50, label_name='svm_label')
    mod = mx.mod.Module(context=mx.cpu(), symbol=network(linear), label_names=['svm_label'])
    mod.fit(train_data=train, eval_data=test, batch_end_callback=mx.callback.Speedometer(50, 6), num_epoch=4,
            initializer=mx.init.Xavier(), optimizer_params={'learning_rate': 0.05, 'momentum': 0.9, 'wd': 0.00001})
    out = mod.predict(test).asnumpy()
    print('accuracy', (out.argmax(axis=1) == Y[600:]).mean(), 'scores %.5f %.5f' % (out.mean(), out.std()))
