"""Pooling of regions."""
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Length, Slots, derived, either
from ..schema import Attrs, Shape
from .maps import accumulator, require_rank

__all__ = ["pool_own_channels", "spread_own_channels", "whole", "in_image"]


def whole(xp: Any, numbers: Any) -> Any:
    """Return `numbers` rounded as C does: halves away from zero."""
    return xp.trunc(numbers + xp.copysign(0.5, numbers).astype(numbers.dtype))


def in_image(xp: Any, rows: Any, image: Any, n: int) -> Any:
    """Return weights of rows (R, bins, H) as those of the rows of all images, (R, bins, N * H)."""
    own = (image.astype(np.intp)[:, None] == xp.arange(n)).astype(rows.dtype)
    return (rows[:, :, None] * own[:, None, :, None]).reshape(*rows.shape[:2], n * rows.shape[2])


def _roi_shape(name: str, attrs: Attrs, ins: Slots, outs: Slots, channels: Length) -> None:
    """Infer the shapes of data (N, C, H, W), rois (R, 5) and outputs (R, `channels`, height, width)."""
    require(len(attrs.pooled_size) == 2 and min(attrs.pooled_size) > 0, name,
            f"pooled_size is {attrs.pooled_size}; expected a height and a width, greater than 0")
    require_rank(name, "data", ins[0], 4, "(N, C, H, W)")
    require_rank(name, "rois", ins[1], 2, "(R, 5)")
    ins["rois"] = (outs[0][0] if outs[0] else None, 5)
    for i in range(len(outs)):
        outs[i] = (ins["rois"][0], channels, *attrs.pooled_size)


def _bins(xp: Any, first: Any, last: Any, count: int, length: int) -> tuple[Any, Any]:
    """Return begin and end (R, count) of the bins of regions from pixel `first` to `last`, cut to the map."""
    size = xp.maximum(last - first + 1, 1) / count
    step = xp.arange(count, dtype=size.dtype)
    begin, end = xp.floor(step * size[:, None]), xp.ceil((step + 1) * size[:, None])
    return tuple(xp.clip(edge + first[:, None], 0, length).astype(np.intp) for edge in (begin, end))


def _range_minima(xp: Any, values: Any) -> Any:
    """Return a table whose entry [i, j] holds the minima of windows of 2**i rows and 2**j columns of maps.

    A window begins at its entry's own place, and ends at the edge of the map at the latest. Four of them cover
    any rectangle, so that its minimum costs four look-ups.
    """
    height, width = values.shape[-2:]
    table = xp.empty((height.bit_length(), width.bit_length(), *values.shape), values.dtype)
    for i in range(len(table)):
        if i == 0:
            table[0, 0] = values
        else:
            later = np.minimum(np.arange(height) + (1 << (i - 1)), height - 1)
            xp.minimum(table[i - 1, 0], xp.take(table[i - 1, 0], xp.asarray(later), axis=-2), out=table[i, 0])
        for j in range(1, table.shape[1]):
            later = np.minimum(np.arange(width) + (1 << (j - 1)), width - 1)
            xp.minimum(table[i, j - 1], xp.take(table[i, j - 1], xp.asarray(later), axis=-1), out=table[i, j])
    return table


def _cover(xp: Any, begin: Any, end: Any, length: int) -> tuple[Any, Any, Any]:
    """Return level, first and second begin of two windows of ``2**level`` that make up ``begin:end``."""
    levels = xp.asarray(np.array([max(n, 1).bit_length() - 1 for n in range(length + 1)]))
    level = levels[xp.maximum(end - begin, 0)]
    return level, xp.minimum(begin, length - 1), xp.maximum(end - (1 << level), 0)


