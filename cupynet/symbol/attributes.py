"""The attributes of a symbol's nodes: those of its operators, and the user's own."""
from __future__ import annotations

from collections.abc import Mapping

from .. import attribute
from ..base import MXNetError, MXNetValueError
from ..graph.node import post_order
from .base import SymbolBase

__all__ = ["Attributes"]


class Attributes(SymbolBase):
    """A symbol whose attributes can be asked for and set."""

    __slots__ = ()

    def attr(self, key: str) -> str | None:
        """Return the attribute `key` as text, or None."""
        node = self._heads[0][0]
        return node.attrs.get(attribute.stored(key), node.attrs.get(key))

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return the attributes of the symbol's own node."""
        if recursive:
            raise MXNetError("Symbol.list_attr with recursive=True has been deprecated. Please use attr_dict instead.")
        return _with_short_names(self._heads[0][0].attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes of every node that has any, by the node's name."""
        return {node.name: _with_short_names(node.attrs) for node in post_order(self._heads) if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of the symbol's own node."""
        node = self._heads[0][0]
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise MXNetValueError("Set Attr only accepts string values")
            if node.op is not None and node.op.schema.fields:
                node.op.parse({**node.attrs, attribute.stored(key): value})
            node.attrs[attribute.stored(key)] = value
            vars(node).pop("parsed", None)


def _with_short_names(attrs: Mapping[str, str]) -> dict[str, str]:
    """Return attributes with the hidden ones also under their short names."""
    found = dict(attrs)
    for short in attribute.HIDDEN:
        if f"__{short}__" in attrs:
            found[short] = attrs[f"__{short}__"]
    return found
