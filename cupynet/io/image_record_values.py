"""From the pixels of a cut image to the values of a batch: mirror, mean, deviation, scale, as MXNet computes them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import Draws

__all__ = ["Normalizer"]

_F = np.float32
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

    def __post_init__(self) -> None:
        self._means = np.array([self.mean_r, self.mean_g, self.mean_b, self.mean_a], _F)
        if not (self._means > 0).any():
            self._means[:] = 0
        self._deviations = np.array([self.std_r, self.std_g, self.std_b, self.std_a], _F)
        if self.dtype == _F:
            self._table = self._look_up(*self._factors(_F(1), _F(0)))
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
        if self.dtype == np.uint8:
            return mirrored, None
        contrast, illumination = draws.real(), draws.real()
        if self.dtype != _F or not (self.max_random_contrast or self.max_random_illumination):
            return mirrored, None
        bound, light = _F(self.max_random_contrast), _F(self.max_random_illumination)
        return mirrored, (contrast * bound * _F(2) - bound + _F(1),
                                         illumination * light * _F(2) - light)

    def write(self, image: np.ndarray, drawn: tuple[bool, Any], out: np.ndarray) -> None:
        """Write an image of the right size to `out`, (channels, height, width)."""
        mirrored, changes = drawn
        if mirrored:
            image = self.cv2.flip(image, 1)
        planes = self.cv2.split(image) if image.ndim == 3 else (image,)
        if self.mean_img is not None and self.dtype == _F:
            self._write_less_image(planes, mirrored, changes, out)
            return
        table = self._table if changes is None else self._look_up(*self._factors(*changes))
        for i, channel in enumerate(_ORDER[len(planes)]):
            self.cv2.LUT(planes[channel], table[i], dst=out[i])

    def _write_less_image(self, planes: Sequence[np.ndarray], mirrored: bool, changes: Any, out: np.ndarray) -> None:
        factor, offset = self._factors(*(changes or (_F(1), _F(0))))
        mean = self.mean_img[..., ::-1] if mirrored else self.mean_img
        for i, channel in enumerate(_ORDER[len(planes)]):
            out[i] = (planes[channel] - mean[i]) * factor[i] + offset[i]

    def _factors(self, contrast: np.float32, illumination: np.float32) -> tuple[np.ndarray, np.ndarray]:
        """Return what a pixel without its mean is multiplied by, and what is added, by channel."""
        scale = _F(self.scale)
        return contrast * scale / self._deviations, illumination * scale / self._deviations

    def _look_up(self, factor: np.ndarray, offset: np.ndarray) -> np.ndarray:
        return (np.arange(256, dtype=_F) - self._means[:, None]) * factor[:, None] + offset[:, None]
