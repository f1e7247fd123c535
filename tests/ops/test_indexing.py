"""Reading and writing by position: what samples cannot show."""
import numpy as np
import pytest
from samples import ints, rand

import cupynet as mx
from cupynet.base import MXNetIndexError, MXNetValueError
from cupynet.device.backend import backend
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes, infer_types


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_scatter_add_adds_where_indices_are_equal(width, dtype):
    index, values = ints(40, high=6, dtype="int64"), (rand(40, width) * 9).astype(dtype)
    target = np.ones((6, width), dtype)
    expected = target.copy()
    for i, row in zip(index, values):
        expected[i] += row
    backend(np).scatter_add(target, index, values)
    np.testing.assert_allclose(target, expected, 1e-5)


def test_gradient_of_embedding_is_summed_in_single_precision():
    op = catalog.get("_backward_take")
    ones, rows = np.ones((4096, 1), np.float16), np.zeros(4096, np.int32)
    result, = op.run(np, "cpu", (ones, rows), op.parse({"shape": (2, 1)}))
    assert result.dtype == np.float16
    assert result[0, 0] == 4096  # one by one in half precision it would stay at 2048


@pytest.mark.parametrize("name, inputs, attrs", [
    ("take", (rand(3, 4), np.array([2.0, 0, 9], "float32")), {}),
    ("take", (rand(3, 4), ints(2, high=4)), {"axis": 1}),
    ("Embedding", (ints(2, 2, high=3), rand(3, 4)), {"input_dim": 3, "output_dim": 4}),
    ("_backward_take", (rand(5, 4), ints(5, high=3)), {"shape": (3, 4)}),
    ("_backward_take", (rand(3, 5), ints(5, high=4)), {"shape": (3, 4), "axis": 1}),
    ("_backward_take", (rand(5, 4, dtype="float16"), ints(5, high=3)), {"shape": (3, 4)}),
    ("_backward_slice", (rand(2, 2),), {"shape": (3, 4), "begin": (0, 1), "end": (2, 3)}),
    ("_backward_pick", (rand(3), ints(3, high=4)), {"shape": (3, 4), "axis": 1, "mode": "clip"}),
    ("_backward_gather_nd", (rand(3), ints(2, 3, high=3)), {"shape": (3, 4)}),
    ("_backward_boolean_mask", (rand(2, 4), np.array([1, 0, 1])), {"shape": (3, 4)}),
    ("_slice_assign", (rand(3, 4), rand(2, 4)), {"begin": 1, "end": 3}),
    ("_slice_assign_scalar", (rand(3, 4),), {"begin": 1, "end": 3}),
    ("_scatter_set_nd", (rand(3, 4), rand(2), ints(2, 2, high=3)), {"shape": (3, 4)}),
])
def test_results_go_into_a_given_buffer(name, inputs, attrs):
    op = catalog.get(name)
    expected, = op.run(np, "cpu", inputs, op.parse(attrs))
    out = np.full_like(expected, np.nan)
    assert op.run(np, "cpu", inputs, op.parse(attrs), out=out)[0] is out
    np.testing.assert_array_equal(out, expected)


def test_assignment_may_write_to_its_own_input():
    op = catalog.get("_slice_assign_scalar")
    data = rand(3, 4)
    assert op.run(np, "cpu", (data,), op.parse({"scalar": 7, "begin": 1, "end": 3}), out=data)[0] is data
    assert (data[1:] == 7).all() and not (data[0] == 7).any()


X = mx.nd.array(rand(2, 3))


@pytest.mark.parametrize("call, error, message", [
    (lambda: mx.nd.take(X, mx.nd.array([0, 2]), mode="raise"), MXNetIndexError,
     "take: index 2 is out of bounds for an axis of length 2"),
    (lambda: mx.nd.take(X, mx.nd.array([-1]), mode="raise"), MXNetIndexError, "take: index -1"),
    (lambda: mx.nd.gather_nd(X, mx.nd.array([[7]])), MXNetIndexError,
     "index 7 is out of bounds for axis 0 with size 2"),
    (lambda: mx.nd.gather_nd(X, mx.nd.array([[0], [-4]])), MXNetIndexError, "index -4 is out of bounds for axis 1"),
    (lambda: mx.nd.scatter_nd(mx.nd.ones((1,)), mx.nd.array([[5]]), shape=(3,)), MXNetIndexError, "index 5"),
    (lambda: mx.nd.gather_nd(X, mx.nd.ones((3, 1))), MXNetValueError, "gather_nd: indices has shape .* at most 2 rows"),
    (lambda: mx.nd.take(X, mx.nd.array([0]), axis=2), MXNetValueError, "take: axis is 2"),
    (lambda: mx.nd.pick(X, mx.nd.ones((3,))), MXNetValueError, r"pick: index has shape \(3,\); expected \(2,\)"),
    (lambda: mx.nd.pick(X, mx.nd.ones((2,)), axis=None), MXNetValueError, "pick: axis is None"),
    (lambda: mx.nd.slice(X, begin=(0, 1), end=(2,)), MXNetValueError, "slice: begin is .* expected as many of each"),
    (lambda: mx.nd.slice(X, begin=0, end=2, step=0), MXNetValueError, "a step cannot be 0"),
    (lambda: mx.nd.slice(X, begin=(0, 0, 0), end=(1, 1, 1)), MXNetValueError, "begin has 3 items, but data has only 2"),
    (lambda: mx.nd.slice_axis(X, axis=0, begin=0, end=9), MXNetValueError, "slice_axis: begin is 0 and end 9"),
    (lambda: mx.nd.slice_axis(X, axis=0, begin=1, end=1), MXNetValueError, "slice_axis: begin is 1 and end 1"),
    (lambda: mx.nd.slice_like(X, mx.nd.ones((5, 2))), MXNetValueError, "slice_like: shape_like has shape"),
    (lambda: mx.nd.where(mx.nd.ones((3,)), X, X), MXNetValueError, r"where: condition has shape \(3,\)"),
    (lambda: mx.nd.Embedding(mx.nd.ones((2,)), X, input_dim=3, output_dim=3), MXNetValueError,
     r"Embedding: weight has shape \(2, 3\), expected \(3, 3\)"),
    (lambda: mx.nd.one_hot(X, depth=0), MXNetValueError, "one_hot: depth is 0"),
    (lambda: mx.nd.op._histogram(X, bin_cnt=3), MXNetValueError, "_histogram: bin_cnt is 3 and range None"),
])
def test_mistakes_are_explained(call, error, message):
    if X.context.device_type == "gpu" and message.startswith("index"):
        pytest.skip("to look at positions would mean to wait for them")
    with pytest.raises(error, match=message):
        call()


