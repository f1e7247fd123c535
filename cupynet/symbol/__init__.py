"""``mx.sym``: symbols, and every operator as a function of them."""
from typing import TYPE_CHECKING

from ..ops.call import FLUENT as _FLUENT
from ..ops.catalog import find as _find
from . import _internal, contrib, image, linalg, op, random
from .creation import *  # noqa: F403
from .functions import method as _method
from .functions import namespace as _namespace
from .symbol import Group, Symbol, Variable, load, load_json, var

if TYPE_CHECKING:  # what __getattr__ makes at run time, from the generated stubs
    from .op import *  # noqa: F403

__getattr__, __dir__ = _namespace("", globals())

for _name in _FLUENT:
    if _find(_name) and not hasattr(Symbol, _name):
        setattr(Symbol, _name, _method(_name))
