"""The model API of the first years: FeedForward on digits."""
import logging
import os
import sys
import warnings

import mxnet as mx
import numpy as np

warnings.simplefilter('ignore')
head = '%(asctime)-15s Node[0] %(message)s'
logging.basicConfig(level=logging.DEBUG, format=head, stream=sys.stdout)
mx.random.seed(5)
np.random.seed(5)

digits = np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'digits.npz'))
X = digits['images'].reshape((800, 64)).astype(np.float32) / 16
Y = digits['labels'].astype(np.float32)


def get_mlp():
    data = mx.symbol.Variable('data')
    fc1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=64)
    act1 = mx.symbol.Activation(data=fc1, name='relu1', act_type="relu")
    fc2 = mx.symbol.FullyConnected(data=act1, name='fc2', num_hidden=32)
    act2 = mx.symbol.Activation(data=fc2, name='relu2', act_type="relu")
    fc3 = mx.symbol.FullyConnected(data=act2, name='fc3', num_hidden=10)
    return mx.symbol.SoftmaxOutput(data=fc3, name='softmax')


train = mx.io.NDArrayIter(X[:600], Y[:600], batch_size=50, shuffle=True)
val = mx.io.NDArrayIter(X[600:], Y[600:], batch_size=50)
model = mx.model.FeedForward(ctx=mx.cpu(), symbol=get_mlp(), num_epoch=6, learning_rate=0.1, momentum=0.9, wd=0.00001,
                             initializer=mx.init.Xavier(factor_type="in", magnitude=2.34))
model.fit(X=train, eval_data=val, batch_end_callback=mx.callback.Speedometer(50, 4), kvstore=None,
          epoch_end_callback=lambda epoch, symbol, args, auxs: print('epoch', epoch, symbol.name, sorted(args), auxs))
print('accuracy', model.score(val))
prob = model.predict(X[600:605])
print(type(prob).__name__, prob.shape, prob.argmax(axis=1), Y[600:605])
prob, data, label = model.predict(val, num_batch=2, return_data=True)
print(prob.shape, data.shape, label[:8])

# as in numpy: arrays in, and the other way to build a model
model = mx.model.FeedForward.create(get_mlp(), X=X[:200], y=Y[:200], ctx=[mx.cpu()], num_epoch=2, learning_rate=0.05,
                                    numpy_batch_size=40, eval_data=(X[600:], Y[600:]), eval_metric='ce')
print(sorted(model.arg_params), model.num_epoch, model.begin_epoch)
