"""SequentialModule: modules in a chain, each computing on the outputs of the one before."""
from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..initializer import Initializer, Uniform
from ..io import DataBatch, DataDesc
from ..ndarray import NDArray
from .base_module import BaseModule

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """A chain of modules, filled by :meth:`add`."""

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging):
        super().__init__(logger=logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._label_shapes: list[DataDesc] | None = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Append a module; return the chain.

        Parameters
        ----------
        take_labels : bool
            Whether the module gets the labels of a batch.
        auto_wiring : bool
            Whether the outputs before it are renamed to its data, in order.
        """
        for key in kwargs:
            if key not in (self.META_TAKE_LABELS, self.META_AUTO_WIRING):
                raise MXNetTypeError(f'SequentialModule.add: Unknown meta "{key}", a typo?')
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _takes_labels(self, index: int) -> bool:
        return bool(self._metas[index].get(self.META_TAKE_LABELS))

    @property
    def data_names(self) -> list[str]:
        """Names of the data of the first module."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs of the last module."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data of the first module."""
        self._needs("data_shapes")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels."""
        self._needs("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple]]:
        """Names and shapes of the outputs of the last module."""
        self._needs("output_shapes")
        return self._modules[-1].output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and auxiliary states of all modules by name."""
        self._needs("get_params", params=True)
        arg_params: dict[str, NDArray] = {}
        aux_params: dict[str, NDArray] = {}
        for module in self._modules:
            arg, aux = module.get_params()
            arg_params.update(arg)
            aux_params.update(aux)
        return arg_params, aux_params

    def init_params(self, initializer: Initializer | None = Uniform(0.01),  # noqa: B008
                    arg_params: Mapping[str, NDArray] | None = None, aux_params: Mapping[str, NDArray] | None = None,
                    allow_missing: bool = False, force_init: bool = False, allow_extra: bool = False) -> None:
        """Initialize the parameters of all modules. Raises MXNetValueError if two modules have one name in common."""
        if self.params_initialized and not force_init:
            return
        self._needs("init_params")
        for module in self._modules:
            module.init_params(initializer=initializer, arg_params=arg_params, aux_params=aux_params,
                               allow_missing=allow_missing, force_init=force_init, allow_extra=allow_extra)
        owner: dict[str, int] = {}
        for i, module in enumerate(self._modules):
            for table in module.get_params():
                for name in table:
                    if name in owner:
                        raise MXNetValueError(f'Duplicated parameter names: name "{name}" in layer {i} '
                                              f"({type(module).__name__}) is already used in layer {owner[name]} "
                                              f"({type(self._modules[owner[name]]).__name__}).")
                    owner[name] = i
        self.params_initialized = True

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: BaseModule | None = None,
             grad_req: Any = "write") -> None:
        """Bind all modules, each to the shapes of the outputs before it."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise MXNetValueError("SequentialModule.bind: inputs_need_grad needs for_training")
        if shared_module is not None:
            raise MXNetError("SequentialModule.bind: Shared module is not supported")
        if not self._modules:
            raise MXNetError("SequentialModule.bind: Attempting to bind an empty SequentialModule")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._label_shapes = label_shapes if any(map(self._takes_labels, range(len(self._modules)))) else None
        shapes = data_shapes
        for i, module in enumerate(self._modules):
            if self._metas[i].get(self.META_AUTO_WIRING):
                if len(module.data_names) != len(shapes):
                    raise MXNetValueError(f"SequentialModule.bind: layer {i} takes {len(module.data_names)} arrays, "
                                          f"but {len(shapes)} come")
                shapes = [DataDesc(name, desc[1]) for name, desc in zip(module.data_names, shapes)]
            module.bind(data_shapes=shapes, label_shapes=label_shapes if self._takes_labels(i) else None,
                        for_training=for_training, inputs_need_grad=for_training and (inputs_need_grad or i > 0),
                        force_rebind=force_rebind, shared_module=None, grad_req=grad_req)
            shapes = module.output_shapes
        self.binded = True

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),), force_init: bool = False) -> None:
        """Give every module an optimizer of its own."""
        self._needs("init_optimizer", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=optimizer_params,
                                  force_init=force_init)
        self.optimizer_initialized = True

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of all modules, one after the other."""
        self._needs("forward", params=True)
        batch = DataBatch(data_batch.data, data_batch.label, data_batch.pad, data_batch.index,
                          provide_data=data_batch.provide_data, provide_label=data_batch.provide_label)
        for i, module in enumerate(self._modules):
            module.forward(batch, is_train=is_train)
            if i + 1 < len(self._modules):
                batch.data = module.get_outputs()
                if batch.provide_data is not None:
                    batch.provide_data = [DataDesc(name, x.shape) for name, x in
                                          zip(self._modules[i + 1].data_names, batch.data)]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of all modules, from the last to the first."""
        self._needs("backward", params=True)
        for i, module in reversed(list(enumerate(self._modules))):
            module.backward(out_grads=out_grads)
            if i:
                out_grads = module.get_input_grads()

    def update(self) -> None:
        """Change the parameters of all modules."""
        self._needs("update", params=True, optimizer=True)
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """Return the outputs of the last module."""
        self._needs("get_outputs", params=True)
        return self._modules[-1].get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """Return the gradients of the data of the first module."""
        self._needs("get_input_grads", params=True)
        if not self.inputs_need_grad:
            raise MXNetError("get_input_grads: bind with inputs_need_grad=True to have gradients of the data")
        return self._modules[0].get_input_grads(merge_multi_context=merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the outputs of the modules that take labels."""
        self._needs("update_metric", params=True)
        for i, module in enumerate(self._modules):
            if self._takes_labels(i):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors of all modules."""
        self._needs("install_monitor")
        for module in self._modules:
            module.install_monitor(mon)
