"""Stochastic gradients of less variance (``mx.contrib.svrg_optimization``)."""
from . import svrg_module
from .svrg_module import SVRGModule
