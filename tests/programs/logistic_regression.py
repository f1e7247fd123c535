"""Logistic regression bound by hand, with its gradient checked against numpy's."""
import mxnet as mx
import numpy as np

rng = np.random.RandomState(3)
n, d, batch = 256, 5, 32
w_true = rng.randn(d)
X = rng.randn(n, d).astype('float32')
y = (1.0 / (1.0 + np.exp(-X.dot(w_true))) > rng.rand(n)).astype('float32')

data = mx.sym.Variable('data')
label = mx.sym.Variable('label')
fc = mx.sym.FullyConnected(data, num_hidden=1, name='fc')
net = mx.sym.LogisticRegressionOutput(fc, label=label, name='out')
print(net.list_arguments(), net.list_outputs())
arg_shapes, out_shapes, aux_shapes = net.infer_shape(data=(batch, d))
print(arg_shapes, out_shapes, aux_shapes)

exe = net.simple_bind(ctx=mx.cpu(), data=(batch, d), grad_req='write')
exe.arg_dict['fc_weight'][:] = 0.01
exe.arg_dict['fc_bias'][:] = 0
for epoch in range(6):
    loss, hits = 0.0, 0
    for i in range(0, n, batch):
        exe.arg_dict['data'][:] = X[i:i + batch]
        exe.arg_dict['label'][:] = y[i:i + batch]
        p = exe.forward(is_train=True)[0]
        exe.backward()
        if epoch == 0 and i == 0:
            by_hand = X[:batch].T.dot(p.asnumpy() - y[:batch].reshape((-1, 1)))
            print('gradient', exe.grad_dict['fc_weight'].asnumpy())
            print('largest difference below 1e-4:', abs(by_hand.T - exe.grad_dict['fc_weight'].asnumpy()).max() < 1e-4)
        for name in ('fc_weight', 'fc_bias'):
            exe.arg_dict[name][:] -= 0.1 / batch * exe.grad_dict[name]
        prob = p.asnumpy().ravel()
        t = y[i:i + batch]
        loss -= (t * np.log(prob) + (1 - t) * np.log(1 - prob)).sum()
        hits += ((prob > 0.5) == (t > 0.5)).sum()
    print('epoch %d loss %.5f accuracy %.4f' % (epoch, loss / n, hits / float(n)))
print(exe.arg_dict['fc_weight'])
print(exe.output_dict.keys())
print(exe.outputs[0].shape, exe.outputs[0].context, exe.outputs[0].dtype)
