"""An autoencoder trained layer by layer, then as a whole; weights are handed from one executor to the next."""
import os

import mxnet as mx
import numpy as np


class AutoEncoderModel(object):
    def __init__(self, dims, ctx=mx.cpu()):
        self.dims, self.ctx = dims, ctx
        self.args = {}
        self.stacks = []
        for i in range(len(dims) - 1):
            for kind, n_in, n_out in (('encoder', dims[i], dims[i + 1]), ('decoder', dims[i + 1], dims[i])):
                weight = mx.nd.empty((n_out, n_in), ctx)
                mx.init.Xavier()(mx.init.InitDesc('%s_%d_weight' % (kind, i)), weight)
                self.args['%s_%d_weight' % (kind, i)] = weight
                self.args['%s_%d_bias' % (kind, i)] = mx.nd.zeros((n_out,), ctx)

    def layer(self, net, kind, i, n, act):
        net = mx.sym.FullyConnected(net, num_hidden=n, name='%s_%d' % (kind, i))
        return mx.sym.Activation(net, act_type='sigmoid', name='%s_act_%d' % (kind, i)) if act else net

    def make_stack(self, i):
        data = mx.sym.Variable('data')
        net = self.layer(data, 'encoder', i, self.dims[i + 1], True)
        net = self.layer(net, 'decoder', i, self.dims[i], i > 0)
        return mx.sym.LinearRegressionOutput(data=net, label=data, name='recon')

    def make_whole(self):
        data = net = mx.sym.Variable('data')
        last = len(self.dims) - 1
        for i in range(last):
            net = self.layer(net, 'encoder', i, self.dims[i + 1], True)
        for i in reversed(range(last)):
            net = self.layer(net, 'decoder', i, self.dims[i], i > 0)
        return mx.sym.LinearRegressionOutput(data=net, label=data, name='recon')

    def solve(self, net, X, lr, steps, batch=50):
        shapes = {'data': (batch, X.shape[1])}
        names = [n for n in net.list_arguments() if n != 'data']
        args = {n: self.args[n] for n in names}
        args['data'] = mx.nd.empty(shapes['data'], self.ctx)
        grads = {n: mx.nd.zeros(self.args[n].shape, self.ctx) for n in names}
        exe = net.bind(self.ctx, args=args, args_grad=grads, grad_req={n: 'write' for n in names})
        opt = mx.optimizer.create('sgd', learning_rate=lr, momentum=0.9, rescale_grad=1.0 / batch)
        updater = mx.optimizer.get_updater(opt)
        for step in range(steps):
            x = X[(step * batch) % len(X):][:batch]
            args['data'][:] = x
            exe.forward(is_train=True)
            exe.backward()
            for i, n in enumerate(names):
                updater(i, grads[n], args[n])
            if step % 5 == 0:
                error = mx.nd.mean(mx.nd.square(exe.outputs[0] - args['data'])).asscalar()
                print('  step %d error %.6f' % (step, error))

    def encode(self, X, i):
        z = mx.nd.FullyConnected(mx.nd.array(X), self.args['encoder_%d_weight' % i], self.args['encoder_%d_bias' % i],
                                 num_hidden=self.dims[i + 1])
        return mx.nd.Activation(z, act_type='sigmoid').asnumpy()


mx.random.seed(4)
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
X = digits['images'].reshape(-1, 64)[:500] / 16.
ae = AutoEncoderModel([64, 32, 8])
inputs = X
for i in range(2):
    print('layer', i)
    ae.solve(ae.make_stack(i), inputs, 0.1, 20)
    inputs = ae.encode(inputs, i)
    print('  code', inputs.shape, inputs.mean())
print('whole')
ae.solve(ae.make_whole(), X, 0.1, 30)
