"""The schedule of MXNet's first versions: rates and log lines as MXNet 1.9.1 gave them."""
import logging

import pytest

import cupynet as mx


def test_rates_and_log_lines(caplog):
    schedule = mx.misc.FactorScheduler(3, 0.5)
    with caplog.at_level(logging.INFO):
        rates = [schedule(i) for i in range(14)]
        schedule.base_lr = 0.3
        rates += [schedule(i) for i in (20, 1, 0)]
    assert rates == [0.01] * 3 + [0.005] * 3 + [0.0025] * 3 + [0.00125] * 3 + [0.000625] * 2 + [0.0046875, 0.3, 0.3]
    assert caplog.messages == [f"At Iteration [{i}]: Swith to new learning rate {rate}" for i, rate in (
        (3, "0.00500"), (6, "0.00250"), (9, "0.00125"), (12, "0.00063"), (20, "0.00469"), (1, "0.30000"))]


def test_mistakes():
    with pytest.raises(ValueError, match="Schedule step must be greater or equal than 1 round"):
        mx.misc.FactorScheduler(0)
    with pytest.raises(ValueError, match="Factor must be less than 1 to make lr reduce"):
        mx.misc.FactorScheduler(10, 1.0)
    with pytest.raises(NotImplementedError, match="must override this"):
        mx.misc.LearningRateScheduler()(1)
