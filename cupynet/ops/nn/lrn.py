"""Normalization by neighbouring channels."""
from __future__ import annotations

from typing import Any

from ..catalog import op, require
from ..infer import Slots, same_shape, same_type
from ..schema import Attrs

__all__: list[str] = []


def _window_sum(xp: Any, x: Any, reach: int) -> Any:
    """Sum over the channels (axis 1) from `reach` places before each to as many behind it."""
    total = x.copy()
    for k in range(1, min(reach, x.shape[1] - 1) + 1):
        total[:, k:] += x[:, :-k]
        total[:, :-k] += x[:, k:]
    return total


def _to_minus(xp: Any, x: Any, power: float) -> Any:
    """``x ** -power``, by square roots for the usual 3/4."""
    if power == 0.75:
        root = xp.sqrt(x)
        root *= xp.sqrt(root)
        return 1 / root
    return x ** -power


@op(name="LRN", outputs=("output", "tmp_norm"), visible=1)
def lrn(xp, data, *, alpha: float = 9.99999975e-05, beta: float = 0.75, knorm: float = 2.0, nsize: int):
    """Local response normalization: each value is divided by a power of a sum of squares over nearby channels.

    ``data * norm ** -beta`` with ``norm = knorm + alpha / nsize * sum(data^2)`` over the `nsize` channels around each.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    alpha, beta, knorm : float
    nsize : int
        How many channels count. Of an even number, one less is added up.

    Returns
    -------
    Same shape and dtype as `data`; ``norm`` is the hidden output ``tmp_norm``.

    Source: A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural
    networks", 2012.
    """
    norm = _window_sum(xp, xp.square(data), (nsize - 1) // 2)
    norm *= alpha / nsize
    norm += knorm
    result = _to_minus(xp, norm, beta)
    result *= data
    return result, norm


@op(name="_backward_lrn", differentiable=False)
def backward_lrn(xp, head, data, output, norm, *, alpha: float, beta: float, nsize: int):
    """Gradient of local response normalization."""
    shared = head * output
    shared /= norm
    shared = _window_sum(xp, shared, (nsize - 1) // 2)
    shared *= data
    shared *= -2 * alpha * beta / nsize
    own = _to_minus(xp, norm, beta)
    own *= head
    own += shared
    return own


@lrn.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.nsize > 0, "LRN", f"nsize is {attrs.nsize}, expected at least 1")
    same_shape(attrs, ins, outs)
    require(ins[0] is None or len(ins[0]) == 4, "LRN", f"data has shape {ins[0]}, expected 4 axes (N, C, H, W)")


backward_lrn.shape(same_shape)
lrn.type(same_type)
backward_lrn.type(same_type)


@lrn.grad("data")
def _(F, grad, data, output, tmp_norm, *, alpha, beta, nsize):
    return F._backward_lrn(grad, data, output, tmp_norm, alpha=alpha, beta=beta, nsize=nsize)
