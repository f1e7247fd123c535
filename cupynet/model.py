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
from .base import MXNetError, MXNetTypeError, MXNetValueError, others_told
from .callback import BatchEndParam, LogValidationMetricsCallback
from .checkpoint import load_checkpoint, load_params, save_checkpoint
from .context import Context, cpu, current_context
from .initializer import Initializer, Uniform
from .io import DataDesc, DataIter, NDArrayIter
from .kvstore.training import create_kvstore as _create_kvstore
from .kvstore.training import initialize_kvstore as _initialize_kvstore
from .kvstore.training import parameter_indices
from .kvstore.training import update_params as _update_params
from .kvstore.training import update_params_on_kvstore as _update_params_on_kvstore
from .module.base_module import call_all
from .module.executor_group import DataParallelExecutorGroup
from .ndarray import NDArray, zeros
from .symbol import Symbol

__all__ = ["BatchEndParam", "FeedForward", "save_checkpoint", "load_checkpoint", "load_params"]


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
                    raise MXNetValueError(f'Find name "{name}" that is not in the {what}{others_told(given, known)}')

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

    def _inputs(self, data: DataIter) -> tuple[list[DataDesc], list[DataDesc]]:
        """Return the descriptions of the data and the labels that an iterator brings and the network takes."""
        arguments = self.symbol.list_arguments()
        return tuple([DataDesc(desc[0], desc[1]) for desc in descs if desc[0] in arguments]
                     for descs in (data.provide_data, data.provide_label))

    # ---- parameters ----------------------------------------------------------------------------

    def _init_params(self, inputs: Mapping[str, tuple], overwrite: bool = False) -> list[str]:
        """Make parameters for these input shapes where there are none; return the arguments' names.

        Labels are no parameters, whether `inputs` names them or not.
        """
        arg_shapes, _, aux_shapes = self.symbol.infer_shape(**inputs)
        if arg_shapes is None:
            raise MXNetError(f"FeedForward: the shapes of the parameters do not follow from {dict(inputs)}")

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
                    self._initialize(name, made[name])
            return made
        arg_names = self.symbol.list_arguments()
        params = [(n, s) for n, s in zip(arg_names, arg_shapes) if n not in inputs and not n.endswith("label")]
        self.arg_params = filled([n for n, _ in params], [s for _, s in params], self.arg_params)
        self.aux_params = filled(self.symbol.list_auxiliary_states(), aux_shapes, self.aux_params)
        return [n for n, _ in params]

    def _initialize(self, name: str, array: NDArray) -> None:
        """Fill a parameter by its name alone, as MXNet's FeedForward does: variables' own initializers do not count."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.initializer(name, array)

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
        kvstore : str or KVStore
            How gradients of several contexts meet.
        logger : logging.Logger, optional
        work_load_list : list of number, optional
            Share of each context in a batch.
        monitor : Monitor, optional
        """
        logger = logger or logging
        eval_end_callback = LogValidationMetricsCallback() if eval_end_callback is None else eval_end_callback
        data = self._iterator(X, y, is_train=True)
        eval_data = self._evaluation_iterator(eval_data)
        group = self._group(data, self.ctx, work_load_list, train=True)
        if monitor is not None:
            group.install_monitor(monitor)
        update = self._updating(group, kvstore)
        logger.info("Start training with %s", str(self.ctx))
        eval_metric = _metric.create(eval_metric)
        data.reset()
        for epoch in range(self.begin_epoch, self.num_epoch if self.num_epoch is not None else 1):
            tic = time.time()
            eval_metric.reset()
            for nbatch, data_batch in enumerate(self._batches(data, epoch, logger), 1):
                if monitor is not None:
                    monitor.tic()
                group.forward(data_batch, is_train=True)
                group.backward()
                update()
                if monitor is not None:
                    monitor.toc_print()
                group.update_metric(eval_metric, data_batch.label)
                call_all(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
            group.get_params(self.arg_params, self.aux_params)
            call_all(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
            if eval_data is not None:
                eval_data.reset()
                self._evaluate(eval_data, eval_metric, epoch, eval_batch_end_callback)
                eval_data.reset()
                call_all(eval_end_callback, BatchEndParam(epoch, 0, eval_metric, locals()))

    def _group(self, data: DataIter, contexts: Sequence[Context], workloads: Sequence[float] | None,
               train: bool) -> DataParallelExecutorGroup:
        """Return executors for the batches of an iterator, with the model's parameters."""
        data_descs, label_descs = self._inputs(data)
        inputs = {desc.name: desc.shape for desc in (*data_descs, *label_descs)}
        if train or self.arg_params is None:
            params = self._init_params(inputs)
        else:
            self._refuse_extra()
            params = [name for name in self.symbol.list_arguments() if name in self.arg_params]
        group = DataParallelExecutorGroup(self.symbol, contexts, workloads or [1] * len(contexts), data_descs,
                                          label_descs, params, train, False)
        group.set_params(self.arg_params, self.aux_params or {}, allow_extra=True)
        return group

    def _updating(self, group: DataParallelExecutorGroup, kvstore: Any) -> Callable[[], None]:
        """Return a function that changes the parameters by the gradients."""
        store, on_store = _create_kvstore(kvstore, len(self.ctx), self.arg_params)
        names = group.param_names
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            options = {**self.kwargs, "sym": self.symbol,
                       "param_idx2name": parameter_indices(names, len(self.ctx), on_store)}
            optimizer = _optimizer.create(optimizer, **{"rescale_grad": 1.0 / group.batch_size, **options})
        elif not isinstance(optimizer, _optimizer.Optimizer):
            raise MXNetTypeError("optimizer must be string or Optimizer")
        if store is not None:
            _initialize_kvstore(store, group.param_arrays, self.arg_params, names, on_store)
        if on_store:
            store.set_optimizer(optimizer)
            return lambda: _update_params_on_kvstore(group.param_arrays, group.grad_arrays, store, names)
        updater = _optimizer.get_updater(optimizer)
        return lambda: _update_params(group.param_arrays, group.grad_arrays, updater, len(self.ctx), store, names)

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
        group = self._group(data, self.ctx[:1], None, train=False)
        for i, batch in enumerate(data):
            if num_batch is not None and i == num_batch:
                break
            group.forward(batch, is_train=False)
            group.update_metric(eval_metric, batch.label)
            call_all(batch_end_callback, BatchEndParam(epoch, i, eval_metric, locals()))

    # ---- using ---------------------------------------------------------------------------------

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """Return the outputs for `X` as NumPy arrays (a list if the network has several).

        With `return_data` also the data and the labels. Samples that only fill the last batch are left out.
        """
        data = self._iterator(X, None, is_train=False)
        if reset:
            data.reset()
        group = self._group(data, self.ctx[:1], None, train=False)
        columns: list[list[list[np.ndarray]]] = [[], [], []]  # outputs, data, labels; one list a batch
        for i, batch in enumerate(data, 1):
            group.forward(batch, is_train=False)
            outputs = group.get_outputs()
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
