"""From the pixels of a cut image to the values of a batch: mirror, mean, deviation, scale, as MXNet computes them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import Draws

__all__ = ["Normalizer"]

_F = np.float32
_AS_IT_IS = _F(1), _F(0)  # contrast, illumination
_ORDER = {1: (0,), 3: (2, 1, 0), 4: (2, 1, 0, 3)}  # of OpenCV's channels: red, green, blue, alpha


@dataclass
class Normalizer:
    """Writes images, blue first, as (channels, height, width), red first.

    A value is ``(pixel - mean) * (contrast * scale / deviation) + illumination * scale / deviation`` in float32. It
    depends on the pixel's 256 values alone, so it is looked up, unless the mean is an image. As uint8 it is the pixel,
    as int8 the pixel less the rounded mean, cut off.

    Parameters
    ----------
    cv2 : module
    dtype : numpy.dtype
        Of the results: float32, uint8 or int8.
    mean_img : numpy.ndarray, optional
        (channels, height, width), used instead of the four means.
    older : bool
        Whether values are computed, and rounded, in the order of MXNet's older iterators:
        ``((pixel - mean) * contrast + illumination) * scale / deviation``.
    """

    cv2: Any
    dtype: np.dtype
    mean_img: np.ndarray | None = None
    mirror: bool = False
    rand_mirror: bool = False
    mean_r: float = 0.0
    mean_g: float = 0.0
    mean_b: float = 0.0
    mean_a: float = 0.0
    std_r: float = 1.0
    std_g: float = 1.0
    std_b: float = 1.0
    std_a: float = 1.0
    scale: float = 1.0
    max_random_contrast: float = 0.0
    max_random_illumination: float = 0.0
    older: bool = False

    def __post_init__(self) -> None:
        self._means = np.array([self.mean_r, self.mean_g, self.mean_b, self.mean_a], _F)
        if not (self._means > 0).any():
            self._means[:] = 0
        self._deviations = np.array([self.std_r, self.std_g, self.std_b, self.std_a], _F)
        if self.dtype == _F:
            self._table = self._look_up(_AS_IT_IS)
        else:
            means = np.trunc(self._means + np.copysign(_F(0.5), self._means)) * (self.dtype == np.int8)
            limits = np.iinfo(self.dtype)
            self._table = np.clip(np.arange(256) - means[:, None], limits.min, limits.max).astype(self.dtype)

    @property
    def draws_something(self) -> bool:
        """Whether results depend on what is drawn."""
        return bool(self.rand_mirror or self.max_random_contrast or self.max_random_illumination)

    def draw(self, draws: Draws) -> tuple[bool, Any]:
        """Return whether the image is mirrored, and its contrast and illumination if they are not those of all."""
        mirrored = (self.rand_mirror and draws.coin()) or self.mirror
        return mirrored, None if self.dtype == np.uint8 else self._draw_light(draws)

    def draw_older(self, draws: Draws) -> tuple[bool, Any]:
        """Return the same, drawn the other way round."""
        light = self._draw_light(draws)
        return (self.rand_mirror and draws.coin()) or self.mirror, light

    def _draw_light(self, draws: Draws) -> tuple[np.float32, np.float32] | None:
        contrast, illumination = draws.real(), draws.real()
        if self.dtype != _F or not (self.max_random_contrast or self.max_random_illumination):
            return None
        bound, light = _F(self.max_random_contrast), _F(self.max_random_illumination)
        return contrast * bound * _F(2) - bound + _F(1), illumination * light * _F(2) - light

    def write(self, image: np.ndarray, drawn: tuple[bool, Any], out: np.ndarray) -> None:
        """Write an image of the right size to `out`, (channels, height, width)."""
        mirrored, changes = drawn
        if mirrored:
            image = self.cv2.flip(image, 1)
        planes = self.cv2.split(image) if image.ndim == 3 else (image,)
        if self.mean_img is None or self.dtype != _F:
            table = self._table if changes is None else self._look_up(changes)
            for i, channel in enumerate(_ORDER[len(planes)]):
                self.cv2.LUT(planes[channel], table[i], dst=out[i])
        else:
            mean = self.mean_img[..., ::-1] if mirrored else self.mean_img
            for i, channel in enumerate(_ORDER[len(planes)]):
                out[i] = self._value(planes[channel] - mean[i], changes or _AS_IT_IS, i)

    def _look_up(self, changes: tuple[np.float32, np.float32]) -> np.ndarray:
        """Return the values of all pixels, (channels, 256)."""
        pixels = np.arange(256, dtype=_F)
        return np.stack([self._value(pixels - mean, changes, i) for i, mean in enumerate(self._means)])

    def _value(self, difference: np.ndarray, changes: tuple[np.float32, np.float32], channel: int) -> np.ndarray:
        (contrast, illumination), scale, deviation = changes, _F(self.scale), self._deviations[channel]
        if self.older:
            return (difference * contrast + illumination) * scale / deviation
        return difference * (contrast * scale / deviation) + illumination * scale / deviation
