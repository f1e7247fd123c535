"""The schedules of learning rates of MXNet's first versions (``mx.misc``); newer ones are in ``mx.lr_scheduler``."""
from __future__ import annotations

import logging

from .base import MXNetNotImplementedError, MXNetValueError

__all__ = ["LearningRateScheduler", "FactorScheduler"]


class LearningRateScheduler:
    """Base class: a call with the number of an iteration gives its learning rate, from ``base_lr``."""

    def __init__(self) -> None:
        self.base_lr = 0.01

    def __call__(self, iteration: int) -> float:
        """Return the learning rate of iteration `iteration`."""
        raise MXNetNotImplementedError("must override this")


class FactorScheduler(LearningRateScheduler):
    """Multiplies the learning rate by `factor` after every `step` iterations, and logs each change.

    >>> import cupynet as mx
    >>> [mx.misc.FactorScheduler(step=2, factor=0.5)(i) for i in range(5)]
    [0.01, 0.01, 0.005, 0.005, 0.0025]
    """

    def __init__(self, step: int, factor: float = 0.1):
        super().__init__()
        if step < 1:
            raise MXNetValueError("Schedule step must be greater or equal than 1 round")
        if factor >= 1.0:
            raise MXNetValueError("Factor must be less than 1 to make lr reduce")
        self.step, self.factor = step, factor
        self.old_lr = self.base_lr
        self.init = False

    def __call__(self, iteration: int) -> float:
        if not self.init:
            self.init, self.old_lr = True, self.base_lr
        lr = self.base_lr * self.factor ** int(iteration / self.step)
        if lr != self.old_lr:
            self.old_lr = lr
            logging.info("At Iteration [%d]: Swith to new learning rate %.5f", iteration, lr)
        return lr
