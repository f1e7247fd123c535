"""Measures of how good predictions are (``mx.metric``).

A metric sums over the batches that it is shown. It has two sums: a local one, which a progress report may
reset (:meth:`EvalMetric.reset_local`), and a global one over the whole epoch.

>>> import cupynet as mx
>>> accuracy = mx.metric.create('acc')
>>> accuracy.update(labels=[mx.nd.array([0, 1, 1])], preds=[mx.nd.array([[0.3, 0.7], [0, 1], [0.4, 0.6]])])
>>> accuracy.get()
('accuracy', 0.6666666666666666)
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy

from . import ndarray, registry
from .base import MXNetKeyError, MXNetTypeError, MXNetValueError
from .ndarray import NDArray

__all__ = ["EvalMetric", "CompositeEvalMetric", "Accuracy", "TopKAccuracy", "F1", "MCC", "Perplexity", "MAE", "MSE",
           "RMSE", "CrossEntropy", "NegativeLogLikelihood", "PearsonCorrelation", "PCC", "Loss", "Torch", "Caffe",
           "CustomMetric", "np", "create", "register", "alias", "check_label_shapes"]


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Check that there are as many labels as predictions, or, with `shape`, that their shapes are equal.

    With `wrap`, single arrays come back in lists.
    """
    first, second = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if first != second:
        raise MXNetValueError(f"Shape of labels {first} does not match shape of predictions {second}")
    if wrap:
        labels, preds = _listed(labels), _listed(preds)
    return labels, preds


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (NDArray, numpy.ndarray)) else value


def _pairs(labels: Any, preds: Any) -> Iterable[tuple[Any, Any]]:
    """Return labels and predictions, output by output."""
    labels, preds = _listed(labels), _listed(preds)
    check_label_shapes(labels, preds)
    return zip(labels, preds)


def _host(value: Any) -> numpy.ndarray:
    return numpy.asarray(value)


def _classes(pred: Any, label: Any, axis: int) -> numpy.ndarray:
    """Return predicted classes: those of the largest score, unless `pred` has the labels' shape already."""
    if pred.shape == label.shape:
        return _host(pred).astype("int32")
    if not -pred.ndim <= axis < pred.ndim:
        raise MXNetValueError(f"predictions of shape {pred.shape} have no axis {axis} of scores")
    best = ndarray.argmax(pred, axis=axis) if isinstance(pred, NDArray) else numpy.argmax(pred, axis=axis)
    return _host(best).astype("int32")  # of what is on a GPU only the answer is copied


def _mean(total: float, count: float) -> float:
    return total / count if count else math.nan


