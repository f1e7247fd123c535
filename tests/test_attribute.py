"""Attributes of scopes: merged, nested, overridden, replaced."""
import pytest

import cupynet as mx


def test_get_merges():
    scope = mx.AttrScope(a="1", ctx_group="d")
    assert scope.get(None) == scope.get({}) == {"a": "1", "ctx_group": "d"}
    assert scope.get({"a": "2", "lr_mult": "3"}) == {"a": "2", "ctx_group": "d", "lr_mult": "3"}
    assert mx.AttrScope().get({"b": 2}) == {"b": 2}
    with pytest.raises(ValueError, match="Attributes need to be string"):
        mx.AttrScope(a=1)


def test_scopes_nest():
    scope = mx.AttrScope(__a__="1")
    with scope as entered:
        assert entered is scope
        with mx.AttrScope(__b__="2") as inner:
            assert mx.sym.Variable("x").list_attr() == inner.get(None) == {"__a__": "1", "__b__": "2"}
            with scope:
                assert mx.attribute.current() is scope
            assert mx.attribute.current() is inner
        assert mx.attribute.current() is scope
    assert mx.sym.Variable("x").list_attr() == {}


def test_what_is_composed_takes_them():
    with mx.AttrScope(ctx_group="d", __a__="1"):
        net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3, name="f", attr={"__a__": "2"})
    own = {"__ctx_group__": "d", "ctx_group": "d", "num_hidden": "3", "__a__": "2"}
    assert net.attr_dict() == {"x": {"__ctx_group__": "d", "ctx_group": "d", "__a__": "1"}, "f_weight": own,
                               "f_bias": own, "f": own}


def test_a_scope_of_ones_own():
    class Stage(mx.AttrScope):
        def get(self, attr):
            return {**(attr or {}), "__stage__": "1"}
    with Stage():
        assert mx.sym.relu(mx.sym.Variable("x")).attr_dict() == {"x": {"__stage__": "1"}, "relu0": {"__stage__": "1"}}
    with Stage(), pytest.raises(ValueError, match="Attributes need to be string"):
        mx.sym.Variable("x", attr={"b": 2})


def test_the_innermost_scope_may_be_set():
    with mx.AttrScope():
        with pytest.warns(DeprecationWarning, match="AttrScope.current has been deprecated"):
            mx.AttrScope.current = mx.AttrScope(a="1")
        with pytest.warns(DeprecationWarning, match="AttrScope.current has been deprecated"):
            assert mx.AttrScope.current.get(None) == {"a": "1"}
        assert mx.sym.Variable("x").list_attr() == {"a": "1"}
    assert mx.sym.Variable("x").list_attr() == {}
