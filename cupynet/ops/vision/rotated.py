"""Pooling of regions that are turned."""
from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, same_type
from ..schema import Attrs, Shape
from .maps import accumulator, require_rank

__all__: list[str] = []


def _samples(xp: Any, shape: tuple, rois: Any, pooled_size: tuple, scale: float, ratio: int) -> Iterator[list[tuple]]:
    """Yield, sample by sample of the bins, the four pixels around it: (flat place, weight), each (R, 1, tall, wide).

    A place is that in one channel of the maps (N, C, H, W); the weight is 0 where nothing is to be read. With no
    `ratio` their number is known only when the regions are, for which a GPU has to wait.
    """
    n, channels, height, width = shape
    place = accumulator(rois).reshape(-1, 6, 1, 1, 1)
    image, center, size = place[:, 0].astype(np.intp), place[:, 1:3] * scale, xp.maximum(place[:, 3:5] * scale, 1)
    angle = place[:, 5] * (math.pi / 180)
    cos, sin = xp.cos(angle), xp.sin(angle)
    wide, tall = (size[:, i] / pooled_size[1 - i] for i in (0, 1))  # of a bin
    counts = [xp.full_like(side, ratio) if ratio > 0 else xp.ceil(side) for side in (tall, wide)]
    most = (ratio, ratio) if ratio > 0 else tuple(int(c.max()) if c.size else 0 for c in counts)
    known = (image >= 0) & (image < n)
    first = xp.where(known, image, 0) * (channels * height * width)
    share = 1 / (counts[0] * counts[1])
    row, column = (xp.arange(bins, dtype=place.dtype) for bins in pooled_size)
    row = row[:, None]
    for i, j in itertools.product(*map(range, most)):
        down = (row + (i + 0.5) / counts[0]) * tall - size[:, 1] / 2
        across = (column + (j + 0.5) / counts[1]) * wide - size[:, 0] / 2
        y = down * cos - across * sin + center[:, 1]
        x = down * sin + across * cos + center[:, 0]
        read = known & (i < counts[0]) & (j < counts[1]) & (y >= -1) & (y <= height) & (x >= -1) & (x <= width)
        sides = []
        for at, length in ((y, height), (x, width)):
            at = xp.clip(xp.where(read, at, 0), 0, length - 1)
            low = xp.floor(at)
            sides.append(((low, 1 - (at - low)), (xp.ceil(at), at - low)))
        yield [(first + (v * width + u).astype(np.intp), v_weight * u_weight * share * read)
               for v, v_weight in sides[0] for u, u_weight in sides[1]]


@op(name="_contrib_RROIAlign", nograd=("rois",))
def rroi_align(xp, data, rois, *, pooled_size: Shape, spatial_scale: float, sampling_ratio: int = -1):
    """Divide turned regions of feature maps into bins, and average interpolated samples of each.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    rois : (R, 6)
        Rows (image, x, y, width, height, angle): the centre of the region, its sides, and the degrees by which it is
        turned counterclockwise. It is a pixel large at least.
    pooled_size : (height, width)
    spatial_scale : float
        Pixels of `data` per unit of the coordinates of `rois`.
    sampling_ratio : int
        Samples along each side of a bin; if not positive, one a pixel. Those more than a pixel off the map count as
        zero.

    Returns
    -------
    (R, C, height, width), same dtype as `data`; zero where there is no such image. Ma et al., Arbitrary-Oriented Scene
    Text Detection via Rotation Proposals, 2018. (MXNet has no gradient of it.)
    """
    _, channels, height, width = data.shape
    maps = accumulator(data).reshape(-1)
    planes = xp.arange(channels).reshape(-1, 1, 1) * (height * width)
    total = xp.zeros((len(rois), channels, *pooled_size), maps.dtype)
    for pixels in _samples(xp, data.shape, rois, pooled_size, spatial_scale, sampling_ratio):
        for place, weight in pixels:
            total += maps.take(place + planes) * weight
    return total.astype(data.dtype, copy=False)


@rroi_align.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_RROIAlign"
    require(len(attrs.pooled_size) == 2 and min(attrs.pooled_size) > 0, name,
            f"pooled_size is {attrs.pooled_size}; expected a height and a width, greater than 0")
    require(0 <= attrs.spatial_scale <= 1, name, f"spatial_scale is {attrs.spatial_scale}; expected 0 to 1")
    require_rank(name, "data", ins[0], 4, "(N, C, H, W)")
    require_rank(name, "rois", ins[1], 2, "(R, 6)")
    ins["rois"] = (outs[0][0] if outs[0] else None, 6)
    ins["data"] = (None, outs[0][1] if outs[0] else None, None, None)
    outs[0] = (ins["rois"][0], ins["data"][1], *attrs.pooled_size)


rroi_align.type(same_type)


@rroi_align.grad("data")
def _(F, grad, rois, data_shape, *, pooled_size, spatial_scale, sampling_ratio):
    return F._backward_RROIAlign(grad, rois, shape=data_shape, pooled_size=pooled_size, spatial_scale=spatial_scale,
                                 sampling_ratio=sampling_ratio)


@op(name="_backward_RROIAlign", differentiable=False)
def rroi_align_grad(xp, data, rois, *, shape: Shape, pooled_size: Shape, spatial_scale: float,
                    sampling_ratio: int = -1):
    """Gradient of RROIAlign to maps of `shape`: what flows back is spread over the pixels that were read."""
    flow = accumulator(data)
    total = xp.zeros(math.prod(shape), flow.dtype)
    planes = xp.arange(shape[1]).reshape(-1, 1, 1) * (shape[2] * shape[3])
    for pixels in _samples(xp, shape, rois, pooled_size, spatial_scale, sampling_ratio):
        for place, weight in pixels:
            xp.add.at(total, (place + planes).reshape(-1), (flow * weight).reshape(-1))
    return total.reshape(shape).astype(data.dtype, copy=False)


@rroi_align_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


rroi_align_grad.type(same_type)
