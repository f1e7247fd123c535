"""Trainer: an optimizer over the parameters of a network, on one or several contexts."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .. import optimizer as opt
from ..base import MXNetAssertionError, MXNetError, MXNetValueError
from ..context import Context
from ..kvstore.base import KVStoreBase
from ..kvstore.training import create_kvstore
from ..ndarray.serialization import write_file
from .parameter import Parameter, ParameterDict

__all__ = ["Trainer"]


class Trainer:
    """Applies an optimizer to parameters: call :meth:`step` after each backward pass.

    Parameters
    ----------
    params : ParameterDict, dict or list of Parameter
    optimizer : str or Optimizer
    optimizer_params : dict, optional
        Arguments of the optimizer, such as ``{'learning_rate': 0.1}``.
    kvstore : str, KVStore or None
        What adds up gradients of several contexts (see :func:`cupynet.kvstore.create`).
    compression_params : dict, optional
        How gradients are compressed on their way into the store.
    update_on_kvstore : bool, optional
        Whether the store applies the optimizer; default: if it can.

    Attributes
    ----------
    learning_rate : float
        The current learning rate.

    Examples
    --------
    >>> import cupynet as mx
    >>> net = mx.gluon.nn.Dense(1)
    >>> net.initialize(mx.init.One())
    >>> trainer = mx.gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.5})
    >>> with mx.autograd.record():
    ...     loss = net(mx.nd.ones((4, 2))).sum()
    >>> loss.backward()
    >>> trainer.step(batch_size=4)
    >>> net.weight.data().asnumpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, params: ParameterDict | Mapping[str, Parameter] | Sequence[Parameter], optimizer: Any,
                 optimizer_params: Mapping[str, Any] | None = None, kvstore: Any = "device",
                 compression_params: Mapping[str, Any] | None = None, update_on_kvstore: bool | None = None):
        self._params = _listed(params)
        self._param2idx = {each.name: i for i, each in enumerate(self._params)}
        for each in self._params:
            each._trainer = self
        self._compression_params = compression_params
        self._contexts = self._check_contexts()
        self._init_optimizer(optimizer, dict(optimizer_params or {}))
        self._scale = self._optimizer.rescale_grad
        self._kvstore_params = {"kvstore": kvstore, "update_on_kvstore": update_on_kvstore}
        self._reset_kvstore()

    def _check_contexts(self) -> list[Context]:
        contexts: list[Context] | None = None
        for each in self._params:
            its = each.list_ctx()
            if contexts is not None and contexts != its:
                raise MXNetAssertionError("All Parameters must be initialized on the same set of contexts, but "
                                          f"Parameter {each.name} is initialized on {its} while previous Parameters "
                                          f"are initialized on {contexts}.")
            contexts = its
        return list(contexts or ())

    def _init_optimizer(self, optimizer: Any, arguments: dict[str, Any]) -> None:
        by_index = dict(enumerate(self._params))
        if isinstance(optimizer, opt.Optimizer):
            if arguments:
                raise MXNetAssertionError("optimizer_params must be None if optimizer is an instance of Optimizer "
                                          "instead of str")
            self._optimizer = optimizer
            self._optimizer.param_dict = by_index
        else:
            self._optimizer = opt.create(optimizer, param_dict=by_index, **arguments)
        self._updaters = [opt.get_updater(self._optimizer) for _ in self._contexts]

    # ---- the store -----------------------------------------------------------------------------

    def _reset_kvstore(self) -> None:
        """Forget the store; the next step makes a new one, with the values that parameters have then."""
        if self._kvstore_is_distributed():
            raise MXNetError("Cannot reset distributed KVStore.")
        self._kv_initialized = False
        self._kvstore: KVStoreBase | None = None
        self._update_on_kvstore: bool | None = None

    def _kvstore_is_distributed(self) -> bool:
        store = getattr(self, "_kvstore", None)
        return store is not None and "dist" in store.type

    def _values_were_set(self, param: Parameter) -> None:
        """Note that the user has given a parameter other values, which the store must learn of."""
        if self._kv_initialized and self._update_on_kvstore:
            self._reset_kvstore()

    def _prepare(self) -> None:
        if not self._kv_initialized:
            self._init_kvstore()

    def _init_kvstore(self) -> None:
        """Make the store that was asked for, if one is needed, and bring all parameters into it."""
        asked = self._kvstore_params
        arrays = {each.name: each.data(self._contexts[0]) for each in self._params}
        store, on_store = create_kvstore(asked["kvstore"], len(self._contexts), arrays)
        if store is None:
            on_store = None
        else:
            if self._compression_params:
                store.set_gradient_compression(dict(self._compression_params))
            if asked["update_on_kvstore"] is not None:
                on_store = bool(asked["update_on_kvstore"])
            if on_store:
                store.set_optimizer(self._optimizer)
            for i, each in enumerate(self._params):
                store.broadcast(i, each.list_data()[0], each.list_data())
        self._kvstore, self._update_on_kvstore, self._kv_initialized = store, on_store, True

    # ---- learning rate -------------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The learning rate of the optimizer, or of its scheduler."""
        return self._optimizer.learning_rate

    @property
    def optimizer(self) -> opt.Optimizer:
        """The optimizer."""
        return self._optimizer

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate. Raises UserWarning, as MXNet does, if the optimizer has a scheduler."""
        self._optimizer.set_learning_rate(lr)

    # ---- steps ---------------------------------------------------------------------------------

    def step(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Add up the gradients of all contexts, divide by `batch_size` and apply the optimizer.

        Parameters
        ----------
        batch_size : float
        ignore_stale_grad : bool
            Whether parameters that the last backward passes did not reach are left as they are; else they raise
            UserWarning, as in MXNet.
        """
        self._set_rescale(batch_size)
        self._prepare()
        self._allreduce_grads()
        self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Add up the gradients of all contexts, so that they can be changed before :meth:`update`."""
        self._prepare()
        self._refuse_store("allreduce_grads")
        self._allreduce_grads()

    def update(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Apply the optimizer to gradients that :meth:`allreduce_grads` has added up; see :meth:`step`."""
        self._prepare()
        self._refuse_store("update")
        self._set_rescale(batch_size)
        self._update(ignore_stale_grad)

    def _refuse_store(self, what: str) -> None:
        if self._kvstore is not None and self._update_on_kvstore:
            raise MXNetAssertionError(f"{what}() when parameters are updated on kvstore is not supported. Try setting "
                                      "`update_on_kvstore` to False when creating trainer.")

    def _set_rescale(self, batch_size: float) -> None:
        scale = self._scale / batch_size
        if self._kvstore_is_distributed() and self._update_on_kvstore and scale != self._optimizer.rescale_grad:
            raise MXNetError("Possible change in the `batch_size` from previous `step` detected. Optimizer gradient "
                             "normalizing factor will not change w.r.t new batch_size when update_on_kvstore=True and "
                             "when distributed kvstore is used.")
        self._optimizer.rescale_grad = scale

    def _allreduce_grads(self) -> None:
        store = self._kvstore
        if store is None:
            return
        for i, each in enumerate(self._params):
            if each.grad_req != "null":
                target = each.list_data() if self._update_on_kvstore else each.list_grad()
                store.pushpull(i, each.list_grad(), out=target, priority=-i)

    def _update(self, ignore_stale_grad: bool) -> None:
        steps: list[list[tuple]] = [[] for _ in self._updaters]
        on_store = self._kvstore is not None and self._update_on_kvstore
        for i, each in enumerate(self._params):
            if each.grad_req == "null":
                continue
            arrays = each.list_data()
            if not ignore_stale_grad:
                for array in arrays:
                    if not array._fresh_grad:
                        raise UserWarning(
                            f"Gradient of Parameter `{each.name}` on context {array.context} has not been updated by "
                            "backward since last `step`. This could mean a bug in your model that made it only use a "
                            "subset of the Parameters (Blocks) for this iteration. If you are intentionally only "
                            "using a subset, call step with ignore_stale_grad=True to suppress this warning and skip "
                            "updating of Parameters with stale gradient")
            if on_store:
                continue
            for step, array, grad in zip(steps, arrays, each.list_grad()):
                if not ignore_stale_grad or array._fresh_grad:
                    step.append((i, grad, array))
                    array._fresh_grad = False
        for updater, step in zip(self._updaters, steps):
            if step:
                updater(*map(list, zip(*step)))

    # ---- files ---------------------------------------------------------------------------------

    def save_states(self, fname: str | os.PathLike) -> None:
        """Write the states of the optimizer, and itself, to a file, in MXNet's form."""
        self._prepare()
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname, dump_optimizer=True)
        else:
            write_file(fname, self._updaters[0].get_states(dump_optimizer=True))

    def load_states(self, fname: str | os.PathLike) -> None:
        """Read the states of the optimizer from a file that this or MXNet wrote."""
        self._prepare()
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            self._optimizer = self._kvstore._updater.optimizer
        else:
            try:
                with open(fname, "rb") as file:
                    states = file.read()
            except OSError as error:
                raise MXNetError(f"load_states: cannot read {fname}: {error.strerror or error}") from error
            for updater in self._updaters:
                updater.set_states(states)
                updater.optimizer = self._updaters[0].optimizer
            self._optimizer = self._updaters[0].optimizer
        self._optimizer.param_dict = dict(enumerate(self._params))


def _listed(params: Any) -> list[Parameter]:
    """Return parameters as a list; of a dict in the order of their names."""
    if isinstance(params, (dict, ParameterDict)):
        params = [params[key] for key in sorted(params.keys())]
    if not isinstance(params, (list, tuple)):
        raise MXNetValueError("First argument must be a list or dict of Parameters, got "
                              f"{type(params)}.")
    for each in params:
        if not isinstance(each, Parameter):
            raise MXNetValueError(f"First argument must be a list or dict of Parameters, got list of {type(each)}.")
    return list(params)
