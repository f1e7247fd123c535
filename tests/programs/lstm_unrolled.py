"""Two layers of LSTM, unrolled by symbols, weights as named tuples, bound and trained by hand."""
import math
from collections import namedtuple

import mxnet as mx
import numpy as np

LSTMState = namedtuple("LSTMState", ["c", "h"])
LSTMParam = namedtuple("LSTMParam", ["i2h_weight", "i2h_bias", "h2h_weight", "h2h_bias"])
LSTMModel = namedtuple("LSTMModel", ["rnn_exec", "symbol", "init_states", "last_states", "seq_data", "seq_labels",
                                     "seq_outputs", "param_blocks"])


def lstm(num_hidden, indata, prev_state, param, seqidx, layeridx, dropout=0.):
    if dropout > 0.:
        indata = mx.sym.Dropout(data=indata, p=dropout)
    i2h = mx.sym.FullyConnected(data=indata, weight=param.i2h_weight, bias=param.i2h_bias, num_hidden=num_hidden * 4,
                                name="t%d_l%d_i2h" % (seqidx, layeridx))
    h2h = mx.sym.FullyConnected(data=prev_state.h, weight=param.h2h_weight, bias=param.h2h_bias,
                                num_hidden=num_hidden * 4, name="t%d_l%d_h2h" % (seqidx, layeridx))
    slice_gates = mx.sym.SliceChannel(i2h + h2h, num_outputs=4, name="t%d_l%d_slice" % (seqidx, layeridx))
    in_gate = mx.sym.Activation(slice_gates[0], act_type="sigmoid")
    in_transform = mx.sym.Activation(slice_gates[1], act_type="tanh")
    forget_gate = mx.sym.Activation(slice_gates[2], act_type="sigmoid")
    out_gate = mx.sym.Activation(slice_gates[3], act_type="sigmoid")
    next_c = (forget_gate * prev_state.c) + (in_gate * in_transform)
    return LSTMState(c=next_c, h=out_gate * mx.sym.Activation(next_c, act_type="tanh"))


def lstm_unroll(num_layers, seq_len, input_size, num_hidden, num_embed, num_label, dropout=0.):
    embed_weight = mx.sym.Variable("embed_weight")
    cls_weight = mx.sym.Variable("cls_weight")
    cls_bias = mx.sym.Variable("cls_bias")
    params, states = [], []
    for i in range(num_layers):
        params.append(LSTMParam(*[mx.sym.Variable("l%d_%s" % (i, n)) for n in LSTMParam._fields]))
        states.append(LSTMState(c=mx.sym.Variable("l%d_init_c" % i), h=mx.sym.Variable("l%d_init_h" % i)))
    out_prob = []
    for t in range(seq_len):
        data = mx.sym.Variable("t%d_data" % t)
        hidden = mx.sym.Embedding(data=data, weight=embed_weight, input_dim=input_size, output_dim=num_embed,
                                  name="t%d_embed" % t)
        for i in range(num_layers):
            states[i] = lstm(num_hidden, hidden, states[i], params[i], t, i, dropout if i else 0.)
            hidden = states[i].h
        fc = mx.sym.FullyConnected(data=hidden, weight=cls_weight, bias=cls_bias, num_hidden=num_label,
                                   name="t%d_cls" % t)
        out_prob.append(mx.sym.SoftmaxOutput(data=fc, label=mx.sym.Variable("t%d_label" % t), name="t%d_sm" % t))
    for i in range(num_layers):
        states[i] = LSTMState(c=mx.sym.BlockGrad(states[i].c, name="l%d_last_c" % i),
                              h=mx.sym.BlockGrad(states[i].h, name="l%d_last_h" % i))
    unpack_c = [s.c for s in states]
    unpack_h = [s.h for s in states]
    return mx.sym.Group(out_prob + unpack_c + unpack_h)


