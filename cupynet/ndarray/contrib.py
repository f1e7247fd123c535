"""``mx.nd.contrib``: control flow, and the operators whose canonical names begin with _contrib_."""
from .control_flow import cond, foreach, while_loop
from .functions import namespace

__all__ = ["foreach", "while_loop", "cond"]

__getattr__, __dir__ = namespace("_contrib_", globals())
