"""Sorting: what samples cannot show."""
import numpy as np
import pytest

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes


@pytest.mark.parametrize("name, attrs, message", [
    ("sort", {"axis": 2}, "sort: axis is 2"), ("argsort", {"axis": -3}, "argsort: axis is -3"),
    ("topk", {"axis": 7}, "topk: axis is 7"), ("topk", {"k": 4}, "topk: k is 4; expected at most 3"),
    ("topk", {"k": 7, "axis": None}, "topk: k is 7; expected at most 6"),
])
def test_mistakes_are_named(name, attrs, message):
    op = catalog.get(name)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(op, attrs, [(2, 3)], [None] * len(op.output_names(attrs)))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool", "float16"])
def test_the_largest_first_without_overflow(dtype):
    info = {"b": (0, 1), "f": (-np.inf, np.inf)}.get(np.dtype(dtype).kind) or (np.iinfo(dtype).min, np.iinfo(dtype).max)
    data = np.array([0, info[1], info[0], 1], dtype)
    op = catalog.get("sort")
    result, = op.run(np, "cpu", [data], op.parse({"is_ascend": False}))
    np.testing.assert_array_equal(result, np.sort(data)[::-1])
    assert result.dtype == dtype


def test_positions_of_values_stay_exact_for_the_gradient():
    op = catalog.get("topk")
    data = np.zeros(3000, np.float32)
    data[2999] = 1
    values, positions = op.run(np, "cpu", [data], op.parse({"ret_typ": "value", "dtype": "float16"}))
    assert values == 1 and positions == 2999 and positions.dtype == np.int64
