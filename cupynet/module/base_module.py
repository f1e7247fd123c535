"""What every module does: training, scoring and predicting, in terms of a few steps that subclasses define."""
from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import metric as _metric
from .. import ndarray as nd
from ..base import MXNetError, MXNetNotImplementedError, MXNetTypeError, MXNetValueError
from ..callback import BatchEndParam
from ..context import cpu
from ..initializer import Initializer, Uniform
from ..io import DataBatch, DataDesc, DataIter
from ..ndarray import NDArray
from ..symbol import Symbol

__all__ = ["BaseModule"]


def as_list(value: Any) -> list:
    """Return `value` as a list: itself, or what holds it alone."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def call_all(callbacks: Any, *args: Any) -> None:
    """Call one callback, or each in a list; None is none."""
    for callback in as_list(callbacks) if callbacks is not None else ():
        callback(*args)


def check_input_names(symbol: Symbol, names: Sequence[str], kind: str, throw: bool) -> None:
    """Raise (or warn, unless `throw`) if a name is not that of an argument of `symbol`."""
    arguments = symbol.list_arguments()
    ends = ("_weight", "_bias", "_gamma", "_beta")
    for name in names:
        if name not in arguments:
            candidates = "\n\t".join(arg for arg in arguments if not arg.endswith(ends))
            text = (f"\033[91mYou created Module with Module(..., {kind}_names={list(names)}) but input with name "
                    f"'{name}' is not found in symbol.list_arguments(). Did you mean one of:\n\t{candidates}\033[0m")
            if throw:
                raise MXNetValueError(text)
            warnings.warn(text, stacklevel=4)


def _check_described(names: Sequence[str], descs: Sequence[DataDesc], kind: str, throw: bool) -> None:
    """Raise (or warn, unless `throw`) if the descriptions are of other arrays than those called `names`."""
    given = [desc.name for desc in descs]
    if sorted(names) != sorted(given):
        text = (f"Data provided by {kind}_shapes don't match names specified by {kind}_names ({given} vs. "
                f"{list(names)})")
        if throw:
            raise MXNetValueError(text)
        warnings.warn(text, stacklevel=5)


def described(data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
              ) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Return the descriptions of data and labels as DataDesc, found to be of the arrays that a module takes."""
    data = [each if isinstance(each, DataDesc) else DataDesc(*each) for each in data_shapes]
    _check_described(data_names, data, "data", True)
    if label_shapes is None:
        return data, None
    labels = [each if isinstance(each, DataDesc) else DataDesc(*each) for each in label_shapes]
    _check_described(label_names, labels, "label", False)
    return data, labels


