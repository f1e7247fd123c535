"""Samples of the family "loss"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(4, 5)
_L = ints(4, high=5)
_X4 = rand(2, 3, 2, 2)
_L4 = ints(2, 4, high=3)  # MXNet infers (batch, spatial size)
_X3 = rand(2, 3, 4)


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _head(op, inputs, **attrs):
    """A sample of a loss layer, whose gradient is not that of its output."""
    return Sample(op, inputs, attrs, numeric=())


SAMPLES = [_head("SoftmaxOutput", [_X, _L], **attrs) for attrs in (
    {}, {"grad_scale": 2.5}, {"normalization": "batch"}, {"normalization": "valid"},
    {"use_ignore": True, "ignore_label": 2.0}, {"use_ignore": True, "ignore_label": 0.0, "normalization": "valid"},
    {"use_ignore": True, "ignore_label": 3.0, "normalization": "batch", "grad_scale": 3.0}, {"smooth_alpha": 0.1},
    {"smooth_alpha": 0.2, "use_ignore": True, "ignore_label": 1.0})]
SAMPLES += [_head("SoftmaxOutput", [_X4, _L4], multi_output=True, **attrs) for attrs in (
    {}, {"normalization": "batch"}, {"normalization": "valid", "grad_scale": 2.0}, {"smooth_alpha": 0.1},
    {"use_ignore": True, "ignore_label": 1.0, "normalization": "valid"}, {"use_ignore": True, "ignore_label": 0.0})]
SAMPLES += [_head("SoftmaxOutput", [_X3, ints(2, 3, high=4)], preserve_shape=True, **attrs) for attrs in (
    {}, {"normalization": "batch"}, {"normalization": "valid", "use_ignore": True, "ignore_label": 1.0},
    {"smooth_alpha": 0.1})]
SAMPLES += [
    _head("SoftmaxOutput", [_X, np.array([-1, 5, 2, 7], "float32")]),  # no classes
    _head("SoftmaxOutput", [_X * 200, _L]),
    Sample("SoftmaxOutput", [_X.astype("float16"), _L.astype("float16")], numeric=(), rtol=2e-3, atol=1e-3),
    Sample("SoftmaxOutput", [_X, _L.astype("int32")], numeric=(), oracle=False, reference=lambda x, y: _softmax(x)),
    Sample("_backward_softmax_output", [_X, _L], {"normalization": "batch"}, oracle=False,
           reference=lambda p, y: (p - np.eye(5)[y.astype(int)]) / 4),
    Sample("_backward_softmax_output", [_X4, _L4], {"multi_output": True, "use_ignore": True, "ignore_label": 0.0},
           oracle=False, why="internal: the gradient of SoftmaxOutput"),
]
for _op in ("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"):
    SAMPLES += [_head(_op, [_X, rand(4, 5, seed=1)]), _head(_op, [_X4, rand(2, 3, 2, 2, seed=1)], grad_scale=3.0),
                _head(_op, [rand(6, 1), rand(6, seed=1)]), _head(_op, [rand(6), rand(6, seed=1)])]
SAMPLES += [_head("MakeLoss", [_X], **attrs) for attrs in (
    {}, {"grad_scale": 0.5}, {"normalization": "batch"}, {"normalization": "valid", "valid_thresh": 0.2})]
SAMPLES += [
    Sample("_backward_make_loss", [_X], {"grad_scale": 0.5}, oracle=False, reference=lambda x: np.full_like(x, 0.5)),
    _head("make_loss", [_X]),
    Sample("softmax_cross_entropy", [_X, _L], oracle=False,
           reference=lambda x, y: -np.log(_softmax(x))[np.arange(4), y.astype(int)].sum().reshape(1)),
    Sample("softmax_cross_entropy", [_X, np.array([0, -1, 9, 1], "float32")], oracle=False, numeric=(),
           reference=lambda x, y: -np.log(_softmax(x))[[0, 3], [0, 1]].sum().reshape(1)),
]
SAMPLES += [_head("SVMOutput", [_X * 2, _L], **attrs) for attrs in (
    {}, {"use_linear": True}, {"margin": 0.3, "regularization_coefficient": 2.0},
    {"margin": 0.3, "regularization_coefficient": 2.0, "use_linear": True})]
SAMPLES += [
    _head("SVMOutput", [_X3, ints(2, 3, high=4)]),
    Sample("_backward_svm_output", [_X, _L], {"use_linear": True}, oracle=False,
           reference=lambda x, y: (s := 1 - 2 * np.eye(5)[y.astype(int)]) * (1 + s * x > 0)),
    Sample("IdentityAttachKLSparseReg", [rand(4, 3, low=0.05, high=0.95), rand(3, low=0.2, high=0.8)],
           {"sparseness_target": 0.2, "penalty": 0.1, "momentum": 0.5}, numeric=(), oracle=False,
           reference=lambda x, m: (x, m * 0.5 + x.mean(0) * 0.5, m * 0.5 + x.mean(0) * 0.5)),
    Sample("IdentityAttachKLSparseReg", [rand(2, 3, 2, 2, low=0.05, high=0.95), rand(3, low=0.2, high=0.8)],
           train=False, numeric=(), oracle=False, reference=lambda x, m: (x, m, m)),
]
# so many classes that the labels' places are looked up
SAMPLES += [Sample("SoftmaxOutput", [rand(3, 200), ints(3, high=200)], attrs, numeric=())
            for attrs in ({}, {"smooth_alpha": 0.1})]
