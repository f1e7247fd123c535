"""Metrics of one's own: classes, functions, composites, and what the callbacks print of them."""
import logging
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')


class MultiAccuracy(mx.metric.EvalMetric):
    """Accuracy of several outputs, each by itself."""

    def __init__(self, num=None):
        self.num = num
        super(MultiAccuracy, self).__init__('multi-accuracy')
        self.reset()

    def reset(self):
        self.num_inst = [0] * (self.num or 1)
        self.sum_metric = [0.0] * (self.num or 1)

    def reset_local(self):  # asked for since 1.5
        self.reset()

    def update(self, labels, preds):
        mx.metric.check_label_shapes(labels, preds)
        for i in range(len(labels)):
            pred_label = mx.nd.argmax_channel(preds[i]).asnumpy().astype('int32')
            label = labels[i].asnumpy().astype('int32')
            mx.metric.check_label_shapes(label, pred_label)
            self.sum_metric[i] += (pred_label.flat == label.flat).sum()
            self.num_inst[i] += len(pred_label.flat)

    def get(self):
        names = ['%s-%d' % (self.name, i) for i in range(self.num)]
        return names, [s / n if n else float('nan') for s, n in zip(self.sum_metric, self.num_inst)]


rng = np.random.RandomState(0)
X = rng.rand(120, 10).astype('float32')
Y1 = (X[:, 0] > 0.5).astype('float32')
Y2 = (X[:, 1] * 3).astype(int).astype('float32')
data = mx.sym.Variable('data')
body = mx.sym.Activation(mx.sym.FullyConnected(data, num_hidden=16, name='body'), act_type='tanh')
one = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(body, num_hidden=2, name='fc_one'), name='softmax1')
two = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(body, num_hidden=3, name='fc_two'), name='softmax2')
net = mx.sym.Group([one, two])
mx.random.seed(1)
it = mx.io.NDArrayIter(X, {'softmax1_label': Y1, 'softmax2_label': Y2}, 20)
mod = mx.mod.Module(net, label_names=['softmax1_label', 'softmax2_label'])
mod.fit(it, num_epoch=4, eval_metric=MultiAccuracy(2), initializer=mx.init.Uniform(0.3),
        optimizer_params={'learning_rate': 0.5}, batch_end_callback=mx.callback.Speedometer(20, 3))
print(mod.score(it, MultiAccuracy(2)))


def mean_margin(label, pred):
    return pred.max(axis=1).mean()


def counted(label, pred):
    return float((label == pred.argmax(1)).sum()), len(label)


metric = mx.metric.CompositeEvalMetric()
metric.add(mx.metric.np(counted))
metric.add(mx.metric.CustomMetric(mean_margin, name='margin'))
metric.add(mx.metric.create('acc'))
metric.add('ce')
for step in range(3):
    label = mx.nd.array(rng.randint(0, 4, 6))
    pred = rng.rand(6, 4)
    pred = mx.nd.array(pred / pred.sum(axis=1, keepdims=True))
    metric.update([label], [pred])
    print(metric.get_name_value())
print(metric)
print(str(mx.metric.Accuracy()), mx.metric.F1().get())
print([type(m).__name__ for m in metric.metrics], metric.get_metric(2).get())
try:
    mx.metric.check_label_shapes([1, 2], [1])
except ValueError as e:
    print(e)
