"""Transforms of images, to be applied to examples of a dataset."""
from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .... import image
from ....base import MXNetTypeError, MXNetValueError, numeric_types
from ...block import Block, HybridBlock
from ...nn import HybridSequential, Sequential

__all__ = ["Compose", "Cast", "ToTensor", "Normalize", "RandomResizedCrop", "CenterCrop", "CropResize", "Resize",
           "RandomFlipLeftRight", "RandomFlipTopBottom", "RandomBrightness", "RandomContrast", "RandomSaturation",
           "RandomHue", "RandomColorJitter", "RandomLighting", "RandomApply", "Rotate", "RandomRotation"]

Size = int | Sequence[int]


class Compose(Sequential):
    """Transforms one after the other; those that can run as graphs do so together.

    Parameters
    ----------
    transforms : list of Block

    Examples
    --------
    >>> import cupynet as mx
    >>> from cupynet.gluon.data.vision import transforms
    >>> normalized = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.5, 0.5)])
    >>> normalized(mx.nd.zeros((2, 4, 3), dtype='uint8')).shape
    (3, 2, 4)
    """

    def __init__(self, transforms: Sequence[Block]):
        super().__init__()
        together: list[Block] = []
        for each in [*transforms, None]:
            if isinstance(each, HybridBlock):
                together.append(each)
                continue
            if len(together) > 1:
                graph = HybridSequential()
                graph.add(*together)
                graph.hybridize()
                self.add(graph)
            else:
                self.add(*together)
            together = []
            if each is not None:
                self.add(each)


class Cast(HybridBlock):
    """The same values in another dtype.

    Parameters
    ----------
    dtype : str or numpy.dtype
    """

    def __init__(self, dtype: Any = "float32"):
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.cast(x, self._dtype)


class ToTensor(HybridBlock):
    """Images (height, width, channels) of 0..255 as float32 (channels, height, width) of 0..1, also batches."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """``(x - mean) / std``, for each channel of (channels, height, width).

    Parameters
    ----------
    mean, std : float or tuple of float
    """

    def __init__(self, mean: Any = 0.0, std: Any = 1.0):
        super().__init__()
        self._mean, self._std = mean, std

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.normalize(x, self._mean, self._std)


class Rotate(Block):
    """Images (channels, height, width) turned by a fixed angle.

    Parameters
    ----------
    rotation_degrees : float
    zoom_in, zoom_out : bool
        Whether to scale so that no padding shows, or that nothing is lost.
    """

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False):
        super().__init__()
        self._args = rotation_degrees, zoom_in, zoom_out

    def forward(self, x: Any) -> Any:
        _check_float32(x)
        return image.imrotate(x, *self._args)


class RandomRotation(Block):
    """Images (channels, height, width) turned by an angle that is drawn.

    Parameters
    ----------
    angle_limits : (float, float)
        In degrees.
    zoom_in, zoom_out : bool
        Whether to scale so that no padding shows, or that nothing is lost.
    rotate_with_proba : float
        How probable it is that anything is done.
    """

    def __init__(self, angle_limits: Sequence[float], zoom_in: bool = False, zoom_out: bool = False,
                 rotate_with_proba: float = 1.0):
        super().__init__()
        lower, upper = angle_limits
        if lower >= upper:
            raise MXNetValueError("`angle_limits` must be an ordered tuple")
        if not 0 <= rotate_with_proba <= 1:
            raise MXNetValueError("Probability of rotating the image should be between 0 and 1")
        self._args = angle_limits, zoom_in, zoom_out
        self._rotate_with_proba = rotate_with_proba

    def forward(self, x: Any) -> Any:
        if np.random.random() > self._rotate_with_proba:
            return x
        _check_float32(x)
        return image.random_rotate(x, *self._args)


def _check_float32(x: Any) -> None:
    if x.dtype is not np.float32:
        raise MXNetTypeError("This transformation only supports float32. Consider calling it after ToTensor")


class RandomApply(Sequential):
    """Some transforms, or nothing.

    Parameters
    ----------
    transforms : Block or list of Block
    p : float
        How probable it is that they are applied.
    """

    def __init__(self, transforms: Block | Sequence[Block], p: float = 0.5):
        super().__init__()
        self.transforms = Compose(transforms) if isinstance(transforms, (list, tuple)) else transforms
        self.p = p

    def forward(self, x: Any) -> Any:
        return x if self.p < random.random() else self.transforms(x)


class RandomResizedCrop(Block):
    """A part of the image whose area and ratio are drawn, in a given size.

    Parameters
    ----------
    size : int or (int, int)
        Width and height.
    scale : (float, float)
        Between which parts of the image's area.
    ratio : (float, float)
        Between which ratios of width to height.
    interpolation : int
        One of OpenCV's ways.
    """

    def __init__(self, size: Size, scale: Sequence[float] = (0.08, 1.0),
                 ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0), interpolation: int = 1):
        super().__init__()
        self._args = _pair(size), scale, ratio, interpolation

    def forward(self, x: Any) -> Any:
        return image.random_size_crop(x, *self._args)[0]


class CropResize(HybridBlock):
    """A given part of the image, in a given size.

    Parameters
    ----------
    x, y, width, height : int
        The part: where it begins, and its size.
    size : int or (int, int), optional
        Width and height of the result.
    interpolation : int, optional
        One of OpenCV's ways.
    """

    def __init__(self, x: int, y: int, width: int, height: int, size: Size | None = None,
                 interpolation: int | None = None):
        super().__init__()
        self._x, self._y, self._width, self._height = x, y, width, height
        self._size, self._interpolation = size, 1 if interpolation is None else interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        out = F.image.crop(x, self._x, self._y, self._width, self._height)
        return F.image.resize(out, self._size, False, self._interpolation) if self._size else out


class CenterCrop(Block):
    """The middle of the image, scaled if that is too small.

    Parameters
    ----------
    size : int or (int, int)
        Width and height.
    interpolation : int
        One of OpenCV's ways.
    """

    def __init__(self, size: Size, interpolation: int = 1):
        super().__init__()
        self._args = _pair(size), interpolation

    def forward(self, x: Any) -> Any:
        return image.center_crop(x, *self._args)[0]


class Resize(HybridBlock):
    """The image in another size, also batches.

    Parameters
    ----------
    size : int or (int, int)
        Width and height.
    keep_ratio : bool
        Whether `size` is that of the shorter side.
    interpolation : int
        One of OpenCV's ways.
    """

    def __init__(self, size: Size, keep_ratio: bool = False, interpolation: int = 1):
        super().__init__()
        self._size, self._keep, self._interpolation = size, keep_ratio, interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.resize(x, self._size, self._keep, self._interpolation)


class RandomFlipLeftRight(HybridBlock):
    """The image, or its mirror image."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_flip_left_right(x)


