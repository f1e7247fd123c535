"""Samples of the family "unary"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(3, 4)
_POSITIVE = rand(3, 4, low=0.2, high=3.0)
_DOMAIN = {"log": _POSITIVE, "log2": _POSITIVE, "log10": _POSITIVE, "log1p": _POSITIVE, "sqrt": _POSITIVE,
           "rsqrt": _POSITIVE, "arccosh": _POSITIVE + 1, "cbrt": _POSITIVE, "rcbrt": _POSITIVE,
           "reciprocal": _POSITIVE}

SAMPLES = [Sample(name, [_DOMAIN.get(name, _X * 0.9)]) for name in (
    "abs sign exp expm1 log log2 log10 log1p square sqrt rsqrt cbrt rcbrt reciprocal negative sin cos tan arcsin "
    "arccos arctan sinh cosh tanh arcsinh arccosh arctanh degrees radians relu sigmoid softsign "
    "_copy zeros_like ones_like").split()]
SAMPLES += [Sample("BlockGrad", [_X])]
SAMPLES += [Sample(name, [_X * 3 + 0.01]) for name in "floor ceil trunc fix rint round".split()]
SAMPLES += [Sample("round", [ints(8, low=-6, high=6) / 2]), Sample("rint", [ints(8, low=-6, high=6) / 2])]
SAMPLES += [Sample("logical_not", [ints(5, high=2)])]
SAMPLES += [Sample("Cast", [_X * 5], {"dtype": dtype}, numeric=()) for dtype in ("int32", "float64", "float16")]
SAMPLES += [Sample("Cast", [ints(4, high=9, dtype="int32")], {"dtype": "float32"})]
SAMPLES += [Sample("clip", [_X], {"a_min": -0.5, "a_max": 0.4})]
SAMPLES += [Sample("sqrt", [rand(2, low=0.5, high=2, dtype="float64")]), Sample("tanh", [rand(2, 1, 3)])]
SAMPLES += [Sample("_CrossDeviceCopy", [_X], oracle=False, reference=np.copy)]
SAMPLES += [Sample(name, [ints(5, low=-6, high=6, dtype=dtype)], oracle=False, reference=lambda x: x)
            for name in "round rint ceil floor trunc fix".split() for dtype in ("int32", "uint8")]