class EvalMetric:
    """Base class: subclasses define ``update(labels, preds)``, which adds to the sums.

    Parameters
    ----------
    name : str
        For display.
    output_names, label_names : list of str, optional
        What :meth:`update_dict` selects (default: everything).
    **kwargs
        Arguments of the subclass, for :meth:`get_config`.
    """

    def __init__(self, name: str, output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None,
                 **kwargs: Any):
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Return what :func:`create` needs to make such a metric, with the class under "metric"."""
        return {**self._kwargs, "metric": self.__class__.__name__, "name": self.name,
                "output_names": self.output_names, "label_names": self.label_names}

    def update_dict(self, label: Mapping[str, NDArray], pred: Mapping[str, NDArray]) -> None:
        """Update with labels and predictions by name."""
        def chosen(values: Mapping[str, NDArray], names: Sequence[str] | None, what: str) -> list[NDArray]:
            missing = [name for name in names or () if name not in values]
            if missing:
                raise MXNetKeyError(f"metric {self.name}: there is no {what} {missing[0]!r} among {list(values)}")
            return list(values.values()) if names is None else [values[name] for name in names]

        self.update(chosen(label, self.label_names, "label"), chosen(pred, self.output_names, "output"))

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch: lists of labels and of predictions, one for each output."""
        raise NotImplementedError(f"{type(self).__name__} does not define update")

    def _add(self, total: float, count: float) -> None:
        """Add to the sums, local and global, as Python numbers: a float32 would stop growing early."""
        total, count = float(total), count.item() if isinstance(count, numpy.generic) else count
        self.sum_metric += total
        self.global_sum_metric += total
        self.num_inst += count
        self.global_num_inst += count

    def reset(self) -> None:
        """Forget everything."""
        self.num_inst = 0
        self.sum_metric = 0.0
        self.global_num_inst = 0
        self.global_sum_metric = 0.0

    def reset_local(self) -> None:
        """Forget the local sum."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def _result(self, total: float, count: float) -> float:
        """Return the metric of such sums."""
        return _mean(total, count)

    def get(self) -> tuple[Any, Any]:
        """Return name and value of the local sum; nan if it is empty."""
        count = self.num_inst
        return self.name, self._result(self.sum_metric, count) if count else math.nan

    def get_global(self) -> tuple[Any, Any]:
        """Return name and value of the global sum, or of the local one if there is none."""
        if not self._has_global_stats:
            return self.get()
        count = self.global_num_inst
        return self.name, self._result(self.global_sum_metric, count) if count else math.nan

    @staticmethod
    def _name_value(found: tuple[Any, Any]) -> list[tuple[str, float]]:
        names, values = (v if isinstance(v, list) else [v] for v in found)
        return list(zip(names, values))

    def get_name_value(self) -> list[tuple[str, float]]:
        """Return pairs of names and local values."""
        return self._name_value(self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """Return pairs of names and global values."""
        return self._name_value(self.get_global()) if self._has_global_stats else self.get_name_value()


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")
_create = registry.get_create_func(EvalMetric, "metric")


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """Return a metric.

    Parameters
    ----------
    metric : str, EvalMetric, callable or list of them
        A registered name; an instance or a class; a function of (label, prediction), as NumPy arrays, that gives the
        value; a list makes a :class:`CompositeEvalMetric`.
    *args, **kwargs
        Arguments of the metric.
    """
    if isinstance(metric, type) and issubclass(metric, EvalMetric):
        return metric(*args, **kwargs)
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, (list, tuple)):
        composite = CompositeEvalMetric()
        for child in metric:
            composite.add(create(child, *args, **kwargs))
        return composite
    return _create(metric, *args, **kwargs)


@alias("composite")
@register
class CompositeEvalMetric(EvalMetric):
    """Several metrics as one; names and values are lists."""

    def __init__(self, metrics: Sequence[Any] | None = None, name: str = "composite",
                 output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None):
        self.metrics = [create(metric) for metric in metrics or ()]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric: Any) -> None:
        """Add a metric, or what :func:`create` makes one from."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """Return a metric by its position."""
        try:
            return self.metrics[index]
        except IndexError:
            raise MXNetValueError(f"Metric index {index} is out of range 0 and {len(self.metrics)}") from None

    def update_dict(self, labels: Mapping[str, NDArray], preds: Mapping[str, NDArray]) -> None:
        if self.label_names is not None:
            labels = {name: value for name, value in labels.items() if name in self.label_names}
        if self.output_names is not None:
            preds = {name: value for name, value in preds.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        for metric in self.metrics:
            metric.reset_local()

    def _collect(self, found: Iterable[list[tuple[str, float]]]) -> tuple[list[str], list[float]]:
        pairs = [pair for each in found for pair in each]
        return [name for name, _ in pairs], [value for _, value in pairs]

    def get(self) -> tuple[list[str], list[float]]:
        return self._collect(metric.get_name_value() for metric in self.metrics)

    def get_global(self) -> tuple[list[str], list[float]]:
        return self._collect(metric.get_global_name_value() for metric in self.metrics)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


# ---- classification -------------------------------------------------------------------------------


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
        for label, pred in _pairs(labels, preds):
            found = _classes(pred, label, self.axis).ravel()
            expected = _host(label).astype("int32").ravel()
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
        for label, pred in _pairs(labels, preds):
            expected, scores = _host(label).astype("int32").ravel(), _host(pred)
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
        for label, pred in _pairs(labels, preds):
            expected = _host(label).astype("int32").ravel()
            if pred.ndim < 2:
                raise MXNetValueError(f"{type(self).__name__}: predictions have shape {pred.shape}; expected scores of "
                                      "two classes, (batch, 2)")
            check_label_shapes(expected, pred)
            if len(numpy.unique(expected)) > 2:
                raise MXNetValueError(f"{type(self).__name__} currently only supports binary classification.")
            found = _classes(pred, expected, 1).ravel()
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
        for label, pred in _pairs(labels, preds):
            expected = _host(label).astype("int32").ravel()
            found = _classes(pred, label, 1).ravel()
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


# ---- probabilities --------------------------------------------------------------------------------


@register
class Perplexity(EvalMetric):
    """``exp`` of the mean of ``-log(probability of the label)``.

    Parameters
    ----------
    ignore_label : int or None
        A label that does not count.
    axis : int
        The axis of probabilities of classes; only the last is possible.
    """

    def __init__(self, ignore_label: int | None, axis: int = -1, name: str = "perplexity",
                 output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, has_global_stats=True)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        loss, count = 0.0, 0
        for label, pred in _pairs(labels, preds):
            if label.size * pred.shape[-1] != pred.size:
                raise MXNetValueError(f"shape mismatch: {label.shape} vs. {pred.shape}")
            if self.axis not in (-1, pred.ndim - 1):
                raise MXNetValueError(f"Perplexity: axis is {self.axis}; expected the last of shape {pred.shape}")
            expected = _host(label).ravel()
            if isinstance(pred, NDArray):
                index = ndarray.array(expected, ctx=pred.context, dtype="int32").reshape(pred.shape[:-1])
                chosen = _host(ndarray.pick(pred, index, axis=-1)).ravel()
            else:
                chosen = pred.reshape(len(expected), -1)[numpy.arange(len(expected)), expected.astype("int32")]
            if self.ignore_label is not None:
                chosen = chosen[expected != self.ignore_label]
            loss -= float(numpy.log(numpy.maximum(1e-10, chosen)).sum())
            count += len(chosen)
        self._add(loss, count)

    def _result(self, total: float, count: float) -> float:
        return math.exp(total / count)


class _LogLoss(EvalMetric):
    """The mean of ``-log(probability of the label + eps)``."""

    def __init__(self, eps: float = 1e-12, name: str = "", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in _pairs(labels, preds):
            expected, pred = _host(label).ravel().astype("int64"), _host(pred)
            if pred.ndim != 2 or len(expected) != len(pred):
                raise MXNetValueError(f"metric {self.name}: {len(expected)} labels do not fit predictions of shape "
                                      f"{pred.shape}; expected ({len(expected)}, classes)")
            if len(expected) and not 0 <= expected.min() <= expected.max() < pred.shape[1]:
                raise MXNetValueError(f"metric {self.name}: labels are in [{expected.min()}, {expected.max()}]; there "
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


# ---- regression -----------------------------------------------------------------------------------


class _Regression(EvalMetric):
    """The mean over batches of a function of the errors."""

    def __init__(self, name: str, output_names: Sequence[str] | None, label_names: Sequence[str] | None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _error(self, difference: numpy.ndarray) -> float:
        raise NotImplementedError

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in _pairs(labels, preds):
            columns = [x[:, None] if x.ndim == 1 else x for x in (_host(label), _host(pred))]
            try:
                difference = columns[0] - columns[1]
            except ValueError:
                raise MXNetValueError(f"metric {self.name}: labels have shape {label.shape}, predictions "
                                      f"{pred.shape}") from None
            self._add(self._error(difference), 1)


@register
class MAE(_Regression):
    """The mean absolute error, averaged over batches."""

    def __init__(self, name: str = "mae", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference: numpy.ndarray) -> float:
        return numpy.abs(difference).mean()


@register
class MSE(_Regression):
    """The mean squared error, averaged over batches."""

    def __init__(self, name: str = "mse", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference: numpy.ndarray) -> float:
        return (difference**2).mean()


@register
class RMSE(_Regression):
    """The root of the mean squared error, averaged over batches."""

    def __init__(self, name: str = "rmse", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference: numpy.ndarray) -> float:
        return numpy.sqrt((difference**2).mean())


class _Moments:
    """Means of two variables and sums of products of their deviations."""

    def __init__(self) -> None:
        self.count = 0
        self.means = numpy.zeros(2)
        self.products = numpy.zeros((2, 2))

    def add(self, both: numpy.ndarray) -> None:
        """Take in more examples by the formula for the moments of a union (Chan et al. 1979)."""
        count = both.shape[1]
        if not count:
            return
        means = both.mean(axis=1)
        deviations = both - means[:, None]
        shift = means - self.means
        total = self.count + count
        self.products += deviations @ deviations.T + numpy.outer(shift, shift) * (self.count * count / total)
        self.means += shift * (count / total)
        self.count = total

    @property
    def correlation(self) -> float:
        (first, both), (_, second) = self.products
        return float(both / math.sqrt(first * second)) if first * second > 0 else math.nan


@alias("pearsonr")
@register
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of labels and predictions, which have one shape.

    Parameters
    ----------
    average : "macro" or "micro"
        Mean of the batches' values, or the value of all examples together (MXNet has no global sum of it, and its
        local one is never reset).
    """

    def __init__(self, name: str = "pearsonr", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None, average: str = "macro"):
        if average not in ("macro", "micro"):
            raise MXNetValueError(f"metric {name}: average is {average!r}; expected 'macro' or 'micro'")
        self.average = average
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def reset(self) -> None:
        super().reset()
        self._local, self._global = _Moments(), _Moments()

    def reset_local(self) -> None:
        super().reset_local()
        self._local = _Moments()

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in _pairs(labels, preds):
            check_label_shapes(label, pred, shape=True)
            both = numpy.stack([_host(label).ravel(), _host(pred).ravel()])
            if self.average == "macro":
                self._add(numpy.corrcoef(both[1], both[0])[0, 1], 1)
                continue
            for moments in (self._local, self._global):
                moments.add(both.astype("float64"))
            self.num_inst, self.global_num_inst = self._local.count, self._global.count
            self.sum_metric = self._local.correlation * self.num_inst
            self.global_sum_metric = self._global.correlation * self.global_num_inst


