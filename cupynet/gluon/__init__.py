"""Gluon: networks as Python objects, which run operator by operator or as graphs.

>>> import cupynet as mx
>>> from cupynet import autograd, gluon
>>> net = gluon.nn.Dense(1)
>>> net.initialize()
>>> trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})
"""
from . import block, contrib, data, loss, model_zoo, nn, parameter, rnn, trainer, utils
from .block import Block, HybridBlock, SymbolBlock
from .parameter import Constant, DeferredInitializationError, Parameter, ParameterDict, tensor_types
from .trainer import Trainer

__all__ = ["Block", "HybridBlock", "SymbolBlock", "Constant", "DeferredInitializationError", "Parameter",
           "ParameterDict", "Trainer", "tensor_types"]
