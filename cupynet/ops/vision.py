"""Spatial operators on feature maps (N, C, H, W): cropping, resizing, warping, pooling of regions, correlation."""
from __future__ import annotations

import functools
import math
from typing import Any, Literal

import numpy as np

from .image import resample, taps, transpose_taps
from .infer import Slots, first_type, known, same_type
from .registry import op, require
from .schema import Attrs, Shape

__all__: list[str] = []


def _accumulator(data: Any) -> Any:
    """Return `data` in the type that sums are made in: float32 for float16."""
    return data.astype(np.float32) if data.dtype == np.float16 else data


def _require_rank(name: str, argument: str, shape: Any, rank: int, words: str) -> None:
    require(shape is None or len(shape) == rank, name, f"{argument} has shape {shape}, expected {words}")


# ---- Crop -----------------------------------------------------------------------------------------

def _crop_origin(data: tuple, height: int, width: int, offset: tuple, center_crop: bool) -> tuple[int, int]:
    return ((data[2] - height) // 2, (data[3] - width) // 2) if center_crop else offset


@op(name="Crop", view=True)
def crop(xp, *data, num_args: int, offset: Shape = (0, 0), h_w: Shape = (0, 0), center_crop: bool = False):
    """Crop the last two axes of a feature map.

    Parameters
    ----------
    data : one or two arrays (N, C, H, W)
        With two, the second says how much is kept of the first; otherwise `h_w` does.
    offset : (y, x)
        Where the part begins.
    h_w : (height, width)
    center_crop : bool
        Take the middle, whatever `offset` is.

    Returns
    -------
    Part of ``data[0]``, same dtype. (MXNet takes float32 alone.)
    """
    height, width = data[1].shape[2:] if len(data) == 2 else h_w
    y, x = _crop_origin(data[0].shape, height, width, offset, center_crop)
    return data[0][:, :, y:y + height, x:x + width]


@crop.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(ins) == attrs.num_args and len(ins) in (1, 2), "Crop",
            f"num_args is {attrs.num_args} and there are {len(ins)} inputs; expected 1 or 2 of both")
    for i, shape in enumerate(ins):
        _require_rank("Crop", ins.names[i], shape, 4, "(N, C, H, W)")
    size = attrs.h_w if len(ins) == 1 else ins[1] and ins[1][2:]
    require(len(ins) == 2 or (len(size) == 2 and min(size) > 0), "Crop",
            f"h_w is {attrs.h_w}; expected a height and a width, greater than 0")
    if size is None or ins[0] is None:
        return
    if 0 not in size and 0 not in ins[0][2:]:
        origin = _crop_origin(ins[0], *size, attrs.offset, attrs.center_crop)
        require(all(o >= 0 and o + n <= whole for o, n, whole in zip(origin, size, ins[0][2:])), "Crop",
                f"a crop of {size} at offset {origin} does not fit into data of shape {ins[0]}")
    outs[0] = (*ins[0][:2], *size)


crop.type(same_type)


@crop.grad("data")
def _(F, grad, data_shape, *, offset, center_crop):
    shape = data_shape[0]
    origin = _crop_origin(shape, *grad.shape[2:], offset, center_crop)
    return [F._backward_crop(grad, begin=(0, 0, *origin), shape=shape)] + [None] * (len(data_shape) - 1)


# ---- bilinear resizing ----------------------------------------------------------------------------

