"""Trainings with variance-reduced gradients, run by MXNet and by cupynet."""
import logging

import numpy as np

PROGRAMS = {
    "every epoch": {}, "every other": {"freq": 2}, "shuffled": {"freq": 3, "shuffle": True, "epochs": 5},
    "filled up": {"samples": 18}, "filled up and shuffled": {"samples": 17, "freq": 2, "shuffle": True},
    "momentum": {"freq": 2, "momentum": 0.9, "wd": 0.01}, "adam": {"optimizer": "adam"},
    "no store": {"contexts": 2, "kvstore": None}, "clipped": {"clip_gradient": 0.2},
}


def iterator(mx, samples, shuffle):
    draw = np.random.RandomState(0)
    data = draw.normal(0, 1, (samples, 3))
    label = data @ [1, 2, -1] + 0.3 + draw.normal(0, 0.3, samples)
    data, label = data.astype("float32"), label.astype("float32")
    return mx.io.NDArrayIter(data, label, 4, shuffle=shuffle, label_name="lin_label")


def network(mx):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    return mx.sym.LinearRegressionOutput(net, mx.sym.Variable("lin_label"), name="lin")


def fit(mx, SVRGModule, freq=1, contexts=1, kvstore="local", samples=20, shuffle=False, epochs=4, optimizer="sgd",
        **params):
    """Train, and return the log without times, and the parameters."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            if "Time cost" not in record.getMessage():
                lines.append(record.getMessage())
    logger = logging.Logger("svrg", logging.INFO)
    logger.addHandler(Keep())
    mx.random.seed(1)
    np.random.seed(1)
    module = SVRGModule(network(mx), label_names=["lin_label"], update_freq=freq, logger=logger,
                        context=[mx.cpu(i) for i in range(contexts)])
    module.fit(iterator(mx, samples, shuffle), eval_data=iterator(mx, 8, False), eval_metric="mse", num_epoch=epochs,
               kvstore=kvstore, optimizer=optimizer, optimizer_params={"learning_rate": 0.05, **params},
               initializer=mx.init.Uniform(0.5))
    return lines, {name: array.asnumpy().ravel().tolist() for name, array in sorted(module.get_params()[0].items())}
