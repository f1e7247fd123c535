"""Checks of metrics, and the metrics that suit a loss."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ....base import MXNetTypeError, MXNetValueError
from ....metric import Accuracy, CompositeEvalMetric, EvalMetric
from ...loss import Loss, SoftmaxCrossEntropyLoss

__all__ = ["checked_metrics", "check_known_metrics", "suggested_metrics", "metric_values"]


def checked_metrics(metrics: Any) -> list[EvalMetric]:
    """Return one metric, the parts of a composite one, several, or None as a list.

    Raises MXNetValueError if anything else is among them.
    """
    if isinstance(metrics, CompositeEvalMetric):
        return list(metrics.metrics)
    if isinstance(metrics, EvalMetric):
        return [metrics]
    if metrics is not None and not isinstance(metrics, Iterable):
        raise MXNetTypeError("metrics must be a Metric or a list of Metric, refer to mxnet.metric.EvalMetric: "
                             f"{metrics!r} is not iterable")
    found = list(metrics or ())
    if not all(isinstance(each, EvalMetric) for each in found):
        raise MXNetValueError("metrics must be a Metric or a list of Metric, refer to mxnet.metric.EvalMetric: "
                              f"{metrics}")
    return found


def check_known_metrics(handler: Any, known: Collection[EvalMetric]) -> None:
    """Refuse a handler whose attributes named ``...metric...`` hold a metric that nobody updates."""
    for name, value in vars(handler).items() if hasattr(handler, "__dict__") else ():
        if "metric" in name:
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(each, EvalMetric) and not any(each is other for other in known):
                    raise MXNetValueError(
                        f"Event handler {type(handler).__name__} refers to a metric instance {each} outside of the "
                        "known training and validation metrics. Please use the metrics from estimator.train_metrics "
                        "and estimator.val_metrics instead.")


def suggested_metrics(loss: Loss) -> list[EvalMetric]:
    """Return the metrics for networks that are trained with `loss`."""
    return [Accuracy()] if isinstance(loss, SoftmaxCrossEntropyLoss) else []


def metric_values(metrics: Iterable[EvalMetric]) -> str:
    """Return ``name: value, name: value`` with four digits."""
    return ", ".join(f"{name}: {value:.4f}" for metric in metrics for name, value in metric.get_name_value())