@op(name="ROIPooling", outputs=("output", "index"), visible=1, nograd=("rois",))
def roi_pooling(xp, data, rois, *, pooled_size: Shape, spatial_scale: float):
    """Divide regions of feature maps into bins, and take the maximum of each.

    Pixels are ranked, and the best rank of a window is found in a table of the windows whose sides are powers
    of two, so that the cost does not depend on the size of the regions.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    rois : (R, 5)
        Rows (image, x1, y1, x2, y2); both corners belong to the region.
    pooled_size : (height, width)
    spatial_scale : float
        Pixels of `data` per unit of the coordinates of `rois`; the scaled corners are rounded.

    Returns
    -------
    (R, C, height, width), same dtype as `data`; 0 where a bin is empty or there is no such image. Girshick,
    Fast R-CNN, 2015.
    """
    n, channels, height, width = data.shape
    if not data.size:
        shape = (len(rois), channels, *pooled_size)
        return xp.zeros(shape, data.dtype), xp.full(shape, -1, np.int32)
    area = height * width
    place = accumulator(rois)
    image = place[:, 0].astype(np.intp)
    corners = place[:, 1:] * spatial_scale
    corners = whole(xp, corners)
    top, bottom = _bins(xp, corners[:, 1], corners[:, 3], pooled_size[0], height)
    left, right = _bins(xp, corners[:, 0], corners[:, 2], pooled_size[1], width)

    order = xp.argsort(-data.reshape(n * channels, area), axis=-1, kind="stable")  # of equals, the first one wins
    ranks = xp.empty(n * channels * area, np.int32)
    ranks[(order + xp.arange(n * channels)[:, None] * area).ravel()] = xp.tile(xp.arange(area), n * channels)
    table = _range_minima(xp, ranks.reshape(data.shape))

    known_image = (image >= 0) & (image < n)
    image = xp.where(known_image, image, 0)[:, None, None, None]
    channel = xp.arange(channels)[:, None, None]
    tall, *rows = (each[:, None, :, None] for each in _cover(xp, top, bottom, height))
    wide, *columns = (each[:, None, None, :] for each in _cover(xp, left, right, width))
    best = functools.reduce(xp.minimum, [table[tall, wide, image, channel, row, column]
                                         for row in rows for column in columns])
    plane = image * channels + channel
    index = order[plane, best]
    value = data.reshape(n * channels, area)[plane, index]
    full = (((bottom > top)[:, None, :, None]) & ((right > left)[:, None, None, :])
            & known_image[:, None, None, None])
    return xp.where(full, value, data.dtype.type(0)), xp.where(full, index, -1).astype(np.int32)


@roi_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(0 <= attrs.spatial_scale <= 1, "ROIPooling", f"spatial_scale is {attrs.spatial_scale}; expected 0 to 1")
    channels = either(*(shape[1] for shape in (ins[0], outs[0], outs[1]) if shape))
    _roi_shape("ROIPooling", attrs, ins, outs, channels)
    ins[0] = (None, channels, None, None)


@roi_pooling.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs[0]
    outs[0] = ins["data"]
    if ins["rois"] is None:
        ins["rois"] = ins["data"]
    outs[1] = np.dtype(np.int32)


@roi_pooling.grad("data")
def _(F, grad, rois, index, data_shape):
    return F._backward_ROIPooling(grad, rois, index, shape=data_shape)


@op(name="_backward_ROIPooling", differentiable=False)
def roi_pooling_grad(xp, data, rois, index, *, shape: Shape):
    """Gradient of ROIPooling to maps of `shape`: what flows back goes to the maxima."""
    n, channels, height, width = shape
    image = rois[:, 0].astype(np.intp)[:, None, None, None]
    start = (image * channels + xp.arange(channels)[:, None, None]) * (height * width)
    flow = accumulator(data)
    total = xp.zeros(n * channels * height * width + 1, flow.dtype)  # the last place takes what belongs nowhere
    xp.add.at(total, xp.where(index < 0, len(total) - 1, start + index).ravel(), flow.ravel())
    return total[:-1].reshape(shape).astype(data.dtype, copy=False)


@roi_pooling_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


@roi_pooling_grad.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins[0] = outs[0]
    outs[0] = ins[0]


