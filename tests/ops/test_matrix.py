"""Matrix products and the fully connected layer: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes


def infer(name, ins, out=None, **attrs):
    op, ins, outs = catalog.get(name), list(ins), [out]
    infer_shapes(op, op.parse(attrs), ins, outs, "fc1")
    return ins, outs[0]


@pytest.mark.parametrize("name, inputs, attrs", [
    ("dot", [(2, 3), (3, 4)], {}), ("dot", [(3, 2), (4, 3)], {"transpose_a": True, "transpose_b": True}),
    ("dot", [(3,), (3,)], {}), ("dot", [(2, 3, 4), (4, 5)], {}), ("batch_dot", [(2, 3, 4), (2, 4, 5)], {}),
    ("FullyConnected", [(2, 3), (4, 3), (4,)], {"num_hidden": 4}),
    ("FullyConnected", [(2, 3, 2), (4, 6)], {"num_hidden": 4, "no_bias": True}),
    ("FullyConnected", [(2, 5, 3), (4, 3), (4,)], {"num_hidden": 4, "flatten": False}),
])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_results_go_into_a_given_buffer(name, inputs, attrs, dtype):
    op = catalog.get(name)
    attrs, inputs = op.parse(attrs), [rand(*shape, seed=i, dtype=dtype) for i, shape in enumerate(inputs)]
    expected, = op.run(np, "cpu", inputs, attrs)
    out = np.empty_like(expected)
    assert op.run(np, "cpu", inputs, attrs, out=out)[0] is out
    np.testing.assert_allclose(out, expected, rtol=1e-2)
    assert out.dtype == dtype


def test_weight_and_bias_follow_from_data():
    assert infer("FullyConnected", [(2, 3, 4), None, None], num_hidden=5) == ([(2, 3, 4), (5, 12), (5,)], (2, 5))
    assert infer("FullyConnected", [(2, 3, 4), None], num_hidden=5, no_bias=True, flatten=False) == (
        [(2, 3, 4), (5, 4)], (2, 3, 5))


def test_the_batch_follows_from_the_output():
    assert infer("FullyConnected", [(None, 4), None, None], (7, 5), num_hidden=5)[0][0] == (7, 4)
    assert infer("FullyConnected", [None, (5, 4), None], (7, 2, 5), num_hidden=5, flatten=False)[0][0] == (7, 2, 4)
    assert infer("FullyConnected", [(7, None), (5, 4), None], num_hidden=5)[0][0] == (7, 4)


def test_unknown_lengths_of_factors_follow():
    assert infer("dot", [(2, None), (3, None)], (2, 4)) == ([(2, 3), (3, 4)], (2, 4))
    assert infer("batch_dot", [(None, 2, 3), (5, None, 4)]) == ([(5, 2, 3), (5, 3, 4)], (5, 2, 4))


@pytest.mark.parametrize("name, ins, attrs, message", [
    ("FullyConnected", [(2, 8), (4, 9), None], {"num_hidden": 4}, r"FullyConnected 'fc1': weight has shape \(4, 9\)"),
    ("FullyConnected", [(2, 8), None, (5,)], {"num_hidden": 4}, r"bias has shape \(5,\), expected \(4,\)"),
    ("FullyConnected", [(2, 8), None, None], {"num_hidden": 0}, "num_hidden is 0"),
    ("dot", [(2, 3), (2, 3)], {}, r"dot 'fc1': lhs has shape \(2, 3\) and rhs \(2, 3\).* 3 and 2"),
    ("batch_dot", [(2, 3), (3, 2)], {}, "batch_dot 'fc1': .*at least one"),
    ("batch_dot", [(2, 3, 4), (1, 4, 2)], {}, "batch_dot 'fc1': "),
    ("khatri_rao", [(2, 3), (2, 4)], {}, "khatri_rao 'fc1': .*one number of columns"),
    ("_contrib_interleaved_matmul_selfatt_qk", [(2, 3, 8)], {"heads": 2}, "a multiple of 3"),
])
def test_mistakes_are_named(name, ins, attrs, message):
    with pytest.raises(MXNetValueError, match=message):
        infer(name, ins, **attrs)
