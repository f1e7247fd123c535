"""``mx.nd``: arrays on contexts, and every operator as a function of them."""
from typing import TYPE_CHECKING

from ..ops.call import FLUENT as _FLUENT
from ..ops.catalog import find as _find
from . import _internal, contrib, creation, elementwise, image, linalg, op, random, sparse
from . import ndarray as _ndarray
from .creation import *  # noqa: F403
from .decoding import imdecode
from .elementwise import *  # noqa: F403
from .exchange import *  # noqa: F403
from .files import load, load_frombuffer, save
from .functions import method as _method
from .functions import namespace as _namespace
from .invoke import invoke
from .keys import *  # noqa: F403
from .ndarray import NDArray

if TYPE_CHECKING:  # what __getattr__ makes at run time, from the generated stubs
    from .op import *  # noqa: F403

__getattr__, __dir__ = _namespace("", globals())

for _room in (creation, elementwise):  # which MXNet has in the module of the class
    for _name in _room.__all__:
        setattr(_ndarray, _name, getattr(_room, _name))

for _name in _FLUENT:
    if _find(_name) and not hasattr(NDArray, _name):
        setattr(NDArray, _name, _method(_name))
