"""The first form of automatic differentiation: sections, marked variables, functions of functions."""
import pytest

import cupynet as mx
from cupynet.contrib import autograd as old


def modes():
    return mx.autograd.is_recording(), mx.autograd.is_training()


def test_sections():
    assert old.set_is_training(True) is False and old.set_is_training(True) is True and modes() == (True, True)
    assert old.set_is_training(False) is True and modes() == (False, False)
    section = old.train_section()
    with section:
        assert modes() == (True, True)
        with old.test_section():
            assert modes() == (False, False)
            with section:
                assert modes() == (True, True)
            assert modes() == (False, False)
        assert modes() == (True, True)
    assert modes() == (False, False)


def test_marked_variables():
    x, gradient = mx.nd.array([1, 2, 3]), mx.nd.zeros(3)
    old.mark_variables([x], [gradient])
    with old.train_section():
        y = x * x * 2
    old.compute_gradient([y])
    assert gradient.asnumpy().tolist() == [4, 8, 12]
    with old.train_section():
        y = x * x
    old.backward([y], [mx.nd.array([1, 0, 2])])
    assert gradient.asnumpy().tolist() == [2, 0, 12]
    with pytest.raises(TypeError, match="outputs must be a list or tuple of NDArrays"):
        old.backward(y)


def test_functions_of_functions():
    def product(a, b):
        "What it is."
        return a * b
    a, b = mx.nd.array([1, 2]), mx.nd.array([3, 4])
    gradients, value = old.grad_and_loss(product)(a, b)
    assert [g.asnumpy().tolist() for g in gradients] == [[3, 4], [1, 2]] and value.asnumpy().tolist() == [3, 8]
    for argnum, expected in ((0, [[3, 4]]), ([1], [[1, 2]]), ([1, 0], [[1, 2], [3, 4]])):
        assert [g.asnumpy().tolist() for g in old.grad(product, argnum)(a, b)] == expected
    assert old.grad(product).__doc__ == "What it is."
    gradients, values = old.grad_and_loss(lambda a: (a * 2, a * 3))(a)
    assert gradients[0].asnumpy().tolist() == [5, 5] and len(values) == 2 and modes() == (False, False)
    with pytest.raises(TypeError, match="type of autograd input should be NDArray"):
        old.grad(product)(a, 3)
