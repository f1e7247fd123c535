"""Samples of the family "activation"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(3, 4) * 4
_X4 = rand(2, 3, 2, 2)
_H = rand(3, 4, seed=5)
_ACTS = ("relu", "sigmoid", "softrelu", "softsign", "tanh")
_RANDOM = {"oracle": False, "why": "random: tests/ops/test_activation.py looks at the statistics"}


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))


SAMPLES = [Sample("Activation", [_X], {"act_type": act}) for act in _ACTS]
SAMPLES += [Sample("Activation", [np.array([-100, -20, 0, 20, 100], "float32")], {"act_type": act}, numeric=())
            for act in _ACTS]
SAMPLES += [Sample("_backward_activation", [_H, abs(_H) * 0.9 if act == "softrelu" else _H], {"act_type": act},
                   oracle=False, why="internal: the gradient of Activation") for act in _ACTS]
SAMPLES += [Sample("LeakyReLU", [_X], {"act_type": act, "slope": slope})
            for act, slope in (("leaky", 0.25), ("leaky", 1.5), ("elu", 0.25), ("elu", 1.0), ("gelu", 0.25))]
SAMPLES += [
    Sample("LeakyReLU", [ints(7, low=-3, high=4)], numeric=()),
    Sample("LeakyReLU", [_X], {"act_type": "selu"}, oracle=False, reference=_selu),
    Sample("LeakyReLU", [_X4, rand(3)], {"act_type": "prelu"}),
    Sample("LeakyReLU", [_X, rand(4)], {"act_type": "prelu"}),
    Sample("LeakyReLU", [rand(4), rand(4, seed=1)], {"act_type": "prelu"}),
    Sample("LeakyReLU", [_X], {"act_type": "rrelu"}, **_RANDOM),
    Sample("LeakyReLU", [_X], {"act_type": "rrelu"}, train=False, oracle=False,
           reference=lambda x: np.where(x > 0, x, x * 0.2294999955)),
    Sample("hard_sigmoid", [_X]), Sample("hard_sigmoid", [_X], {"alpha": 0.4, "beta": 0.1}),
    Sample("softmax", [_X]), Sample("softmax", [_X4], {"axis": 1}), Sample("softmax", [_X * 100], numeric=()),
    Sample("softmax", [_X], {"temperature": 2.5}), Sample("softmax", [_X], {"dtype": "float64"}, numeric=()),
    Sample("softmax", [_X.astype("float16")], rtol=2e-3, atol=1e-3, numeric=()),
    Sample("softmax", [_X.astype("float16")], {"dtype": "float32"}, rtol=2e-3, atol=1e-3, numeric=()),
    Sample("softmax", [rand(2, 3, 4), ints(2, 4, high=4, dtype="int32")], {"axis": 1, "use_length": True}),
    Sample("softmax", [_X, ints(3, low=1, high=4, dtype="int64")], {"use_length": True, "temperature": 0.5}),
    Sample("log_softmax", [_X]), Sample("log_softmax", [_X4], {"axis": 1, "temperature": 0.5}),
    Sample("log_softmax", [_X * 100], numeric=()), Sample("log_softmax", [_X], {"dtype": "float64"}, numeric=()),
    Sample("softmin", [_X]), Sample("softmin", [_X4], {"axis": -2, "temperature": 2.0}),
    Sample("SoftmaxActivation", [_X]),
    Sample("SoftmaxActivation", [_X4], oracle=False,  # MXNet's builds differ: the CPU's takes the last axis only
           reference=lambda x: _softmax(x.reshape(2, -1)).reshape(x.shape)),
    Sample("SoftmaxActivation", [_X4], {"mode": "channel"}),
    Sample("_backward_softmax", [_H, rand(3, 4)], {"axis": (1,), "scale": 0.5}, oracle=False,
           reference=lambda h, y: 0.5 * y * (h - (h * y).sum(1, keepdims=True))),
    Sample("_backward_log_softmax", [_H, rand(3, 4)], {"axis": (0,)}, oracle=False,
           reference=lambda h, y: h - np.exp(y) * h.sum(0, keepdims=True)),
    Sample("Dropout", [_X], {"p": 0.4}, **_RANDOM), Sample("Dropout", [_X4], {"axes": (1, 3)}, **_RANDOM),
    Sample("Dropout", [_X], {"mode": "always"}, train=False, **_RANDOM),
    Sample("Dropout", [_X], train=False), Sample("Dropout", [_X], {"p": 0.0}),
    Sample("Dropout", [_X], {"p": 1.0}, oracle=False, reference=np.zeros_like),
]
