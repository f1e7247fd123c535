"""``mx.nd.imdecode``: images as the first programs decoded them."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import opencv
from ..base import MXNetValueError
from .creation import array
from .ndarray import NDArray

__all__ = ["imdecode"]


def imdecode(str_img: bytes, clip_rect: Sequence[int] = (0, 0, 0, 0), out: NDArray | None = None, index: int = 0,
             channels: int = 3, mean: NDArray | None = None) -> NDArray:
    """Decode an image to (channels, height, width). DEPRECATED, use ``mx.img.imdecode`` instead.

    (MXNet 1.9.1 has this function, but it fails with all arguments.)

    Parameters
    ----------
    str_img : bytes
        The content of an image file.
    clip_rect : (x0, y0, x1, y1)
        Which part of it is wanted; zeros: all.
    out : NDArray, optional
        (channels, height, width), or a batch of such images.
    index : int
        Which image of a batch `out` is.
    channels : int
        3: red, green, blue; 1: grey.
    mean : NDArray, optional
        Is subtracted; broadcasts with the image.

    Returns
    -------
    NDArray
        `out`, or float32 (the dtype of `mean`).
    """
    if channels not in (1, 3):
        raise MXNetValueError(f"imdecode: channels is {channels}; expected 1 (grey) or 3")
    image = opencv.decode(str_img, int(channels == 3), True, "imdecode").transpose(2, 0, 1)
    x0, y0, x1, y1 = clip_rect
    if (x0, y0, x1, y1) != (0, 0, 0, 0):
        if not (0 <= x0 < x1 <= image.shape[2] and 0 <= y0 < y1 <= image.shape[1]):
            raise MXNetValueError(f"imdecode: clip_rect is {tuple(clip_rect)}; the image is {image.shape[2]} wide and "
                                  f"{image.shape[1]} high")
        image = image[:, y0:y1, x0:x1]
    decoded = array(image, dtype=np.float32 if mean is None else mean.dtype)
    if mean is not None:
        decoded = decoded - mean
    if out is None:
        return decoded
    if out.ndim not in (3, 4) or out.shape[-3:] != decoded.shape:
        raise MXNetValueError(f"imdecode: out has the shape {out.shape}; expected {decoded.shape}, or a batch of these")
    if out.ndim == 4 and not 0 <= index < out.shape[0]:
        raise MXNetValueError(f"imdecode: index is {index}; out holds {out.shape[0]} images")
    out[index if out.ndim == 4 else slice(None)] = decoded
    return out
