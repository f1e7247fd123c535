"""Samples of the family "pool"."""
import numpy as np

from . import Sample, ints, rand

_X, _ODD = rand(2, 3, 6, 8, low=-2, high=2), rand(1, 2, 7, 7, seed=2, low=-2, high=2)
_P = rand(2, 2, 6, 6, low=0.3, high=2)
_SQUARE = {"kernel": (2, 2), "stride": (2, 2)}
_WIDE = {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}

SAMPLES = [Sample("Pooling", [x], {"pool_type": kind, **how}) for kind in ("max", "avg", "sum") for x, how in (
    (_X, _SQUARE), (_X, _WIDE), (_ODD, {"kernel": (3, 2), "stride": (2, 3)}), (_ODD, {"kernel": (3, 3)}),
    (_ODD, {"global_pool": True, "kernel": (2, 2)}), (_X, {"global_pool": True}),
    (_ODD, {**_WIDE, "pooling_convention": "full"}),
    (_ODD, {"kernel": (4, 4), "stride": (3, 3), "pad": (1, 1), "pooling_convention": "full"}))]


def _means(x):
    """Means of 2x2 blocks, smaller at the end of an odd axis."""
    blocks = [[x[:, :, i:i + 2, j:j + 2].mean(axis=(2, 3)) for j in range(0, 7, 2)] for i in range(0, 7, 2)]
    return np.moveaxis(np.array(blocks), (0, 1), (2, 3))


SAMPLES += [Sample("Pooling", [_ODD], {"pool_type": kind, **_SQUARE, "pooling_convention": "full"})
            for kind in ("max", "sum")]
# MXNet's gradient divides by the whole window where its forward pass divides by what is inside
SAMPLES += [Sample("Pooling", [_ODD], {"pool_type": "avg", **_SQUARE, "pooling_convention": "full"}, oracle=False,
                   reference=_means)]
SAMPLES += [Sample("Pooling", [_ODD], {"pool_type": "avg", "count_include_pad": False, "kernel": (4, 4),
                                       "stride": (3, 3), "pad": (1, 1), "pooling_convention": convention})
            for convention in ("valid", "full")]
SAMPLES += [Sample("Pooling", [_P], {"pool_type": "lp", "p_value": p, **_SQUARE}) for p in (1, 2, 3)]
SAMPLES += [Sample("Pooling", [rand(2, 2, 9)], {"pool_type": kind, "kernel": (3,), "stride": (2,), "pad": (1,)})
            for kind in ("max", "avg")]
SAMPLES += [Sample("Pooling", [rand(1, 2, 4, 5, 6)], {"pool_type": kind, "kernel": (2, 2, 3), "stride": (2, 1, 2)})
            for kind in ("max", "avg")]
# ties: the gradient goes to the first of the largest
SAMPLES += [Sample("Pooling", [ints(2, 2, 6, 6, high=2)], {"pool_type": "max", **how}, numeric=())
            for how in (_SQUARE, _WIDE)]
SAMPLES += [Sample("Pooling", [rand(2, 6, 8, 3)], {"layout": "NHWC", "pool_type": kind, **_WIDE})
            for kind in ("max", "avg")]
SAMPLES += [Sample("Pooling", [np.arange(7, dtype="f4").reshape(1, 1, 7)],
                   {"kernel": (3,), "stride": (2,), "pooling_convention": "same"}, oracle=False,
                   reference=lambda x: np.array([[[2, 4, 6, 6]]]), why="fails in MXNet 1.9.1")]
SAMPLES += [Sample("Pooling_v1", [_X], {"pool_type": "max", **_SQUARE})]

_OUT = np.maximum(_X[:, :, :, ::2], _X[:, :, :, 1::2])
_OUT = np.maximum(_OUT[:, :, ::2], _OUT[:, :, 1::2])
SAMPLES += [Sample("_backward_pooling", [rand(2, 3, 3, 4, seed=6), _X, _OUT], {"pool_type": kind, **_SQUARE},
                   numeric=("head",), oracle=False, why="internal: Pooling's gradient")
            for kind in ("max", "avg", "sum")]
SAMPLES += [Sample("_backward_pooling_head", [_X, _OUT, rand(2, 3, 6, 8, seed=4)], _SQUARE, oracle=False,
                   why="internal: second derivatives of Pooling")]

SAMPLES += [Sample("_contrib_AdaptiveAvgPooling2D", [rand(2, 2, 5, 6)], attrs) for attrs in (
    {"output_size": (2, 4)}, {"output_size": (3,)}, {}, {"output_size": (5, 6)}, {"output_size": (7, 2)})]
SAMPLES += [Sample("_backward_adaptive_avg_pooling", [rand(2, 2, 2, 4)], {"size": (5, 6)}, oracle=False,
                   why="internal: the gradient of adaptive pooling")]

SAMPLES += [Sample("UpSampling", [rand(2, 3, 4, 5)], {"scale": s, "sample_type": "nearest", "num_args": 1})
            for s in (1, 2, 3)]
SAMPLES += [Sample("UpSampling", [rand(1, 2, 4, 4), rand(1, 3, 2, 2)],
                   {"scale": 2, "sample_type": "nearest", "num_args": 2})]
SAMPLES += [Sample("UpSampling", [rand(1, 2, 4, 4), rand(1, 2, 2, 2)],
                   {"scale": 2, "sample_type": "nearest", "num_args": 2, "multi_input_mode": "sum"})]
SAMPLES += [Sample("UpSampling", [rand(2, 2, 3, 4), rand(2, 1, k, k)],
                   {"scale": s, "sample_type": "bilinear", "num_filter": 2, "num_args": 2})
            for s, k in ((2, 4), (3, 5))]
SAMPLES += [Sample("_backward_pooling_v1", [rand(1, 1, 2, 2), rand(1, 1, 3, 3), rand(1, 1, 2, 2)],
                   {"kernel": (2, 2), "pool_type": "avg"}, oracle=False, why="internal")]
