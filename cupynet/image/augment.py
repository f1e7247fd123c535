"""Augmenters: small objects that take an image (height, width, channels) and return one, often by chance.

They draw from Python's ``random`` and from ``numpy.random``, as MXNet's do: ``random.seed(0); np.random.seed(0)``
repeats what they did.
"""
from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetValueError
from ..context import cpu
from ..ndarray import NDArray
from .transform import (
    _resized,
    center_crop,
    color_normalize,
    random_crop,
    random_size_crop,
    resize_short,
)

__all__ = ["Augmenter", "SequentialAug", "RandomOrderAug", "ResizeAug", "ForceResizeAug", "RandomCropAug",
           "RandomSizedCropAug", "CenterCropAug", "BrightnessJitterAug", "ContrastJitterAug", "SaturationJitterAug",
           "HueJitterAug", "ColorJitterAug", "LightingAug", "ColorNormalizeAug", "RandomGrayAug", "HorizontalFlipAug",
           "CastAug", "CreateAugmenter"]

_LUMA = np.array([[[0.299, 0.587, 0.114]]])  # ITU-R BT.601
_GREY = np.array([[0.21], [0.72], [0.07]]) * np.ones((1, 3))
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])
# Principal components of ImageNet's colours (Krizhevsky et al. 2012), its mean and standard deviation
_PCA_VALUES = np.array([55.46, 4.794, 1.148])
_PCA_VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
_IMAGENET_MEAN, _IMAGENET_STD = (123.68, 116.28, 103.53), (58.395, 57.12, 57.375)


class Augmenter:
    """Base of augmenters; the keyword arguments are what :meth:`dumps` tells."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> str:
        """Return name and arguments as JSON.

        Examples
        --------
        >>> mx.image.ResizeAug(224).dumps()
        '["resizeaug", {"size": 224, "interp": 2}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        """Return the image changed; `src` itself may change."""
        raise NotImplementedError("Must override implementation.")


def _constant(values: Any) -> NDArray:
    """Return numbers where images are decoded."""
    return values if isinstance(values, NDArray) else nd.array(values, ctx=cpu())


def _plain(value: Any) -> Any:
    """Return what JSON can say of a value."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


# ---- of several others ----------------------------------------------------------------------------

class SequentialAug(Augmenter):
    """Augmenters one after the other."""

    def __init__(self, ts: Sequence[Augmenter]):
        super().__init__()
        self.ts = ts

    def dumps(self) -> list:
        """Return the name and what the augmenters tell."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        for each in self.ts:
            src = each(src)
        return src


class RandomOrderAug(SequentialAug):
    """Augmenters one after the other, in random order."""

    def __call__(self, src: NDArray) -> NDArray:
        random.shuffle(self.ts)
        return super().__call__(src)


# ---- geometry -------------------------------------------------------------------------------------

class ResizeAug(Augmenter):
    """The shorter edge gets the length `size`; see :func:`resize_short`."""

    def __init__(self, size: int, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """The image gets the `size` (width, height), whatever its form was."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return _resized(src, *self.size, self.interp)


class RandomCropAug(Augmenter):
    """A part of `size` (width, height) at a random place; see :func:`random_crop`."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """A part of random size, form and place, resized to `size`; see :func:`random_size_crop`."""

    def __init__(self, size: tuple[int, int], area: float | tuple[float, float], ratio: tuple[float, float],
                 interp: int = 2, **kwargs: Any):
        area = kwargs.pop("min_area", area)
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class CenterCropAug(Augmenter):
    """The middle, of `size` (width, height); see :func:`center_crop`."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return center_crop(src, self.size, self.interp)[0]


class HorizontalFlipAug(Augmenter):
    """Left and right change places with the probability `p`."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return nd.flip(src, axis=1) if random.random() < self.p else src


# ---- colours --------------------------------------------------------------------------------------

class BrightnessJitterAug(Augmenter):
    """The image times a number in ``[1 - brightness, 1 + brightness]``, in place."""

    def __init__(self, brightness: float):
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        src *= 1.0 + random.uniform(-self.brightness, self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Nearer to its mean grey, or farther from it, by up to the share `contrast`, in place."""

    def __init__(self, contrast: float):
        super().__init__(contrast=contrast)
        self.contrast = contrast
        self.coef = _constant(_LUMA)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.contrast, self.contrast)
        grey = src * self.coef.as_in_context(src.context)
        grey = (3.0 * (1.0 - alpha) / grey.size) * nd.sum(grey)
        src *= alpha
        src += grey
        return src


class SaturationJitterAug(Augmenter):
    """Nearer to grey, or farther from it, by up to the share `saturation`, in place."""

    def __init__(self, saturation: float):
        super().__init__(saturation=saturation)
        self.saturation = saturation
        self.coef = _constant(_LUMA)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.saturation, self.saturation)
        grey = nd.sum(src * self.coef.as_in_context(src.context), axis=2, keepdims=True)
        grey *= 1.0 - alpha
        src *= alpha
        src += grey
        return src