def _align_weights(xp: Any, begin: Any, size: Any, bins: int, length: int, ratio: int) -> Any:
    """Return (R, bins, length): how much each pixel of an axis counts in each bin of each region.

    A bin averages samples at even distances, each interpolated between two pixels; samples more than a pixel
    off the map count as zero.
    """
    step = (size / bins)[:, None, None]
    count = xp.full_like(step, ratio) if ratio > 0 else xp.ceil(step)
    share = 1 / xp.maximum(count, 1)
    pixel = xp.arange(length, dtype=step.dtype)
    bin_begin = begin[:, None, None] + xp.arange(bins, dtype=step.dtype)[:, None] * step
    first, samples = 0, ratio
    if ratio <= 0:  # half a pixel or more from one to the next: no more than 6 are near a pixel
        spacing = xp.where(count > 1, step * share, 1)
        first, samples = xp.floor((pixel - 1 - bin_begin) / spacing - 0.5), 6
    total = 0
    for i in range(samples):
        sample = first + i
        place = bin_begin + (sample + 0.5) * share * step
        weight = share * ((sample >= 0) & (sample < count) & (place >= -1) & (place <= length))
        distance = xp.abs(xp.clip(place, 0, length - 1) - pixel)
        total = total + xp.maximum(1 - distance, 0) * weight
    return total


def _align_factors(xp: Any, rois: Any, shape: tuple, dtype: Any, pooled_size: tuple, spatial_scale: float,
                   sample_ratio: int, aligned: bool) -> tuple[Any, Any]:
    """Return weights of rows (R, bins, N * H) and of columns (R, bins, W)."""
    n, _, height, width = shape
    place = rois.astype(dtype, copy=False)
    corners = place[:, 1:] * spatial_scale - (0.5 if aligned else 0)
    size = corners[:, 2:] - corners[:, :2]
    if not aligned:
        size = xp.maximum(size, 1)
    down = _align_weights(xp, corners[:, 1], size[:, 1], pooled_size[0], height, sample_ratio)
    across = _align_weights(xp, corners[:, 0], size[:, 0], pooled_size[1], width, sample_ratio)
    return in_image(xp, down, place[:, 0], n), across


def pool_own_channels(xp: Any, maps: Any, down: Any, across: Any, cells: np.ndarray, depth: int) -> Any:
    """Return (R, depth, bins, bins) of maps (N, C, H, W), where every bin reads channels of its own.

    Parameters
    ----------
    down, across : (R, bins, N * H), (R, bins, W)
        How much rows and columns count in the bins of regions.
    cells : (bins, bins)
        The first channel of each bin; the next ones follow at a distance of the number of cells.
    depth : int
    """
    n, channels, height, width = maps.shape
    regions, (tall, wide), step = len(down), cells.shape, channels // depth
    lines = maps.transpose(0, 2, 1, 3).reshape(n * height, channels, width)
    result = xp.empty((regions, depth, tall, wide), maps.dtype)
    for i, j in np.ndindex(tall, wide):
        part = lines[:, cells[i, j]::step].reshape(n * height, depth * width)
        rows = xp.matmul(down[:, i], part).reshape(regions, depth, width)
        result[:, :, i, j] = xp.matmul(rows, across[:, j, :, None])[..., 0]
    return result


