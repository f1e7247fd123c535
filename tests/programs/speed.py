"""Timing as scripts did it: Speedometer with and without a metric, waitall, batches per second, other callbacks."""
import logging
import sys
import time

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')


def dummy(batch_size, shape, batches):
    data = mx.nd.array(np.random.RandomState(0).rand(*((batch_size,) + shape)))
    label = mx.nd.array(np.arange(batch_size) % 10)
    for _ in range(batches):
        yield mx.io.DataBatch([data], [label])


net = mx.sym.Flatten(mx.sym.Variable('data'))
net = mx.sym.FullyConnected(net, num_hidden=10, name='fc')
net = mx.sym.SoftmaxOutput(net, name='softmax')
mod = mx.mod.Module(net)
mod.bind([('data', (16, 1, 8, 8))], [('softmax_label', (16,))])
mod.init_params(mx.init.One())
mod.init_optimizer()
metric = mx.metric.create('acc')
speedometer = mx.callback.Speedometer(16, 3)
plain = mx.callback.Speedometer(16, frequent=4, auto_reset=False)
tic, seen = time.time(), 0
for epoch in range(2):
    metric.reset()
    for i, batch in enumerate(dummy(16, (1, 8, 8), 10)):
        mod.forward_backward(batch)
        mod.update()
        mod.update_metric(metric, batch.label)
        for callback, m in ((speedometer, metric), (plain, None)):
            callback(mx.model.BatchEndParam(epoch=epoch, nbatch=i, eval_metric=m, locals=locals()))
        seen += 16
mx.nd.waitall()
took = time.time() - tic
print('measured:', seen / took > 1, mx.model.BatchEndParam._fields)
bar = mx.callback.ProgressBar(total=4, length=8)
for i in range(5):
    bar(mx.model.BatchEndParam(epoch=0, nbatch=i, eval_metric=None, locals=None))
log = mx.callback.log_train_metric(2)
for i in range(4):
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[1, 0], [i % 2, 0.5]])])
    log(mx.model.BatchEndParam(epoch=3, nbatch=i, eval_metric=metric, locals=None))
mx.callback.LogValidationMetricsCallback()(mx.model.BatchEndParam(epoch=3, nbatch=4, eval_metric=metric, locals=None))
