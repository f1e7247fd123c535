"""Interleaved matrix products of multi-head attention."""
from __future__ import annotations

import math
from typing import Any

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Length, ShapeLike, Slots, derived, same_type
from ..schema import Attrs

__all__: list[str] = []


# The projections of all heads lie interleaved in the last axis: (sequence, batch, heads * parts * size), where the
# parts are query, key and value. Seen as (batch * heads, sequence, size) each part is a stack of matrices.

def _check_heads(name: str, argument: str, shape: ShapeLike, heads: int, parts: int) -> None:
    fits = heads > 0 and (shape is None or (len(shape) == 3 and (shape[2] is None or shape[2] % (heads * parts) == 0)))
    require(fits, name, f"{argument} has shape {shape} with heads={heads}; expected (sequence, batch, width) with "
                        f"width a multiple of {parts} * heads")


def _stacked(batch: Length, heads: int) -> Length:
    """Return how many matrices the heads of a batch are."""
    return derived(lambda n: n * heads, batch)


def _part(data: Any, heads: int, parts: int, i: int) -> Any:
    """Return part `i` of raw `data` as a stack of matrices (a view)."""
    length, batch, width = data.shape
    return data.reshape(length, batch * heads, parts, width // (heads * parts))[:, :, i].transpose(1, 0, 2)


def _parts(F: Any, data: Any, heads: int, parts: int) -> list[Any]:
    """Return all parts of `data` as stacks of matrices, within a gradient rule."""
    length, batch, width = data.shape
    size = width // (heads * parts)
    data = F.transpose(F.Reshape(data, shape=(length, batch * heads, parts, size)), axes=(2, 1, 0, 3))
    return [F.Reshape(F.slice_axis(data, axis=0, begin=i, end=i + 1), shape=(batch * heads, length, size))
            for i in range(parts)]


def _interleaved(F: Any, parts: list[Any], shape: tuple[int, ...]) -> Any:
    """Put stacks of matrices back into `shape`, within a gradient rule; a part of None is zero."""
    given = next(part for part in parts if part is not None)
    parts = [F.zeros_like(given) if part is None else part for part in parts]
    data = F.stack(*parts, axis=2) if len(parts) > 1 else F.expand_dims(parts[0], axis=2)
    return F.Reshape(F.transpose(data, axes=(1, 0, 2, 3)), shape=shape)


def _scores(xp: Any, queries: Any, keys: Any) -> Any:
    return backend(xp).matmul(queries * queries.dtype.type(1 / math.sqrt(queries.shape[-1] or 1)), keys.swapaxes(1, 2))


def _weighted(xp: Any, attention: Any, values: Any, heads: int) -> Any:
    weighted = backend(xp).matmul(attention, values)
    stack, length, size = weighted.shape
    return weighted.transpose(1, 0, 2).reshape(length, stack // heads, heads * size)


def _score_gradients(F: Any, grad: Any, queries: Any, keys: Any) -> tuple[Any, Any]:
    grad = grad / math.sqrt(queries.shape[2] or 1)
    return F.batch_dot(grad, keys), F.batch_dot(grad, queries, transpose_a=True)


@op(name="_contrib_interleaved_matmul_selfatt_qk")
def interleaved_matmul_selfatt_qk(xp, queries_keys_values, *, heads: int):
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for self-attention.

    Parameters
    ----------
    queries_keys_values : (sequence, batch, heads * 3 * size)
        The query, key and value projections of each head, one after the other.
    heads : int

    Returns
    -------
    (batch * heads, sequence, sequence)

    Raises
    ------
    MXNetValueError
        If the shape does not fit.
    """
    return _scores(xp, _part(queries_keys_values, heads, 3, 0), _part(queries_keys_values, heads, 3, 1))


@interleaved_matmul_selfatt_qk.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    _check_heads("_contrib_interleaved_matmul_selfatt_qk", "queries_keys_values", shape, attrs.heads, 3)
    if shape is not None:
        outs[0] = (_stacked(shape[1], attrs.heads), shape[0], shape[0])


@interleaved_matmul_selfatt_qk.grad("queries_keys_values")
def _(F, grad, queries_keys_values, *, heads):
    queries, keys, _ = _parts(F, queries_keys_values, heads, 3)
    return _interleaved(F, [*_score_gradients(F, grad, queries, keys), None], queries_keys_values.shape)


@op(name="_contrib_interleaved_matmul_selfatt_valatt")
def interleaved_matmul_selfatt_valatt(xp, queries_keys_values, attention, *, heads: int):
    """Values weighted by attention, ``attention @ values`` of every head, for self-attention.

    Parameters
    ----------
    queries_keys_values : (sequence, batch, heads * 3 * size)
        The query, key and value projections of each head, one after the other.
    attention : (batch * heads, sequence, sequence)
    heads : int

    Returns
    -------
    (sequence, batch, heads * size)

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    return _weighted(xp, attention, _part(queries_keys_values, heads, 3, 2), heads)


@interleaved_matmul_selfatt_valatt.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    _check_heads("_contrib_interleaved_matmul_selfatt_valatt", "queries_keys_values", shape, attrs.heads, 3)
    if shape is not None:
        ins[1] = (_stacked(shape[1], attrs.heads), shape[0], shape[0])
        outs[0] = (shape[0], shape[1], derived(lambda n: n // 3, shape[2]))


@interleaved_matmul_selfatt_valatt.grad("queries_keys_values")
def _(F, grad, attention, queries_keys_values_shape, *, heads):
    grad, = _parts(F, grad, heads, 1)
    return _interleaved(F, [None, None, F.batch_dot(attention, grad, transpose_a=True)], queries_keys_values_shape)


@interleaved_matmul_selfatt_valatt.grad("attention")
def _(F, grad, queries_keys_values, *, heads):
    return F.batch_dot(_parts(F, grad, heads, 1)[0], _parts(F, queries_keys_values, heads, 3)[2], transpose_b=True)


@op(name="_contrib_interleaved_matmul_encdec_qk")
def interleaved_matmul_encdec_qk(xp, queries, keys_values, *, heads: int):
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for encoder-decoder attention.

    Parameters
    ----------
    queries : (query sequence, batch, heads * size)
    keys_values : (key sequence, batch, heads * 2 * size)
        The key and value projections of each head, one after the other.
    heads : int

    Returns
    -------
    (batch * heads, query sequence, key sequence)

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    return _scores(xp, _part(queries, heads, 1, 0), _part(keys_values, heads, 2, 0))


@interleaved_matmul_encdec_qk.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    queries, keys_values = ins
    _check_heads("_contrib_interleaved_matmul_encdec_qk", "queries", queries, attrs.heads, 1)
    _check_heads("_contrib_interleaved_matmul_encdec_qk", "keys_values", keys_values, attrs.heads, 2)
    if queries is not None:
        ins[1] = (None, queries[1], derived(lambda n: 2 * n, queries[2]))
    if keys_values is not None:
        ins[0] = (None, keys_values[1], derived(lambda n: n // 2, keys_values[2]))
    if ins[0] is not None and ins[1] is not None:
        outs[0] = (_stacked(ins[0][1], attrs.heads), ins[0][0], ins[1][0])


@interleaved_matmul_encdec_qk.grad("queries", "keys_values")
def _(F, grad, queries, keys_values, *, heads):
    of_queries, of_keys = _score_gradients(F, grad, _parts(F, queries, heads, 1)[0],
                                           _parts(F, keys_values, heads, 2)[0])
    return _interleaved(F, [of_queries], queries.shape), _interleaved(F, [of_keys, None], keys_values.shape)


@op(name="_contrib_interleaved_matmul_encdec_valatt")
def interleaved_matmul_encdec_valatt(xp, keys_values, attention, *, heads: int):
    """Values weighted by attention, ``attention @ values`` of every head, for encoder-decoder attention.

    Parameters
    ----------
    keys_values : (key sequence, batch, heads * 2 * size)
        The key and value projections of each head, one after the other.
    attention : (batch * heads, query sequence, key sequence)
    heads : int

    Returns
    -------
    (query sequence, batch, heads * size)

    Raises
    ------
    MXNetValueError
        If the shapes do not fit.
    """
    return _weighted(xp, attention, _part(keys_values, heads, 2, 1), heads)


@interleaved_matmul_encdec_valatt.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    _check_heads("_contrib_interleaved_matmul_encdec_valatt", "keys_values", shape, attrs.heads, 2)
    if shape is not None:
        ins[1] = (_stacked(shape[1], attrs.heads), None, shape[0])
        outs[0] = (ins[1][1], shape[1], derived(lambda n: n // 2, shape[2]))


@interleaved_matmul_encdec_valatt.grad("keys_values")
def _(F, grad, attention, keys_values_shape, *, heads):
    grad, = _parts(F, grad, heads, 1)
    return _interleaved(F, [None, F.batch_dot(attention, grad, transpose_a=True)], keys_values_shape)


@interleaved_matmul_encdec_valatt.grad("attention")
def _(F, grad, keys_values, *, heads):
    return F.batch_dot(_parts(F, grad, heads, 1)[0], _parts(F, keys_values, heads, 2)[1], transpose_b=True)


for _op in (interleaved_matmul_selfatt_qk, interleaved_matmul_selfatt_valatt, interleaved_matmul_encdec_qk,
            interleaved_matmul_encdec_valatt):
    _op.type(same_type)
