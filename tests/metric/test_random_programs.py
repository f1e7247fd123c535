"""Metrics on programs drawn at random give what MXNet gave (scripts/oracle/metrics.py)."""
import gzip
import importlib.util
import json
from pathlib import Path

import pytest

import cupynet as mx

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("oracle_metrics", ROOT / "scripts" / "oracle" / "metrics.py")
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)
ANSWERS = json.loads(gzip.decompress(oracle.ANSWERS.read_bytes()))


def test_there_are_answers():
    assert len(ANSWERS) == oracle.COUNT


@pytest.mark.parametrize("seed", range(0, oracle.COUNT, 50))
def test_programs(seed):
    for i in range(seed, seed + 50):
        found = oracle.played(mx, i)
        assert len(found) == len(ANSWERS[i]), i
        for ours, theirs in zip(found, ANSWERS[i]):
            if theirs == "raises" or ours == "raises":
                assert ours == theirs, i
                continue
            assert [name for name, _ in ours] == [name for name, _ in theirs], i
            for (name, value), (_, expected) in zip(ours, theirs):
                same = expected if expected is None else pytest.approx(expected, rel=1e-4, abs=1e-5)
                assert value == same, (i, name)
