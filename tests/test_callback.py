"""Callbacks log the lines that MXNet logged (scripts/oracle/callbacks.py)."""
import importlib.util
import json
from pathlib import Path

import pytest

import cupynet as mx

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("oracle_callbacks", ROOT / "scripts" / "oracle" / "callbacks.py")
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)
ANSWERS = json.loads(oracle.ANSWERS.read_text())


def test_there_are_answers():
    assert len(ANSWERS) == len(oracle.CASES)


@pytest.mark.parametrize("i", range(len(oracle.CASES)))
def test_lines(i):
    assert oracle.logged(mx, oracle.CASES[i]) == ANSWERS[i]


def test_no_time_between_two_lines(monkeypatch, caplog):
    monkeypatch.setattr(mx.callback.time, "time", lambda: 5.0)
    speed = mx.callback.Speedometer(10, 1)
    with caplog.at_level("INFO"):
        for batch in range(3):
            speed(mx.model.BatchEndParam(0, batch, None, None))
    assert caplog.messages == [f"Iter[0] Batch [{i}]\tSpeed: inf samples/sec" for i in (1, 2)]
