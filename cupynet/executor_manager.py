"""``mx.executor_manager``: the names by which old programs split batches between contexts."""
from __future__ import annotations

from .base import MXNetValueError
from .module.executor_group import DataParallelExecutorGroup
from .module.executor_group import split_batch as _split_input_slice  # noqa: F401 (its name in old programs)
from .symbol import Symbol

__all__ = ["DataParallelExecutorGroup"]


def _check_arguments(symbol: Symbol) -> None:
    """Raise MXNetValueError if two arguments, or two auxiliary states, of a network have one name."""
    for what, names in (("argument", symbol.list_arguments()), ("auxiliary param", symbol.list_auxiliary_states())):
        for name in names:
            if names.count(name) > 1:
                raise MXNetValueError(f'Find duplicated {what} name "{name}", please make the weight name '
                                      f"non-duplicated(using name arguments), {what}s are {names}")