def infer(rule, name, ins, outs, **attrs):
    op = catalog.get(name)
    ins, outs = list(ins), list(outs)
    while rule(op, op.parse(attrs), ins, outs):
        pass
    return ins, outs


@pytest.mark.parametrize("name, attrs, ins, outs, all_ins, all_outs", [
    ("Embedding", {"input_dim": 5, "output_dim": 2}, [(3, 4), None], [None], [(3, 4), (5, 2)], [(3, 4, 2)]),
    ("Embedding", {"input_dim": 5, "output_dim": 2}, [None, None], [(3, 2)], [(3,), (5, 2)], [(3, 2)]),
    ("slice", {"begin": (None, 1), "end": (None, 3)}, [None], [(2, 2, 5)], [(2, None, 5)], [(2, 2, 5)]),
    ("slice_axis", {"axis": 1, "begin": 0, "end": 2}, [(None, 4)], [(3, None)], [(3, 4)], [(3, 2)]),
    ("slice_like", {}, [(4, 4), None], [(2, 3)], [(4, 4), (2, 3)], [(2, 3)]),
    ("take", {"axis": 1}, [(2, 9, None), None], [(2, 3, 4, 5)], [(2, 9, 5), (3, 4)], [(2, 3, 4, 5)]),
    ("one_hot", {"depth": 3}, [None], [(2, 3)], [(2,)], [(2, 3)]),
    ("batch_take", {}, [None, (4,)], [None], [(4, None), (4,)], [(4,)]),
    ("where", {}, [None, (2, 3), None], [None], [None, (2, 3), (2, 3)], [(2, 3)]),
    ("where", {}, [(2, 3), (None, 3), None], [None], [(2, 3), (2, 3), (2, 3)], [(2, 3)]),
    ("_slice_assign", {"begin": 1, "end": 3}, [(4, 5), None], [None], [(4, 5), (2, 5)], [(4, 5)]),
    ("scatter_nd", {"shape": (4, 5)}, [None, (1, 3)], [None], [(3, 5), (1, 3)], [(4, 5)]),
    ("_contrib_index_copy", {}, [(4, 5), (2,), None], [None], [(4, 5), (2,), (2, 5)], [(4, 5)]),
    ("_contrib_boolean_mask", {}, [(4, 5), None], [None], [(4, 5), (4,)], [(None, 5)]),
    ("_unravel_index", {"shape": (2, 3)}, [None], [(2, 7)], [(7,)], [(2, 7)]),
])
def test_shapes_are_found_in_both_directions(name, attrs, ins, outs, all_ins, all_outs):
    assert infer(infer_shapes, name, ins, outs, **attrs) == (all_ins, all_outs)


def test_row_numbers_of_any_dtype_leave_the_weight_alone():
    f4, f8, i4 = map(np.dtype, ("float32", "float64", "int32"))
    attrs = {"input_dim": 5, "output_dim": 2}
    assert infer(infer_types, "Embedding", [i4, None], [None], **attrs) == ([i4, f4], [f4])
    assert infer(infer_types, "Embedding", [i4, f8], [None], **attrs) == ([i4, f8], [f8])
    assert infer(infer_types, "where", [i4, None, f8], [None]) == ([i4, f8, f8], [f8])


def test_a_mask_that_chooses_nothing():
    assert mx.nd.contrib.boolean_mask(X, mx.nd.zeros((2,))).shape == (0, 3)
    x = X.copy()
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.contrib.boolean_mask(x, mx.nd.array([0, 1])) * 2
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0] * 3, [2] * 3])


def test_second_derivatives_go_through_indexing():
    x = mx.nd.array([1.0, 2, 3])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.take(x * x * x, mx.nd.array([1, 1, 2]))
        first = mx.autograd.grad(y, x, create_graph=True)[0]
    first.backward()
    np.testing.assert_allclose(first.asnumpy(), [0, 24, 27])
    np.testing.assert_allclose(x.grad.asnumpy(), [0, 24, 18])
