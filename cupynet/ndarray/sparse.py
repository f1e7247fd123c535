"""``mx.nd.sparse``: operators by their usual names; arrays are dense, so sparse ones cannot be made."""
from __future__ import annotations

from typing import Any

from ..base import MXNetError
from . import creation, elementwise
from .functions import namespace

_operators, __dir__ = namespace("", globals())


def _dense_only(name: str) -> Any:
    def make(*args: Any, **kwargs: Any) -> Any:
        raise MXNetError(f"mx.nd.sparse.{name}: sparse storage is not supported; arrays are dense (use mx.nd.array)")
    make.__name__ = make.__qualname__ = name
    make.__doc__ = "Not offered: arrays are dense. Raises MXNetError."
    return make


csr_matrix, row_sparse_array = _dense_only("csr_matrix"), _dense_only("row_sparse_array")


def __getattr__(name: str) -> Any:
    room = next((each for each in (creation, elementwise) if name in each.__all__), None)
    return getattr(room, name) if room else _operators(name)
