"""``mx.sym.image``: operators on images."""
from .functions import namespace

__getattr__, __dir__ = namespace("_image_", globals())
