"""Recommender: embeddings of users and items, a custom metric, several inputs."""
import logging
import math
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format='%(message)s')


def RMSE(label, pred):
    ret = 0.0
    n = 0.0
    pred = pred.flatten()
    for i in range(len(label)):
        ret += (label[i] - pred[i]) * (label[i] - pred[i])
        n += 1.0
    return math.sqrt(ret / n)


def plain_net(k, max_user, max_item):
    user = mx.symbol.Variable('user')
    item = mx.symbol.Variable('item')
    score = mx.symbol.Variable('score')
    user = mx.symbol.Embedding(data=user, input_dim=max_user, output_dim=k, name='user_embed')
    item = mx.symbol.Embedding(data=item, input_dim=max_item, output_dim=k, name='item_embed')
    pred = user * item
    pred = mx.symbol.sum_axis(data=pred, axis=1)
    pred = mx.symbol.Flatten(data=pred)
    return mx.symbol.LinearRegressionOutput(data=pred, label=score)


np.random.seed(9)
mx.random.seed(9)
users, items, k = 30, 40, 6
U, V = np.random.randn(users, 3), np.random.randn(items, 3)
u = np.random.randint(0, users, 1000)
v = np.random.randint(0, items, 1000)
s = (U[u] * V[v]).sum(1) + 0.1 * np.random.randn(1000)
train = mx.io.NDArrayIter({'user': u[:800], 'item': v[:800]}, {'score': s[:800]}, batch_size=50, shuffle=True)
test = mx.io.NDArrayIter({'user': u[800:], 'item': v[800:]}, {'score': s[800:]}, batch_size=50)
print([d.name for d in train.provide_data], train.provide_label)
net = plain_net(k, users, items)
print(net.list_arguments(), net.list_outputs())
model = mx.mod.Module(net, data_names=['user', 'item'], label_names=['score'])
model.fit(train, eval_data=test, eval_metric=RMSE, optimizer='adam', optimizer_params={'learning_rate': 0.02},
          initializer=mx.init.Normal(0.5), num_epoch=4, batch_end_callback=mx.callback.Speedometer(50, 5))
arg_params = model.get_params()[0]
print('%.5f %.5f' % (arg_params['user_embed_weight'].norm().asscalar(),
                     float(arg_params['item_embed_weight'].asnumpy().std())))
print(model.predict(test, num_batch=1).asnumpy()[:5])
