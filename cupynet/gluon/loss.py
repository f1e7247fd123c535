"""Losses: functions of predictions and labels, one number for each example, as blocks."""
from __future__ import annotations

import math
from typing import Any

from ..base import MXNetAssertionError, MXNetValueError, numeric_types
from .block import HybridBlock

__all__ = ["Loss", "L2Loss", "L1Loss", "SigmoidBinaryCrossEntropyLoss", "SigmoidBCELoss", "SoftmaxCrossEntropyLoss",
           "SoftmaxCELoss", "KLDivLoss", "CTCLoss", "HuberLoss", "HingeLoss", "SquaredHingeLoss", "LogisticLoss",
           "TripletLoss", "PoissonNLLLoss", "CosineEmbeddingLoss", "SDMLLoss"]

_TINY = 1e-12  # what is added before a logarithm


def _apply_weighting(F: Any, loss: Any, weight: float | None = None, sample_weight: Any = None) -> Any:
    """Return a loss times the weights of the examples and that of the loss."""
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    if weight is not None:
        if not isinstance(weight, numeric_types):
            raise MXNetAssertionError(f"weight must be a number, got {weight!r}")
        loss = loss * weight
    return loss


def _reshape_like(F: Any, x: Any, y: Any) -> Any:
    """Return `x` in the shape of `y`; packages import it from here."""
    return F.reshape_like(x, y)


def _log_one_plus_exp(F: Any, x: Any) -> Any:
    """Return ``log(1 + exp(x))``."""
    return F.Activation(x, act_type="softrelu")


class Loss(HybridBlock):
    """Base class of losses.

    Parameters
    ----------
    weight : float, optional
        What the loss is multiplied by.
    batch_axis : int
        The axis of the examples; the mean is taken over all others.
    """

    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any):
        super().__init__(**kwargs)
        self._weight = weight
        self._batch_axis = batch_axis

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"

    def _weighted(self, F: Any, loss: Any, sample_weight: Any) -> Any:
        return _apply_weighting(F, loss, self._weight, sample_weight)

    def _averaged(self, F: Any, loss: Any, sample_weight: Any) -> Any:
        """Return the weighted loss of each example."""
        return F.mean(self._weighted(F, loss, sample_weight), axis=self._batch_axis, exclude=True)


