"""Special functions at their poles and limits, and mixed-precision casts; the samples check the values."""
import numpy as np
import pytest

from cupynet.ops import catalog
from cupynet.ops.infer import infer_types

INF, NAN = np.inf, np.nan


def run(name, *ins, **attrs):
    op = catalog.get(name)
    return op.run(np, "cpu", ins, op.parse(attrs))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name, points, values", [
    ("erf", [0, -INF, INF, NAN, 30, -30], [0, -1, 1, NAN, 1, -1]),
    ("erfinv", [0, 1, -1, 1.5, NAN, INF], [0, INF, -INF, NAN, NAN, NAN]),
    ("gamma", [0, -1, -2, 1, 5, INF, NAN, 1000, -1000.5], [INF, NAN, NAN, 1, 24, INF, NAN, INF, 0]),
    ("gammaln", [0, -1, 1, 2, INF, NAN], [INF, INF, 0, 0, INF, NAN]),
])
def test_limits(name, points, values, dtype):
    y, = run(name, np.array(points, dtype))
    assert y.dtype == dtype
    np.testing.assert_allclose(y, np.array(values, dtype), 1e-3, 1e-7)


def test_signs_of_zero_and_odd_symmetry():
    for name, end in (("erf", 3), ("erfinv", 0.99)):
        x = np.linspace(0, end, 50)
        np.testing.assert_array_equal(run(name, -x)[0], -run(name, x)[0])
        assert np.signbit(run(name, np.array([-0.0]))[0]).all()


def test_float32_error_function_stays_within_one():
    y, = run("erf", np.linspace(-8, 8, 100001, dtype="f4"))
    assert abs(y).max() <= 1 and (np.diff(y) > -1e-6).all()


def test_blocks_and_shapes():
    x = np.linspace(0.1, 4, 3 * 40000).reshape(3, 40000)
    np.testing.assert_array_equal(run("gammaln", x)[0][2, -5:], run("gammaln", x[2, -5:])[0])
    assert run("erf", np.zeros((0, 3), "f4"))[0].shape == (0, 3)


def test_whole_numbers_are_truncated():
    y, = run("erf", np.array([-3, 0, 1, 30], "int32"))
    assert y.dtype == "int32" and y.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("given, narrow, expected", [
    (["float16", "float32"], False, ["float32", "float32"]), (["float16", "float32"], True, ["float16", "float16"]),
    (["float16", "int32"], False, ["float16", "int32"]), (["float16", "float64"], False, ["float16", "float64"]),
    (["float16", "float32", "float64"], False, ["float32", "float32", "float64"])])
def test_amp_multicast_types(given, narrow, expected):
    op = catalog.get("amp_multicast")
    ins, outs = [np.dtype(t) for t in given], [None] * len(given)
    infer_types(op, op.parse({"num_outputs": len(given), "cast_narrow": narrow}), ins, outs)
    assert [t.name for t in outs] == expected
