"""Dropout."""
from __future__ import annotations

from typing import Literal

from ..catalog import op, require
from ..infer import Slots, same_type
from ..schema import Attrs, Shape
from ..single import as_single

__all__: list[str] = []


@op(name="Dropout", outputs=("output", "mask"), visible=1, ignores=("cudnn_off",))
def dropout(xp, data, *, p: float = 0.5, mode: Literal["always", "training"] = "training", axes: Shape = (),
            train=False, rng=None):
    """Set elements to zero at random and scale up the others, so that the expectation stays.

    Parameters
    ----------
    data : any shape, floating point
    p : float
        The probability of zero, in [0, 1].
    mode : str
        ``training``: the identity unless training; ``always``: random also in inference.
    axes : tuple of int
        Axes along which the same elements are dropped.

    Returns
    -------
    Same shape and dtype as `data`. The hidden output ``mask`` has the factors, 0 or ``1 / (1 - p)``, with length 1
    along `axes`. (With ``p=1`` MXNet gives NaN; here the output is zero.)

    Source: N. Srivastava et al., "Dropout", 2014.
    """
    shape = _mask_shape(data.shape, axes)
    kept = 1 - as_single(p)
    if kept == 1 or not (train or mode == "always"):
        return data.copy(), xp.broadcast_to(xp.ones((), data.dtype), shape)
    mask = rng.below(shape, data.dtype, kept).astype(data.dtype)
    mask *= data.dtype.type(1 / kept if kept else 0)
    return data * mask, mask


def _mask_shape(shape: tuple, axes: tuple) -> tuple[int, ...]:
    same = {axis % len(shape) for axis in axes}
    return tuple(1 if i in same else n for i, n in enumerate(shape))


@dropout.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(0 <= attrs.p <= 1, "Dropout", f"p is {attrs.p}, expected a probability in [0, 1]")
    ins["data"] = outs["output"]
    outs["output"] = data = ins["data"]
    if data is not None:
        require(all(-len(data) <= axis < len(data) for axis in attrs.axes), "Dropout",
                f"axes are {attrs.axes}, but data {data} has {len(data)} axes")
        outs["mask"] = _mask_shape(data, attrs.axes)


dropout.type(same_type)


@dropout.grad("data")
def _(F, grad, mask, *, axes):
    return F.broadcast_mul(grad, mask) if axes else grad * mask
