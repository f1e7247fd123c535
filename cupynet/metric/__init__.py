"""Measures of how good predictions are (``mx.metric``).

A metric sums over the batches that it is shown. It has two sums: a local one, which a progress report may
reset (:meth:`EvalMetric.reset_local`), and a global one over the whole epoch.

>>> import cupynet as mx
>>> accuracy = mx.metric.create('acc')
>>> accuracy.update(labels=[mx.nd.array([0, 1, 1])], preds=[mx.nd.array([[0.3, 0.7], [0, 1], [0.4, 0.6]])])
>>> accuracy.get()
('accuracy', 0.6666666666666666)
"""
from ..base import numeric_types, string_types
from .base import EvalMetric, alias, check_label_shapes, register
from .classification import F1, MCC, PCC, Accuracy, TopKAccuracy
from .composite import CompositeEvalMetric, create
from .custom import Caffe, CustomMetric, Loss, Torch, np
from .likelihood import CrossEntropy, NegativeLogLikelihood, Perplexity
from .regression import MAE, MSE, RMSE, PearsonCorrelation

__all__ = ["EvalMetric", "CompositeEvalMetric", "Accuracy", "TopKAccuracy", "F1", "MCC", "Perplexity", "MAE", "MSE",
           "RMSE", "CrossEntropy", "NegativeLogLikelihood", "PearsonCorrelation", "PCC", "Loss", "Torch", "Caffe",
           "CustomMetric", "np", "create", "register", "alias", "check_label_shapes", "numeric_types", "string_types"]
