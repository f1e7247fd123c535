"""Automatic names."""
import pytest

import cupynet as mx


def relu(name=None):
    return mx.sym.relu(mx.sym.Variable("x"), name=name).name


def test_get():
    manager, prefix = mx.name.NameManager(), mx.name.Prefix("p_")
    assert [manager.get("a", "h"), manager.get(None, "h"), manager.get("", "h"), manager.get(None, "g")] == \
        ["a", "h0", "h1", "g0"]
    assert [prefix.get("a", "h"), prefix.get(None, "h")] == ["p_a", "p_h0"]
    with pytest.raises(TypeError, match="prefix is 3"):
        mx.name.Prefix(3)


def test_scopes_nest():
    manager = mx.name.NameManager()
    with manager as entered:
        assert entered is manager and [relu(), relu()] == ["relu0", "relu1"]
        with mx.name.Prefix("q_"):
            assert [relu(), relu("n")] == ["q_relu0", "q_n"]
        assert relu() == "relu2"
    with manager:
        assert relu() == "relu3"


def test_a_manager_of_ones_own():
    class My(mx.name.NameManager):
        def get(self, name, hint):
            return f"my_{name or hint}"
    with My():
        net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3)
    assert net.list_arguments() == ["x", "my_fullyconnected_weight", "my_fullyconnected_bias"]


def test_the_innermost_manager_may_be_set():
    with mx.name.NameManager():
        with pytest.warns(DeprecationWarning, match="NameManager.current has been deprecated"):
            mx.name.NameManager.current = mx.name.Prefix("p_")
        with pytest.warns(DeprecationWarning, match="NameManager.current has been deprecated"):
            assert isinstance(mx.name.NameManager.current, mx.name.Prefix)
        assert relu() == "p_relu0"
    assert relu() == "relu0"
