"""Samples of the family "linalg"."""
import numpy as np

from . import Sample, rand


def _positive(*shape, dtype="float32"):
    """Symmetric positive definite matrices with eigenvalues well apart."""
    a = rand(*shape, seed=3, dtype=dtype)
    return (a @ a.swapaxes(-1, -2) + np.diag(np.arange(1, shape[-1] + 1))).astype(dtype)


def _factor(*shape):
    return np.linalg.cholesky(_positive(*shape))


_LARGE = {"rtol": 1e-3, "atol": 1e-4}
_A, _STACK = rand(3, 3) + 2 * np.eye(3, dtype="float32"), rand(2, 3, 3, seed=1) + 2 * np.eye(3, dtype="float32")
_FULL = _factor(2, 3, 3) + np.triu(rand(2, 3, 3), 1)  # the triangle that must not be looked at is not zero

SAMPLES = [Sample("_linalg_gemm2", [rand(*a), rand(*b, seed=1)], attrs) for a, b, attrs in (
    ((2, 3), (3, 4), {}), ((2, 2, 3), (2, 3, 4), {"alpha": 0.5}), ((3, 2), (3, 4), {"transpose_a": True}),
    ((2, 3), (4, 3), {"transpose_b": True, "alpha": -2.0}), ((2, 3, 2), (2, 4, 3), {"transpose_a": True,
                                                                                  "transpose_b": True}),
    ((2, 3, 2, 4), (2, 4, 2, 5), {"axis": 1}), ((3, 2, 4), (5, 2, 4), {"axis": 0, "transpose_b": True}),
    ((3, 2, 4), (3, 2, 5), {"axis": -3, "transpose_a": True}))]
SAMPLES += [Sample("_linalg_gemm", [rand(*a), rand(*b, seed=1), rand(*c, seed=2)], attrs) for a, b, c, attrs in (
    ((2, 3), (3, 4), (2, 4), {}), ((2, 2, 3), (2, 3, 4), (2, 2, 4), {"alpha": 0.5, "beta": 3.0}),
    ((3, 2), (4, 3), (2, 4), {"transpose_a": True, "transpose_b": True, "beta": 0.5}),
    ((2, 3, 2, 4), (2, 4, 2, 5), (2, 3, 2, 5), {"axis": 1}))]
SAMPLES += [Sample("_linalg_syrk", [x], attrs) for x in (rand(2, 3), rand(2, 4, 3))
            for attrs in ({}, {"transpose": True, "alpha": 0.5})]

SAMPLES += [Sample("_linalg_triangle", [rand(2, 3, 3)], attrs, oracle=False, reference=f) for attrs, f in (
    ({}, np.tril), ({"lower": False}, np.triu), ({"offset": -1}, lambda x: np.tril(x, -1)))]
_SIDES = [{"transpose": transpose, "rightside": side, "lower": lower, "alpha": alpha}
          for transpose, side, lower, alpha in (
              (False, False, True, 1), (True, False, True, 0.5), (False, True, True, 2), (True, True, True, 1),
              (False, False, False, 1), (True, False, False, 1), (False, True, False, 1), (True, True, False, 0.5))]
SAMPLES += [Sample(name, [_FULL if attrs["lower"] else _FULL.swapaxes(1, 2), rand(2, 2, 3) if attrs["rightside"]
                          else rand(2, 3, 2)], attrs) for name in ("_linalg_trmm", "_linalg_trsm") for attrs in _SIDES]
SAMPLES += [Sample(name, [_FULL[0], rand(3, 4)]) for name in ("_linalg_trmm", "_linalg_trsm")]

# finite differences would move one of two equal elements
SAMPLES += [Sample("_linalg_potrf", [x], numeric=()) for x in (_positive(3, 3), _positive(2, 4, 4))]
SAMPLES += [Sample("_linalg_potrf", [_positive(1, 1)])]
SAMPLES += [Sample("_linalg_potri", [x], **_LARGE) for x in (_factor(3, 3), _FULL, _factor(2, 2, 2, 2))]
SAMPLES += [Sample("_linalg_gelqf", [x]) for x in (rand(2, 3), rand(2, 3, 4), _A)]
SAMPLES += [Sample("_linalg_syevd", [x], numeric=())
            for x in (_positive(3, 3), _positive(2, 4, 4), _positive(2, 2) - 2)]
SAMPLES += [Sample("_linalg_inverse", [x]) for x in (_A, _STACK, rand(1, 2, 2, 2) + 2 * np.eye(2, dtype="float32"))]
SAMPLES += [Sample(name, [x]) for name in ("_linalg_det", "_linalg_slogdet") for x in (_A, _STACK, -_A)]
SAMPLES += [Sample("_linalg_det", [np.ones((2, 2), "float32")], numeric=())]
SAMPLES += [Sample("_linalg_det", [rand(2, 2, 2, dtype="float64")])]
SAMPLES += [Sample("_linalg_sumlogdiag", [x]) for x in (np.abs(_A), np.abs(_STACK))]

SAMPLES += [Sample("_linalg_extractdiag", [x], {"offset": k}) for x in (_A, _STACK) for k in (0, 1, -2)]
SAMPLES += [Sample("_linalg_makediag", [x], {"offset": k}) for x in (rand(3), rand(2, 3)) for k in (0, 1, -2)]
SAMPLES += [Sample("_linalg_extracttrian", [x], {"offset": k, "lower": lower}) for x in (_A, _STACK)
            for k, lower in ((0, True), (0, False), (1, True), (-1, False))]
SAMPLES += [Sample("_linalg_maketrian", [x], {"offset": k, "lower": lower}) for x in (rand(6), rand(2, 3))
            for k, lower in ((0, True), (0, False), (1, True), (-1, False))]
