"""Functions and augmenters give what MXNet gives for the same calls and seeds, and draw as much."""
import json
import math
import sys
from pathlib import Path

import cupynet as mx

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts" / "oracle"))
import images  # noqa: E402

RTOL, ATOL = 1e-5, 2e-3  # of colours from 0 to 255


def agree(ours, theirs):
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if isinstance(theirs, float) and isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=RTOL, abs_tol=ATOL)
    return ours == theirs


def test_calls_drawn_at_random():
    theirs = json.loads(images.ANSWERS.read_text())
    ours = json.loads(json.dumps(images.answers(mx, len(theirs))))
    wrong = [(number, *pair) for number, pair in enumerate(zip(ours, theirs)) if not agree(*pair)]
    assert not wrong, wrong[:3]
    assert sum(answer[0] == "error" for answer in theirs) < len(theirs) / 5


def test_a_difference_is_seen():
    assert agree([1.5, "x", [100.0]], [1.5, "x", [100.001]])
    assert not agree([1.5], [1.6]) and not agree([100.0], [101.0]) and not agree("x", "y") and not agree([1], [1, 2])
