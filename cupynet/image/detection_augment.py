"""Augmenters of images with boxes: they change an image and the boxes of its objects together.

A label is (objects, 5 or more): class, left, top, right, bottom, and what else is said of an object. Places are shares
of the image's width and height. Draws come from Python's ``random``, in MXNet's order.
"""
from __future__ import annotations

import json
import math
import random
import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray
from .augment import (
    Augmenter,
    CastAug,
    ColorJitterAug,
    ColorNormalizeAug,
    ForceResizeAug,
    HueJitterAug,
    LightingAug,
    RandomGrayAug,
    ResizeAug,
    _plain,
)
from .transform import copyMakeBorder, fixed_crop

__all__ = ["DetAugmenter", "DetBorrowAug", "DetRandomSelectAug", "DetHorizontalFlipAug", "DetRandomCropAug",
           "DetRandomPadAug", "CreateMultiRandCropAugmenter", "CreateDetAugmenter"]

Range = tuple[float, float]
_LEAST = 2  # pixels that a crop or an object must have, and by which padding must enlarge each side
_PCA_VALUES = np.array([55.46, 4.794, 1.148])
_PCA_VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
_IMAGENET_MEAN, _IMAGENET_STD = np.array([123.68, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])


class DetAugmenter:
    """Base of augmenters for detection; the keyword arguments are what :meth:`dumps` tells."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> str:
        """Return name and arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        """Return image and label changed."""
        raise NotImplementedError("Must override implementation.")


class DetBorrowAug(DetAugmenter):
    """An augmenter of images that leaves the shares at which objects are: resizing, colours."""

    def __init__(self, augmenter: Augmenter):
        if not isinstance(augmenter, Augmenter):
            raise MXNetTypeError(f"DetBorrowAug: Borrowing from invalid Augmenter; got {augmenter!r}")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> list:
        """Return the name and what the augmenter tells."""
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters, or with the probability `skip_prob` none."""

    def __init__(self, aug_list: DetAugmenter | Sequence[DetAugmenter], skip_prob: float = 0):
        super().__init__(skip_prob=skip_prob)
        aug_list = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for each in aug_list:
            if not isinstance(each, DetAugmenter):
                raise MXNetValueError(f"DetRandomSelectAug: Allow DetAugmenter in list only; got {each!r}")
        self.aug_list, self.skip_prob = aug_list, skip_prob if aug_list else 1

    def dumps(self) -> list:
        """Return the name and what the augmenters tell."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.aug_list]]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        return self.aug_list[0](src, label)


class DetHorizontalFlipAug(DetAugmenter):
    """Left and right change places with the probability `p`."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() < self.p:
            src, label = nd.flip(src, axis=1), np.array(label)
            label[:, 1], label[:, 3] = 1.0 - label[:, 3], 1.0 - label[:, 1]
        return src, label


# ---- crops and margins ----------------------------------------------------------------------------

def _range(who: str, name: str, value: Any) -> Range:
    if isinstance(value, Number):
        return value, value
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not all(isinstance(x, Number) for x in value):
        raise MXNetTypeError(f"{who}: {name} is {value!r}; expected a number or two")
    return tuple(value)


def _areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas of boxes (..., left, top, right, bottom); 0 for what is no box."""
    return np.maximum(0, boxes[:, 2] - boxes[:, 0]) * np.maximum(0, boxes[:, 3] - boxes[:, 1])


class _RandomRegion(DetAugmenter):
    """What crops and margins share: their parameters, and whether anything can be drawn by them."""

    def __init__(self, told: dict[str, Any]):
        who = type(self).__name__
        for name in ("aspect_ratio_range", "area_range"):
            told[name] = _range(who, name, told[name])
        super().__init__(**told)
        self.aspect_ratio_range, self.area_range = told["aspect_ratio_range"], told["area_range"]
        self.max_attempts = told["max_attempts"]
        self.enabled = (self._least_area < self.area_range[1] and self.area_range[0] <= self.area_range[1]
                        and 0 < self.aspect_ratio_range[0] <= self.aspect_ratio_range[1])
        if not self.enabled:
            warnings.warn(f"{who}: Skip due to invalid parameters: area_range {self.area_range}, aspect_ratio_range "
                          f"{self.aspect_ratio_range}", stacklevel=3)

    _least_area = 0.0


