"""The fully connected layer."""
from __future__ import annotations

from typing import Any

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Length, Slots, elements, same_type
from ..schema import Attrs

__all__ = ["fully_connected"]


@op(name="FullyConnected", aliases=("_sparse_FullyConnected",), when={"bias": lambda attrs: not attrs.no_bias})
def fully_connected(xp, data, weight, bias=None, *, num_hidden: int, no_bias: bool = False, flatten: bool = True,
                    out=None):
    """Affine map ``data @ weight.T + bias``.

    Parameters
    ----------
    data : (batch, ...), or (..., n) with ``flatten=False``
        With `flatten` all axes but the first are taken for one of length n.
    weight : (num_hidden, n)
    bias : (num_hidden,)
        Absent with `no_bias`.
    num_hidden : int
        Number of outputs per row.

    Returns
    -------
    ``(batch, num_hidden)``, or ``(..., num_hidden)`` with ``flatten=False``. All arrays have one dtype.

    Raises
    ------
    MXNetValueError
        If `num_hidden` is not positive or a shape does not fit.
    """
    rows, shape = _rows_and_output(data.shape, num_hidden, flatten)
    target = None if out is None else out.reshape(rows[0], num_hidden)
    result = backend(xp).matmul(data.reshape(rows), weight.T, target)
    if bias is not None:
        result += bias
    return result.reshape(shape) if out is None else out


def _rows_and_output(shape: tuple[Length, ...], num_hidden: int, flatten: bool) -> tuple[tuple, tuple]:
    """Return the shape of data as a matrix of rows, and the shape of the output."""
    if flatten:
        return (shape[0], elements(shape[1:])), (shape[0], num_hidden)
    return (elements(shape[:-1]), shape[-1]), (*shape[:-1], num_hidden)


@fully_connected.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    hidden = attrs.num_hidden
    require(hidden > 0, "FullyConnected", f"num_hidden is {hidden}; expected a positive int")
    if ins["data"] is not None:
        rows, shape = _rows_and_output(ins["data"], hidden, attrs.flatten)
        ins["weight"] = (hidden, rows[1])
        outs[0] = shape
    else:
        ins["weight"] = (hidden, None)
    if not attrs.no_bias:
        ins["bias"] = (hidden,)
    # backwards: the rows of data from the output, their length from the weight
    out, length = outs[0], ins["weight"][1]
    if not attrs.flatten:
        if out is not None:
            ins["data"] = (*out[:-1], length)
    elif ins["data"] is not None:
        known = ins["data"]
        ins["data"] = (None if out is None else out[0], *((length,) if len(known) == 2 else known[1:]))


fully_connected.type(same_type)


def _rows(F: Any, value: Any, flatten: bool) -> Any:
    """Return `value` as a matrix of rows."""
    if len(value.shape) == 2:
        return value
    return F.Reshape(value, shape=_rows_and_output(value.shape, 0, flatten)[0])


@fully_connected.grad("data")
def _(F, grad, weight, data_shape, *, flatten):
    found = F.dot(_rows(F, grad, flatten), weight)
    return found if found.shape == data_shape else F.Reshape(found, shape=data_shape)


@fully_connected.grad("weight")
def _(F, grad, data, *, flatten):
    return F.dot(_rows(F, grad, flatten), _rows(F, data, flatten), transpose_a=True)


@fully_connected.grad("bias")
def _(F, grad):
    return F.sum(grad, axis=len(grad.shape) - 1, exclude=True)
