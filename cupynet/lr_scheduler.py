"""Schedules of learning rates: functions of the number of updates so far.

>>> import cupynet as mx
>>> schedule = mx.lr_scheduler.PolyScheduler(max_update=4, base_lr=1.0, pwr=1)
>>> [schedule(update) for update in range(5)]
[1.0, 0.75, 0.5, 0.25, 0.0]
"""
from __future__ import annotations

import itertools
import logging
import math
from math import pi
from typing import Any

from .base import MXNetTypeError, MXNetValueError

__all__ = ["LRScheduler", "FactorScheduler", "MultiFactorScheduler", "PolyScheduler", "CosineScheduler"]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise MXNetValueError(message)


def _require_int(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise MXNetTypeError(f"{name} is {value!r}; expected an int")


class LRScheduler:
    """Base class: subclasses define ``__call__(num_update)``, the learning rate after so many updates.

    Parameters
    ----------
    base_lr : float
        The learning rate at the start; an optimizer that is given a learning rate of its own sets it here.
    warmup_steps : int
        For so many updates the rate rises from `warmup_begin_lr` to `base_lr`.
    warmup_begin_lr : float
    warmup_mode : "linear" or "constant"
        "constant" stays at `warmup_begin_lr` until the warm-up is over.
    """

    def __init__(self, base_lr: float = 0.01, warmup_steps: int = 0, warmup_begin_lr: float = 0,
                 warmup_mode: str = "linear"):
        _require_int(warmup_steps, "warmup_steps")
        _require(warmup_begin_lr <= base_lr, f"Base lr has to be higher than warmup_begin_lr; they are {base_lr} and "
                                             f"{warmup_begin_lr}")
        _require(warmup_steps >= 0, f"Warmup steps has to be positive or 0, not {warmup_steps}")
        _require(warmup_mode in ("linear", "constant"),
                 f"Supports only linear and constant modes of warmup, not {warmup_mode!r}")
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_final_lr = base_lr
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_mode = warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the learning rate at an update of the warm-up."""
        _require(num_update < self.warmup_steps, f"update {num_update} is not one of the {self.warmup_steps} of the "
                                                 "warm-up")
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = (self.warmup_final_lr - self.warmup_begin_lr) * num_update / self.warmup_steps
        return self.warmup_begin_lr + rise

    def __call__(self, num_update: int) -> float:
        raise NotImplementedError("must override this")


class FactorScheduler(LRScheduler):
    """Multiplies the learning rate by `factor` after every `step` updates, down to `stop_factor_lr`."""

    def __init__(self, step: int, factor: float = 1, stop_factor_lr: float = 1e-8, base_lr: float = 0.01,
                 warmup_steps: int = 0, warmup_begin_lr: float = 0, warmup_mode: str = "linear"):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(step >= 1, f"Schedule step must be greater or equal than 1 round, not {step}")
        _require(factor <= 1.0, f"Factor must be no more than 1 to make lr reduce; it is {factor}")
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            self.base_lr *= self.factor
            if self.base_lr < self.stop_factor_lr:
                self.base_lr = self.stop_factor_lr
                logging.info("Update[%d]: now learning rate arrived at %0.5e, will not change in the future",
                             num_update, self.base_lr)
            else:
                logging.info("Update[%d]: Change learning rate to %0.5e", num_update, self.base_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiplies the learning rate by `factor` after each number of updates in the list `step`."""

    def __init__(self, step: list[int], factor: float = 1, base_lr: float = 0.01, warmup_steps: int = 0,
                 warmup_begin_lr: float = 0, warmup_mode: str = "linear"):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(isinstance(step, list) and len(step) >= 1, f"step is {step!r}; expected a list of at least one number")
        _require(all(a < b for a, b in itertools.pairwise(step)),
                 f"Schedule step must be an increasing integer list, not {step}")
        _require(step[0] >= 1, f"Schedule step must be greater or equal than 1 round, not {step[0]}")
        _require(factor <= 1.0, f"Factor must be no more than 1 to make lr reduce; it is {factor}")
        self.step = step
        self.cur_step_ind = 0
        self.factor = factor
        self.count = 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
            logging.info("Update[%d]: Change learning rate to %0.5e", num_update, self.base_lr)
        return self.base_lr


class _Falling(LRScheduler):
    """A rate that falls smoothly from `base_lr` to `final_lr` at update `max_update`, where it stays."""

    def __init__(self, max_update: int, base_lr: float, final_lr: float, warmup_steps: int, warmup_begin_lr: float,
                 warmup_mode: str):
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require_int(max_update, "max_update")
        _require(max_update >= 1, f"maximum number of updates must be strictly positive, not {max_update}")
        self.base_lr_orig = base_lr
        self.max_update = max_update
        self.final_lr = final_lr
        self.max_steps = max_update - warmup_steps

    def _left(self, done: float) -> float:
        """Return how much of the fall is left when the part `done` of the updates is over."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update and self.max_steps > 0:
            left = self._left((num_update - self.warmup_steps) / self.max_steps)
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * left
        return self.base_lr


class PolyScheduler(_Falling):
    """Falls as ``(1 - t)^pwr``, where t runs from 0 to 1 between the warm-up and update `max_update`."""

    def __init__(self, max_update: int, base_lr: float = 0.01, pwr: float = 2, final_lr: float = 0,
                 warmup_steps: int = 0, warmup_begin_lr: float = 0, warmup_mode: str = "linear"):
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _left(self, done: float) -> float:
        return (1 - done) ** self.power


class CosineScheduler(_Falling):
    """Falls as ``(1 + cos(pi t)) / 2``, where t runs from 0 to 1 between the warm-up and update `max_update`."""

    def __init__(self, max_update: int, base_lr: float = 0.01, final_lr: float = 0, warmup_steps: int = 0,
                 warmup_begin_lr: float = 0, warmup_mode: str = "linear"):
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def _left(self, done: float) -> float:
        return (1 + math.cos(pi * done)) / 2
