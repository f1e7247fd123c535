"""The documents that the project comes from: what their readers type, and what they must see.

Printed results that are compared here were printed by MXNet 1.9.1.
"""
import pickle

import numpy as np
import pytest

import cupynet as mx


class ToyData:
    """Gaussian blobs, one a class."""

    def __init__(self, num_classes, num_features):
        self.num_classes = num_classes
        self.num_features = num_features
        random = np.random.RandomState(0)
        self.random = random
        self.mu = random.rand(num_classes, num_features)

    def get(self, num_samples):
        y = np.arange(num_samples) * self.num_classes // num_samples
        return self.random.normal(self.mu[y], 0.1), y.astype("float64")


def perceptron():
    net = mx.sym.Variable('data')
    net = mx.sym.FullyConnected(data=net, name='fc1', num_hidden=128)
    net = mx.sym.Activation(data=net, name='relu1', act_type="relu")
    net = mx.sym.FullyConnected(data=net, name='fc2', num_hidden=10)
    return mx.sym.SoftmaxOutput(data=net, name='out')


# ---- mixed programming ---------------------------------------------------------------------------

def test_mixed_programming(ctx):
    net = perceptron()
    num_features, batch_size = 100, 100
    assert net.list_arguments() == ['data', 'fc1_weight', 'fc1_bias', 'fc2_weight', 'fc2_bias', 'out_label']
    ex = net.simple_bind(ctx=ctx, data=(batch_size, num_features))
    args = dict(zip(net.list_arguments(), ex.arg_arrays))
    assert {name: args[name].shape for name in args} == {
        'data': (100, 100), 'fc1_weight': (128, 100), 'fc1_bias': (128,), 'fc2_weight': (10, 128), 'fc2_bias': (10,),
        'out_label': (100,)}
    assert all(arr.context == ctx and arr.dtype == np.float32 and not arr.asnumpy().any() for arr in ex.arg_arrays)
    assert [g.shape for g in ex.grad_arrays] == [a.shape for a in ex.arg_arrays]
    assert ex.outputs[0].shape == (100, 10) and not ex.outputs[0].asnumpy().any()
    mx.random.seed(1)
    for name in args:
        data = args[name]
        if 'weight' in name:
            data[:] = mx.random.uniform(-0.1, 0.1, data.shape)
        if 'bias' in name:
            data[:] = 0
    toy_data = ToyData(10, num_features)
    accuracy = []
    for i in range(21):
        x, y = toy_data.get(batch_size)
        args['data'][:] = x
        args['out_label'][:] = y
        ex.forward(is_train=True)
        ex.backward()
        if i == 0:
            p = ex.outputs[0].asnumpy()
            np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
            np.testing.assert_allclose(ex.grad_dict['fc2_bias'].asnumpy(), (p - np.eye(10)[y.astype(int)]).sum(axis=0),
                                       atol=1e-4)
            assert not ex.grad_dict['out_label'].asnumpy().any()
        for weight, grad in zip(ex.arg_arrays, ex.grad_arrays):
            weight[:] -= 0.1 * (grad / batch_size)
        if i % 10 == 0:
            accuracy.append((mx.nd.argmax_channel(ex.outputs[0]).asnumpy() == y).sum() / y.shape[0])
    assert accuracy[-1] == 1.0


def test_a_missing_gpu_is_reported_by_simple_bind():
    if mx.num_gpus():
        return
    with pytest.raises(mx.MXNetError, match="GPU|CuPy"):
        perceptron().simple_bind(ctx=mx.gpu(), data=(100, 100))


# ---- the Symbol tutorial -------------------------------------------------------------------------

def test_basic_composition():
    a, b = mx.sym.Variable('a'), mx.sym.Variable('b')
    c = a + b
    assert str((a, b, c)) == '(<Symbol a>, <Symbol b>, <Symbol _plus0>)'
    d, e = a * b, mx.sym.dot(a, b)
    f = mx.sym.reshape(d + e, shape=(1, 4))
    g = mx.sym.broadcast_to(f, shape=(2, 4))
    assert g.get_internals().list_outputs() == ['a', 'b', '_mul0_output', 'dot0_output', '_plus1_output',
                                                'reshape0_output', 'broadcast_to0_output']
    ex = g.bind(mx.current_context(), {'a': mx.nd.ones((2, 2)), 'b': mx.nd.ones((2, 2)) * 2})
    np.testing.assert_array_equal(ex.forward()[0].asnumpy(), np.full((2, 4), 6))


def test_weights_of_ones_own_and_composition():
    net = mx.symbol.Variable('data')
    w = mx.symbol.Variable('myweight')
    net = mx.symbol.FullyConnected(data=net, weight=w, name='fc1', num_hidden=128)
    assert net.list_arguments() == ['data', 'myweight', 'fc1_bias']
    data = mx.symbol.Variable('data')
    net1 = mx.symbol.FullyConnected(data=data, name='fc1', num_hidden=10)
    net2 = mx.symbol.Variable('data2')
    net2 = mx.symbol.FullyConnected(data=net2, name='fc2', num_hidden=10)
    composed = net2(data2=net1, name='composed')
    assert composed.list_arguments() == ['data', 'fc1_weight', 'fc1_bias', 'fc2_weight', 'fc2_bias']
    assert composed.list_outputs() == ['composed_output'] and net2.list_arguments()[0] == 'data2'


