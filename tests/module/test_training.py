"""Module.fit logs and learns what MXNet's does, on the programs of programs.py."""
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("programs", HERE / "programs.py")
programs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(programs)
ANSWERS = json.loads((HERE.parent / "data" / "training" / "module.json").read_text())


def numbers(line):
    name, _, value = line.partition("=")
    return name, float(value)


def tolerance(expected):
    """1e-4, or what is between MXNet with two threads and with one, for which it adds up in another order."""
    return max(1e-4, 3 * np.abs(np.divide(expected["losses of one thread"], expected["losses"]) - 1).max())


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_fit_is_that_of_mxnet(name):
    network, options = programs.PROGRAMS[name]
    found, expected = programs.fit(mx, network, **options), ANSWERS[name]
    assert [numbers(line)[0] for line in found["lines"]] == [numbers(line)[0] for line in expected["lines"]]
    first = len(expected["lines"]) // 3  # an epoch: rounding grows from there
    np.testing.assert_allclose([numbers(line)[1] for line in found["lines"]][:first],
                               [numbers(line)[1] for line in expected["lines"]][:first], 1e-5)
    np.testing.assert_allclose(found["losses"][:8], expected["losses"][:8], 1e-5)
    np.testing.assert_allclose(found["losses"], expected["losses"], tolerance(expected))
    assert found["sums"].keys() == expected["sums"].keys()
    if "sgd" in name and "resnet" not in name:  # to the last printed digit
        assert found["lines"] == expected["lines"]


def test_two_contexts_learn_what_one_learns():
    _, options = programs.PROGRAMS["lenet-sgd-1"]
    one = programs.fit(mx, programs.lenet, **options)
    two = programs.fit(mx, programs.lenet, **{**options, "contexts": 2})
    np.testing.assert_allclose(one["losses"], two["losses"], 1e-3)
