"""Making a typed graph smaller without changing what it computes: each pass rewrites a graph in place."""
from __future__ import annotations

from ..ir import Graph
from .dead import drop_dead
from .fold import fold_no_ops
from .merge import merge_common

__all__ = ["simplify", "drop_dead", "fold_no_ops", "merge_common"]


def simplify(graph: Graph) -> None:
    """Fold no-ops, merge common subexpressions and drop what nothing uses."""
    fold_no_ops(graph)
    merge_common(graph)
    drop_dead(graph)
