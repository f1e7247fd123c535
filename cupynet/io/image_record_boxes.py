"""How MXNet's iterator over records of images with boxes cuts and changes them (``det_aug_default``), draw for draw.

As in ``image_record_augment``, what is drawn depends on the size of an image and its boxes, not on its pixels.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import Draws
from .image_record_augment import Size, Step, pick_interpolation, shift_colours

__all__ = ["BoxAugmenter", "Sampler"]

_F = np.float32
_LEAST_PADDING = _F(1.05)  # what is drawn below this pads nothing
Objects = np.ndarray  # (count, object width), float32: class, left, top, right, bottom, ...; of the image's sides
_BOX = slice(1, 5)


@dataclass
class Sampler:
    """What the crops of one sampler must be like: lowest and highest values.

    Coverages are those of a crop and the box of an object: their intersection by their union (`overlaps`), by the crop
    (`sample_coverages`) and by the object (`object_coverages`). One object must lie in all three ranges.
    """

    scales: tuple[float, float]
    aspect_ratios: tuple[float, float]
    overlaps: tuple[float, float]
    sample_coverages: tuple[float, float]
    object_coverages: tuple[float, float]
    trials: int

    def draw(self, size: Size, draws: Draws) -> np.ndarray:
        """Return left, top, width and height of a crop, of the image's sides."""
        aspect = float(_F(size[0]) / _F(size[1]))
        scale = _between(draws, *self.scales)
        square = float(scale) ** 2
        low = max(_F(self.aspect_ratios[0]), _F(square / aspect))
        high = min(_F(self.aspect_ratios[1]), _F(1 / (square * aspect) if square else np.inf))
        stretch = _F(math.sqrt(float(_between(draws, low, high)) * aspect))
        width, height = min(_F(1), scale * stretch), min(_F(1), scale / stretch)
        left, top = _between(draws, 0, _F(1) - width), _between(draws, 0, _F(1) - height)
        return np.array([left, top, width, height], _F)

    def accepts(self, crop: np.ndarray, objects: Objects) -> bool:
        """Return whether an object lies in the ranges."""
        checks = [(self.overlaps, 0), (self.sample_coverages, 1), (self.object_coverages, 2)]
        checks = [(bounds, i) for bounds, i in checks if bounds[0] > 0 or bounds[1] < 1]
        if not checks or not len(objects):
            return True
        shared = _shared(crop, objects)
        area, areas = crop[2] * crop[3], _areas(objects)
        ratios = shared / (area + areas - shared), shared / area, shared / areas
        return bool(np.all([(ratios[i] >= _F(low)) & (ratios[i] <= _F(high)) for (low, high), i in checks], 0).any())