_MODES = Literal["size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]


def _resized(length: int, mode: str, size: int, scale: float | None, like: int) -> int:
    """Return the length that an axis of `length` is resized to."""
    if mode == "like":
        return like
    if mode == "size":
        return size if scale is None else int(length * scale)
    if mode == "odd_scale":
        return int(length * scale) if length % 2 == 0 else int((length - 1) * scale) + 1
    parity, step = (mode.startswith("to_odd"), 1 if mode.endswith("up") else -1)
    return length if length % 2 == parity else length + step


def _bilinear(xp: Any, data: Any, table: Any, height: int, width: int, align_corners: bool) -> Any:
    """Resample the last two axes by `table`, :func:`taps` or its adjoint."""
    result = _accumulator(data)
    for axis, length in ((-2, height), (-1, width)):
        before, after = (data.shape[axis], length) if table is taps else (length, data.shape[axis])
        if before != after:
            # One position has no spacing: MXNet then takes the first of the source.
            kind = "corners" if align_corners or after == 1 else "linear"
            result = resample(xp, result, table(kind, before, after), axis)
    return result.astype(data.dtype, copy=result is data)


@op(name="_contrib_BilinearResize2D", when={"like": lambda attrs: attrs.mode == "like"}, nograd=("like",))
def bilinear_resize(xp, data, like=None, *, height: int = 1, width: int = 1, scale_height: float | None = None,
                    scale_width: float | None = None, mode: _MODES = "size", align_corners: bool = True):
    """Resize feature maps (N, C, H, W) by bilinear interpolation.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    like : (..., H', W'), only with ``mode="like"``
        An array with the height and width of the result.
    height, width : int
    scale_height, scale_width : float
        Used instead of `height` and `width`.
    mode : str
        "size": the sizes or scales as given. "odd_scale": scaled so that odd lengths stay odd for even scales.
        "like": as `like`. "to_even_down", "to_even_up", "to_odd_down", "to_odd_up": the nearest length of that kind.
    align_corners : bool
        Whether the centres of the first and last pixels stay in place; otherwise their outer edges do.

    Returns
    -------
    (N, C, H', W'), same dtype as `data`; float16 is summed in float32.
    """
    tall, wide = (_resized(n, mode, size, scale, other) for n, size, scale, other in zip(
        data.shape[2:], (height, width), (scale_height, scale_width), (0, 0) if like is None else like.shape[-2:]))
    return _bilinear(xp, data, taps, tall, wide, align_corners)


@bilinear_resize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, data, like = "_contrib_BilinearResize2D", ins[0], ins.get("like")
    _require_rank(name, "data", data, 4, "(N, C, H, W)")
    for what in ("height", "width"):
        scale = attrs[f"scale_{what}"]
        require(scale is None or scale > 0, name, f"scale_{what} is {scale}; expected a number greater than 0")
        if attrs.mode == "odd_scale":
            require(scale is not None, name, f"scale_{what} is needed with mode='odd_scale'")
        if attrs.mode == "size" and scale is None:
            require(attrs[what] > 0, name, f"{what} is {attrs[what]}; expected a number greater than 0")
    if outs[0] is not None:
        ins[0] = (*outs[0][:2], 0, 0)
    if data is None or (attrs.mode == "like" and like is None):
        return
    size = [_resized(n, attrs.mode, attrs[what], attrs[f"scale_{what}"], like[i - 2] if like else 0)
            if n else 0 for i, (n, what) in enumerate(zip(data[2:], ("height", "width")))]
    require(all(s > 0 or n == 0 or attrs.mode == "like" for s, n in zip(size, data[2:])), name,
            f"data of shape {data} would be resized to {tuple(size)}")
    outs[0] = (*data[:2], *size)


bilinear_resize.type(first_type)


@bilinear_resize.grad("data")
def _(F, grad, data_shape, *, align_corners):
    return F._backward_BilinearResize2D(grad, height=data_shape[2], width=data_shape[3], align_corners=align_corners)


@op(name="_backward_BilinearResize2D")
def bilinear_resize_grad(xp, data, *, height: int, width: int, align_corners: bool = True):
    """Adjoint of BilinearResize2D from maps of `height` and `width`: (N, C, H', W') to (N, C, height, width)."""
    return _bilinear(xp, data, transpose_taps, height, width, align_corners)


@bilinear_resize_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (*ins[0][:2], attrs.height, attrs.width)


bilinear_resize_grad.type(same_type)


@bilinear_resize_grad.grad("data")
def _(F, grad, data_shape, *, align_corners):
    return F._contrib_BilinearResize2D(grad, height=data_shape[2], width=data_shape[3], align_corners=align_corners)


# ---- grids and sampling ---------------------------------------------------------------------------

@functools.lru_cache(maxsize=64)
def _positions(height: int, width: int) -> np.ndarray:
    """Return x, y and 1 of every point of a grid over [-1, 1] x [-1, 1], as (3, height * width)."""
    y, x = np.meshgrid(*(np.arange(n) * (2 / max(n - 1, 1)) - 1 for n in (height, width)), indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(height * width)])


def _affine_grid(xp: Any, theta: Any, height: int, width: int) -> Any:
    points = xp.asarray(_positions(height, width), dtype=theta.dtype)
    return xp.matmul(theta.reshape(-1, 2, 3), points).reshape(-1, 2, height, width)


