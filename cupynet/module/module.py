"""Module: one symbol on one or several contexts."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import optimizer as opt
from ..base import MXNetError, MXNetKeyError, MXNetTypeError, MXNetValueError
from ..checkpoint import load_checkpoint
from ..context import Context, cpu
from ..initializer import InitDesc, Initializer, Uniform
from ..io import DataBatch, DataDesc
from ..kvstore.training import (
    create_kvstore,
    initialize_kvstore,
    parameter_indices,
    update_params,
    update_params_on_kvstore,
)
from ..ndarray import NDArray, zeros
from ..ndarray.serialization import write_file
from ..symbol import Symbol
from .base_module import BaseModule, check_input_names, described
from .executor_group import DataParallelExecutorGroup

__all__ = ["Module"]


class Module(BaseModule):
    """A network with parameters, an optimizer, and executors on one or several contexts.

    Parameters
    ----------
    symbol : Symbol
    data_names, label_names : list of str
        The arguments that batches bring.
    logger : logging.Logger
    context : Context or list of Context
        Where to compute; the samples of a batch are shared out.
    work_load_list : list of number, optional
        The share of each context; equal by default.
    fixed_param_names : list of str, optional
        Parameters that are not learnt.
    state_names : list of str, optional
        Inputs that batches do not bring; see :meth:`set_states`.
    group2ctxs : dict or list of dict, optional
        For each context, the contexts of the groups of ``AttrScope(ctx_group=...)``.
    compression_params : dict, optional
        As for ``KVStore.set_gradient_compression``.

    Examples
    --------
    >>> import cupynet as mx, numpy as np
    >>> net = mx.sym.FullyConnected(mx.sym.Variable('data'), num_hidden=2, name='fc')
    >>> mod = mx.mod.Module(mx.sym.SoftmaxOutput(net, name='softmax'))
    >>> x = np.array([[0, 1], [1, 0]] * 20, 'float32')
    >>> data = mx.io.NDArrayIter(x, x[:, 0], batch_size=10)
    >>> mod.fit(data, num_epoch=5, optimizer_params={'learning_rate': 1.0})
    >>> mod.score(data, 'acc')
    [('accuracy', 1.0)]
    """

    def __init__(self, symbol: Symbol, data_names: Sequence[str] | None = ("data",),
                 label_names: Sequence[str] | None = ("softmax_label",), logger: Any = logging,
                 context: Context | Sequence[Context] | None = None, work_load_list: Sequence[float] | None = None,
                 fixed_param_names: Sequence[str] | None = None, state_names: Sequence[str] | None = None,
                 group2ctxs: Any = None, compression_params: Mapping[str, Any] | None = None):
        super().__init__(logger=logger)
        if not isinstance(symbol, Symbol):
            raise MXNetTypeError(f"Module: symbol is {type(symbol).__name__}; expected a Symbol")
        self._symbol = symbol
        self._context = [cpu()] if context is None else list(context) if isinstance(context, (list, tuple)) \
            else [context]
        self._work_load_list = [1] * len(self._context) if work_load_list is None else list(work_load_list)
        if len(self._work_load_list) != len(self._context):
            raise MXNetValueError(f"Module: {len(self._work_load_list)} work loads for {len(self._context)} contexts")
        self._group2ctxs, self._compression_params = group2ctxs, compression_params
        self._data_names, self._label_names = list(data_names or ()), list(label_names or ())
        self._state_names, self._fixed_param_names = list(state_names or ()), list(fixed_param_names or ())
        for names, kind, throw in ((self._data_names, "data", True), (self._label_names, "label", False),
                                   (self._state_names, "state", True), (self._fixed_param_names, "fixed_param", True)):
            check_input_names(symbol, names, kind, throw)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._arg_params: dict[str, NDArray] | None = None
        self._aux_params: dict[str, NDArray] | None = None
        self._params_dirty = False  # whether the executors' parameters are newer than these
        self._optimizer: opt.Optimizer | None = None
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._updater: Callable | None = None
        self._preload_opt_states: str | None = None
        self._exec_group: DataParallelExecutorGroup | None = None
        self._data_shapes: list[DataDesc] | None = None
        self._label_shapes: list[DataDesc] | None = None

    # ---- checkpoints ---------------------------------------------------------------------------

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """Return the module of a checkpoint; its optimizer's states are read when there is an optimizer."""
        symbol, args, auxs = load_checkpoint(prefix, epoch)
        module = Module(symbol=symbol, **kwargs)
        module._arg_params, module._aux_params = args, auxs
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return module

    def save_checkpoint(self, prefix: str, epoch: int, save_optimizer_states: bool = False,
                        remove_amp_cast: bool = True) -> None:
        """Write ``<prefix>-symbol.json``, ``<prefix>-0001.params`` and, if wished, ``<prefix>-0001.states``."""
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        params = f"{prefix}-{epoch:04d}.params"
        self.save_params(params)
        logging.info('Saved checkpoint to "%s"', params)
        if save_optimizer_states:
            states = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(states)
            logging.info('Saved optimizer state to "%s"', states)

    def save_optimizer_states(self, fname: str) -> None:
        """Write the states of the optimizer to a file that MXNet reads as well."""
        self._needs("save_optimizer_states", optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
        else:
            write_file(fname, self._updater.get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Read the states of the optimizer from a file that this or MXNet wrote."""
        self._needs("load_optimizer_states", optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
        else:
            with open(fname, "rb") as file:
                self._updater.set_states(file.read())

    # ---- what it is ----------------------------------------------------------------------------

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
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data, as bound."""
        self._needs("data_shapes")
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels, as bound; None if there are none."""
        self._needs("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple]]:
        """Names and shapes of the outputs."""
        self._needs("output_shapes")
        return self._exec_group.get_output_shapes()

    # ---- parameters ----------------------------------------------------------------------------

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and auxiliary states by name, on the CPU."""
        if not (self.binded or self.params_initialized):
            raise MXNetError("Module.get_params: call bind and init_params first")
        self._needs("get_params", bound=False, params=True)
        if self._params_dirty:
            self._exec_group.get_params(self._arg_params, self._aux_params)
            self._params_dirty = False
        return self._arg_params, self._aux_params

    def init_params(self, initializer: Initializer | None = Uniform(0.01),  # noqa: B008
                    arg_params: Mapping[str, NDArray] | None = None, aux_params: Mapping[str, NDArray] | None = None,
                    allow_missing: bool = False, force_init: bool = False, allow_extra: bool = False) -> None:
        """Initialize parameters and auxiliary states.

        Parameters
        ----------
        initializer : Initializer, optional
            For what is not given.
        arg_params, aux_params : dict, optional
            Values by name.
        allow_missing : bool
            Whether names may be missing from given values, and are then initialized.
        force_init : bool
            Whether to do so again.
        allow_extra : bool
            Accepted for compatibility: names that the network does not have are ignored.
        """
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. init_params call ignored.",
                          stacklevel=2)
            return
        if not self.binded:
            raise MXNetError("Module.init_params: call bind before initializing the parameters")
        if self._arg_params is None:
            self._arg_params = _blank(self._param_names, self._exec_group.param_arrays)
            self._aux_params = _blank(self._aux_names, self._exec_group.aux_arrays)
        if not (initializer is None or callable(initializer)):
            raise MXNetTypeError(f"Module.init_params: initializer is {initializer!r}; expected an Initializer, such "
                                 "as mx.init.Xavier()")
        if not allow_missing:
            self._require_all(arg_params, aux_params)
        attrs = self._symbol.attr_dict()
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            for name, array in sorted(own.items()):
                self._init_one(InitDesc(name, attrs.get(name)), array, given, initializer)
        self.params_initialized = True
        self._params_dirty = False
        self._exec_group.set_params(self._arg_params, self._aux_params)

    def _require_all(self, arg_params: Mapping[str, NDArray] | None, aux_params: Mapping[str, NDArray] | None) -> None:
        """Raise MXNetError if values are given and some are missing; it names them, and those of no use."""
        missing: list[str] = []
        extra: list[str] = []
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            if given is not None:
                missing += sorted(own.keys() - given.keys())
                extra += sorted(given.keys() - own.keys())
        if missing:
            rest = f"; nor are {', '.join(missing[1:])}" if missing[1:] else ""
            rest += f". The network has no {', '.join(extra)}" if extra else ""
            raise MXNetError(f"{missing[0]} is not presented{rest}")

    def _init_one(self, name: InitDesc, array: NDArray, given: Mapping[str, NDArray] | None,
                  initializer: Initializer | None) -> None:
        value = None if given is None else given.get(name)
        if value is not None:
            if value.shape != array.shape:
                raise MXNetValueError(f"init_params: {str(name)!r} has shape {value.shape}, expected {array.shape}")
            if value is not array:
                value.copyto(array)
        elif initializer is not None:
            initializer(name, array)

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray],
                   allow_missing: bool = False, force_init: bool = True, allow_extra: bool = False) -> None:
        """Set parameters and auxiliary states by name.

        Parameters
        ----------
        allow_missing : bool
            Whether names may be missing, whose values then stay.
        allow_extra : bool
            With `allow_missing`, whether names that the network does not have are ignored.
        """
        if not allow_missing:
            self.init_params(initializer=None, arg_params=arg_params, aux_params=aux_params,
                             allow_missing=allow_missing, force_init=force_init, allow_extra=allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. set_params call ignored.",
                          stacklevel=2)
            return
        self._needs("set_params")
        self._exec_group.set_params(arg_params, aux_params or {}, allow_extra=allow_extra)
        if self._arg_params is None:
            self._arg_params = _blank(self._param_names, self._exec_group.param_arrays)
            self._aux_params = _blank(self._aux_names, self._exec_group.aux_arrays)
        self._params_dirty = True
        self.params_initialized = True

    # ---- binding -------------------------------------------------------------------------------

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Module | None = None,
             grad_req: Any = "write") -> None:
        """Allocate executors for batches of the given shapes.

        Parameters
        ----------
        data_shapes, label_shapes : list of DataDesc or (name, shape)
        for_training : bool
            Whether there will be gradients.
        inputs_need_grad : bool
            Whether the data get gradients, too.
        force_rebind : bool
            Whether to bind again; otherwise a second call is ignored.
        shared_module : Module, optional
            A bound module whose parameters of the same name are used.
        grad_req : str, list or dict
            ``"write"``, ``"add"`` or ``"null"``.
        """
        if force_rebind:
            self._reset_bind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise MXNetValueError("Module.bind: inputs_need_grad needs for_training")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes = described(self._data_names, self._label_names, data_shapes,
                                                          label_shapes)
        self._check_labels()
        if shared_module is not None and not (isinstance(shared_module, Module) and shared_module.binded
                                              and shared_module.params_initialized):
            raise MXNetError("Module.bind: shared_module is not a Module that was bound and initialized")
        group = None if shared_module is None else shared_module._exec_group
        if group is not None and len(group.execs) < len(self._context):
            raise MXNetValueError(f"Module.bind: shared_module has {len(group.execs)} contexts, expected "
                                  f"{len(self._context)}")
        self._exec_group = DataParallelExecutorGroup(
            self._symbol, self._context, self._work_load_list, self._data_shapes, self._label_shapes,
            self._param_names, for_training, inputs_need_grad, group, logger=self.logger,
            fixed_param_names=self._fixed_param_names, grad_req=grad_req, state_names=self._state_names,
            group2ctxs=self._group2ctxs)
        self.binded = True
        if shared_module is not None:
            self.params_initialized = True
            self._arg_params, self._aux_params = shared_module._arg_params, shared_module._aux_params
        elif self.params_initialized:
            self._exec_group.set_params(self._arg_params, self._aux_params)
        if shared_module is not None and shared_module.optimizer_initialized:
            self.borrow_optimizer(shared_module)

    def _check_labels(self) -> None:
        """Raise MXNetKeyError where the network has a label that none of those described is: it would stay 0."""
        given = [desc.name for desc in self._label_shapes or ()]
        arguments = self._symbol.list_arguments()
        unknown = [name for name in given if name not in arguments]
        unmet = [name for name in self._label_names if name in arguments and name not in given]
        if unknown and unmet:
            raise MXNetKeyError(f"Module.bind: label_shapes describe {', '.join(unknown)}, which the network does not "
                                f"have; expected {', '.join(unmet)}")

    def _reset_bind(self) -> None:
        if self.binded and self.params_initialized and self._params_dirty:
            self.get_params()  # what was learnt stays
        self.binded = False
        self._exec_group = self._data_shapes = self._label_shapes = None

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Make ready for batches of other shapes; the parameters stay."""
        self._needs("reshape")
        data, labels = described(self._data_names, self._label_names, data_shapes, label_shapes)
        self._exec_group.reshape(data, labels)
        self._data_shapes, self._label_shapes = data, labels

    # ---- optimizer -----------------------------------------------------------------------------

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),), force_init: bool = False) -> None:
        """Make ready for :meth:`update`.

        Parameters
        ----------
        kvstore : str or KVStore
        optimizer : str or Optimizer
            By name, its ``rescale_grad`` is 1 / batch size unless given.
        optimizer_params : dict or pairs
            For an optimizer by name.
        force_init : bool
            Whether to do so again; otherwise a second call is ignored.
        """
        self._needs("init_optimizer", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        if self._params_dirty:
            self.get_params()
        store, on_store = create_kvstore(kvstore, len(self._context), self._arg_params)
        self._optimizer = self._made_optimizer(optimizer, optimizer_params, store, on_store)
        self._kvstore, self._update_on_kvstore, self._updater = store, on_store, None
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if on_store:
                store.set_optimizer(self._optimizer)
            initialize_kvstore(store, self._exec_group.param_arrays, self._arg_params, self._param_names, on_store)
        if not on_store:
            self._updater = opt.get_updater(self._optimizer)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _made_optimizer(self, optimizer: Any, params: Any, store: Any, on_store: bool) -> opt.Optimizer:
        batch_size = self._exec_group.batch_size
        if store is not None and "dist" in store.type and "_sync" in store.type:
            batch_size *= store.num_workers
        rescale_grad = 1.0 / batch_size
        idx2name = parameter_indices(self._param_names, len(self._context), on_store)
        if isinstance(optimizer, str):
            return opt.create(optimizer, sym=self._symbol, param_idx2name=idx2name,
                              **{"rescale_grad": rescale_grad, **dict(params)})
        if not isinstance(optimizer, opt.Optimizer):
            raise MXNetTypeError(f"Module.init_optimizer: optimizer is {type(optimizer).__name__}; expected an "
                                 "Optimizer or the name of one")
        if optimizer.rescale_grad != rescale_grad:
            warnings.warn("Optimizer created manually outside Module but rescale_grad is not normalized to "
                          f"1.0/batch_size/num_workers ({optimizer.rescale_grad} vs. {rescale_grad}). Is this "
                          "intended?", stacklevel=3)
        if not optimizer.idx2name:
            optimizer.idx2name = idx2name
        return optimizer

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Use the optimizer, and its states, of another module with the same parameters."""
        if not shared_module.optimizer_initialized:
            raise MXNetError("Module.borrow_optimizer: the other module has none; call its init_optimizer first")
        self._optimizer, self._kvstore = shared_module._optimizer, shared_module._kvstore
        self._update_on_kvstore, self._updater = shared_module._update_on_kvstore, shared_module._updater
        self.optimizer_initialized = True

    # ---- running -------------------------------------------------------------------------------

    def forward(self, data_batch: DataBatch | Sequence[DataBatch], is_train: bool | None = None) -> None:
        """Compute the outputs of a batch.

        Parameters
        ----------
        data_batch : DataBatch, or list of them
            Any object with its ``data``, and ``label`` if that matters, will do. Of a list, each batch goes to one
            context. Where shapes differ from those bound, the executors are
            reshaped.
        is_train : bool, optional
            Whether operators run in training mode; as bound by default.
        """
        self._needs("forward", params=True)
        batches = data_batch if isinstance(data_batch, list) else [data_batch]
        for each in batches:
            if not isinstance(getattr(each, "data", None), (list, tuple)):
                raise MXNetTypeError(f"Module.forward: the batch is {type(each).__name__}; expected a DataBatch")
        if isinstance(data_batch, list):
            data_batch = _side_by_side(data_batch, len(self._context))
        shapes = list(map(_shape_of, data_batch.data))
        if shapes != [desc.shape for desc in self._data_shapes]:
            self._reshape_for(data_batch, shapes)
        self._exec_group.forward(data_batch, is_train)

    def _reshape_for(self, batch: DataBatch, data: list[tuple]) -> None:
        """Reshape the executors for a batch, by its own descriptions or by those that are bound."""
        def redone(descs: Sequence[DataDesc], shapes: Sequence[tuple]) -> list[DataDesc]:
            return [DataDesc(desc.name, shape, desc.dtype, desc.layout) for desc, shape in zip(descs, shapes)]
        if len(data) != len(self._data_shapes):
            raise MXNetValueError(f"Module.forward: the batch has {len(data)} data arrays, expected "
                                  f"{len(self._data_shapes)} ({', '.join(self._data_names)})")
        new_data = getattr(batch, "provide_data", None) or redone(self._data_shapes, data)
        if getattr(batch, "provide_label", None):
            new_labels = batch.provide_label
        elif getattr(batch, "label", None):
            new_labels = redone(self._label_shapes or (), list(map(_shape_of, batch.label)))
        elif self._label_shapes:  # labels do not matter now, but their number of samples must fit
            axis = DataDesc.get_batch_axis(self._data_shapes[0].layout)
            new_labels = [_resized(desc, data[0][axis]) for desc in self._label_shapes]
        else:
            new_labels = None
        try:
            self.reshape(new_data, new_labels)
        except MXNetError as error:
            came = ", ".join([f"{desc.name} {shape}" for desc, shape in zip(self._data_shapes, data)])
            raise type(error)(f"Module.forward: the batch has {came}, expected batches like "
                              f"{', '.join([f'{desc.name} {desc.shape}' for desc in self._data_shapes])}: {error}"
                              ) from error

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients, from those of the outputs where the outputs are no losses."""
        self._needs("backward", params=True)
        self._exec_group.backward(out_grads=out_grads)

    def update(self) -> None:
        """Change the parameters by the gradients of all contexts."""
        self._needs("update", params=True, optimizer=True)
        self._params_dirty = True
        group = self._exec_group
        if self._update_on_kvstore:
            update_params_on_kvstore(group.param_arrays, group.grad_arrays, self._kvstore, self._param_names)
        else:
            update_params(group.param_arrays, group.grad_arrays, updater=self._updater,
                          num_device=len(self._context), kvstore=self._kvstore, param_names=self._param_names)

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """Return the outputs of the last batch; of several contexts joined, or as lists."""
        self._needs("get_outputs", params=True)
        return self._exec_group.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """Return the gradients of the data of the last batch; needs ``bind(inputs_need_grad=True)``."""
        self._needs("get_input_grads", params=True)
        return self._exec_group.get_input_grads(merge_multi_context=merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list:
        """Return the states of all contexts (``merge_multi_context=False``)."""
        self._needs("get_states", params=True)
        return self._exec_group.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states to arrays, as :meth:`get_states` returns them, or all elements to a number."""
        self._needs("set_states", params=True)
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the last outputs; `pre_sliced` labels are a list for each context."""
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors."""
        self._needs("install_monitor")
        self._exec_group.install_monitor(mon)


