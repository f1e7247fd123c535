"""How many classes were found: accuracy, F-score, correlations of classes."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy

from ..base import MXNetValueError
from ..ndarray import NDArray
from .base import EvalMetric, alias, check_label_shapes, classes, host, pairs, register

__all__ = ["Accuracy", "TopKAccuracy", "F1", "MCC", "PCC"]


@alias("acc")
@register
class Accuracy(EvalMetric):
    """The part of labels that are predicted.

    Predictions are classes, in the labels' shape, or scores of classes along `axis`.
    """

    def __init__(self, axis: int = 1, name: str = "accuracy", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, axis=axis, has_global_stats=True)
        self.axis = axis

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            found = classes(pred, label, self.axis).ravel()
            expected = host(label).astype("int32").ravel()
            check_label_shapes(expected, found)
            self._add((found == expected).sum(), len(found))


@alias("top_k_accuracy", "top_k_acc")
@register
class TopKAccuracy(EvalMetric):
    """The part of labels that are among the `top_k` classes of the highest scores."""

    def __init__(self, top_k: int = 1, name: str = "top_k_accuracy", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, top_k=top_k, has_global_stats=True)
        if top_k <= 1:
            raise MXNetValueError(f"Please use Accuracy if top_k is no more than 1; it is {top_k}")
        self.top_k = top_k
        self.name += f"_{top_k}"

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            expected, scores = host(label).astype("int32").ravel(), host(pred)
            if scores.ndim > 2:
                raise MXNetValueError(f"Predictions should be no more than 2 dims; their shape is {scores.shape}")
            check_label_shapes(expected, scores)
            if scores.ndim == 1:  # classes, not scores
                best = scores.astype("int32")[:, None]
            else:
                top = min(self.top_k, scores.shape[1])
                best = numpy.argpartition(scores.astype("float32"), -top)[:, -top:]
            self._add((best == expected[:, None]).any(axis=1).sum(), len(expected))


class _Counts:
    """True and false positives and negatives of a binary classification."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.true_positives = self.false_negatives = self.false_positives = self.true_negatives = 0

    def add(self, label: numpy.ndarray, found: numpy.ndarray) -> None:
        self.true_positives += int((found & label).sum())
        self.false_positives += int((found & ~label).sum())
        self.false_negatives += int((~found & label).sum())
        self.true_negatives += int((~found & ~label).sum())

    @property
    def total(self) -> int:
        return self.true_positives + self.false_negatives + self.false_positives + self.true_negatives

    @property
    def fscore(self) -> float:
        wrong = self.false_positives + self.false_negatives
        right = 2 * self.true_positives
        return right / (right + wrong) if right else 0.0

    @property
    def matthewscc(self) -> float:
        tp, fp, fn, tn = self.true_positives, self.false_positives, self.false_negatives, self.true_negatives
        margins = (tp + fp, tp + fn, tn + fp, tn + fn)
        return (tp * tn - fp * fn) / math.sqrt(math.prod(m for m in margins if m))


class _Binary(EvalMetric):
    """A metric of the four counts: their value for each batch on average ("macro"), or for all examples ("micro")."""

    def __init__(self, name: str, output_names: Sequence[str] | None, label_names: Sequence[str] | None, average: str):
        if average not in ("macro", "micro"):
            raise MXNetValueError(f"metric {name}: average is {average!r}; expected 'macro' or 'micro'")
        self.average = average
        self._local, self._global = _Counts(), _Counts()
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _value(self, counts: _Counts) -> float:
        raise NotImplementedError

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            expected = host(label).astype("int32")
            if pred.ndim < 2:
                raise MXNetValueError(f"{type(self).__name__}: predictions have shape {pred.shape}; expected scores of "
                                      "two classes, (batch, 2)")
            check_label_shapes(expected, pred)
            if len(numpy.unique(expected)) > 2:
                raise MXNetValueError(f"{type(self).__name__} currently only supports binary classification.")
            expected, found = expected.ravel(), classes(pred, expected, 1).ravel()
            check_label_shapes(expected, found)
            for counts in (self._local, self._global):
                counts.add(expected == 1, found == 1)
        if self.average == "macro":
            self._add(self._value(self._local), 1)
            self._local.reset()
            self._global.reset()
        else:
            self.num_inst, self.global_num_inst = self._local.total, self._global.total
            self.sum_metric = self._value(self._local) * self.num_inst
            self.global_sum_metric = self._value(self._global) * self.global_num_inst

    def reset(self) -> None:
        super().reset()
        self._local.reset()
        self._global.reset()

    def reset_local(self) -> None:
        super().reset_local()
        self._local.reset()


@register
class F1(_Binary):
    """The harmonic mean of precision and recall of class 1, among classes 0 and 1.

    Parameters
    ----------
    average : "macro" or "micro"
        Mean of the batches' values, or the value of all examples together.
    """

    def __init__(self, name: str = "f1", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None, average: str = "macro"):
        super().__init__(name, output_names, label_names, average)

    def _value(self, counts: _Counts) -> float:
        return counts.fscore


@register
class MCC(_Binary):
    """Matthews' correlation of labels and predictions 0 and 1 (Matthews 1975); see :class:`F1` for `average`.

    Where a class does not occur, its factor in the denominator is 1.
    """

    def __init__(self, name: str = "mcc", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None, average: str = "macro"):
        super().__init__(name, output_names, label_names, average)

    def _value(self, counts: _Counts) -> float:
        return counts.matthewscc


@register
class PCC(EvalMetric):
    """Matthews' correlation for any number of classes (Gorodkin 2004), of all examples together."""

    def __init__(self, name: str = "pcc", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None, has_global_stats: bool = True):
        super().__init__(name, output_names, label_names, has_global_stats=has_global_stats)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            expected = host(label).astype("int32").ravel()
            found = classes(pred, label, 1).ravel()
            check_label_shapes(expected, found)
            if not len(expected):
                continue
            if min(expected.min(), found.min()) < 0:
                raise MXNetValueError("PCC: classes must not be negative")
            size = max(len(self.lcm), int(max(expected.max(), found.max())) + 1)
            counts = numpy.bincount(found * size + expected, minlength=size * size).reshape(size, size)
            self.lcm, self.gcm = (numpy.pad(old, (0, size - len(old))) + counts for old in (self.lcm, self.gcm))
        self.num_inst += 1
        self.global_num_inst += 1

    @staticmethod
    def _correlation(counts: numpy.ndarray) -> float:
        total, found, expected = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
        spread = (found * (total - found)).sum(), (expected * (total - expected)).sum()
        if 0 in spread:
            return math.nan
        shared = (counts.diagonal() * total - found * expected).sum()
        return float(shared / math.sqrt(spread[0]) / math.sqrt(spread[1]))

    @property
    def sum_metric(self) -> float:
        return self._correlation(self.lcm) * self.num_inst

    @property
    def global_sum_metric(self) -> float:
        return self._correlation(self.gcm) * self.global_num_inst

    def reset(self) -> None:
        self.global_num_inst = 0
        self.gcm = numpy.zeros((2, 2), "int64")
        self.reset_local()

    def reset_local(self) -> None:
        self.num_inst = 0
        self.lcm = numpy.zeros((2, 2), "int64")
