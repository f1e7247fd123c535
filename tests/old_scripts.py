"""Scripts as they were written for MXNet: they take the package as `mx`, so that MXNet can run them as well.

``scripts/oracle/old_scripts.py`` keeps what MXNet 1.9.1 prints, ``tests/test_old_scripts.py`` compares.
"""
import logging

import numpy as np

CLASSES, SIDE = 10, 8


def digits(count=200, seed=0):
    """Return images (count, 64) of ten kinds under noise, and which kind each is."""
    kinds = np.random.RandomState(7).uniform(-1, 1, (CLASSES, SIDE * SIDE))
    draw = np.random.RandomState(seed)
    labels = draw.randint(0, CLASSES, count)
    return (kinds[labels] + draw.normal(0, 1.2, (count, SIDE * SIDE))).astype("float32"), labels.astype("float32")


def mlp(mx):
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, num_hidden=64, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.Dropout(net, p=0.5, name="drop1")
    net = mx.sym.FullyConnected(net, num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def lenet(mx):
    net = mx.sym.Reshape(mx.sym.Variable("data"), shape=(-1, 1, SIDE, SIDE), name="image")
    net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=8, name="conv1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh1")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool1")
    net = mx.sym.Flatten(mx.sym.Dropout(net, p=0.25, name="drop1"), name="flatten1")
    net = mx.sym.FullyConnected(net, num_hidden=32, name="fc1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh2")
    net = mx.sym.FullyConnected(net, num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def loop(mx, net, initializer, epochs=5, batch_size=20):
    """Train in a loop written by hand, on shuffled data; return each epoch's line and each step's loss."""
    mx.random.seed(42)
    np.random.seed(42)
    images, labels = digits()
    executor = net.simple_bind(mx.cpu(), data=(batch_size, SIDE * SIDE), softmax_label=(batch_size,))
    attributes = net.attr_dict()
    for name, array in executor.arg_dict.items():
        if name not in ("data", "softmax_label"):
            initializer(mx.init.InitDesc(name, attributes.get(name)), array)
    optimizer = mx.optimizer.SGD(learning_rate=0.05, momentum=0.9, wd=1e-4, rescale_grad=1 / batch_size)
    update = mx.optimizer.get_updater(optimizer)
    metric = mx.metric.CompositeEvalMetric([mx.metric.Accuracy(), mx.metric.CrossEntropy()])
    lines, losses = [], []
    for _ in range(epochs):
        metric.reset()
        order = mx.nd.random.shuffle(mx.nd.arange(len(images))).asnumpy().astype(int)
        for start in range(0, len(images), batch_size):
            rows = order[start:start + batch_size]
            label = mx.nd.array(labels[rows])
            output, = executor.forward(is_train=True, data=mx.nd.array(images[rows]), softmax_label=label)
            executor.backward()
            for i, (weight, gradient) in enumerate(zip(executor.arg_arrays, executor.grad_arrays)):
                if net.list_arguments()[i] not in ("data", "softmax_label"):
                    update(i, gradient, weight)
            metric.update([label], [output])
            chosen = output.asnumpy()[np.arange(batch_size), labels[rows].astype(int)]
            losses.append(float(-np.log(chosen.astype("float64")).mean()))
        lines.append(", ".join(f"{name}={value:f}" for name, value in metric.get_name_value()))
    return lines, losses


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def fit(mx, net, initializer, epochs=5):
    """Train by FeedForward; return what it logs but for times, and some of its weights."""
    mx.random.seed(42)
    np.random.seed(42)
    images, labels = digits()
    held_out = mx.io.NDArrayIter(*digits(60, 1), batch_size=20)
    handler = _Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        model = mx.model.FeedForward(net, ctx=mx.cpu(), num_epoch=epochs, numpy_batch_size=20, initializer=initializer,
                                     optimizer="sgd", learning_rate=0.05, momentum=0.9, wd=1e-4)
        model.fit(images, labels, eval_data=held_out, eval_metric=["acc", "ce"])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    lines = [line for line in handler.lines if "Time" not in line]
    return lines, [float(v) for v in model.arg_params["fc2_weight"].asnumpy().ravel()[:50]]


SCRIPTS = {  # name -> script(mx), which returns lines and numbers
    "loop over an MLP": lambda mx: loop(mx, mlp(mx), mx.init.Xavier()),
    "loop over LeNet": lambda mx: loop(mx, lenet(mx), mx.init.Xavier("gaussian", "in", 2)),
    "loop over an MLP, uniform": lambda mx: loop(mx, mlp(mx), mx.init.Uniform(0.1)),
    "fit an MLP": lambda mx: fit(mx, mlp(mx), mx.init.Uniform(0.2)),
    "fit LeNet": lambda mx: fit(mx, lenet(mx), mx.init.MSRAPrelu()),
}
