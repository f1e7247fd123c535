"""Nested inputs and outputs of blocks: flattened for what takes a row of arrays or symbols, and put back into form.

A format is 0 for an array or a symbol, n for a symbol of n > 1 outputs, -1 for None, and a list for a list.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...base import MXNetValueError
from ...ndarray.base import NDArrayBase
from ...symbol.base import SymbolBase

__all__ = ["Format", "flatten", "regroup", "leaves"]

Format = int | list


def flatten(args: Any, what: str) -> tuple[list[Any], Format]:
    """Return the arrays or symbols (or None) of a nested list in order, and its format.

    Parameters
    ----------
    args : NDArray, Symbol, None, or nested list or tuple of them
    what : str
        What messages call it.
    """
    if isinstance(args, NDArrayBase):
        return [args], 0
    if isinstance(args, SymbolBase):
        return [args], len(args) if len(args) > 1 else 0
    if args is None:
        return [None], -1
    if not isinstance(args, (list, tuple)):
        raise MXNetValueError(f"When hybridized, the input of HybridBlock {what} must be (nested) list of Symbol or "
                              f"NDArray, but got {args} of type {type(args)}")
    items: list[Any] = []
    form: list[Format] = []
    for each in args:
        found, its_format = flatten(each, what)
        items += found
        form.append(its_format)
    return items, form


def regroup(items: Iterable[Any], form: Format) -> Any:
    """Return `items` in the format `form`."""
    items = iter(items)

    def take(form: Format) -> Any:
        if isinstance(form, int):
            return [next(items) for _ in range(form)] if form > 0 else next(items)
        return [take(each) for each in form]
    return take(form)


def leaves(args: Sequence[Any]) -> Iterator[Any]:
    """Yield what nested lists hold."""
    for each in args:
        if isinstance(each, (list, tuple)):
            yield from leaves(each)
        else:
            yield each