def _warp_scale(shape: tuple) -> np.ndarray:
    return np.array([2 / max(n - 1, 1) for n in shape[:-3:-1]]).reshape(2, 1, 1)


def _require_size(name: str, shape: tuple) -> None:
    require(len(shape) == 2 and min(shape) > 0, name,
            f"target_shape is {shape}; expected a height and a width, greater than 0")


@op(name="GridGenerator")
def grid_generator(xp, data, *, transform_type: Literal["affine", "warp"], target_shape: Shape = (0, 0)):
    """Sampling grid for BilinearSampler: x and y between -1 (left, top) and 1 (right, bottom).

    Parameters
    ----------
    data : (N, 6) or (N, 2, H, W), floating point
        "affine": rows (a, b, c, d, e, f) that map a target point (x, y) to ``(a x + b y + c, d x + e y + f)``.
        "warp": a flow field, in pixels, that is added to the identity.
    transform_type : {"affine", "warp"}
    target_shape : (height, width)
        For "affine".

    Returns
    -------
    (N, 2, H, W), same dtype as `data`. (An axis of one point, where MXNet gives nan, is at -1.)
    """
    if transform_type == "affine":
        return _affine_grid(xp, data, *target_shape)
    height, width = data.shape[2:]
    identity = _positions(height, width)[:2].reshape(2, height, width)
    return data * xp.asarray(_warp_scale(data.shape), dtype=data.dtype) + xp.asarray(identity, dtype=data.dtype)


@grid_generator.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if attrs.transform_type == "warp":
        _require_rank("GridGenerator", "data", ins[0], 4, "(N, 2, H, W)")
        ins[0] = (0, 2, 0, 0)
        ins[0] = outs[0]
        outs[0] = ins[0]
        return
    _require_size("GridGenerator", attrs.target_shape)
    _require_rank("GridGenerator", "data", ins[0], 2, "(N, 6)")
    ins[0] = (outs[0][0] if outs[0] else 0, 6)
    outs[0] = (ins[0][0], 2, *attrs.target_shape)


grid_generator.type(same_type)


@grid_generator.grad("data")
def _(F, grad, *, transform_type):
    return F._backward_GridGenerator(grad, transform_type=transform_type)


@op(name="_backward_GridGenerator", differentiable=False)
def grid_generator_grad(xp, data, *, transform_type: Literal["affine", "warp"]):
    """Gradient of GridGenerator: of a grid (N, 2, H, W) to (N, 6) or (N, 2, H, W)."""
    if transform_type == "warp":
        return data * xp.asarray(_warp_scale(data.shape), dtype=data.dtype)
    points = xp.asarray(_positions(*data.shape[2:]), dtype=data.dtype)
    return xp.matmul(data.reshape(data.shape[0], 2, -1), points.T).reshape(-1, 6)


@grid_generator_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = ins[0] if attrs.transform_type == "warp" else (ins[0][0], 6)


grid_generator_grad.type(same_type)


def _corners(xp: Any, grid: Any, height: int, width: int) -> list[tuple]:
    """Return, for each of the four pixels around the points of `grid`, where it is and how much it counts.

    A corner is (index, x weight, y weight, slope of x weight, slope of y weight), each of shape (N, 1, points);
    corners outside the map have no weight and no slope.
    """
    n = grid.shape[0]
    sides = []
    for points, length in ((grid[:, 0], width), (grid[:, 1], height)):
        place = (points.reshape(n, 1, -1) + 1) * ((length - 1) / 2)
        base = xp.floor(place)
        part = place - base
        side = []
        for at, weight, slope in ((base, 1 - part, -1), (base + 1, part, 1)):
            inside = (at >= 0) & (at <= length - 1)
            index = xp.where(inside, at, 0).astype(np.intp)
            side.append((index, weight * inside, inside * grid.dtype.type(slope * (length - 1) / 2)))
        sides.append(side)
    return [(y * width + x, wx, wy, dx, dy)
            for y, wy, dy in sides[1] for x, wx, dx in sides[0]]


def _gather(xp: Any, data: Any, index: Any) -> Any:
    """Return (N, C, points): the pixels of maps (N, C, H, W) at flat positions (N, 1, points)."""
    n, channels = data.shape[:2]
    return data.reshape(n, channels, -1)[xp.arange(n)[:, None, None], xp.arange(channels)[:, None], index]


