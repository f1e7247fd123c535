"""Choosing by a condition."""
from __future__ import annotations

import numpy as np

from ..catalog import op, require
from ..infer import Slots, alike, first_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .indices import within

__all__: list[str] = []


@op(name="where", aliases=("_sparse_where",), nograd=("condition",))
def where(xp, condition, x, y):
    """Elements of `x` where `condition` is not zero, of `y` elsewhere.

    Parameters
    ----------
    condition : the shape of `x`, or a vector with an entry for each of its rows; any dtype
    x, y : one shape, one dtype

    Returns
    -------
    The shape and dtype of `x`.
    """
    condition = condition if condition.dtype == np.bool_ else condition != 0
    if condition.ndim != x.ndim:
        condition = condition.reshape(-1, *(1,) * (x.ndim - 1))
    return xp.where(condition, x, y)


@where.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("x", "y", "x"):
        outs[0] = ins[name]
        ins[name] = outs[0]
    condition, shape = ins["condition"], outs[0]
    if condition is None or shape is None:
        return
    if len(condition) == len(shape):
        ins["condition"] = shape
        for name in ("x", "y"):
            ins[name] = ins["condition"]
        outs[0] = ins["condition"]
    else:
        require(len(condition) == 1 and alike(condition[0], shape[0]), "where",
                f"condition has shape {condition}; expected {shape}, that of x, or {shape[:1]}")
        ins["condition"] = shape[:1]


@where.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("x", "y", "x"):
        outs[0] = ins[name]
        ins[name] = outs[0]


@where.grad("x")
def _(F, grad, condition):
    return F.where(condition, grad, F.zeros_like(grad))


@where.grad("y")
def _(F, grad, condition):
    return F.where(condition, F.zeros_like(grad), grad)


@op(name="_contrib_boolean_mask", nograd=("index",))
def boolean_mask(xp, data, index, *, axis: int = 0):
    """The parts of `data` along `axis` at which the vector `index` is not zero.

    The shape of the output depends on the values of `index`, so no shape is declared for that axis, and on a
    GPU the host waits for them.
    """
    return data.take(xp.flatnonzero(index), axis)


@boolean_mask.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for slots in (ins, outs):
        shape = slots[0]
        if shape is not None:
            axis = normal_axis("_contrib_boolean_mask", attrs.axis, len(shape))
            (outs if slots is ins else ins)[0] = (*shape[:axis], None, *shape[axis + 1:])
    if ins["data"] is not None:
        ins["index"] = ins["data"][attrs.axis:][:1]


boolean_mask.type(first_type)


@boolean_mask.grad("data")
def _(F, grad, index, data_shape, *, axis):
    return F._backward_boolean_mask(grad, index, shape=data_shape, axis=axis)


@op(name="_backward_boolean_mask", differentiable=False)
def backward_boolean_mask(xp, data, index, *, shape: Shape, axis: int = 0, out=None):
    """Gradient of ``_contrib_boolean_mask``: zeros of `shape` with `data` where the mask is not zero."""
    if out is None:
        out = xp.empty(shape, data.dtype)
    out[...] = 0
    out[(slice(None),) * (axis % len(shape)) + (xp.flatnonzero(index),)] = data
    return out


@backward_boolean_mask.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_boolean_mask.type(first_type)


@op(name="_contrib_index_copy", nograd=("index_vector",))
def index_copy(xp, old_tensor, index_vector, new_tensor):
    """`old_tensor` with row ``index_vector[i]`` replaced by row `i` of `new_tensor`."""
    result = old_tensor.copy()
    result[within(xp, index_vector, len(result), "clip")] = new_tensor
    return result


@index_copy.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["old_tensor"]
    ins["old_tensor"] = outs[0]
    index, new = ins["index_vector"], ins["new_tensor"]
    require(index is None or len(index) == 1, "_contrib_index_copy",
            f"index_vector has shape {index}; expected a vector")
    if new is not None:
        ins["index_vector"] = new[:1]
    if outs[0] is not None:
        ins["new_tensor"] = ((ins["index_vector"] or (None,))[0], *outs[0][1:])


@op(name="_contrib_backward_index_copy", outputs=("old_tensor_grad", "new_tensor_grad"), differentiable=False)
def backward_index_copy(xp, head, old_tensor, index_vector, new_tensor):
    """Gradients of ``_contrib_index_copy`` by the old and the new rows, from that of its output."""
    rows = within(xp, index_vector, len(head), "clip")
    kept = head.copy()
    kept[rows] = 0
    return kept, head[rows]


@backward_index_copy.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for each in ("old_tensor", "head"):
        outs[0] = ins[each]
    ins["head"] = ins["old_tensor"] = outs[0]
    outs[1] = ins["new_tensor"]
    ins["new_tensor"] = outs[1]


@backward_index_copy.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("head", "old_tensor", "new_tensor", "head", "old_tensor"):
        outs[0] = ins[name]
        outs[1] = ins[name] = outs[0]


@index_copy.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("old_tensor", "new_tensor", "old_tensor"):
        outs[0] = ins[name]
        ins[name] = outs[0]


@index_copy.grad("old_tensor")
def _(F, grad, index_vector):
    return F._contrib_index_copy(grad, index_vector, F.zeros_like(F.take(grad, index_vector)))


@index_copy.grad("new_tensor")
def _(F, grad, index_vector):
    return F.take(grad, index_vector)
