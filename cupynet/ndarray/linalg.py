"""``mx.nd.linalg``: linear algebra on the last two axes."""
from .functions import namespace

__getattr__, __dir__ = namespace("_linalg_", globals())
