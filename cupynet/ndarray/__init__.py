"""``mx.nd``: arrays on contexts, and every operator as a function of them."""
from typing import TYPE_CHECKING

from ..ops.call import FLUENT as _FLUENT
from ..ops.catalog import find as _find
from . import _internal, contrib, image, linalg, op, random, sparse
from .creation import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .exchange import *  # noqa: F403
from .files import load, load_frombuffer, save
from .functions import method as _method
from .functions import namespace as _namespace
from .invoke import invoke
from .ndarray import NDArray

if TYPE_CHECKING:  # what __getattr__ makes at run time, from the generated stubs
    from .op import *  # noqa: F403

__getattr__, __dir__ = _namespace("", globals())

for _name in _FLUENT:
    if _find(_name) and not hasattr(NDArray, _name):
        setattr(NDArray, _name, _method(_name))
