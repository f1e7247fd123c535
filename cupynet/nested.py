"""Nested lists of arrays or symbols: flattened to pass through what takes a row of them, and put back into form."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .base import MXNetTypeError

__all__ = ["Form", "flatten", "regroup"]

Form = list | None  # of a list the forms of its items, of a single item None


def flatten(value: Any, is_item: Callable[[Any], bool], expected: str) -> tuple[list[Any], Form]:
    """Return the items of a nested list in order, and the form in which they came.

    Parameters
    ----------
    value : item, or nested list or tuple of items
    is_item : callable
        Whether something is an item.
    expected : str
        What messages say, such as ``"foreach input must be (nested) list of NDArray"``.
    """
    if is_item(value):
        return [value], None
    if not isinstance(value, (list, tuple)):
        raise MXNetTypeError(f"{expected}, but got {value} of type {type(value)}")
    items: list[Any] = []
    form: list[Form] = []
    for each in value:
        found, its_form = flatten(each, is_item, expected)
        items += found
        form.append(its_form)
    return items, form


def regroup(items: Iterable[Any], form: Form) -> Any:
    """Return `items` in the `form` that :func:`flatten` gave, as nested lists."""
    def take(items: Iterator[Any], form: Form) -> Any:
        return next(items) if form is None else [take(items, each) for each in form]
    return take(iter(items), form)
