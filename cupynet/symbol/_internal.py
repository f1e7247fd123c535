"""``mx.sym._internal``: operators whose names begin with an underscore."""
from .functions import namespace

__getattr__, __dir__ = namespace("", globals())
