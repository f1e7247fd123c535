"""Means of outputs and of functions of one's own."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from .. import ndarray
from ..base import MXNetNotImplementedError, MXNetTypeError
from ..ndarray import NDArray
from .base import EvalMetric, host, listed, pairs, register

__all__ = ["Loss", "Torch", "Caffe", "CustomMetric", "np"]


@register
class Loss(EvalMetric):
    """The mean of the predictions, for networks whose outputs are losses; labels are ignored."""

    def __init__(self, name: str = "loss", output_names: Sequence[str] | None = None,
                 label_names: Sequence[str] | None = None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _: Any, preds: Sequence[NDArray]) -> None:
        for pred in listed(preds):
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
        both = zip(listed(labels), listed(preds)) if self._allow_extra_outputs else pairs(labels, preds)
        for label, pred in both:
            found = self._feval(host(label), host(pred))
            self._add(*(found if isinstance(found, tuple) else (found, 1)))

    def get_config(self) -> dict[str, Any]:
        raise MXNetNotImplementedError("CustomMetric cannot be serialized")


def np(numpy_feval: Callable[[numpy.ndarray, numpy.ndarray], Any], name: str | None = None,
       allow_extra_outputs: bool = False) -> CustomMetric:
    """Return a metric from a function of NumPy arrays; see :class:`CustomMetric`."""
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
