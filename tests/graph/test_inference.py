"""Shapes and types of whole graphs, in both directions."""
from __future__ import annotations

import numpy as np
import pytest

from cupynet import sym as S
from cupynet.base import MXNetError
from cupynet.graph import inference
from cupynet.graph.inference import complete, shapes_of, types_of
from cupynet.graph.node import post_order


def chain(length):
    """``x`` and a variable added to it, again and again, and an output whose shape can be given."""
    head = S.Variable("x")
    for i in range(length):
        head = S.elemwise_add(head, S.Variable(f"v{i}"))
    return S.elemwise_add(head, S.Variable("last"))


def test_shapes_run_back_through_a_long_graph_in_a_few_calls_of_each_rule(monkeypatch):
    calls = []
    monkeypatch.setattr(inference, "infer_shapes",
                        lambda *args, rule=inference.infer_shapes: calls.append(args) or rule(*args))
    order = post_order(chain(200)._heads)
    table = shapes_of(order, {"last": (2, 0)})
    assert all(shape == (2, 0) for shapes in table.values() for shape in shapes)
    assert len(calls) <= 3 * 201


def test_a_contradiction_is_found_where_both_sides_come_late():
    x, y = S.Variable("x"), S.Variable("y")
    both = S.elemwise_add(x, y)  # nothing is known of either when this rule is first asked
    graph = S.Group([both, S.elemwise_add(x, S.Variable("a")), S.elemwise_add(y, S.Variable("b"))])
    with pytest.raises(MXNetError, match=r"\(2, 3\)"):
        graph.infer_shape_partial(a=(2, 3), b=(3, 2))


def test_types_that_nothing_tells_are_float32_one_after_the_other():
    order = post_order(S.Group([chain(3), S.Cast(S.Variable("free"), dtype="float16")])._heads)
    assert [t for values in types_of(order, {}).values() for t in values].count(None) == len(order) - 1
    table = complete(order, {"v1": np.dtype("float64")})
    assert {node.name: table[id(node)][0].name for node in order if node.op is None} == {
        "x": "float64", "v0": "float64", "v1": "float64", "v2": "float64", "last": "float64", "free": "float32"}


def test_what_a_variable_tells_is_merged_with_what_is_given_in_part():
    x = S.Variable("x", shape=(2, 0))
    assert x.infer_shape_partial(x=(0, 5))[0] == [(2, 5)]
    assert x.infer_shape(x=(4, 5))[0] == [(4, 5)]  # what is given whole wins
    with pytest.raises(MXNetError, match="'x': has shape"):
        x.infer_shape_partial(x=(3, 0))
