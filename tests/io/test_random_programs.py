"""NDArrayIter on programs drawn at random gives what MXNet gave (scripts/oracle/iterators.py)."""
import gzip
import importlib.util
import json
from pathlib import Path

import pytest

import cupynet as mx

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("oracle_iterators", ROOT / "scripts" / "oracle" / "iterators.py")
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)
ANSWERS = json.loads(gzip.decompress(oracle.ANSWERS.read_bytes()))


def test_there_are_answers():
    assert len(ANSWERS) == oracle.COUNT


@pytest.mark.parametrize("seed", range(0, oracle.COUNT, 100))
def test_programs(seed):
    for i in range(seed, seed + 100):
        assert oracle.played(mx, i) == ANSWERS[i], i
