import logging
import os
import re
import warnings
from importlib import import_module

E = import_module(mx.__name__ + ".gluon.contrib.estimator")
A, L = mx.metric.Accuracy, gluon.loss


class Lines(logging.Handler):
    def emit(self, record):
        print(record.name, record.levelname, re.sub(r"\b\d+(\.\d{3})?s\b", "-s", record.getMessage()))


def data(n=20, seed=0):
    state = np.random.RandomState(seed)
    arrays = state.rand(n, 4).astype("f"), state.randint(0, 3, n).astype("f")
    return gluon.data.DataLoader(gluon.data.ArrayDataset(*arrays), batch_size=5)


def network(hybridized=False, initialized=True, ctx=None):
    mx.random.seed(1)
    net = nn.HybridSequential(prefix="m_")
    with net.name_scope():
        net.add(nn.Dense(8, activation="relu"), nn.Dense(3))
    if initialized:
        net.initialize(mx.init.Xavier(), ctx=ctx or mx.cpu())
    if hybridized:
        net.hybridize()
    return net


def made(net=None, loss=None, **options):
    net = net or network()
    options.setdefault("context", mx.cpu())
    if "trainer" not in options:
        options["trainer"] = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": .1})
    found = E.Estimator(net, loss or L.SoftmaxCrossEntropyLoss(), **options)
    found.logger.handlers[:] = [Lines()]
    return found


def plain(**options):
    return made(train_metrics=A(), **options)


def names(estimator):
    return [(type(each).__name__, each.name) for each in estimator.train_metrics + estimator.val_metrics]


