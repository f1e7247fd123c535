"""``mx.image``: images read, changed and augmented, and iterators over them."""
from . import image
from .image import *  # noqa: F403

__all__ = [name for name in image.__all__ if not name.startswith("_")]
