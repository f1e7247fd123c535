"""Every loss shows itself, computes, differentiates and is composed as in MXNet 1.9.1."""
import json
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

from .losses import LOSSES, observed

ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "gluon-losses.json").read_text())


@pytest.mark.parametrize("number", range(len(LOSSES)), ids=[f"{loss} {kinds}" for loss, kinds in LOSSES])
def test_loss(number):
    with mx.cpu():
        found = json.loads(json.dumps(observed(mx, *LOSSES[number])))
    expected = dict(ANSWERS[number])
    for ours, theirs in zip(found.pop("values"), expected.pop("values")):
        for mine, its in zip(ours, theirs):
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-5)
    assert found == expected


def test_smoothed_deep_metric_learning():
    """The reference is the paper's: a divergence from smoothed labels."""
    draw = np.random.RandomState(3)
    x, y = draw.normal(size=(2, 4, 3))
    distances = ((x[:, None] - y[None]) ** 2).sum(2)
    logs = -distances - np.log(np.exp(-distances).sum(1, keepdims=True))
    labels = np.eye(4) * 0.7 + (1 - np.eye(4)) * 0.1
    expected = (labels * (np.log(labels) - logs)).sum(1)
    found = mx.gluon.loss.SDMLLoss()(mx.nd.array(x), mx.nd.array(y)).asnumpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_stirling_where_it_holds():
    target, pred = mx.nd.array([0, 1, 2, 5]), mx.nd.array([0.1, 1, 0.5, 2])
    t, p = target.asnumpy(), pred.asnumpy()
    full = np.where(t > 1, t * np.log(np.maximum(t, 1)) - t + 0.5 * np.log(2 * np.pi * np.maximum(t, 1)), 0)
    found = mx.gluon.loss.PoissonNLLLoss(compute_full=True)(pred, target).asnumpy()
    np.testing.assert_allclose(found, [(np.exp(p) - t * p + full).mean()], rtol=1e-5)


@pytest.mark.parametrize("made, error", [
    (lambda: mx.gluon.loss.CTCLoss(layout="NCT"), AssertionError),
    (lambda: mx.gluon.loss.CTCLoss(label_layout="T"), AssertionError),
    (lambda: mx.gluon.loss.LogisticLoss(label_format="x"), ValueError),
    (lambda: mx.gluon.loss.L1Loss(weight="x")(mx.nd.ones(2), mx.nd.ones(2)), AssertionError),
])
def test_refusals(made, error):
    with pytest.raises(error) as raised:
        made()
    assert isinstance(raised.value, mx.MXNetError)
