"""Word vectors by noise-contrastive estimation: several labels a word, weights shared by an Embedding."""
# compare: exact=2 rtol=1e-3
import logging
import sys
from collections import Counter

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
TEXT = ("the cat sat on the mat and the dog sat on the rug while the cat saw the dog and the dog saw the cat on the "
        "mat so the dog and the cat sat").split() * 6
freq = Counter(TEXT)
vocab = {w: i for i, w in enumerate(sorted(freq, key=lambda w: (-freq[w], w)))}
ids = [vocab[w] for w in TEXT]
num_label, dim, window, batch_size = 5, 8, 2, 32


def nce_loss(data, label, label_weight, embed_weight, vocab_size, num_hidden, num_label):
    label_embed = mx.sym.Embedding(data=label, input_dim=vocab_size, weight=embed_weight, output_dim=num_hidden,
                                   name='label_embed')
    data = mx.sym.Reshape(data=data, shape=(-1, 1, num_hidden))
    pred = mx.sym.broadcast_mul(data, label_embed)
    pred = mx.sym.sum(data=pred, axis=2)
    return mx.sym.LogisticRegressionOutput(data=pred, label=label_weight)


def get_word_net(vocab_size, num_input, num_label):
    data = mx.sym.Variable('data')
    label = mx.sym.Variable('label')
    label_weight = mx.sym.Variable('label_weight')
    embed_weight = mx.sym.Variable('embed_weight')
    data_embed = mx.sym.Embedding(data=data, input_dim=vocab_size, weight=embed_weight, output_dim=dim,
                                  name='data_embed')
    datavec = mx.sym.SliceChannel(data=data_embed, num_outputs=num_input, squeeze_axis=1, name='data_slice')
    pred = datavec[0]
    for i in range(1, num_input):
        pred = pred + datavec[i]
    return nce_loss(pred, label, label_weight, embed_weight, vocab_size, dim, num_label)


class NceAuc(mx.metric.EvalMetric):
    def __init__(self):
        super(NceAuc, self).__init__('nce-auc')

    def update(self, labels, preds):
        label_weight = labels[1].asnumpy()
        preds = preds[0].asnumpy()
        tmp = [(label_weight[i][j], preds[i][j]) for i in range(preds.shape[0]) for j in range(preds.shape[1])]
        tmp = sorted(tmp, key=lambda each: each[1], reverse=True)
        m = sum(each[0] for each in tmp)
        n = len(tmp) - m
        z = sum(len(tmp) - i for i, each in enumerate(tmp) if each[0] > 0.5) - m * (m + 1.0) / 2.0
        self.sum_metric += z / (m * n)
        self.num_inst += 1


rng = np.random.RandomState(5)
contexts, labels, weights = [], [], []
for i in range(window, len(ids) - window):
    contexts.append(ids[i - window:i] + ids[i + 1:i + 1 + window])
    labels.append([ids[i]] + list(rng.randint(0, len(vocab), num_label - 1)))
    weights.append([1.0] + [0.0] * (num_label - 1))
train = mx.io.NDArrayIter({'data': np.array(contexts)}, {'label': np.array(labels), 'label_weight': np.array(weights)},
                          batch_size, last_batch_handle='discard')
network = get_word_net(len(vocab), 2 * window, num_label)
print(network.list_arguments(), len(contexts))
mx.random.seed(3)
model = mx.mod.Module(symbol=network, data_names=['data'], label_names=['label', 'label_weight'])
model.fit(train_data=train, num_epoch=4, optimizer='sgd', eval_metric=NceAuc(), initializer=mx.init.Xavier(),
          optimizer_params={'learning_rate': 0.3, 'momentum': 0.9, 'wd': 0.0000},
          batch_end_callback=mx.callback.Speedometer(batch_size, 2, auto_reset=True))
vectors = mx.nd.L2Normalization(model.get_params()[0]['embed_weight'])
near = mx.nd.dot(vectors, vectors.T)
print(near[:3].asnumpy())
