"""Iterators of one's own: the protocol of DataIter, and the wrappers around it."""
import mxnet as mx
import numpy as np


class SimpleIter(mx.io.DataIter):
    def __init__(self, data_names, data_shapes, data_gen, label_names, label_shapes, label_gen, num_batches=10):
        super(SimpleIter, self).__init__()
        self._provide_data = list(zip(data_names, data_shapes))
        self._provide_label = list(zip(label_names, label_shapes))
        self.num_batches = num_batches
        self.data_gen = data_gen
        self.label_gen = label_gen
        self.cur_batch = 0

    def __iter__(self):
        return self

    def reset(self):
        self.cur_batch = 0

    def __next__(self):
        return self.next()

    @property
    def provide_data(self):
        return self._provide_data

    @property
    def provide_label(self):
        return self._provide_label

    def next(self):
        if self.cur_batch < self.num_batches:
            self.cur_batch += 1
            data = [mx.nd.array(g(d[1])) for d, g in zip(self._provide_data, self.data_gen)]
            label = [mx.nd.array(g(d[1])) for d, g in zip(self._provide_label, self.label_gen)]
            return mx.io.DataBatch(data, label)
        else:
            raise StopIteration


class Batches(mx.io.DataIter):
    """The older form: iter_next, getdata, getlabel, getpad, getindex."""

    def __init__(self, n):
        super(Batches, self).__init__(2)
        self.n = n
        self.i = -1
        self.provide_data = [mx.io.DataDesc('data', (2, 3))]
        self.provide_label = [mx.io.DataDesc('softmax_label', (2,))]

    def reset(self):
        self.i = -1

    def iter_next(self):
        self.i += 1
        return self.i < self.n

    def getdata(self):
        return [mx.nd.full((2, 3), self.i)]

    def getlabel(self):
        return [mx.nd.array([self.i, self.i + 1])]

    def getpad(self):
        return 1 if self.i == self.n - 1 else 0

    def getindex(self):
        return np.arange(2) + 2 * self.i


rng = np.random.RandomState(0)
n = 32
num_classes = 10
net = mx.sym.Variable('data')
net = mx.sym.FullyConnected(data=net, name='fc1', num_hidden=64)
net = mx.sym.Activation(data=net, name='relu1', act_type="relu")
net = mx.sym.FullyConnected(data=net, name='fc2', num_hidden=num_classes)
net = mx.sym.SoftmaxOutput(data=net, name='softmax')
data_iter = SimpleIter(['data'], [(n, 100)], [lambda s: rng.uniform(-1, 1, s)],
                       ['softmax_label'], [(n,)], [lambda s: rng.randint(0, num_classes, s)])
mx.random.seed(3)
mod = mx.mod.Module(symbol=net)
metric = mx.metric.Accuracy()
mod.fit(data_iter, num_epoch=3, eval_metric=metric, initializer=mx.init.Xavier())
print(metric.get())

for batch in Batches(3):
    print(batch.data[0].asnumpy().tolist(), batch.label[0].asnumpy(), batch.pad, batch.index)
print(Batches(3).provide_data, Batches(3).provide_data[0].layout, Batches(3).provide_label[0].dtype)
resized = mx.io.ResizeIter(Batches(3), 5)
print([b.label[0].asnumpy()[0] for b in resized], resized.batch_size)
pre = mx.io.PrefetchingIter([Batches(2), Batches(2)], rename_data=[{'data': 'a'}, {'data': 'b'}])
print(pre.provide_data, pre.provide_label)
for epoch in range(2):
    for b in pre:
        print([d.asnumpy()[0, 0] for d in b.data], [d.asnumpy().tolist() for d in b.label])
    pre.reset()
print(mx.io.DataBatch([mx.nd.zeros((2, 3))], [mx.nd.zeros((2,))], pad=0))