def setup(ctx, num_layers, seq_len, num_hidden, num_embed, num_label, batch_size, input_size, dropout):
    sym = lstm_unroll(num_layers, seq_len, input_size, num_hidden, num_embed, num_label, dropout)
    arg_names = sym.list_arguments()
    shapes = {}
    for name in arg_names:
        if name.endswith("init_c") or name.endswith("init_h"):
            shapes[name] = (batch_size, num_hidden)
        elif name.endswith("data") or name.endswith("label"):
            shapes[name] = (batch_size,)
    arg_shape, _, _ = sym.infer_shape(**shapes)
    arrays = [mx.nd.zeros(s, ctx) for s in arg_shape]
    args_grad, blocks = {}, []
    for i, name in enumerate(arg_names):
        if name not in shapes:
            args_grad[name] = mx.nd.zeros(arg_shape[i], ctx)
            mx.init.Uniform(0.1)(mx.init.InitDesc(name), arrays[i]) if not name.endswith('bias') else None
            blocks.append((i, arrays[i], args_grad[name], name))
    rnn_exec = sym.bind(ctx=ctx, args=arrays, args_grad=args_grad,
                        grad_req={n: 'write' if n in args_grad else 'null' for n in arg_names})
    args, outs = dict(zip(arg_names, arrays)), dict(zip(sym.list_outputs(), rnn_exec.outputs))
    return LSTMModel(rnn_exec, sym,
                     [LSTMState(args["l%d_init_c" % i], args["l%d_init_h" % i]) for i in range(num_layers)],
                     [LSTMState(outs["l%d_last_c_output" % i], outs["l%d_last_h_output" % i])
                      for i in range(num_layers)],
                     [args["t%d_data" % i] for i in range(seq_len)], [args["t%d_label" % i] for i in range(seq_len)],
                     [outs["t%d_sm_output" % i] for i in range(seq_len)], blocks)


mx.random.seed(2)
text = "a rose is a rose is a rose; " * 12
vocab = dict((c, i) for i, c in enumerate(sorted(set(text))))
batch_size, seq_len = 4, 7
ids = np.array([vocab[c] for c in text])
n = len(ids) // batch_size
X = ids[:n * batch_size].reshape((batch_size, n)).T
m = setup(mx.cpu(), 2, seq_len, 12, 6, len(vocab), batch_size, len(vocab), 0.2)
print(len(m.symbol.list_arguments()), len(m.symbol.get_internals().list_outputs()), m.symbol.list_outputs()[-4:])
opt = mx.optimizer.create('adam', learning_rate=0.02)
updater = mx.optimizer.get_updater(opt)
for epoch in range(4):
    for state in m.init_states:
        state.c[:] = 0.0
        state.h[:] = 0.0
    nll, count, norms = 0., 0, []
    for begin in range(0, n - 1 - seq_len, seq_len):
        for t in range(seq_len):
            m.seq_data[t][:] = X[begin + t]
            m.seq_labels[t][:] = X[begin + t + 1]
        m.rnn_exec.forward(is_train=True)
        m.rnn_exec.backward()
        for init, last in zip(m.init_states, m.last_states):
            last.c.copyto(init.c)
            last.h.copyto(init.h)
        norm = math.sqrt(sum((mx.nd.norm(g) / batch_size).asscalar() ** 2 for _, _, g, _ in m.param_blocks))
        norms.append(norm)
        for idx, weight, grad, name in m.param_blocks:
            grad /= batch_size
            if norm > 1.0:
                grad *= 1.0 / norm
            updater(idx, grad, weight)
        for t in range(seq_len):
            p = mx.nd.choose_element_0index(m.seq_outputs[t], m.seq_labels[t]).asnumpy()
            nll -= np.log(np.maximum(p, 1e-10)).sum()
            count += batch_size
    print('epoch %d nll %.6f perplexity %.5f norm %.5f' % (epoch, nll / count, math.exp(nll / count), np.mean(norms)))
