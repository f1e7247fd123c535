"""Projections to fewer dimensions by counting."""
from __future__ import annotations

from ...device.backend import backend
from ..array.indices import within
from ..catalog import op, require
from ..infer import Slots, float_type
from ..schema import Attrs

__all__: list[str] = []


@op(name="_contrib_count_sketch", nograd=("h", "s"), ignores=("processing_batch_size",))
def count_sketch(xp, data, h, s, *, out_dim: int, processing_batch_size: int = 32):
    """Count sketch: every column of `data`, with a sign, is added to a column of the output.

    ``output[n, h[i]] = sum over i of s[i] data[n, i]`` (N. Pham, R. Pagh, "Fast and scalable polynomial kernels via
    explicit feature maps", 2013).

    Parameters
    ----------
    data : (n, d), floating point
    h : (1, d)
        For each column of `data` that of the output, from 0 to ``out_dim - 1``.
    s : (1, d)
        Its sign, 1 or -1.
    out_dim : int
        The number of columns of the output.

    Returns
    -------
    (n, out_dim), same dtype.

    Notes
    -----
    MXNet has it on a GPU alone.
    """
    columns = xp.zeros((out_dim, data.shape[0]), data.dtype)
    backend(xp).scatter_add(columns, within(xp, h.reshape(-1), out_dim, "clip"), (data * s.reshape(-1)).T)
    return columns.T.copy()


@count_sketch.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, data = "_contrib_count_sketch", ins["data"]
    require(attrs.out_dim > 0, name, f"out_dim is {attrs.out_dim}; expected a positive number")
    require(data is None or len(data) == 2, name, f"data has shape {data}; expected rows and columns")
    for vector in ("h", "s"):
        ins[vector] = (1, data and data[1])
    ins["data"] = (outs[0] and outs[0][0], ins["h"][1])
    outs[0] = (ins["data"][0], attrs.out_dim)


count_sketch.type(float_type)


@count_sketch.grad("data")
def _(F, grad, h, s):
    return F.broadcast_mul(F.take(grad, F.Reshape(h, shape=(-1,)), axis=1), s)
