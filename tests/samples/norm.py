"""Samples of the family "norm"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(2, 3, 4, 5)
_STATES = [rand(3, low=0.5, high=2), rand(3, seed=1), rand(3, seed=2), rand(3, low=0.5, high=2, seed=3)]
_FREE = {"fix_gamma": False}


def _states(n):
    return [rand(n, low=0.5, high=2), rand(n, seed=1), rand(n, seed=2), rand(n, low=0.5, high=2, seed=3)]


def _wide(vector):
    return vector[:, None, None]


def _batch_norm(x, gamma, beta, mean, var, eps=0.00100000005):
    """With the statistics of the batch; also mean, variance and the new moving statistics."""
    m, v = x.mean((0, 2, 3)), x.var((0, 2, 3))
    y = (x - _wide(m)) / np.sqrt(_wide(v) + eps) * _wide(gamma) + _wide(beta)
    return y, m, v, np.full(1, 3 / x.size), 0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v


def _inverse_spread(results, eps=0.0010000000474974513):
    y, m, v, *rest = results
    return (y, m, 1 / np.sqrt(v + eps), *rest)


SAMPLES = [
    Sample("BatchNorm", [_X, *_STATES]),
    Sample("BatchNorm", [_X, *_STATES], _FREE), Sample("BatchNorm", [_X, *_STATES], _FREE, train=False),
    Sample("BatchNorm", [_X, *_STATES], train=False),
    Sample("BatchNorm", [_X, *_STATES], {**_FREE, "use_global_stats": True}),
    Sample("BatchNorm", [_X, *_STATES], {**_FREE, "output_mean_var": True, "eps": 0.1}, numeric=()),
    Sample("BatchNorm", [_X, *_STATES], {**_FREE, "output_mean_var": True}, numeric=(), train=False),
    Sample("BatchNorm", [_X, *_STATES], _FREE, oracle=False, numeric=(),
           reference=lambda *inputs: _inverse_spread(_batch_norm(*inputs))),
    Sample("BatchNorm", [_X + 300, *_STATES], _FREE, oracle=False, numeric=(), rtol=2e-3, atol=2e-3,
           reference=lambda x, *states: _inverse_spread(_batch_norm(x.astype("float64"), *states))),
    Sample("BatchNorm", [rand(6, 3), *_STATES], _FREE), Sample("BatchNorm", [rand(2, 3, 40), *_STATES], _FREE),
    Sample("BatchNorm", [_X, *_states(5)], {**_FREE, "axis": -1}),
    Sample("BatchNorm", [_X, *_states(2)], {**_FREE, "axis": 0}),
    Sample("BatchNorm", [_X.astype("float16"), *_STATES], _FREE, rtol=5e-3, atol=5e-3, numeric=(), oracle=False,
           reference=lambda x, *states: _inverse_spread(_batch_norm(x.astype("float32"), *states))),
    Sample("_contrib_BatchNormWithReLU", [_X, *_STATES], _FREE),
    Sample("_contrib_BatchNormWithReLU", [_X, *_STATES], _FREE, train=False,
           oracle=False,  # MXNet forgets the rectifier in this gradient
           reference=lambda x, g, b, m, v: np.maximum(
               (x - _wide(m)) / np.sqrt(_wide(v) + 0.001) * _wide(g) + _wide(b), 0)),
    Sample("_contrib_SyncBatchNorm", [_X, *_STATES], {**_FREE, "key": "a", "output_mean_var": True}, numeric=()),
    Sample("_contrib_SyncBatchNorm", [_X, *_STATES], {"key": "b"}),
    Sample("_contrib_SyncBatchNorm", [_X, *_STATES], {**_FREE, "key": "c"}, train=False),
    Sample("BatchNorm_v1", [_X, *_STATES], _FREE, oracle=False, reference=_batch_norm),
    Sample("_backward_batch_norm", [_X, _X * _X, _STATES[0], _STATES[2], _STATES[3], np.full(1, 0.025, "float32")],
           oracle=False, why="internal: gradients of BatchNorm"),
    Sample("LayerNorm", [rand(4, 6), rand(6), rand(6, seed=1)]),
    Sample("LayerNorm", [rand(2, 3, 40), rand(40), rand(40, seed=1)], {"eps": 0.01}),
    Sample("LayerNorm", [_X, rand(3), rand(3, seed=1)], {"axis": 1}),
    Sample("LayerNorm", [_X, rand(4), rand(4, seed=1)], {"axis": -2, "output_mean_var": True}, numeric=()),
    Sample("LayerNorm", [rand(3, 8, dtype="float16"), rand(8, dtype="float16"), rand(8, dtype="float16")],
           rtol=5e-3, atol=5e-3, numeric=()),
    Sample("_backward_layer_norm", [rand(4, 6), rand(4, 6, seed=2), rand(6), rand(4, 1), rand(4, 1, low=0.5, high=2)],
           oracle=False, why="internal: gradients of LayerNorm"),
    Sample("GroupNorm", [rand(2, 6, 3), rand(2), rand(2, seed=1)], {"num_groups": 2}),
    Sample("GroupNorm", [rand(2, 6, 4, 4), rand(3), rand(3, seed=1)], {"num_groups": 3, "eps": 0.01}),
    Sample("GroupNorm", [_X, rand(1), rand(1, seed=1)], {"output_mean_var": True}, numeric=()),
    Sample("InstanceNorm", [_X, rand(3), rand(3, seed=1)]),
    Sample("InstanceNorm", [rand(2, 3, 7), rand(3), rand(3, seed=1)], {"eps": 0.1}),
    Sample("_backward_group_norm", [rand(2, 3, 4), rand(2, 3, 4, seed=2), rand(3), rand(2, 3),
                                    rand(2, 3, low=0.5, high=2)], oracle=False, why="internal: gradients of GroupNorm"),
    Sample("L2Normalization", [rand(3, 4)]), Sample("L2Normalization", [_X], {"eps": 0.1}),
    Sample("L2Normalization", [_X], {"mode": "channel"}), Sample("L2Normalization", [_X], {"mode": "spatial"}),
    Sample("L2Normalization", [ints(2, 3, high=1)], numeric=()),
    Sample("LRN", [_X], {"nsize": 3, "alpha": 0.5, "knorm": 1.0}),
    Sample("LRN", [_X], {"nsize": 5, "alpha": 0.1, "beta": 0.6}), Sample("LRN", [rand(2, 7, 2, 2)], {"nsize": 3}),
    Sample("_backward_lrn", [_X, _X + 0.5, _X * 0.3, _X * 0.1 + 2], {"alpha": 0.5, "beta": 0.75, "nsize": 3},
           oracle=False, why="internal: gradient of LRN"),
]
