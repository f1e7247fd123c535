"""What every metric is: sums over batches, a local one and a global one."""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from .. import ndarray, registry
from ..base import MXNetKeyError, MXNetNotImplementedError, MXNetValueError
from ..ndarray import NDArray

__all__ = ["EvalMetric", "register", "alias", "check_label_shapes", "pairs", "listed", "host",
           "classes"]


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Check that there are as many labels as predictions, or, with `shape`, that their shapes are equal.

    With `wrap`, single arrays come back in lists.
    """
    first, second = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if first != second:
        raise MXNetValueError(f"Shape of labels {first} does not match shape of predictions {second}")
    if wrap:
        labels, preds = listed(labels), listed(preds)
    return labels, preds


def listed(value: Any) -> Any:
    return [value] if isinstance(value, (NDArray, numpy.ndarray)) else value


def pairs(labels: Any, preds: Any) -> Iterable[tuple[Any, Any]]:
    """Return labels and predictions, output by output."""
    labels, preds = listed(labels), listed(preds)
    check_label_shapes(labels, preds)
    return zip(labels, preds)


def host(value: Any) -> numpy.ndarray:
    return numpy.asarray(value)


def classes(pred: Any, label: Any, axis: int) -> numpy.ndarray:
    """Return predicted classes: those of the largest score, unless `pred` has the labels' shape already."""
    if pred.shape == label.shape:
        return host(pred).astype("int32")
    if not -pred.ndim <= axis < pred.ndim:
        raise MXNetValueError(f"predictions of shape {pred.shape} have no axis {axis} of scores")
    best = ndarray.argmax(pred, axis=axis) if isinstance(pred, NDArray) else numpy.argmax(pred, axis=axis)
    return host(best).astype("int32")  # of what is on a GPU only the answer is copied


def mean(total: float, count: float) -> float:
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
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define update")

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
        return mean(total, count)

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
