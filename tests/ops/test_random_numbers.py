"""What is drawn on the CPU is what MXNet 1.9.1 draws: see scripts/oracle/random_numbers.py."""
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

PROGRAMS = json.loads((Path(__file__).parents[1] / "data" / "random_numbers.json").read_text())


def filled(init, name, shape, dtype):
    """Return an array filled by an initializer."""
    array = mx.nd.zeros(shape, dtype=dtype)
    init(mx.init.InitDesc(name), array)
    return array


NAMES = {"mx": mx, "nd": mx.nd, "np": np, "filled": filled}


def answer(call):
    """Return dtype, shape, checksum and first numbers of what a call gives."""
    with mx.autograd.record(train_mode="RNN" in call), mx.cpu():
        result = eval(call, dict(NAMES))
    if result is None:
        return None
    x = result.asnumpy()
    return [str(x.dtype), list(x.shape), zlib.crc32(np.ascontiguousarray(x).tobytes()), x.ravel()[:3].tolist()]


@pytest.mark.parametrize("seed, calls", PROGRAMS, ids=range(len(PROGRAMS)))
def test_the_same_seed_draws_the_same_numbers(seed, calls):
    mx.random.seed(seed)
    for call, expected in calls:
        assert answer(call) == expected, call