def _sample(xp: Any, data: Any, grid: Any) -> Any:
    maps = _accumulator(data)
    total = 0
    for index, x_weight, y_weight, _, _ in _corners(xp, _accumulator(grid), *data.shape[2:]):
        total = total + _gather(xp, maps, index) * (x_weight * y_weight)
    return total.reshape(*data.shape[:2], *grid.shape[2:]).astype(data.dtype, copy=False)


@op(name="BilinearSampler", ignores=("cudnn_off",))
def bilinear_sampler(xp, data, grid):
    """Sample feature maps at the points of a grid, interpolating; beyond the edges there is zero.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    grid : (N, 2, H', W')
        x and y, from -1 (centre of the first pixel) to 1 (centre of the last).

    Returns
    -------
    (N, C, H', W'), same dtype as `data`. Jaderberg et al., Spatial Transformer Networks, 2015.
    """
    return _sample(xp, data, grid)


@bilinear_sampler.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data, grid, out = *ins, outs[0]
    _require_rank("BilinearSampler", "data", data, 4, "(N, C, H, W)")
    _require_rank("BilinearSampler", "grid", grid, 4, "(N, 2, H, W)")
    ins["grid"] = (data[0] if data else 0, 2, *(out[2:] if out else (0, 0)))
    ins["data"] = (ins["grid"][0], out[1] if out else 0, 0, 0)
    outs[0] = (*ins["data"][:2], *ins["grid"][2:])


bilinear_sampler.type(same_type)


@bilinear_sampler.grad("data")
def _(F, grad, grid, data_shape):
    return F._backward_sampler_data(grad, grid, height=data_shape[2], width=data_shape[3])


@bilinear_sampler.grad("grid")
def _(F, grad, data, grid):
    return F._backward_sampler_grid(grad, data, grid)


@op(name="_backward_sampler_data", differentiable=False)
def sampler_data_grad(xp, data, grid, *, height: int, width: int):
    """Gradient of BilinearSampler to its maps (N, C, height, width): spreads what flows back over the corners."""
    n, channels = data.shape[:2]
    flow = _accumulator(data).reshape(n, channels, -1)
    total = xp.zeros(n * channels * height * width, flow.dtype)
    start = xp.arange(n * channels).reshape(n, channels, 1) * (height * width)
    for index, x_weight, y_weight, _, _ in _corners(xp, _accumulator(grid), height, width):
        xp.add.at(total, (start + index).ravel(), (flow * (x_weight * y_weight)).ravel())
    return total.reshape(n, channels, height, width).astype(data.dtype, copy=False)


@sampler_data_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (*ins[0][:2], attrs.height, attrs.width)


sampler_data_grad.type(first_type)


@op(name="_backward_sampler_grid", differentiable=False)
def sampler_grid_grad(xp, flow, data, grid):
    """Gradient of BilinearSampler to its grid (N, 2, H', W')."""
    maps, n = _accumulator(data), data.shape[0]
    back = _accumulator(flow).reshape(n, data.shape[1], -1)
    along_x = along_y = 0
    for index, x_weight, y_weight, x_slope, y_slope in _corners(xp, _accumulator(grid), *data.shape[2:]):
        value = (_gather(xp, maps, index) * back).sum(1, keepdims=True)
        along_x = along_x + value * (x_slope * y_weight)
        along_y = along_y + value * (y_slope * x_weight)
    return xp.concatenate([along_x, along_y], 1).reshape(grid.shape).astype(grid.dtype, copy=False)


@sampler_grid_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["grid"]


sampler_grid_grad.type(same_type)


@op(name="SpatialTransformer", outputs=("output", "grid"), visible=1, ignores=("cudnn_off",))
def spatial_transformer(xp, data, loc, *, target_shape: Shape = (0, 0), transform_type: Literal["affine"],
                        sampler_type: Literal["bilinear"]):
    """Warp feature maps by affine maps: BilinearSampler on the grid that GridGenerator makes of `loc`.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    loc : (N, 6)
        Affine maps from target points to points of `data`, see GridGenerator.
    target_shape : (height, width)

    Returns
    -------
    (N, C, height, width), same dtype as `data`. Jaderberg et al., Spatial Transformer Networks, 2015.
    """
    grid = _affine_grid(xp, loc, *target_shape)
    return _sample(xp, data, grid), grid


