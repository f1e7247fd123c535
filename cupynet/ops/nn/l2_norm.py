"""Vectors of length 1."""
from __future__ import annotations

from typing import Literal

from ..catalog import op, require
from ..infer import Slots, same_shape, same_type
from ..schema import Attrs
from .cache_blocks import wide_dtype

__all__: list[str] = []


def _length_axes(mode: str, rank: int) -> tuple[int, ...]:
    return (1,) if mode == "channel" else tuple(range(2 if mode == "spatial" else 1, rank))


@op(name="L2Normalization")
def l2_normalization(xp, data, *, eps: float = 1.00000001e-10,
                     mode: Literal["channel", "instance", "spatial"] = "instance"):
    """Scale to Euclidean length 1: ``data / sqrt(sum(data^2) + eps)``.

    Parameters
    ----------
    data : (N, ...), floating point; at least 3 axes for the modes channel and spatial
    eps : float
    mode : str
        What is summed: all of a sample (``instance``), axis 1 (``channel``), or the axes after it (``spatial``).

    Returns
    -------
    Same shape and dtype as `data`.
    """
    squares = xp.square(data, dtype=wide_dtype(data.dtype)).sum(_length_axes(mode, data.ndim), keepdims=True)
    squares += eps
    return (data * (1 / xp.sqrt(squares))).astype(data.dtype, copy=False)


@l2_normalization.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    same_shape(attrs, ins, outs)
    least = 1 if attrs.mode == "instance" else 3
    require(ins[0] is None or len(ins[0]) >= least, "L2Normalization",
            f"data has shape {ins[0]}, but mode {attrs.mode!r} needs at least {least} axes")


l2_normalization.type(same_type)


@l2_normalization.grad("data")
def _(F, grad, data, output, *, eps, mode):
    axes = _length_axes(mode, len(data.shape))
    inverse = F.rsqrt(F.sum(F.square(data), axis=axes, keepdims=True) + eps)
    along = F.broadcast_mul(output, F.sum(grad * output, axis=axes, keepdims=True))
    return F.broadcast_mul(grad - along, inverse)
