"""How far numbers were from their labels."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy

from ..base import MXNetValueError
from ..ndarray import NDArray
from .base import EvalMetric, alias, check_label_shapes, host, pairs, register

__all__ = ["MAE", "MSE", "RMSE", "PearsonCorrelation"]


class _Regression(EvalMetric):
    """The mean over batches of a function of the errors."""

    def __init__(self, name: str, output_names: Sequence[str] | None, label_names: Sequence[str] | None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _error(self, difference: numpy.ndarray) -> float:
        raise NotImplementedError

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            columns = [x[:, None] if x.ndim == 1 else x for x in (host(label), host(pred))]
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
    """Count, mean and sum of squared deviations of labels and of predictions, and the sum of their products."""

    def __init__(self) -> None:
        self.label: tuple = (0, 0.0, 0.0)
        self.pred: tuple = (0, 0.0, 0.0)
        self.products = 0.0

    @property
    def correlation(self) -> float:
        spread = self.label[2] * self.pred[2]
        return float(self.products / math.sqrt(spread)) if spread > 0 else math.nan


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
        self.reset_micro()

    def reset_local(self) -> None:
        super().reset_local()
        self._local = _Moments()

    def reset_micro(self) -> None:
        """Forget the examples, but not the numbers of updates."""
        self._local, self._global = _Moments(), _Moments()

    def update_variance(self, new_values: numpy.ndarray, *aggregate: float) -> tuple[int, float, float]:
        """Return count, mean and sum of squared deviations of some values and more of them (Chan et al. 1979).

        >>> mx.metric.PearsonCorrelation().update_variance(mx.nd.array([4, 6]).asnumpy(), 3, 2, 2)
        (5, 3.2, 14.8)
        """
        count, mean, squares = aggregate
        total = count + new_values.size
        if total == count:
            return aggregate
        shift = float(new_values.sum()) / new_values.size - mean
        squares += float(((new_values - mean - shift) ** 2).sum()) + shift**2 * count * new_values.size / total
        return total, mean + shift * new_values.size / total, squares

    def update_cov(self, label: numpy.ndarray, pred: numpy.ndarray) -> None:
        """Add a batch's products of deviations: after the variance of the labels, before that of the predictions."""
        for moments in (self._local, self._global):
            moments.products += float(((label - moments.label[1]) * (pred - moments.pred[1])).sum())

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for label, pred in pairs(labels, preds):
            check_label_shapes(label, pred, shape=True)
            label, pred = host(label).ravel().astype("float64"), host(pred).ravel().astype("float64")
            if self.average == "macro":
                with numpy.errstate(all="ignore"):  # nan where one of them does not vary
                    self._add(numpy.corrcoef(pred, label)[0, 1] if label.size > 1 else math.nan, 1)
                continue
            both = self._local, self._global
            for moments in both:
                moments.label = self.update_variance(label, *moments.label)
            self.update_cov(label, pred)
            for moments in both:
                moments.pred = self.update_variance(pred, *moments.pred)
            self.num_inst += 1
            self.global_num_inst += 1
            self.sum_metric = self._local.correlation * self.num_inst
            self.global_sum_metric = self._global.correlation * self.global_num_inst