# ---- anything -------------------------------------------------------------------------------------


@register
class Loss(EvalMetric):
    """The mean of the predictions, for networks whose outputs are losses; labels are ignored."""

    def __init__(self, name: str = "loss", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _: Any, preds: Sequence[NDArray]) -> None:
        for pred in _listed(preds):
            total = ndarray.sum(pred).asscalar() if isinstance(pred, NDArray) else numpy.sum(pred)
            self._add(total, pred.size)


@register
class Torch(Loss):
    """:class:`Loss` under another name."""

    def __init__(self, name: str = "torch", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """:class:`Loss` under another name."""

    def __init__(self, name: str = "caffe", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names)


@register
class CustomMetric(EvalMetric):
    """The mean over batches of a function.

    Parameters
    ----------
    feval : callable(label, prediction) -> number or (sum, count)
        Gets NumPy arrays.
    name : str, optional
        Default: the function's own.
    allow_extra_outputs : bool
        Allow more predictions than labels; those without one are ignored.
    """

    def __init__(self, feval: Callable[[numpy.ndarray, numpy.ndarray], Any], name: str | None = None,
                 allow_extra_outputs: bool = False, output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        if not callable(feval):
            raise MXNetTypeError(f"CustomMetric: feval is {feval!r}; expected a function of label and prediction")
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            if "<" in name:
                name = f"custom({name})"
        super().__init__(name, output_names, label_names, feval=feval, allow_extra_outputs=allow_extra_outputs,
                         has_global_stats=True)
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        pairs = zip(_listed(labels), _listed(preds)) if self._allow_extra_outputs else _pairs(labels, preds)
        for label, pred in pairs:
            found = self._feval(_host(label), _host(pred))
            self._add(*(found if isinstance(found, tuple) else (found, 1)))

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("CustomMetric cannot be serialized")


def np(numpy_feval: Callable[[numpy.ndarray, numpy.ndarray], Any], name: str | None = None,
       allow_extra_outputs: bool = False) -> CustomMetric:
    """Return a metric from a function of NumPy arrays; see :class:`CustomMetric`."""
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
