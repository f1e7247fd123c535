"""Stores on one machine: values of several devices are added up, and an optimizer may be applied to the sums."""
from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import optimizer as opt
from ..base import MXNetError, MXNetKeyError, MXNetTypeError, MXNetValueError
from ..context import Context, cpu
from ..ndarray import NDArray
from ..ndarray.serialization import write_file
from .base import KVStoreBase
from .compression import compression_of

__all__ = ["KVStore", "create"]

Key = int | str


class KVStore(KVStoreBase):
    """A store of arrays by key, all of them ints or all of them strings; made by :func:`create`.

    Without an updater, what is pushed replaces what is stored; with one (:meth:`set_optimizer`), it is a gradient.

    Examples
    --------
    >>> import cupynet as mx
    >>> kv = mx.kv.create('local')
    >>> kv.init(3, mx.nd.ones((2, 3)))
    >>> kv.push(3, [mx.nd.ones((2, 3)), mx.nd.ones((2, 3)) * 2])    # from two devices
    >>> a = mx.nd.zeros((2, 3))
    >>> kv.pull(3, out=a)
    >>> a.asnumpy()[0]
    array([3., 3., 3.], dtype=float32)
    """

    def __init__(self, handle: str):
        self.handle = handle
        self._stored: dict[Key, NDArray] = {}
        self._updater: Callable[[Key, NDArray, NDArray], None] | None = None
        self._compression: Callable[[Any, NDArray], NDArray] | None = None

    # ---- values --------------------------------------------------------------------------------

    def init(self, key: Key | Sequence[Key], value: Any) -> None:
        """Store the first value of one key, or of each in a list. Raises MXNetError for a key that is there."""
        for each, values in self._pairs("init", key, value):
            if each in self._stored:
                raise MXNetError(f"init: duplicate init of key {each}. Please double check if you called kv.init or "
                                 "kv.broadcast with this key multiple times")
            self._stored[each] = values[0].copyto(self._home(values))

    def push(self, key: Key | Sequence[Key], value: Any, priority: int = 0) -> None:
        """Add up the values that devices bring for one key, or each in a list, and store or apply the sum.

        Parameters
        ----------
        key : int, str, or sequence of them
        value : NDArray, list of NDArray, or list of lists of them
        priority : int
            Accepted for compatibility.
        """
        together: dict[Key, list[NDArray]] = {}
        for each, values in self._pairs("push", key, value):
            self._check("push", each, values)
            together.setdefault(each, []).extend(values)
        for each, values in together.items():
            total = self._sum(each, values)
            stored = self._stored[each]
            if self._updater is None:
                stored[:] = total.as_in_context(stored.context)
            else:
                self._updater(each, total.as_in_context(stored.context), stored)

    def pull(self, key: Key | Sequence[Key], out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy what is stored into the arrays of `out`."""
        if out is None:
            raise MXNetTypeError("pull: out is missing; expected the arrays to copy into")
        for each, targets in self._pairs("pull", key, out):
            self._check("pull", each, targets)
            for target in targets:
                target[:] = self._stored[each].as_in_context(target.context)

    def pushpull(self, key: Key | Sequence[Key], value: Any, out: Any = None, priority: int = 0) -> None:
        """Push, then pull into `out` (default: into `value` itself)."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Key | Sequence[Key], value: Any, out: Any, priority: int = 0) -> None:
        """Store the first value of each key, and copy it into the arrays of `out`."""
        self.init(key, value)
        self.pull(key, out, priority)

    def row_sparse_pull(self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None) -> None:
        """Not offered yet: arrays are dense. Raises MXNetError."""
        raise MXNetError("row_sparse_pull: Expected row_sparse storage type for row_sparse_pull values; arrays are "
                         "dense ('default'), use pull")

    # ---- what becomes of values ----------------------------------------------------------------

    def set_optimizer(self, optimizer: opt.Optimizer) -> None:
        """Let what is pushed be a gradient, by which `optimizer` changes what is stored."""
        if not isinstance(optimizer, opt.Optimizer):
            raise MXNetTypeError(f"set_optimizer: optimizer is {type(optimizer).__name__}; expected an Optimizer")
        self._updater = opt.get_updater(optimizer)

    def _set_updater(self, updater: Callable[[Key, NDArray, NDArray], None]) -> None:
        """Let ``updater(key, pushed, stored)`` change what is stored. String keys come as str."""
        if not callable(updater):
            raise MXNetTypeError(f"_set_updater: updater is {type(updater).__name__}; expected a function")
        self._updater = updater

    def set_gradient_compression(self, compression_params: Mapping[str, Any]) -> None:
        """Compress what devices push: ``{'type': '2bit', 'threshold': 0.5}``. Only for stores on devices."""
        if "device" not in self.handle:
            raise MXNetError("Gradient compression is not supported for this type of kvstore")
        self._compression = compression_of(compression_params)

    def save_optimizer_states(self, fname: str | os.PathLike, dump_optimizer: bool = False) -> None:
        """Write the states of the optimizer, and itself if wished, to a file, in MXNet's form."""
        write_file(fname, self._applied("save_optimizer_states").get_states(dump_optimizer))

    def load_optimizer_states(self, fname: str | os.PathLike) -> None:
        """Read the states of the optimizer from a file that this or MXNet wrote."""
        updater = self._applied("load_optimizer_states")
        with open(fname, "rb") as file:
            updater.set_states(file.read())

    def _applied(self, what: str) -> opt.Updater:
        if not isinstance(self._updater, opt.Updater):
            raise MXNetError(f"{what}: the store has no optimizer; call set_optimizer first")
        return self._updater

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def type(self) -> str:
        """The name by which the store was asked for."""
        return self.handle

    @property
    def rank(self) -> int:
        """The number of this worker: 0, as there is one."""
        return 0

    @property
    def num_workers(self) -> int:
        """How many workers there are: one."""
        return 1

    def is_capable(self, capability: str) -> bool:
        """Whether the store has a capability: it has :attr:`OPTIMIZER`."""
        if capability.lower() == KVStoreBase.OPTIMIZER:
            return True
        raise MXNetValueError(f"Unknown capability: {capability}")

    def _barrier(self) -> None:
        """Wait for all workers, of which this is the only one."""

    def _send_command_to_servers(self, head: int, body: str) -> None:
        """Tell the servers something; there are none on one machine."""

    # ---- inside --------------------------------------------------------------------------------

    def _pairs(self, what: str, keys: Any, values: Any) -> list[tuple[Key, list[NDArray]]]:
        """Return each key with its arrays, one for each device."""
        single = not isinstance(keys, (list, tuple))
        names = [keys] if single else list(keys)
        groups = [values] if single else values
        if not isinstance(groups, (list, tuple)):
            raise MXNetTypeError(f"{what}: {len(names)} keys, but value is {type(values).__name__}; expected a list")
        if len(groups) != len(names):
            raise MXNetValueError(f"{what}: {len(names)} keys but {len(groups)} values")
        pairs = []
        for name, group in zip(names, groups):
            arrays = list(group) if isinstance(group, (list, tuple)) else [group]
            if not arrays or not all(isinstance(each, NDArray) for each in arrays):
                raise MXNetTypeError(f"{what}: the value of key {name!r} is {group!r}; expected NDArrays")
            pairs.append((self._key(what, name), arrays))
        return pairs

    def _key(self, what: str, key: Any) -> Key:
        if not isinstance(key, str):
            if not hasattr(key, "__index__"):
                raise MXNetTypeError(f"{what}: unexpected type for keys: {type(key).__name__}; expected int or str")
            key = key.__index__()
        if self._stored and isinstance(next(iter(self._stored)), str) != isinstance(key, str):
            raise MXNetTypeError(f"{what}: key is {key!r}; Mixed key types are not allowed")
        return key

    def _check(self, what: str, key: Key, values: Sequence[NDArray]) -> None:
        stored = self._stored.get(key)
        if stored is None:
            raise MXNetKeyError(f"{what}: key {key} has not been inited")
        for each in values:
            if each.shape != stored.shape:
                raise MXNetValueError(f"{what}: a value of key {key} has shape {each.shape}, expected {stored.shape}")

    def _home(self, values: Sequence[NDArray]) -> Context:
        """Return where values are added up: on the host, or on the first device that is one."""
        if "device" in self.handle:
            return next((each.context for each in values if each.context.device_type == "gpu"), cpu())
        return cpu()

    def _sum(self, key: Key, values: Sequence[NDArray]) -> NDArray:
        if self._compression is not None and len(values) > 1:
            values = [self._compression((key, i), each) for i, each in enumerate(values)]
        home = self._home(values)
        total = values[0].as_in_context(home)
        if len(values) > 1:
            total = total + values[1].as_in_context(home)
            for each in values[2:]:
                total += each.as_in_context(home)
        return total

    def __getstate__(self) -> dict:
        raise pickle.PicklingError("a KVStore belongs to its process and cannot be pickled")


def create(name: str = "local") -> KVStoreBase:
    """Return a new store.

    Parameters
    ----------
    name : str
        ``"local"``: values are added up on the host; ``"device"``: on the devices. Names of registered classes, and,
        as in MXNet, any other name for a local store. ``"nccl"``, ``"dist..."``: not offered yet.
    """
    if not isinstance(name, str):
        raise MXNetTypeError(f"kvstore.create: name must be a string, got {name!r}")
    registered = KVStoreBase.kv_registry.get(name.lower())
    if registered is not None:
        return registered()
    if name.startswith(("dist", "nccl", "p3")):
        raise MXNetError(f"kvstore.create: {name!r} is not supported yet; use 'local' or 'device' on one machine")
    return KVStore(name)
