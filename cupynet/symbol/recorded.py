"""A recorded computation as a symbol."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import tape
from ..base import MXNetError, MXNetTypeError
from ..cached_op import CachedNode
from ..graph.node import Entry, Node
from ..ndarray import NDArray
from ..ops import catalog
from ..ops.op import Op
from ..ops.schema import Attrs, as_text
from .base import wrap

__all__ = ["get_symbol"]


def get_symbol(x: NDArray) -> Any:
    """Return the recorded computation of `x` as a symbol.

    Variables are called ``var0`` if they were marked, ``null0`` if not, and operators ``node_0``, with numbers in the
    order of recording. (In MXNet the numbers go on from what was recorded before, in the same thread.)

    Raises
    ------
    MXNetError
        If `x` was not recorded, or a backward pass has used its tape, or a ``Function`` is part of it.

    Examples
    --------
    >>> import cupynet as mx
    >>> x = mx.nd.ones((2,))
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = mx.nd.exp(x * 2)
    >>> mx.autograd.get_symbol(y).get_internals().list_outputs()
    ['var0', 'node_0_output', 'node_1_output']
    """
    if not isinstance(x, NDArray):
        raise MXNetTypeError(f"get_symbol: Invalid argument type, expecting {NDArray}, got {type(x)}")
    if not tape.live(x._entry):
        raise MXNetError("get_symbol: NDArray is not part of a computation graph. Did you forget to turn on recording?")
    return wrap([_Reader(x._entry[0]).entries[x._entry]])


class _Reader:
    """Translates what a node of the tape depends on.

    Attributes
    ----------
    entries : dict
        Entry of the tape -> entry of the graph.
    """

    def __init__(self, head: tape.Node):
        self.entries: dict[tape.Entry, Entry] = {}
        self._variables = self._operators = 0
        self._constants: dict[Any, Entry] = {}
        for node in sorted(_behind(head), key=lambda node: node.number):
            if isinstance(node, tape.Leaf):
                self.entries[node, 0] = self._variable("var")
            elif isinstance(node, tape.OpNode):
                self._operator(node)
            elif isinstance(node, CachedNode):
                self._inline(node)
            else:
                raise MXNetError(f"get_symbol: {node.label} is no operator and cannot be part of a symbol")

    def _variable(self, kind: str) -> Entry:
        self._variables += 1
        return Node(None, f"{kind}{self._variables - 1}", {}), 0

    def _node(self, op: Op, attrs: Mapping[str, str], inputs: Sequence[Entry]) -> Node:
        self._operators += 1
        return Node(op, f"node_{self._operators - 1}", dict(attrs), inputs)

    def _inputs(self, node: tape.Node, raws: Sequence[Any]) -> list[Entry]:
        """Return where the inputs of a node come from; an array that was not recorded becomes a variable, once."""
        found = []
        for i, entry in enumerate(node.parents):
            if entry is not None:
                found.append(self.entries[entry])
                continue
            raw = raws[i] if i < len(raws) else None
            key = (node, i) if raw is None else id(raw)
            if key not in self._constants:
                self._constants[key] = self._variable("null")
            found.append(self._constants[key])
        return found

    def _operator(self, node: tape.OpNode) -> None:
        op, attrs = _as_called(node.op, node.attrs)
        inputs = self._inputs(node, node.ins or ())
        if op.count:
            attrs[op.count] = str(len(inputs))
        made = self._node(op, attrs, inputs)
        self.entries.update(((node, i), (made, i)) for i in range(node.count))

    def _inline(self, node: CachedNode) -> None:
        structure = node.structure
        inputs = zip(structure.inputs, self._inputs(node, ()))
        made: dict[Node, Entry | Node] = dict(inputs)

        def translated(entry: Entry) -> Entry:
            found = made[entry[0]]
            return (found, entry[1]) if isinstance(found, Node) else found
        for inner in structure.order:
            if inner.op is not None:
                made[inner] = self._node(inner.op, inner.attrs, list(map(translated, inner.inputs)))
        self.entries.update(((node, i), translated(head)) for i, head in enumerate(structure.heads))


def _behind(head: tape.Node) -> set[tape.Node]:
    """Return a node of the tape and all that it depends on."""
    found, todo = {head}, [head]
    while todo:
        for entry in todo.pop().parents:
            if entry is not None and entry[0] not in found:
                found.add(entry[0])
                todo.append(entry[0])
    return found


def _as_called(op: Op, attrs: Attrs | None) -> tuple[Op, dict[str, str]]:
    """Return an operator and those of its attributes that are not the defaults, as text.

    Python's operators between arrays of one shape, which have no attributes at all, are those that broadcast.
    """
    if attrs is None:
        stem = op.name.removeprefix("elemwise").removeprefix("_").lower()
        return catalog.find(f"broadcast_{stem}") or op, {}
    fields = op.schema.fields
    return op, {name: as_text(value) for name, value in sorted(attrs.items())
                if value is not None and value != fields[name][1]}
