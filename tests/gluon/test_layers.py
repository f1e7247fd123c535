"""Every layer shows itself, computes, differentiates and is written as in MXNet 1.9.1."""
import json
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

from .layers import LAYERS, observed

ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "gluon-layers.json").read_text())


@pytest.mark.parametrize("number", range(len(LAYERS)), ids=[layer for _, layer in LAYERS])
def test_layer(number):
    with mx.cpu():
        found = json.loads(json.dumps(observed(mx, *LAYERS[number])))
    expected = dict(ANSWERS[number])
    np.testing.assert_allclose(found.pop("values"), expected.pop("values"), rtol=2e-4, atol=1e-4)
    assert found == expected
