"""Loops and branches as symbols, compared with what MXNet 1.9.1 made of the same Python."""
import json
from pathlib import Path

import pytest

import cupynet as mx
from tests.symbol import loops
from tests.symbol.test_against_mxnet import differences

STORED = json.loads((Path(__file__).resolve().parents[1] / "data" / "symbols" / "loops.json").read_text())


@pytest.mark.parametrize("name", loops.CASES)
def test_loop(name):
    assert not differences(loops.observe(mx, name), STORED[name], partly=True)


@pytest.mark.parametrize("name", [name for name, seen in STORED.items() if "error" in seen])
def test_message(name):
    """Mistakes are told in MXNet's words, where they are words for users."""
    want = STORED[name]["text"]
    found = loops.observe(mx, name)["text"]
    assert found == want or name in ("limit_zero", "predicate_is_a_function")
