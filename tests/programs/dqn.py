"""Q-learning on a small walk: a network and its target network, copied every so often; a memory for replay.

All executors can train: those for prediction alone keep, in MXNet on the CPU, what they have once made of the weights.
"""
import random

import mxnet as mx
import numpy as np

STATES, ACTIONS, GAMMA, BATCH = 6, 2, 0.9, 16
random.seed(0)
np.random.seed(0)
mx.random.seed(0)


class Walk(object):
    """Go right five times; the last step pays."""

    def reset(self):
        self.at = 0
        return self.at

    def step(self, action):
        self.at = max(0, self.at - 1) if action == 0 else self.at + 1
        done = self.at == STATES - 1
        return self.at, 1.0 if done else -0.01, done


def q_symbol(name='q'):
    data = mx.sym.Variable('data')
    action = mx.sym.Variable('action')
    target = mx.sym.Variable('target')
    net = mx.sym.FullyConnected(data, num_hidden=16, name='fc1')
    net = mx.sym.Activation(net, act_type='relu', name='relu1')
    q = mx.sym.FullyConnected(net, num_hidden=ACTIONS, name='fc2')
    chosen = mx.sym.sum(q * mx.sym.one_hot(action, depth=ACTIONS), axis=1)
    loss = mx.sym.MakeLoss(mx.sym.square(chosen - target), name='loss', normalization='batch')
    return q, mx.sym.Group([mx.sym.BlockGrad(q), loss])


def states(values):
    out = np.zeros((len(values), STATES), 'float32')
    out[np.arange(len(values)), values] = 1
    return out


q, train_sym = q_symbol()
exe = train_sym.simple_bind(mx.cpu(), data=(BATCH, STATES), action=(BATCH,), target=(BATCH,))
one = q.simple_bind(mx.cpu(), data=(1, STATES))
target_exe = q.simple_bind(mx.cpu(), data=(BATCH, STATES))
names = [n for n in q.list_arguments() if n != 'data']
for n in names:
    mx.init.Xavier()(mx.init.InitDesc(n), exe.arg_dict[n])


def copy_to(other):
    for n in names:
        exe.arg_dict[n].copyto(other.arg_dict[n])


updater = mx.optimizer.get_updater(mx.optimizer.create('rmsprop', learning_rate=0.01, gamma1=0.95, clip_gradient=1.0))
copy_to(target_exe)
env, memory, steps = Walk(), [], 0
for episode in range(12):
    s, done, length, total, losses = env.reset(), False, 0, 0.0, []
    while not done and length < 40:
        copy_to(one)
        values = one.forward(is_train=True, data=mx.nd.array(states([s])))[0]
        a = random.randrange(ACTIONS) if random.random() < 0.3 else int(mx.nd.argmax(values, axis=1).asscalar())
        s2, r, done = env.step(a)
        memory.append((s, a, r, s2, done))
        s, length, total, steps = s2, length + 1, total + r, steps + 1
        if len(memory) < BATCH:
            continue
        batch = [memory[i] for i in np.random.randint(0, len(memory), BATCH)]
        s_, a_, r_, s2_, d_ = [np.array(v) for v in zip(*batch)]
        future = target_exe.forward(is_train=True, data=mx.nd.array(states(s2_)))[0].max(axis=1).asnumpy()
        exe.forward(is_train=True, data=mx.nd.array(states(s_)), action=mx.nd.array(a_),
                    target=mx.nd.array(r_ + (1 - d_) * GAMMA * future))
        exe.backward()
        for i, n in enumerate(names):
            updater(i, exe.grad_dict[n], exe.arg_dict[n])
        losses.append(exe.outputs[1].asnumpy().mean())
        if steps % 20 == 0:
            copy_to(target_exe)
    print('episode %2d length %2d return %.2f loss %.5f' % (episode, length, total, np.mean(losses) if losses else 0))
copy_to(target_exe)
target_exe.arg_dict['data'][:] = 0
target_exe.arg_dict['data'][:STATES] = states(range(STATES))
print(target_exe.forward(is_train=True)[0].asnumpy()[:STATES])
