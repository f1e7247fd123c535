"""Metrics against the answers of MXNet (scripts/oracle/training.py), and what only we promise."""
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetAssertionError, MXNetKeyError, MXNetTypeError, MXNetValueError

ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "training" / "metrics.json").read_text())
LABELS = [0, 1, 1]
SCORES = [[0.3, 0.7], [0, 1.0], [0.4, 0.6]]


def assert_same(found, expected):
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert [value for _, value in found] == pytest.approx([value for _, value in expected], rel=1e-5, nan_ok=True)
    assert all(type(value) is float for _, value in found)


@pytest.mark.parametrize("numpy", [False, True], ids=["nd", "numpy"])
@pytest.mark.parametrize("case", ANSWERS["cases"],
                         ids=lambda case: f"{case['metric']}-{case['arguments']}-{case['batches']}")
def test_values_are_those_of_mxnet(case, numpy):
    metric = mx.metric.create(case["metric"], **case["arguments"])
    assert metric.get_config() == case["config"]
    make = (lambda x: np.array(x, "float32")) if numpy else mx.nd.array
    for i, expected in enumerate(case["seen"]):
        if i:
            if i == 3:
                metric.reset_local()
            label, pred = ANSWERS["batches"][case["batches"]][i - 1]
            metric.update([make(label)], [make(pred)])
        if case["metric"] == "pearsonr" and case["arguments"]:  # MXNet gives 0 for its global value
            continue
        assert_same(metric.get_name_value(), expected[0])
        assert_same(metric.get_global_name_value(), expected[1])
    metric.reset()
    assert np.isnan(metric.get()[1])
    assert np.isnan(metric.get_global()[1])


def test_correlation_of_all_examples_together():
    metric = mx.metric.PearsonCorrelation(average="micro")
    draw = np.random.default_rng(3)
    labels, preds = draw.normal(5, 1, (2, 4, 30))
    for i, (label, pred) in enumerate(zip(labels, preds)):
        if i == 2:
            metric.reset_local()
        updated(metric, label, pred)
    assert metric.get_global()[1] == pytest.approx(np.corrcoef(labels.ravel(), preds.ravel())[0, 1], rel=1e-4)
    assert metric.get()[1] == pytest.approx(np.corrcoef(labels[2:].ravel(), preds[2:].ravel())[0, 1], rel=1e-4)


def updated(metric, labels=LABELS, preds=SCORES):
    metric.update([mx.nd.array(labels)], [mx.nd.array(preds)])
    return metric


def test_sums_do_not_stop_growing():
    metric = mx.metric.Loss()
    metric.update(None, [mx.nd.full((1,), 2.0**24)])
    for _ in range(8):
        metric.update(None, [mx.nd.ones((1,))])
    assert metric.sum_metric == 2.0**24 + 8


def test_half_precision_predictions_and_integer_labels():
    metric = mx.metric.Accuracy()
    metric.update([mx.nd.array(LABELS, dtype="int32")], [mx.nd.array(SCORES, dtype="float16")])
    assert metric.get() == ("accuracy", 2 / 3)


def test_single_arrays_and_several_outputs():
    metric = mx.metric.Accuracy()
    metric.update(mx.nd.array(LABELS), mx.nd.array(SCORES))
    metric.update([mx.nd.array(LABELS)] * 2, [mx.nd.array(SCORES)] * 2)
    assert (metric.get()[1], metric.num_inst) == (2 / 3, 9)


def test_top_k_of_fewer_classes():
    assert updated(mx.metric.TopKAccuracy(top_k=9)).get() == ("top_k_accuracy_9", 1.0)


# ---- composites and names -------------------------------------------------------------------------


def test_composite():
    metric = mx.metric.create(["acc", mx.metric.F1()])
    assert str(updated(metric)) == "EvalMetric: {'accuracy': 0.6666666666666666, 'f1': 0.8}"
    assert metric.get() == metric.get_global() == (["accuracy", "f1"], [2 / 3, 0.8])
    metric.reset_local()
    assert np.isnan(metric.get()[1]).all()
    assert metric.get_global_name_value() == [("accuracy", 2 / 3), ("f1", 0.8)]
    metric.reset()
    assert np.isnan(metric.get_global()[1]).all()
    metric.add("ce")
    assert isinstance(metric.get_metric(2), mx.metric.CrossEntropy)
    assert [each["metric"] for each in metric.get_config()["metrics"]] == ["Accuracy", "F1", "CrossEntropy"]
    with pytest.raises(MXNetValueError, match="Metric index 5 is out of range 0 and 3"):
        metric.get_metric(5)


def test_update_by_name():
    labels = OrderedDict(a=mx.nd.array(LABELS), b=mx.nd.array([1, 1, 1]))
    preds = OrderedDict(x=mx.nd.array(SCORES), y=mx.nd.array(SCORES))
    metric = mx.metric.Accuracy()
    metric.update_dict(labels, preds)
    assert metric.get()[1] == pytest.approx(5 / 6)
    metric = mx.metric.Accuracy(output_names=["x"], label_names=["b"])
    metric.update_dict(labels, preds)
    assert metric.get()[1] == 1
    metric = mx.metric.CompositeEvalMetric(["acc", "ce"], output_names=["x"], label_names=["a"])
    metric.update_dict(labels, preds)
    assert metric.get()[1][0] == 2 / 3
    with pytest.raises(MXNetKeyError, match="no output 'z' among"):
        mx.metric.Accuracy(output_names=["z"], label_names=["b"]).update_dict(labels, preds)


