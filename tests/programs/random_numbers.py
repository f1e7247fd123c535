"""Seeds and draws: the old names, those of nd.random, symbols that draw, dropout, shuffles."""
import random

import mxnet as mx
import numpy as np

mx.random.seed(128)
print(mx.nd.random.uniform(0, 1, shape=(2, 3)).asnumpy())
print(mx.random.uniform(-1, 1, (3,)).asnumpy(), mx.random.normal(0, 2, (2, 2)).asnumpy())
print(mx.rnd.randint(0, 100, (5,)).asnumpy(), mx.nd.random_normal(shape=(3,)).asnumpy())
out = mx.nd.zeros((4,))
mx.random.uniform(-10, 10, out=out)
print(out.asnumpy())
mx.random.seed(128)
print(mx.nd.random.uniform(0, 1, shape=(2, 3)).asnumpy())
print(mx.nd.random.gamma(alpha=9, beta=0.5, shape=(3,)).asnumpy(), mx.nd.random.exponential(28, shape=(2,)).asnumpy())
print(mx.nd.random.poisson(4, shape=(6,)).asnumpy(), mx.nd.random.negative_binomial(10, 0.5, (4,)).asnumpy())
print(mx.nd.random.normal(mx.nd.array([0, 100]), mx.nd.array([1, 0.1]), shape=3).asnumpy())
print(mx.nd.sample_uniform(mx.nd.array([0, 10]), mx.nd.array([1, 20]), shape=(2,)).asnumpy())
probs = mx.nd.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]])
print(mx.nd.random.multinomial(probs, shape=8).asnumpy())
draws, logp = mx.nd.sample_multinomial(probs, get_prob=True)
print(draws.asnumpy(), logp.asnumpy())
print(mx.nd.random.shuffle(mx.nd.arange(8)).asnumpy(), mx.nd.random.randn(2, 2).asnumpy())
mx.random.seed(1, ctx=mx.cpu(0))
print(mx.nd.Dropout(mx.nd.ones((3, 4)), p=0.5, mode='always').asnumpy())
sym = mx.sym.random.normal(0, 1, shape=(2, 2), name='noise') + mx.sym.Variable('x')
ex = sym.bind(mx.cpu(), {'x': mx.nd.zeros((2, 2))})
print(ex.forward()[0].asnumpy(), ex.forward()[0].asnumpy())
with mx.autograd.train_mode():
    print(mx.nd.Dropout(mx.nd.ones((6,)), p=0.3).asnumpy())
np.random.seed(3)
random.seed(3)
print(np.random.rand(2), random.random())
it = mx.io.NDArrayIter(np.arange(6), np.arange(6), 2, shuffle=True)
print([b.data[0].asnumpy().tolist() for b in it])
