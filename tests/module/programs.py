"""Training programs that MXNet and cupynet both run: each prints, or logs, what the other should."""
import logging

import numpy as np


def digits(samples=240, size=12, classes=6, seed=3):
    """Pictures of made-up digits: a prototype for each class, shifted and in noise."""
    random = np.random.RandomState(seed)
    prototypes = (random.rand(classes, size, size) > 0.6).astype("float32")
    labels = random.randint(0, classes, samples)
    shifts = random.randint(-1, 2, (samples, 2))
    images = np.stack([np.roll(prototypes[k], tuple(s), (0, 1)) for k, s in zip(labels, shifts)])
    return (images + random.normal(0, 0.4, images.shape)).astype("float32")[:, None], labels.astype("float32")


def mlp(mx, classes=6):
    net = mx.sym.FullyConnected(mx.sym.Flatten(mx.sym.Variable("data")), num_hidden=32, name="fc1")
    net = mx.sym.Dropout(mx.sym.Activation(net, act_type="relu", name="relu1"), p=0.2, name="drop")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=classes, name="fc2"), name="softmax")


def lenet(mx, classes=6):
    net = mx.sym.Variable("data")
    for i, filters in enumerate((8, 16), 1):
        net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=filters, name=f"conv{i}")
        net = mx.sym.Pooling(mx.sym.Activation(net, act_type="tanh"), kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=32, name="fc1"), act_type="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=classes, name="fc2"), name="softmax")


def resnet(mx, classes=6):
    def unit(data, name, filters):
        net = mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=True, name=name + "_conv")
        return mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name=name + "_bn"), act_type="relu")
    net = unit(mx.sym.Variable("data"), "stem", 8)
    for i in range(2):
        net = net + unit(unit(net, f"block{i}a", 8), f"block{i}b", 8)
    net = mx.sym.Flatten(mx.sym.Pooling(net, kernel=(1, 1), global_pool=True, pool_type="avg"))
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=classes, name="fc"), name="softmax")


def fit(mx, network, contexts=1, epochs=3, batch=24, **options):
    """Train a network; return its log lines (without times), its first losses and sums of its parameters."""
    lines, losses = [], []

    class Keep(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            if "Time cost" not in text:
                lines.append(text.split("Speed")[0] + text.partition("samples/sec")[2])
    handler = Keep()
    logger = logging.getLogger(f"fit-{network.__name__}-{contexts}")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False
    np.random.seed(7)
    mx.random.seed(7)
    images, labels = digits()
    train = mx.io.NDArrayIter(images[:192], labels[:192], batch, shuffle=True)
    valid = mx.io.NDArrayIter(images[192:], labels[192:], batch)
    module = mx.mod.Module(network(mx), context=[mx.cpu(i) for i in range(contexts)], logger=logger)

    def loss(param):
        probabilities = module.get_outputs()[0].asnumpy()
        losses.append(float(probabilities.max(axis=1).mean()))
    module.fit(train, eval_data=valid, eval_metric=["acc", "ce"], num_epoch=epochs, initializer=mx.init.Xavier(),
               batch_end_callback=loss, **options)
    logger.removeHandler(handler)
    args, auxs = module.get_params()
    sums = {name: float(value.asnumpy().astype("float64").sum()) for name, value in sorted({**args, **auxs}.items())}
    return {"lines": lines, "losses": losses, "sums": sums}


SGD = {"optimizer": "sgd", "optimizer_params": {"learning_rate": 0.1, "momentum": 0.9, "wd": 1e-4}}
ADAM = {"optimizer": "adam", "optimizer_params": {"learning_rate": 0.005}}
PROGRAMS = {
    f"{network.__name__}-{options['optimizer']}-{contexts}": (network, {"contexts": contexts, **options})
    for network in (mlp, lenet, resnet) for options in (SGD, ADAM) for contexts in (1, 2)
    if not (network is mlp and contexts == 2)      # both contexts draw from one source of random numbers
}
