"""Samples of the family "binary"."""
import numpy as np

from . import Sample, ints, rand

_A, _B = rand(3, 4, low=0.3, high=2), rand(3, 4, seed=5, low=0.3, high=2)
_WIDE = [(rand(2, 1, 3, low=0.3, high=2), rand(1, 4, 3, seed=1, low=0.3, high=2)),
         (rand(2, 3, low=0.3, high=2), rand(1, 3, seed=3, low=0.3, high=2))]
_I, _J = ints(3, 4, high=3), ints(3, 4, high=3, seed=4)

SAMPLES = [Sample(name, [_A, _B]) for name in (
    "elemwise_add elemwise_sub elemwise_mul elemwise_div _mod _power _maximum _minimum _hypot").split()]
SAMPLES += [Sample(f"broadcast_{name}", list(pair)) for pair in _WIDE for name in (
    "add sub mul div mod power maximum minimum hypot").split()]
for _name in ("equal not_equal greater greater_equal lesser lesser_equal logical_and logical_or "
              "logical_xor").split():
    SAMPLES += [Sample(f"_{_name}", [_I, _J]), Sample(f"broadcast_{_name}", [_I, ints(1, 4, high=3)]),
                Sample(f"_{_name}_scalar", [_I], {"scalar": 1.0})]
SAMPLES += [Sample(f"_{name}_scalar", [_A], {"scalar": scalar}) for scalar in (1.7, 2.0) for name in (
    "plus minus rminus mul div rdiv mod rmod power rpower maximum minimum hypot").split()]
SAMPLES += [Sample(f"_{name}_scalar", [ints(6, low=1, high=9, dtype="int32")], {"scalar": scalar})
            for scalar in (1.5, 2.0) for name in "plus minus rminus mul div rdiv maximum".split()]
SAMPLES += [Sample("_div_scalar", [np.array([-3, 3, -7], "int32")], {"scalar": 2.0})]
SAMPLES += [Sample("elemwise_add", [ints(3, high=5, dtype="int32"), ints(3, high=5, dtype="int32")])]
SAMPLES += [Sample("_mod", [np.array([7, -7, 7, -7], "float32"), np.array([3, 3, -3, -3], "float32")])]
SAMPLES += [Sample("add_n", [_A]), Sample("add_n", [_A, _B, _I])]
SAMPLES += [Sample("smooth_l1", [rand(3, 4, low=-2, high=2)], {"scalar": s}) for s in (1.0, 2.0)]
SAMPLES += [Sample("_grad_add", [rand(2, 3), rand(2, 3, seed=1)], oracle=False, reference=lambda x, y: x + y),
            Sample("_scatter_elemwise_div", [rand(2, 3), rand(2, 3, low=1, high=2)]),
            Sample("_scatter_plus_scalar", [rand(2, 3)], {"scalar": 1.5}),
            Sample("_scatter_minus_scalar", [rand(2, 3)], {"scalar": 1.5})]
