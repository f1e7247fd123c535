"""Labels without positions: CTC loss over a recurrent toy, by symbols and by nd."""
import mxnet as mx
import numpy as np

rng = np.random.RandomState(2)
T, N, C, H = 8, 4, 5, 12


def make(n):
    """Sequences of symbols 1..4, each shown for one or two steps among noise."""
    x, y = np.zeros((T, n, 6), 'float32'), np.zeros((n, 3), 'float32')
    for i in range(n):
        word = rng.randint(1, C, 3)
        y[i] = word
        at = 0
        for w in word:
            for _ in range(rng.randint(1, 3)):
                x[at, i, w] = 1
                at += 1
            if at < T:
                x[at, i, 0] = 1
                at += rng.randint(0, 2)
    return x + 0.05 * rng.randn(T, n, 6).astype('float32'), y


data = mx.sym.Variable('data')
label = mx.sym.Variable('label')
h = mx.sym.FullyConnected(mx.sym.Reshape(data, shape=(-1, 6)), num_hidden=H, name='fc1')
h = mx.sym.Activation(h, act_type='tanh')
pred = mx.sym.FullyConnected(h, num_hidden=C, name='fc2')
pred = mx.sym.Reshape(pred, shape=(T, -1, C), name='pred')
loss = mx.sym.make_loss(mx.sym.contrib.ctc_loss(pred, label), name='ctc')
net = mx.sym.Group([loss, mx.sym.BlockGrad(mx.sym.softmax(pred, axis=2), name='sm')])
ex = net.simple_bind(mx.cpu(), data=(T, N, 6), label=(N, 3))
mx.random.seed(1)
for name in ('fc1_weight', 'fc2_weight'):
    mx.init.Xavier()(mx.init.InitDesc(name), ex.arg_dict[name])
opt = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.2, momentum=0.9, rescale_grad=1.0 / N))


def best_path(prob):
    out = []
    for i in range(N):
        line, last = [], -1
        for s in prob[:, i].argmax(axis=1):
            if s != last and s != 0:
                line.append(int(s))
            last = s
        out.append(line)
    return out


for step in range(25):
    x, y = make(N)
    ex.forward(is_train=True, data=mx.nd.array(x), label=mx.nd.array(y))
    ex.backward()
    for i, name in enumerate(n for n in net.list_arguments() if n not in ('data', 'label')):
        opt(i, ex.grad_dict[name], ex.arg_dict[name])
    print('%2d %.5f' % (step, ex.outputs[0].asnumpy().mean()))
print(best_path(ex.outputs[1].asnumpy()), y.astype(int).tolist())

acts = mx.nd.array(rng.randn(5, 2, 4))
acts.attach_grad()
with mx.autograd.record():
    value = mx.nd.contrib.CTCLoss(acts, mx.nd.array([[1, 2, 0], [3, 0, 0]]))
value.backward()
print(value.asnumpy(), acts.grad.asnumpy()[0])
lengths = mx.nd.ctc_loss(acts, mx.nd.array([[0, 1, 1], [2, 1, 0]]), mx.nd.array([5, 4]), mx.nd.array([2, 1]),
                         use_data_lengths=True, use_label_lengths=True, blank_label='last')
print(lengths.asnumpy())
