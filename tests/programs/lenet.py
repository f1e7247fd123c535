"""LeNet on digits of 8 by 8, the network in a function, fit by a module."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(asctime)s %(levelname)s:%(name)s: %(message)s')


def get_lenet():
    data = mx.symbol.Variable('data')
    # first conv
    conv1 = mx.symbol.Convolution(data=data, kernel=(3, 3), pad=(1, 1), num_filter=10)
    tanh1 = mx.symbol.Activation(data=conv1, act_type="tanh")
    pool1 = mx.symbol.Pooling(data=tanh1, pool_type="max", kernel=(2, 2), stride=(2, 2))
    # second conv
    conv2 = mx.symbol.Convolution(data=pool1, kernel=(3, 3), num_filter=20)
    tanh2 = mx.symbol.Activation(data=conv2, act_type="tanh")
    pool2 = mx.symbol.Pooling(data=tanh2, pool_type="max", kernel=(2, 2), stride=(2, 2))
    # first fullc
    flatten = mx.symbol.Flatten(data=pool2)
    fc1 = mx.symbol.FullyConnected(data=flatten, num_hidden=50)
    tanh3 = mx.symbol.Activation(data=fc1, act_type="tanh")
    # second fullc
    fc2 = mx.symbol.FullyConnected(data=tanh3, num_hidden=10)
    return mx.symbol.SoftmaxOutput(data=fc2, name='softmax')


net = get_lenet()
print(net.list_arguments())
mx.random.seed(11)
np.random.seed(11)
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
images = digits['images'][:, np.newaxis].astype(np.float32) / 16. - 0.5
labels = digits['labels'].astype(np.float32)
train = mx.io.NDArrayIter({'data': images[:600]}, {'softmax_label': labels[:600]}, 60, True)
val = mx.io.NDArrayIter(images[600:], labels[600:], 50)
losses = []


def cross_entropy(param):
    prob = param.locals['self'].get_outputs()[0].asnumpy()
    label = param.locals['data_batch'].label[0].asnumpy().astype(int)
    losses.append(-np.log(prob[np.arange(len(label)), label]).mean())


mod = mx.mod.Module(net, label_names=('softmax_label',))
mod.fit(train, val, num_epoch=5, optimizer='sgd', kvstore='local',
        optimizer_params={'learning_rate': 0.1, 'momentum': 0.9, 'wd': 0.0001},
        initializer=mx.init.Xavier(), batch_end_callback=cross_entropy)
for step, loss in enumerate(losses):
    print('step %2d loss %.6f' % (step, loss))
print('%s: %f' % tuple(mod.score(val, mx.metric.Accuracy())[0]))
