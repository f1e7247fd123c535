"""Names of blocks: each gets a prefix from the scope in which it is made, and names what is made inside."""
from __future__ import annotations

import threading
from typing import Any

from ... import name as naming
from ..parameter import ParameterDict

__all__ = ["BlockScope"]


class _Entered(threading.local):
    def __init__(self) -> None:
        self.scopes: list[BlockScope] = []


_entered = _Entered()


class BlockScope:
    """The scope of a block: blocks made inside are numbered by it, and operators are named with the block's prefix.

    Parameters
    ----------
    block : Block
    """

    def __init__(self, block: Any):
        self._block = block
        self._counter: dict[str, int] = {}

    @staticmethod
    def create(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
        """Return prefix and parameters of a new block.

        Parameters
        ----------
        prefix : str, optional
            The user's; by default `hint` with a number.
        params : ParameterDict, optional
            Parameters to share.
        hint : str
        """
        scope = _entered.scopes[-1] if _entered.scopes else None
        if scope is None:
            prefix = naming.current().get(None, hint) + "_" if prefix is None else prefix
            own = ParameterDict(prefix) if params is None else ParameterDict(params.prefix, params)
            return prefix, own
        if prefix is None:
            number = scope._counter.get(hint, 0)
            scope._counter[hint] = number + 1
            prefix = f"{hint}{number}_"
        if params is None:
            parent = scope._block.params
            params = ParameterDict(parent.prefix + prefix, parent._shared)
        else:
            params = ParameterDict(params.prefix, params)
        return scope._block.prefix + prefix, params

    def __enter__(self) -> BlockScope:
        if not self._block._empty_prefix:
            _entered.scopes.append(self)
            naming.Prefix(self._block.prefix).__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._block._empty_prefix:
            naming.current().__exit__(*exc)
            _entered.scopes.pop()
