"""Several losses: Group, MakeLoss with a scale, BlockGrad, what each output gives backward."""
# compare: exact=6
import mxnet as mx
import numpy as np

rng = np.random.RandomState(1)
data = mx.sym.Variable('data')
label = mx.sym.Variable('label')
target = mx.sym.Variable('target')
body = mx.sym.FullyConnected(data, num_hidden=6, name='body')
body = mx.sym.Activation(body, act_type='softrelu', name='act')
cls = mx.sym.FullyConnected(body, num_hidden=3, name='cls')
reg = mx.sym.FullyConnected(body, num_hidden=2, name='reg')
softmax = mx.sym.SoftmaxOutput(cls, label, name='softmax', grad_scale=0.5, normalization='batch')
smooth = mx.sym.smooth_l1(reg - target, scalar=1.0, name='smooth')
reg_loss = mx.sym.MakeLoss(smooth, grad_scale=2.0, name='reg_loss', normalization='null')
l2 = mx.sym.make_loss(0.01 * mx.sym.sum(mx.sym.square(body)), name='l2')
seen = mx.sym.BlockGrad(cls, name='seen')
net = mx.sym.Group([softmax, reg_loss, l2, seen])
print(net.list_outputs(), len(net), net[1].name, net['l2_output'].name if 'l2_output' in net.list_outputs() else '')
print(net.list_arguments())

ex = net.simple_bind(mx.cpu(), data=(8, 4), target=(8, 2), grad_req={n: 'null' if n in ('label', 'target') else 'write'
                                                                      for n in net.list_arguments()})
mx.random.seed(4)
for name in net.list_arguments():
    if name.endswith('weight'):
        mx.random.uniform(-0.5, 0.5, out=ex.arg_dict[name])
X, L, T = rng.rand(8, 4), rng.randint(0, 3, 8), rng.rand(8, 2)
ex.arg_dict['data'][:] = X
ex.arg_dict['label'][:] = L
ex.arg_dict['target'][:] = T
for step in range(12):
    out = ex.forward(is_train=True)
    ex.backward()
    ce = -np.log(out[0].asnumpy()[np.arange(8), L]).mean()
    print('%2d ce %.6f l1 %.6f l2 %.6f seen %.6f' % (step, ce, out[1].asnumpy().sum(), out[2].asscalar(),
                                                     out[3].asnumpy().std()))
    for name, grad in ex.grad_dict.items():
        if name not in ('data', 'label', 'target'):
            ex.arg_dict[name][:] -= 0.1 * grad
print(sorted(k for k, v in ex.grad_dict.items() if v is None))

# the loss is an output; what is not one needs a head gradient
loss = mx.sym.MakeLoss(mx.sym.mean(mx.sym.abs(mx.sym.Variable('a') - mx.sym.Variable('b')), axis=(0, 1)), name='mae')
ex = loss.bind(mx.cpu(), {'a': mx.nd.array(X), 'b': mx.nd.zeros((8, 4))}, {'a': mx.nd.zeros((8, 4))})
ex.forward(is_train=True)
ex.backward()
print(ex.outputs[0], ex.grad_dict['a'].asnumpy()[0])
ex = (mx.sym.Variable('a') * 2).bind(mx.cpu(), {'a': mx.nd.ones((2,))}, {'a': mx.nd.zeros((2,))})
ex.forward(is_train=True)
ex.backward(mx.nd.array([1, 10]))
print(ex.grad_arrays[0].asnumpy())
# adding up
ex = (mx.sym.Variable('a') ** 2).bind(mx.cpu(), {'a': mx.nd.array([1, 2])}, {'a': mx.nd.ones((2,))}, grad_req='add')
for _ in range(3):
    ex.forward(is_train=True)
    ex.backward([mx.nd.ones((2,))])
print(ex.grad_dict['a'].asnumpy())
