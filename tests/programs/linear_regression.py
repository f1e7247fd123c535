"""Fit y = x1 + 2 * x2 by a module, then predict and score."""
from __future__ import print_function
import logging
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
mx.random.seed(1)
np.random.seed(1)

train_data = np.random.uniform(0, 1, [100, 2])
train_label = np.array([train_data[i][0] + 2 * train_data[i][1] for i in range(100)])
batch_size = 10
eval_data = np.array([[7, 2], [6, 10], [12, 2]])
eval_label = np.array([11, 26, 16])

train_iter = mx.io.NDArrayIter(train_data, train_label, batch_size, shuffle=True, label_name='lin_reg_label')
eval_iter = mx.io.NDArrayIter(eval_data, eval_label, 3, shuffle=False, label_name='lin_reg_label')

X = mx.sym.Variable('data')
Y = mx.symbol.Variable('lin_reg_label')
fully_connected_layer = mx.sym.FullyConnected(data=X, name='fc1', num_hidden=1)
lro = mx.sym.LinearRegressionOutput(data=fully_connected_layer, label=Y, name="lro")

model = mx.mod.Module(symbol=lro, data_names=['data'], label_names=['lin_reg_label'])
model.fit(train_iter, eval_iter, optimizer_params={'learning_rate': 0.005, 'momentum': 0.9}, num_epoch=12,
          eval_metric='mse', batch_end_callback=mx.callback.Speedometer(batch_size, 2))

print(model.predict(eval_iter).asnumpy())
metric = mx.metric.MSE()
print(model.score(eval_iter, metric))
print(sorted((k, v.shape) for k, v in model.get_params()[0].items()))
eval_iter = mx.io.NDArrayIter(eval_data, eval_label + 0.1, 3, label_name='lin_reg_label')
mse = model.score(eval_iter, ['mse', 'mae'])
print(mse)
