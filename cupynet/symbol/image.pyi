# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .symbol import Symbol


def adjust_lighting(
    data: Symbol | None = None,
    alpha: float | Sequence[float] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add AlexNet's lighting noise: ``data + sum_i alpha_i lambda_i p_i``."""

def crop(
    data: Symbol | None = None,
    x: int = ...,
    y: int = ...,
    width: int = ...,
    height: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The `width` x `height` part of images (H, W, C) or (N, H, W, C) whose upper left corner is (x, y)."""

def flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images (H, W, C) or (N, H, W, C) left to right."""

def flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images (H, W, C) or (N, H, W, C) top to bottom."""

def normalize(
    data: Symbol | None = None,
    mean: float | Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    std: float | Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``(data - mean) / std`` per channel of a tensor (C, H, W) or (N, C, H, W), C being 1 or 3."""

def random_brightness(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Multiply the colours of an image; bytes are limited to 255, with a factor that is drawn uniformly from
    [`min_factor`, `max_factor`).
    """

def random_color_jitter(
    data: Symbol | None = None,
    brightness: float = ...,
    contrast: float = ...,
    saturation: float = ...,
    hue: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Change brightness, contrast, saturation and hue of an image by random amounts."""

def random_contrast(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``factor * data + (1 - factor) * grey``, grey being the image's mean luma, with a factor that is drawn
    uniformly from [`min_factor`, `max_factor`).
    """

def random_flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror an image (H, W, C) left to right or leave it, with equal chances. No gradient."""

def random_flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror an image (H, W, C) top to bottom or leave it, with equal chances. No gradient."""

def random_hue(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Turn the hue of an image by a part of the circle, at constant lightness and saturation, with a factor that is
    drawn uniformly from [`min_factor`, `max_factor`).
    """

def random_lighting(
    data: Symbol | None = None,
    alpha_std: float = 0.05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """AlexNet's lighting noise with three normal amounts of mean 0 and standard deviation `alpha_std`."""

def random_saturation(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``factor * data + (1 - factor) * 0.114 * blue`` per pixel (as in MXNet, which forgets red and green, so that
    images turn dark as they lose colour), with a factor that is drawn uniformly from [`min_factor`,
    `max_factor`).
    """

def resize(
    data: Symbol | None = None,
    size: int | Sequence[int] = (),
    keep_ratio: bool = False,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Resize an image or a batch of images, as OpenCV does."""

def to_tensor(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Image (H, W, C) of 0 to 255 to tensor (C, H, W) of 0 to 1, or (N, H, W, C) to (N, C, H, W)."""
