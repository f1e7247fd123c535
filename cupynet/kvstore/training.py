"""How training loops use a store: whether to have one, what goes into it, and one update of all parameters."""
from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base import MXNetTypeError
from ..ndarray import NDArray
from .base import KVStoreBase
from .kvstore import create

__all__ = ["create_kvstore", "initialize_kvstore", "parameter_indices", "update_params", "update_params_on_kvstore"]

_MOST_ON_STORE = 1024 * 1024 * 16  # elements of the largest array up to which a local store applies the optimizer


def create_kvstore(kvstore: Any, num_device: int, arg_params: Mapping[str, NDArray]
                   ) -> tuple[KVStoreBase | None, bool]:
    """Return the store for a training loop (None if it needs none), and whether the store applies the optimizer.

    Parameters
    ----------
    kvstore : KVStoreBase, str or None
    num_device : int
        One device on one machine needs no store.
    arg_params : dict
        The parameters: beside large ones, a local store on the host would be slow to apply the optimizer.
    """
    on_store = bool(int(os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1")))
    if kvstore is None:
        return None, False
    if isinstance(kvstore, KVStoreBase):
        return kvstore, on_store and kvstore.is_capable(KVStoreBase.OPTIMIZER)
    if not isinstance(kvstore, str):
        raise MXNetTypeError("kvstore must be KVStore, str or None")
    if num_device == 1 and "dist" not in kvstore:
        return None, False
    store = create(kvstore)
    if kvstore == "local" and max((math.prod(x.shape) for x in arg_params.values()), default=0) > _MOST_ON_STORE:
        on_store = False
    return store, on_store and store.is_capable(KVStoreBase.OPTIMIZER)


def parameter_indices(names: Sequence[str], num_device: int, update_on_kvstore: bool) -> dict[int, str]:
    """Return the name of each parameter by the index that the optimizer sees: one for each copy, unless in a store."""
    if update_on_kvstore:
        return dict(enumerate(names))
    return {i * num_device + k: name for i, name in enumerate(names) for k in range(num_device)}


def initialize_kvstore(kvstore: KVStoreBase, param_arrays: Sequence[Sequence[NDArray]],
                       arg_params: Mapping[str, NDArray], param_names: Sequence[str],
                       update_on_kvstore: bool) -> None:
    """Bring the parameters into a store, and from there to all devices if the store will apply the optimizer."""
    for i, (name, arrays) in enumerate(zip(param_names, param_arrays)):
        kvstore.init(name, arg_params[name])
        if update_on_kvstore:
            kvstore.pull(name, arrays, priority=-i)


def update_params_on_kvstore(param_arrays: Sequence[Sequence[NDArray]], grad_arrays: Sequence[Sequence[NDArray | None]],
                             kvstore: KVStoreBase, param_names: Sequence[str]) -> None:
    """Let the store apply the optimizer to the gradients, and bring the parameters back to all devices."""
    for i, (name, arrays, grads) in enumerate(zip(param_names, param_arrays, grad_arrays)):
        if grads[0] is not None:
            kvstore.push(name, list(grads), priority=-i)
            kvstore.pull(name, list(arrays), priority=-i)


def update_params(param_arrays: Sequence[Sequence[NDArray]], grad_arrays: Sequence[Sequence[NDArray | None]],
                  updater: Callable, num_device: int, kvstore: KVStoreBase | None = None,
                  param_names: Sequence[str] | None = None) -> None:
    """Add up the gradients of all devices by a store, if there is one, and apply the optimizer on each device."""
    steps: list[list[tuple]] = [[] for _ in range(num_device)]
    for i, (arrays, grads) in enumerate(zip(param_arrays, grad_arrays)):
        if grads[0] is None:
            continue
        if kvstore is not None:
            kvstore.pushpull(param_names[i] if param_names is not None else i, list(grads), priority=-i)
        for k, (array, grad) in enumerate(zip(arrays, grads)):
            steps[k].append((i * num_device + k, grad, array))
    for each in steps:
        if each:
            updater(*map(list, zip(*each)))