@spatial_transformer.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _require_size("SpatialTransformer", attrs.target_shape)
    _require_rank("SpatialTransformer", "data", ins[0], 4, "(N, C, H, W)")
    out = outs[0]
    ins[0] = (*(out[:2] if out else (0, 0)), 0, 0)
    ins["loc"] = (ins[0][0], 6)
    outs[0] = (ins["loc"][0], ins[0][1], *attrs.target_shape)
    outs[1] = (ins["loc"][0], 2, *attrs.target_shape)


spatial_transformer.type(same_type)


@spatial_transformer.grad("data")
def _(F, grad, grid, data_shape):
    return F._backward_sampler_data(grad, grid, height=data_shape[2], width=data_shape[3])


@spatial_transformer.grad("loc")
def _(F, grad, data, grid):
    return F._backward_GridGenerator(F._backward_sampler_grid(grad, data, grid), transform_type="affine")


# ---- pooling of regions ---------------------------------------------------------------------------

def _roi_shape(name: str, attrs: Attrs, ins: Slots, outs: Slots, channels: int) -> None:
    """Infer the shapes of data (N, C, H, W), rois (R, 5) and outputs (R, `channels`, height, width)."""
    require(len(attrs.pooled_size) == 2 and min(attrs.pooled_size) > 0, name,
            f"pooled_size is {attrs.pooled_size}; expected a height and a width, greater than 0")
    _require_rank(name, "data", ins[0], 4, "(N, C, H, W)")
    _require_rank(name, "rois", ins[1], 2, "(R, 5)")
    ins["rois"] = (outs[0][0] if outs[0] else 0, 5)
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
    area = height * width
    place = _accumulator(rois)
    image = place[:, 0].astype(np.intp)
    corners = place[:, 1:] * spatial_scale
    corners = xp.trunc(corners + xp.copysign(0.5, corners).astype(corners.dtype))  # halves away from zero, as C rounds
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
    require(0 < attrs.spatial_scale <= 1, "ROIPooling", f"spatial_scale is {attrs.spatial_scale}; expected 0 to 1")
    channels = next((shape[1] for shape in (ins[0], outs[0], outs[1]) if shape and shape[1]), 0)
    _roi_shape("ROIPooling", attrs, ins, outs, channels)
    ins[0] = (0, channels, 0, 0)


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
    flow = _accumulator(data)
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
    step = (size / bins)[:, None]
    limit = ratio if ratio > 0 else math.ceil(2 * length / bins) + 1
    count = xp.full_like(step, ratio) if ratio > 0 else xp.clip(xp.ceil(step), 0, limit)
    share = 1 / xp.maximum(count, 1)
    pixel = xp.arange(length, dtype=step.dtype)
    bin_begin = begin[:, None] + xp.arange(bins, dtype=step.dtype) * step
    total = 0
    for sample in range(limit):
        place = bin_begin + (sample + 0.5) * share * step
        weight = share * ((sample < count) & (place >= -1) & (place <= length))
        distance = xp.abs(xp.clip(place, 0, length - 1)[..., None] - pixel)
        total = total + xp.maximum(1 - distance, 0) * weight[..., None]
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
    own = (place[:, :1].astype(np.intp) == xp.arange(n)).astype(dtype)  # (R, N): nothing counts in other images
    return (down[:, :, None] * own[:, None, :, None]).reshape(*down.shape[:2], n * height), across


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
        Samples along each side of a bin; if not positive, about one a pixel (for regions up to twice the size
        of `data`; larger ones get the samples of such).
    position_sensitive : bool
        Every bin has channels of its own: ``C / (height * width)`` come out (R-FCN).
    aligned : bool
        Shift by half a pixel, so that whole coordinates are edges of pixels, and let regions be small.
        Otherwise they are a pixel large at least.

    Returns
    -------
    (R, C, height, width), same dtype as `data`; zero where there is no such image. He et al., Mask R-CNN, 2017.
    """
    maps = _accumulator(data)
    n, channels, height, width = data.shape
    down, across = _align_factors(xp, rois, data.shape, maps.dtype, pooled_size, spatial_scale, sample_ratio, aligned)
    regions, (tall, wide) = len(rois), pooled_size
    lines = maps.transpose(0, 2, 1, 3).reshape(n * height, channels, width)
    if position_sensitive:
        depth = channels // (tall * wide)
        result = xp.empty((regions, depth, tall, wide), maps.dtype)
        for i in range(tall):
            for j in range(wide):
                part = lines[:, i * wide + j::tall * wide].reshape(n * height, depth * width)
                rows = xp.matmul(down[:, i], part).reshape(regions, depth, width)
                result[:, :, i, j] = xp.matmul(rows, across[:, j, :, None])[..., 0]
    else:
        rows = xp.matmul(down.reshape(regions * tall, n * height), lines.reshape(n * height, channels * width))
        result = xp.matmul(rows.reshape(regions, tall * channels, width), across.transpose(0, 2, 1))
        result = xp.ascontiguousarray(result.reshape(regions, tall, channels, wide).transpose(0, 2, 1, 3))
    return result.astype(data.dtype, copy=False)


@roi_align.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    area = math.prod(attrs.pooled_size) if attrs.position_sensitive else 1
    channels = ins[0][1] if ins[0] else 0
    require(channels % area == 0, "_contrib_ROIAlign",
            f"data has {channels} channels, which {area} bins with channels of their own do not divide")
    _roi_shape("_contrib_ROIAlign", attrs, ins, outs, channels // area)


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
    flow = _accumulator(data)
    n, channels, height, width = shape
    down, across = _align_factors(xp, rois, shape, flow.dtype, pooled_size, spatial_scale, sample_ratio, aligned)
    regions, (tall, wide) = len(rois), pooled_size
    lines = xp.empty((n * height, channels, width), flow.dtype)
    if position_sensitive:
        for i in range(tall):
            for j in range(wide):
                rows = flow[:, :, i, j, None] * across[:, None, j]
                part = xp.matmul(down[:, i].T, rows.reshape(regions, -1))
                lines[:, i * wide + j::tall * wide] = part.reshape(n * height, -1, width)
    else:
        rows = xp.matmul(flow.transpose(0, 2, 1, 3).reshape(regions, tall * channels, wide), across)
        xp.matmul(down.reshape(regions * tall, n * height).T, rows.reshape(regions * tall, channels * width),
                  out=lines.reshape(n * height, channels * width))
    lines = lines.reshape(n, height, channels, width).transpose(0, 2, 1, 3)
    return xp.ascontiguousarray(lines).astype(data.dtype, copy=False)


roi_align_grad.shape(roi_pooling_grad.shape_rule)
roi_align_grad.type(roi_pooling_grad.type_rule)


# ---- correlation ----------------------------------------------------------------------------------

def _displacements(max_displacement: int, stride: int) -> list[tuple[int, int]]:
    """Return the displacements (y, x) that maps are compared at, in the order of the output's channels."""
    reach = max_displacement // stride
    steps = [step * stride for step in range(-reach, reach + 1)]
    return [(y, x) for y in steps for x in steps]


