"""Modules written in Python: for losses and other ends of a chain that have no parameters."""
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import ndarray as nd
from ..base import MXNetError, MXNetNotImplementedError, MXNetTypeError, MXNetValueError
from ..initializer import Initializer, Uniform
from ..io import DataBatch, DataDesc
from ..ndarray import NDArray
from .base_module import BaseModule, described

__all__ = ["PythonModule", "PythonLossModule"]


class PythonModule(BaseModule):
    """A module without parameters, whose computation a subclass defines.

    A subclass defines :meth:`forward`, :meth:`get_outputs`, ``_compute_output_shapes`` and, if it takes part in
    training, :meth:`backward` and :meth:`get_input_grads`.

    Parameters
    ----------
    data_names, label_names, output_names : list of str
    """

    def __init__(self, data_names: Sequence[str], label_names: Sequence[str] | None, output_names: Sequence[str],
                 logger: Any = logging):
        super().__init__(logger=logger)
        self._data_names, self._output_names = list(data_names), list(output_names)
        self._label_names = list(label_names or ())
        self._data_shapes: list[DataDesc] | None = None
        self._label_shapes: list[DataDesc] | None = None
        self._output_shapes: list[tuple[str, tuple]] | None = None

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the data, as bound."""
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels, as bound."""
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple]] | None:
        """Names and shapes of the outputs."""
        return self._output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return no parameters and no auxiliary states."""
        return {}, {}

    def init_params(self, initializer: Initializer | None = Uniform(0.01),  # noqa: B008
                    arg_params: Mapping[str, NDArray] | None = None, aux_params: Mapping[str, NDArray] | None = None,
                    allow_missing: bool = False, force_init: bool = False, allow_extra: bool = False) -> None:
        """There is nothing to initialize."""
        self.params_initialized = True

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: BaseModule | None = None,
             grad_req: Any = "write") -> None:
        """Take notice of the shapes."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise MXNetError("PythonModule.bind: grad_req is not 'write'; Python module only support write gradient")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes = described(self._data_names, self._label_names, data_shapes,
                                                          label_shapes)
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def _compute_output_shapes(self) -> list[tuple[str, tuple]]:
        """Return names and shapes of the outputs, from the bound shapes; to be defined by the subclass."""
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define _compute_output_shapes")

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),), force_init: bool = False) -> None:
        """There is nothing to optimize."""
        self.optimizer_initialized = True

    def update(self) -> None:
        """There is nothing to change."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the outputs, if the module knows labels."""
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise MXNetError("PythonModule.update_metric: pre_sliced labels are not supported, it is on one context")
        eval_metric.update_dict(dict(zip([desc.name for desc in self._label_shapes], labels)),
                                dict(zip(self._output_names, self.get_outputs())))

    def install_monitor(self, mon: Any) -> None:
        """There is no executor to watch."""


class PythonLossModule(PythonModule):
    """A loss at the end of a chain: the outputs are the data, and `grad_func` gives their gradient.

    Parameters
    ----------
    name : str
        The output is called ``<name>_output``.
    data_names, label_names : list of str, one each
    grad_func : callable
        ``grad_func(scores, labels)`` returns the gradient of the loss by the scores, as an array.
    """

    def __init__(self, name: str = "pyloss", data_names: Sequence[str] = ("data",),
                 label_names: Sequence[str] = ("softmax_label",), logger: Any = logging,
                 grad_func: Callable[[NDArray, NDArray], Any] | None = None):
        super().__init__(data_names, label_names, [name + "_output"], logger=logger)
        if len(self._data_names) != 1 or len(self._label_names) != 1:
            raise MXNetValueError("PythonLossModule: expected one data name and one label name")
        if grad_func is not None and not callable(grad_func):
            raise MXNetTypeError(f"PythonLossModule: grad_func is {type(grad_func).__name__}; expected a function")
        self._name, self._grad_func = name, grad_func
        self._scores: NDArray | None = None
        self._labels: NDArray | None = None
        self._scores_grad: NDArray | None = None

    def _compute_output_shapes(self) -> list[tuple[str, tuple]]:
        return [(self._name + "_output", tuple(self._data_shapes[0][1]))]

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Take the scores, and in training the labels."""
        self._scores = data_batch.data[0]
        if is_train if is_train is not None else self.for_training:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Return the scores."""
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the loss by the scores."""
        if out_grads is not None:
            raise MXNetError("PythonLossModule.backward: For a loss module, out_grads should be None")
        if not self.for_training:
            raise MXNetError("PythonLossModule.backward: bind with for_training=True first")
        self._backward_impl()

    def _backward_impl(self) -> None:
        if self._grad_func is None:
            raise MXNetNotImplementedError(f"{type(self).__name__} has no grad_func; give one, or define "
                                           "_backward_impl")
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, NDArray) else nd.array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Return the gradient of the loss by the scores."""
        return [self._scores_grad]
