"""Resampling of images, one axis after the other.

Along each axis it is a *table of taps*, which says which positions of the source, with
what weights, make up each position of the result. Tables are made (and cached) on the host;
:func:`resample` applies one, and the adjoint is :func:`resample` with the table of :func:`transpose_taps`.
"""
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..catalog import require

__all__ = ["resample", "resize", "taps", "transpose_taps"]


Taps = tuple[np.ndarray, np.ndarray]  # positions in the source and weights, both (taps, length of the result)

# Principal components of the colours of ImageNet, each times its standard deviation (Krizhevsky et al., 2012).


def _cubic(t: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel at distances `t`, with OpenCV's a = -3/4."""
    t = np.abs(t)
    near, far = (1.25 * t - 2.25) * t * t + 1, -0.75 * (((t - 5) * t + 8) * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


def _lanczos(t: np.ndarray) -> np.ndarray:
    """Lanczos' kernel of 8 taps at distances `t`."""
    return np.where(np.abs(t) < 4, np.sinc(t) * np.sinc(t / 4), 0)


def _lerp(position: np.ndarray, length: int) -> Taps:
    base = np.floor(position)
    part = position - base
    # Off the edge both taps are the last pixel, with the weights kept: rounded bytes depend on it.
    index = np.clip(np.stack([base, base + 1]), 0, length - 1).astype(np.intp)
    return index, np.stack([1 - part, part])


@functools.lru_cache(maxsize=512)
def taps(kind: str, length: int, result: int) -> Taps:
    """Return the taps that resample `length` positions to `result` positions.

    Parameters
    ----------
    kind : str
        ``"nearest"``, ``"linear"``, ``"cubic"``, ``"lanczos"`` and ``"area"`` are OpenCV's; ``"zoom"`` is what
        OpenCV makes of "area" when it enlarges. All of them align the outer edges of the first and last
        pixels. ``"corners"`` is linear, and aligns their centres.
    length, result : int
        Lengths of the axis before and after.
    """
    scale, at = length / result, np.arange(result)
    if kind == "corners":
        return _lerp(at * ((length - 1) / (result - 1) if result > 1 else 0.0), length)
    if kind == "linear":
        return _lerp((at + 0.5) * scale - 0.5, length)
    if kind == "nearest":
        return np.minimum(np.floor(at * scale).astype(np.intp), length - 1)[None], np.ones((1, result))
    if kind == "zoom":
        base = np.floor(at * scale)
        part = (at + 1) - (base + 1) / scale
        return _lerp(base + np.where(part > 0, part - np.floor(part), 0), length)
    if kind == "area":
        place = np.floor(at * scale) + np.arange(math.ceil(scale) + 1)[:, None]
        shared = np.minimum((at + 1) * scale, place + 1) - np.maximum(at * scale, place)
        weight = np.maximum(shared, 0) * (place < length)
        return np.clip(place, 0, length - 1).astype(np.intp), weight / weight.sum(0)
    kernel, reach = {"cubic": (_cubic, 2), "lanczos": (_lanczos, 4)}[kind]
    position = (at + 0.5) * scale - 0.5
    place = np.floor(position) + np.arange(1 - reach, 1 + reach)[:, None]
    weight = kernel(position - place)
    return np.clip(place, 0, length - 1).astype(np.intp), weight / weight.sum(0)


@functools.lru_cache(maxsize=512)
def transpose_taps(kind: str, length: int, result: int) -> Taps:
    """Return the taps of the adjoint of ``taps(kind, length, result)``: from `result` positions to `length`."""
    index, weight = taps(kind, length, result)
    used = np.flatnonzero(weight)
    order = np.argsort(index.ravel()[used], kind="stable")
    used = used[order]
    source, target = index.ravel()[used], used % result
    count = np.bincount(source, minlength=length)
    rank = np.arange(len(source)) - (np.cumsum(count) - count)[source]  # of each tap among those of its source
    shape = (max(int(count.max(initial=0)), 1), length)
    back_index, back_weight = np.zeros(shape, np.intp), np.zeros(shape)
    back_index[rank, source], back_weight[rank, source] = target, weight.ravel()[used]
    return back_index, back_weight


def resample(xp: Any, data: Any, table: Taps, axis: int) -> Any:
    """Return the weighted sums of `data` along `axis` that `table` says, in the dtype of `data`."""
    shape = [1] * data.ndim
    shape[axis] = -1
    total = None
    for index, weight in zip(*table):
        part = xp.take(data, xp.asarray(index), axis=axis)
        if weight.min() != 1 or weight.max() != 1:
            part *= xp.asarray(weight, dtype=data.dtype).reshape(shape)
        total = part if total is None else xp.add(total, part, out=total)
    return total


def _fixed_point(table: Taps) -> Taps:
    return table[0], np.rint(table[1] * 2048).astype(np.int32)


def resize(xp: Any, data: Any, height: int, width: int, interp: int) -> Any:
    """Resize images (..., height, width, channels) to `height` x `width` as OpenCV does, bytes to the last bit.

    `interp` is OpenCV's: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.
    """
    require(interp in range(5), "_image_resize",
            f"interp is {interp}; expected 0 (nearest), 1 (linear), 2 (cubic), 3 (area) or 4 (Lanczos)")
    kind = ("nearest", "linear", "cubic", "area", "lanczos")[interp]
    rows, columns = data.shape[-3:-1]
    if kind == "area" and (height > rows or width > columns):
        kind = "zoom"
    down, across = taps(kind, rows, height), taps(kind, columns, width)
    if kind == "nearest":
        return resample(xp, resample(xp, data, down, -3), across, -2)
    if data.dtype != np.uint8 or kind == "area":
        work = data if data.dtype.char in "fd" else data.astype(np.float32)
        result = resample(xp, resample(xp, work, across, -2), down, -3)
        if data.dtype.kind in "iu":
            # OpenCV averages squares of four pixels in integers, which rounds halves up, and all else to even
            result = xp.floor(result + 0.5) if (rows, columns) == (2 * height, 2 * width) else xp.rint(result)
        return result.astype(data.dtype, copy=False)
    # OpenCV's arithmetic for bytes: weights of 11 bits; the linear kind cuts its products to 16 bits.
    (index, weight), across = _fixed_point(down), _fixed_point(across)
    wide = resample(xp, data.astype(np.int32), across, -2)
    if len(index) > 2:
        total = (resample(xp, wide, (index, weight), -3) + (1 << 21)) >> 22
        return xp.clip(total, 0, 255).astype(np.uint8)
    wide >>= 4
    one, two = (resample(xp, wide, (index[k:k + 1], weight[k:k + 1]), -3) >> 16 for k in (0, 1))
    return ((one + two + 2) >> 2).astype(np.uint8)
