"""Callbacks of training loops: log lines, checkpoints, progress."""
from __future__ import annotations

import logging
import math
import time
from collections import namedtuple
from collections.abc import Callable
from typing import Any

from .checkpoint import save_checkpoint

__all__ = ["BatchEndParam", "Speedometer", "ProgressBar", "do_checkpoint", "module_checkpoint", "log_train_metric",
           "LogValidationMetricsCallback"]

# what batch callbacks get
BatchEndParam = namedtuple("BatchEndParams", ["epoch", "nbatch", "eval_metric", "locals"])


def module_checkpoint(mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False) -> Callable:
    """Return an epoch callback that lets a module save itself every `period` epochs."""
    period = int(max(1, period))

    def callback(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)
    return callback


def do_checkpoint(prefix: str, period: int = 1) -> Callable:
    """Return an epoch callback that saves symbol and parameters every `period` epochs.

    The files are ``<prefix>-symbol.json`` and ``<prefix>-0001.params``, ...
    """
    period = int(max(1, period))

    def callback(iter_no: int, sym: Any, arg: Any, aux: Any) -> None:
        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)
    return callback


def log_train_metric(period: int, auto_reset: bool = False) -> Callable:
    """Return a batch callback that logs the metric every `period` batches."""
    def callback(param: Any) -> None:
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
            if auto_reset:
                param.eval_metric.reset_local()
    return callback


class Speedometer:
    """A batch callback that logs samples per second and the metric.

    Parameters
    ----------
    batch_size : int
    frequent : int
        Batches between two lines.
    auto_reset : bool
        Whether each line starts the metric afresh.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True):
        self.batch_size, self.frequent, self.auto_reset = batch_size, frequent, auto_reset
        self.init, self.tic, self.last_count = False, 0, 0

    def __call__(self, param: Any) -> None:
        count = param.nbatch
        if self.last_count > count:
            self.init = False  # a new epoch
        self.last_count = count
        if not self.init:
            self.init, self.tic = True, time.time()
            return
        if count % self.frequent:
            return
        elapsed = time.time() - self.tic
        speed = self.frequent * self.batch_size / elapsed if elapsed else float("inf")
        if param.eval_metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
        else:
            pairs = param.eval_metric.get_name_value()
            text = "".join(f"\t{name}={value:f}" for name, value in pairs)
            if self.auto_reset:
                param.eval_metric.reset_local()
                logging.info("Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s", param.epoch, count - self.frequent,
                             count, speed, text)
            else:
                logging.info("Epoch[%d] Batch [0-%d]\tSpeed: %.2f samples/sec%s", param.epoch, count, speed, text)
        self.tic = time.time()


class ProgressBar:
    """A batch callback that logs a bar of `length` characters for `total` batches."""

    def __init__(self, total: int, length: int = 80):
        self.bar_len = length
        self.total = total

    def __call__(self, param: Any) -> None:
        filled = round(self.bar_len * param.nbatch / float(self.total))
        percents = math.ceil(100.0 * param.nbatch / float(self.total))
        logging.info("[%s] %s%s\r", "=" * filled + "-" * (self.bar_len - filled), percents, "%")


class LogValidationMetricsCallback:
    """A callback at the end of evaluation that logs the metrics."""

    def __call__(self, param: Any) -> None:
        if param.eval_metric:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
