"""Images: conversion, normalisation, resizing, cropping, flips and random colour changes.

An image is (height, width, channels), a batch of images (N, height, width, channels); colours are red,
green, blue from 0 to 255. Random operators draw on the device and never wait for it.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, same_shape, same_type
from ..schema import Attrs, Floats, Shape
from ..single import as_single
from .resample import resize

__all__: list[str] = []

_LIGHTING = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
                     ) * [55.46, 4.794, 1.148]
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


# ---- what the operators share ---------------------------------------------------------------------

def _work(data: Any) -> Any:
    """Return `data` in the floating point type that colours are computed in."""
    return data if data.dtype.char in "fd" else data.astype(np.float32)


def _restore(xp: Any, result: Any, dtype: Any) -> Any:
    """Return `result` as `dtype`: integers are truncated, bytes limited to their range."""
    if dtype == np.uint8:
        result = xp.clip(result, 0, 255)
    return result.astype(dtype, copy=False)


def _require_image(name: str, shape: Any, batches: bool = True, channels: bool = False) -> None:
    if shape is None:
        return
    kinds = "(height, width, channels)" + (" or (N, height, width, channels)" if batches else "")
    require(len(shape) == 3 or (batches and len(shape) == 4), name, f"data has shape {shape}, expected {kinds}")
    require(not channels or shape[-1] in (None, 1, 3), name, f"data has shape {shape}, expected 1 or 3 channels")


def _image_shape(name: str, batches: bool = True, channels: bool = False):
    """Return the shape rule of an operator whose result has the shape of the image."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        same_shape(attrs, ins, outs)
        _require_image(name, ins[0], batches, channels)
    return rule


def _pass(F, grad):
    return grad


def _luma(pixels: Any) -> Any:
    """Return the brightness of colours (..., 3) as (..., 1)."""
    red, green, blue = (pixels[..., i:i + 1] * weight for i, weight in enumerate(_LUMA))
    return red + green + blue


# ---- conversion -----------------------------------------------------------------------------------

@op(name="_image_to_tensor")
def to_tensor(xp, data, *, out=None):
    """Image (H, W, C) of 0 to 255 to tensor (C, H, W) of 0 to 1, or (N, H, W, C) to (N, C, H, W).

    Parameters
    ----------
    data : any dtype

    Returns
    -------
    float32
    """
    planes = xp.moveaxis(data, -1, -3)
    if out is None:
        out = xp.empty(planes.shape, np.float32)
    return xp.divide(planes, 255, out=out, dtype=np.float32, casting="unsafe")


@to_tensor.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _require_image("_image_to_tensor", ins[0])
    if ins[0] is not None:
        outs[0] = (*ins[0][:-3], ins[0][-1], *ins[0][-3:-1])
    if outs[0] is not None:
        ins[0] = (*outs[0][:-3], *outs[0][-2:], outs[0][-3])


@to_tensor.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = np.dtype(np.float32)


@to_tensor.grad("data")
def _(F, grad, data_shape, data_dtype):
    return F.Cast(F.transpose(grad, axes=(1, 2, 0) if len(data_shape) == 3 else (0, 2, 3, 1)), dtype=data_dtype) / 255


def _per_channel(name: str, what: str, values: tuple, channels: int) -> np.ndarray | float:
    """Return one number, or numbers shaped to go with (channels, height, width)."""
    if len(set(values)) == 1:
        return values[0]
    require(len(values) == channels, name,
            f"{what} is {values}; expected one number, or one for each of {channels} channels")
    return np.array(values).reshape(-1, 1, 1)


@op(name="_image_normalize")
def normalize(xp, data, *, mean: Floats = (0.0, 0.0, 0.0, 0.0), std: Floats = (1.0, 1.0, 1.0, 1.0)):
    """``(data - mean) / std`` per channel of a tensor (C, H, W) or (N, C, H, W), C being 1 or 3.

    Parameters
    ----------
    data : any dtype
    mean, std : tuple of float
        One number, or one for each channel. (MXNet's own defaults, four equal numbers, fail its check of
        this; here equal numbers count as one.)

    Returns
    -------
    Same shape and dtype as `data`; whole numbers are truncated.
    """
    work = _work(data)
    mean, std = (value if isinstance(value, float) else xp.asarray(value, dtype=work.dtype)
                 for value in (_per_channel("_image_normalize", what, values, data.shape[-3])
                               for what, values in (("mean", mean), ("std", std))))
    result = work - mean
    result /= std
    return _restore(xp, result, data.dtype)


