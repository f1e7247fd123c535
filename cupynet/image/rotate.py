"""Turning images (channels, height, width)."""
from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray

__all__ = ["imrotate", "random_rotate"]


def imrotate(src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Turn an image, or each of a batch, about its middle, against the clock.

    Parameters
    ----------
    src : NDArray
        float32, (channels, height, width) or (N, channels, height, width).
    rotation_degrees : float, or N of them
        An array only for a batch.
    zoom_in : bool
        Enlarge the images so that no part of the result lies outside.
    zoom_out : bool
        Make the images smaller so that all of them is to be seen.

    Returns
    -------
    NDArray
        Same shape and dtype; 0 outside of the images. Interpolated linearly, with gradients. (Of images that are one
        pixel high or wide MXNet makes NaN.)
    """
    _require_images(src)
    if zoom_in and zoom_out:
        raise MXNetValueError("imrotate: `zoom_in` and `zoom_out` cannot be both True")
    if src.ndim == 3 and not isinstance(rotation_degrees, Number):
        raise MXNetTypeError("imrotate: When a single image is passed the rotation angle is required to be a scalar; "
                             f"got {type(rotation_degrees).__name__}")
    images = src.expand_dims(0) if src.ndim == 3 else src
    degrees = rotation_degrees.asnumpy() if isinstance(rotation_degrees, NDArray) else np.asarray(rotation_degrees)
    if degrees.ndim and degrees.shape != images.shape[:1]:
        raise MXNetValueError("imrotate: The number of images must be equal to the number of rotation angles; got "
                              f"{images.shape[0]} images and angles of the shape {degrees.shape}")
    angles = np.broadcast_to(np.deg2rad(degrees.astype(np.float32)), images.shape[:1])
    grid = nd.array(_grid(angles, *images.shape[2:], zoom_in, zoom_out), ctx=src.context)
    turned = nd.BilinearSampler(images, grid)
    return turned[0] if src.ndim == 3 else turned


def random_rotate(src: NDArray, angle_limits: Sequence[float], zoom_in: bool = False, zoom_out: bool = False
                  ) -> NDArray:
    """Turn an image, or each of a batch, by a random angle (``numpy.random``) between two limits in degrees.

    See :func:`imrotate`.
    """
    _require_images(src)
    if src.ndim == 3:
        return imrotate(src, np.random.uniform(*angle_limits), zoom_in, zoom_out)
    return imrotate(src, nd.array(np.random.uniform(*angle_limits, size=src.shape[0])), zoom_in, zoom_out)


def _require_images(src: Any) -> None:
    if not isinstance(src, NDArray) or src.dtype != np.float32:
        raise MXNetTypeError("imrotate: Only `float32` images are supported by this function; got "
                             f"{getattr(src, 'dtype', type(src).__name__)}")
    if src.ndim not in (3, 4):
        raise MXNetValueError("imrotate: Only 3D and 4D are supported by this function; got an array of the shape "
                              f"{src.shape}")


def _grid(angles: np.ndarray, height: int, width: int, zoom_in: bool, zoom_out: bool) -> np.ndarray:
    """Return where the pixels of the turned images lie in the images, for a sampler: (N, 2, height, width)."""
    cos, sin = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    y, x = np.meshgrid((np.arange(height) - (height - 1) / 2).astype(np.float32),
                       (np.arange(width) - (width - 1) / 2).astype(np.float32), indexing="ij")
    x, y = x * cos - y * sin, x * sin + y * cos
    if zoom_in or zoom_out:  # how much wider and higher the turned image is than the image
        wider = np.abs(cos) + np.abs(sin) * (height / width)
        higher = np.abs(cos) + np.abs(sin) * (width / height)
        most = np.maximum(wider, higher)
        scale = 1 / most if zoom_in else most
        x, y = x * scale, y * scale
    return np.stack([x / max((width - 1) / 2, 0.5), y / max((height - 1) / 2, 0.5)], axis=1).astype(np.float32)
