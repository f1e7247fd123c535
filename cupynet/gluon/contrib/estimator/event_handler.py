"""What is called while an Estimator trains: at the begin and the end of the training, of epochs and of batches.

At each event the handlers are called in ascending order of their attribute ``priority`` (0 without one). Training on
an epoch ends once a handler of :class:`BatchEnd` returns true, all training once one of :class:`EpochEnd` does.
"""
from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy

from ....base import MXNetAssertionError, MXNetValueError
from ....metric import EvalMetric
from ....metric import Loss as LossMetric
from .utils import checked_metrics, metric_values

__all__ = ["TrainBegin", "TrainEnd", "EpochBegin", "EpochEnd", "BatchBegin", "BatchEnd", "StoppingHandler",
           "MetricHandler", "ValidationHandler", "LoggingHandler", "CheckpointHandler", "EarlyStoppingHandler",
           "GradientUpdateHandler"]


class EventHandler:
    """What all handlers are."""


class TrainBegin(EventHandler):
    """A handler that is called before training."""

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called before the first epoch."""


class TrainEnd(EventHandler):
    """A handler that is called after training."""

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called after the last epoch."""


class EpochBegin(EventHandler):
    """A handler that is called before each epoch, of training or of validation."""

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called before the first batch of an epoch."""


class EpochEnd(EventHandler):
    """A handler that is called after each epoch."""

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool | None:
        """Called after the last batch of an epoch. Returns whether training ends."""
        return False


class BatchBegin(EventHandler):
    """A handler that is called before each batch."""

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called with what the DataLoader gave as `batch`."""


class BatchEnd(EventHandler):
    """A handler that is called after each batch."""

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool | None:
        """Called with `batch`, `pred`, `label` and `loss`. Returns whether the epoch ends."""
        return False


class StoppingHandler(TrainBegin, BatchEnd, EpochEnd):
    """Ends training after so many batches or epochs; :class:`Estimator` brings one, with what ``fit`` was told.

    Parameters
    ----------
    max_epoch, max_batch : int, optional
        Replaced by those of the estimator when training begins.
    """

    def __init__(self, max_epoch: int | None = None, max_batch: int | None = None):
        self.max_epoch = max_epoch
        self.max_batch = max_batch
        self.current_batch = 0
        self.current_epoch = 0
        self.stop_training = False

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.max_epoch = estimator.max_epoch
        self.max_batch = estimator.max_batch
        self.current_batch = 0
        self.current_epoch = 0
        self.stop_training = False

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        self.current_batch += 1
        self.stop_training |= self.current_batch == self.max_batch
        return self.stop_training

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        self.current_epoch += 1
        self.stop_training |= self.current_epoch == self.max_epoch
        return self.stop_training


class MetricHandler(EpochBegin, BatchEnd):
    """Resets metrics before each epoch and updates them after each batch: those of losses with the loss.

    Parameters
    ----------
    metrics : EvalMetric or list of EvalMetric
    priority : number
    """

    def __init__(self, metrics: Any, priority: float = -1000):
        self.metrics = checked_metrics(metrics)
        self.priority = priority

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        for each in self.metrics:
            each.reset()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        pred, label, loss = kwargs["pred"], kwargs["label"], kwargs["loss"]
        for each in self.metrics:
            if isinstance(each, LossMetric):
                each.update(0, loss)
            else:
                each.update(label, pred)


class ValidationHandler(TrainBegin, BatchEnd, EpochEnd):
    """Evaluates while a network is trained.

    Parameters
    ----------
    val_data : DataLoader
    eval_fn : callable
        Called with `val_data`, `batch_axis` and `event_handlers`, such as ``estimator.evaluate``.
    epoch_period, batch_period : int, optional
        After how many epochs and batches.
    priority : number
    event_handlers : EventHandler or list of EventHandler, optional
        For `eval_fn`.
    """

    def __init__(self, val_data: Any, eval_fn: Callable[..., Any], epoch_period: int | None = 1,
                 batch_period: int | None = None, priority: float = -1000, event_handlers: Any = None):
        self.val_data = val_data
        self.eval_fn = eval_fn
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.current_batch = 0
        self.current_epoch = 0
        self.priority = priority
        self.event_handlers = event_handlers

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.current_batch = 0
        self.current_epoch = 0

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.current_batch += 1
        self._evaluate_after(self.current_batch, self.batch_period, estimator)

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.current_epoch += 1
        self._evaluate_after(self.current_epoch, self.epoch_period, estimator)

    def _evaluate_after(self, done: int, period: int | None, estimator: Any) -> None:
        if period and done % period == 0:
            self.eval_fn(val_data=self.val_data, batch_axis=estimator.batch_axis, event_handlers=self.event_handlers)


