"""What MXNet offers on trial (``mx.contrib``)."""
from ..ndarray import contrib as nd
from ..symbol import contrib as sym
from . import autograd, quantization, text

ndarray, symbol = nd, sym
