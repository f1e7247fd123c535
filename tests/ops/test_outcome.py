"""What comes of a call is found once, for eager arrays and graphs alike."""
import numpy as np
import pytest

import cupynet as mx
from cupynet.ops import catalog
from cupynet.ops.outcome import outcome

FLOAT = np.dtype(np.float32)


@pytest.fixture
def asked(monkeypatch):
    """The shapes of the inputs for which the shape rule of FullyConnected has been asked."""
    op = catalog.get("FullyConnected")
    rule, found = op.shape_rule, []

    def shape_rule(attrs, ins, outs):
        found.append(list(ins))
        rule(attrs, ins, outs)
    monkeypatch.setattr(op, "shape_rule", shape_rule)
    return found


def net():
    return mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=19, name="fc")


def test_a_rule_is_asked_once_for_each_distinct_call(asked):
    op = catalog.get("FullyConnected")
    x, w, b = mx.nd.ones((17, 23)), mx.nd.ones((19, 23)), mx.nd.ones((19,))
    for _ in range(3):
        mx.nd.FullyConnected(x, w, b, num_hidden=19)
    assert asked == [[(17, 23), (19, 23), (19,)]]
    net().bind(mx.cpu(), [x, w, b])
    found = outcome(op, op.parse({"num_hidden": 19}), [(each.shape, FLOAT) for each in (x, w, b)])
    assert found.kinds == (((17, 19), FLOAT),) and found.names == ("output",) and found.determined
    assert len(asked) == 1
    mx.nd.FullyConnected(x[:5], w, b, num_hidden=19)
    assert len(asked) == 2


def test_what_simple_bind_has_inferred_is_not_inferred_again(asked):
    net().infer_shape(data=(13, 29))
    before = len(asked)
    net().simple_bind(mx.cpu(), data=(13, 29), grad_req="null")
    assert len(asked) == 2 * before


def test_what_depends_on_values_is_not_determined():
    op = catalog.get("_contrib_boolean_mask")
    assert not outcome(op, op.parse({}), [((3, 2), FLOAT), ((3,), FLOAT)]).determined
