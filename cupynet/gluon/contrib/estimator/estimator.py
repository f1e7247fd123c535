"""Estimator: the training loop and the validation loop of a Gluon network."""
from __future__ import annotations

import copy
import logging
import sys
import warnings
from collections.abc import Iterable
from typing import Any

from .... import metric as metrics
from ....base import MXNetAssertionError, MXNetTypeError, MXNetValueError
from ....context import Context, cpu, gpu, num_gpus
from ....metric import EvalMetric
from ...block import Block
from ...data import DataLoader
from ...loss import Loss
from ...trainer import Trainer
from .batch_processor import BatchProcessor
from .event_handler import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)
from .utils import check_known_metrics, checked_metrics, suggested_metrics

__all__ = ["Estimator"]

# event -> the class of the handlers that it calls
_EVENTS = {"train_begin": TrainBegin, "epoch_begin": EpochBegin, "batch_begin": BatchBegin, "batch_end": BatchEnd,
           "epoch_end": EpochEnd, "train_end": TrainEnd}


class Estimator:
    """Trains a network on a DataLoader and evaluates it.

    Parameters
    ----------
    net : Block
    loss : Loss
    train_metrics : EvalMetric or list of EvalMetric, optional
        Default: the loss, and the accuracy with SoftmaxCrossEntropyLoss. ``training`` is put before their names.
    val_metrics : EvalMetric or list of EvalMetric, optional
        Default: copies of `train_metrics`. ``validation`` is put before their names.
    initializer : Initializer, optional
        For a network that is not initialized.
    trainer : Trainer, optional
        Default: SGD with a learning rate of 0.001, and a warning.
    context : Context or list of Context, optional
        Default: the first GPU, if there is one.
    val_net : Block, optional
        The network that is evaluated (default: `net`).
    val_loss : Loss, optional
        The loss of validation (default: `loss`).
    batch_processor : BatchProcessor, optional
        What is done with a batch.

    Attributes
    ----------
    logger : logging.Logger
        Where the lines go: one that writes to the standard output.

    Examples
    --------
    >>> import cupynet as mx
    >>> from cupynet.gluon.contrib.estimator import Estimator
    >>> net = mx.gluon.nn.Dense(1)
    >>> net.initialize(ctx=mx.cpu())
    >>> trainer = mx.gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})
    >>> estimator = Estimator(net, mx.gluon.loss.L2Loss(), trainer=trainer, context=mx.cpu())
    >>> data = mx.gluon.data.ArrayDataset(mx.nd.ones((8, 3)), mx.nd.ones((8, 1)))
    >>> estimator.logger.setLevel('WARNING')
    >>> estimator.fit(mx.gluon.data.DataLoader(data, batch_size=4), epochs=30)
    >>> [metric.name for metric in estimator.train_metrics]
    ['training l2loss']
    """

    logger: logging.Logger | None = None

    def __init__(self, net: Block, loss: Loss, train_metrics: Any = None, val_metrics: Any = None,
                 initializer: Any = None, trainer: Trainer | None = None,
                 context: Context | list[Context] | None = None, val_net: Block | None = None,
                 val_loss: Loss | None = None, batch_processor: BatchProcessor | None = None):
        self.net = net
        self.loss = _checked_loss(loss)
        self._train_metrics = checked_metrics(train_metrics)
        self._val_metrics = checked_metrics(val_metrics)
        self._name_metrics()
        self.val_loss = self.loss if val_loss is None else _checked_loss(val_loss)
        self.val_net = net if val_net is None else val_net
        self.logger = logging.Logger("Estimator", logging.INFO)
        self.logger.addHandler(logging.StreamHandler(sys.stdout))
        self.context = _checked_context(context)
        self._initialize(initializer)
        self.trainer = self._checked_trainer(trainer)
        self.batch_processor = _checked_batch_processor(batch_processor)

    def _name_metrics(self) -> None:
        """Add the metrics that are not given, and say in their names of which data they are."""
        if not self._train_metrics:
            name = self.loss.name.rstrip("0123456789")
            self._train_metrics = [*suggested_metrics(self.loss), metrics.Loss(name)]
        for each in self._train_metrics:
            each.name = f"training {each.name}"
        if not self._val_metrics:
            self._val_metrics = copy.deepcopy(self._train_metrics)
        for each in self._val_metrics:
            each.name = each.name.replace("training", "validation") if "training" in each.name else \
                f"validation {each.name}"

    def _initialize(self, initializer: Any) -> None:
        if not self._is_initialized():
            if initializer is None:
                self.net.initialize(ctx=self.context)
            else:
                self.net.initialize(init=initializer, ctx=self.context)
        elif initializer is not None:
            warnings.warn("Network already fully initialized, skipping initialization. You don't need to pass "
                          "initializer if you already initialized your net. You can use "
                          "net.initialize(init=your_initializer, force_reinit=True)to force re-initialize.",
                          stacklevel=3)

    def _is_initialized(self) -> bool:
        """Whether all parameters have values, or will have when their shapes are known."""
        for each in self.net.collect_params().values():
            try:
                each.list_ctx()
            except RuntimeError:
                return False
        return True

    def _checked_trainer(self, trainer: Any) -> Trainer:
        if trainer is None:
            warnings.warn("No trainer specified, default SGD optimizer with learning rate 0.001 is used.",
                          stacklevel=3)
            return Trainer(self.net.collect_params(), "sgd", {"learning_rate": 0.001})
        if not isinstance(trainer, Trainer):
            raise MXNetValueError(f"Trainer must be a Gluon Trainer instance, refer to gluon.Trainer:{trainer}")
        return trainer

    @property
    def train_metrics(self) -> list[EvalMetric]:
        """The metrics of training data."""
        return self._train_metrics

    @property
    def val_metrics(self) -> list[EvalMetric]:
        """The metrics of validation data."""
        return self._val_metrics

    # ---- loops ----

    def evaluate(self, val_data: DataLoader, batch_axis: int = 0, event_handlers: Any = None) -> None:
        """Evaluate on a DataLoader; the results are in :attr:`val_metrics`.

        Parameters
        ----------
        val_data : DataLoader
        batch_axis : int
            The axis along which a batch is split over the contexts.
        event_handlers : EventHandler or list of EventHandler, optional
            Besides them, a MetricHandler and a LoggingHandler are called, unless there is one.
        """
        _check_data(val_data, "gluon.data.DataLoader")
        handlers = _checked_handlers(event_handlers)
        _add_missing(handlers, MetricHandler(self.val_metrics), LoggingHandler(metrics=self.val_metrics))
        calls = _Calls(self, handlers, self.val_metrics)
        calls("epoch_begin")
        for batch in val_data:
            calls("batch_begin", batch=batch)
            _, label, pred, loss = self.batch_processor.evaluate_batch(self, batch, batch_axis)
            calls("batch_end", batch=batch, pred=pred, label=label, loss=loss)
        calls("epoch_end")

    def fit(self, train_data: DataLoader, val_data: DataLoader | None = None, epochs: int | None = None,
            event_handlers: Any = None, batches: int | None = None, batch_axis: int = 0) -> None:
        """Train on a DataLoader, for a number of epochs or of batches.

        Parameters
        ----------
        train_data : DataLoader
        val_data : DataLoader, optional
            What is evaluated after each epoch.
        epochs, batches : int
            One of them.
        event_handlers : EventHandler or list of EventHandler, optional
            Besides them, a StoppingHandler, GradientUpdateHandler, MetricHandler, LoggingHandler and, with
            `val_data`, a ValidationHandler are called, unless there is one of the kind. The list itself stays as it
            is, where MXNet adds to it.
        batch_axis : int
            The axis along which a batch is split over the contexts.
        """
        _check_data(train_data, "gluon.data.dataloader")
        if bool(epochs) == bool(batches):
            raise MXNetValueError("Fit only support exactly one type of iteration, train by number of epochs or number "
                                  "of batches.Please specify one and only one of: epochs or batches.")
        self.max_epoch = epochs
        self.max_batch = batches
        self.batch_axis = batch_axis
        handlers = _checked_handlers(event_handlers)
        _add_missing(handlers, StoppingHandler(epochs, batches), GradientUpdateHandler(),
                     MetricHandler(self.train_metrics), LoggingHandler(metrics=self.train_metrics),
                     *([] if val_data is None else [ValidationHandler(val_data, self.evaluate)]))
        calls = _Calls(self, handlers, [*self.train_metrics, *self.val_metrics])
        calls("train_begin")
        ends = False
        while not ends:
            calls("epoch_begin")
            for batch in train_data:
                calls("batch_begin", batch=batch)
                _, label, pred, loss = self.batch_processor.fit_batch(self, batch, batch_axis)
                if calls("batch_end", batch=batch, pred=pred, label=label, loss=loss):
                    break
            ends = calls("epoch_end")
        calls("train_end")


