"""Resizing, padding, cropping and normalising images (height, width, channels)."""
from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray

__all__ = ["imresize", "copyMakeBorder", "scale_down", "resize_short", "fixed_crop", "random_crop", "center_crop",
           "random_size_crop", "color_normalize"]

Box = tuple[int, int, int, int]

AUTO, ANY = 9, 10  # interpolations beside OpenCV's: what suits the change of size; what chance says
_NEAREST, _LINEAR, _CUBIC, _AREA, _LANCZOS = range(5)


def imresize(src: NDArray, w: int, h: int, *args: Any, **kwargs: Any) -> NDArray:
    """Resize an image to width `w` and height `h`.

    Parameters
    ----------
    src : NDArray
        (height, width, channels).
    interp : int, default 1
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.
    out : NDArray, optional

    Returns
    -------
    NDArray
        (h, w, channels), same dtype.
    """
    return nd._internal._cvimresize(src, w, h, *args, **kwargs)


def copyMakeBorder(src: NDArray, top: int, bot: int, left: int, right: int, *args: Any, **kwargs: Any) -> NDArray:
    """Put a border around an image.

    Parameters
    ----------
    src : NDArray
        (height, width, channels).
    top, bot, left, right : int
        How many pixels are added on each side.
    type : int, default 0
        0: `values`; 1: the edge; 2: the image reflected, 4: without the edge; 3: the image again.
    value : float, default 0
    values : tuple of float, optional
        A number for each channel.
    out : NDArray, optional
    """
    return nd._internal._cvcopyMakeBorder(src, top, bot, left, right, *args, **kwargs)


def _get_interp_method(interp: int, sizes: Sequence[int] = ()) -> int:
    """Return one of OpenCV's interpolations for `interp`.

    Parameters
    ----------
    interp : int
        One of OpenCV's; 9: cubic to enlarge, area to make smaller, otherwise linear; 10: one by chance.
    sizes : (old height, old width, new height, new width), optional
    """
    if interp == AUTO:
        if not sizes:
            return _CUBIC
        if len(sizes) != 4:
            raise MXNetValueError(f"sizes are {sizes}; expected old and new height and width")
        old_h, old_w, new_h, new_w = sizes
        if new_h > old_h and new_w > old_w:
            return _CUBIC
        return _AREA if new_h < old_h and new_w < old_w else _LINEAR
    if interp == ANY:
        return random.randint(_NEAREST, _LANCZOS)
    if interp not in range(5):
        raise MXNetValueError(f"Unknown interp method {interp}")
    return interp


def _size_of(src: NDArray) -> tuple[int, int]:
    """Return height and width of an image."""
    shape = getattr(src, "shape", None)
    if shape is None or len(shape) != 3:
        raise MXNetTypeError(f"image: expected an NDArray (height, width, channels); got "
                             f"{type(src).__name__ if shape is None else f'the shape {shape}'}")
    return shape[:2]


def _resized(src: NDArray, w: int, h: int, interp: int) -> NDArray:
    return imresize(src, w, h, interp=_get_interp_method(interp, (*_size_of(src), h, w)))


def scale_down(src_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return `size`, (width, height), made smaller in proportion where it does not fit into `src_size`.

    Examples
    --------
    >>> mx.image.scale_down((640, 480), (720, 120))
    (640, 106)
    """
    w, h = size
    src_w, src_h = src_size
    if src_h < h:
        w, h = float(w * src_h) / h, src_h
    if src_w < w:
        w, h = src_w, float(h * src_w) / w
    return int(w), int(h)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Resize an image so that its shorter edge has the length `size`.

    Parameters
    ----------
    src : NDArray
        (height, width, channels).
    size : int
    interp : int
        One of OpenCV's (0 to 4); 9: cubic to enlarge, area to make smaller, otherwise linear; 10: one by chance.
    """
    h, w = _size_of(src)
    new_w, new_h = (size, size * h // w) if h > w else (size * w // h, size)
    return _resized(src, new_w, new_h, interp)


def fixed_crop(src: NDArray, x0: int, y0: int, w: int, h: int, size: tuple[int, int] | None = None,
               interp: int = 2) -> NDArray:
    """Return the part of an image whose upper left corner is (`x0`, `y0`), resized to `size`, (width, height)."""
    out = nd.slice(src, begin=(y0, x0, 0), end=(y0 + h, x0 + w, int(src.shape[2])))
    if size is not None and (w, h) != size:
        out = imresize(out, *size, interp=_get_interp_method(interp, (h, w, size[1], size[0])))
    return out


def random_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, Box]:
    """Return a part of an image at a random place, of `size` (width, height) or resized to it, and (x0, y0, w, h)."""
    h, w = _size_of(src)
    new_w, new_h = scale_down((w, h), size)
    x0 = random.randint(0, w - new_w)
    y0 = random.randint(0, h - new_h)
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def center_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, Box]:
    """Return the middle of an image, of `size` (width, height) or resized to it, and (x0, y0, w, h)."""
    h, w = _size_of(src)
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = int((w - new_w) / 2), int((h - new_h) / 2)
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def random_size_crop(src: NDArray, size: tuple[int, int], area: float | tuple[float, float],
                     ratio: tuple[float, float], interp: int = 2, **kwargs: Any) -> tuple[NDArray, Box]:
    """Return a part of an image of random size, form and place, resized to `size`, and (x0, y0, w, h).

    Parameters
    ----------
    src : NDArray
        (height, width, channels).
    size : (width, height)
    area : float or (least, most)
        The area of the part, as a share of the image's; one number means up to 1.
    ratio : (least, most)
        Width over height. If ten random parts do not fit, the middle is taken.
    """
    if "min_area" in kwargs:
        area = kwargs.pop("min_area")
    if kwargs:
        raise MXNetTypeError(f"random_size_crop: unexpected keyword arguments: {', '.join(kwargs)}")
    h, w = _size_of(src)
    least, most = area if isinstance(area, (tuple, list)) else (area, 1.0)
    for _ in range(10):
        target = random.uniform(least, most) * (h * w)
        form = np.exp(random.uniform(np.log(ratio[0]), np.log(ratio[1])))
        new_w, new_h = round(np.sqrt(target * form)), round(np.sqrt(target / form))
        if new_w <= w and new_h <= h:
            x0 = random.randint(0, w - new_w)
            y0 = random.randint(0, h - new_h)
            return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)
    return center_crop(src, size, interp)


def color_normalize(src: NDArray, mean: NDArray | None, std: NDArray | None = None) -> NDArray:
    """Subtract `mean` from `src` and divide it by `std`, in place, and return it."""
    if mean is not None:
        src -= mean
    if std is not None:
        src /= std
    return src