class BaseModule:
    """Base of modules.

    A module is bound to shapes (:meth:`bind`), its parameters are initialized (:meth:`init_params`), it gets an
    optimizer (:meth:`init_optimizer`), and then computes: :meth:`forward`, :meth:`backward`, :meth:`update`.
    :meth:`fit` does all of that, :meth:`score` and :meth:`predict` use what was learnt.

    Parameters
    ----------
    logger : logging.Logger
        Where the lines about training go.

    Attributes
    ----------
    binded, for_training, inputs_need_grad, params_initialized, optimizer_initialized : bool
        How far it has come.
    """

    def __init__(self, logger: Any = logging):
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Symbol | None = None

    def _needs(self, what: str, bound: bool = True, params: bool = False, optimizer: bool = False) -> None:
        """Raise MXNetError if `what` is asked for too early."""
        for needed, there, call in ((bound, self.binded, "bind"), (params, self.params_initialized, "init_params"),
                                    (optimizer, self.optimizer_initialized, "init_optimizer")):
            if needed and not there:
                raise MXNetError(f"{type(self).__name__}.{what}: call {call} first")

    # ---- training ------------------------------------------------------------------------------

    def forward_backward(self, data_batch: DataBatch) -> None:
        """Compute outputs and gradients of a batch."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def fit(self, train_data: DataIter, eval_data: DataIter | None = None, eval_metric: Any = "acc",
            epoch_end_callback: Any = None, batch_end_callback: Any = None, kvstore: Any = "local",
            optimizer: Any = "sgd", optimizer_params: Any = (("learning_rate", 0.01),),
            eval_end_callback: Any = None, eval_batch_end_callback: Any = None,
            initializer: Initializer | None = Uniform(0.01), arg_params: Mapping[str, NDArray] | None = None,  # noqa: B008
            aux_params: Mapping[str, NDArray] | None = None, allow_missing: bool = False, force_rebind: bool = False,
            force_init: bool = False, begin_epoch: int = 0, num_epoch: int | None = None,
            validation_metric: Any = None, monitor: Any = None, sparse_row_id_fn: Any = None) -> None:
        """Train the network.

        Parameters
        ----------
        train_data, eval_data : DataIter
            What to learn from, and what to validate on after each epoch.
        eval_metric, validation_metric : str, EvalMetric, callable or list
            Measured on either; the latter is the former by default.
        epoch_end_callback : callable or list, called with (epoch, symbol, arg_params, aux_params)
        batch_end_callback, eval_end_callback, eval_batch_end_callback : callable or list
            Called with a BatchEndParam.
        kvstore : str or KVStore
            How gradients of several contexts meet.
        optimizer, optimizer_params : str or Optimizer, dict or pairs
        initializer, arg_params, aux_params, allow_missing
            As for :meth:`init_params`.
        force_rebind, force_init : bool
            Whether to bind, or initialize, anew.
        begin_epoch, num_epoch : int
            Epochs are counted from the first to below the second.
        monitor : Monitor, optional
        """
        if num_epoch is None:
            raise MXNetValueError("fit: please specify number of epochs")
        if not hasattr(train_data, "provide_data"):
            raise MXNetTypeError(f"fit: train_data is {type(train_data).__name__}; expected a DataIter, such as "
                                 "mx.io.NDArrayIter(data, label, batch_size)")
        self.bind(data_shapes=train_data.provide_data, label_shapes=train_data.provide_label, for_training=True,
                  force_rebind=force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer=initializer, arg_params=arg_params, aux_params=aux_params,
                         allow_missing=allow_missing, force_init=force_init)
        self.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=optimizer_params)
        if validation_metric is None:
            validation_metric = eval_metric
        if not isinstance(eval_metric, _metric.EvalMetric):
            eval_metric = _metric.create(eval_metric)
        for epoch in range(begin_epoch, num_epoch):
            tic = time.time()
            eval_metric.reset()
            found = self._epoch(epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn)
            for name, value in found:
                self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
            arg, aux = self.get_params()  # also brings the contexts together
            self.set_params(arg, aux)
            call_all(epoch_end_callback, epoch, self.symbol, arg, aux)
            if eval_data:
                found = self.score(eval_data, validation_metric, score_end_callback=eval_end_callback,
                                   batch_end_callback=eval_batch_end_callback, epoch=epoch)
                for name, value in found:
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _epoch(self, epoch: int, train_data: DataIter, eval_metric: _metric.EvalMetric, batch_end_callback: Any,
               monitor: Any, sparse_row_id_fn: Any) -> list[tuple[str, float]]:
        """Learn from every batch once; return the metric over all of them."""
        batches = iter(train_data)
        data_batch = next(batches, None)
        nbatch, found = 0, eval_metric.get_global_name_value()
        while data_batch is not None:
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._measure(eval_metric, data_batch)
            following = next(batches, None)  # read while devices compute
            if following is not None:
                self.prepare(following, sparse_row_id_fn=sparse_row_id_fn)
            if monitor is not None:
                monitor.toc_print()
            if following is None:  # before callbacks, which may reset it
                found = eval_metric.get_global_name_value()
            call_all(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            data_batch, nbatch = following, nbatch + 1
        return found

    def _measure(self, eval_metric: _metric.EvalMetric, batch: DataBatch | list[DataBatch]) -> None:
        """Let a metric measure the outputs of a batch, or of one for each context."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [each.label for each in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    # ---- scoring and predicting ----------------------------------------------------------------

    def _evaluated(self, eval_data: DataIter, num_batch: int | None, reset: bool, sparse_row_id_fn: Any
                   ) -> Iterator[tuple[int, DataBatch]]:
        """Yield the numbered batches of an iterator after each was computed."""
        if reset:
            eval_data.reset()
        for number, batch in enumerate(eval_data):
            if number == num_batch:
                return
            self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(batch, is_train=False)
            yield number, batch

    def score(self, eval_data: DataIter, eval_metric: Any, num_batch: int | None = None,
              batch_end_callback: Any = None, score_end_callback: Any = None, reset: bool = True, epoch: int = 0,
              sparse_row_id_fn: Any = None) -> list[tuple[str, float]]:
        """Return the (name, value) pairs of a metric on `eval_data`, or its first `num_batch` batches."""
        self._needs("score", params=True)
        if not isinstance(eval_metric, _metric.EvalMetric):
            eval_metric = _metric.create(eval_metric)
        eval_metric.reset()
        count = 0
        for nbatch, eval_batch in self._evaluated(eval_data, num_batch, reset, sparse_row_id_fn):
            self._measure(eval_metric, eval_batch)
            call_all(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            count = nbatch + 1
        call_all(score_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
        return eval_metric.get_global_name_value()

    def _unpadded(self, batch: DataBatch) -> list[NDArray]:
        """Return the outputs without those of the samples that only fill the batch up."""
        pad = batch.pad or 0
        return [out[0:out.shape[0] - pad] for out in self.get_outputs()]

    def iter_predict(self, eval_data: DataIter, num_batch: int | None = None, reset: bool = True,
                     sparse_row_id_fn: Any = None) -> Iterator[tuple[list[NDArray], int, DataBatch]]:
        """Yield (outputs, number, batch) for each batch."""
        self._needs("iter_predict", params=True)
        for number, batch in self._evaluated(eval_data, num_batch, reset, sparse_row_id_fn):
            yield self._unpadded(batch), number, batch

    def predict(self, eval_data: Any, num_batch: int | None = None, merge_batches: bool = True, reset: bool = True,
                always_output_list: bool = False, sparse_row_id_fn: Any = None) -> Any:
        """Return the outputs for an iterator, or an array.

        Parameters
        ----------
        eval_data : DataIter, NDArray or numpy.ndarray
        num_batch : int, optional
            How many batches to compute; all by default.
        merge_batches : bool
            Whether the batches' outputs are joined; otherwise a list of lists is returned.
        always_output_list : bool
            Whether the result is a list also where the network has one output.
        """
        self._needs("predict", params=True)
        if isinstance(eval_data, (NDArray, np.ndarray)):
            if isinstance(eval_data, np.ndarray):
                eval_data = nd.array(eval_data)
            self.forward(DataBatch([eval_data]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise MXNetValueError("eval_data must be of type NDArray or DataIter")
        outputs = [[out.copy() for out in self._unpadded(batch)]
                   for _, batch in self._evaluated(eval_data, num_batch, reset, sparse_row_id_fn)]
        if not outputs or not merge_batches:
            return outputs
        if len({len(each) for each in outputs}) > 1:
            raise MXNetValueError("Cannot merge batches, as num of outputs is not the same in mini-batches. Maybe "
                                  "bucketing is used?")
        merged = [nd.concatenate(list(parts)) for parts in zip(*outputs)]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    # ---- parameters ----------------------------------------------------------------------------

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray],
                   allow_missing: bool = False, force_init: bool = True, allow_extra: bool = False) -> None:
        """Set parameters and auxiliary states by name; see :meth:`init_params`."""
        self.init_params(initializer=None, arg_params=arg_params, aux_params=aux_params, allow_missing=allow_missing,
                         force_init=force_init, allow_extra=allow_extra)

    def save_params(self, fname: str) -> None:
        """Write parameters and auxiliary states to a file."""
        arg_params, aux_params = self.get_params()
        named = {f"arg:{name}": value.as_in_context(cpu()) for name, value in arg_params.items()}
        named |= {f"aux:{name}": value.as_in_context(cpu()) for name, value in aux_params.items()}
        nd.save(fname, named)

    def load_params(self, fname: str) -> None:
        """Read parameters and auxiliary states from a file. Raises MXNetValueError for another kind of file."""
        found: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
        stored = nd.load(fname)
        for name, value in (stored.items() if isinstance(stored, dict) else [("", None)]):
            kind, _, rest = name.partition(":")
            if kind not in found or not rest:
                raise MXNetValueError(f"load_params: Invalid param file {fname}: {name!r} is not a name like "
                                      "'arg:fc1_weight'")
            found[kind][rest] = value
        self.set_params(found["arg"], found["aux"])

    def get_states(self, merge_multi_context: bool = True) -> list:
        """Return the states (``state_names``) of all contexts; a module without states has none."""
        self._needs("get_states", params=True)
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states, to arrays or to one number; a module without states takes none."""
        self._needs("set_states", params=True)
        if states or value:
            raise MXNetValueError(f"{type(self).__name__}.set_states: the module has no states")

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Make ready for a batch; there is something to do only where modules differ by batch, or are sparse."""
        if sparse_row_id_fn is not None:
            warnings.warn("sparse_row_id_fn is not invoked: the parameters are dense", stacklevel=2)

    @property
    def symbol(self) -> Symbol | None:
        """The network."""
        return self._symbol

    # ---- what subclasses define ----------------------------------------------------------------

    def _undefined(self, what: str) -> Any:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define {what}")

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._undefined("data_names")

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._undefined("output_names")

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return self._undefined("data_shapes")

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels; None where there are none."""
        return self._undefined("label_shapes")

    @property
    def output_shapes(self) -> list[tuple[str, tuple]]:
        """Names and shapes of the outputs."""
        return self._undefined("output_shapes")

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and auxiliary states by name, on the CPU."""
        return self._undefined("get_params")

    def init_params(self, initializer: Initializer | None = Uniform(0.01),  # noqa: B008
                    arg_params: Mapping[str, NDArray] | None = None, aux_params: Mapping[str, NDArray] | None = None,
                    allow_missing: bool = False, force_init: bool = False, allow_extra: bool = False) -> None:
        """Initialize parameters and auxiliary states, from given arrays or by an initializer."""
        self._undefined("init_params")

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: BaseModule | None = None,
             grad_req: Any = "write") -> None:
        """Allocate what computing batches of the given shapes needs."""
        self._undefined("bind")

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),), force_init: bool = False) -> None:
        """Make ready for :meth:`update`."""
        self._undefined("init_optimizer")

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch; in training mode if the module was bound for training, or as said."""
        self._undefined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients, from those of the outputs where the outputs are no losses."""
        self._undefined("backward")

    def update(self) -> None:
        """Change the parameters by the gradients."""
        self._undefined("update")

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """Return the outputs of the last batch; of several contexts joined, or as lists."""
        return self._undefined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """Return the gradients of the data of the last batch."""
        return self._undefined("get_input_grads")

    def update_metric(self, eval_metric: _metric.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the last outputs."""
        self._undefined("update_metric")

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors."""
        self._undefined("install_monitor")
