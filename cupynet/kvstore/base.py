"""What every store offers, and the table of stores that users add."""
from __future__ import annotations

from typing import Any

from ..base import MXNetError, MXNetTypeError

__all__ = ["KVStoreBase"]


class KVStoreBase:
    """Base of stores; a registered subclass can be asked for by its name in lower case.

    A subclass defines :meth:`broadcast` and :meth:`pushpull`, the properties :attr:`rank`, :attr:`num_workers` and
    :attr:`type`, and, if it applies optimizers, :meth:`is_capable`, :meth:`set_optimizer` and the states of these.

    Examples
    --------
    >>> import cupynet as mx
    >>> @mx.kv.KVStoreBase.register
    ... class Echo(mx.kv.KVStoreBase):
    ...     type = 'echo'
    >>> mx.kv.create('echo').type
    'echo'
    """

    OPTIMIZER = "optimizer"  # the capability to apply an optimizer to what is stored
    kv_registry: dict[str, type[KVStoreBase]] = {}

    @staticmethod
    def register(klass: type[KVStoreBase]) -> type[KVStoreBase]:
        """Let :func:`~cupynet.kvstore.create` find a class by its name in lower case."""
        if not isinstance(klass, type):
            raise MXNetTypeError(f"KVStoreBase.register: got {klass!r}; expected a class")
        KVStoreBase.kv_registry[klass.__name__.lower()] = klass
        return klass

    def _missing(self, what: str) -> Any:
        raise MXNetError(f"{type(self).__name__} does not offer {what}")

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Bring the first worker's `value` of each key into the arrays of `out`."""
        self._missing("broadcast")

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Add up `value` over devices and workers, into `out` (default: into `value` itself)."""
        self._missing("pushpull")

    def set_optimizer(self, optimizer: Any) -> None:
        """Let what is pushed be a gradient, by which `optimizer` changes what is stored."""
        self._missing("set_optimizer")

    def is_capable(self, capability: str) -> bool:
        """Whether the store has a capability, such as :attr:`OPTIMIZER`."""
        return False

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the optimizer's states to a file."""
        self._missing("save_optimizer_states")

    def load_optimizer_states(self, fname: str) -> None:
        """Read the optimizer's states from a file."""
        self._missing("load_optimizer_states")

    @property
    def type(self) -> str:
        """The name by which the store was asked for."""
        return self._missing("type")

    @property
    def rank(self) -> int:
        """The number of this worker."""
        return self._missing("rank")

    @property
    def num_workers(self) -> int:
        """How many workers there are."""
        return self._missing("num_workers")
