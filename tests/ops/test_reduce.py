"""Reductions: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes


def run(name, *inputs, out=None, **attrs):
    op = catalog.get(name)
    return op.run(np, "cpu", inputs, op.parse(attrs), out=out)[0]


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "nanprod", "max", "min"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "bool"])
@pytest.mark.parametrize("attrs", [{}, {"axis": 1}, {"keepdims": True}, {"axis": 0, "keepdims": True},
                                   {"axis": (0, 1), "exclude": True}])
def test_results_go_into_a_given_buffer(name, dtype, attrs):
    data = (rand(3, 4) * 4).astype(dtype)
    expected = run(name, data, **attrs)
    out = np.empty_like(expected)
    assert run(name, data, out=out, **attrs) is out
    np.testing.assert_array_equal(out, expected)
    assert expected.dtype == dtype


def test_half_precision_is_accumulated_in_single():
    ones = np.ones(4096, np.float16)
    assert run("sum", ones) == 4096  # one by one in half precision it would stay at 2048
    assert run("norm", ones) == 64
    assert run("mean", np.full(4096, 100, np.float16)) == 100


@pytest.mark.parametrize("name, attrs, message", [
    ("sum", {"axis": 2}, r"sum: axis is 2; expected one in \[-2, 2\)"),
    ("mean", {"axis": (0, -2)}, "mean: axis is .*each axis once"),
    ("max", {"axis": -3}, "max: axis is -3"),
    ("argmax", {"axis": 5}, "argmax: axis is 5"),
    ("norm", {"ord": 3}, "norm: ord is 3; expected 1 or 2"),
    ("moments", {}, "moments: axes is None; expected at least one axis"),
])
def test_mistakes_are_named(name, attrs, message):
    op = catalog.get(name)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(op, attrs, [(2, 3)], [None] * len(op.output_names(attrs)))


def test_data_follows_from_an_output_that_kept_its_axes():
    op = catalog.get("sum")
    ins = [None]
    infer_shapes(op, op.parse({"axis": 1, "keepdims": True}), ins, [(2, 1, 4)])
    assert ins == [(2, None, 4)]


def test_all_finite_can_be_asked_in_pieces():
    out = np.ones(1, np.float32)
    for array, expected in ((np.ones(3), 1), (np.array([np.inf]), 0), (np.ones(2), 0)):
        run("all_finite", array, init_output=False, out=out)
        assert out == expected
    run("multi_all_finite", np.ones(2), np.ones(3), out=out)
    assert out == 1
