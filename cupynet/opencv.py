"""OpenCV, which decodes and resizes images: loaded when first used, and a clear error where it is not installed."""
from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from .base import MXNetError

__all__ = ["opencv"]


def opencv(who: str) -> ModuleType:
    """Return the module ``cv2`` for the function `who`. Raises MXNetError if it is not installed."""
    module = _load()
    if module is None:
        raise MXNetError(f"{who} needs OpenCV, which is not installed: pip install cupynet[image] (or "
                         "opencv-python-headless)")
    return module


@lru_cache(maxsize=1)
def _load() -> ModuleType | None:
    try:
        import cv2
    except ImportError:
        return None
    return cv2
