"""MXNet's helpers around indexing: kinds of keys, keys written out, shapes of what is gathered."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base import MXNetIndexError, MXNetTypeError, MXNetValueError
from .base import NDArrayBase

__all__ = ["get_indexing_dispatch_code", "indexing_key_expand_implicit_axes", "get_oshape_of_gather_nd_op"]

_BASIC, _ADVANCED = 0, 1


def get_indexing_dispatch_code(key: tuple) -> int:
    """Return 0 if `key` holds whole numbers, slices and None alone, 1 if it holds arrays or sequences, too.

    Raises
    ------
    MXNetTypeError
        If `key` is no tuple.
    MXNetValueError
        If it holds anything else.
    """
    if not isinstance(key, tuple):
        raise MXNetTypeError(f"get_indexing_dispatch_code: key is {type(key).__name__}; expected a tuple")
    code = _BASIC
    for item in key:
        if isinstance(item, (NDArrayBase, np.ndarray, list, tuple, range)):
            code = _ADVANCED
        elif not (item is None or isinstance(item, (int, np.integer, slice))):
            raise MXNetValueError(f"NDArray does not support slicing with key {item} of type {type(item)}.")
    return code


def indexing_key_expand_implicit_axes(key: Any, shape: Sequence[int]) -> tuple[tuple, int]:
    """Return `key` as a tuple that says something about every axis of `shape`, and what a bool in its place means.

    Parameters
    ----------
    key : any index, or a tuple of them
    shape : tuple of int
        Shape of the array to be indexed.

    Returns
    -------
    (key, prepended)
        The key without ``...`` and with ``slice(None)`` for each axis left out. A bare True or False selects all or
        nothing along a new first axis, whose length 1 or 0 is `prepended`; for all other keys that is -1.

    Raises
    ------
    MXNetIndexError
        If there is more than one ``...``.

    Examples
    --------
    >>> import cupynet as mx
    >>> mx.nd.indexing_key_expand_implicit_axes((0, ...), (3, 4, 5))
    ((0, slice(None, None, None), slice(None, None, None)), -1)
    """
    prepended = -1
    if isinstance(key, bool):
        prepended, key = int(key), ()
    items = key if isinstance(key, tuple) else (key,)
    if any(isinstance(item, NDArrayBase) and item.dtype == np.bool_ for item in items):
        raise MXNetValueError("indexing_key_expand_implicit_axes: arrays of bool select elements in mx.np alone")
    dots = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise MXNetIndexError("Cannot use more than one ellipsis (`...`) for indexing")
    taken = sum(item.ndim if getattr(item, "dtype", None) == np.bool_ and isinstance(item, np.ndarray) else 1
                for item in items if item is not None and item is not Ellipsis)
    implicit = (slice(None),) * (len(shape) - taken)
    place = dots[0] if dots else len(items)
    return (*items[:place], *implicit, *items[place + 1:]), prepended


def get_oshape_of_gather_nd_op(dshape: Sequence[int], ishape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of ``gather_nd(data, indices)`` for data of shape `dshape` and indices of shape `ishape`.

    >>> import cupynet as mx
    >>> mx.nd.get_oshape_of_gather_nd_op((3, 4, 5), (2, 6))
    (6, 5)
    """
    if not len(dshape) or not len(ishape):
        raise MXNetValueError(f"get_oshape_of_gather_nd_op: shapes are {dshape} and {ishape}; expected at least one "
                              "axis")
    return (*ishape[1:], *dshape[ishape[0]:])