class _Calls:
    """The handlers of each event, in the order of their priorities."""

    def __init__(self, estimator: Estimator, handlers: Iterable[EventHandler], known: list[EvalMetric]):
        self._estimator = estimator
        ordered = sorted(handlers, key=lambda each: getattr(each, "priority", 0))
        for each in ordered:
            check_known_metrics(each, known)
        self._methods = {event: [getattr(each, event) for each in ordered if isinstance(each, kind)]
                         for event, kind in _EVENTS.items()}

    def __call__(self, event: str, **kwargs: Any) -> bool:
        """Call all handlers of an event. Returns whether one of them wants to end."""
        results = [method(self._estimator, **kwargs) for method in self._methods[event]]
        return any(results)


def _add_missing(handlers: list[EventHandler], *defaults: EventHandler) -> None:
    given = tuple(handlers)
    handlers.extend(each for each in defaults if not any(isinstance(other, type(each)) for other in given))


# ---- checks of arguments ----

def _check_data(data: Any, where: str) -> None:
    if not isinstance(data, DataLoader):
        raise MXNetValueError("Estimator only support input as Gluon DataLoader. Alternatively, you can transform your "
                              f"DataIter or any NDArray into Gluon DataLoader. Refer to {where}")


def _checked_handlers(handlers: Any) -> list[EventHandler]:
    if isinstance(handlers, EventHandler):
        return [handlers]
    if handlers is not None and not isinstance(handlers, Iterable):
        raise MXNetTypeError(f"handlers must be an EventHandler or a list of EventHandler, got: {handlers!r} is not "
                             "iterable")
    found = list(handlers or ())
    if not all(isinstance(each, EventHandler) for each in found):
        raise MXNetValueError(f"handlers must be an EventHandler or a list of EventHandler, got: {handlers}")
    return found


