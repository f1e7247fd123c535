"""CTC loss: what samples cannot show."""
import itertools

import numpy as np
import pytest
from samples import rand

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes

CTC = catalog.get("CTCLoss")


def test_against_the_definition():
    """Sum the probabilities of all paths that spell the label."""
    data = rand(5, 1, 3, low=-2, high=2, dtype="float64")
    p = np.exp(data[:, 0]) / np.exp(data[:, 0]).sum(1, keepdims=True)
    for label in ([], [1], [1, 1], [2, 1], [1, 2, 1]):
        total = sum(np.prod(p[range(5), path]) for path in itertools.product(range(3), repeat=5)
                    if [c for c, _ in itertools.groupby(path) if c] == label)
        padded = np.array([label + [0] * (4 - len(label))], "f4")
        loss, _ = CTC.run(np, "cpu", [data, padded], CTC.parse({}))
        np.testing.assert_allclose(loss, -np.log(total), rtol=1e-10)


def test_what_cannot_be_aligned_costs_nothing():
    data, label = rand(3, 2, 3), np.array([[1, 1, 1], [2, 1, 2]], "f4")  # repeats need a blank between them
    loss, gradient = CTC.run(np, "cpu", [data, label], CTC.parse({}))
    assert loss[0] == 0 and loss[1] > 0
    assert not gradient[:, 0].any() and gradient[:, 1].all()


def test_long_sequences_do_not_underflow():
    data = np.zeros((2000, 1, 10), "f4")
    loss, gradient = CTC.run(np, "cpu", [data, np.full((1, 3), 2, "f4")], CTC.parse({}))
    assert np.isfinite(loss).all() and np.isfinite(gradient).all()
    assert loss[0] > 4000


def test_half_precision_is_computed_in_single():
    data = rand(6, 2, 5)
    label = np.array([[1, 2], [3, 0]], "f4")
    half, gradient = CTC.run(np, "cpu", [data.astype("f2"), label], CTC.parse({}))
    assert half.dtype == gradient.dtype == "float16"
    np.testing.assert_allclose(half, CTC.run(np, "cpu", [data, label], CTC.parse({}))[0], rtol=2e-3)


def test_more_labels_than_steps_is_an_error():
    with pytest.raises(MXNetValueError, match=r"CTCLoss: label has shape \(2, 5\): more labels than the 4 steps"):
        infer_shapes(CTC, CTC.parse({}), [(4, 2, 3), (2, 5)], [None, None])
