"""Reading and changing images with OpenCV, on the host; images on a GPU are fetched and brought back.

MXNet has these on the CPU alone.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import opencv
from ...device import of_raw
from ..catalog import op, require
from ..infer import Slots, same_type
from ..schema import Attrs, Floats

__all__: list[str] = []


def _on_host(array: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return ``function(array)`` where `array` is."""
    device = of_raw(array)
    return device.from_host(function(device.to_host(array)))


# ---- from files -----------------------------------------------------------------------------------

@op(name="_cvimdecode", differentiable=False)
def cvimdecode(xp, buf, *, flag: int = 1, to_rgb: bool = True):
    """Decode an image from the bytes of a file.

    Parameters
    ----------
    buf : uint8
        JPEG, PNG, or another format that OpenCV reads.
    flag : int
        0: grey, (height, width, 1); 1: in colours, (height, width, 3).
    to_rgb : bool
        Whether colours come as red, green, blue; otherwise as blue, green, red.

    Returns
    -------
    uint8. The shape depends on the values of `buf`.
    """
    return _on_host(buf, lambda data: opencv.decode(data, flag, to_rgb, "_cvimdecode"))


@cvimdecode.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(ins[0] in (None, np.uint8), "_cvimdecode", f"buf is {ins[0]}; Input needs to be uint8 buffer")
    ins[0] = outs[0] = np.dtype(np.uint8)


@op(name="_cvimread", differentiable=False)
def cvimread(xp, *, filename: str, flag: int = 1, to_rgb: bool = True, ctx: str = ""):
    """Read an image from a file; see ``_cvimdecode``."""
    return xp.asarray(opencv.read(filename, flag, to_rgb, "_cvimread"))


@cvimread.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = np.dtype(np.uint8)


def _image_of(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """The shape rule of what depends on values: an image."""
    outs[0] = (None, None, (3 if attrs.flag else 1))


cvimdecode.shape(_image_of)
cvimread.shape(_image_of)


# ---- geometry -------------------------------------------------------------------------------------

@op(name="_cvimresize", differentiable=False)
def cvimresize(xp, src, *, w: int, h: int, interp: int = 1):
    """Resize an image (height, width, channels) to width `w` and height `h`.

    Parameters
    ----------
    src : uint8, int8, float32 or float64
    interp : int
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.

    Returns
    -------
    (h, w, channels), same dtype.
    """
    return _on_host(src, lambda image: opencv.resize(image, w, h, interp, "_cvimresize"))


@cvimresize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("w", "h"):
        require(attrs[name] >= 1, "_cvimresize",
                f"value {attrs[name]} for Parameter {name} should be greater equal to 1")
    channels = _channels("_cvimresize", ins[0])
    if channels is not None:
        outs[0] = (attrs.h, attrs.w, channels)


@op(name="_cvcopyMakeBorder", differentiable=False)
def cv_copy_make_border(xp, src, *, top: int, bot: int, left: int, right: int, type: int = 0, value: float = 0.0,
                        values: Floats = ()):
    """Put a border around an image (height, width, channels).

    Parameters
    ----------
    top, bot, left, right : int
        How many pixels are added on each side.
    type : int
        0: `values`; 1: the edge; 2: the image reflected, 4: without the edge; 3: the image again.
    values : tuple of float
        A number for each channel, for up to four of them; where there are fewer, 0. (MXNet has chance numbers there.)
    value : float
        The same number for the first three channels.

    Returns
    -------
    (top + height + bot, left + width + right, channels), same dtype.
    """
    fill = values[:4] or (value,) * 3
    return _on_host(src, lambda image: opencv.pad(image, top, bot, left, right, type, fill, "_cvcopyMakeBorder"))


@cv_copy_make_border.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name in ("top", "bot", "left", "right"):
        require(attrs[name] >= 0, "_cvcopyMakeBorder", f"{name} is {attrs[name]}; expected 0 or more")
    channels = _channels("_cvcopyMakeBorder", ins[0])
    if channels is not None:
        height, width = ins[0][:2]
        outs[0] = (None if height is None else attrs.top + height + attrs.bot,
                   None if width is None else attrs.left + width + attrs.right, channels)


def _channels(name: str, shape: tuple | None) -> int | None:
    require(shape is None or len(shape) == 3, name, f"src has shape {shape}, expected (height, width, channels)")
    return None if shape is None else shape[2]


cvimresize.type(same_type)
cv_copy_make_border.type(same_type)
