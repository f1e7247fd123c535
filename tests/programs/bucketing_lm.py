"""A character model over sentences of several lengths: BucketingModule, an LSTM unrolled by symbols, own batches."""
from __future__ import print_function

import logging
import sys
from collections import namedtuple

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
LSTMState = namedtuple("LSTMState", ["c", "h"])
LSTMParam = namedtuple("LSTMParam", ["i2h_weight", "i2h_bias", "h2h_weight", "h2h_bias"])

TEXT = """the ship sails on the wide sea
a bird sings in the old tree
the old king looks at the sea
we sail on
the tree is old
sing on
a king is at sea
the bird looks at the king
we look at a ship
the sea is wide""".split('\n')
vocab = {c: i + 1 for i, c in enumerate(sorted(set(''.join(TEXT))))}
sentences = [[vocab[c] for c in line] for line in TEXT] * 6
buckets = [8, 16, 32]
batch_size, num_hidden, num_embed, vocab_size = 6, 16, 8, len(vocab) + 1


def lstm(indata, prev_state, param, seqidx, layeridx):
    """An LSTM cell."""
    i2h = mx.sym.FullyConnected(data=indata, weight=param.i2h_weight, bias=param.i2h_bias, num_hidden=num_hidden * 4,
                                name="t%d_l%d_i2h" % (seqidx, layeridx))
    h2h = mx.sym.FullyConnected(data=prev_state.h, weight=param.h2h_weight, bias=param.h2h_bias,
                                num_hidden=num_hidden * 4, name="t%d_l%d_h2h" % (seqidx, layeridx))
    gates = i2h + h2h
    slice_gates = mx.sym.SliceChannel(gates, num_outputs=4, name="t%d_l%d_slice" % (seqidx, layeridx))
    in_gate = mx.sym.Activation(slice_gates[0], act_type="sigmoid")
    in_transform = mx.sym.Activation(slice_gates[1], act_type="tanh")
    forget_gate = mx.sym.Activation(slice_gates[2], act_type="sigmoid")
    out_gate = mx.sym.Activation(slice_gates[3], act_type="sigmoid")
    next_c = (forget_gate * prev_state.c) + (in_gate * in_transform)
    next_h = out_gate * mx.sym.Activation(next_c, act_type="tanh")
    return LSTMState(c=next_c, h=next_h)


def sym_gen(seq_len):
    embed_weight = mx.sym.Variable("embed_weight")
    param = LSTMParam(*[mx.sym.Variable("l0_%s" % n) for n in LSTMParam._fields])
    state = LSTMState(c=mx.sym.Variable("l0_init_c"), h=mx.sym.Variable("l0_init_h"))
    data = mx.sym.Variable('data')
    label = mx.sym.Variable('softmax_label')
    embed = mx.sym.Embedding(data=data, input_dim=vocab_size, weight=embed_weight, output_dim=num_embed, name='embed')
    wordvec = mx.sym.SliceChannel(data=embed, num_outputs=seq_len, squeeze_axis=1)
    hidden_all = []
    for t in range(seq_len):
        state = lstm(wordvec[t], state, param, t, 0)
        hidden_all.append(state.h)
    hidden_concat = mx.sym.Concat(*hidden_all, dim=0)
    pred = mx.sym.FullyConnected(data=hidden_concat, num_hidden=vocab_size, name='pred')
    label = mx.sym.transpose(data=label)
    label = mx.sym.Reshape(data=label, shape=(-1,))
    sm = mx.sym.SoftmaxOutput(data=pred, label=label, name='softmax', use_ignore=True, ignore_label=0)
    return sm, ('data', 'l0_init_c', 'l0_init_h'), ('softmax_label',)


class BucketIter(mx.io.DataIter):
    def __init__(self):
        super(BucketIter, self).__init__(batch_size)
        self.data = [[] for _ in buckets]
        for s in sentences:
            for i, b in enumerate(buckets):
                if len(s) <= b:
                    self.data[i].append(s + [0] * (b - len(s)))
                    break
        self.plan = [(i, j) for i, d in enumerate(self.data) for j in range(0, len(d) - batch_size + 1, batch_size)]
        self.init_states = [('l0_init_c', (batch_size, num_hidden)), ('l0_init_h', (batch_size, num_hidden))]
        self.default_bucket_key = max(buckets)
        self.provide_data = [('data', (batch_size, self.default_bucket_key))] + self.init_states
        self.provide_label = [('softmax_label', (batch_size, self.default_bucket_key))]
        self.reset()

    def reset(self):
        np.random.shuffle(self.plan)
        self.curr = 0

    def next(self):
        if self.curr == len(self.plan):
            raise StopIteration
        i, j = self.plan[self.curr]
        self.curr += 1
        x = np.array(self.data[i][j:j + batch_size])
        y = np.zeros_like(x)
        y[:, :-1] = x[:, 1:]
        data = [mx.nd.array(x)] + [mx.nd.zeros(s) for _, s in self.init_states]
        return mx.io.DataBatch(data, [mx.nd.array(y)], pad=0, bucket_key=buckets[i],
                               provide_data=[('data', x.shape)] + self.init_states,
                               provide_label=[('softmax_label', y.shape)])


def Perplexity(label, pred):
    label = label.T.reshape((-1,))
    loss, n = 0., 0
    for i in range(pred.shape[0]):
        if label[i] > 0:
            loss += -np.log(max(1e-10, pred[i][int(label[i])]))
            n += 1
    return np.exp(loss / n)


mx.random.seed(10)
np.random.seed(10)
train = BucketIter()
print('buckets', [len(d) for d in train.data], 'words', vocab_size)
model = mx.mod.BucketingModule(sym_gen, default_bucket_key=train.default_bucket_key, context=mx.cpu())
model.fit(train_data=train, eval_data=train, eval_metric=mx.metric.np(Perplexity), kvstore='device', optimizer='sgd',
          optimizer_params={'learning_rate': 0.1, 'momentum': 0.9, 'wd': 0.00001}, num_epoch=5,
          initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
          batch_end_callback=mx.callback.Speedometer(batch_size, 4))
args, auxs = model.get_params()
print(sorted((k, v.shape) for k, v in args.items()), auxs)