def _blank(names: Sequence[str], blocks: Sequence[Sequence[NDArray]]) -> dict[str, NDArray]:
    """Return arrays of zeros on the CPU like those of the first context."""
    return {name: zeros(block[0].shape, cpu(), block[0].dtype) for name, block in zip(names, blocks)}


def _shape_of(array: Any) -> tuple:
    """Return the shape of an array of a batch, also where it comes as a list of the contexts' shares."""
    if isinstance(array, (list, tuple)):
        return (sum(each.shape[0] for each in array), *array[0].shape[1:])
    return tuple(array.shape)


def _resized(desc: DataDesc, size: int) -> DataDesc:
    axis = max(DataDesc.get_batch_axis(desc.layout), 0)
    return DataDesc(desc.name, (*desc.shape[:axis], size, *desc.shape[axis + 1:]), desc.dtype, desc.layout)


def _side_by_side(batches: Sequence[DataBatch], count: int) -> DataBatch:
    """Return one batch whose arrays are lists, one for each context."""
    if len(batches) != count:
        raise MXNetValueError(f"Module.forward: {len(batches)} batches for {count} contexts")
    labels = [list(each) for each in zip(*[getattr(batch, "label", None) or () for batch in batches])]
    return DataBatch([list(each) for each in zip(*[batch.data for batch in batches])], labels)
