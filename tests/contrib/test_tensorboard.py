"""Metrics go to the package that writes them; without it there is a clear error."""
import logging
import sys
from types import ModuleType

import pytest

import cupynet as mx
from cupynet.base import MXNetError


def measured(*names):
    metric = mx.metric.create(list(names))
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.2, 0.8]])])
    return mx.model.BatchEndParam(5, 2, metric, None)


class SummaryWriter:
    def __init__(self, logging_dir):
        self.folder, self.scalars = logging_dir, []

    def add_scalar(self, *args, **kwargs):
        self.scalars.append((args, kwargs))


@pytest.mark.parametrize("prefix, begin", [(None, ""), ("train", "train-")])
def test_metrics_are_written_at_their_epoch(monkeypatch, prefix, begin):
    package = ModuleType("mxboard")
    package.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "mxboard", package)
    callback = mx.contrib.tensorboard.LogMetricsCallback("logs", prefix=prefix)
    callback(mx.model.BatchEndParam(0, 0, None, None))
    callback(measured("acc", "ce"))
    assert callback.summary_writer.folder == "logs"
    (first, where), (second, _) = callback.summary_writer.scalars
    assert first == (f"{begin}accuracy", 1.0) and where == {"global_step": 5}
    assert second == (f"{begin}cross-entropy", pytest.approx(0.16425204))


def test_without_the_package(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "mxboard", None)
    with caplog.at_level(logging.ERROR):
        callback = mx.contrib.tensorboard.LogMetricsCallback("logs")
    assert caplog.messages == ["You can install mxboard via `pip install mxboard`."]
    with pytest.raises(MXNetError, match="the package mxboard.* is not there"):
        callback(measured("acc"))
