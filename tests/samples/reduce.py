"""Samples of the family "reduce"."""
import numpy as np

from . import Sample, ints, rand

_TABLE = ("sum", "mean", "prod", "nansum", "nanprod", "max", "min")
_X = rand(2, 3, 4) * 3
_SMALL = ints(2, 3, low=1, high=6)
_ZEROS = np.array([[0, 2, 3], [0, 0, 5], [1, 2, 3]], np.float32)  # MXNet's gradient of the product is NaN
_NAN = np.array([[np.nan, 2, 3], [1, np.nan, 5]], np.float32)
_AXES = ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": 1, "exclude": True},
         {"axis": (), "keepdims": True}, {"axis": (0, 1, 2), "exclude": True})

SAMPLES = [Sample(name, [_X], attrs) for name in _TABLE for attrs in _AXES]
SAMPLES += [Sample(name, [_SMALL.astype(dtype)], {"axis": 0})
            for name in _TABLE for dtype in ("int32", "uint8", "int64")]
SAMPLES += [Sample(name, [rand(5, 40, low=0.9, high=1.1, dtype="float16")], {"axis": 1}, numeric=(), rtol=2e-3)
            for name in ("sum", "mean", "prod", "max")]
SAMPLES += [Sample(name, [ints(6, high=3)], numeric=()) for name in ("max", "min")]  # ties
SAMPLES += [Sample(name, [_NAN], attrs, numeric=()) for name in ("nansum", "nanprod", "max", "min", "sum")
            for attrs in ({}, {"axis": 1})]
SAMPLES += [Sample("prod", [_ZEROS], attrs, oracle=False,
                   reference=lambda x, attrs=attrs: np.prod(x, attrs.get("axis"), keepdims=not attrs).reshape(-1))
            for attrs in ({}, {"axis": 1}, {"axis": 0})]
SAMPLES += [Sample("_square_sum", [_X], {"axis": 1}, oracle=False, reference=lambda x: (x * x).sum(1)),
            Sample("_square_sum", [_X], {"axis": (0, 1), "keepdims": True}, oracle=False,
                   reference=lambda x: (x * x).sum((0, 1), keepdims=True))]

SAMPLES += [Sample("norm", [_X], {"ord": order, **attrs}) for order in (1, 2)
            for attrs in ({}, {"axis": 1}, {"axis": (0, 2), "keepdims": True}, {"axis": ()})]
SAMPLES += [Sample("norm", [_X.astype("float64")], {"out_dtype": "float64"}),
            Sample("norm", [_SMALL.astype("int32")], {"axis": 0}),
            Sample("norm", [rand(3, 5, dtype="float16")], {"axis": 1}, numeric=(), rtol=3e-3),
            Sample("norm", [_X], {"out_dtype": "float64", "axis": 1}, oracle=False,
                   reference=lambda x: np.linalg.norm(x, axis=1)),
            Sample("norm", [np.zeros((2, 3), "float32")], {"axis": 1}, numeric=(), oracle=False,
                   reference=lambda x: np.zeros(2))]
SAMPLES += [Sample("moments", [_X], attrs) for attrs in (
    {"axes": 0}, {"axes": (0, -1)}, {"axes": (0, 1, 2)}, {"axes": (1,), "keepdims": True})]
SAMPLES += [Sample("moments", [ints(4, 3, high=9, dtype="int32")], {"axes": 0}, oracle=False,
                   reference=lambda x: (x.mean(0).astype(int), x.var(0).astype(int)))]

SAMPLES += [Sample(name, [_X], attrs) for name in ("argmax", "argmin") for attrs in (
    {}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True})]
SAMPLES += [Sample(name, [ints(3, 5, high=3, dtype=dtype)], {"axis": 1}) for name in ("argmax", "argmin")
            for dtype in ("float32", "float64", "int32")]
SAMPLES += [Sample("argmax_channel", [x]) for x in (_X, rand(3, 5), rand(2, 3, 2, 2, dtype="float64"))]

SAMPLES += [Sample("all_finite", [x]) for x in (_SMALL, _NAN, 1 / _X, np.array([1, -np.inf]))]
SAMPLES += [Sample("multi_all_finite", [_X, _SMALL], {"num_arrays": 2}),
            Sample("multi_all_finite", [_X, _NAN, _SMALL], {"num_arrays": 3}),
            Sample("multi_all_finite", [_X], {"num_arrays": 1})]

SAMPLES += [Sample("cumsum", [rand(2, 3, 2)], {"axis": axis}) for axis in (None, 0, 2)]
SAMPLES += [Sample("cumsum", [ints(2, 3, high=9, dtype="int32")], {"axis": 1, "dtype": "float32"})]