def test_prefix():
    net = mx.sym.Variable("data")
    for i in range(2):
        with mx.name.Prefix("layer%d_" % (i + 1)):
            net = mx.sym.FullyConnected(data=net, name="fc", num_hidden=100)
    assert net.list_arguments() == ['data', 'layer1_fc_weight', 'layer1_fc_bias', 'layer2_fc_weight', 'layer2_fc_bias']


def ConvFactory(data, num_filter, kernel, stride=(1, 1), pad=(0, 0), name=None, suffix=''):
    conv = mx.sym.Convolution(data=data, num_filter=num_filter, kernel=kernel,
                              stride=stride, pad=pad, name='conv_%s%s' % (name, suffix))
    bn = mx.sym.BatchNorm(data=conv, name='bn_%s%s' % (name, suffix))
    return mx.sym.Activation(data=bn, act_type='relu', name='relu_%s%s' % (name, suffix))


def test_inception_module():
    prev = mx.sym.Variable(name="Previous Output")
    conv_comp = ConvFactory(data=prev, num_filter=64, kernel=(7, 7), stride=(2, 2))
    assert conv_comp.list_arguments() == ['Previous Output', 'conv_None_weight', 'conv_None_bias', 'bn_None_gamma',
                                          'bn_None_beta']
    assert conv_comp.list_auxiliary_states() == ['bn_None_moving_mean', 'bn_None_moving_var']
    shape = {"Previous Output": (128, 3, 28, 28)}
    assert conv_comp.infer_shape(**shape) == (
        [(128, 3, 28, 28), (64, 3, 7, 7), (64,), (64,), (64,)], [(128, 64, 11, 11)], [(64,), (64,)])

    c1x1 = ConvFactory(prev, 64, (1, 1), name='in3a_1x1')
    c3x3r = ConvFactory(prev, 64, (1, 1), name='in3a_3x3', suffix='_reduce')
    c3x3 = ConvFactory(c3x3r, 64, (3, 3), pad=(1, 1), name='in3a_3x3')
    pooling = mx.sym.Pooling(data=prev, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type='avg',
                             name='avg_pool_in3a_pool')
    cproj = ConvFactory(pooling, 32, (1, 1), name='in3a_proj')
    concat = mx.sym.Concat(*[c1x1, c3x3, cproj], name='ch_concat_in3a_chconcat')
    assert concat.list_outputs() == ['ch_concat_in3a_chconcat_output']
    assert concat.infer_shape(**shape)[1] == [(128, 160, 28, 28)]


def test_group():
    net = mx.sym.Variable('data')
    fc1 = mx.sym.FullyConnected(data=net, name='fc1', num_hidden=128)
    net = mx.sym.Activation(data=fc1, name='relu1', act_type="relu")
    out1 = mx.sym.SoftmaxOutput(data=net, name='softmax')
    out2 = mx.sym.LinearRegressionOutput(data=net, name='regression')
    group = mx.sym.Group([out1, out2])
    assert group.list_outputs() == ['softmax_output', 'regression_output']
    assert (str(group), group.name, len(group)) == ('<Symbol group [softmax, regression]>', None, 2)
    assert group.infer_shape(data=(4, 8)) == ([(4, 8), (128, 8), (128,), (4,), (4, 128)], [(4, 128), (4, 128)], [])


def test_binding_evaluating_saving(tmp_path, monkeypatch, ctx):
    monkeypatch.chdir(tmp_path)
    c = mx.sym.Variable('a') + mx.sym.Variable('b')
    arg_shape, out_shape, _ = c.infer_shape(a=(2, 3), b=(2, 3))
    arg_type, out_type, _ = c.infer_type(a='float32', b='float32')
    assert (arg_shape, out_shape) == ([(2, 3), (2, 3)], [(2, 3)])
    assert (arg_type, out_type) == ([np.float32, np.float32], [np.float32])
    ex = c.bind(ctx=ctx, args={'a': mx.nd.ones([2, 3]), 'b': mx.nd.ones([2, 3])})
    ex.forward()
    assert 'number of outputs = %d\nthe first output = \n%s' % (len(ex.outputs), ex.outputs[0].asnumpy()) == (
        'number of outputs = 1\nthe first output = \n[[2. 2. 2.]\n [2. 2. 2.]]')
    ex = c.eval(ctx=ctx, a=mx.nd.ones([2, 3]), b=mx.nd.ones([2, 3]))
    assert isinstance(ex, list) and ex[0].asnumpy().tolist() == [[2, 2, 2], [2, 2, 2]]
    c.save('symbol-c.json')
    c2 = mx.sym.load('symbol-c.json')
    assert c.tojson() == c2.tojson() == pickle.loads(pickle.dumps(c)).tojson()


