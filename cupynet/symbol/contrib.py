"""``mx.sym.contrib``: control flow, and the operators whose canonical names begin with _contrib_."""
from ..ops.call import publish
from ..ops.random.functions import zipfian
from ..ops.sparse import refusing
from . import random
from .control_flow import cond, foreach, while_loop
from .functions import namespace
from .symbol import Symbol

__all__ = ["foreach", "while_loop", "cond", "rand_zipfian"]


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Return symbols of candidates from an approximate Zipfian distribution; see ``mx.nd.contrib.rand_zipfian``."""
    return zipfian(random.uniform, true_classes, num_sampled, range_max)


publish(refusing("mx.sym.contrib"), globals())
__getattr__, __dir__ = namespace("_contrib_", globals())
