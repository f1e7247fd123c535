"""Old scripts print their old lines: see tests/old_scripts.py."""
import json
from pathlib import Path

import numpy as np
import pytest
from old_scripts import SCRIPTS

import cupynet as mx

ANSWERS = json.loads((Path(__file__).parent / "data" / "old_scripts.json").read_text())
EPOCHS = 2  # that are the same to the last digit; sums in another order are seen later


def numbers(lines):
    """The numbers in lines such as ``accuracy=0.5, cross-entropy=1.2``."""
    return [float(part.split(",")[0]) for line in lines for part in line.split("=")[1:]]


@pytest.mark.filterwarnings("ignore:.*FeedForward has been deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_same_lines(name):
    """Weights are drawn, samples shuffled and elements dropped as by MXNet, so losses are the same step by step."""
    with mx.cpu():  # where the numbers are MXNet's
        lines, values = SCRIPTS[name](mx)
    expected_lines, expected = ANSWERS[name]
    told = [line for line in lines if "=" in line]
    expected_told = [line for line in expected_lines if "=" in line]
    first = EPOCHS * len(told) // 5
    assert told[:first] == expected_told[:first]
    np.testing.assert_allclose(numbers(told), numbers(expected_told), rtol=1e-4)
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-6)
