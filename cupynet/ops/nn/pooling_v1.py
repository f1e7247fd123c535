"""The pooling of early MXNet, kept for old networks: other padding, other ties."""
from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..catalog import op, require
from ..infer import Slots, float_type, same_type
from ..schema import Attrs, Shape
from .pooling import count_of_windows, padded_by, places_in, reduce_windows, spread_windows
from .windows import Windows, spatial

__all__: list[str] = []

_Type = Literal["avg", "max", "sum"]
_Convention = Literal["full", "valid"]


def _windows(size: tuple[int, ...], kernel: tuple, stride: tuple, pad: tuple, global_pool: bool, convention: str
             ) -> tuple[Windows, tuple[slice, ...]]:
    """Return the windows on the image with its zeros around it, and where the image lies in there."""
    ones = (1,) * len(size)
    if global_pool:
        return Windows(size, ones, ones, (0,) * len(size), size, ones), tuple(slice(0, n) for n in size)
    stride, dilate, pad = spatial("Pooling_v1", kernel, stride, (), pad)
    out = tuple(count_of_windows(n, k, s, p, convention) for n, k, s, p in zip(size, kernel, stride, pad))
    wide = tuple(n + 2 * p for n, p in zip(size, pad))
    inside = tuple(slice(p, p + n) for n, p in zip(size, pad))
    return Windows(kernel, stride, dilate, (0,) * len(size), wide, out), inside


def _with_zeros(xp: Any, data: Any, windows: Windows, place: tuple[slice, ...]) -> Any:
    if windows.size == data.shape[2:]:
        return data
    whole = xp.zeros((*data.shape[:2], *windows.size), data.dtype)
    whole[(..., *place)] = data
    return whole


@op(name="Pooling_v1")
def pooling_v1(xp, data, *, kernel: Shape = (), pool_type: _Type = "max", global_pool: bool = False,
               pooling_convention: _Convention = "valid", stride: Shape = (), pad: Shape = ()):
    """Reduce windows of every image to one number each, as MXNet did before ``Pooling``.

    The zeros around the image count: in the maximum, and always as elements of the mean, which divides by the size
    of the kernel. The gradient of ``max`` goes to all elements that are the largest of their window.

    Parameters
    ----------
    data : (batch, channels, [depth,] height, width), floating point
    kernel : tuple of two or three ints
        Spatial shape of a window; not needed with `global_pool`.
    pool_type : str
        ``max``, ``avg`` or ``sum``.
    global_pool : bool
        Take the whole image, without padding, as the only window.
    pooling_convention : str
        ``valid``: as many windows as fit; ``full``: also the one that sticks out.
    stride, pad : tuple of int
        Step from window to window (1 by default), width of the padding on either side (0 by default).

    Returns
    -------
    ``(batch, channels, *windows)`` of the dtype of `data`.
    """
    windows, place = _windows(data.shape[2:], kernel, stride, pad, global_pool, pooling_convention)
    whole = _with_zeros(xp, data, windows, place)
    out = xp.empty((*data.shape[:2], *windows.out), data.dtype)
    if pool_type == "max":
        return reduce_windows(xp.maximum, padded_by(xp, whole, windows, -np.inf), windows, out)
    reduce_windows(xp.add, padded_by(xp, whole, windows, 0), windows, out)
    return out / math.prod(windows.kernel) if pool_type == "avg" else out


@pooling_v1.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, data, kernel = "Pooling_v1", ins["data"], attrs.kernel
    require(kernel or attrs.global_pool, name, "required argument 'kernel' is missing")
    if data is None:
        return
    require(4 <= len(data) <= 5, name, f"data has shape {data}; expected batch, channels and two or three more axes")
    if attrs.global_pool:
        outs[0] = (*data[:2], *(1,) * (len(data) - 2))
        return
    stride, _, pad = spatial(name, kernel, attrs.stride, (), attrs.pad)
    require(len(kernel) == len(data) - 2, name,
            f"data has shape {data}; a kernel of {len(kernel)} lengths expects {len(kernel) + 2} axes")
    for n, k, p in zip(data[2:], kernel, pad):
        require(n is None or k <= n + 2 * p, name,
                f"kernel {kernel} is larger than data of shape {data} padded by {pad}")
    outs[0] = (*data[:2], *(count_of_windows(n, k, s, p, attrs.pooling_convention)
                            for n, k, s, p in zip(data[2:], kernel, stride, pad)))


@op(name="_backward_pooling_v1", differentiable=False)
def backward_pooling_v1(xp, head, data, output, *, kernel: Shape = (), pool_type: _Type = "max",
                        global_pool: bool = False, pooling_convention: _Convention = "valid", stride: Shape = (),
                        pad: Shape = ()):
    """Gradient of ``Pooling_v1`` with respect to `data`, from the gradient `head` of its `output`."""
    windows, place = _windows(data.shape[2:], kernel, stride, pad, global_pool, pooling_convention)
    if pool_type != "max":
        whole = spread_windows(xp, head / math.prod(windows.kernel) if pool_type == "avg" else head, windows)
    else:
        padded = padded_by(xp, _with_zeros(xp, data, windows, place), windows, -np.inf)
        whole = xp.zeros(padded.shape, data.dtype)
        for each in places_in(windows):
            whole[each] += head * (padded[each] == output)
    return xp.ascontiguousarray(whole[(..., *place)])


@backward_pooling_v1.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["head"] = ins["output"]
    ins["output"] = ins["head"]
    outs[0] = ins["data"]
    ins["data"] = outs[0]


pooling_v1.type(float_type)
backward_pooling_v1.type(same_type)


@pooling_v1.grad("data")
def _(F, grad, data, output, *, kernel, pool_type, global_pool, pooling_convention, stride, pad):
    return F._backward_pooling_v1(grad, data, output, kernel=kernel, pool_type=pool_type, global_pool=global_pool,
                                  pooling_convention=pooling_convention, stride=stride, pad=pad)
