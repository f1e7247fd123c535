"""How MXNet's record iterators cut and change images (``aug_default``), draw for draw.

An augmentation is drawn before it is done: what is drawn depends on the size of the image alone. So threads may decode
and work in any order, while the draws are made in the order of the records.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base import MXNetValueError
from .draws import Draws

__all__ = ["DefaultAugmenter", "pick_interpolation", "shift_colours"]

_F = np.float32
Image = np.ndarray  # (height, width, channels) or (height, width), uint8, blue first
Step = Callable[[Image], Image]
Size = tuple[int, int]  # height, width

# The eigenvalues and -vectors of ImageNet's colours (Krizhevsky et al. 2012), a row for each of red, green, blue
_EIGENVALUES = np.array([55.46, 4.794, 1.148], _F)
_EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]], _F)


def pick_interpolation(method: int, old: Size, new: Size, draws: Draws) -> int:
    """Return OpenCV's number of the way to resize: `method`, or by the sizes if that is 9, or drawn if it is 10."""
    if method == 9:
        if new[0] > old[0] and new[1] > old[1]:
            return 2
        return 3 if new[0] < old[0] and new[1] < old[1] else 1
    return draws.below(5) if method == 10 else method


def _between(draws: Draws, low: float, high: float) -> np.float32:
    return draws.real() * (_F(high) - _F(low)) + _F(low)


def _around_zero(draws: Draws, bound: float) -> np.float32:
    return draws.real() * _F(bound) * _F(2) - _F(bound)


