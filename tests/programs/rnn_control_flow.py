"""A recurrent network over nd with Python's own loops, with foreach and while_loop, under autograd."""
from __future__ import print_function

import mxnet as mx
from mxnet import autograd, nd

mx.random.seed(1)
text = "to be or not to be that is the question "
chars = sorted(set(text))
index = dict((c, i) for i, c in enumerate(chars))
vocab, hidden, seq = len(chars), 16, 10
encoded = nd.array([index[c] for c in text])
X = nd.one_hot(encoded[:-1], vocab)
Y = nd.one_hot(encoded[1:], vocab)

Wxh = nd.random_normal(shape=(vocab, hidden)) * .1
Whh = nd.random_normal(shape=(hidden, hidden)) * .1
bh = nd.zeros(hidden)
Why = nd.random_normal(shape=(hidden, vocab)) * .1
by = nd.zeros(vocab)
params = [Wxh, Whh, bh, Why, by]
for param in params:
    param.attach_grad()


def softmax(y_linear, temperature=1.0):
    lin = (y_linear - nd.max(y_linear)) / temperature
    exp = nd.exp(lin)
    return exp / nd.sum(exp, axis=0, exclude=True).reshape((-1, 1))


def simple_rnn(inputs, state):
    outputs = []
    h = state
    for x in inputs:
        h = nd.tanh(nd.dot(x.reshape((1, -1)), Wxh) + nd.dot(h, Whh) + bh)
        outputs.append(softmax(nd.dot(h, Why) + by))
    return outputs, h


def average_ce(outputs, labels):
    total = 0
    for out, lab in zip(outputs, labels):
        total = total + (-nd.sum(lab * nd.log(out)))
    return total / len(outputs)


def SGD(params, lr):
    for p in params:
        p[:] = p - lr * p.grad


for epoch in range(6):
    state = nd.zeros((1, hidden))
    losses = []
    for i in range(0, len(text) - seq, seq):
        with autograd.record():
            outputs, state = simple_rnn(X[i:i + seq], state)
            loss = average_ce(outputs, Y[i:i + seq])
        loss.backward()
        state = state.detach()
        SGD(params, 0.5)
        losses.append(loss.asscalar())
    print('epoch', epoch, ' '.join('%.5f' % v for v in losses))


def sample(prefix, n):
    h = nd.zeros((1, hidden))
    out = prefix
    for i in range(n):
        outputs, h = simple_rnn(nd.one_hot(nd.array([index[out[-1]]]), vocab), h)
        out += chars[int(outputs[0].argmax(axis=1).asscalar())]
    return out


print(repr(sample('t', 20)))

with autograd.record():
    out, states = nd.contrib.foreach(lambda x, h: (lambda n: (n, n))(nd.tanh(nd.dot(x.reshape((1, -1)), Wxh)
                                                                            + nd.dot(h, Whh) + bh)),
                                     X[:5], nd.zeros((1, hidden)))
    loss = (out * out).sum()
loss.backward()
print(out.shape, states.shape, '%.5f %.5f' % (loss.asscalar(), nd.norm(Whh.grad).asscalar()))

x = nd.array([1.5])
x.attach_grad()
with autograd.record():
    outs, (count, total) = nd.contrib.while_loop(cond=lambda i, s: s < 40, func=lambda i, s: (s * x, [i + 1, s * x]),
                                                 loop_vars=(nd.zeros((1,)), nd.ones((1,))), max_iterations=12)
total.backward()
print(count.asscalar(), total.asscalar(), x.grad.asscalar(), outs.shape, outs.asnumpy().ravel()[:10])
a = nd.array([3.0])
print(nd.contrib.cond(a > 2, lambda: a * 2, lambda: a - 1).asscalar())


def collatz(n):
    steps, n = 0, nd.array([n])
    while n.asscalar() != 1:
        n = n / 2 if (n % 2).asscalar() == 0 else 3 * n + 1
        steps += 1
    return steps


print([collatz(n) for n in (1, 6, 7, 27)])
