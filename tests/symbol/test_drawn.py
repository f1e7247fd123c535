"""Symbols drawn at random, compared with what MXNet 1.9.1 made of the same Python (scripts/oracle/symbols.py drawn)."""
import json
from pathlib import Path

import pytest

import cupynet as mx
from tests.symbol import drawn

STORED = json.loads((Path(__file__).resolve().parents[1] / "data" / "symbols" / "drawn.json").read_text())
FACETS, ANSWERS = STORED["facets"], STORED["answers"]
GROUP = 20


@pytest.mark.parametrize("first", range(0, drawn.COUNT, GROUP))
def test_drawn(first):
    wrong = {}
    for seed in range(first, first + GROUP):
        found = drawn.hashes(drawn.observe(mx, seed, STORED["operators"]))
        wrong[seed] = [name for name, want in zip(FACETS, ANSWERS[seed].split()) if found[name] != want]
    assert not {seed: names for seed, names in wrong.items() if names}
