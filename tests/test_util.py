"""The NumPy switches, options of universal functions, environment variables."""
import logging
import threading

import numpy as np
import pytest

import cupynet as mx
from cupynet import util


@pytest.fixture(autouse=True)
def _switches_off():
    yield
    util.reset_np()


def switches():
    return mx.is_np_shape(), mx.is_np_array()


def test_set_returns_what_was_before():
    assert switches() == (False, False)
    assert mx.set_np_shape(True) is False and mx.set_np_shape(1) is True and mx.is_np_shape() is True
    assert mx.set_np_shape(False) is True and util.state.np_shape is False
    for wrong in ("x", None):
        with pytest.raises(TypeError, match="set_np_shape"):
            mx.set_np_shape(wrong)


def test_both_at_once():
    util.set_np()
    assert switches() == (True, True)
    util.set_np(array=False)
    assert switches() == (True, False)
    with pytest.raises(ValueError, match="NumPy Shape semantics is required in using NumPy array semantics"):
        util.set_np(shape=False, array=True)
    util.reset_np()
    assert switches() == (False, False)


def test_scopes_nest_and_put_back():
    scope = mx.np_shape()
    with scope:
        with mx.np_shape(False), mx.np_array():
            assert switches() == (False, True)
            with scope:  # entered twice
                assert switches() == (True, True)
            assert switches() == (False, True)
        assert switches() == (True, False)
    assert switches() == (False, False)
    with pytest.raises(KeyError), mx.np_array():
        raise KeyError
    assert switches() == (False, False)


def test_switches_belong_to_the_thread():
    util.set_np()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(switches()))
    thread.start()
    thread.join()
    assert seen == [(False, False)] and switches() == (True, True)


DECORATORS = [(mx.use_np_shape, (True, False)), (mx.use_np_array, (False, True)), (mx.use_np, (True, True))]


@pytest.mark.parametrize("decorate, on", DECORATORS)
def test_decorated_functions(decorate, on):
    def f(*args, **kwargs):
        "What f does."
        return switches(), args, kwargs
    inside = decorate(f)
    assert inside(1, b=2) == (on, (1,), {"b": 2}) and (inside.__name__, inside.__doc__) == ("f", "What f does.")
    with pytest.raises(TypeError, match="can only decorate classes and callable objects, while received a <class 'in"):
        decorate(3)


@pytest.mark.parametrize("decorate, on", DECORATORS)
def test_decorated_classes(decorate, on):
    class A:
        number = 3

        def __init__(self):
            self.made = switches()

        def __call__(self):
            return switches()

        @staticmethod
        def static():
            return switches()

        @classmethod
        def of_class(cls):
            return cls.number, switches()

        @property
        def prop(self):
            return switches()

        @prop.setter
        def prop(self, value):
            self.put = value, switches()

    class B(decorate(A)):
        def plain(self):
            return switches()

    b = B()
    b.prop = 1
    assert (b.made, b(), b.static(), b.of_class(), b.prop, b.put) == (on, on, on, (3, on), on, (1, on))
    assert b.plain() == (False, False) and switches() == (False, False)


def test_the_first_switch_is_logged_once(caplog, monkeypatch):
    monkeypatch.setattr(util, "_announced", set())
    with caplog.at_level(logging.INFO):
        util.set_np()
        util.reset_np()
        util.set_np()
    assert [text.split(" has")[0] for text in caplog.messages] == ["NumPy array semantics", "NumPy-shape semantics"]


def test_options_of_universal_functions():
    @util.wrap_np_unary_func
    def unary(x, out=None, **kwargs):
        return x, out, kwargs

    @util.wrap_np_binary_func
    def binary(x1, x2, out=None, **kwargs):
        return x1, x2, out, kwargs
    assert unary(1, where=np.array(True), casting="same_kind", order="K", dtype=None, subok=True) == (1, None, {})
    assert unary(1, 2) == unary(x=1, out=2) == (1, 2, {}) and binary(1, x2=2, out=3) == (1, 2, 3, {})
    for option in ({"where": False}, {"casting": "safe"}, {"order": "C"}, {"dtype": "float32"}, {"dtype": np.float64},
                   {"subok": False}):
        with pytest.raises(NotImplementedError, match="is not implemented yet"):
            binary(1, 2, **option)
    for option in ({"foo": 1}, {"signature": 1}, {"casting": "bogus"}, {"dtype": 3}, {"order": 3}):
        with pytest.raises(TypeError, match="invalid keyword|not understood"):
            unary(1, **option)


def test_legal_options():
    legal = {"where": [True, None, "x"], "casting": ["no", "equiv", "safe", "same_kind", "unsafe"],
             "order": ["C", "K", ""], "dtype": ["float16", "int8", np.int8, np.uint8], "subok": [True, False]}
    illegal = {"casting": ["x", 1], "order": [None, 1], "dtype": [None, "bool", bool, float, np.int16, np.dtype("i1")],
               "subok": [1, None], "out": [None]}
    assert all(util.np_ufunc_legal_option(key, value) for key, values in legal.items() for value in values)
    assert not any(util.np_ufunc_legal_option(key, value) for key, values in illegal.items() for value in values)


def test_set_module():
    class A:
        pass
    assert util.set_module("abc")(A).__module__ == "abc" and util.set_module(None)(A).__module__ == "abc"


def test_environment():
    assert util.getenv("CUPYNET_TEST") is None
    util.setenv("CUPYNET_TEST", "1")
    assert util.getenv("CUPYNET_TEST") == "1"
    util.setenv("CUPYNET_TEST", None)
    assert util.getenv("CUPYNET_TEST") is None


def test_compute_capability_is_that_of_a_gpu():
    with pytest.raises(ValueError, match=r"Expecting a gpu context .*cpu\(0\)"):
        util.get_cuda_compute_capability(mx.cpu())
    assert util.get_gpu_count() == mx.num_gpus()