@normalize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    same_shape(attrs, ins, outs)
    shape = ins[0]
    if shape is not None:
        require(len(shape) in (3, 4) and shape[-3] in (None, 1, 3), "_image_normalize",
                f"data has shape {shape}, expected (C, height, width) or (N, C, height, width) with C = 1 or 3")
        for what in ("mean", "std"):
            if shape[-3] is not None:
                _per_channel("_image_normalize", what, attrs[what], shape[-3])


normalize.type(same_type)


@normalize.grad("data")
def _(F, grad, *, std):
    return F._image_normalize(grad, mean=(0.0,), std=std)


# ---- geometry -------------------------------------------------------------------------------------

def _target(shape: tuple, size: tuple, keep_ratio: bool) -> tuple[int, int]:
    """Return the height and width that `size` means for images of `shape`."""
    if len(size) == 2:
        return size[1], size[0]
    height, width = shape[-3:-1]
    if not keep_ratio:
        return size[0], size[0]
    return (size[0] * height // width, size[0]) if height > width else (size[0], size[0] * width // height)


@op(name="_image_resize", differentiable=False)
def image_resize(xp, data, *, size: Shape = (), keep_ratio: bool = False, interp: int = 1):
    """Resize an image or a batch of images, as OpenCV does.

    Parameters
    ----------
    data : (H, W, C) or (N, H, W, C)
        uint8 images give OpenCV's bytes. Other whole numbers (which OpenCV refuses) are rounded.
    size : int or (width, height)
    keep_ratio : bool
        With one number for `size`: make this the length of the shorter edge, and keep the shape.
    interp : int
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.

    Returns
    -------
    Same dtype as `data`. No gradient, as in MXNet.
    """
    return resize(xp, data, *_target(data.shape, size, keep_ratio), interp)


@image_resize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    size, shape = attrs.size, ins[0]
    require(len(size) in (1, 2) and min(size) > 0, "_image_resize",
            f"size is {size}; expected an int or (width, height), greater than 0")
    require(attrs.interp in range(5), "_image_resize", f"interp is {attrs.interp}; expected 0, 1, 2, 3 or 4")
    _require_image("_image_resize", shape)
    if shape is not None and (None not in shape[-3:-1] or len(size) == 2 or not attrs.keep_ratio):
        outs[0] = (*shape[:-3], *_target(shape, size, attrs.keep_ratio), shape[-1])
    if outs[0] is not None:
        ins[0] = (*outs[0][:-3], None, None, outs[0][-1])


image_resize.type(same_type)


@op(name="_image_crop", view=True)
def image_crop(xp, data, *, x: int, y: int, width: int, height: int):
    """The `width` x `height` part of images (H, W, C) or (N, H, W, C) whose upper left corner is (x, y)."""
    return data[..., y:y + height, x:x + width, :]


@image_crop.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0]
    require(attrs.width > 0 and attrs.height > 0, "_image_crop",
            f"width and height are {attrs.width} and {attrs.height}; expected numbers greater than 0")
    require(attrs.x >= 0 and attrs.y >= 0, "_image_crop", f"x and y are {attrs.x} and {attrs.y}; expected 0 or more")
    _require_image("_image_crop", shape)
    if shape is not None:
        for size, at, begin, length in ((shape[-3], "y", attrs.y, attrs.height),
                                        (shape[-2], "x", attrs.x, attrs.width)):
            require(size is None or begin + length <= size, "_image_crop",
                    f"{at} = {begin} and a length of {length} need {begin + length} pixels; data has {size}")
        outs[0] = (*shape[:-3], attrs.height, attrs.width, shape[-1])
    if outs[0] is not None:
        ins[0] = (*outs[0][:-3], None, None, outs[0][-1])


image_crop.type(same_type)


@image_crop.grad("data")
def _(F, grad, data_shape, *, x, y):
    return F._backward_crop(grad, begin=(0,) * (len(data_shape) - 3) + (y, x, 0), shape=data_shape)


@op(name="_backward_crop")
def embed(xp, data, *, begin: Shape, shape: Shape, out=None):
    """Zeros of `shape` with `data` from position `begin` on: the adjoint of cropping."""
    if out is None:
        out = xp.zeros(shape, data.dtype)
    else:
        out[...] = 0
    out[tuple(slice(b, b + n) for b, n in zip(begin, data.shape))] = data
    return out


@embed.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


embed.type(same_type)


