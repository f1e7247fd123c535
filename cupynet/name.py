"""How operators without a name are named: ``fullyconnected0``, or with a prefix of one's own."""
from __future__ import annotations

import threading
import warnings

from .base import MXNetTypeError, WithClassProperties, classproperty

__all__ = ["NameManager", "Prefix", "current"]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.managers = [NameManager()]


class NameManager(metaclass=WithClassProperties):
    """Gives automatic names: the hint and a number that grows with each use of the hint.

    Entered with ``with``, a manager names what is composed in its scope.
    """

    @classproperty
    def current(cls) -> NameManager:
        """The manager of the innermost scope, which may be set (deprecated: use ``with``)."""
        _warn_of_current()
        return current()

    @current.setter
    def current(cls, manager: NameManager) -> None:
        _warn_of_current()
        _stack.managers[-1] = manager

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}

    def get(self, name: str | None, hint: str) -> str:
        """Return `name`, or the next automatic name for `hint` if there is none."""
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        _stack.managers.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _stack.managers.pop()


class Prefix(NameManager):
    """A name manager that puts `prefix` before every name, given or automatic.

    Examples
    --------
    >>> import cupynet as mx
    >>> with mx.name.Prefix('layer1_'):
    ...     fc = mx.sym.FullyConnected(mx.sym.Variable('data'), name='fc', num_hidden=10)
    >>> fc.list_arguments()
    ['data', 'layer1_fc_weight', 'layer1_fc_bias']
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        if not isinstance(prefix, str):
            raise MXNetTypeError(f"Prefix: prefix is {prefix!r}; expected text")
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


_stack = _Stack()


def _warn_of_current() -> None:
    warnings.warn("NameManager.current has been deprecated. It is advised to use the `with` statement with "
                  "NameManager.", DeprecationWarning, stacklevel=4)


def current() -> NameManager:
    """Return the manager of the innermost scope of this thread."""
    return _stack.managers[-1]