@dataclass
class BoxAugmenter:
    """The augmentations of ``ImageDetRecordIter``; the attributes are its parameters.

    Parameters
    ----------
    cv2 : module
    shape : (int, int)
        Height and width of the results.
    samplers : list of Sampler
        What finds crops; tried in an order that is drawn.
    """

    cv2: Any
    shape: Size
    samplers: list[Sampler]
    resize: int = -1
    rand_crop_prob: float = 0.0
    crop_emit_mode: str = "center"
    emit_overlap_thresh: float = 0.3
    rand_pad_prob: float = 0.0
    max_pad_scale: float = 1.0
    max_random_hue: int = 0
    random_hue_prob: float = 0.0
    max_random_saturation: int = 0
    random_saturation_prob: float = 0.0
    max_random_illumination: int = 0
    random_illumination_prob: float = 0.0
    max_random_contrast: float = 0.0
    random_contrast_prob: float = 0.0
    rand_mirror_prob: float = 0.0
    fill_value: int = 127
    inter_method: int = 1
    resize_mode: str = "force"

    @property
    def draws_something(self) -> bool:
        """Whether results depend on what is drawn."""
        return (self.rand_crop_prob > 0 or self.rand_pad_prob > 0 or self.rand_mirror_prob > 0 or self._colours
                or self.inter_method == 10)

    @property
    def _colours(self) -> bool:
        return (self.random_hue_prob > 0 or self.random_saturation_prob > 0 or self.random_illumination_prob > 0
                or self.random_contrast_prob > 0)

    def draw(self, height: int, width: int, objects: Objects, draws: Draws) -> tuple[list[Step], Objects, Size]:
        """Return what is to be done with an image of this size, in turn, its objects then, and its size."""
        steps: list[Step] = []
        size = (height, width)
        if self.resize > 0:
            short = self.resize
            size = self._resized(steps, size, (short * height // width, short) if height > width else
                                 (short, short * width // height), draws)
        if self._colours:
            self._recoloured(steps, draws)
        if self.rand_mirror_prob > 0 and draws.real() < _F(self.rand_mirror_prob):
            steps.append(lambda image: self.cv2.flip(image, 1))
            objects = objects.copy()
            objects[:, [1, 3]] = _F(1) - objects[:, [3, 1]]
        if self.max_pad_scale > 1 and self.rand_pad_prob > 0 and draws.real() < _F(self.rand_pad_prob):
            size, objects = self._padded(steps, size, objects, draws)
        if self.rand_crop_prob > 0 and draws.real() < _F(self.rand_crop_prob):
            size, objects = self._cropped(steps, size, objects, draws)
        size = self._fitted(steps, size, draws)
        return steps, objects, size

    # ---- sizes -------------------------------------------------------------------------------------

    def _resized(self, steps: list[Step], old: Size, new: Size, draws: Draws) -> Size:
        method = pick_interpolation(self.inter_method, old, new, draws)
        steps.append(lambda image: self.cv2.resize(image, new[::-1], interpolation=method))
        return new

    def _fitted(self, steps: list[Step], size: Size, draws: Draws) -> Size:
        """Resize to the shape of the results, or to the largest size in it that keeps the ratio of sides."""
        new = self.shape
        if self.resize_mode != "force":
            if self.resize_mode == "shrink" and size[0] <= new[0] and size[1] <= new[1]:
                return size
            scale = min(_F(new[0]) / _F(size[0]), _F(new[1]) / _F(size[1]))
            new = tuple(int(scale * _F(length)) for length in size)
        return self._resized(steps, size, new, draws)

    def _padded(self, steps: list[Step], size: Size, objects: Objects, draws: Draws) -> tuple[Size, Objects]:
        scale = _between(draws, 1, self.max_pad_scale)
        if scale < _LEAST_PADDING:
            return size, objects
        left, top = (_between(draws, 0, scale - _F(1)) for _ in range(2))
        above, below = (int(share * _F(size[0])) for share in (top, scale - _F(1) - top))
        before, after = (int(share * _F(size[1])) for share in (left, scale - _F(1) - left))
        steps.append(lambda image: self.cv2.copyMakeBorder(image, above, below, before, after,
                                                           self.cv2.BORDER_CONSTANT, value=(self.fill_value,) * 3))
        objects = _seen_in(np.array([-left, -top, scale, scale], _F), objects)
        return (size[0] + above + below, size[1] + before + after), objects

    def _cropped(self, steps: list[Step], size: Size, objects: Objects, draws: Draws) -> tuple[Size, Objects]:
        crop, kept = self._crop(size, objects, draws)
        if crop is None:
            return size, objects
        left, top, width, height = (int(share * _F(length)) for share, length in zip(crop, size[::-1] * 2))
        steps.append(lambda image: image[top:top + height, left:left + width])
        return (height, width), _seen_in(crop, kept)

    def _crop(self, size: Size, objects: Objects, draws: Draws) -> tuple[np.ndarray | None, Objects]:
        """Return the first crop that a sampler accepts, and the objects in it, without which there is none."""
        count = len(self.samplers)
        for i in draws.shuffled(count) if count > 1 else range(count):
            for _ in range(self.samplers[i].trials):
                crop = self.samplers[i].draw(size, draws)
                if self.samplers[i].accepts(crop, objects):
                    kept = objects[self._stays(crop, objects)]
                    if len(kept) or not len(objects):
                        return crop, kept
        return None, objects

    def _stays(self, crop: np.ndarray, objects: Objects) -> np.ndarray:
        """Return which objects are still there in a crop."""
        if self.crop_emit_mode == "overlap":
            return _shared(crop, objects) / _areas(objects) > _F(self.emit_overlap_thresh)
        x, y = (objects[:, 1] + objects[:, 3]) / _F(2), (objects[:, 2] + objects[:, 4]) / _F(2)
        left, top, right, bottom = _corners(crop)
        return (left <= x) & (x <= right) & (top <= y) & (y <= bottom)

    # ---- colours -----------------------------------------------------------------------------------

    def _recoloured(self, steps: list[Step], draws: Draws) -> None:
        bounds = self.max_random_hue, self.max_random_saturation, self.max_random_illumination, self.max_random_contrast
        probabilities = (self.random_hue_prob, self.random_saturation_prob, self.random_illumination_prob,
                         self.random_contrast_prob)
        drawn = [_between(draws, -bound, bound) for bound in bounds]
        hue, saturation, lightness, contrast = (
            value if draws.real() < _F(probability) else _F(0) for value, probability in zip(drawn, probabilities))
        if int(hue) or int(saturation) or int(lightness):
            steps.append(lambda image: shift_colours(self.cv2, image, int(hue), int(lightness), int(saturation)))
        if contrast:
            steps.append(lambda image: self.cv2.convertScaleAbs(image, alpha=float(_F(1) + contrast)))


# ---- boxes ---------------------------------------------------------------------------------------------

def _between(draws: Draws, low: float, high: float) -> np.float32:
    return draws.real() * (_F(high) - _F(low)) + _F(low)


def _corners(crop: np.ndarray) -> tuple[np.float32, ...]:
    return crop[0], crop[1], crop[0] + crop[2], crop[1] + crop[3]


def _areas(objects: Objects) -> np.ndarray:
    return (objects[:, 3] - objects[:, 1]) * (objects[:, 4] - objects[:, 2])


def _shared(crop: np.ndarray, objects: Objects) -> np.ndarray:
    """Return the areas of the objects' boxes in a crop."""
    left, top, right, bottom = _corners(crop)
    width = np.minimum(objects[:, 3], right) - np.maximum(objects[:, 1], left)
    height = np.minimum(objects[:, 4], bottom) - np.maximum(objects[:, 2], top)
    return np.where((width > 0) & (height > 0), width * height, _F(0))


def _seen_in(crop: np.ndarray, objects: Objects) -> Objects:
    """Return objects with boxes of the crop's sides, cut off at its borders."""
    objects = objects.copy()
    objects[:, _BOX] = np.clip((objects[:, _BOX] - np.tile(crop[:2], 2)) / np.tile(crop[2:], 2), _F(0), _F(1))
    return objects
