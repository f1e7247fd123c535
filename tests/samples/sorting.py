"""Samples of the family "sorting"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(2, 4, 3)
_TIES = ints(4, 5, high=4)
_NAN = np.array([np.nan, 2, 1, np.nan, -np.inf, np.inf], np.float32)
_TINY = np.array([[-128, 127, 0, -128]], np.int8)
_WAYS = ({}, {"is_ascend": True}, {"is_ascend": False}, {"axis": 0}, {"axis": -2, "is_ascend": False})

# MXNet 1.9.1 cannot differentiate sort without an explicit axis, and loses axis=None on the way back
SAMPLES = [Sample("sort", [x], {"axis": -1, **way}, numeric=None if x is _X else ())
           for x in (_X, _TIES) for way in _WAYS]
SAMPLES += [Sample("sort", [_X], {"axis": None}, oracle=False, reference=lambda x: np.sort(x, None)),
            Sample("sort", [_X], {"axis": None, "is_ascend": False}, oracle=False,
                   reference=lambda x: np.sort(x, None)[::-1]),
            Sample("sort", [_TIES.astype("int32")], {"is_ascend": False}),
            Sample("sort", [_TINY], {"is_ascend": False}, oracle=False, reference=lambda x: [[127, 0, -128, -128]]),
            Sample("sort", [rand(3, 4, dtype="float64")], {"axis": 0}),
            Sample("sort", [_NAN], {"is_ascend": False}, numeric=(), oracle=False,
                   reference=lambda x: [np.inf, 2, 1, -np.inf, np.nan, np.nan])]

SAMPLES += [Sample("argsort", [x], way) for x in (_X, _TIES) for way in (
    *_WAYS, {"dtype": "int32"}, {"dtype": "float64"})]
SAMPLES += [Sample("argsort", [_X], {"axis": None, "is_ascend": up}) for up in (True, False)]
# equal elements keep their order also in long lines, where MXNet shuffles them
SAMPLES += [Sample("argsort", [_TIES], {"axis": None, "is_ascend": False}, oracle=False,
                   reference=lambda x: np.argsort(-x, axis=None, kind="stable"))]
SAMPLES += [Sample("argsort", [_TINY], {"is_ascend": False}, oracle=False, reference=lambda x: [[1, 2, 0, 3]]),
            Sample("argsort", [_NAN], {"is_ascend": False}, oracle=False, reference=lambda x: [5, 1, 2, 4, 0, 3]),
            Sample("argsort", [_NAN], oracle=False, reference=lambda x: [4, 2, 1, 5, 0, 3])]

SAMPLES += [Sample("topk", [x], {"ret_typ": kind, **way},
                   numeric=() if x is _TIES or kind in ("indices", "mask") else None)
            for kind in ("indices", "value", "mask", "both") for x, way in (
                (_X, {}), (_TIES, {"k": 3}), (_TIES, {"k": 2, "axis": 0, "is_ascend": True}), (_X, {"k": 0, "axis": 1}),
                (_X, {"k": 5, "axis": None}), (_TIES, {"k": 2, "dtype": "int32"}))]
SAMPLES += [Sample("topk", [_TIES.astype("int32")], {"ret_typ": "both", "k": 2}),
            Sample("topk", [rand(3, 4, dtype="float64")], {"ret_typ": "value", "k": 2, "axis": 0})]

_PLACES = np.array([[2, 0], [1, 3]], np.int64)
SAMPLES += [Sample("_scatter_along_axis", [rand(2, 2), _PLACES], {"axis": 1, "shape": (2, 4)}, oracle=False,
                   reference=lambda x, i: [[x[0, 1], 0, x[0, 0], 0], [0, x[1, 0], 0, x[1, 1]]]),
            Sample("_scatter_along_axis", [rand(3), np.array([5, 0, 2])], {"axis": None, "shape": (2, 3)},
                   oracle=False, reference=lambda x, i: [[x[1], 0, x[2]], [0, 0, x[0]]]),
            Sample("_gather_along_axis", [rand(2, 4), _PLACES], {"axis": -1}, oracle=False,
                   reference=lambda x, i: np.take_along_axis(x, i, 1)),
            Sample("_gather_along_axis", [rand(2, 4), np.array([7, 0])], {"axis": None}, oracle=False,
                   reference=lambda x, i: x.reshape(-1)[i])]
