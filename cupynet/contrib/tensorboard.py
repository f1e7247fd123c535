"""Metrics for TensorBoard, written by the package ``mxboard``."""
from __future__ import annotations

import importlib
import logging
from typing import Any

from ..base import MXNetError

__all__ = ["LogMetricsCallback"]


class LogMetricsCallback:
    """A callback for the end of batches or evaluations that writes metrics as events for TensorBoard.

    Without the package ``mxboard`` making one logs an error, as in MXNet, and calling it raises MXNetError.

    Parameters
    ----------
    logging_dir : str
        The folder of the events.
    prefix : str, optional
        Written before the names of metrics, with a hyphen.
    """

    def __init__(self, logging_dir: str, prefix: str | None = None):
        self.prefix = prefix
        try:
            self.summary_writer = importlib.import_module("mxboard").SummaryWriter(logging_dir)
        except ImportError:
            logging.error("You can install mxboard via `pip install mxboard`.")

    def __call__(self, param: Any) -> None:
        """Write the metrics of a BatchEndParam, at its epoch."""
        if param.eval_metric is None:
            return
        writer = getattr(self, "summary_writer", None)
        if writer is None:
            raise MXNetError("LogMetricsCallback: the package mxboard, which writes events for TensorBoard, is not "
                             "there; install it, or use mx.callback.Speedometer")
        for name, value in param.eval_metric.get_name_value():
            name = name if self.prefix is None else f"{self.prefix}-{name}"
            writer.add_scalar(name, value, global_step=param.epoch)
