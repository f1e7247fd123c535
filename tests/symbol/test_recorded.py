"""autograd.get_symbol: what was recorded, as a symbol that computes the same."""
import numpy as np
import pytest
from random_graphs import SHAPE, build

import cupynet as mx

S, nd, ag = mx.sym, mx.nd, mx.autograd


def marked(*values):
    arrays = [nd.array(value) for value in values]
    for array in arrays:
        array.attach_grad()
    return arrays


def listing(symbol):
    """Return (operator or variable, inputs, attributes) of every node."""
    found = []
    for node in symbol.get_internals():
        inner = node.get_children()
        name = node.list_outputs()[0]
        entry = (name, [] if inner is None else inner.list_outputs(), node.list_attr())
        if entry not in found:
            found.append(entry)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_random_graph(seed):
    arrays = marked(*np.random.RandomState(seed).uniform(-1, 1, (3, *SHAPE)))
    with ag.record():
        outputs = [out + nd.add_n(*arrays) * 0 for out in build(nd, seed, arrays)]  # all three are part of it
    for output in outputs:
        symbol = ag.get_symbol(output)
        assert sorted(symbol.list_arguments()) == ["var0", "var1", "var2"]
        executor = symbol.bind(mx.cpu(), {f"var{i}": x for i, x in enumerate(arrays)})
        np.testing.assert_allclose(executor.forward()[0].asnumpy(), output.asnumpy(), rtol=1e-5, atol=1e-6)


def test_names_and_attributes():
    """As MXNet gives them in a fresh process."""
    x, w = marked([[1, 2], [3, 4]], [[1, 0], [0, 1]])
    k = nd.array([5, 6])
    with ag.record():
        z = nd.relu(nd.FullyConnected(x, w, num_hidden=2, no_bias=True) * 2 + k)
        out = nd.split(z, num_outputs=2, axis=1)[1] + nd.sum(z, axis=1, keepdims=True)
    assert listing(ag.get_symbol(out)) == [
        ("var0", [], {}), ("var1", [], {}),
        ("node_0_output", ["var0", "var1"], {"no_bias": "True", "num_hidden": "2"}),
        ("node_1_output", ["node_0_output"], {"scalar": "2.0"}), ("null2", [], {}),
        ("node_2_output", ["node_1_output", "null2"], {}), ("node_3_output", ["node_2_output"], {}),
        ("node_4_output0", ["node_3_output"], {"num_outputs": "2"}),
        ("node_4_output1", ["node_3_output"], {"num_outputs": "2"}),
        ("node_5_output", ["node_3_output"], {"axis": "(1,)", "keepdims": "True"}),
        ("node_6_output", ["node_4_output1", "node_5_output"], {})]
    assert ag.get_symbol(out).get_internals()["node_2_output"].list_arguments() == ["var0", "var1", "null2"]


def test_the_same_array_is_the_same_variable():
    x, = marked([1.0, 2.0])
    k = nd.array([3.0, 4.0])
    with ag.record():
        y = x * k + nd.sin(x * k)
    assert ag.get_symbol(y).list_arguments() == ["var0", "null1"]


def test_auxiliary_states():
    x, = marked([[1.0, 2.0], [3.0, 5.0]])
    with ag.record():
        y = nd.BatchNorm(x, nd.ones(2), nd.zeros(2), nd.zeros(2), nd.ones(2))
    symbol = ag.get_symbol(y)
    assert symbol.list_arguments() == ["var0", "null1", "null2"]
    assert symbol.list_auxiliary_states() == ["null3", "null4"]


def test_several_inputs():
    arrays = marked([1.0], [2.0], [3.0])
    with ag.record():
        y = nd.concat(nd.add_n(*arrays), *arrays, dim=0)
    symbol = ag.get_symbol(y)
    executor = symbol.bind(mx.cpu(), dict(zip(symbol.list_arguments(), arrays)))
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [6, 1, 2, 3])


def test_a_cached_op_is_what_it_consists_of():
    x, w = marked([1.0, 2.0], [3.0, 4.0])
    a, b = S.Variable("a"), S.Variable("b")
    op = nd.CachedOp(S.Group([S.exp(a * b), a]))
    with ag.record():
        first, second = op(x, w)
        y = first * 2 + second
    assert [entry[:2] for entry in listing(ag.get_symbol(y))] == [
        ("var0", []), ("var1", []), ("node_0_output", ["var0", "var1"]), ("node_1_output", ["node_0_output"]),
        ("node_2_output", ["node_1_output"]), ("node_3_output", ["node_2_output", "var0"])]
    assert ag.get_symbol(first).list_outputs() == ["node_1_output"]


def test_a_marked_array():
    x, = marked([1.0])
    assert ag.get_symbol(x).list_outputs() == ["var0"]


def test_what_is_no_symbol():
    x, = marked([1.0])
    with pytest.raises(mx.MXNetError, match="Did you forget to turn on recording"):
        ag.get_symbol(x * 2)
    with ag.record():
        y = x * 2
    y.backward()
    with pytest.raises(mx.MXNetError, match="Did you forget to turn on recording"):
        ag.get_symbol(y)
    with pytest.raises(TypeError, match="Invalid argument type"):
        ag.get_symbol(3)

    class Double(ag.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            return dy * 2
    with ag.record():
        z = Double()(x)
    with pytest.raises(mx.MXNetError, match="Double is no operator"):
        ag.get_symbol(z)
