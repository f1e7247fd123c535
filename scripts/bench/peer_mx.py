"""The workloads on MXNet's API: the same text for cupynet and for MXNet 1.9.1, whose name is the first argument."""
import atexit
import importlib
import os
import shutil
import sys
import tempfile

import numpy as np
from worker import CHAIN, repeat, serve, workload

mx = importlib.import_module(sys.argv[1])
nd = mx.nd
PHOTOS = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "data", "image_records", "photos.rec")
random = np.random.RandomState(0)


def uniform(*shape):
    return nd.array(random.uniform(-0.1, 0.1, shape).astype("float32"))


def timed(work):
    return repeat(work, nd.waitall)


# ---- small operations --------------------------------------------------------------------------------------------

@workload("add")
def _():
    a, b = uniform(10), uniform(10)
    return timed(lambda: a + b)


@workload("add_scalar")
def _():
    a = uniform(10)
    return timed(lambda: a + 1)


@workload("record_backward", per_run=CHAIN)
def _():
    x, w, b = uniform(10), uniform(10), uniform(10)
    x.attach_grad()

    def work():
        with mx.autograd.record():
            y = x
            for _ in range(CHAIN // 2):
                y = y * w + b
        y.backward()
    return timed(work)


# ---- large arrays ------------------------------------------------------------------------------------------------

@workload("elementwise")
def _():
    x = uniform(1000000)
    return timed(lambda: nd.exp(2 * x + 1) / (x * x + 1))


@workload("matmul")
def _():
    a, b = uniform(1024, 1024), uniform(1024, 1024)
    return timed(lambda: nd.dot(a, b))


@workload("sum")
def _():
    x = uniform(1024, 1024)
    return timed(lambda: nd.sum(x, axis=1))


# ---- training steps ----------------------------------------------------------------------------------------------

BATCH, RATE = 128, 0.1


def mlp():
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(net, name="fc2", num_hidden=10)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def lenet():
    net = mx.sym.Variable("data")
    for filters in (20, 50):
        net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters)
        net = mx.sym.Activation(net, act_type="tanh")
        net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=500)
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.FullyConnected(net, num_hidden=10)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def sgd_update(weight, grad):
    nd.sgd_update(weight, grad, out=weight, lr=RATE, rescale_grad=1 / BATCH)


def by_hand(weight, grad):
    weight[:] -= RATE / BATCH * grad


def training(net, shape, update):
    """Forward, backward and update on an executor that computes gradients for the parameters only."""
    parameters = [name for name in net.list_arguments() if name not in ("data", "softmax_label")]
    executor = net.simple_bind(mx.cpu(), data=shape, grad_req=dict.fromkeys(parameters, "write"))
    for name, array in executor.arg_dict.items():
        array[:] = uniform(*array.shape)
        if name == "softmax_label":
            array[:] = random.randint(0, 10, array.shape)
    pairs = [(executor.arg_dict[name], executor.grad_dict[name]) for name in parameters]

    def work():
        executor.forward(is_train=True)
        executor.backward()
        for weight, grad in pairs:
            update(weight, grad)
    return timed(work)


@workload("mlp")
def _():
    return training(mlp(), (BATCH, 784), sgd_update)


@workload("mlp_by_hand")
def _():
    return training(mlp(), (BATCH, 784), by_hand)


@workload("lenet")
def _():
    return training(lenet(), (BATCH, 1, 28, 28), sgd_update)


@workload("mlp_imperative")
def _():
    x, y = uniform(BATCH, 784), nd.array(random.randint(0, 10, BATCH))
    weights = [uniform(128, 784), uniform(128), uniform(10, 128), uniform(10)]
    for weight in weights:
        weight.attach_grad()
    w1, b1, w2, b2 = weights

    def work():
        with mx.autograd.record():
            hidden = nd.relu(nd.FullyConnected(x, w1, b1, num_hidden=128))
            loss = nd.SoftmaxOutput(nd.FullyConnected(hidden, w2, b2, num_hidden=10), y)
        loss.backward()
        for weight in weights:
            sgd_update(weight, weight.grad)
    return timed(work)