@dataclass
class DefaultAugmenter:
    """The augmentations of ``ImageRecordIter``; the attributes are its parameters.

    Parameters
    ----------
    cv2 : module
    shape : (int, int)
        Height and width of the results.
    """

    cv2: Any
    shape: Size
    resize: int = -1
    rand_crop: bool = False
    random_resized_crop: bool = False
    max_rotate_angle: int = 0
    max_aspect_ratio: float = 0.0
    min_aspect_ratio: float | None = None
    max_shear_ratio: float = 0.0
    max_crop_size: int = -1
    min_crop_size: int = -1
    max_random_scale: float = 1.0
    min_random_scale: float = 1.0
    max_random_area: float = 1.0
    min_random_area: float = 1.0
    max_img_size: float = 1e10
    min_img_size: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    pca_noise: float = 0.0
    random_h: int = 0
    random_s: int = 0
    random_l: int = 0
    rotate: int = -1
    fill_value: int = 255
    inter_method: int = 1
    pad: int = 0

    def __post_init__(self) -> None:
        aspect = not self.random_resized_crop and (self.max_aspect_ratio != 0 or self.min_aspect_ratio is not None)
        self._affine = (self.max_rotate_angle > 0 or self.max_shear_ratio > 0 or self.rotate > 0 or aspect
                        or self.max_random_scale != 1 or self.min_random_scale != 1
                        or self.max_img_size != 1e10 or self.min_img_size != 0)

    @property
    def draws_something(self) -> bool:
        """Whether results depend on what is drawn."""
        return bool(self.rand_crop or self.random_resized_crop or self.max_rotate_angle or self.max_shear_ratio
                    or self.max_random_scale != self.min_random_scale or self.max_aspect_ratio
                    or self.min_aspect_ratio is not None or self.max_crop_size != self.min_crop_size
                    or self.brightness or self.contrast or self.saturation or self.pca_noise
                    or self.random_h or self.random_s or self.random_l or self.inter_method == 10)

    def draw(self, height: int, width: int, draws: Draws) -> list[Step]:
        """Return what is to be done with an image of this size, in turn; the last crop gives it the shape."""
        steps: list[Step] = []
        size = (height, width)
        if self.resize > 0:
            short = self.resize
            new = (short * height // width, short) if height > width else (short, short * width // height)
            size = self._resized(steps, size, new, draws)
        if self._affine:
            size = self._warped(steps, size, draws)
        if self.pad > 0:
            steps.append(self._padded)
            size = (size[0] + 2 * self.pad, size[1] + 2 * self.pad)
        self._cropped(steps, size, draws)
        self._recoloured(steps, draws)
        return steps

    # ---- sizes -------------------------------------------------------------------------------------

    def _resized(self, steps: list[Step], old: Size, new: Size, draws: Draws) -> Size:
        return self._resize(steps, new, pick_interpolation(self.inter_method, old, new, draws))

    def _resize(self, steps: list[Step], new: Size, method: int) -> Size:
        steps.append(lambda image: self.cv2.resize(image, new[::-1], interpolation=method))
        return new

    def _padded(self, image: Image) -> Image:
        return self.cv2.copyMakeBorder(image, self.pad, self.pad, self.pad, self.pad, self.cv2.BORDER_CONSTANT,
                                       value=(self.fill_value,) * 4)

    def _ratio(self, draws: Draws) -> np.float32:
        if self.min_aspect_ratio is None:
            return _around_zero(draws, self.max_aspect_ratio) + _F(1)
        return _between(draws, self.min_aspect_ratio, self.max_aspect_ratio)

    def _warped(self, steps: list[Step], old: Size, draws: Draws) -> Size:
        """Shear, rotate, scale and stretch about the middle, in one affine map."""
        height, width = map(_F, old)
        shear = _around_zero(draws, self.max_shear_ratio)
        angle = draws.below(2 * self.max_rotate_angle + 1) - self.max_rotate_angle
        radians = (self.rotate if self.rotate > 0 else angle) / 180.0 * math.pi
        a, b = _F(math.cos(radians)), _F(math.sin(radians))
        scale = ratio = _F(1)
        if not self.random_resized_crop:
            scale, ratio = _between(draws, self.min_random_scale, self.max_random_scale), self._ratio(draws)
        along = _F(2) * scale / (_F(1) + ratio)
        across = ratio * along
        new_height, new_width = (max(_F(self.min_img_size), min(_F(self.max_img_size), scale * length))
                                 for length in (height, width))
        m = np.zeros((2, 3), _F)
        m[0, 0], m[0, 1] = along * a - shear * b * across, along * b + shear * a * across
        m[1, 0], m[1, 1] = -b * across, a * across
        m[0, 2] = (new_width - (m[0, 0] * width + m[0, 1] * height)) / _F(2)
        m[1, 2] = (new_height - (m[1, 0] * width + m[1, 1] * height)) / _F(2)
        new = (int(new_height), int(new_width))
        method = pick_interpolation(self.inter_method, old, new, draws)
        steps.append(lambda image: _warp_affine(self.cv2, image, m.astype(np.float64), new, method, self.fill_value))
        return new

    # ---- crops -------------------------------------------------------------------------------------

    def _cropped(self, steps: list[Step], size: Size, draws: Draws) -> None:
        if self.random_resized_crop:
            found = self._part_of_an_area(size, draws)
            if found is not None:
                self._crop_and_resize(steps, *found, draws)
                return
        elif self.max_crop_size != -1 or self.min_crop_size != -1:
            if min(size) < self.max_crop_size:
                raise MXNetValueError(f"has {size[0]} x {size[1]} pixels when it is cropped: input image size smaller "
                                      f"than max_crop_size, {self.max_crop_size}")
            side = draws.below(self.max_crop_size - self.min_crop_size + 1) + self.min_crop_size
            place = self._place((size[0] - side, size[1] - side), draws)
            self._crop_and_resize(steps, place, (side, side), draws)
            return
        height, width = self.shape
        method = pick_interpolation(self.inter_method, size, self.shape, draws)
        if size[0] < height:  # as large as it must be; narrow images are resized twice
            size = self._resize(steps, (height, int(_F(height) / _F(size[0]) * _F(size[1]))), method)
        if size[1] < width:
            size = self._resize(steps, (int(_F(width) / _F(size[1]) * _F(size[0])), width), method)
        y, x = self._place((size[0] - height, size[1] - width), draws)
        steps.append(lambda image: image[y:y + height, x:x + width])

    def _place(self, room: Size, draws: Draws) -> Size:
        if self.rand_crop:
            return draws.below(room[0] + 1), draws.below(room[1] + 1)
        return room[0] // 2, room[1] // 2

    def _part_of_an_area(self, size: Size, draws: Draws) -> tuple[Size, Size] | None:
        """Draw a rectangle by area and aspect ratio; ten attempts to find one that fits. Return place and size."""
        for _ in range(10):
            area = _between(draws, self.min_random_area, self.max_random_area) * _F(size[0] * size[1])
            ratio = self._ratio(draws)
            width, height = (int(np.rint(np.sqrt(x))) for x in (area * ratio, area / ratio))
            if draws.real() > 0.5:
                height, width = width, height
            if height <= size[0] and width <= size[1]:
                return (draws.below(size[0] - height + 1), draws.below(size[1] - width + 1)), (height, width)
        return None

    def _crop_and_resize(self, steps: list[Step], place: Size, size: Size, draws: Draws) -> None:
        (y, x), (height, width) = place, size
        steps.append(lambda image: image[y:y + height, x:x + width])
        self._resized(steps, size, self.shape, draws)

    # ---- colours -----------------------------------------------------------------------------------

    def _recoloured(self, steps: list[Step], draws: Draws) -> None:
        if self.brightness > 0 or self.contrast > 0 or self.saturation > 0:
            changes = [(_brightened, self.brightness), (_contrasted, self.contrast), (_saturated, self.saturation)]
            alphas = [_around_zero(draws, bound) + _F(1) for _, bound in changes]
            for i in draws.shuffled(3):
                (change, bound), alpha = changes[i], float(alphas[i])
                if bound > 0:
                    steps.append(lambda image, change=change, alpha=alpha: change(self.cv2, image, alpha))
        if self.random_h or self.random_s or self.random_l:
            hue, saturation, lightness = (self._shift(draws, bound) for bound in
                                          (self.random_h, self.random_s, self.random_l))
            steps.append(lambda image: shift_colours(self.cv2, image, hue, lightness, saturation))
        if self.pca_noise > 0:
            noise = _EIGENVECTORS @ (draws.normals(3, self.pca_noise) * _EIGENVALUES)
            steps.append(lambda image: np.clip(image + noise[::-1], 0, 255).astype(np.uint8))

    @staticmethod
    def _shift(draws: Draws, bound: int) -> int:
        drawn = draws.real() * _F(0.2) + draws.real() * _F(0.8)
        return int(drawn * _F(bound) * _F(2) - _F(bound))


# ---- OpenCV's functions, as the OpenCV in MXNet's builds (3.4) computes them -----------------------

def _warp_affine(cv2: Any, image: Image, m: np.ndarray, new: Size, method: int, fill: int) -> Image:
    """Return the image under an affine map of its places, in steps of 1/32 as OpenCV had them until version 5."""
    det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    det = 1 / det if det else 0.0
    a, b, d, e = m[1, 1] * det, m[0, 1] * -det, m[1, 0] * -det, m[0, 0] * det
    c, f = -a * m[0, 2] - b * m[1, 2], -d * m[0, 2] - e * m[1, 2]
    x, y = np.arange(new[1]), np.arange(new[0])
    bits = 10 if method == 0 else 5  # of a place with 10 fractional bits, those that are dropped

    def places(across: float, down: float, start: float) -> np.ndarray:
        rows = np.rint((down * y + start) * 1024).astype(np.int64) + (1 << bits - 1)
        return (rows[:, None] + np.rint(across * x * 1024).astype(np.int64)) >> bits

    xs, ys = places(a, b, c), places(d, e, f)
    if method == 0:
        whole, fraction = np.stack([xs, ys], -1), np.zeros(new, np.uint16)
    else:
        whole = np.stack([xs >> 5, ys >> 5], -1)
        fraction = ((ys & 31) * 32 + (xs & 31)).astype(np.uint16)
    method = 1 if method == 3 else method  # an affine map knows no areas
    return cv2.remap(image, whole.astype(np.int16), fraction, method, borderMode=cv2.BORDER_CONSTANT,
                     borderValue=(fill,) * 4)


def _grey(image: Image) -> np.ndarray:
    """Return the grey values with 14 bits, taking blue for red, as MXNet does."""
    blue, green, red = (image[..., i].astype(np.int32) for i in range(3))
    return (blue * 4899 + green * 9617 + red * 1868 + 8192 >> 14).astype(np.uint8)


def _brightened(cv2: Any, image: Image, alpha: float) -> Image:
    return cv2.convertScaleAbs(image, alpha=alpha)


def _contrasted(cv2: Any, image: Image, alpha: float) -> Image:
    middle = (_F(1) - _F(alpha)) * _F(_grey(image).mean())
    return np.clip(np.rint(image * _F(alpha) + middle), 0, 255).astype(np.uint8)


def _saturated(cv2: Any, image: Image, alpha: float) -> Image:
    mixed = image * _F(alpha) + _grey(image)[..., None] * (_F(1) - _F(alpha))
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def shift_colours(cv2: Any, image: Image, hue: int, lightness: int, saturation: int) -> Image:
    """Return the image with hue, lightness and saturation shifted and cut off."""
    shifted = _to_hls(image).astype(np.int32) + (hue, lightness, saturation)
    return cv2.cvtColor(np.clip(shifted, 0, (180, 255, 255)).astype(np.uint8), cv2.COLOR_HLS2BGR)


def _to_hls(image: Image) -> Image:
    """Return hue (0 to 180), lightness and saturation, rounded as in OpenCV's plain code; its vectors round apart."""
    x = image.astype(_F) * _F(1 / 255)
    blue, green, red = x[..., 0], x[..., 1], x[..., 2]
    top, bottom = x.max(-1), x.min(-1)
    span, lightness = top - bottom, (top + bottom) * _F(0.5)
    coloured = span > np.finfo(_F).eps
    divisor = np.where(coloured, span, _F(1))
    saturation = span / np.where(coloured, np.where(lightness < _F(0.5), top + bottom, _F(2) - (top + bottom)), _F(1))
    sixth = _F(60) / divisor
    hue = np.where(top == red, (green - blue) * sixth,
                   np.where(top == green, (blue - red) * sixth + _F(120), (red - green) * sixth + _F(240)))
    hue = np.where(hue < 0, hue + _F(360), hue) * coloured
    return np.rint(np.stack([hue * _F(0.5), lightness * _F(255), saturation * coloured * _F(255)], -1)).astype(np.uint8)
