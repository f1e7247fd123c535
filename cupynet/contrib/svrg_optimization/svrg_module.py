"""Training with variance-reduced gradients (Johnson & Zhang 2013)."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ...base import MXNetError, MXNetTypeError, MXNetValueError
from ...context import Context, cpu
from ...io import DataBatch, DataIter
from ...module import Module
from ...ndarray import NDArray, add_n, zeros
from ...symbol import Symbol

__all__ = ["SVRGModule"]


class SVRGModule(Module):
    """A module whose steps take the gradient of a batch, less that at older weights, plus that of all the data there.

    Every `update_freq` epochs :meth:`fit` keeps the weights and the gradient of all the data at them; the gradient of
    a batch at the kept weights tells how far the batch is from the whole, and is taken off.

    As in MXNet the mean over all batches begins with that of the time before, which counts as one more batch. Where a
    store updates the weights, MXNet takes the first gradient at weights of 0; here it is that of the weights.

    Parameters
    ----------
    symbol, data_names, label_names, logger, context, work_load_list, fixed_param_names, state_names, group2ctxs, \
compression_params
        As for :class:`Module`.
    update_freq : int
        Epochs between two gradients of all the data.
    """

    def __init__(self, symbol: Symbol, data_names: Sequence[str] | None = ("data",),
                 label_names: Sequence[str] | None = ("softmax_label",), logger: Any = logging,
                 context: Context | Sequence[Context] | None = cpu(),  # noqa: B008
                 work_load_list: Sequence[float] | None = None, fixed_param_names: Sequence[str] | None = None,
                 state_names: Sequence[str] | None = None, group2ctxs: Any = None,
                 compression_params: Mapping[str, Any] | None = None, update_freq: int | None = None):
        options = {"data_names": data_names, "label_names": label_names, "logger": logger, "context": context,
                   "work_load_list": work_load_list, "fixed_param_names": fixed_param_names,
                   "state_names": state_names, "group2ctxs": group2ctxs, "compression_params": compression_params}
        super().__init__(symbol, **options)
        if not isinstance(update_freq, int):
            raise MXNetTypeError("update_freq in SVRGModule must be an integer to represent the frequency for "
                                 f"calculating full gradients; got {update_freq!r}")
        if update_freq <= 0:
            raise MXNetValueError("update_freq in SVRGModule must be a positive integer to represent the frequency for "
                                  f"calculating full gradients; got {update_freq}")
        self.update_freq = update_freq
        self._mod_aux = Module(symbol, **options)  # holds the kept weights
        self._full_grads: list[dict[str, NDArray]] = []  # of each context, by name

    # ---- what is done with both modules ----

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Any = None,
             grad_req: Any = "write") -> None:
        """Allocate executors, for the weights and for those that are kept; see :meth:`Module.bind`."""
        super().bind(data_shapes, label_shapes, for_training, inputs_need_grad, force_rebind, shared_module, grad_req)
        if for_training:
            shared = getattr(shared_module, "_mod_aux", shared_module)
            self._mod_aux.bind(data_shapes, label_shapes, for_training, inputs_need_grad, force_rebind, shared,
                               grad_req)

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Prepare for batches of other shapes."""
        super().reshape(data_shapes, label_shapes=label_shapes)
        self._mod_aux.reshape(data_shapes, label_shapes=label_shapes)

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Prepare for a batch."""
        super().prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)
        self._mod_aux.prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch, in training at the kept weights, too."""
        super().forward(data_batch, is_train)
        if self.for_training if is_train is None else is_train:
            if not self._full_grads:
                raise MXNetError("SVRGModule.forward: call update_full_grads before training")
            self._mod_aux.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of a batch, at the kept weights, too."""
        super().backward(out_grads)
        self._mod_aux.backward(out_grads)

    # ---- variance reduction ----

    def update_full_grads(self, train_data: DataIter) -> None:
        """Keep the weights, and the mean over all batches of the gradients at them."""
        train_data.reset()
        self._take_full_grads(train_data)

    def _take_full_grads(self, train_data: DataIter) -> None:
        self._needs("update_full_grads", params=True)
        self._mod_aux.set_params(*self.get_params())
        sums = self._full_grads or [{name: zeros(grad.shape, grad.context, grad.dtype) for name, grad in grads.items()}
                                    for grads in _gradients(self._mod_aux)]
        batches, pad = 0, 0
        for batch in train_data:
            self._mod_aux.forward(batch, is_train=True)
            self._mod_aux.backward()
            for total, grads in zip(sums, _gradients(self._mod_aux)):
                for name, grad in grads.items():
                    total[name] += grad
            batches, pad = batches + 1, batch.pad or 0
        if not batches:
            raise MXNetValueError("update_full_grads: train_data has no batches")
        weight = 1 / (batches - pad / self._exec_group.batch_size)
        for total in sums:
            for array in total.values():
                array *= weight
        if self._kvstore is not None and len(sums) > 1:
            for name in sums[0]:
                parts = [total[name].as_in_context(cpu()) for total in sums]
                mean = add_n(*parts) / len(parts)
                for total in sums:
                    total[name][:] = mean
        self._full_grads = sums

    def update(self) -> None:
        """Change the parameters by the gradients with less variance."""
        for total, grads, kept in zip(self._full_grads, _gradients(self), _gradients(self._mod_aux)):
            for name, grad in grads.items():
                grad[:] = grad - kept[name] + total[name]
        super().update()

    def fit(self, train_data: DataIter, *args: Any, **kwargs: Any) -> None:
        """Train the network; see :meth:`Module.fit`."""
        train_data.reset()
        super().fit(train_data, *args, **kwargs)

    def _epoch(self, epoch: int, train_data: DataIter, *args: Any) -> list[tuple[str, float]]:
        if epoch % self.update_freq == 0 or not self._full_grads:
            self._take_full_grads(train_data)
            train_data.reset()
        return super()._epoch(epoch, train_data, *args)


def _gradients(module: Module) -> list[dict[str, NDArray]]:
    """Return the gradients of the parameters in each context, by name."""
    return [{name: executor.grad_dict[name] for name in module._param_names
             if executor.grad_dict.get(name) is not None} for executor in module._exec_group.execs]
