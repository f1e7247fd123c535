"""How probable the labels were."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy

from .. import ndarray
from ..base import MXNetIndexError, MXNetValueError
from ..ndarray import NDArray
from .base import EvalMetric, alias, host, pairs, register

__all__ = ["Perplexity", "CrossEntropy", "NegativeLogLikelihood"]


@register
class Perplexity(EvalMetric):
    """``exp`` of the mean of ``-log(probability of the label)``.

    Parameters
    ----------
    ignore_label : int or None
        A label that does not count.
    axis : int
        The axis of probabilities of classes.
    """

    def __init__(self, ignore_label: int | None, axis: int = -1, name: str = "perplexity",
                 output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, has_global_stats=True)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        loss, count = 0.0, 0
        for label, pred in pairs(labels, preds):
            if label.size * pred.shape[-1] != pred.size:
                raise MXNetValueError(f"shape mismatch: {label.shape} vs. {pred.shape}")
            expected = host(label).ravel()
            chosen = self._probabilities(pred, expected)
            if self.ignore_label is not None:
                chosen = chosen[expected != self.ignore_label]
            loss -= float(numpy.log(numpy.maximum(1e-10, chosen)).sum())
            count += len(chosen)
        self._add(loss, count)

    def _probabilities(self, pred: NDArray | numpy.ndarray, expected: numpy.ndarray) -> numpy.ndarray:
        """Return the probabilities of the labels; of what is on a GPU only they are copied."""
        if not -pred.ndim <= self.axis < pred.ndim:
            raise MXNetValueError(f"Perplexity: predictions of shape {pred.shape} have no axis {self.axis}")
        axis = self.axis % pred.ndim
        places = pred.shape[:axis] + pred.shape[axis + 1:]
        if math.prod(places) != len(expected):
            raise MXNetValueError(f"Perplexity: {len(expected)} labels for predictions of shape {pred.shape} with "
                                  f"classes along axis {self.axis}")
        index = expected.astype("int32").reshape(places)
        if isinstance(pred, NDArray) and places:
            return host(ndarray.pick(pred, ndarray.array(index, ctx=pred.context, dtype="int32"), axis=axis)).ravel()
        index = numpy.expand_dims(index.clip(0, pred.shape[axis] - 1), axis)
        return numpy.take_along_axis(host(pred), index, axis).ravel()

    def _result(self, total: float, count: float) -> float:
        return math.exp(total / count)


class _LogLoss(EvalMetric):
    """The mean of ``-log(probability of the label + eps)``; a label of -1 means the last class, as in MXNet."""

    def __init__(self, eps: float = 1e-12, name: str = "", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            expected, pred = host(label).ravel(), host(pred)
            if expected.dtype.kind == "f" and numpy.isnan(expected).any():
                raise MXNetIndexError(f"metric {self.name}: {numpy.isnan(expected).sum()} of {len(expected)} labels "
                                      "are nan")
            expected = expected.astype("int64")
            if pred.ndim != 2 or len(expected) != len(pred):
                raise MXNetValueError(f"metric {self.name}: {len(expected)} labels do not fit predictions of shape "
                                      f"{pred.shape}; expected ({len(expected)}, classes)")
            if len(expected) and not -pred.shape[1] <= expected.min() <= expected.max() < pred.shape[1]:
                raise MXNetIndexError(f"metric {self.name}: labels are in [{expected.min()}, {expected.max()}]; there "
                                      f"are {pred.shape[1]} classes")
            chosen = pred[numpy.arange(len(pred)), expected]
            self._add(-numpy.log(chosen + self.eps).sum(), len(pred))


@alias("ce")
@register
class CrossEntropy(_LogLoss):
    """The mean of ``-log(probability of the label + eps)``; predictions have shape (examples, classes)."""

    def __init__(self, eps: float = 1e-12, name: str = "cross-entropy", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(eps, name, output_names, label_names)


@alias("nll_loss")
@register
class NegativeLogLikelihood(_LogLoss):
    """The mean of ``-log(probability of the label + eps)``: :class:`CrossEntropy` by another name."""

    def __init__(self, eps: float = 1e-12, name: str = "nll-loss", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(eps, name, output_names, label_names)