def _checked_loss(loss: Any) -> Loss:
    if not isinstance(loss, Loss):
        raise MXNetValueError(f"loss must be a Loss, refer to gluon.loss.Loss:{loss}")
    return loss


def _checked_context(context: Any) -> list[Context]:
    if not context:
        return [gpu(0) if num_gpus() else cpu()]
    contexts = [context] if isinstance(context, Context) else context
    if not isinstance(contexts, list) or not all(isinstance(each, Context) for each in contexts):
        raise MXNetValueError("context must be a Context or a list of Context, for example mx.cpu() or "
                              f"[mx.gpu(0), mx.gpu(1)], refer to mxnet.Context:{context}")
    there = [gpu(i) for i in range(num_gpus())]
    for each in contexts:
        if each.device_type == "gpu" and each not in there:
            raise MXNetAssertionError(f"{each} is not available, please make sure your context is in one of: "
                                      f"mx.cpu(), {', '.join(map(str, there))}")
    return contexts


def _checked_batch_processor(processor: Any) -> BatchProcessor:
    if processor is None:
        return BatchProcessor()
    if not all(callable(getattr(processor, name, None)) for name in ("fit_batch", "evaluate_batch")):
        raise MXNetValueError("Customized Batch Processor must contain fit_batch() and evaluate_batch() methods")
    return processor
