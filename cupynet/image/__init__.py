"""``mx.image``: images read, changed and augmented, and iterators over them."""
from . import detection, image
from .detection import *  # noqa: F403
from .image import *  # noqa: F403

__all__ = [name for name in (*image.__all__, *detection.__all__) if not name.startswith("_")]
