"""MXNet's functions of sparse arrays alone, which refuse: arrays are dense."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..base import MXNetError

__all__ = ["refusing"]

# The parameters in MXNet: names, or one that begins with * for any number of arrays.
_FUNCTIONS = {
    "getnnz": "data axis", "edge_id": "data u v", "dgl_adjacency": "data", "dgl_subgraph": "*data",
    "dgl_csr_neighbor_uniform_sample": "*seed_arrays", "dgl_csr_neighbor_non_uniform_sample": "*seed_arrays",
    "dgl_graph_compact": "*graph_data",
}


def _refusing(room: str, name: str, parameters: str) -> Callable:
    def function(*args: Any, **kwargs: Any) -> Any:
        raise MXNetError(f"{room}.{name}: works on sparse arrays (csr) alone, and those are not supported: arrays "
                         "are dense")
    P = inspect.Parameter
    many = [P(each[1:], P.VAR_POSITIONAL) if each[0] == "*" else P(each, P.POSITIONAL_OR_KEYWORD, default=None)
            for each in parameters.split()]
    function.__signature__ = inspect.Signature([*many, P("kwargs", P.VAR_KEYWORD)])
    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Not offered: it works on sparse arrays (csr) alone, and arrays are dense. Raises MXNetError."
    return function


def refusing(room: str) -> dict[str, Callable]:
    """Return such functions of a namespace, such as ``"mx.nd.contrib"``, by name."""
    return {name: _refusing(room, name, parameters) for name, parameters in _FUNCTIONS.items()}
