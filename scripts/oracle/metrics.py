"""Metrics on programs drawn at random: the same calls on MXNet 1.9.1, whose answers are kept, and on cupynet.

    .bench/mxnet/bin/python scripts/oracle/metrics.py   # writes tests/data/training/random_metrics.json.gz
"""
import gzip
import json
from pathlib import Path

import numpy as np

ANSWERS = Path(__file__).resolve().parents[2] / "tests" / "data" / "training" / "random_metrics.json.gz"
COUNT = 400

CLASSES = ["acc", "accuracy", "top_k_accuracy", "top_k_acc", "f1", "mcc", "pcc", "perplexity", "ce", "crossentropy",
           "nll_loss", "negativeloglikelihood"]
NUMBERS = ["mae", "mse", "rmse", "pearsonr", "pearsoncorrelation", "loss", "torch", "caffe", "custom"]
COMPOSITES = [["acc", "ce"], ["nll_loss", "perplexity"], ["mse", "mae"], [{"metric": "acc", "name": "a"}, "ce"]]


def distance(label, pred):
    return float(np.abs(label.sum() - pred.sum()))


def weighted(label, pred):
    return float(pred.sum()), 3


def pick(rng, *choices):
    return choices[rng.randint(len(choices))]


def drawn_metric(mx, rng):
    """Return the kind of a metric ("classes" or "numbers"), its name and itself."""
    if rng.rand() < 0.1:
        parts = pick(rng, *COMPOSITES)
        if parts[0] == "nll_loss":
            parts = [parts[0], mx.metric.Perplexity(None)]
        return "numbers" if "mse" in parts else "classes", "composite", mx.metric.create(parts)
    name = pick(rng, *CLASSES, *NUMBERS)
    arguments = {}
    if name.startswith("top_k"):
        arguments["top_k"] = pick(rng, 2, 3)
    if name in ("f1", "mcc"):
        arguments["average"] = pick(rng, "macro", "micro")
    if name == "perplexity":
        arguments["ignore_label"] = pick(rng, None, 0, 1, -1)
    if name in ("ce", "nll_loss"):
        arguments["eps"] = pick(rng, 1e-12, 1e-3)
    if rng.rand() < 0.2:
        arguments["name"] = "mine"
    if rng.rand() < 0.3:
        arguments["output_names"], arguments["label_names"] = pick(rng, (["out0"], ["label0"]),
                                                                   (["out1", "out0"], ["label1", "label0"]))
    if name == "custom":
        metric = mx.metric.CustomMetric(pick(rng, distance, weighted), allow_extra_outputs=bool(rng.rand() < 0.5),
                                        **arguments)
    else:
        metric = mx.metric.create(name, **arguments)
    return "classes" if name in CLASSES else "numbers", name, metric


def drawn_arrays(kind, name, rng):
    """Return a label and a prediction; one in twenty do not fit."""
    n = pick(rng, 1, 2, 3, 5, 8)
    if kind == "numbers":
        shape = pick(rng, (n,), (n, 3), (n, 1), (n, 2, 2))
        label, pred = 3 * rng.randn(*shape), 3 * rng.randn(*shape)
        if rng.rand() < 0.05:
            pred = rng.randn(n + 1, 3)
        return label.astype(pick(rng, "float32", "float64", "int32")), pred.astype(pick(rng, "float32", "float64"))
    classes = 2 if name in ("f1", "mcc") else pick(rng, 3, 4, 5)
    label = rng.randint(0, classes, n)
    if name in ("ce", "nll_loss") and rng.rand() < 0.2:
        label[0] = -1
    pred = rng.rand(n, classes)
    if rng.rand() < 0.05 and name != "pcc":  # which silently drops the rest there
        label = label[:-1]
    return label.astype(pick(rng, "float32", "int32", "int64")), pred.astype(pick(rng, "float32", "float64"))


def played(mx, seed):
    """Return what a random program of calls gives: after each call the metric's names and values, or 'raises'."""
    rng = np.random.RandomState(seed)
    kind, name, metric = drawn_metric(mx, rng)
    seen = []
    for _ in range(rng.randint(2, 6)):
        step = pick(rng, "update", "update", "update", "update_dict", "reset_local", "reset")
        arrays = [drawn_arrays(kind, name, rng) for _ in range(pick(rng, 1, 1, 2))]
        labels, preds = ([mx.nd.array(x, dtype=x.dtype) for x in part] for part in zip(*arrays))
        try:
            if step == "update":
                metric.update(labels, preds)
            elif step == "update_dict":
                metric.update_dict({f"label{i}": x for i, x in enumerate(labels)},
                                   {f"out{i}": x for i, x in enumerate(preds)})
            else:
                getattr(metric, step)()
        except Exception:  # whatever it is, the other library must refuse as well
            seen.append("raises")
            break
        values = metric.get_name_value()
        # MXNet's correlation has no global value worth the name
        globals_ = [] if name.startswith("pearson") else metric.get_global_name_value()
        seen.append([[key, None if np.isnan(value) else round(float(value), 7)] for key, value in values + globals_])
    return seen


def main():
    import mxnet as mx

    with np.errstate(all="ignore"):
        answers = [played(mx, seed) for seed in range(COUNT)]
    with open(ANSWERS, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        packed.write(json.dumps(answers, separators=(",", ":")).encode())
    print(f"{COUNT} programs in {ANSWERS} ({ANSWERS.stat().st_size} bytes), "
          f"{sum('raises' in seen for seen in answers)} of them refused")


if __name__ == "__main__":
    main()
