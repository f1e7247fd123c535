"""Samples of the family "special"."""
import math

import numpy as np

from . import Sample, ints, rand

_X = rand(3, 4)
_erf = np.vectorize(math.erf)
_gamma = np.vectorize(math.gamma)
_gammaln = np.vectorize(math.lgamma)
_EXACT = {"oracle": False, "rtol": 2e-13, "atol": 0}  # against the C library, in float64
_MULTICAST = {"oracle": False, "numeric": ()}  # MXNet 1.9.1 crashes now and then

SAMPLES = [
    Sample("erf", [_X * 3], rtol=1e-6, atol=0), Sample("erf", [rand(40, low=-6, high=6)]),
    Sample("erf", [rand(200, low=-6, high=6, dtype="float64")], reference=_erf, **_EXACT),
    Sample("erf", [rand(20, low=-1e-3, high=1e-3, dtype="float64")], reference=_erf, **_EXACT),
    Sample("erfinv", [_X * 0.99]), Sample("erfinv", [rand(5, low=-1e-3, high=1e-3)]),
    Sample("erfinv", [_erf(rand(50, low=-3, high=3, dtype="float64"))],
           reference=lambda x: rand(50, low=-3, high=3, dtype="float64"), numeric=(), oracle=False, rtol=1e-11, atol=0),
    Sample("gamma", [rand(3, 4, low=0.2, high=5)]), Sample("gamma", [rand(6, low=-2.9, high=-2.1)]),
    Sample("gamma", [rand(9, low=-0.9, high=-0.1, dtype="float64")], reference=_gamma, **_EXACT),
    Sample("gamma", [rand(200, low=0.01, high=170, dtype="float64")], reference=_gamma, numeric=(), **_EXACT),
    Sample("gamma", [rand(50, low=-30.99, high=-30.01, dtype="float64")], reference=_gamma, numeric=(),
           oracle=False, rtol=1e-12, atol=0),
    Sample("gammaln", [rand(3, 4, low=0.2, high=5)]), Sample("gammaln", [rand(6, low=-2.9, high=-2.1)]),
    Sample("gammaln", [rand(200, low=0.01, high=300, dtype="float64")], reference=_gammaln, numeric=(), **_EXACT),
    Sample("gammaln", [rand(99, low=0.7, high=2.3, dtype="float64")], reference=_gammaln, oracle=False,
           rtol=1e-13, atol=1e-15),
    Sample("gammaln", [np.array([1.0000054321125826, 1.9999964305585238])], oracle=False, rtol=1e-14, atol=0,
           reference=lambda x: np.array([-3.13547620703973e-06, -1.509099832648119e-06])),  # by mpmath
    Sample("_digamma", [np.array([1, 0.5, 2, 11])], oracle=False, rtol=1e-12, reference=lambda x: np.array(
        [-0.57721566490153286, -1.9635100260214235, 0.42278433509846714, 2.351752589066721])),
    Sample("_digamma", [rand(9, low=-4.9, high=9)], oracle=False, why="internal: derivative of gammaln"),
    Sample("_trigamma", [np.array([1, 0.5, 2])], oracle=False, numeric=(), rtol=1e-12, reference=lambda x: np.array(
        [math.pi**2 / 6, math.pi**2 / 2, math.pi**2 / 6 - 1])),
    Sample("_trigamma", [np.array([-0.5])], oracle=False, numeric=(), rtol=1e-12,
           reference=lambda x: np.array([math.pi**2 / 2 + 4])),
    Sample("amp_cast", [_X], {"dtype": "float16"}, numeric=()),
    Sample("amp_cast", [ints(4, high=9, dtype="int32")], {"dtype": "float16"}),
    Sample("amp_multicast", [_X, rand(2, dtype="float16"), ints(3, high=5, dtype="int32")], {"num_outputs": 3},
           reference=lambda x, y, z: (x, y.astype("float32"), z), **_MULTICAST),
    Sample("amp_multicast", [_X, rand(2, dtype="float16")], {"num_outputs": 2, "cast_narrow": True},
           reference=lambda x, y: (x.astype("float16"), y), **_MULTICAST),
    Sample("amp_multicast", [rand(2, dtype="float64"), rand(2, dtype="float16")], {"num_outputs": 2},
           reference=lambda x, y: (x, y), **_MULTICAST),
    Sample("_contrib_quadratic", [_X], {"a": 2.0, "b": -0.5, "c": 3.0}),
    Sample("_contrib_quadratic", [ints(4, high=9, dtype="int32")], {"a": 2.0, "b": 1.0}),
    Sample("_contrib_gradientmultiplier", [_X], {"scalar": -2.0}, numeric=()),
    Sample("_contrib_round_ste", [ints(3, 4, low=-7, high=7) / 2], numeric=()),
    Sample("_contrib_sign_ste", [ints(3, 4, low=-1, high=2)], numeric=()),
    Sample("_contrib_div_sqrt_dim", [_X]),
    Sample("_contrib_allclose", [_X, _X], reference=lambda a, b: np.ones(1), oracle=False),
    Sample("_contrib_allclose", [_X, _X + 1e-3], {"rtol": 0.0}, reference=lambda a, b: np.zeros(1), oracle=False),
    Sample("_contrib_allclose", [np.full(2, np.nan, "float32")] * 2, {"equal_nan": False}, oracle=False,
           reference=lambda a, b: np.zeros(1)),
]