def fit(estimator, *args, handlers=None, **options):
    """Train and print the warnings, and what became of it."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            estimator.fit(*args, event_handlers=handlers, **options)
        finally:
            for each in told:
                if each.category in (UserWarning, RuntimeWarning):
                    print(each.category.__name__, each.message)
    return [each.get() for each in estimator.train_metrics + estimator.val_metrics]


class Told(E.TrainBegin, E.TrainEnd, E.EpochBegin, E.EpochEnd, E.BatchBegin, E.BatchEnd):
    def __init__(self, name, priority=None, stop=None):
        self.name, self.stop, self.batches = name, stop, 0
        if priority is not None:
            self.priority = priority

    def say(self, what, options):
        print(self.name, what, sorted((name, type(value).__name__, len(value)) for name, value in options.items()))

    def train_begin(self, estimator, *args, **kwargs):
        self.say("train_begin", kwargs)

    def train_end(self, estimator, *args, **kwargs):
        self.say("train_end", kwargs)

    def epoch_begin(self, estimator, *args, **kwargs):
        self.say("epoch_begin", kwargs)

    def epoch_end(self, estimator, *args, **kwargs):
        self.say("epoch_end", kwargs)
        return self.stop == "epoch"

    def batch_begin(self, estimator, *args, **kwargs):
        self.say("batch_begin", kwargs)

    def batch_end(self, estimator, *args, **kwargs):
        self.say("batch_end", kwargs)
        self.batches += 1
        return self.stop == self.batches


class Given(mx.metric.EvalMetric):
    """A metric that shows the next of given values after each epoch."""

    def __init__(self, values, name):
        self.values, self.epoch = values, 0
        super().__init__(name)

    def reset(self):
        pass

    def update(self, labels, preds):
        pass

    def get(self):
        return self.name, self.values[self.epoch]


class Next(E.EpochEnd):
    priority = 1

    def __init__(self, metric):
        self.shown = metric

    def epoch_end(self, estimator, *args, **kwargs):
        self.shown.epoch = min(self.shown.epoch + 1, len(self.shown.values) - 1)


class Holding(E.TrainBegin):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def stopped(values, name="foo", epochs=None, **options):
    metric = Given(values, name)
    handler = E.EarlyStoppingHandler(metric, **options)
    fit(plain(), data(5), epochs=epochs or len(values), handlers=[handler, Next(metric)])
    return [getattr(handler, each) for each in ("wait", "stopped_epoch", "current_epoch", "stop_training", "best",
                                                "min_delta", "patience", "baseline")], handler.monitor_op


def kept(folder, values=None, n=20, hybridized=False, epochs=None, batches=None, **options):
    metric = Given(values, "foo") if values else None
    handler = E.CheckpointHandler(folder, monitor=metric, **options)
    try:
        fit(plain(net=network(hybridized)), data(n), epochs=epochs, batches=batches,
            handlers=[handler, Next(metric)] if metric else handler)
    finally:
        print(sorted(os.listdir(folder)))
    return handler.saved_checkpoints, getattr(handler, "trained_epoch", None), getattr(handler, "trained_batch", None)


# the loops, and what they say
ask("fit(plain(), data(), epochs=2)")
ask("fit(plain(), data(), data(seed=1), epochs=2)")
ask("fit(plain(), data(), batches=3)")
ask("fit(plain(), data(), data(seed=1), batches=7)")
ask("fit(made(), data(), data(), epochs=1)")
ask("fit(made(net=network(True)), data(), data(10), epochs=2)")
ask("fit(plain(), data(), data(10), epochs=1, handlers=E.LoggingHandler(1))")
for interval in (1, 2, 3, "'epoch'"):
    ask(f"(lambda e: fit(e, data(), data(10), epochs=2, handlers=E.LoggingHandler({interval}, "
        "e.train_metrics + e.val_metrics)))(made())")
ask("fit(made(), data())")
ask("fit(made(), data(), epochs=1, batches=1)")
ask("fit(made(), data(), epochs=0)")
ask("fit(made(), [1], epochs=1)")
ask("fit(made(), data(), [1], epochs=1)")
ask("made().evaluate([1])")
ask("made().evaluate(None)")
ask("(lambda e: (e.evaluate(data()), [m.get() for m in e.val_metrics]))(made())")
ask("fit(made(), data(), epochs=1, handlers=[3])")
ask("fit(made(), data(), epochs=1, handlers='foo')")
ask("fit(made(context=[mx.cpu(0), mx.cpu(1)], net=network(ctx=[mx.cpu(0), mx.cpu(1)])), "
    "data(10), epochs=1)")
ask("made().logger")
ask("made().logger is logging.getLogger('Estimator'), made().logger.level")
ask("E.Estimator(network(), L.L2Loss()).logger.handlers[0].formatter")

# metrics
ask("names(plain())")
ask("names(made())")
ask("names(made(train_metrics=[]))")
ask("names(made(train_metrics=mx.metric.CompositeEvalMetric([A(), mx.metric.MSE()])))")
ask("names(made(train_metrics=[mx.metric.CompositeEvalMetric([A(), mx.metric.MSE()])]))")
ask("names(made(val_metrics=[A()]))")
ask("names(made(train_metrics=A(), val_metrics=mx.metric.MSE()))")
ask("names(made(train_metrics=A(), val_metrics=[A(name='my training'), A(name='Training'), "
    "mx.metric.Loss('retrainings'), mx.metric.Loss('validation a')]))")
ask("names(made(train_metrics=mx.metric.Loss('training a')))")
ask("(lambda m: (names(made(train_metrics=m)), names(made(train_metrics=m)), names(made(val_metrics=m))))(A())")
ask("fit(made(train_metrics=[mx.metric.TopKAccuracy(2), mx.metric.CustomMetric(lambda a, b: 3., 'c'), "
    "mx.metric.Loss()]), data(), data(10), epochs=1)")
for loss in ("L2Loss()", "L1Loss()", "SoftmaxCrossEntropyLoss()", "SigmoidBCELoss()", "KLDivLoss()", "HuberLoss()",
             "HingeLoss()", "LogisticLoss()", "CTCLoss()", "SoftmaxCELoss(prefix='zz')", "L2Loss(prefix='a1b23')"):
    ask(f"names(made(loss=L.{loss}))")
ask("names(made(loss=L.L2Loss(), val_loss=L.L1Loss()))")

# arguments
ask("E.Estimator(network(), 'foo')")
ask("E.Estimator(network(), [L.L2Loss()])")
ask("E.Estimator(network(), None)")
ask("made(train_metrics='acc')")
ask("made(train_metrics=['acc'])")
ask("made(val_metrics='acc')")
ask("made(trainer='sgd')")
ask("made(trainer=None)")
ask("made(trainer=None).trainer.learning_rate")
ask("made(context='cpu')")
ask("made(context=['cpu'])")
ask("made(context=(mx.cpu(0), mx.cpu(1)))")
ask("made(context=[mx.cpu(0), mx.cpu(1)]).context")
ask("made(context=mx.cpu(1)).context")
ask("made(initializer=mx.init.Xavier())")
ask("made(net=network(initialized=False), initializer=mx.init.One(), trainer=None).net.collect_params()")
ask("fit(made(net=network(initialized=False), initializer=mx.init.Xavier(), trainer=None), data(), epochs=1)")
ask("made(batch_processor=3)")
ask("made(batch_processor=object())")
ask("made(val_loss='a')")
ask("E.LoggingHandler('foo')")
ask("E.LoggingHandler(2.5)")
ask("E.LoggingHandler(metrics=[3])")
ask("E.MetricHandler('x')")
ask("E.MetricHandler(None).metrics")
ask("E.EarlyStoppingHandler('acc')")
ask("E.EarlyStoppingHandler(None)")
ask("E.CheckpointHandler('none', save_best=True)")
ask("[each.priority for each in (E.MetricHandler([]), E.LoggingHandler(), E.GradientUpdateHandler(), "
    "E.ValidationHandler(1, 2))]")
ask("[hasattr(each, 'priority') for each in (E.StoppingHandler(), E.TrainBegin())]")
ask("E.TrainBegin().train_begin(1), E.EpochEnd().epoch_end(1), E.BatchEnd().batch_end(1)")

# the order of handlers
ask("fit(plain(), data(10), data(5), epochs=1, handlers=[Told('5', 5), Told('-'), Told('-5000', -5000), "
    "Told('0', 0)])")
ask("fit(plain(), data(10), data(5), epochs=2, handlers=[Told('first', -5, 1), Told('second')])")
ask("fit(plain(), data(10), epochs=3, handlers=[Told('first', -5, 'epoch'), Told('second')])")
ask("plain().evaluate(data(10), event_handlers=[Told('told', stop=1)])")
ask("(lambda e: fit(e, data(10), epochs=1, handlers=E.MetricHandler(e.train_metrics)))(plain())")
ask("fit(plain(), data(10), epochs=1, handlers=E.MetricHandler(A()))")
ask("fit(plain(), data(10), epochs=1, handlers=E.LoggingHandler(metrics=[A()]))")
ask("(lambda e: e.evaluate(data(10), event_handlers=E.LoggingHandler(metrics=e.train_metrics)))(plain())")
ask("fit(plain(), data(10), epochs=2, handlers=E.StoppingHandler(1, 1))")
ask("fit(plain(), data(10), epochs=1, handlers=E.GradientUpdateHandler())")
ask("(lambda e: fit(e, data(10), epochs=2, handlers=E.ValidationHandler(data(5), e.evaluate, epoch_period=2)))"
    "(plain())")
ask("(lambda e: fit(e, data(20), epochs=1, handlers=E.ValidationHandler(data(5), e.evaluate, None, 2)))(plain())")
ask("(lambda e: fit(e, data(10), data(5), epochs=1, handlers=[E.ValidationHandler(data(5), e.evaluate, "
    "event_handlers=[E.LoggingHandler(1, e.val_metrics), Told('told')])]))(plain())")
ask("fit(plain(), data(10), data(5), epochs=1, handlers=[E.LoggingHandler(), E.LoggingHandler(2), "
    "E.MetricHandler([])])")

for name in ("metric", "metrics", "train_metrics", "my_metric_a", "Metric", "foo"):
    ask(f"fit(plain(), data(5), epochs=1, handlers=Holding({name}=[A()]))")
    ask(f"fit(plain(), data(5), epochs=1, handlers=Holding({name}=A()))")

# stopping early
for options in ("[5, 4, 3, 3.5, 3.2, 1]", "[5, 4, 3, 3.5, 3.2, 1], patience=2", "[1, 2, 3, 2, 1, 4], 'accuracy'",
                "[1, 2, 3, 2, 1, 4], 'loss'", "[3, 2, 1, 1, 1], mode='min'", "[1, 2, 3, 2, 1, 4], min_delta=1.5",
                "[5, 3, 2.5, 0], mode='min', min_delta=1", "[1, 2, 3, 2, 1, 4], baseline=3",
                "[1, 2, 3, 2, 1, 4], baseline=3, patience=3", "[3, 2, 1, 4], patience=1, min_delta=-.5",
                "[3, float('nan'), 1, 4]", "[3, 2, 1, 4], mode='bar'", "[3, 3, 3, 4], mode='max'"):
    ask(f"stopped({options})")
ask("(lambda e: fit(e, data(5), data(5), epochs=3, handlers=E.EarlyStoppingHandler(e.val_metrics[0], mode='max')))"
    "(plain())")

# checkpoints
for i, options in enumerate((
        "epochs=2", "epochs=2, hybridized=True", "n=5, epochs=7", "n=5, epochs=7, max_checkpoints=2",
        "epochs=2, verbose=1", "epochs=2, verbose=1, batch_period=2", "epochs=2, batch_period=2, epoch_period=None",
        "n=5, epochs=5, epoch_period=2", "n=5, epochs=2, max_checkpoints=0", "epochs=1, epoch_period=0",
        "[1, 3, 2, 4], 5, epochs=4, save_best=True, verbose=1, max_checkpoints=1",
        "[1, 3, 2, 4], 5, epochs=4, save_best=True, verbose=1, mode='min'",
        "[1, 3, 2, 4], 5, epochs=4, save_best=True, mode='bar'", "[1, 3, 2, 4], 5, epochs=4, mode='bar'",
        "[1, float('nan'), 2], 5, epochs=3, save_best=True, verbose=1, mode='max'",
        "epochs=2, resume_from_checkpoint=True", "batches=3, resume_from_checkpoint=True",
        "epochs=3, resume_from_checkpoint=True, batch_period=1",
        "batches=3, epoch_period=None, batch_period=1, resume_from_checkpoint=True, verbose=1",
        "epochs=1, model_prefix='net'")):
    ask(f"kept('c{i}', {options})")
for options in ("epochs=2", "epochs=4, resume_from_checkpoint=True, verbose=1",
                "epochs=4, resume_from_checkpoint=True", "epochs=1, resume_from_checkpoint=True",
                "[7, 6], epochs=6, resume_from_checkpoint=True, verbose=1, save_best=True, mode='max'"):
    ask(f"kept('resumed', {options})")
for options in ("batches=4, batch_period=2, epoch_period=None",
                "batches=4, batch_period=2, epoch_period=None, resume_from_checkpoint=True",
                "batches=10, batch_period=2, epoch_period=None, resume_from_checkpoint=True, verbose=1",
                "epochs=9, batch_period=2, epoch_period=None, resume_from_checkpoint=True"):
    ask(f"kept('batches', {options})")
for name in os.listdir("resumed"):
    if name.endswith(".states"):
        os.remove(os.path.join("resumed", name))
ask("kept('resumed', epochs=9, resume_from_checkpoint=True)")
