"""What MXNet offers on trial (``mx.contrib``)."""
from ..ndarray import contrib as nd
from ..symbol import contrib as sym
from . import autograd, io, quantization, svrg_optimization, tensorboard, text

ndarray, symbol = nd, sym
