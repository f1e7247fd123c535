"""Attributes: what users may write, what is kept of it, and what is not."""
import copy
import sys

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetTypeError, MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.schema import DType, Floats, OptShape, Scalar, Scalars, Schema, Shape, WholeScalar, as_text

FIELDS = {"axis": (Shape, ()), "dim": (int, 1), "keepdims": (bool, False), "ratio": (float, 0.5),
          "begin": (OptShape, ()), "sizes": (Floats, (1.0,)), "dtype": (DType | None, None), "lr": (Scalar, 0.1),
          "t": (WholeScalar, 1), "lrs": (Scalars, ())}


@pytest.fixture
def schema():
    return Schema("some_op", FIELDS)


@pytest.mark.parametrize("name, value, expected", [
    ("axis", 1, (1,)), ("axis", "1", (1,)), ("axis", " 1 ", (1,)), ("axis", np.int64(1), (1,)), ("axis", "(1,)", (1,)),
    ("axis", "[1]", (1,)), ("axis", "( 0 , 1 )", (0, 1)), ("axis", [0, 1], (0, 1)), ("axis", (np.int64(0), 1), (0, 1)),
    ("axis", np.array([0, 1]), (0, 1)), ("axis", np.array(1), (1,)), ("axis", "()", ()), ("axis", "(1L, 2L)", (1, 2)),
    ("axis", range(2), (0, 1)), ("dim", "+1", 1), ("dim", "-1", -1), ("dim", np.int8(3), 3), ("dim", np.array(2), 2),
    ("keepdims", "True", True), ("keepdims", "0", False), ("keepdims", 1, True), ("keepdims", np.bool_(True), True),
    ("keepdims", np.int64(0), False), ("keepdims", "TRUE", True), ("ratio", "1e-1", 0.1), ("ratio", 2, 2.0),
    ("ratio", np.float64(2.5), 2.5), ("ratio", " 2", 2.0), ("ratio", "-inf", -np.inf), ("ratio", np.array(2.5), 2.5),
    ("begin", (None, 2), (None, 2)), ("begin", "(None, 2)", (None, 2)), ("begin", (np.int64(0), None), (0, None)),
    ("sizes", "(0.1, 2)", (0.1, 2.0)), ("sizes", np.float64(3), (3.0,)), ("dtype", "None", None),
    ("dtype", np.float16, np.dtype("float16")), ("dtype", "int8", np.dtype("int8")), ("lr", "0.5", 0.5),
    ("lr", np.float64(0.5), 0.5), ("t", np.int64(3), 3), ("lrs", 0.1, (0.1,)), ("lrs", "[0.1, 1]", (0.1, 1.0)),
])
def test_what_is_read(schema, name, value, expected):
    found = schema({name: value})[name]
    assert found == expected and type(found) is type(expected)
    if isinstance(found, tuple):
        assert [type(each) for each in found] == [type(each) for each in expected]


@pytest.mark.parametrize("name, value", [
    ("axis", 1.0), ("axis", "1.0"), ("axis", True), ("axis", (1.0, 0.0)), ("axis", (True, 6)), ("axis", "(2.0,3)"),
    ("axis", "2,3"), ("axis", ("3", "2")), ("axis", (3, "2")), ("axis", "('3', 2)"), ("axis", ""), ("axis", "abc"),
    ("axis", {1}), ("axis", None), ("dim", 1.0), ("dim", "1.0"), ("dim", True), ("dim", "1L"), ("dim", (1,)),
    ("dim", None), ("keepdims", "yes"), ("keepdims", 1.0), ("keepdims", 2), ("keepdims", " True "), ("keepdims", None),
    ("ratio", True), ("ratio", "1_0"), ("ratio", "1e400"), ("ratio", "0x10"), ("ratio", (1,)), ("ratio", None),
    ("begin", ("None", 2)), ("begin", (0.0, 2)), ("dtype", "float99"), ("lr", True), ("lr", "fast"), ("t", 1.5),
])
def test_what_is_refused(schema, name, value):
    with pytest.raises(MXNetTypeError if name == "dtype" else MXNetValueError, match=f"some_op: {name} is "):
        schema({name: value})


@pytest.mark.parametrize("name, one, other", [
    ("ratio", 0.0, -0.0), ("ratio", np.float64(0.0), np.float64(-0.0)), ("sizes", (0.0, 1.0), (-0.0, 1.0)),
    ("sizes", [0.0], [-0.0]), ("ratio", "0.0", "-0.0"),
])
def test_zeros_of_both_signs_are_different(schema, name, one, other):
    for _ in range(2):
        first, second = schema({name: one}), schema({name: other})
        assert repr(first[name]) != repr(second[name]) and first != second and first.identity is not second.identity


def test_equal_values_of_other_types_are_other_values(schema):
    """True == 1 == 1.0, and so are tuples of them, but not all of them are whole numbers."""
    for name, good, bad in (("axis", (1, 0), (1.0, 0.0)), ("axis", (1, 0), (True, False)), ("dim", 1, 1.0),
                            ("dim", 1, True), ("axis", 1, 1.0)):
        for _ in range(2):
            schema({name: good})
            with pytest.raises(MXNetValueError):
                schema({name: bad})
    x = mx.nd.ones((2, 3))
    assert mx.nd.sum(x, axis=(1, 0)).shape == (1,)
    with pytest.raises(MXNetValueError):
        mx.nd.sum(x, axis=(1.0, 0.0))


