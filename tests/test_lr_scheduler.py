"""Schedules against the answers of MXNet (scripts/oracle/training.py)."""
import json
import logging
from pathlib import Path

import pytest

from cupynet import lr_scheduler
from cupynet.base import MXNetError, MXNetTypeError, MXNetValueError

DATA = Path(__file__).parent / "data" / "training"


@pytest.mark.parametrize("case", json.loads((DATA / "schedules.json").read_text()),
                         ids=lambda case: f"{case['schedule']}-{case['arguments']}")
def test_rates_and_log_lines_are_those_of_mxnet(case, caplog):
    schedule = getattr(lr_scheduler, case["schedule"])(**case["arguments"])
    with caplog.at_level(logging.INFO):
        rates = [schedule(update) for update in range(len(case["rates"]))]
    assert rates == pytest.approx(case["rates"], rel=1e-12, abs=1e-15)
    assert caplog.messages == case["log"]


def test_a_jump_ahead_takes_every_step():
    assert lr_scheduler.FactorScheduler(3, 0.5)(23) == pytest.approx(0.01 / 2**7)
    assert lr_scheduler.MultiFactorScheduler([3, 7], 0.1)(20) == pytest.approx(1e-4)


def test_a_warm_up_as_long_as_the_schedule():
    schedule = lr_scheduler.PolyScheduler(6, warmup_steps=6)
    assert [schedule(update) for update in (0, 3, 6, 9)] == pytest.approx([0, 0.005, 0.01, 0.01])


@pytest.mark.parametrize(("make", "error", "text"), [
    (lambda: lr_scheduler.LRScheduler(warmup_mode="x"), MXNetValueError, "only linear and constant"),
    (lambda: lr_scheduler.LRScheduler(warmup_steps=-1), MXNetValueError, "has to be positive or 0"),
    (lambda: lr_scheduler.LRScheduler(warmup_steps=1.5), MXNetTypeError, "warmup_steps is 1.5"),
    (lambda: lr_scheduler.LRScheduler(base_lr=0.1, warmup_begin_lr=0.2), MXNetValueError, "has to be higher"),
    (lambda: lr_scheduler.LRScheduler(warmup_steps=5).get_warmup_lr(5), MXNetError, "not one of the 5"),
    (lambda: lr_scheduler.LRScheduler()(0), NotImplementedError, "must override"),
    (lambda: lr_scheduler.FactorScheduler(0), MXNetValueError, "greater or equal than 1"),
    (lambda: lr_scheduler.FactorScheduler(1, 1.5), MXNetValueError, "no more than 1"),
    (lambda: lr_scheduler.MultiFactorScheduler([]), MXNetValueError, "expected a list"),
    (lambda: lr_scheduler.MultiFactorScheduler((3, 4)), MXNetValueError, "expected a list"),
    (lambda: lr_scheduler.MultiFactorScheduler([4, 3]), MXNetValueError, "increasing"),
    (lambda: lr_scheduler.MultiFactorScheduler([0, 3]), MXNetValueError, "greater or equal than 1"),
    (lambda: lr_scheduler.MultiFactorScheduler([3], 2), MXNetValueError, "no more than 1"),
    (lambda: lr_scheduler.PolyScheduler(0), MXNetValueError, "strictly positive"),
    (lambda: lr_scheduler.CosineScheduler(1.5), MXNetTypeError, "max_update is 1.5"),
])
def test_mistakes(make, error, text):
    with pytest.raises(error, match=text):
        make()