def test_casts_and_shared_variables(ctx):
    a = mx.sym.Variable('data')
    arg, out, _ = mx.sym.cast(data=a, dtype='float16').infer_type(data='float32')
    assert (arg, out) == ([np.float32], [np.float16])
    arg, out, _ = mx.sym.cast(data=a, dtype='uint8').infer_type(data='int32')
    assert (arg, out) == ([np.int32], [np.uint8])
    a = mx.sym.Variable('a')
    b = mx.sym.Variable('b')
    b = a + a * a
    data = mx.nd.ones((2, 3)) * 2
    ex = b.bind(ctx=ctx, args={'a': data, 'b': data})
    ex.forward()
    assert ex.outputs[0].asnumpy().tolist() == [[6, 6, 6], [6, 6, 6]]


# ---- the article ---------------------------------------------------------------------------------

def test_imperative(ctx):
    cpu_tensor = mx.nd.zeros((10,), ctx=ctx)
    a = mx.nd.ones((10,), ctx=ctx)
    b = mx.nd.ones((10,), ctx=ctx)
    c = (a + b) / 10.
    d = b + 1
    assert repr(cpu_tensor) == f"\n[0. 0. 0. 0. 0. 0. 0. 0. 0. 0.]\n<NDArray 10 @{ctx}>"
    np.testing.assert_array_equal(c.asnumpy(), np.full(10, 0.2, "f4"))
    np.testing.assert_array_equal(d.asnumpy(), np.full(10, 2, "f4"))


def test_symbolic(ctx):
    a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
    d = (a + b) / 10 + 1
    assert d.list_arguments() == ['A', 'B'] and d.list_outputs() == ['_plusscalar0_output']
    assert d.infer_shape(A=(10,), B=(10,)) == ([(10,), (10,)], [(10,)], [])
    input_arguments = {'A': mx.nd.ones((10,), ctx=ctx), 'B': mx.nd.ones((10,), ctx=ctx)}
    executor = d.bind(ctx=ctx, args=input_arguments, grad_req='null')
    values = np.random.RandomState(0).rand(10)
    executor.arg_dict['A'][:] = values
    executor.arg_dict['B'][:] = values
    before = executor.outputs[0]
    executor.forward()
    assert executor.outputs[0] is before
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), values / 5 + 1, rtol=1e-6)
    grad_arguments = {'A': mx.nd.ones((10,), ctx=ctx), 'B': mx.nd.ones((10,), ctx=ctx)}
    executor = d.bind(ctx=ctx, args=input_arguments, args_grad=grad_arguments, grad_req='write')
    executor.forward()
    executor.backward([mx.nd.ones((10,), ctx=ctx)])
    for grad in executor.grad_arrays:
        np.testing.assert_allclose(grad.asnumpy(), np.full(10, 0.1), rtol=1e-6)
    with pytest.raises(mx.MXNetError, match="head_gradient is required"):
        executor.backward()


def test_executors_that_share_weights(ctx):
    data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
    w1, b1 = mx.sym.Variable("weight1"), mx.sym.Variable("bias1")
    l1 = mx.sym.FullyConnected(data=data, num_hidden=128, name="layer1", weight=w1, bias=b1)
    a1 = mx.sym.Activation(data=l1, act_type="relu", name="act1")
    l2 = mx.sym.FullyConnected(data=a1, num_hidden=10, name="layer2")
    cost_classification = mx.sym.SoftmaxOutput(data=l2, label=label)
    assert cost_classification.list_arguments() == ['data', 'weight1', 'bias1', 'layer2_weight', 'layer2_bias',
                                                    'softmax_label']
    assert cost_classification.list_outputs() == ['softmaxoutput0_output']
    batch_size = 128
    input_shapes = {"data": (batch_size, 28*28), "softmax_label": (batch_size,)}
    executor = cost_classification.simple_bind(ctx=ctx, grad_req='write', **input_shapes)
    executor_test = cost_classification.bind(ctx=ctx, grad_req='null', args=executor.arg_arrays)
    assert executor_test.grad_arrays is None
    random = np.random.RandomState(3)
    for r in executor.arg_arrays:
        r[:] = random.randn(*r.shape)*0.02
    prototypes = random.rand(10, 28*28)
    for _ in range(40):
        batchY = random.randint(0, 10, batch_size)
        batchX = np.clip(prototypes[batchY] + random.randn(batch_size, 28*28) * 0.1, 0, 1)
        executor.arg_dict['data'][:] = batchX
        executor.arg_dict['softmax_label'][:] = batchY
        executor.forward()  # without is_train, and yet backward follows
        executor.backward()
        for pname, W, G in zip(cost_classification.list_arguments(), executor.arg_arrays, executor.grad_arrays):
            if pname in ['data', 'softmax_label']:
                continue
            W[:] = W - G * .001
    executor_test.arg_dict['data'][:] = prototypes[np.arange(batch_size) % 10]
    executor_test.forward()
    correct = sum(np.arange(batch_size) % 10 == np.argmax(executor_test.outputs[0].asnumpy(), axis=1))
    assert correct == batch_size