def test_the_same_values_are_the_same_attributes(schema):
    one = schema({"axis": (1, 0), "dim": 2})
    assert schema({"dim": "2", "axis": [1, 0]}) is one is schema({"axis": "(1, 0)", "dim": np.int64(2)})
    assert schema({}) is schema({}) and copy.deepcopy(one) is one and copy.copy(one) is one
    assert len({one, schema({"axis": "(1, 0)", "dim": 2})}) == 1


def test_scalars_are_no_part_of_what_is_remembered(schema):
    one, other = schema({"dim": 2, "lr": 0.1}), schema({"dim": 2, "lr": 0.2})
    assert (one.lr, other.lr, one.dim, other.dim) == (0.1, 0.2, 2, 2)
    assert one.identity is other.identity and hash(one) == hash(other)
    assert one != other and one == schema({"dim": 2, "lr": "0.1"}) and schema({"lr": 0.0}) != schema({"lr": -0.0})
    assert schema({"dim": 3, "lr": 0.1}).identity is not one.identity
    assert dict(one) == {**{name: default for name, (_, default) in FIELDS.items()}, "dim": 2, "lr": 0.1}
    size = len(schema._cache)
    for i in range(100):
        assert schema({"dim": 2, "lr": i / 100, "t": i})["t"] == i
    assert len(schema._cache) <= size + 2


def test_a_scalar_may_be_required():
    schema = Schema("some_op", {"lr": (Scalar, mx.ops.schema.REQUIRED), "wd": (Scalar, 0.0)})
    assert dict(schema({"lr": 0.5})) == {"lr": 0.5, "wd": 0.0} == dict(schema({"lr": 1 / 2, "wd": 0}))
    for _ in range(2):
        with pytest.raises(MXNetValueError, match="required argument 'lr' is missing"):
            schema({"wd": 0.1})


def test_attributes_are_attributes(schema):
    attrs = schema({"axis": 1})
    assert attrs.axis == (1,) and hasattr(attrs, "axis") and not hasattr(attrs, "missing")
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        attrs.missing  # noqa: B018


def test_what_is_ignored_is_kept_apart():
    schema = Schema("some_op", {"axis": (int, 0), "workspace": (int, 7)}, frozenset(["workspace"]))
    attrs = schema({"workspace": 9})
    assert dict(attrs) == {"axis": 0} and attrs.workspace == attrs["workspace"] == 9
    assert schema({"workspace": 8}).workspace == 8 and schema({"axis": 1}).having({}).workspace == 7
    with pytest.raises(KeyError):
        attrs["more"]


@pytest.mark.parametrize("value, text", [
    ((np.int64(3), 2), "(3, 2)"), ([np.int64(3)], "[3]"), ((3,), "(3,)"), ((), "()"), (np.float32(0.1), "0.1"),
    ((np.float32(0.1), 0.2), "(0.1, 0.2)"), (np.float64(0.1), "0.1"), (np.int64(3), "3"), (True, "True"),
    (np.bool_(True), "True"), (np.array(1), "1"), (np.array([3, 2]), "(3, 2)"), ((None, 2), "(None, 2)"),
    (np.float16, "float16"), (np.dtype("int8"), "int8"), ("relu", "relu"), (((1, 2), (np.int8(3),)), "((1, 2), (3,))"),
])
def test_text_is_that_of_mxnet(value, text):
    assert as_text(value) == text


def test_a_learning_rate_leaves_nothing_behind():
    module = sys.modules["cupynet.ops.outcome"]
    w, g = mx.nd.ones((3,)), mx.nd.ones((3,))
    schema = catalog.get("sgd_update").schema

    def step(i):
        mx.nd.sgd_update(w, g, lr=1 / (i + 1), wd=i / 7, rescale_grad=1 + i, out=w)
        (w * (i + 0.5) - i / 3).wait_to_read()
        w[0:1] += i
    step(0)
    before = len(schema._cache), len(module._memo), len(catalog.get("_mul_scalar").schema._cache)
    for i in range(50):
        step(i)
    assert before == (len(schema._cache), len(module._memo), len(catalog.get("_mul_scalar").schema._cache))


def test_scalars_reach_kernels_and_rules():
    x = mx.nd.array([1, 2])
    x.attach_grad()
    for factor in (2, 3.5, np.float32(4)):
        with mx.autograd.record():
            y = mx.nd.clip(x * factor, 0, factor * 1.5)
        y.backward()
        assert y.asnumpy().tolist() == [factor, 1.5 * factor] and x.grad.asnumpy().tolist() == [factor, 0]
    v = mx.sym.Variable("x")
    executor = (v * 2 + v * 3 + v * 2).bind(mx.current_context(), {"x": x})
    assert executor.forward()[0].asnumpy().tolist() == [7, 14]
