"""``mx.model``: checkpoints, and FeedForward, the training loop of MXNet's first years."""
from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import metric as _metric
from . import optimizer as _optimizer
from .base import MXNetError, MXNetTypeError, MXNetValueError
from .callback import BatchEndParam, LogValidationMetricsCallback
from .checkpoint import load_checkpoint, load_params, save_checkpoint
from .context import Context, cpu, current_context
from .executor import Executor
from .initializer import InitDesc, Initializer, Uniform
from .io import DataBatch, DataIter, NDArrayIter
from .kvstore.training import create_kvstore as _create_kvstore  # noqa: F401 (the names that training loops import)
from .kvstore.training import initialize_kvstore as _initialize_kvstore  # noqa: F401
from .kvstore.training import update_params as _update_params  # noqa: F401
from .kvstore.training import update_params_on_kvstore as _update_params_on_kvstore  # noqa: F401
from .module.executor_group import split_batch
from .ndarray import NDArray, concatenate, zeros
from .symbol import Symbol

__all__ = ["BatchEndParam", "FeedForward", "save_checkpoint", "load_checkpoint", "load_params"]


def _call_all(callbacks: Any, *args: Any) -> None:
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []:
        callback(*args)


class _Replicas:
    """One executor a context, each for its part of every batch."""

    def __init__(self, symbol: Symbol, contexts: Sequence[Context], workloads: Sequence[float],
                 inputs: Mapping[str, tuple], params: Sequence[str], train: bool):
        self.inputs, self.params = list(inputs), list(params)
        batch_size = next(iter(inputs.values()))[0]
        self.slices = split_batch(batch_size, workloads)
        reqs = dict.fromkeys(params, "write" if train else "null")
        self.executors: list[Executor] = [
            symbol.simple_bind(ctx, grad_req=reqs, **{
                name: (part.stop - part.start, *shape[1:]) for name, shape in inputs.items()})
            for ctx, part in zip(contexts, self.slices)]

    def load(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Copy parameters to every context."""
        for executor in self.executors:
            executor.copy_params_from(arg_params, aux_params, allow_extra_params=True)

    def forward(self, arrays: Mapping[str, NDArray], train: bool) -> list[NDArray]:
        """Run a batch; return the outputs of all contexts, joined on the first."""
        for executor, part in zip(self.executors, self.slices):
            for name, values in arrays.items():
                if name in executor.arg_dict:
                    executor.arg_dict[name][:] = values[part]
            executor.forward(is_train=train)
        first = self.executors[0].outputs
        if len(self.executors) == 1:
            return list(first)
        return [concatenate([e.outputs[i].as_in_context(out.context) for e in self.executors])
                for i, out in enumerate(first)]

    def backward(self) -> None:
        """Compute gradients, summed over the contexts on the first."""
        for executor in self.executors:
            executor.backward()
        for name in self.params if len(self.executors) > 1 else ():
            total = self.executors[0].grad_dict[name]
            for executor in self.executors[1:]:
                total += executor.grad_dict[name].as_in_context(total.context)

    def update(self, updater: Callable) -> None:
        """Let `updater` change the parameters of the first context, and copy them to the others."""
        first = self.executors[0]
        for i, name in enumerate(self.params):
            updater(i, first.grad_dict[name], first.arg_dict[name])
        for executor in self.executors[1:]:
            for name in self.params:
                first.arg_dict[name].copyto(executor.arg_dict[name])

    def save_into(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Copy the parameters out; auxiliary states are averaged over the contexts."""
        for name, target in arg_params.items():
            target[:] = self.executors[0].arg_dict[name]
        for name, target in aux_params.items():
            total = self.executors[0].aux_dict[name].as_in_context(target.context)
            for executor in self.executors[1:]:
                total = total + executor.aux_dict[name].as_in_context(target.context)
            target[:] = total / len(self.executors) if len(self.executors) > 1 else total


class FeedForward:
    """A network with a training loop; superseded by Module, kept for the programs that were written with it.

    Parameters
    ----------
    symbol : Symbol
        The network, ending in a loss.
    ctx : Context or list of Context, optional
        Where to compute; several contexts share each batch.
    num_epoch, epoch_size : int, optional
        Epochs, and batches in each (default: until the iterator ends).
    optimizer : str or Optimizer
        With its options in `kwargs`; gradients are divided by the batch size.
    initializer : Initializer
    numpy_batch_size : int
        Batch size for NumPy input.
    arg_params, aux_params : dict, optional
        Parameters to start from.
    allow_extra_params : bool
        Whether they may hold names that the network does not have.
    begin_epoch : int
        Number of the first epoch.
    """

    def __init__(self, symbol: Symbol, ctx: Context | Sequence[Context] | None = None, num_epoch: int | None = None,
                 epoch_size: int | None = None, optimizer: Any = "sgd", initializer: Initializer | None = None,
                 numpy_batch_size: int = 128, arg_params: dict[str, NDArray] | None = None,
                 aux_params: dict[str, NDArray] | None = None, allow_extra_params: bool = False, begin_epoch: int = 0,
                 **kwargs: Any):
        warnings.warn("mxnet.model.FeedForward has been deprecated. Please use mxnet.mod.Module instead.",
                      DeprecationWarning, stacklevel=2)
        if not isinstance(symbol, Symbol):
            raise MXNetTypeError(f"FeedForward: symbol is {type(symbol).__name__}; expected a Symbol")
        self.symbol = symbol
        self.ctx = [current_context()] if ctx is None else [ctx] if isinstance(ctx, Context) else list(ctx)
        self.num_epoch, self.epoch_size, self.begin_epoch = num_epoch, epoch_size, begin_epoch
        self.optimizer, self.kwargs = optimizer, dict(kwargs)
        self.initializer = Uniform(0.01) if initializer is None else initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params, self.aux_params = arg_params, aux_params
        self.allow_extra_params = allow_extra_params
        if allow_extra_params:
            self.arg_params = self._known(arg_params, symbol.list_arguments())
            self.aux_params = self._known(aux_params, symbol.list_auxiliary_states())

    @staticmethod
    def _known(given: dict[str, NDArray] | None, known: Sequence[str]) -> dict[str, NDArray] | None:
        return given and {name: value for name, value in given.items() if name in known}

    def _refuse_extra(self) -> None:
        """Raise MXNetError for parameters that the network does not have."""
        for what, known, given in (("arguments", self.symbol.list_arguments(), self.arg_params),
                                   ("auxiliary states", self.symbol.list_auxiliary_states(), self.aux_params)):
            for name in given or ():
                if name not in known:
                    raise MXNetValueError(f'Find name "{name}" that is not in the {what}')

    # ---- data ----------------------------------------------------------------------------------

    def _iterator(self, X: Any, y: Any, is_train: bool) -> DataIter:
        if isinstance(X, (np.ndarray, NDArray)):
            if y is None:
                if is_train:
                    raise MXNetValueError("y must be specified when X is numpy.ndarray")
                y = np.zeros(X.shape[0])
            y = y.asnumpy() if isinstance(y, NDArray) else np.asarray(y)
            if y.shape[:1] != X.shape[:1]:
                raise MXNetValueError(f"The numbers of data points and labels not equal: {X.shape[0]} and {y.shape}")
            if y.ndim == 2 and y.shape[1] == 1:
                y = y.ravel()
            if y.ndim != 1:
                raise MXNetValueError(f"Label must be 1D or 2D (with 2nd dimension being 1), got shape {y.shape}")
            return NDArrayIter(X, y, min(X.shape[0], self.numpy_batch_size), shuffle=is_train,
                               last_batch_handle="roll_over" if is_train else "pad")
        if not hasattr(X, "provide_data"):
            raise MXNetTypeError("X must be DataIter, NDArray or numpy.ndarray")
        return X

    def _evaluation_iterator(self, eval_data: Any) -> DataIter | None:
        if isinstance(eval_data, (tuple, list)) and len(eval_data) == 2:
            X, y = (np.asarray(part) if isinstance(part, list) else part for part in eval_data)
            return self._iterator(X, y, is_train=True)
        if eval_data is not None and not hasattr(eval_data, "provide_data"):
            raise MXNetTypeError("Eval data must be DataIter, or NDArray/numpy.ndarray/list pair (i.e. tuple/list of "
                                 "length 2)")
        return eval_data

    @staticmethod
    def _arrays(iterator: DataIter, batch: DataBatch) -> dict[str, NDArray]:
        names = [desc[0] for desc in (*iterator.provide_data, *iterator.provide_label)]
        return dict(zip(names, (*batch.data, *(batch.label or ()))))

    # ---- parameters ----------------------------------------------------------------------------

    def _init_params(self, inputs: Mapping[str, tuple], overwrite: bool = False) -> list[str]:
        """Make parameters for these input shapes where there are none; return the arguments' names.

        Labels are no parameters, whether `inputs` names them or not.
        """
        arg_shapes, _, aux_shapes = self.symbol.infer_shape(**inputs)
        if arg_shapes is None:
            raise MXNetError(f"FeedForward: the shapes of the parameters do not follow from {dict(inputs)}")
        attrs = self.symbol.attr_dict()

        def filled(names: Sequence[str], shapes: Sequence[tuple], old: Mapping[str, NDArray] | None) -> dict:
            made = {}
            for name, shape in zip(names, shapes):
                known = (old or {}).get(name)
                if known is not None and not overwrite:
                    if known.shape != shape:
                        raise MXNetValueError(f"FeedForward: parameter {name!r} has shape {known.shape}, "
                                              f"expected {shape}")
                    made[name] = known
                else:
                    made[name] = zeros(shape, cpu())
                    self.initializer(InitDesc(name, attrs.get(name)), made[name])
            return made
        arg_names = self.symbol.list_arguments()
        params = [(n, s) for n, s in zip(arg_names, arg_shapes) if n not in inputs and not n.endswith("label")]
        self.arg_params = filled([n for n, _ in params], [s for _, s in params], self.arg_params)
        self.aux_params = filled(self.symbol.list_auxiliary_states(), aux_shapes, self.aux_params)
        return [n for n, _ in params]

    # ---- training ------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, eval_data: Any = None, eval_metric: Any = "acc",
            epoch_end_callback: Any = None, batch_end_callback: Any = None, kvstore: Any = "local",
            logger: logging.Logger | None = None, work_load_list: Sequence[float] | None = None, monitor: Any = None,
            eval_end_callback: Any = None, eval_batch_end_callback: Any = None) -> None:
        """Train the network.

        Parameters
        ----------
        X : array or DataIter
        y : array, optional
            Labels, where X is an array.
        eval_data : DataIter or (array, array), optional
            What to validate on after each epoch.
        eval_metric : str, EvalMetric or callable
        epoch_end_callback, batch_end_callback, eval_end_callback, eval_batch_end_callback : callable or list
            Called as in MXNet; validation results are logged by default.
        kvstore : str
            ``"local"`` or ``"device"``: gradients are summed on the first context either way.
        logger : logging.Logger, optional
        work_load_list : list of number, optional
            Share of each context in a batch.
        """
        if kvstore not in (None, "local", "device", "local_allreduce_cpu", "local_allreduce_device"):
            raise MXNetError(f"FeedForward: kvstore {kvstore!r} is not supported; expected 'local' or 'device'")
        if monitor is not None:
            raise MXNetError("FeedForward: monitor is not supported; use Executor.set_monitor_callback")
        logger = logger or logging
        eval_end_callback = LogValidationMetricsCallback() if eval_end_callback is None else eval_end_callback
        data = self._iterator(X, y, is_train=True)
        eval_data = self._evaluation_iterator(eval_data)
        inputs = {desc[0]: tuple(desc[1]) for desc in (*data.provide_data, *data.provide_label)}
        params = self._init_params(inputs)
        self.kwargs["sym"] = self.symbol
        batch_size = next(iter(inputs.values()))[0]
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            options = dict(self.kwargs, param_idx2name=dict(enumerate(params)))
            optimizer = _optimizer.create(optimizer, rescale_grad=1.0 / batch_size, **options)
        elif not isinstance(optimizer, _optimizer.Optimizer):
            raise MXNetTypeError("optimizer must be string or Optimizer")
        replicas = _Replicas(self.symbol, self.ctx, work_load_list or [1] * len(self.ctx), inputs, params, train=True)
        replicas.load(self.arg_params, self.aux_params)
        updater = _optimizer.get_updater(optimizer)
        logger.info("Start training with %s", str(self.ctx))
        eval_metric = _metric.create(eval_metric)
        end = self.num_epoch if self.num_epoch is not None else 1
        data.reset()
        for epoch in range(self.begin_epoch, end):
            tic = time.time()
            eval_metric.reset()
            for nbatch, batch in enumerate(self._batches(data, epoch, logger), 1):
                arrays = self._arrays(data, batch)
                outputs = replicas.forward(arrays, train=True)
                replicas.backward()
                replicas.update(updater)
                eval_metric.update(batch.label, outputs)
                _call_all(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
            replicas.save_into(self.arg_params, self.aux_params)
            _call_all(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
            if eval_data is not None:
                eval_data.reset()
                self._evaluate(eval_data, eval_metric, epoch, eval_batch_end_callback)
                eval_data.reset()
                _call_all(eval_end_callback, BatchEndParam(epoch, 0, eval_metric, locals()))

    def _batches(self, data: DataIter, epoch: int, logger: Any) -> Any:
        """Yield the batches of one epoch, starting the iterator again where it ends."""
        count = 0
        while True:
            seen = count
            for batch in data:
                yield batch
                count += 1
                if self.epoch_size is not None and count >= self.epoch_size:
                    return
            logger.info("Epoch[%d] Resetting Data Iterator", epoch)
            data.reset()
            if self.epoch_size is None or seen == count:
                return

    def _evaluate(self, data: DataIter, eval_metric: Any, epoch: int, batch_end_callback: Any,
                  num_batch: int | None = None) -> None:
        eval_metric.reset()
        replicas = self._predictor(data)
        for i, batch in enumerate(data):
            if num_batch is not None and i == num_batch:
                break
            outputs = replicas.forward(self._arrays(data, batch), train=False)
            eval_metric.update(batch.label, outputs)
            _call_all(batch_end_callback, BatchEndParam(epoch, i, eval_metric, locals()))

    # ---- using ---------------------------------------------------------------------------------

    def _predictor(self, data: DataIter) -> _Replicas:
        inputs = {desc[0]: tuple(desc[1]) for desc in (*data.provide_data, *data.provide_label)
                  if desc[0] in self.symbol.list_arguments()}
        if self.arg_params is None:
            self._init_params(inputs)
        self._refuse_extra()
        replicas = _Replicas(self.symbol, self.ctx[:1], [1], inputs, list(self.arg_params), train=False)
        replicas.load(self.arg_params, self.aux_params or {})
        return replicas

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """Return the outputs for `X` as NumPy arrays (a list if the network has several).

        With `return_data` also the data and the labels. Samples that only fill the last batch are left out.
        """
        data = self._iterator(X, None, is_train=False)
        if reset:
            data.reset()
        replicas = self._predictor(data)
        columns: list[list[list[np.ndarray]]] = [[], [], []]  # outputs, data, labels; one list a batch
        for i, batch in enumerate(data, 1):
            outputs = replicas.forward(self._arrays(data, batch), train=False)
            for column, arrays in zip(columns, (outputs, batch.data, batch.label)):
                column.append([x.asnumpy()[:x.shape[0] - (batch.pad or 0)] for x in arrays])
            if i == num_batch:
                break

        def joined(column: list) -> Any:
            parts = [np.concatenate(each) for each in zip(*column)]
            return parts[0] if len(parts) == 1 else parts
        return tuple(map(joined, columns)) if return_data else joined(columns[0])

    def score(self, X: Any, eval_metric: Any = "acc", num_batch: int | None = None, batch_end_callback: Any = None,
              reset: bool = True) -> float:
        """Return the value of a metric on an iterator."""
        if not isinstance(eval_metric, _metric.EvalMetric):
            eval_metric = _metric.create(eval_metric)
        data = self._iterator(X, None, is_train=False)
        if reset:
            data.reset()
        self._evaluate(data, eval_metric, 0, batch_end_callback, num_batch)
        return eval_metric.get()[1]

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Save network and parameters as a checkpoint, numbered `epoch` (default: the number of epochs)."""
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise MXNetValueError("FeedForward.save: epoch is missing, and num_epoch was not given either")
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params, self.aux_params, remove_amp_cast)

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """Return the model of a checkpoint."""
        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx=ctx, arg_params=arg_params, aux_params=aux_params, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(symbol: Symbol, X: Any, y: Any = None, ctx: Any = None, num_epoch: int | None = None,
               epoch_size: int | None = None, optimizer: Any = "sgd", initializer: Initializer | None = None,
               eval_data: Any = None, eval_metric: Any = "acc", epoch_end_callback: Any = None,
               batch_end_callback: Any = None, kvstore: Any = "local", logger: logging.Logger | None = None,
               work_load_list: Sequence[float] | None = None, eval_end_callback: Any = None,
               eval_batch_end_callback: Any = None, **kwargs: Any) -> FeedForward:
        """Make a model and train it: the constructor and :meth:`fit` in one call."""
        model = FeedForward(symbol, ctx=ctx, num_epoch=num_epoch, epoch_size=epoch_size, optimizer=optimizer,
                            initializer=initializer, **kwargs)
        model.fit(X, y, eval_data=eval_data, eval_metric=eval_metric, epoch_end_callback=epoch_end_callback,
                  batch_end_callback=batch_end_callback, kvstore=kvstore, logger=logger, work_load_list=work_load_list,
                  eval_end_callback=eval_end_callback, eval_batch_end_callback=eval_batch_end_callback)
        return model
