"""What comes of an operator on inputs of given shapes and dtypes, found once for each distinct call."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..util import is_np_shape
from .degenerate import adapted
from .infer import infer_shapes, infer_types, known
from .op import Op
from .schema import Attrs

__all__ = ["Outcome", "outcome"]

_LIMIT = 20_000
_memo: dict[Any, Outcome] = {}


class Outcome(NamedTuple):
    """What to run, and what its outputs are.

    Attributes
    ----------
    op : Op
    visible : int
        How many of the outputs a caller sees.
    kinds : tuple of (shape, dtype)
        Of all outputs, None where unknown.
    names : tuple of str
        Of all outputs.
    determined : bool
        Whether nothing is unknown in `kinds`.
    """

    op: Op
    visible: int
    kinds: tuple
    names: tuple[str, ...]
    determined: bool


def outcome(op: Op, attrs: Attrs, kinds: Sequence[tuple], node: str = "") -> Outcome:
    """Return what comes of an operator on inputs of the given (shape, dtype).

    Raises MXNetError naming the operator, and the `node` if there is one, if they do not fit.
    """
    # what shape an attribute of a source means depends on the switch
    key = (op, attrs.identity, *kinds) if kinds else (op, attrs.identity, is_np_shape())
    found = _memo.get(key)
    if found is None:
        found = _find(op, attrs, kinds, node)
        if not (op.transient or op.resolver):
            if len(_memo) > _LIMIT:
                _memo.clear()
            _memo[key] = found
    return found


def _find(op: Op, attrs: Attrs, kinds: Sequence[tuple], node: str) -> Outcome:
    names = op.output_names(attrs)
    shapes: list = [None] * len(names)
    dtypes: list = [None] * len(names)
    ins = [shape for shape, _ in kinds]
    infer_shapes(op, attrs, list(ins), shapes, node)
    infer_types(op, attrs, [dtype for _, dtype in kinds], dtypes, node)
    return Outcome(adapted(op, attrs, ins, shapes, dtypes), op.visible_count(attrs), tuple(zip(shapes, dtypes)), names,
                   all(map(known, shapes)) and not any(dtype is None for dtype in dtypes))
