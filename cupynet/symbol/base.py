"""What every symbol is made of: outputs of a graph of operators, their names, and picking among them.

The class of symbols is open: subclasses share the graph, and say by ``_class`` what is composed of them.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from ..base import MXNetError, MXNetIndexError, MXNetTypeError, MXNetValueError
from ..graph.node import Entry, Node, copied, post_order, variables, versioned

__all__ = ["SymbolBase", "wrap"]


class SymbolBase:
    """Outputs of a graph, without operators.

    Attributes
    ----------
    _class : type
        The class of what is composed of symbols of this class. The base class's is what symbols are when nobody
        says: :class:`~cupynet.symbol.Symbol`.
    """

    __slots__ = ("_heads", "__weakref__")
    _class: ClassVar[type]

    def __init__(self, heads: Sequence[Entry] | None):
        """Take over the outputs `heads`; ``None`` leaves the symbol to be filled by unpickling, as in MXNet."""
        self._heads = list(heads or ())

    @property
    def name(self) -> str | None:
        """Name of the operator or variable; None for a group."""
        nodes = {id(node) for node, _ in self._heads}
        return self._heads[0][0].name if len(nodes) == 1 else None

    def _variables(self) -> tuple[list[Node], list[Node]]:
        return variables(post_order(self._heads))

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs to be bound, auxiliary states left out."""
        return [node.name for node in self._variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the states that operators update, such as moving averages."""
        return [node.name for node in self._variables()[1]]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, arguments and auxiliary states, in order."""
        return [node.name for node in post_order(self._heads) if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return [node.output_name(i) for node, i in self._heads]

    def get_internals(self) -> SymbolBase:
        """Return a group of every value in the graph, inputs before users."""
        return type(self)([versioned(node, i, node.version)
                           for node in post_order(self._heads) for i in range(node.visible_count)])

    def get_children(self) -> SymbolBase | None:
        """Return a group of the direct inputs; None for a variable."""
        inputs = [entry for node in dict.fromkeys(node for node, _ in self._heads) for entry in node.inputs]
        return type(self)(inputs) if inputs else None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(node.name) for node, _ in self._heads)}]>"
        return f"<Symbol {self.name}>"

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[SymbolBase]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | str | slice) -> SymbolBase:
        if isinstance(index, str):
            found = [i for i, output in enumerate(self.list_outputs()) if output == index]
            if not found:
                raise MXNetValueError(f'Cannot find output that matches name "{index}"')
            if len(found) > 1:
                raise MXNetValueError(f'There are multiple outputs with name "{index}"')
            index = found[0]
        if isinstance(index, slice):
            if not self._heads[index]:
                raise MXNetTypeError(f"Expected a list of symbols as input; {index} of {self!r} is empty")
            return type(self)(self._heads[index])
        if not isinstance(index, (int, np.integer)):
            raise MXNetTypeError("Symbol only support integer index to fetch i-th output (or its name, or a slice), "
                                 f"not {index!r}")
        if not -len(self._heads) <= index < len(self._heads):
            raise MXNetIndexError(f"output {index} of {self!r} does not exist; it has {len(self._heads)}")
        return type(self)([self._heads[index]])

    def _gen_atomic_symbol(self) -> SymbolBase:
        """Return the operator of the symbol alone, without name and inputs, to be called with other symbols."""
        nodes = {id(node): node for node, _ in self._heads}
        node = next(iter(nodes.values()))
        if len(nodes) > 1 or node.op is None:
            raise MXNetError(f"_gen_atomic_symbol: {self!r} is not the application of an operator")
        atom = Node(node.op, "", dict(node.attrs))
        return type(self)([(atom, i) for i in range(atom.visible_count)])

    def __copy__(self) -> SymbolBase:
        return type(self)(copied(self._heads)[0])

    def __deepcopy__(self, memo: dict) -> SymbolBase:
        return self.__copy__()


def wrap(heads: Sequence[Entry], cls: type | None = None) -> Any:
    """Return the outputs `heads` as a symbol of the class `cls` (default: Symbol)."""
    return (cls or SymbolBase._class)(heads)
