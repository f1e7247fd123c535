"""Samples of the family "matrix"."""
import numpy as np

from . import Sample, ints, rand

_DOT = [((3,), (3,), {}), ((2, 3), (3,), {}), ((3,), (3, 2), {}), ((2, 3, 4), (4,), {}), ((2, 3, 4), (4, 5), {}),
        ((2, 3), (3, 4), {}), ((1, 3), (3, 1), {}), ((2, 3, 4), (4, 2, 3), {}), ((4,), (4, 2, 3), {}),
        ((2, 3), (3, 2, 4), {})]
_DOT += [((3, 2), (3, 4), {"transpose_a": True}), ((2, 3), (4, 3), {"transpose_b": True}),
         ((3, 2), (4, 3), {"transpose_a": True, "transpose_b": True}), ((4, 2, 3), (4, 5), {"transpose_a": True}),
         ((4, 2, 3), (2, 5, 3), {"transpose_b": True}), ((3, 2), (3,), {"transpose_a": True}),
         ((3,), (2, 3), {"transpose_b": True}), ((4, 2, 3), (5, 2, 4), {"transpose_a": True, "transpose_b": True})]
SAMPLES = [Sample("dot", [rand(*a), rand(*b, seed=1)], attrs) for a, b, attrs in _DOT]
SAMPLES += [Sample("dot", [rand(2, 3, dtype="float64"), rand(3, 2, dtype="float64")]),
            Sample("dot", [rand(2, 3, dtype="float16"), rand(3, 2, dtype="float16")], oracle=False, rtol=2e-3,
                   reference=lambda a, b: a.astype("f4") @ b.astype("f4")),
            Sample("dot", [ints(2, 3, high=9, dtype="int32"), ints(3, 2, high=9, dtype="int32")], oracle=False,
                   reference=np.matmul)]

SAMPLES += [Sample("batch_dot", [rand(*a), rand(*b, seed=1)], attrs) for a, b, attrs in (
    ((2, 3, 4), (2, 4, 5), {}), ((2, 4, 3), (2, 4, 5), {"transpose_a": True}),
    ((2, 3, 4), (2, 5, 4), {"transpose_b": True}), ((2, 4, 3), (2, 5, 4), {"transpose_a": True, "transpose_b": True}),
    ((2, 3, 2, 4), (2, 3, 4, 1), {}))]
SAMPLES += [Sample("batch_dot", [rand(2, 3, 4, dtype="float16"), rand(2, 4, 3, dtype="float16")], oracle=False,
                   rtol=2e-3, reference=lambda a, b: a.astype("f4") @ b.astype("f4"))]

SAMPLES += [Sample("khatri_rao", [rand(*shape, seed=i) for i, shape in enumerate(shapes)], {"num_args": len(shapes)})
            for shapes in ([(2, 3)], [(2, 3), (4, 3)], [(2, 2), (3, 2), (2, 2)])]

_NAME = "_contrib_interleaved_matmul_"
SAMPLES += [Sample(_NAME + "selfatt_qk", [rand(3, 2, 24)], {"heads": 4}),
            Sample(_NAME + "selfatt_qk", [rand(2, 3, 15)], {"heads": 1}),
            Sample(_NAME + "selfatt_valatt", [rand(3, 2, 24), rand(8, 3, 3)], {"heads": 4}),
            Sample(_NAME + "encdec_qk", [rand(3, 2, 8), rand(5, 2, 16)], {"heads": 4}),
            Sample(_NAME + "encdec_valatt", [rand(5, 2, 16), rand(8, 3, 5)], {"heads": 4}),
            Sample(_NAME + "encdec_valatt", [rand(2, 1, 6), rand(1, 4, 2)], {"heads": 1})]
