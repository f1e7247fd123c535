"""What MXNet 1.9.1's callbacks log, on a clock that stands still between calls, for the tests of ``mx.callback``.

    .bench/mxnet/bin/python scripts/oracle/callbacks.py   # writes tests/data/training/callbacks.json
"""
import io
import json
import logging
import os
import tempfile
from pathlib import Path

ANSWERS = Path(__file__).resolve().parents[2] / "tests" / "data" / "training" / "callbacks.json"


class Clock:
    """Half a second passes from one question to the next."""

    def __init__(self):
        self.now = 100.0

    def time(self):
        self.now += 0.5
        return self.now


def speedometer(mx, batch_size, frequent, auto_reset, metrics):
    speed = mx.callback.Speedometer(batch_size, frequent, auto_reset=auto_reset)
    metric = mx.metric.create(metrics) if metrics else None
    label, pred = [mx.nd.array([0, 1, 1])], [mx.nd.array([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3]])]
    for epoch in range(2):
        for batch in range(11):
            if metric:
                metric.update(label, pred)
            speed(mx.model.BatchEndParam(epoch, batch, metric, None))


def progress(mx, total, length):
    bar = mx.callback.ProgressBar(total, length)
    for batch in (0, 1, 2, 3, 5, 7, 10):
        bar(mx.model.BatchEndParam(0, batch, None, None))


def train_metric(mx, auto_reset, metrics):
    log, metric = mx.callback.log_train_metric(2, auto_reset), mx.metric.create(metrics)
    for batch in range(6):
        metric.update([mx.nd.array([0, 1, 1])], [mx.nd.array([[0.1, 0.9], [0.2, 0.8], [batch / 6, 0.3]])])
        log(mx.model.BatchEndParam(1, batch, metric, None))
        logging.info("%s %s", metric.get(), metric.get_global())
    log(mx.model.BatchEndParam(1, 2, None, None))


def validation(mx, metrics):
    log, metric = mx.callback.LogValidationMetricsCallback(), mx.metric.create(metrics)
    metric.update([mx.nd.array([0, 1, 1])], [mx.nd.array([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3]])])
    log(mx.model.BatchEndParam(3, 7, metric, None))
    log(mx.model.BatchEndParam(3, 7, None, None))


def checkpoints(mx, period):
    save = mx.callback.do_checkpoint("p", period)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    for epoch in range(5):
        save(epoch, net, {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros((2,))}, {})
    logging.info("%s", sorted(os.listdir()))


class Module:
    def save_checkpoint(self, *args):
        logging.info("module %s", args)


def module_checkpoints(mx, period):
    save = mx.callback.module_checkpoint(Module(), "prefix", period, True)
    for epoch in range(5):
        save(epoch, None, None, None)
    save(period - 1)


CASES = ([(speedometer, 32, 3, auto, metrics) for auto in (True, False) for metrics in ("acc", ["acc", "ce"], None)]
         + [(speedometer, 10, 1, True, None)] + [(progress, *sizes) for sizes in ((10, 80), (7, 20), (3, 10))]
         + [(train_metric, auto, metrics) for auto in (True, False) for metrics in ("acc", ["mse", "acc"])]
         + [(validation, metrics) for metrics in ("acc", ["acc", "ce"])]
         + [(checkpoints, period) for period in (1, 2, 0, 2.7, -3)]
         + [(module_checkpoints, period) for period in (1, 3)])


def logged(mx, case):
    """Return the lines that a case logs."""
    function, *arguments = case
    text, root = io.StringIO(), logging.getLogger()
    handler, level, time, folder = logging.StreamHandler(text), root.level, mx.callback.time, os.getcwd()
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    mx.callback.time = Clock()
    with tempfile.TemporaryDirectory() as elsewhere:
        os.chdir(elsewhere)
        try:
            function(mx, *arguments)
        finally:
            os.chdir(folder)
            mx.callback.time = time
            root.removeHandler(handler)
            root.setLevel(level)
    return text.getvalue().split("\n")[:-1]


def main():
    import mxnet as mx

    ANSWERS.write_text(json.dumps([logged(mx, case) for case in CASES], indent=0) + "\n")
    print(f"{len(CASES)} cases in {ANSWERS}")


if __name__ == "__main__":
    main()