class RandomFlipTopBottom(HybridBlock):
    """The image, or upside down."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_flip_top_bottom(x)


class _Jitter(HybridBlock):
    """A change by a factor between ``1 - strength`` and ``1 + strength``."""

    _operator = ""

    def __init__(self, strength: float):
        super().__init__()
        self._args = max(0, 1 - strength), 1 + strength

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return getattr(F.image, self._operator)(x, *self._args)


class RandomBrightness(_Jitter):
    """The image, brighter or darker.

    Parameters
    ----------
    brightness : float
        By how much at most.
    """

    _operator = "random_brightness"

    def __init__(self, brightness: float):
        super().__init__(brightness)


class RandomContrast(_Jitter):
    """The image with more or less contrast.

    Parameters
    ----------
    contrast : float
        By how much at most.
    """

    _operator = "random_contrast"

    def __init__(self, contrast: float):
        super().__init__(contrast)


class RandomSaturation(_Jitter):
    """The image with more or less colour.

    Parameters
    ----------
    saturation : float
        By how much at most.
    """

    _operator = "random_saturation"

    def __init__(self, saturation: float):
        super().__init__(saturation)


class RandomHue(_Jitter):
    """The image with other colours.

    Parameters
    ----------
    hue : float
        How far away at most.
    """

    _operator = "random_hue"

    def __init__(self, hue: float):
        super().__init__(hue)


class RandomColorJitter(HybridBlock):
    """The image with other brightness, contrast, saturation and hue, in an order that is drawn.

    Parameters
    ----------
    brightness, contrast, saturation, hue : float
        By how much at most.
    """

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0):
        super().__init__()
        self._args = brightness, contrast, saturation, hue

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_color_jitter(x, *self._args)


class RandomLighting(HybridBlock):
    """The image in another light: noise along the principal components of ImageNet (Krizhevsky et al. 2012).

    Parameters
    ----------
    alpha : float
        Standard deviation of the noise.
    """

    def __init__(self, alpha: float):
        super().__init__()
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.image.random_lighting(x, self._alpha)


def _pair(size: Size) -> Sequence[int]:
    return (size, size) if isinstance(size, numeric_types) else size