class DetRandomCropAug(_RandomRegion):
    """A random part of the image in which objects are seen well enough; or all of it, if none is found.

    Parameters
    ----------
    min_object_covered : float
        Of each object that the part touches, more than this share must be in it.
    aspect_ratio_range : float or (float, float)
        Width divided by height.
    area_range : float or (float, float)
        The share of the image's area.
    min_eject_coverage : float
        Objects of which no more than this share is left are no longer in the label.
    max_attempts : int
    """

    def __init__(self, min_object_covered: float = 0.1, aspect_ratio_range: Any = (0.75, 1.33),
                 area_range: Any = (0.05, 1.0), min_eject_coverage: float = 0.3, max_attempts: int = 50):
        super().__init__({"min_object_covered": min_object_covered, "aspect_ratio_range": aspect_ratio_range,
                          "area_range": area_range, "min_eject_coverage": min_eject_coverage,
                          "max_attempts": max_attempts})
        self.min_object_covered, self.min_eject_coverage = min_object_covered, min_eject_coverage

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        height, width = src.shape[:2]
        label = np.asarray(label)
        for _ in range(self.max_attempts if self.enabled else 0):
            part = self._drawn(height, width)
            if part is None:
                continue
            shares = np.array(part) / (width, height, width, height)
            if self._shows_enough(label, part, shares, width * height):
                found = self._cut(label, shares)
                if found is not None:
                    return fixed_crop(src, *part, None), found
        return src, label

    def _drawn(self, height: int, width: int) -> tuple[int, int, int, int] | None:
        """Draw left, top, width and height of a part, if the ratio that is drawn has one."""
        least, most = (share * height * width for share in self.area_range)
        ratio = random.uniform(*self.aspect_ratio_range)
        h, max_h = round(math.sqrt(least / ratio)), round(math.sqrt(most / ratio))
        if round(max_h * ratio) > width:
            max_h = int((width + 0.4999999) / ratio)
        max_h = min(max_h, height)
        h = min(h, max_h)
        if h < max_h:
            h = random.randint(h, max_h)
        w = round(h * ratio)
        if w * h < least:
            h += 1
            w = round(h * ratio)
        if w * h > most:
            h -= 1
            w = round(h * ratio)
        if not (least <= w * h <= most and 0 <= w <= width and 0 <= h <= height):
            return None
        y = random.randint(0, max(0, height - h))
        return random.randint(0, max(0, width - w)), y, w, h

    def _shows_enough(self, label: np.ndarray, part: Sequence[int], shares: np.ndarray, area: int) -> bool:
        if part[2] * part[3] < _LEAST:
            return False
        objects = label[_areas(label[:, 1:]) * area > _LEAST, 1:5]
        corner, far = shares[:2], shares[:2] + shares[2:]
        seen = np.concatenate([np.maximum(objects[:, :2], corner), np.minimum(objects[:, 2:], far)], 1)
        covered = _areas(seen) / _areas(objects)
        covered = covered[covered > 0]
        return covered.size > 0 and covered.min() > self.min_object_covered

    def _cut(self, label: np.ndarray, shares: np.ndarray) -> np.ndarray | None:
        """Return the label of a part, or None if there is no object left."""
        x, y, w, h = shares.tolist()  # of Python, for which labels keep their dtype
        found = label.copy()
        found[:, (1, 3)] -= x
        found[:, (2, 4)] -= y
        found[:, (1, 3)] /= w
        found[:, (2, 4)] /= h
        found[:, 1:5] = np.clip(found[:, 1:5], 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            coverage = _areas(found[:, 1:]) * w * h / _areas(label[:, 1:])
        kept = (found[:, 3] > found[:, 1]) & (found[:, 4] > found[:, 2]) & (coverage > self.min_eject_coverage)
        return found[kept] if kept.any() else None


class DetRandomPadAug(_RandomRegion):
    """The image at a random place of a larger one.

    Parameters
    ----------
    aspect_ratio_range : float or (float, float)
        Width divided by height, of the larger image.
    area_range : float or (float, float)
        Its area divided by the image's.
    max_attempts : int
    pad_val : float or tuple of float
        What the margin has.
    """

    _least_area = 1.0

    def __init__(self, aspect_ratio_range: Any = (0.75, 1.33), area_range: Any = (1.0, 3.0), max_attempts: int = 50,
                 pad_val: Any = (128, 128, 128)):
        super().__init__({"aspect_ratio_range": aspect_ratio_range, "area_range": area_range,
                          "max_attempts": max_attempts, "pad_val": pad_val})
        self.pad_val = (pad_val,) if isinstance(pad_val, Number) else tuple(pad_val)

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            found = self._drawn(height, width)
            if found is not None:
                x, y, w, h = found
                label = np.array(label)
                label[:, (1, 3)] = (label[:, (1, 3)] * width + x) / w
                label[:, (2, 4)] = (label[:, (2, 4)] * height + y) / h
                return copyMakeBorder(src, y, h - y - height, x, w - x - width, 0, values=self.pad_val), label
        return src, label

    def _drawn(self, height: int, width: int) -> tuple[int, int, int, int] | None:
        """Draw the image's place in the larger one, and the width and height of that."""
        least, most = (share * height * width for share in self.area_range)
        ratio = random.uniform(*self.aspect_ratio_range)
        h, max_h = round(math.sqrt(least / ratio)), round(math.sqrt(most / ratio))
        if round(h * ratio) < width:
            h = int((width + 0.499999) / ratio)
        h = min(max(h, height), max_h)
        if h < max_h:
            h = random.randint(h, max_h)
        w = round(h * ratio)
        if h - height < _LEAST or w - width < _LEAST:
            return None
        y = random.randint(0, max(0, h - height))
        return random.randint(0, max(0, w - width)), y, w, h


# ---- the usual ones -------------------------------------------------------------------------------

def CreateMultiRandCropAugmenter(min_object_covered: Any = 0.1, aspect_ratio_range: Any = (0.75, 1.33),
                                 area_range: Any = (0.05, 1.0), min_eject_coverage: Any = 0.3, max_attempts: Any = 50,
                                 skip_prob: float = 0) -> DetRandomSelectAug:
    """Return a choice of several :class:`DetRandomCropAug`: where a parameter is a list, one for each of its items.

    Lists have the same length; what is no list is the same for all.
    """
    given = {"min_object_covered": min_object_covered, "aspect_ratio_range": aspect_ratio_range,
             "area_range": area_range, "min_eject_coverage": min_eject_coverage, "max_attempts": max_attempts}
    lengths = {name: len(value) for name, value in given.items() if isinstance(value, list)}
    count = max(lengths.values(), default=1)
    for name, length in lengths.items():
        if length not in (1, count):
            raise MXNetValueError(f"CreateMultiRandCropAugmenter: {name} has {length} items; expected {count}, as many "
                                  "as the longest list")
    columns = [value * (count if len(value) == 1 else 1) if isinstance(value, list) else [value] * count
               for value in given.values()]
    return DetRandomSelectAug([DetRandomCropAug(*row) for row in zip(*columns)], skip_prob=skip_prob)


def CreateDetAugmenter(data_shape: Sequence[int], resize: int = 0, rand_crop: float = 0, rand_pad: float = 0,
                       rand_gray: float = 0, rand_mirror: bool = False, mean: Any = None, std: Any = None,
                       brightness: float = 0, contrast: float = 0, saturation: float = 0, pca_noise: float = 0,
                       hue: float = 0, inter_method: int = 2, min_object_covered: Any = 0.1,
                       aspect_ratio_range: Any = (0.75, 1.33), area_range: Any = (0.05, 3.0),
                       min_eject_coverage: Any = 0.3, max_attempts: Any = 50,
                       pad_val: Any = (127, 127, 127)) -> list[DetAugmenter]:
    """Return the usual augmenters for detection.

    Parameters
    ----------
    data_shape : (channels, height, width)
        The shape that the images get, whatever their form was.
    resize : int
        If above 0: the length of the shorter edge before anything else.
    rand_crop, rand_pad : float
        The probabilities of a random part and of a random margin.
    rand_gray : float
        The probability of a grey image.
    rand_mirror : bool
        Left and right change places every second time.
    mean, std : True or array
        Subtracted and divided by; True: those of ImageNet.
    brightness, contrast, saturation, hue : float
        How far they change at most.
    pca_noise : float
        The deviation of :class:`LightingAug`.
    inter_method : int
        See :func:`resize_short`.
    min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts
        See :func:`CreateMultiRandCropAugmenter`; margins take the upper end of `area_range`.
    pad_val : float or tuple of float
    """
    found: list[DetAugmenter] = []
    if resize > 0:
        found.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        found.append(CreateMultiRandCropAugmenter(min_object_covered, aspect_ratio_range, area_range,
                                                  min_eject_coverage, max_attempts, skip_prob=1 - rand_crop))
    if rand_mirror:
        found.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        found.append(DetRandomSelectAug([DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts,
                                                         pad_val)], 1 - rand_pad))
    images: list[Augmenter] = [ForceResizeAug((data_shape[2], data_shape[1]), inter_method), CastAug()]
    if brightness or contrast or saturation:
        images.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        images.append(HueJitterAug(hue))
    if pca_noise > 0:
        images.append(LightingAug(pca_noise, _PCA_VALUES, _PCA_VECTORS))
    if rand_gray > 0:
        images.append(RandomGrayAug(rand_gray))
    mean, std = (usual if value is True else value for value, usual in ((mean, _IMAGENET_MEAN), (std, _IMAGENET_STD)))
    for name, value in (("mean", mean), ("std", std)):
        if value is not None and np.shape(value)[:1] not in ((1,), (3,)):
            raise MXNetValueError(f"CreateDetAugmenter: {name} has the shape {np.shape(value)}; expected 1 or 3 "
                                  "numbers")
    if mean is not None or std is not None:
        images.append(ColorNormalizeAug(mean, std))
    return found + [DetBorrowAug(each) for each in images]
