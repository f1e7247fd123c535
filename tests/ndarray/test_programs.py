"""Little programs over NDArray, drawn at random, answered as MXNet 1.9.1 does (scripts/oracle/array_programs.py)."""
import json
from pathlib import Path

import pytest

import cupynet as mx
from tests.ndarray import programs


@pytest.fixture(autouse=True)
def cpu():
    """MXNet was asked on the CPU."""
    with mx.cpu(0):
        yield


STORED = json.loads((Path(__file__).parents[1] / "data" / "oracle" / "array_programs.json").read_text())


@pytest.mark.parametrize("family", programs.FAMILIES)
def test_programs_end_as_in_mxnet(family):
    sources, kept = programs.programs(family), STORED[family].split()
    assert len(sources) == len(kept)
    wrong = [f"{source}\n    {text}" for source, each in zip(sources, kept)
             if (text := programs.difference(mx, source, each)) is not None]
    assert not wrong, f"{len(wrong)} of {len(sources)}:\n" + "\n".join(wrong)


def test_most_answers_are_compared():
    kept = " ".join(STORED.values()).split()
    assert sum(each not in ("?", "+") for each in kept) > 0.9 * len(kept)


def test_a_wrong_answer_is_seen():
    source = "x = a(1, (2, 3)); r = x[1]"
    right = programs.answer(mx, source)
    kept = programs.hashed(right)
    assert programs.difference(mx, source, kept) is None
    assert programs.difference(mx, "x = a(1, (2, 3)); r = x[0]", kept)
    assert programs.difference(mx, source, "!IndexError")
    assert programs.difference(mx, "x = a(1, (2, 3)); r = x[7]", kept)
    assert programs.difference(mx, "x = a(1, (2, 3)); r = x[7]", "+")