class LoggingHandler(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Tells ``estimator.logger`` how training or validation goes.

    Parameters
    ----------
    log_interval : 'epoch' or int
        Whether there is a line for each epoch only, or for every so many batches, too.
    metrics : EvalMetric or list of EvalMetric, optional
        What the lines show.
    priority : number
    """

    def __init__(self, log_interval: int | str = "epoch", metrics: Any = None, priority: float = numpy.inf):
        if not isinstance(log_interval, Integral) and log_interval != "epoch":
            raise MXNetValueError("log_interval must be either an integer or string 'epoch'")
        if log_interval != "epoch" and log_interval < 1:
            raise MXNetValueError(f"log_interval must be at least 1; got {log_interval}")
        self.metrics = checked_metrics(metrics)
        self.batch_index = 0
        self.current_epoch = 0
        self.processed_samples = 0
        self.priority = priority
        self.log_interval = log_interval
        self.log_interval_time = 0.0
        self.train_start = self.epoch_start = self.batch_start = time.time()

    def _log(self, estimator: Any, message: str) -> None:
        """Log a message that ends in a space, and the metrics."""
        estimator.logger.info((message + metric_values(self.metrics)).rstrip(" "))

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.train_start = time.time()
        estimator.logger.info(f"Training begin: using optimizer {type(estimator.trainer.optimizer).__name__} "
                              f"with current learning rate {estimator.trainer.learning_rate:.4f} ")
        if estimator.max_epoch:
            estimator.logger.info(f"Train for {estimator.max_epoch} epochs.")
        else:
            estimator.logger.info(f"Train for {estimator.max_batch} batches.")
        self.current_epoch = 0
        self.batch_index = 0
        self.processed_samples = 0
        self.log_interval_time = 0.0

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self._log(estimator, f"Train finished using total {int(time.time() - self.train_start)}s with "
                             f"{self.current_epoch} epochs. ")

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.batch_start = time.time()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        if self.log_interval == "epoch":
            return
        self.log_interval_time += time.time() - self.batch_start
        self.processed_samples += kwargs["batch"][0].shape[0]
        if self.batch_index % self.log_interval == 0:
            self._log(estimator, f"[Epoch {self.current_epoch}][Batch {self.batch_index}]"
                                 f"[Samples {self.processed_samples}] time/interval: {self.log_interval_time:.3f}s ")
            self.log_interval_time = 0.0
        self.batch_index += 1

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.epoch_start = time.time()
        if any("training" in each.name for each in self.metrics):
            estimator.logger.info(f"[Epoch {self.current_epoch}] Begin, current learning rate: "
                                  f"{estimator.trainer.learning_rate:.4f}")
        else:
            estimator.logger.info("Validation Begin")

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        taken = time.time() - self.epoch_start
        text = metric_values(self.metrics)
        estimator.logger.info(f"[Epoch {self.current_epoch}] Finished in {taken:.3f}s" + (text and f", {text}"))
        self.current_epoch += 1
        self.batch_index = 0


def _comparison(mode: str, monitor: EvalMetric, what: str) -> Callable[[float, float], bool]:
    """Return what tells whether the first of two values is the better one.

    As in MXNet ``auto`` means that more is better, whatever the metric: it warns of it.
    """
    if mode not in ("auto", "min", "max"):
        warnings.warn(f"{what} mode {mode} is unknown, fallback to auto mode. CheckpointHandler will use"
                      "max mode for f1 and accuracy metric comparison and use min mode other wise", RuntimeWarning,
                      stacklevel=3)
        mode = "auto"
    if mode == "auto":
        warnings.warn(f"`greater` operator will be used to determine if {monitor.name} has improved. Please specify "
                      "`mode='min'` to use the `less` operator. Specify `mode='max' to disable this warning.`",
                      stacklevel=3)
    return numpy.less if mode == "min" else numpy.greater


def _worst(comparison: Callable[[float, float], bool]) -> float:
    return numpy.inf if comparison is numpy.less else -numpy.inf


class CheckpointHandler(TrainBegin, BatchEnd, EpochEnd):
    """Writes parameters and states of the trainer every so often, and the graph of a hybridized network.

    The files are ``prefix-epochEbatchB.params`` and ``.states``, those of the best value ``prefix-best.params`` and
    ``.states``, and ``prefix-symbol.json``. The lines it logs are MXNet's, whose "improved from" shows the new value
    twice. Training again with the same handler writes the same files; MXNet then counts each twice, and may remove
    one that it has just written.

    Parameters
    ----------
    model_dir : str
        Where the files lie; made if it is not there.
    model_prefix : str
        How their names begin.
    monitor : EvalMetric, optional
        A metric of the estimator that tells the best.
    verbose : int
        Whether each checkpoint is logged.
    save_best : bool
        Whether the best is kept apart.
    mode : {'auto', 'min', 'max'}
        Whether the best is the least or the most; ``auto`` is ``max``, with a warning.
    epoch_period, batch_period : int, optional
        After how many epochs and batches a checkpoint is written.
    max_checkpoints : int
        How many are kept, the best apart.
    resume_from_checkpoint : bool
        Whether training goes on from the last checkpoint: of the epochs or batches that ``fit`` is told, those that
        are left are run.
    """

    def __init__(self, model_dir: str, model_prefix: str = "model", monitor: EvalMetric | None = None,
                 verbose: int = 0, save_best: bool = False, mode: str = "auto", epoch_period: int | None = 1,
                 batch_period: int | None = None, max_checkpoints: int = 5, resume_from_checkpoint: bool = False):
        self.monitor = monitor
        self.verbose = verbose
        self.model_dir = model_dir
        self.model_prefix = model_prefix
        self.save_best = save_best
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.current_batch = 0
        self.current_epoch = 0
        self.max_checkpoints = max_checkpoints
        self.resume_from_checkpoint = resume_from_checkpoint
        self.saved_checkpoints: list[str] = []
        if save_best:
            if not isinstance(monitor, EvalMetric):
                raise MXNetValueError("To save best model only, please provide one of the metric objects from "
                                      "estimator.train_metrics and estimator.val_metrics as monitor.")
            self.monitor_op = _comparison(mode, monitor, "ModelCheckpoint")
            self.best = _worst(self.monitor_op)
        if not os.path.exists(model_dir):
            os.makedirs(model_dir)

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self.current_epoch = 0
        self.current_batch = 0
        if self.save_best:
            self.best = _worst(self.monitor_op)
        if self.resume_from_checkpoint:
            self._resume(estimator)

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        if self.current_batch == 0:  # the graph is known after the first batch
            self._save_symbol(estimator)
        if self.batch_period and (self.current_batch + 1) % self.batch_period == 0:
            self._save_checkpoint(estimator, self.current_batch + 1 if self.resume_from_checkpoint
                                  else self.current_batch)
        self.current_batch += 1

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        if self.epoch_period and (self.current_epoch + 1) % self.epoch_period == 0:
            self._save_checkpoint(estimator, self.current_batch)
        self.current_epoch += 1

    def _path(self, name: str) -> str:
        return os.path.join(self.model_dir, name)

    def _save_checkpoint(self, estimator: Any, batch: int) -> None:
        epoch = self.current_epoch
        if self.resume_from_checkpoint:
            epoch, batch = epoch + self.trained_epoch + 1, batch + self.trained_batch
        prefix = f"{self.model_prefix}-epoch{epoch}batch{batch}"
        self._save_params_and_trainer(estimator, prefix)
        if self.verbose > 0:
            estimator.logger.info(f"[Epoch {self.current_epoch}] CheckpointHandler: trained total "
                                  f"{self.current_batch + 1} batches, saving model at {self.model_dir} with prefix: "
                                  f"{prefix}")
        if prefix in self.saved_checkpoints:
            self.saved_checkpoints.remove(prefix)
        self.saved_checkpoints.append(prefix)
        if len(self.saved_checkpoints) > self.max_checkpoints:
            oldest = self.saved_checkpoints.pop(0)
            for ending in (".params", ".states"):
                if os.path.exists(self._path(oldest + ending)):
                    os.remove(self._path(oldest + ending))
        if self.save_best:
            self._save_best(estimator)

    def _save_best(self, estimator: Any) -> None:
        name, value = self.monitor.get()
        if numpy.isnan(value):
            # two arguments, so that the text is MXNet's
            warnings.warn(RuntimeWarning("Skipping save best because %s is not updated, make sure you pass one of the "
                                         "metric objects estimator.train_metrics and estimator.val_metrics as monitor",
                                         name), stacklevel=2)
            return
        if self.monitor_op(value, self.best):
            prefix = f"{self.model_prefix}-best"
            self._save_params_and_trainer(estimator, prefix)
            self.best = value
            if self.verbose > 0:
                estimator.logger.info(f"[Epoch {self.current_epoch}] CheckpointHandler: {name} improved from "
                                      f"{value:.5f} to {value:.5f}, updating best model at {self.model_dir} with "
                                      f"prefix: {prefix}")
        elif self.verbose > 0:
            estimator.logger.info(f"[Epoch {self.current_batch}] CheckpointHandler: {name} did not improve from "
                                  f"{self.best:.5f}, skipping updating best model")

    def _save_symbol(self, estimator: Any) -> None:
        path = self._path(f"{self.model_prefix}-symbol.json")
        graph = getattr(estimator.net, "_cached_graph", ())
        if graph:
            graph[1].save(path)
        else:
            estimator.logger.info("Model architecture(symbol file) is not saved, please use HybridBlock to construct "
                                  "your model, and call net.hybridize() before passing to Estimator in order to save "
                                  f"model architecture as {path}.")

    def _save_params_and_trainer(self, estimator: Any, prefix: str) -> None:
        estimator.net.save_parameters(self._path(f"{prefix}.params"))
        estimator.trainer.save_states(self._path(f"{prefix}.states"))

    # ---- going on ----

    def _resume(self, estimator: Any) -> None:
        """Load the last checkpoint and take off what was trained from what is to be trained."""
        by_epochs = bool(estimator.max_epoch and self.epoch_period and not self.batch_period)
        by_batches = bool(estimator.max_batch and self.batch_period and not self.epoch_period)
        if not by_epochs and not by_batches:
            raise MXNetAssertionError("To use resume from checkpoint, you must only specify the same type of period "
                                      "you used for training.For example, if you are training based on number of "
                                      "epochs,you must save only based on epochs, and set batch_period to None.")
        self.trained_epoch, self.trained_batch = self._last_checkpoint()
        if self.trained_epoch < 0:
            amount = f"{estimator.max_epoch} epochs" if by_epochs else f"{estimator.max_batch} batches"
            estimator.logger.info(f"CheckpointHandler: No checkpoint found, training from scratch for {amount}")
            return
        if by_epochs:
            if self.trained_epoch >= estimator.max_epoch - 1:
                raise MXNetValueError(f"Found checkpoint with maximum number of epoch {estimator.max_epoch} reached, "
                                      "please specify resume_from_checkpoint=False (default value) if you wan to "
                                      "train from scratch.")
            estimator.max_epoch -= self.trained_epoch + 1
            left = f"{estimator.max_epoch} epochs"
        else:
            if self.trained_batch >= estimator.max_batch - 1:
                raise MXNetValueError(f"Found checkpoint with maximum number of batch {self.trained_batch} reached, "
                                      "please specifyresume_from_checkpoint=False (default value) if you wan to "
                                      "train from scratch.")
            estimator.max_batch -= self.trained_batch + 1
            left = f"{estimator.max_batch} batches"
        self._load(estimator)
        estimator.logger.warning(f"CheckpointHandler: Checkpoint resumed from epoch {self.trained_epoch} batch "
                                 f"{self.trained_batch}, continue to train for {left} ")

    def _load(self, estimator: Any) -> None:
        base = self._path(f"{self.model_prefix}-epoch{self.trained_epoch}batch{self.trained_batch}")
        for ending in (".params", ".states"):
            if not os.path.exists(base + ending):
                raise MXNetAssertionError(f"Failed to load checkpoint, {base + ending} does not exist")
        estimator.net.load_parameters(base + ".params", ctx=estimator.context)
        estimator.trainer.load_states(base + ".states")

    def _last_checkpoint(self) -> tuple[int, int]:
        """Return the numbers of the last epoch of which there is a checkpoint and of its last batch, else -1 and -1."""
        start, found = f"{self.model_prefix}-epoch", [(-1, -1)]
        for name in os.listdir(self.model_dir):
            if name.startswith(start) and name.endswith(".params"):
                numbers = re.fullmatch(r"(-?\d+)batch(-?\d+)", name[len(start):-len(".params")])
                if not numbers:
                    raise MXNetValueError(
                        "Error parsing checkpoint file, please check your checkpoints have the format: "
                        "{model_name}-epoch{epoch_number}batch{batch_number}.params, there should also be a .states "
                        f"file for each .params file; {self._path(name)} has not")
                found.append((int(numbers[1]), int(numbers[2])))
        return max(each for each in found if each[0] >= 0 or each == (-1, -1))


class EarlyStoppingHandler(TrainBegin, EpochEnd, TrainEnd):
    """Ends training when a value gets no better.

    Parameters
    ----------
    monitor : EvalMetric
        A metric of the estimator.
    min_delta : float
        How much better counts.
    patience : int
        For how many epochs it waits.
    mode : {'auto', 'min', 'max'}
        Whether less or more is better; ``auto`` is ``max``, with a warning.
    baseline : float, optional
        What the first value is compared with.
    """

    def __init__(self, monitor: EvalMetric, min_delta: float = 0, patience: int = 0, mode: str = "auto",
                 baseline: float | None = None):
        if not isinstance(monitor, EvalMetric):
            raise MXNetValueError("Please provide one of the metric objects from estimator.train_metrics and "
                                  "estimator.val_metrics as monitor.")
        self.monitor = monitor
        self.baseline = baseline
        self.patience = patience
        self.monitor_op = _comparison(mode, monitor, "EarlyStopping")
        self.min_delta = -min_delta if self.monitor_op is numpy.less else min_delta
        self._start()

    def _start(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.current_epoch = 0
        self.stop_training = False
        self.best = _worst(self.monitor_op) if self.baseline is None else self.baseline

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        self._start()

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        name, value = self.monitor.get()
        if numpy.isnan(value):
            # two arguments, so that the text is MXNet's
            warnings.warn(RuntimeWarning("%s is not updated, make sure you pass one of the metric objects from"
                                         "estimator.train_metrics and estimator.val_metrics as monitor.", name),
                          stacklevel=2)
        elif self.monitor_op(value - self.min_delta, self.best):
            self.best = value
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = self.current_epoch
                self.stop_training = True
        self.current_epoch += 1
        return self.stop_training

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        if self.stopped_epoch > 0:
            estimator.logger.info(f"[Epoch {self.stopped_epoch}] EarlyStoppingHanlder: early stopping due to "
                                  f"{self.monitor.get()[0]} not improving")


class GradientUpdateHandler(BatchEnd):
    """Applies the gradients after each batch.

    Parameters
    ----------
    priority : number
    """

    def __init__(self, priority: float = -2000):
        self.priority = priority

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        loss = kwargs["loss"]
        losses: Sequence[Any] = loss if isinstance(loss, list) else [loss]
        estimator.trainer.step(sum(each.shape[0] for each in losses))