def spread_own_channels(xp: Any, flow: Any, down: Any, across: Any, cells: np.ndarray, shape: tuple) -> Any:
    """Return maps of `shape`: the adjoint of :func:`pool_own_channels` for `flow` (R, depth, bins, bins)."""
    n, channels, height, width = shape
    regions, depth, tall, wide = flow.shape
    lines = xp.zeros((n * height, channels, width), flow.dtype)
    for i, j in np.ndindex(tall, wide):
        rows = flow[:, :, i, j, None] * across[:, None, j]
        part = xp.matmul(down[:, i].T, rows.reshape(regions, -1))
        lines[:, cells[i, j]::channels // depth] += part.reshape(n * height, depth, width)
    return lines.reshape(n, height, channels, width).transpose(0, 2, 1, 3)


@op(name="_contrib_ROIAlign", nograd=("rois",))
def roi_align(xp, data, rois, *, pooled_size: Shape, spatial_scale: float, sample_ratio: int = -1,
              position_sensitive: bool = False, aligned: bool = False):
    """Divide regions of feature maps into bins, and average interpolated samples of each, without rounding.

    Interpolation and averaging are linear and separable, so that a region's result is ``A data B^T`` with
    small matrices A (bins x rows) and B (bins x columns); the gradient is their adjoint.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    rois : (R, 5)
        Rows (image, x1, y1, x2, y2).
    pooled_size : (height, width)
    spatial_scale : float
        Pixels of `data` per unit of the coordinates of `rois`.
    sample_ratio : int
        Samples along each side of a bin; if not positive, about one a pixel.
    position_sensitive : bool
        Every bin has channels of its own: ``C / (height * width)`` come out (R-FCN).
    aligned : bool
        Shift by half a pixel, so that whole coordinates are edges of pixels, and let regions be small.
        Otherwise they are a pixel large at least.

    Returns
    -------
    (R, C, height, width), same dtype as `data`; zero where there is no such image. He et al., Mask R-CNN, 2017.
    """
    maps = accumulator(data)
    n, channels, height, width = data.shape
    down, across = _align_factors(xp, rois, data.shape, maps.dtype, pooled_size, spatial_scale, sample_ratio, aligned)
    regions, (tall, wide) = len(rois), pooled_size
    if position_sensitive:
        cells = np.arange(tall * wide).reshape(tall, wide)
        result = pool_own_channels(xp, maps, down, across, cells, channels // (tall * wide))
    else:
        lines = maps.transpose(0, 2, 1, 3).reshape(n * height, channels, width)
        rows = xp.matmul(down.reshape(regions * tall, n * height), lines.reshape(n * height, channels * width))
        result = xp.matmul(rows.reshape(regions, tall * channels, width), across.transpose(0, 2, 1))
        result = xp.ascontiguousarray(result.reshape(regions, tall, channels, wide).transpose(0, 2, 1, 3))
    return result.astype(data.dtype, copy=False)


@roi_align.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(0 <= attrs.spatial_scale <= 1, "_contrib_ROIAlign",
            f"spatial_scale is {attrs.spatial_scale}; expected 0 to 1")
    area = math.prod(attrs.pooled_size) if attrs.position_sensitive else 1
    channels = ins[0][1] if ins[0] else None
    require(channels is None or channels % area == 0, "_contrib_ROIAlign",
            f"data has {channels} channels, which {area} bins with channels of their own do not divide")
    _roi_shape("_contrib_ROIAlign", attrs, ins, outs, derived(lambda n: n // area, channels))


@roi_align.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs[0]
    outs[0] = ins["data"]
    if ins["rois"] is None:
        ins["rois"] = ins["data"]


@roi_align.grad("data")
def _(F, grad, rois, data_shape, *, pooled_size, spatial_scale, sample_ratio, position_sensitive, aligned):
    return F._backward_ROIAlign(grad, rois, shape=data_shape, pooled_size=pooled_size, spatial_scale=spatial_scale,
                                sample_ratio=sample_ratio, position_sensitive=position_sensitive, aligned=aligned)


@op(name="_backward_ROIAlign", differentiable=False)
def roi_align_grad(xp, data, rois, *, shape: Shape, pooled_size: Shape, spatial_scale: float, sample_ratio: int = -1,
                   position_sensitive: bool = False, aligned: bool = False):
    """Gradient of ROIAlign to maps of `shape`: the adjoint of its two matrix products."""
    flow = accumulator(data)
    n, channels, height, width = shape
    down, across = _align_factors(xp, rois, shape, flow.dtype, pooled_size, spatial_scale, sample_ratio, aligned)
    regions, (tall, wide) = len(rois), pooled_size
    if position_sensitive:
        cells = np.arange(tall * wide).reshape(tall, wide)
        result = spread_own_channels(xp, flow, down, across, cells, shape)
    else:
        lines = xp.empty((n * height, channels, width), flow.dtype)
        rows = xp.matmul(flow.transpose(0, 2, 1, 3).reshape(regions, tall * channels, wide), across)
        xp.matmul(down.reshape(regions * tall, n * height).T, rows.reshape(regions * tall, channels * width),
                  out=lines.reshape(n * height, channels * width))
        result = lines.reshape(n, height, channels, width).transpose(0, 2, 1, 3)
    return xp.ascontiguousarray(result).astype(data.dtype, copy=False)


roi_align_grad.shape(roi_pooling_grad.shape_rule)
roi_align_grad.type(roi_pooling_grad.type_rule)
