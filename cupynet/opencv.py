"""OpenCV, which decodes, resizes and pads images: the one place that loads it, when it is first used.

The functions work on NumPy arrays (height, width, channels). As MXNet's they give the channels of a grey image an axis
of their own, and colours in the order red, green, blue. Other threads run meanwhile.
"""
from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from .base import MXNetError, MXNetTypeError, MXNetValueError

__all__ = ["opencv", "is_there", "decode", "read", "resize", "pad"]

_TYPES = ("uint8", "int8", "uint16", "int16", "int32", "float32", "float64")


def opencv(who: str) -> ModuleType:
    """Return the module ``cv2`` for the function `who`. Raises MXNetError if it is not installed."""
    module = _load()
    if module is None:
        raise MXNetError(f"{who} needs OpenCV, which is not installed: pip install cupynet[image] (or "
                         "opencv-python-headless)")
    return module


def is_there() -> bool:
    """Whether OpenCV is installed; it is not loaded."""
    return importlib.util.find_spec("cv2") is not None


@lru_cache(maxsize=1)
def _load() -> ModuleType | None:
    try:
        import cv2
    except ImportError:
        return None
    return cv2


def decode(data: Any, flag: int = 1, to_rgb: bool = True, who: str = "imdecode", what: str = "") -> np.ndarray:
    """Return an image from the bytes of its file.

    Parameters
    ----------
    data : bytes or uint8 array
    flag : int
        0: grey, (height, width, 1); otherwise in colours, (height, width, 3).
    to_rgb : bool
        Whether colours come as red, green, blue, and not as OpenCV has them.
    who, what : str
        Which function is asked, and what is decoded: for messages.

    Raises
    ------
    MXNetError
        If there is no (whole) image in the bytes. (How much of a damaged image is accepted is OpenCV's: its versions
        from 5 on refuse what is cut off.)
    """
    cv2 = opencv(who)
    data = np.frombuffer(data, np.uint8) if not isinstance(data, np.ndarray) else data.reshape(-1)
    if flag < 0:
        raise MXNetValueError(f"{who}: flag is {flag}; expected 0 (grey) or 1 (in colours)")
    if not len(data):
        raise MXNetError(f"{who}: Input cannot be an empty buffer{what}")
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR if flag else cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise MXNetError(f"{who}: Decoding failed{what}: {_reason(error)}") from error
    if image is None:
        raise MXNetError(f"{who}: Decoding failed. Invalid image file{what} ({len(data)} bytes, which begin with "
                         f"{data[:4].tobytes().hex(' ')})")
    if image.ndim == 2:
        return image[:, :, None]
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if to_rgb else image


def read(filename: str, flag: int = 1, to_rgb: bool = True, who: str = "imread") -> np.ndarray:
    """Return an image from a file; see :func:`decode`."""
    try:
        with open(filename, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
        raise MXNetError(f"{who}: '{filename}' couldn't open file: "
                         f"{getattr(error, 'strerror', None) or error}") from error
    return decode(data, flag, to_rgb, who, f" in '{filename}'")


def resize(image: np.ndarray, width: int, height: int, interp: int = 1, who: str = "imresize") -> np.ndarray:
    """Return an image (height, width, channels) in another size.

    Parameters
    ----------
    image : numpy.ndarray
        Of uint8, int8, float32 or float64; others that OpenCV can interpolate as `interp` says.
    interp : int
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 5 linear without rounding in between.
    """
    if image.shape[:2] == (height, width):
        return image.copy()
    if interp not in range(6):
        raise MXNetValueError(f"{who}: Unknown interp method {interp}; expected 0, 1, 2, 3 or 4")
    if image.dtype == np.int8:  # OpenCV does not interpolate these, but the weights do not mind a constant
        return (resize(image.view(np.uint8) ^ 128, width, height, interp, who) ^ 128).view(np.int8)
    cv2 = opencv(who)
    _require_image(image, who)
    try:
        with _in_its_own_code(cv2):
            resized = cv2.resize(image, (width, height), interpolation=interp)
    except cv2.error as error:
        raise MXNetTypeError(f"{who}: OpenCV cannot resize {image.dtype} of shape {image.shape} with interp {interp}: "
                             f"{_reason(error)}") from error
    return resized.reshape(height, width, -1)


@contextlib.contextmanager
def _in_its_own_code(cv2: ModuleType) -> Iterator[None]:
    """Leave Intel's library out, in this thread: it rounds otherwise than OpenCV, and than MXNet."""
    ipp = getattr(cv2, "ipp", None)
    before = ipp is not None and ipp.useIPP()
    if before:
        ipp.setUseIPP(False)
    try:
        yield
    finally:
        if before:
            ipp.setUseIPP(True)


def pad(image: np.ndarray, top: int, bottom: int, left: int, right: int, kind: int = 0,
        values: Sequence[float] = (0.0,), who: str = "copyMakeBorder") -> np.ndarray:
    """Return an image with a border around it.

    Parameters
    ----------
    image : numpy.ndarray
    kind : int
        0: `values`; 1: the edge; 2: the image reflected, 4: without the edge; 3: the image again.
    values : sequence of float
        For up to four channels.
    """
    if kind not in range(5):
        raise MXNetValueError(f"{who}: type is {kind}; expected 0, 1, 2, 3 or 4")
    cv2 = opencv(who)
    _require_image(image, who)
    try:
        padded = cv2.copyMakeBorder(image, top, bottom, left, right, kind, value=tuple(values))
    except cv2.error as error:
        raise MXNetTypeError(f"{who}: OpenCV cannot pad {image.dtype} of shape {image.shape}: "
                             f"{_reason(error)}") from error
    return padded.reshape(*padded.shape[:2], -1)


def _require_image(image: np.ndarray, who: str) -> None:
    """Refuse what has no pixels, and types that some versions of OpenCV know and others take for something else."""
    if not image.size:
        raise MXNetValueError(f"{who}: the image has the shape {image.shape}; expected one with pixels")
    if image.dtype.name not in _TYPES:
        raise MXNetTypeError(f"{who}: opencv image mat doesn't support {image.dtype}; expected {', '.join(_TYPES)}")


def _reason(error: Exception) -> str:
    """Return what a ``cv2.error`` says, without the places in its source."""
    return str(getattr(error, "err", "") or error).strip()
