"""Whole rows by their numbers."""
from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, first_type
from ..math.reduce import normal_axis
from ..schema import Attrs, DType, Shape
from .indices import within

__all__: list[str] = []

_FLOAT32 = np.dtype(np.float32)


@op(name="take", nograd=("indices",))
def take(xp, a, indices, *, axis: int = 0, mode: Literal["clip", "raise", "wrap"] = "clip", out=None):
    """The parts of `a` at the positions `indices` of its axis `axis`.

    Parameters
    ----------
    a : any shape, any dtype
    indices : any shape, any dtype
        Fractions are cut off. Outside ``[0, a.shape[axis])`` the nearest position counts (``clip``), the
        position modulo the length (``wrap``), or an MXNetIndexError is raised (``raise``, which waits for
        the values on a GPU).

    Returns
    -------
    Shape ``a.shape[:axis] + indices.shape + a.shape[axis + 1:]``, the dtype of `a`.
    """
    return backend(xp).take(a, within(xp, indices, a.shape[axis], mode), axis, out)


@take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    a, indices = ins
    if a is None:
        return
    axis = normal_axis("take", attrs.axis, len(a))
    if outs[0] is not None:
        rank = len(outs[0]) - len(a) + 1
        require(rank >= 0, "take", f"a has shape {a}, too many axes for an output of shape {outs[0]}")
        ins["indices"] = outs[0][axis:axis + rank]
        ins["a"] = (*outs[0][:axis], None, *outs[0][axis + rank:])
        a, indices = ins
    if indices is not None:
        outs[0] = (*a[:axis], *indices, *a[axis + 1:])


take.type(first_type)


@take.grad("a")
def _(F, grad, indices, a_shape, *, axis, mode):
    return F._backward_take(grad, indices, shape=a_shape, axis=axis, mode="wrap" if mode == "wrap" else "clip")


@op(name="_backward_take", nograd=("indices",))
def backward_take(xp, data, indices, *, shape: Shape, axis: int = 0, mode: Literal["clip", "wrap"] = "clip", out=None):
    """Gradient of ``take`` and ``Embedding``: zeros of `shape`, to whose parts at `indices` those of `data` are added.

    float16 is summed up in float32.
    """
    axis, dtype = axis % len(shape), data.dtype
    index = within(xp, indices, shape[axis], mode).reshape(-1)
    width = math.prod(shape[:axis]) * math.prod(shape[axis + 1:])
    values = data.reshape(*shape[:axis], index.size, *shape[axis + 1:])
    values = xp.moveaxis(values, axis, 0).reshape(index.size, width)
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    direct = out is not None and axis == 0 and wide == dtype
    sums = out.reshape(shape[0], width) if direct else xp.empty((shape[axis], width), wide)
    sums[...] = 0
    backend(xp).scatter_add(sums, index, values.astype(wide, copy=False))
    if direct:
        return out
    result = xp.moveaxis(sums.reshape(shape[axis], *shape[:axis], *shape[axis + 1:]), 0, axis)
    if out is None:
        return xp.ascontiguousarray(result, dtype)
    out[...] = result
    return out


@backward_take.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_take.type(first_type)


@backward_take.grad("data")
def _(F, grad, indices, *, axis, mode):
    return F.take(grad, indices, axis=axis, mode=mode)


@op(name="Embedding", aliases=("_sparse_Embedding",), nograd=("data",), ignores=("sparse_grad",))
def embedding(xp, data, weight, *, input_dim: int, output_dim: int, dtype: DType = _FLOAT32, out=None):
    """Row ``data[...]`` of the matrix `weight` for every element of `data`.

    Parameters
    ----------
    data : any shape, any dtype
        Row numbers; fractions are cut off, and the nearest row counts for what is out of bounds.
    weight : (input_dim, output_dim)
    dtype : data type
        Of `weight`, where it is not known.

    Returns
    -------
    Shape ``data.shape + (output_dim,)``, the dtype of `weight`.
    """
    return backend(xp).take(weight, within(xp, data, weight.shape[0], "clip"), 0, out)


@embedding.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["weight"] = (attrs.input_dim, attrs.output_dim)
    if outs[0] is not None:
        ins["data"] = outs[0][:-1]
    if ins["data"] is not None:
        outs[0] = (*ins["data"], attrs.output_dim)


@embedding.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["weight"] = ins["weight"] or outs[0] or attrs.dtype
    outs[0] = ins["weight"]


@embedding.grad("weight")
def _(F, grad, data, weight_shape):
    return F._backward_take(grad, data, shape=weight_shape)


@op(name="_contrib_SparseEmbedding", nograd=("data",), ignores=("sparse_grad",))
def sparse_embedding(xp, data, weight, *, input_dim: int, output_dim: int, dtype: DType = _FLOAT32, out=None):
    """The same as ``Embedding``. In MXNet its gradient is sparse; here it is dense."""
    return backend(xp).take(weight, within(xp, data, weight.shape[0], "clip"), 0, out)


sparse_embedding.shape(embedding.shape_rule)
sparse_embedding.type(embedding.type_rule)
sparse_embedding.grad("weight")(embedding.rules["weight"].fn)