@embed.grad("data")
def _(F, grad, data_shape, *, begin):
    return F.slice(grad, begin=begin, end=tuple([b + n for b, n in zip(begin, data_shape)]))


def _declare_flips(direction: str, axis: int) -> None:
    words = direction.replace("_", " to ")

    @op(name=f"_image_flip_{direction}", view=True)
    def flip(xp, data):
        return xp.flip(data, axis)

    @op(name=f"_image_random_flip_{direction}", differentiable=False)
    def random_flip(xp, data, *, rng):
        return xp.where(rng.serial.uniform((1,), np.float64) >= 0.5, xp.flip(data, axis), data)

    @flip.grad("data")
    def _(F, grad):
        return getattr(F, f"_image_flip_{direction}")(grad)

    flip.doc = (f"Mirror images (H, W, C) or (N, H, W, C) {words}.\n\n"
                "MXNet takes no batches, leaves the middle of an odd number of columns unset, and gives a gradient\n"
                "that is not mirrored; here all of this is as one expects.")
    random_flip.doc = f"Mirror an image (H, W, C) {words} or leave it, with equal chances. No gradient."
    flip.shape(_image_shape(flip.name, channels=True))
    random_flip.shape(_image_shape(random_flip.name, batches=False, channels=True))
    flip.type(same_type)
    random_flip.type(same_type)


_declare_flips("left_right", -2)
_declare_flips("top_bottom", -3)


# ---- random colours -------------------------------------------------------------------------------
# Every function takes and gives colours in floating point; `factor` is an array of shape (1,) on the device.

def _brightness(xp: Any, data: Any, factor: Any) -> Any:
    return data * factor


def _contrast(xp: Any, data: Any, factor: Any) -> Any:
    mean = data.mean(axis=(0, 1))
    grey = _luma(mean) if data.shape[-1] == 3 else mean
    return data * factor + (1 - factor) * grey


def _saturation(xp: Any, data: Any, factor: Any) -> Any:
    return data * factor + (1 - factor) * (data[..., 2:] * _LUMA[2]) if data.shape[-1] == 3 else data.copy()


def _hue(xp: Any, data: Any, turn: Any) -> Any:
    """Turn the hue by `turn` of a circle, at constant lightness and saturation (HLS, in single precision).

    The steps are those of OpenCV's conversions, so that what is rounded is rounded alike.
    """
    if data.shape[-1] != 3:
        return data.copy()
    one = np.float32
    red, green, blue = (data[..., i].astype(one) / one(255) for i in range(3))
    high, low = xp.maximum(xp.maximum(red, green), blue), xp.minimum(xp.minimum(red, green), blue)
    chroma, lightness = high - low, (high + low) * one(0.5)
    grey = chroma <= np.finfo(one).eps
    sixth = one(60) / xp.where(grey, one(1), chroma)
    hue = xp.where(high == red, (green - blue) * sixth, xp.where(
        high == green, (blue - red) * sixth + one(120), (red - green) * sixth + one(240)))
    hue = xp.where(hue < 0, hue + one(360), hue) + turn * one(360)
    top = xp.where(lightness < 0.5, high + low, 2 - high - low)
    saturation = chroma / xp.where(grey, one(1), top)
    full = xp.where(lightness <= 0.5, lightness * (1 + saturation), lightness + saturation - lightness * saturation)
    empty = 2 * lightness - full
    place = (hue * one(1 / 60)) % one(6)  # red, yellow, green, cyan, blue, magenta
    sector = xp.floor(place)
    part = place - sector
    falling, rising = empty + (full - empty) * (1 - part), empty + (full - empty) * part
    around = (full, falling, empty, empty, rising, full)  # of red, through the sectors; green is two behind, blue four
    planes = []
    for shift in (0, 4, 2):
        plane = lightness
        for i in range(6):
            plane = xp.where(~grey & (sector == i), around[(i + shift) % 6], plane)
        planes.append(plane)
    return xp.stack(planes, -1) * one(255)


def _uniform(rng: Any, low: np.float32, high: np.float32) -> Any:
    return rng.serial.uniform((1,)) * (high - low) + low


