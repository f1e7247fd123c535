"""``mx.nd.contrib``: the operators whose canonical names begin with _contrib_."""
from .functions import namespace

__getattr__, __dir__ = namespace("_contrib_", globals())
