"""Grids, and sampling at their points."""
from __future__ import annotations

import functools
from typing import Any, Literal

import numpy as np

from ..catalog import op, require
from ..infer import Slots, first_type, same_type
from ..schema import Attrs, Shape
from .maps import accumulator, require_rank

__all__: list[str] = []


@functools.lru_cache(maxsize=64)
def _positions(height: int, width: int) -> np.ndarray:
    """Return x, y and 1 of every point of a grid over [-1, 1] x [-1, 1], as (3, height * width)."""
    with np.errstate(all="ignore"):
        y, x = np.meshgrid(*(np.arange(n) * (2 / np.float64(n - 1)) - 1 for n in (height, width)), indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(height * width)])


def _affine_grid(xp: Any, theta: Any, height: int, width: int) -> Any:
    points = xp.asarray(_positions(height, width), dtype=theta.dtype)
    return xp.matmul(theta.reshape(-1, 2, 3), points).reshape(-1, 2, height, width)


def _warp_scale(shape: tuple) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.array([2 / np.float64(n - 1) for n in shape[:-3:-1]]).reshape(2, 1, 1)


def _require_size(name: str, shape: tuple) -> None:
    require(len(shape) >= 2 and min(shape[:2]) > 0, name,
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
        For "affine". Further numbers are ignored.

    Returns
    -------
    (N, 2, H, W), same dtype as `data`. An axis of one point has no spacing: it is nan, and infinite where it is moved.
    """
    if transform_type == "affine":
        return _affine_grid(xp, data, *target_shape[:2])
    height, width = data.shape[2:]
    identity = _positions(height, width)[:2].reshape(2, height, width)
    return data * xp.asarray(_warp_scale(data.shape), dtype=data.dtype) + xp.asarray(identity, dtype=data.dtype)


@grid_generator.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if attrs.transform_type == "warp":
        require_rank("GridGenerator", "data", ins[0], 4, "(N, 2, H, W)")
        ins[0] = (None, 2, None, None)
        ins[0] = outs[0]
        outs[0] = ins[0]
        return
    _require_size("GridGenerator", attrs.target_shape)
    require_rank("GridGenerator", "data", ins[0], 2, "(N, 6)")
    ins[0] = (outs[0][0] if outs[0] else None, 6)
    outs[0] = (ins[0][0], 2, *attrs.target_shape[:2])


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
    if not data.size:
        return xp.zeros((*data.shape[:2], *grid.shape[2:]), data.dtype)
    maps = accumulator(data)
    total = 0
    for index, x_weight, y_weight, _, _ in _corners(xp, accumulator(grid), *data.shape[2:]):
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
    require_rank("BilinearSampler", "data", data, 4, "(N, C, H, W)")
    require_rank("BilinearSampler", "grid", grid, 4, "(N, 2, H, W)")
    ins["grid"] = (data[0] if data else None, 2, *(out[2:] if out else (None, None)))
    ins["data"] = (ins["grid"][0], out[1] if out else None, None, None)
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
    flow = accumulator(data).reshape(n, channels, -1)
    total = xp.zeros(n * channels * height * width, flow.dtype)
    start = xp.arange(n * channels).reshape(n, channels, 1) * (height * width)
    for index, x_weight, y_weight, _, _ in _corners(xp, accumulator(grid), height, width):
        share = x_weight * y_weight
        share = xp.where(xp.isnan(share), 0, share)  # such a point is nowhere
        xp.add.at(total, (start + index).ravel(), (flow * share).ravel())
    return total.reshape(n, channels, height, width).astype(data.dtype, copy=False)


@sampler_data_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (*ins[0][:2], attrs.height, attrs.width)


sampler_data_grad.type(first_type)


@op(name="_backward_sampler_grid", differentiable=False)
def sampler_grid_grad(xp, flow, data, grid):
    """Gradient of BilinearSampler to its grid (N, 2, H', W')."""
    if not data.size:
        return xp.zeros_like(grid)
    maps, n = accumulator(data), data.shape[0]
    back = accumulator(flow).reshape(n, data.shape[1], -1)
    along_x = along_y = 0
    for index, x_weight, y_weight, x_slope, y_slope in _corners(xp, accumulator(grid), *data.shape[2:]):
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
    grid = _affine_grid(xp, loc, *target_shape[:2])
    return _sample(xp, data, grid), grid


@spatial_transformer.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _require_size("SpatialTransformer", attrs.target_shape)
    require_rank("SpatialTransformer", "data", ins[0], 4, "(N, C, H, W)")
    out = outs[0]
    ins[0] = (*(out[:2] if out else (None, None)), None, None)
    ins["loc"] = (ins[0][0], 6)
    outs[0] = (ins["loc"][0], ins[0][1], *attrs.target_shape[:2])
    outs[1] = (ins["loc"][0], 2, *attrs.target_shape[:2])


spatial_transformer.type(same_type)


@spatial_transformer.grad("data")
def _(F, grad, grid, data_shape):
    return F._backward_sampler_data(grad, grid, height=data_shape[2], width=data_shape[3])


@spatial_transformer.grad("loc")
def _(F, grad, data, grid):
    return F._backward_GridGenerator(F._backward_sampler_grid(grad, data, grid), transform_type="affine")
