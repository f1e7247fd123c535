"""Arrays from nothing: what samples cannot show."""
import numpy as np
import pytest

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes, infer_types


def infer(rule, name, known, **attrs):
    op, outs = catalog.get(name), [known]
    rule(op, op.parse(attrs), [], outs)
    return outs[0]


@pytest.mark.parametrize("name, attrs, known, shape", [
    ("_zeros", {"shape": (0, 3)}, None, (None, 3)), ("_zeros", {"shape": (-1, 3)}, (2, None), (2, 3)),
    ("_ones", {}, None, None), ("_ones", {}, (2, 3), (2, 3)),
    ("_arange", {"start": 2, "infer_range": True}, (4,), (4,)),
    ("_arange", {"start": 2, "stop": 7, "step": 2}, None, (3,)),
])
def test_unknown_lengths_are_found_from_the_users(name, attrs, known, shape):
    assert infer(infer_shapes, name, known, **attrs) == shape


def test_the_dtype_is_float32_unless_said_otherwise():
    f4, f8 = np.dtype("float32"), np.dtype("float64")
    assert infer(infer_types, "_zeros", None) == f4
    assert infer(infer_types, "_zeros", None, dtype="None") == f4
    assert infer(infer_types, "_zeros_without_dtype", f8) == f8
    assert infer(infer_types, "_zeros_without_dtype", None, dtype=1) == f8


@pytest.mark.parametrize("name, attrs, out", [
    ("_zeros", {"shape": (0, 3)}, np.full((2, 3), 9.0)), ("_ones", {"shape": (2,)}, np.full(2, 9, "int32")),
    ("_full", {"shape": (2,), "value": 2.5}, np.zeros(2)),
    ("_arange", {"start": 2, "infer_range": True, "repeat": 2}, np.zeros(4)), ("_arange", {"start": 3}, np.zeros(3)),
    ("_linspace", {"start": 0, "stop": 1, "num": 3}, np.zeros(3)),
])
def test_results_go_into_a_given_buffer(name, attrs, out):
    expected = {"_zeros": 0, "_ones": 1, "_full": 2.5, "_linspace": [0, 0.5, 1]}.get(
        name, [2, 2, 3, 3] if "infer_range" in attrs else [0, 1, 2])
    op = catalog.get(name)
    assert op.run(np, "cpu", (), op.parse(attrs), out=out)[0] is out
    np.testing.assert_array_equal(out, np.broadcast_to(expected, out.shape))


@pytest.mark.parametrize("name, attrs, message", [
    ("_arange", {"start": 5, "stop": 1}, "expected a range that is not empty"),
    ("_arange", {"start": 1, "stop": 5, "step": 0}, "expected a range that is not empty"),
    ("_linspace", {"start": 1, "stop": 5, "num": -1}, "num is -1"),
    ("_eye", {"N": -1}, "N is -1"),
])
def test_mistakes_are_explained(name, attrs, message):
    with pytest.raises(MXNetValueError, match=f"{name}: .*{message}"):
        infer(infer_shapes, name, None, **attrs)
