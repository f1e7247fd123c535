"""Composing: an operator applied to symbols is a new node."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import attribute
from .. import name as naming
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..graph.node import Node
from ..ops import catalog
from ..ops.op import Op
from ..ops.schema import as_text
from .base import SymbolBase, wrap

__all__ = ["compose", "connect", "apply"]


def compose(op: Op, called: str, named: Mapping[str, SymbolBase], many: Sequence[SymbolBase], values: Mapping[str, Any],
            name: str | None = None, attr: dict[str, str] | None = None) -> SymbolBase:
    """Return the application of an operator to symbols; inputs that are not given become variables.

    Parameters
    ----------
    op, called : Op, str
        The operator, and the name by which it was called, from which automatic names are made.
    named, many : dict, sequence
        Inputs by name, and those of the variadic parameter.
    values : dict
        The operator's attributes.
    name, attr : str, dict, optional
        Name and attributes of the new node.
    """
    attrs = {key: as_text(value) for key, value in values.items()}
    if op.count:
        attrs.setdefault(op.count, str(len(many)))
    attrs |= attribute.composed(attr)  # which may set an operator's own, too
    node = Node(op, "", attrs)
    if op.count and op.variadic == op.inputs[0] and node.parsed[op.count] < 1:
        raise MXNetValueError(f"{op.name}: needs at least one input")
    node.name = naming.current().get(name, called.lower())
    connect(node, named, many)
    return wrap([(node, i) for i in range(node.visible_count)])


def connect(node: Node, named: Mapping[str, SymbolBase], many: Sequence[SymbolBase]) -> None:
    """Give a node without inputs its inputs, by name and those of the variadic parameter; others become variables."""
    op, name = node.op, node.name
    names = op.active_inputs(node.parsed, node.parsed[op.count] if op.count else None)
    if len(many) > len(names):
        raise MXNetValueError(f"{op.name} {name!r}: takes {len(names)} inputs with these attributes, got {len(many)}")
    for key in named:
        if key not in names:
            raise MXNetValueError(f"{op.name} {name!r}: takes no input {key!r} with these attributes")
    for i, input_name in enumerate(names):
        given = many[i] if op.variadic and i < len(many) else named.get(input_name)
        if given is None:
            node.inputs.append((Node(None, f"{name}_{input_name}" if name else input_name, dict(node.attrs)), 0))
            continue
        if not isinstance(given, SymbolBase):
            raise MXNetTypeError(f"{op.name} {name!r}: {input_name} is {type(given).__name__}; expected a Symbol")
        if len(given._heads) != 1:
            raise MXNetError(f"{op.name} {name!r}: {input_name} has {len(given._heads)} outputs; a single one is "
                             "required (index the symbol to choose)")
        node.inputs.append(given._heads[0])
    node.number_updates()
    node.initialize_inputs()


def apply(called: str, *symbols: SymbolBase, **values: Any) -> SymbolBase:
    """Return the operator called `called` applied to `symbols`, which are all its inputs."""
    op = catalog.get(called)
    return compose(op, called, {} if op.variadic else dict(zip(op.inputs, symbols)), symbols if op.variadic else (),
                   values)
