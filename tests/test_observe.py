"""Hooks: what they see, and that nothing of them is there while there is none."""
import numpy as np
import pytest

import cupynet as mx
from cupynet import observe
from cupynet.device.host import HostDevice
from cupynet.graph.frame import Frame
from cupynet.ndarray.arithmetic import Arithmetic
from cupynet.ops.op import Op


@pytest.fixture(autouse=True)
def cpu():
    with mx.cpu(0):
        yield
    assert not observe._hooks


def seen_in(action):
    """What a hook sees of an action: pairs of what and name, in order."""
    seen = []
    with observe.hooked(lambda what, name, device: seen.append((what, name))):
        action()
    return seen


x = mx.nd.array([1, 2], mx.cpu(0))

OPERATORS = {
    "elemwise_add": lambda: x + x, "_plus_scalar": lambda: x + 1, "broadcast_mul": lambda: x * mx.nd.ones((3, 1)),
    "_rminus_scalar": lambda: 3 - x, "elemwise_sub": lambda: [1, 2] - x, "_equal": lambda: x == x.copy(),
    "exp": lambda: mx.nd.exp(x),
    "_mul_scalar": lambda: -x, "elemwise_div": lambda: mx.nd.ones((2,)).__itruediv__(x),
    "_power_scalar": lambda: x ** 2, "dot": lambda: mx.nd.dot(x, x), "sum": x.sum,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_seen(name):
    assert ("operator", name) in seen_in(OPERATORS[name])


def test_recorded_operators_and_their_gradients_are_seen():
    def train():
        w = mx.nd.ones((2,))
        w.attach_grad()
        with mx.autograd.record():
            y = mx.nd.tanh(w * x)
        y.backward()
        np.testing.assert_allclose(w.grad.asnumpy(), x.asnumpy() * (1 - np.tanh(x.asnumpy()) ** 2), 1e-5)
    names = [name for what, name in seen_in(train) if what == "operator"]
    assert names == ["elemwise_mul", "tanh", "_backward_tanh", "_backward_elemwise_mul"]


def test_steps_of_programs_are_seen():
    net = mx.sym.FullyConnected(mx.sym.tanh(mx.sym.Variable("a")), num_hidden=2, name="fc")
    executor = net.simple_bind(mx.cpu(0), a=(2, 3))
    assert seen_in(executor.forward) == [("operator", "tanh"), ("operator", "FullyConnected")]
    assert ("operator", "dot") in seen_in(lambda: executor.backward(mx.nd.ones((2, 2))))


def test_copies_and_waits_are_seen():
    assert seen_in(x.asnumpy) == [("copy", "to_host")]
    assert ("copy", "copy_from") in seen_in(lambda: x.as_in_context(mx.cpu(1)))
    assert seen_in(lambda: mx.nd.array([1])) == [("copy", "from_host")]
    assert ("wait", "synchronize") in seen_in(mx.nd.waitall)


def test_before_and_after_in_order_also_of_what_fails():
    order = []

    def hook(number):
        def before(what, name, device):
            order.append((number, name, device is mx.cpu(0).device))
            return lambda: order.append((number, "after"))
        return before
    with observe.hooked(hook(1)), observe.hooked(hook(2)), pytest.raises(mx.MXNetError):
        mx.nd.linalg.potrf(mx.nd.full((2, 2), -1))
    assert order == [(1, "_linalg_potrf", True), (2, "_linalg_potrf", True), (2, "after"), (1, "after")]


def test_nothing_is_left_behind():
    def methods():
        return [Op.run, Frame.run, Arithmetic.__add__, Arithmetic.__iadd__, HostDevice.to_host]
    before = methods()
    first, second = (lambda *_: None), (lambda *_: None)
    observe.attach(first)
    assert not any(a is b for a, b in zip(methods(), before))
    observe.attach(second)
    observe.detach(first)
    observe.detach(first)  # no more
    assert not any(a is b for a, b in zip(methods(), before))
    observe.detach(second)
    assert methods() == before