class HueJitterAug(Augmenter):
    """Colours turned by up to the share `hue` of half a circle, in the space YIQ."""

    def __init__(self, hue: float):
        super().__init__(hue=hue)
        self.hue = hue
        self.tyiq, self.ityiq = _TO_YIQ, _FROM_YIQ

    def __call__(self, src: NDArray) -> NDArray:
        alpha = random.uniform(-self.hue, self.hue)
        u, w = np.cos(alpha * np.pi), np.sin(alpha * np.pi)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, u, -w], [0.0, w, u]])
        return nd.dot(src, nd.array(np.dot(np.dot(self.ityiq, turn), self.tyiq).T, ctx=src.context))


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation changed, in random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float):
        super().__init__([kind(amount) for kind, amount in (
            (BrightnessJitterAug, brightness), (ContrastJitterAug, contrast), (SaturationJitterAug, saturation))
            if amount > 0])


class LightingAug(Augmenter):
    """Colours moved along their principal components by normal numbers of the deviation `alphastd`, in place.

    AlexNet's augmentation (Krizhevsky et al. 2012).

    Parameters
    ----------
    alphastd : float
    eigval, eigvec : (3,) and (3, 3) arrays
        Eigenvalues and eigenvectors of the colours' covariance.
    """

    def __init__(self, alphastd: float, eigval: np.ndarray, eigvec: np.ndarray):
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, eigval, eigvec

    def __call__(self, src: NDArray) -> NDArray:
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        src += nd.array(np.dot(self.eigvec * alpha, self.eigval), ctx=src.context)
        return src


class ColorNormalizeAug(Augmenter):
    """Minus `mean`, divided by `std`, in place."""

    def __init__(self, mean: Any, std: Any):
        super().__init__(mean=mean, std=std)
        self.mean, self.std = (None if x is None else _constant(x) for x in (mean, std))

    def __call__(self, src: NDArray) -> NDArray:
        return color_normalize(src, *(x if x is None else x.as_in_context(src.context) for x in (self.mean, self.std)))


class RandomGrayAug(Augmenter):
    """Grey with the probability `p`."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p
        self.mat = _constant(_GREY)

    def __call__(self, src: NDArray) -> NDArray:
        return nd.dot(src, self.mat.as_in_context(src.context)) if random.random() < self.p else src


class CastAug(Augmenter):
    """The image in another dtype."""

    def __init__(self, typ: str = "float32"):
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        return src.astype(self.typ)


# ---- the usual ones -------------------------------------------------------------------------------

def CreateAugmenter(data_shape: Sequence[int], resize: int = 0, rand_crop: bool = False, rand_resize: bool = False,
                    rand_mirror: bool = False, mean: Any = None, std: Any = None, brightness: float = 0,
                    contrast: float = 0, saturation: float = 0, hue: float = 0, pca_noise: float = 0,
                    rand_gray: float = 0, inter_method: int = 2) -> list[Augmenter]:
    """Return the usual augmenters of training and testing images.

    Parameters
    ----------
    data_shape : (channels, height, width)
        The shape that the images get.
    resize : int
        If above 0: the length of the shorter edge before anything else.
    rand_crop : bool
        A part at a random place, instead of the middle.
    rand_resize : bool
        A part of random size and form; needs `rand_crop`.
    rand_mirror : bool
        Left and right change places every second time.
    mean, std : True or array
        Subtracted and divided by; True: those of ImageNet.
    brightness, contrast, saturation, hue : float
        How far they change at most; see the augmenters.
    pca_noise : float
        The deviation of :class:`LightingAug`.
    rand_gray : float
        The probability of a grey image.
    inter_method : int
        See :func:`resize_short`.
    """
    augmenters: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    size = (data_shape[2], data_shape[1])
    if rand_resize:
        if not rand_crop:
            raise MXNetValueError("CreateAugmenter: rand_resize needs rand_crop")
        augmenters.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    else:
        augmenters.append((RandomCropAug if rand_crop else CenterCropAug)(size, inter_method))
    if rand_mirror:
        augmenters.append(HorizontalFlipAug(0.5))
    augmenters.append(CastAug())
    if brightness or contrast or saturation:
        augmenters.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        augmenters.append(HueJitterAug(hue))
    if pca_noise > 0:
        augmenters.append(LightingAug(pca_noise, _PCA_VALUES, _PCA_VECTORS))
    if rand_gray > 0:
        augmenters.append(RandomGrayAug(rand_gray))
    mean, std = (_constant(usual) if given is True else given
                 for given, usual in ((mean, _IMAGENET_MEAN), (std, _IMAGENET_STD)))
    for name, value in (("mean", mean), ("std", std)):
        if value is not None and tuple(np.shape(value)) not in ((1,), (3,)):
            raise MXNetValueError(f"CreateAugmenter: {name} has the shape {np.shape(value)}; expected (1,) or (3,)")
    if mean is not None or std is not None:
        augmenters.append(ColorNormalizeAug(mean, std))
    return augmenters
