"""``mx.optimizer``: rules that change weights by gradients.

>>> import cupynet as mx
>>> sgd = mx.optimizer.create('sgd', learning_rate=0.1)
>>> weight, grad = mx.nd.ones((2,)), mx.nd.array([1, 2])
>>> update = mx.optimizer.get_updater(sgd)
>>> update(0, grad, weight)
>>> weight.asnumpy()
array([0.9, 0.8], dtype=float32)
"""
from . import contrib, optimizer
from .optimizer import *  # noqa: F403

__all__ = ["contrib", "optimizer"]
__all__ += optimizer.__all__
