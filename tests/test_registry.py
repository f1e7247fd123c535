"""Families of classes that are known by name."""
import json

import pytest

from cupynet import registry


class Thing:
    def __init__(self, a=1, b=2):
        self.a, self.b = a, b


register = registry.get_register_func(Thing, "thing")
alias = registry.get_alias_func(Thing, "thing")
create = registry.get_create_func(Thing, "thing")


@register
class Wheel(Thing):
    pass


@alias("spoke", "rim")
@register
class Part(Thing):
    pass


def test_names():
    assert registry.get_registry(Thing) == {"wheel": Wheel, "part": Part, "spoke": Part, "rim": Part}
    registry.get_registry(Thing)["other"] = Wheel
    assert "other" not in registry.get_registry(Thing) and registry.get_registry(int) == {}
    assert "thing : str or Thing" in create.__doc__ and (register.__name__, create.__name__) == ("register", "create")


@pytest.mark.parametrize("args, kwargs", [
    (("wheel", 3), {}), (("Wheel",), {"a": 3}), ((), {"thing": "wheel", "a": 3}),
    (({"thing": "wheel", "a": 3},), {}), ((json.dumps({"thing": "wheel", "a": 3}),), {}),
    ((json.dumps(["wheel", {"a": 3}]),), {}), (({"thing": json.dumps(["wheel", {"a": 3}])},), {}),
    ((Wheel(3),), {}), (({"thing": Wheel(3)},), {})])
def test_create(args, kwargs):
    made = create(*args, **kwargs)
    assert type(made) is Wheel and (made.a, made.b) == (3, 2)


@pytest.mark.parametrize("args, kwargs, error, words", [
    ((Wheel(), 1), {}, ValueError, "thing is already an instance. Additional arguments are invalid"),
    (("nope",), {}, ValueError, "nope is not registered. Please register with thing.register first"),
    ((3,), {}, AssertionError, "thing must be of string type"),
    ((Wheel,), {}, AssertionError, "thing must be of string type"),
    ((["wheel", {}],), {}, AssertionError, "thing must be of string type"), ((), {}, TypeError, "no thing given"),
    (({"a": 1},), {}, ValueError, "is neither"), (('["wheel"]',), {}, ValueError, "is neither"),
    (('["wheel", 3]',), {}, ValueError, "is neither"), (("[bad",), {}, ValueError, "is not valid JSON"),
    (('["wheel", {"a": 1}]',), {"b": 3}, ValueError, "brings its arguments"),
    (({"thing": "wheel"}, 4), {}, ValueError, "brings its arguments")])
def test_mistakes(args, kwargs, error, words):
    with pytest.raises(error, match=words):
        create(*args, **kwargs)


def test_only_the_family_is_registered():
    for wrong in (int, 3, Wheel()):
        with pytest.raises(TypeError, match="Can only register subclass of Thing"):
            register(wrong)
    with pytest.warns(UserWarning, match=r"New thing .*Wheel registered with name part is overriding existing .*Part"):
        register(Wheel, "part")
    with pytest.warns(UserWarning, match="overriding"):
        register(Part)
