"""The class of arrays is a parameter: a subclass comes out of its own operators, with the storage and tape of all."""
import copy

import numpy as np
import pytest

import cupynet as mx
from cupynet import autograd, nd
from cupynet.ndarray.base import wrap
from cupynet.ndarray.functions import function
from cupynet.ndarray.invoke import invoke
from cupynet.ops import catalog


class Special(nd.NDArray):
    """What mx.np.ndarray will be to NDArray."""

    __slots__ = ()


Special._class = Special


def special(values, ctx=None):
    x = nd.array(values, ctx)
    return wrap(x._data, x.context, None, Special)


@pytest.fixture(params=[False, True], ids=["plain", "recorded"])
def mode(request):
    with autograd.record() if request.param else autograd.pause():
        yield request.param


OPERATIONS = {
    "two arrays": lambda x: x + x,
    "broadcasting": lambda x: x * x[:1],
    "a number": lambda x: x - 1.5,
    "a NumPy number": lambda x: x / np.float32(3),
    "a number first": lambda x: 2 ** x,
    "a comparison": lambda x: x > x.exp(),
    "a list": lambda x: x + [[1, 2], [3, 4]],
    "negation": lambda x: -x,
    "abs": abs,
    "matrix product": lambda x: x @ x,
    "a method": lambda x: x.exp(),
    "a reduction": lambda x: x.sum(axis=1),
    "several outputs": lambda x: x.split(2),
    "a view": lambda x: x.reshape(-1),
    "an element": lambda x: x[0],
    "elements by position": lambda x: x[:, [1, 0]],
    "a column": lambda x: x[:, 1],
    "transposed": lambda x: x.T,
    "a copy": lambda x: x.copy(),
    "copied": copy.deepcopy,
    "cast": lambda x: x.astype("float64"),
    "moved": lambda x: x.as_in_context(mx.cpu(1)),
    "detached": lambda x: x.detach(),
    "a universal function": np.exp,
    "a function of NumPy": lambda x: np.where(x.detach(), 1, 2),
    "added in place": lambda x: x.detach().copy().__iadd__(x),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_results_are_of_the_class(name, mode):
    x = special([[1, 2], [3, 4]])
    x.attach_grad()
    assert type(x.grad) is Special
    found = OPERATIONS[name](x)
    for each in found if isinstance(found, list) else [found]:
        assert type(each) is Special


def test_gradients_are_of_the_class_of_the_variable():
    x, w = special([1, 2]), nd.array([3, 4])
    x.attach_grad()
    w.attach_grad()
    with autograd.record():
        y = x * x * x
        dx, = autograd.grad(y, [x], create_graph=True)
    assert type(y) is type(dx) is Special
    dx.backward()
    assert type(x.grad) is Special and x.grad.asnumpy().tolist() == [6, 12]
    with autograd.record():
        y = x * w.sum()
    found = autograd.grad(y, [x, w])
    assert [type(each) for each in found] == [Special, nd.NDArray]


def test_functions_say_what_they_return():
    x = special([1, 2])
    assert type(nd.exp(x)) is nd.NDArray
    assert type(function(catalog.get("exp"), "exp", Special)(nd.array([1, 2]))) is Special
    assert type(function(catalog.get("_zeros"), "zeros", Special)(shape=(2,))) is Special
    op = catalog.get("exp")
    assert type(invoke(op, [x], op.parse({}))) is Special
    out = nd.zeros((2,))
    assert nd.exp(x, out=out) is out


def test_a_subclass_that_says_nothing_gives_ndarrays():
    class Mine(nd.NDArray):
        pass
    x = nd.array([1, 2])
    mine = wrap(x._data, x.context, None, Mine)
    assert type(mine + mine) is type(mine + 1) is type(mine.exp()) is type(x + mine) is nd.NDArray
    assert (mine + x).asnumpy().tolist() == [2, 4]
    mine += mine
    assert type(mine) is Mine and x.asnumpy().tolist() == [2, 4]
    x[:] = mine[1]
    assert mine.asnumpy().tolist() == [4, 4]


def test_work_in_flight_is_waited_for():
    """An array may change its class while work on it is under way: its data then comes from a property that waits."""
    waited = []

    class InFlight(nd.NDArray):
        __slots__ = ()

        @property
        def _data(self):
            waited.append(1)
            self.__class__ = nd.NDArray
            return self._data

    def flying():
        x = nd.array([1, 2])
        x.__class__ = InFlight
        return x
    for work in (lambda x: x + x, lambda x: x + nd.ones((2,)), lambda x: nd.ones((2,)) + x, lambda x: x + 1.0,
                 lambda x: 1 - x, lambda x: x.exp(), nd.exp, lambda x: x[0], lambda x: x.reshape(-1),
                 lambda x: x.detach(), lambda x: x.copy(), lambda x: x.__iadd__(1),
                 lambda x: nd.ones((2,)).__iadd__(x)):
        x = flying()
        result = work(x)
        assert type(result) is type(x) is nd.NDArray and waited.pop()
        result.asnumpy()
    x, y = flying(), nd.zeros((2,))
    y[:] = x
    assert y.asnumpy().tolist() == [1, 2]
