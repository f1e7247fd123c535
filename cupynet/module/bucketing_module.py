"""BucketingModule: a network for each length of sequences, all with the same parameters."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import ndarray as nd
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..checkpoint import load_params
from ..context import Context, cpu
from ..initializer import Initializer, Uniform
from ..io import DataBatch, DataDesc
from ..ndarray import NDArray
from ..ndarray.serialization import write_file
from ..optimizer import states
from ..symbol import Symbol
from ..symbol import load as load_symbol
from .base_module import BaseModule, check_input_names
from .module import Module

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """A module for batches of different shapes: a network for each *bucket*, made when the first batch of it comes.

    Parameters
    ----------
    sym_gen : callable
        ``sym_gen(bucket_key)`` returns (symbol, data names, label names).
    default_bucket_key : hashable
        The largest bucket, with which all others share parameters and memory.
    logger, context, work_load_list, fixed_param_names, state_names, group2ctxs, compression_params
        As for :class:`Module`.
    """

    def __init__(self, sym_gen: Callable[[Any], tuple], default_bucket_key: Any = None, logger: Any = logging,
                 context: Context | Sequence[Context] | None = None, work_load_list: Sequence[float] | None = None,
                 fixed_param_names: Sequence[str] | None = None, state_names: Sequence[str] | None = None,
                 group2ctxs: Any = None, compression_params: Mapping[str, Any] | None = None):
        super().__init__(logger=logger)
        if default_bucket_key is None:
            raise MXNetValueError("BucketingModule: default_bucket_key is missing; expected the key of the largest "
                                  "bucket")
        self._default_bucket_key, self._sym_gen = default_bucket_key, sym_gen
        symbol, data_names, label_names = sym_gen(default_bucket_key)
        for names, kind, throw in ((data_names, "data", True), (label_names, "label", False),
                                   (state_names, "state", True), (fixed_param_names, "fixed_param", True)):
            check_input_names(symbol, list(names or ()), kind, throw)
        self._options = {"logger": logger, "context": context, "work_load_list": work_load_list,
                         "fixed_param_names": fixed_param_names, "state_names": state_names,
                         "group2ctxs": group2ctxs, "compression_params": compression_params}
        self._grad_req: Any = None
        self._monitor: Any = None
        self._forget()
        self._loaded: tuple[dict, dict] | None = None  # parameters of a checkpoint

    def _forget(self) -> None:
        self.binded = False
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._curr_bucket_key: Any = None
        self._params_dirty = False

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        """Names of the data of the current bucket."""
        return self._curr_module.data_names if self.binded else self._sym_gen(self._default_bucket_key)[1]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs of the current bucket."""
        if self.binded:
            return self._curr_module.output_names
        return self._sym_gen(self._default_bucket_key)[0].list_outputs()

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data of the current bucket."""
        self._needs("data_shapes")
        return self._curr_module.data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels of the current bucket."""
        self._needs("label_shapes")
        return self._curr_module.label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple]]:
        """Names and shapes of the outputs of the current bucket."""
        self._needs("output_shapes")
        return self._curr_module.output_shapes

    @property
    def symbol(self) -> Symbol:
        """The network of the current bucket."""
        self._needs("symbol")
        return self._curr_module.symbol

    # ---- parameters ----------------------------------------------------------------------------

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and auxiliary states by name, on the CPU."""
        self._needs("get_params", params=True)
        self._curr_module._params_dirty = self._params_dirty
        params = self._curr_module.get_params()
        self._params_dirty = False
        return params

    def init_params(self, initializer: Initializer | None = Uniform(0.01),  # noqa: B008
                    arg_params: Mapping[str, NDArray] | None = None, aux_params: Mapping[str, NDArray] | None = None,
                    allow_missing: bool = False, force_init: bool = False, allow_extra: bool = False) -> None:
        """Initialize parameters and auxiliary states; see :meth:`Module.init_params`."""
        if self.params_initialized and not force_init:
            return
        self._needs("init_params")
        self._curr_module.init_params(initializer=initializer, arg_params=arg_params, aux_params=aux_params,
                                      allow_missing=allow_missing, force_init=force_init, allow_extra=allow_extra)
        self._params_dirty = False
        self.params_initialized = True

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray],
                   allow_missing: bool = False, force_init: bool = True, allow_extra: bool = False) -> None:
        """Set parameters and auxiliary states by name; see :meth:`Module.set_params`."""
        if not allow_missing:
            self.init_params(initializer=None, arg_params=arg_params, aux_params=aux_params,
                             allow_missing=allow_missing, force_init=force_init, allow_extra=allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. set_params call ignored.",
                          stacklevel=2)
            return
        self._needs("set_params")
        self._curr_module.set_params(arg_params, aux_params, allow_missing=True, force_init=force_init,
                                     allow_extra=allow_extra)
        self._params_dirty = True
        self.params_initialized = True

    def get_states(self, merge_multi_context: bool = True) -> list:
        """Return the states of the current bucket."""
        self._needs("get_states", params=True)
        return self._curr_module.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states of the current bucket."""
        self._needs("set_states", params=True)
        self._curr_module.set_states(states, value)

    # ---- binding -------------------------------------------------------------------------------

    def _module(self, bucket_key: Any) -> Module:
        symbol, data_names, label_names = self._sym_gen(bucket_key)
        return Module(symbol, data_names, label_names, **self._options)

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: BaseModule | None = None,
             grad_req: Any = "write") -> None:
        """Bind the default bucket, whose shapes are the largest; the others are bound when they come."""
        if shared_module is not None:
            raise MXNetError("shared_module for BucketingModule is not supported")
        params = self._loaded
        if self.params_initialized and self.binded:
            params = self.get_params()
        if force_rebind:
            self._forget()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        self.for_training, self.inputs_need_grad, self._grad_req = for_training, inputs_need_grad, grad_req
        module = self._module(self._default_bucket_key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, force_rebind=False, grad_req=grad_req)
        self.binded = True
        self._curr_module, self._curr_bucket_key = module, self._default_bucket_key
        self._buckets[self._default_bucket_key] = module
        if params is not None:
            self.init_params(None, *params, force_init=True)
            self._loaded = None

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Make a bucket the current one, binding it if it comes for the first time."""
        self._needs("switch_bucket")
        if bucket_key not in self._buckets:
            module = self._module(bucket_key)
            module.bind(data_shapes, label_shapes, self.for_training, self.inputs_need_grad, force_rebind=False,
                        shared_module=self._buckets[self._default_bucket_key], grad_req=self._grad_req)
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._curr_module, self._curr_bucket_key = self._buckets[bucket_key], bucket_key

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),), force_init: bool = False) -> None:
        """Make ready for :meth:`update`; all buckets use the same optimizer."""
        self._needs("init_optimizer", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        self._curr_module.init_optimizer(kvstore, optimizer, optimizer_params, force_init=force_init)
        for module in self._buckets.values():
            if module is not self._curr_module:
                module.borrow_optimizer(self._curr_module)
        self.optimizer_initialized = True

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Any = None) -> None:
        """Bind the bucket of a batch that comes next; the current bucket stays."""
        self._needs("prepare", params=True)
        current = self._curr_bucket_key
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._curr_module.prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)
        self.switch_bucket(current, None, None)

    # ---- running -------------------------------------------------------------------------------

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch, in the bucket that it names."""
        self._needs("forward", params=True)
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._curr_module.forward(data_batch, is_train=is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients, from those of the outputs where the outputs are no losses."""
        self._needs("backward", params=True)
        self._curr_module.backward(out_grads=out_grads)

    def update(self) -> None:
        """Change the parameters, which all buckets share, by the gradients."""
        self._needs("update", params=True, optimizer=True)
        self._params_dirty = True
        if not self._curr_module.optimizer_initialized:
            self._curr_module.borrow_optimizer(self._buckets[self._default_bucket_key])
        self._curr_module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """Return the outputs of the last batch."""
        self._needs("get_outputs", params=True)
        return self._curr_module.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """Return the gradients of the data of the last batch."""
        self._needs("get_input_grads", params=True)
        return self._curr_module.get_input_grads(merge_multi_context=merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the last outputs."""
        self._needs("update_metric", params=True)
        self._curr_module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors of all buckets."""
        self._needs("install_monitor")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)

    # ---- checkpoints ---------------------------------------------------------------------------

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, the network of each bucket (``<prefix>-<key>-symbol.json``) and the buckets' keys."""
        self._needs("save_checkpoint", params=True)
        self.save_params(f"{prefix}-{epoch:04d}.params")
        for key in self._buckets:
            self._sym_gen(key)[0].save(f"{prefix}-{key}-symbol.json", remove_amp_cast=remove_amp_cast)
        _write_keys(f"{prefix}.buckets", list(self._buckets))

    @staticmethod
    def load(prefix: str, epoch: int, sym_gen: Callable | None = None, default_bucket_key: Any = None,
             **kwargs: Any) -> BucketingModule:
        """Return the module of a checkpoint; see :meth:`load_dict`."""
        keys = _read_keys(f"{prefix}.buckets")
        symbols = {key: load_symbol(f"{prefix}-{key}-symbol.json") for key in keys}
        arg_params, aux_params = load_params(prefix, epoch)
        return BucketingModule.load_dict(symbols, sym_gen, default_bucket_key, arg_params, aux_params, **kwargs)

    @staticmethod
    def load_dict(sym_dict: Mapping[Any, Symbol] | None = None, sym_gen: Callable | None = None,
                  default_bucket_key: Any = None, arg_params: Mapping[str, NDArray] | None = None,
                  aux_params: Mapping[str, NDArray] | None = None, **kwargs: Any) -> BucketingModule:
        """Return a module whose parameters will be the given ones.

        Parameters
        ----------
        sym_dict : dict, optional
            Bucket key -> network, used as it is if `sym_gen` is not given.
        """
        if sym_gen is None:
            if not sym_dict:
                raise MXNetTypeError("BucketingModule.load_dict: expected sym_gen or sym_dict")
            fixed = dict(sym_dict)
            ends = ("_weight", "_bias", "_gamma", "_beta")

            def sym_gen(key: Any) -> tuple:
                if key not in fixed:
                    raise MXNetValueError(f"BucketingModule: the checkpoint has no bucket {key!r}; it has "
                                          f"{', '.join(map(repr, fixed))}")
                known = {*(arg_params or ()), *(aux_params or ())}
                inputs = [n for n in fixed[key].list_arguments() if n not in known and not n.endswith(ends)]
                return (fixed[key], [n for n in inputs if not n.endswith("_label")],
                        [n for n in inputs if n.endswith("_label")])
        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        if arg_params is not None or aux_params is not None:
            module._loaded = dict(arg_params or {}), dict(aux_params or {})
            module.params_initialized = True
        return module


# ---- the buckets' keys in a file -------------------------------------------------------------------

_ARRAYS = b"\x12\x01\0\0"  # how a file of arrays begins


def _write_keys(fname: str, keys: list) -> None:
    """Write keys as MXNet does, which knows whole numbers and, but for reading them, tuples; others as a pickle."""
    rows = [key if isinstance(key, tuple) else (key,) for key in keys]
    whole = all(type(n) is int and -2**31 <= n < 2**31 for row in rows for n in row)
    if whole and len({(type(key), len(row)) for key, row in zip(keys, rows)}) == 1:
        nd.save(fname, [nd.array(keys, ctx=cpu(), dtype="int32")])
    else:
        write_file(fname, states.dumps(keys))


def _read_keys(fname: str) -> list:
    """Return the keys that a file holds, which this or MXNet wrote."""
    with open(fname, "rb") as file:
        data = file.read()
    if not data.startswith(_ARRAYS):
        keys = states.loads(data)
    else:
        found = nd.load_frombuffer(data)
        keys = found[0].asnumpy().tolist() if isinstance(found, list) and len(found) == 1 else None
        if keys and isinstance(keys[0], list):
            keys = [tuple(key) for key in keys]
    if not isinstance(keys, list) or not keys:
        raise MXNetError(f"BucketingModule.load: {fname} holds no keys of buckets")
    return keys