# ---- Gluon -------------------------------------------------------------------------------------------------------

def gluon_mlp():
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    net.add(nn.Dense(128, activation="relu"), nn.Dense(10))
    return net


def gluon_lenet():
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for filters in (20, 50):
        net.add(nn.Conv2D(filters, kernel_size=5, activation="tanh"), nn.MaxPool2D(pool_size=2, strides=2))
    net.add(nn.Flatten(), nn.Dense(500, activation="tanh"), nn.Dense(10))
    return net


def gluon_training(net, shape, hybrid):
    net.initialize(mx.init.Uniform(0.1), ctx=mx.cpu())
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    if hybrid:
        net.hybridize(static_alloc=True, static_shape=True)
        loss_of.hybridize(static_alloc=True, static_shape=True)
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": RATE})
    x, y = uniform(*shape), nd.array(random.randint(0, 10, BATCH))

    def work():
        with mx.autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(BATCH)
    return timed(work)


for _name, _make, _shape in (("mlp", gluon_mlp, (BATCH, 784)), ("lenet", gluon_lenet, (BATCH, 1, 28, 28))):
    for _suffix, _hybrid in (("", False), ("_hybrid", True)):
        workload(f"gluon_{_name}{_suffix}")(
            lambda make=_make, shape=_shape, hybrid=_hybrid: gluon_training(make(), shape, hybrid))


@workload("trainer")
def _():
    parameters = [mx.gluon.Parameter(f"weight{i}", shape=(32, 32)) for i in range(160)]
    for parameter in parameters:
        parameter.initialize(mx.init.Uniform(0.1), ctx=mx.cpu())
    trainer = mx.gluon.Trainer(parameters, "sgd", {"learning_rate": RATE, "momentum": 0.9})
    arrays = [parameter.data() for parameter in parameters]

    def work():
        for array in arrays:
            array._fresh_grad = True  # as after a backward pass
        trainer.step(1)
    return timed(work)


# ---- input -------------------------------------------------------------------------------------------------------

@workload("records", per_run=700)
def _():
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    source = mx.recordio.MXRecordIO(PHOTOS, "r")
    photos = list(iter(source.read, None))
    target = mx.recordio.MXRecordIO(os.path.join(folder, "photos.rec"), "w")
    for i in range(700):
        target.write(photos[i % len(photos)])
    target.close()
    batches = mx.io.ImageRecordIter(path_imgrec=os.path.join(folder, "photos.rec"), data_shape=(3, 224, 224),
                                    resize=256, batch_size=50, rand_crop=True, rand_mirror=True, preprocess_threads=2)

    def work():
        batches.reset()
        for batch in batches:
            batch.data[0].wait_to_read()
    return timed(work)


# ---- layers ------------------------------------------------------------------------------------------------------

IMAGES = 32, 64, 56, 56


@workload("conv")
def _():
    x, w, b = uniform(*IMAGES), uniform(64, 64, 3, 3), uniform(64)
    return timed(lambda: nd.Convolution(x, w, b, kernel=(3, 3), pad=(1, 1), num_filter=64))


@workload("conv_backward")
def _():
    x, w, b, head = uniform(*IMAGES), uniform(64, 64, 3, 3), uniform(64), uniform(*IMAGES)
    for array in (x, w, b):
        array.attach_grad()

    def work():
        with mx.autograd.record():
            y = nd.Convolution(x, w, b, kernel=(3, 3), pad=(1, 1), num_filter=64)
        y.backward(head)
    return timed(work)


@workload("max_pool")
def _():
    x = uniform(*IMAGES)
    return timed(lambda: nd.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max"))


@workload("batch_norm")
def _():
    x, gamma, beta, mean, var = uniform(*IMAGES), nd.ones(64), nd.zeros(64), nd.zeros(64), nd.ones(64)

    def work():
        with mx.autograd.train_mode():
            nd.BatchNorm(x, gamma, beta, mean, var, fix_gamma=False)
    return timed(work)


serve({"numpy": np.__version__, mx.__name__: getattr(mx, "cupynet_version", mx.__version__)})