class L2Loss(Loss):
    """``weight / 2 * (label - pred) ** 2``.

    Parameters
    ----------
    weight : float
    batch_axis : int
    """

    def __init__(self, weight: float = 1.0, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        loss = F.square(F.reshape_like(label, pred) - pred)
        return F.mean(_apply_weighting(F, loss, self._weight / 2, sample_weight), axis=self._batch_axis, exclude=True)


class L1Loss(Loss):
    """``|label - pred|``.

    Parameters
    ----------
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._averaged(F, F.abs(F.reshape_like(label, pred) - pred), sample_weight)


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Cross entropy of two classes for each element: ``-label * log(p) - (1 - label) * log(1 - p)``.

    Parameters
    ----------
    from_sigmoid : bool
        Whether `pred` is the probability p; else p is ``sigmoid(pred)``.
    weight : float, optional
    batch_axis : int

    Notes
    -----
    ``pos_weight`` of the call, which is broadcast, weighs the first term.
    """

    def __init__(self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None) -> Any:
        label = F.reshape_like(label, pred) if self._from_sigmoid else label
        if not self._from_sigmoid:
            loss = self._of_logits(F, pred, label, pos_weight)
        else:
            positive = F.log(pred + _TINY) * label
            if pos_weight is not None:
                positive = F.broadcast_mul(positive, pos_weight)
            loss = -(positive + F.log(1.0 - pred + _TINY) * (1.0 - label))
        return self._averaged(F, loss, sample_weight)

    @staticmethod
    def _of_logits(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        if pos_weight is None:
            positive = F.relu(pred)
            return positive - pred * F.reshape_like(label, pred) + _log_one_plus_exp(F, -F.abs(pred))
        label = F.reshape_like(label, pred)
        linear = pred - pred * label
        weights = F.broadcast_mul(pos_weight - 1, label) + 1
        return linear + weights * (_log_one_plus_exp(F, -F.abs(pred)) + F.relu(-pred))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss


class SoftmaxCrossEntropyLoss(Loss):
    """Cross entropy of classes: ``-log(p[label])`` with ``p = softmax(pred)``.

    Parameters
    ----------
    axis : int
        The axis of the classes.
    sparse_label : bool
        Whether labels are class numbers; else they are distributions over classes.
    from_logits : bool
        Whether `pred` is ``log(p)`` already.
    weight : float, optional
    batch_axis : int

    Examples
    --------
    >>> import cupynet as mx
    >>> loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    >>> loss(mx.nd.array([[0, 0], [0, 100]]), mx.nd.array([0, 1])).asnumpy().round(4)
    array([0.6931, 0.    ], dtype=float32)
    """

    def __init__(self, axis: int = -1, sparse_label: bool = True, from_logits: bool = False,
                 weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._axis = axis
        self._sparse_label = sparse_label
        self._from_logits = from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        if not self._from_logits:
            pred = F.log_softmax(pred, self._axis)
        if self._sparse_label:
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            loss = -F.sum(pred * F.reshape_like(label, pred), axis=self._axis, keepdims=True)
        return self._averaged(F, loss, sample_weight)


SoftmaxCELoss = SoftmaxCrossEntropyLoss


class KLDivLoss(Loss):
    """Kullback-Leibler divergence of two distributions: ``sum(label * (log(label) - pred))``.

    Parameters
    ----------
    from_logits : bool
        Whether `pred` is a logarithm of probabilities; else its ``log_softmax`` is.
    axis : int
        The axis of the classes.
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, from_logits: bool = True, axis: int = -1, weight: float | None = None, batch_axis: int = 0,
                 **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        if not self._from_logits:
            pred = F.log_softmax(pred, self._axis)
        loss = label * (F.log(label + _TINY) - pred)
        return F.sum(self._weighted(F, loss, sample_weight), axis=self._batch_axis, exclude=True)


class CTCLoss(Loss):
    """Connectionist temporal classification (Graves et al. 2006); the last class is the blank.

    Parameters
    ----------
    layout : "NTC" or "TNC"
        The axes of predictions: batch N, time T, classes C.
    label_layout : "NT" or "TN"
        The axes of labels.
    weight : float, optional
    """

    def __init__(self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None, **kwargs: Any):
        if layout not in ("NTC", "TNC"):
            raise MXNetAssertionError(f"Only 'NTC' and 'TNC' layouts for pred are supported. Got: {layout}")
        if label_layout not in ("NT", "TN"):
            raise MXNetAssertionError(f"Only 'NT' and 'TN' layouts for label are supported. Got: {label_layout}")
        super().__init__(weight, label_layout.find("N"), **kwargs)
        self._layout = layout
        self._label_layout = label_layout

    def hybrid_forward(self, F: Any, pred: Any, label: Any, pred_lengths: Any = None, label_lengths: Any = None,
                       sample_weight: Any = None) -> Any:
        if self._layout == "NTC":
            pred = F.swapaxes(pred, 0, 1)
        if self._batch_axis == 1:
            label = F.swapaxes(label, 0, 1)
        loss = F.CTCLoss(pred, label, pred_lengths, label_lengths, use_data_lengths=pred_lengths is not None,
                         use_label_lengths=label_lengths is not None, blank_label="last")
        return self._weighted(F, loss, sample_weight)


class HuberLoss(Loss):
    """``|label - pred| - rho / 2``, and near 0 ``(label - pred) ** 2 / (2 * rho)``.

    Parameters
    ----------
    rho : float
        Up to where the error is near 0.
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, rho: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        error = F.abs(F.reshape_like(label, pred) - pred)
        loss = F.where(error > self._rho, error - 0.5 * self._rho, (0.5 / self._rho) * F.square(error))
        return self._averaged(F, loss, sample_weight)


class HingeLoss(Loss):
    """``max(0, margin - pred * label)`` for labels -1 and 1.

    Parameters
    ----------
    margin : float
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._averaged(F, F.relu(self._margin - pred * F.reshape_like(label, pred)), sample_weight)


class SquaredHingeLoss(Loss):
    """``max(0, margin - pred * label) ** 2`` for labels -1 and 1.

    Parameters
    ----------
    margin : float
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._averaged(F, F.square(F.relu(self._margin - pred * F.reshape_like(label, pred))), sample_weight)


class LogisticLoss(Loss):
    """``log(1 + exp(-pred * label))`` for labels -1 and 1.

    Parameters
    ----------
    weight : float, optional
    batch_axis : int
    label_format : "signed" or "binary"
        Whether labels are -1 and 1, or 0 and 1.
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise MXNetValueError(f"label_format can only be signed or binary, recieved {label_format}.")
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        positive = F.relu(pred)
        label = F.reshape_like(label, pred)
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        loss = positive - pred * label + _log_one_plus_exp(F, -F.abs(pred))
        return self._averaged(F, loss, sample_weight)


class TripletLoss(Loss):
    """``max(0, sum((positive - pred) ** 2 - (negative - pred) ** 2) + margin)``.

    Parameters
    ----------
    margin : float
        How much nearer the positive must be.
    weight : float, optional
    batch_axis : int
    """

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, positive: Any, negative: Any) -> Any:
        near = F.square(F.reshape_like(positive, pred) - pred)
        far = F.square(F.reshape_like(negative, pred) - pred)
        loss = F.sum(near - far, axis=self._batch_axis, exclude=True)
        return self._weighted(F, F.relu(loss + self._margin), None)


class PoissonNLLLoss(Loss):
    """Negative log likelihood of counts of a Poisson distribution, as the mean of all.

    Parameters
    ----------
    weight : float, optional
    from_logits : bool
        Whether `pred` is the logarithm of the distribution's mean.
    batch_axis : int
    compute_full : bool
        Whether to add Stirling's approximation of ``log(target!)``.

    Notes
    -----
    ``epsilon`` of the call is added before a logarithm is taken.
    """

    def __init__(self, weight: float | None = None, from_logits: bool = True, batch_axis: int = 0,
                 compute_full: bool = False, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-8) -> Any:
        if self._from_logits:
            mean = F.exp(pred)
            loss = mean - F.reshape_like(target, pred) * pred
        else:
            target = F.reshape_like(target, pred)
            loss = pred - target * F.log(pred + epsilon)
        if self._compute_full:
            target = F.reshape_like(target, pred)
            factorial = target * F.log(target) - target + 0.5 * F.log(2 * target * math.pi)
            loss = loss + F.where(target > 1, factorial, F.zeros_like(target))
        return F.mean(self._weighted(F, loss, sample_weight))


class CosineEmbeddingLoss(Loss):
    """``1 - cos(input1, input2)`` for label 1, and ``max(0, cos(input1, input2) - margin)`` for label -1.

    Parameters
    ----------
    weight : float, optional
    batch_axis : int
    margin : float
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:
        input1 = F.reshape_like(input1, input2)
        label = F.reshape(label, (-1, 1))
        cosine = self._cosine(F, input1, input2)
        same = (1 - cosine) * (label == 1)
        other = F.broadcast_maximum(F.zeros((1, 1)), (label == -1) * (cosine - self._margin), axis=1)
        return self._weighted(F, same + other, sample_weight)

    @staticmethod
    def _cosine(F: Any, x: Any, y: Any) -> Any:
        lengths = [F.norm(each, axis=-1).reshape((-1, 1)) for each in (x, y)]
        product = F.sum(x * y, axis=-1).reshape((-1, 1))
        return product / F.broadcast_maximum(lengths[0] * lengths[1], F.full((1, 1), _TINY))


class SDMLLoss(Loss):
    """Smoothed deep metric learning (Bonadiman et al. 2019): a row of `x1` belongs to the same row of `x2`.

    The distances of each row to all rows of the other batch make a distribution, whose divergence from one that is
    smoothed around the row's own partner is the loss.

    Parameters
    ----------
    smoothing_parameter : float
        How much of the labels goes to the other rows.
    weight : float, optional
        Not used, as in MXNet.
    batch_axis : int
    """

    def __init__(self, smoothing_parameter: float = 0.3, weight: float = 1.0, batch_axis: int = 0, **kwargs: Any):
        super().__init__(weight, batch_axis, **kwargs)
        self.kl_loss = KLDivLoss(from_logits=True)
        self.smoothing_parameter = smoothing_parameter

    def hybrid_forward(self, F: Any, x1: Any, x2: Any) -> Any:
        count, width = x1.shape
        tiled = [F.broadcast_to(F.expand_dims(each, axis), (count, count, width)) for axis, each in ((1, x1), (0, x2))]
        distances = F.sum(F.square(tiled[0] - tiled[1]), axis=2)
        own = F.eye(count, ctx=x1.context)
        labels = own * (1 - self.smoothing_parameter) + (1 - own) * self.smoothing_parameter / (count - 1)
        return self.kl_loss(F.log_softmax(-distances, axis=1), labels)