def _correlation_size(shape: tuple, attrs: Any) -> tuple[int, int]:
    border = attrs["max_displacement"] + (attrs["kernel_size"] - 1) // 2
    return tuple(-(-(n + 2 * attrs["pad_size"] - 2 * border) // attrs["stride1"]) for n in shape[2:])


def _windows(pad: int, size: tuple, kernel: int, max_displacement: int, stride: int) -> list:
    """Return, for each place in the kernel, the function from a displacement to a slice of the padded maps."""
    spans = [(n - 1) * stride + 1 for n in size]

    def at(i: int, j: int):
        def window(dy: int, dx: int) -> tuple:
            y, x = max_displacement + i + dy, max_displacement + j + dx
            return (slice(None), slice(None), slice(y, y + spans[0], stride), slice(x, x + spans[1], stride))
        return window
    return [at(i, j) for i in range(kernel) for j in range(kernel)]


def _pad(xp: Any, data: Any, pad: int) -> Any:
    return xp.pad(data, ((0, 0), (0, 0), (pad, pad), (pad, pad))) if pad else data


@op(name="Correlation")
def correlation(xp, data1, data2, *, kernel_size: int = 1, max_displacement: int = 1, stride1: int = 1,
                stride2: int = 1, pad_size: int = 0, is_multiply: bool = True):
    """Compare patches of two feature maps at displacements up to `max_displacement` (FlowNet).

    One output channel for each displacement (dy, dx), a multiple of `stride2`: the mean over the channels and a
    patch of ``kernel_size ** 2`` of ``data1(p) * data2(p + d)``, or of ``|data1(p) - data2(p + d)|``.

    Parameters
    ----------
    data1, data2 : (N, C, H, W), floating point
    kernel_size : int
        Odd.
    max_displacement : int
    stride1, stride2 : int
        Steps between patches and between displacements.
    pad_size : int
        Zeros around both maps.
    is_multiply : bool
        False: absolute differences.

    Returns
    -------
    (N, D * D, H', W') with ``D = 2 * (max_displacement // stride2) + 1``. Fischer et al., 2015.
    """
    attrs = {"kernel_size": kernel_size, "max_displacement": max_displacement, "pad_size": pad_size, "stride1": stride1}
    one, two = (_pad(xp, _accumulator(data), pad_size) for data in (data1, data2))
    moves = _displacements(max_displacement, stride2)
    size = _correlation_size(data1.shape, attrs)
    result = xp.zeros((data1.shape[0], len(moves), *size), one.dtype)
    for window in _windows(pad_size, size, kernel_size, max_displacement, stride1):
        still = one[window(0, 0)]
        for channel, move in enumerate(moves):
            moved = two[window(*move)]
            result[:, channel] += (still * moved if is_multiply else xp.abs(still - moved)).sum(1)
    result /= kernel_size * kernel_size * data1.shape[1]
    return result.astype(data1.dtype, copy=False)


@correlation.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.kernel_size % 2 == 1, "Correlation", f"kernel_size is {attrs.kernel_size}; expected an odd number")
    require(min(attrs.stride1, attrs.stride2) > 0 <= min(attrs.pad_size, attrs.max_displacement), "Correlation",
            "expected stride1 and stride2 greater than 0, pad_size and max_displacement 0 or more")
    for i in (0, 1):
        _require_rank("Correlation", ins.names[i], ins[i], 4, "(N, C, H, W)")
    if outs[0] is not None:
        ins[0] = (outs[0][0], 0, 0, 0)
    ins[1] = ins[0]
    ins[0] = ins[1]
    if known(ins[0]):
        size = _correlation_size(ins[0], attrs)
        require(min(size) > 0, "Correlation", f"maps of shape {ins[0]} with pad_size={attrs.pad_size} have no room for "
                f"kernel_size={attrs.kernel_size} and max_displacement={attrs.max_displacement}")
        outs[0] = (ins[0][0], len(_displacements(attrs.max_displacement, attrs.stride2)), *size)


correlation.type(same_type)


@correlation.grad("data1", "data2")
def _(F, grad, data1, data2, *, kernel_size, max_displacement, stride1, stride2, pad_size, is_multiply):
    return F._backward_Correlation(grad, data1, data2, kernel_size=kernel_size, max_displacement=max_displacement,
                                   stride1=stride1, stride2=stride2, pad_size=pad_size, is_multiply=is_multiply)


@op(name="_backward_Correlation", outputs=("one", "two"), differentiable=False)
def correlation_grad(xp, flow, data1, data2, *, kernel_size: int = 1, max_displacement: int = 1, stride1: int = 1,
                     stride2: int = 1, pad_size: int = 0, is_multiply: bool = True):
    """Gradients of Correlation to both maps."""
    one, two = (_pad(xp, _accumulator(data), pad_size) for data in (data1, data2))
    back_one, back_two = xp.zeros_like(one), xp.zeros_like(two)
    back = _accumulator(flow) * (1 / (kernel_size * kernel_size * data1.shape[1]))
    for window in _windows(pad_size, flow.shape[2:], kernel_size, max_displacement, stride1):
        for channel, move in enumerate(_displacements(max_displacement, stride2)):
            here, there = window(0, 0), window(*move)
            each = back[:, channel:channel + 1]
            if is_multiply:
                back_one[here] += each * two[there]
                back_two[there] += each * one[here]
            else:
                each = each * xp.sign(one[here] - two[there])
                back_one[here] += each
                back_two[there] -= each
    inner = (slice(None), slice(None), *(slice(pad_size, pad_size + n) for n in data1.shape[2:]))
    return tuple(xp.ascontiguousarray(back[inner]).astype(data1.dtype, copy=False) for back in (back_one, back_two))


@correlation_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for i in (0, 1):
        outs[i] = ins[1]


correlation_grad.type(same_type)