def _declare_random(name: str, function: Any, doc: str) -> None:
    @op(name=f"_image_random_{name}")
    def kernel(xp, data, *, min_factor: float, max_factor: float, rng):
        result = function(xp, _work(data), _uniform(rng, as_single(min_factor), as_single(max_factor)))
        return _restore(xp, result, data.dtype)

    @kernel.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        require(min(attrs.min_factor, attrs.max_factor) >= 0, kernel.name,
                f"min_factor and max_factor are {attrs.min_factor} and {attrs.max_factor}; expected 0 or more")
        _image_shape(kernel.name, False, True)(attrs, ins, outs)

    kernel.doc = (f"{doc}, with a factor that is drawn uniformly from [`min_factor`, `max_factor`).\n\n"
                  "Parameters\n----------\ndata : (H, W, C), any dtype; C is 1 or 3\n\n"
                  "Returns\n-------\nSame shape and dtype as `data`. The gradient passes through as it is.")
    kernel.type(same_type)
    kernel.grad("data")(_pass)


_declare_random("brightness", _brightness, "Multiply the colours of an image; bytes are limited to 255")
_declare_random("contrast", _contrast, "``factor * data + (1 - factor) * grey``, grey being the image's mean luma")
_declare_random("saturation", _saturation,
                "``factor * data + (1 - factor) * 0.114 * blue`` per pixel (as in MXNet, which forgets red and green, "
                "so that images turn dark as they lose colour)")
_declare_random("hue", _hue, "Turn the hue of an image by a part of the circle, at constant lightness and saturation")


@op(name="_image_random_color_jitter")
def random_color_jitter(xp, data, *, brightness: float, contrast: float, saturation: float, hue: float, rng):
    """Change brightness, contrast, saturation and hue of an image by random amounts.

    The factors of the first three are uniform in ``[1 - x, 1 + x)``, the turn of the hue in ``[-hue, hue)`` of
    a circle. The steps come in random order, on a GPU always in this one; bytes are cut to their range after each.

    Parameters
    ----------
    data : (H, W, C), any dtype; C is 1 or 3

    Returns
    -------
    Same shape and dtype as `data`. The gradient passes through as it is.
    """
    result = data
    steps = ((brightness, 1, _brightness), (contrast, 1, _contrast), (saturation, 1, _saturation), (hue, 0, _hue))
    for amount, centre, function in map(steps.__getitem__, rng.serial.order(len(steps))):
        if amount > 0:
            amount = as_single(amount)
            changed = function(xp, _work(result), _uniform(rng, centre - amount, centre + amount))
            result = _restore(xp, changed, data.dtype)
    return result if result is not data else data.copy()


random_color_jitter.shape(_image_shape("_image_random_color_jitter", False, True))
random_color_jitter.type(same_type)
random_color_jitter.grad("data")(_pass)


# ---- lighting -------------------------------------------------------------------------------------

def _light(xp: Any, data: Any, alpha: Any) -> Any:
    """Add the principal components of natural colours, `alpha` (3,) times each."""
    if data.shape[-1] != 3:
        return data.copy()
    work = _work(data)
    shift = (xp.asarray(_LIGHTING, dtype=work.dtype) * alpha).sum(-1)
    return _restore(xp, work + shift, data.dtype)


@op(name="_image_adjust_lighting")
def adjust_lighting(xp, data, *, alpha: Floats):
    """Add AlexNet's lighting noise: ``data + sum_i alpha_i lambda_i p_i``.

    ``p_i`` and ``lambda_i`` are the principal components of the colours of ImageNet and their sizes
    (Krizhevsky et al., 2012). Images of one channel stay as they are.

    Parameters
    ----------
    data : (H, W, C), any dtype; C is 1 or 3
    alpha : tuple of 3 floats
        Further ones are ignored.

    Returns
    -------
    Same shape and dtype as `data`.
    """
    return _light(xp, data, xp.asarray(np.array(alpha[:3], _work(data[:0]).dtype)))


@adjust_lighting.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(attrs.alpha) >= 3, "_image_adjust_lighting", f"alpha is {attrs.alpha}; expected 3 numbers")
    _image_shape("_image_adjust_lighting", False, True)(attrs, ins, outs)


adjust_lighting.type(same_type)


adjust_lighting.grad("data")(_pass)


@op(name="_image_random_lighting")
def random_lighting(xp, data, *, alpha_std: float = 0.05, rng):
    """AlexNet's lighting noise with three normal amounts of mean 0 and standard deviation `alpha_std`.

    See ``_image_adjust_lighting``. The gradient passes through as it is.
    """
    alpha = rng.serial.normal((3,)) * as_single(alpha_std)
    return _light(xp, data, alpha)


random_lighting.shape(_image_shape("_image_random_lighting", False, True))
random_lighting.type(same_type)
random_lighting.grad("data")(_pass)