def test_create():
    assert mx.metric.create("top_k_accuracy", top_k=3).top_k == 3
    assert mx.metric.create('["accuracy", {"axis": 0}]').axis == 0
    assert mx.metric.create('{"metric": "Accuracy", "axis": 0}').axis == 0
    assert isinstance(mx.metric.create(mx.metric.MAE), mx.metric.MAE)
    metric = mx.metric.Accuracy(name="mine")
    assert mx.metric.create(metric) is metric
    assert mx.metric.create(**metric.get_config()).get_config() == metric.get_config()


def test_custom():
    def wrong(label, pred):
        assert type(label) is type(pred) is np.ndarray
        return float((label != pred.argmax(1)).sum())

    assert updated(mx.metric.create(wrong)).get() == ("wrong", 1.0)
    assert updated(mx.metric.np(wrong, name="other")).get() == ("other", 1.0)
    assert updated(mx.metric.CustomMetric(lambda label, pred: (3.0, 2))).get() == ("custom(<lambda>)", 1.5)
    metric = mx.metric.CustomMetric(wrong, allow_extra_outputs=True)
    metric.update([mx.nd.array(LABELS)], [mx.nd.array(SCORES)] * 2)
    assert metric.num_inst == 1
    with pytest.raises(NotImplementedError, match="cannot be serialized"):
        metric.get_config()


def test_registering(monkeypatch):
    @mx.metric.alias("mine")
    @mx.metric.register
    class OfMyOwn(mx.metric.EvalMetric):
        def __init__(self, factor=1):
            super().__init__("own", factor=factor)

        def update(self, labels, preds):
            self.sum_metric += 3
            self.num_inst += 1

    metric = updated(mx.metric.create("mine", 5))
    assert metric.get() == metric.get_global() == ("own", 3.0)  # without global statistics of its own
    assert metric.get_config()["factor"] == 5
    with pytest.warns(UserWarning, match="overriding existing metric"):
        mx.metric.register(OfMyOwn)


def test_check_label_shapes():
    one, two = mx.nd.array([1, 2]), mx.nd.array([1, 2, 3])
    assert mx.metric.check_label_shapes([one], [two], wrap=True) == ([one], [two])
    labels, preds = mx.metric.check_label_shapes(one, one, wrap=True)
    assert (labels, preds) == ([one], [one])
    with pytest.raises(MXNetValueError, match=r"Shape of labels \(2,\) does not match shape of predictions \(3,\)"):
        mx.metric.check_label_shapes(one, two, shape=True)


@pytest.mark.parametrize(("attempt", "error", "text"), [
    (lambda: mx.metric.create("nope"), MXNetValueError, "nope is not registered. Please register with metric.register"),
    (lambda: mx.metric.create(3), MXNetAssertionError, "must be of string type"),
    (lambda: mx.metric.create('["acc"'), MXNetValueError, "not valid JSON"),
    (lambda: mx.metric.create('["acc"]'), MXNetValueError, "neither"),
    (lambda: mx.metric.CustomMetric(3), MXNetTypeError, "expected a function"),
    (mx.metric.TopKAccuracy, MXNetValueError, "Please use Accuracy if top_k is no more than 1"),
    (lambda: mx.metric.F1(average="x"), MXNetValueError, "'macro' or 'micro'"),
    (lambda: mx.metric.PearsonCorrelation(average="x"), MXNetValueError, "'macro' or 'micro'"),
    (lambda: updated(mx.metric.Accuracy(), [0, 1]), MXNetValueError, "labels 2 does not match .* 3"),
    (lambda: updated(mx.metric.Accuracy(), [0, 1], [1, 2, 3]), MXNetValueError, "no axis 1 of scores"),
    (lambda: mx.metric.Accuracy().update([mx.nd.ones(2)] * 2, [mx.nd.ones(2)]), MXNetValueError, "labels 2 .* 1"),
    (lambda: updated(mx.metric.TopKAccuracy(2), [0], [[[1, 2]]]), MXNetValueError, "no more than 2 dims"),
    (lambda: updated(mx.metric.F1(), [0, 1, 2]), MXNetValueError, "F1 currently only supports binary"),
    (lambda: updated(mx.metric.MCC(), [0, 1], [1, 2]), MXNetValueError, "scores of two classes"),
    (lambda: updated(mx.metric.PCC(), [0, -1, 1]), MXNetValueError, "must not be negative"),
    (lambda: updated(mx.metric.Perplexity(None), [0, 1]), MXNetValueError, "shape mismatch"),
    (lambda: updated(mx.metric.Perplexity(None, axis=0)), MXNetValueError, "3 labels for predictions"),
    (lambda: updated(mx.metric.CrossEntropy(), [0, 1]), MXNetValueError, "2 labels do not fit"),
    (lambda: updated(mx.metric.CrossEntropy(), [0, 1, 5]), IndexError, r"\[0, 5\]; there are 2 classes"),
    (lambda: updated(mx.metric.MSE(), [0, 1]), MXNetValueError, r"labels have shape \(2,\), predictions \(3, 2\)"),
    (lambda: updated(mx.metric.PearsonCorrelation()), MXNetValueError, "does not match"),
    (lambda: mx.metric.EvalMetric("x").update([], []), NotImplementedError, "update"),
])
def test_mistakes(attempt, error, text):
    with pytest.raises(error, match=text):
        attempt()
