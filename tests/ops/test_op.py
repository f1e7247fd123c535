"""Running an operator: what it updates, what its results share, how its errors read; declarations and their checks."""
import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import cupynet as mx
from cupynet import device
from cupynet.base import MXNetError, MXNetIndexError, MXNetTypeError, MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.op import apart

CPU = device.get("cpu", 0)


def declared(kernel, **changes):
    """An operator that is like ``exp`` but for its kernel."""
    return catalog.get("exp").variant(kernel_fn=kernel, takes_out=False, **changes)


def test_call_stores_what_the_operator_updates():
    op = catalog.get("sgd_mom_update")
    weight, grad, mom = (np.ones(3, "float32") for _ in range(3))
    found, = op.call(CPU, [weight, grad, mom], op.parse({"lr": 0.5, "momentum": 0.5}))
    assert found.tolist() == [1, 1, 1] and mom.tolist() == [0, 0, 0] and weight.tolist() == [1, 1, 1]
    into = np.zeros(3, "float32")
    assert op.call(CPU, [weight, grad, mom], op.parse({"lr": 0.5}), out=into)[0] is into and into.tolist() == [0.5] * 3


@pytest.mark.parametrize("kernel", [
    lambda xp, data: data, lambda xp, data: data[:], lambda xp, data: data[::-1], lambda xp, data: data.reshape(-1, 1),
    lambda xp, data: (data + 1, data[1:]),
], ids=["itself", "a view", "reversed", "reshaped", "among others"])
def test_results_are_not_the_input(kernel):
    data = np.arange(4.0)
    tuples = isinstance(kernel(np, data), tuple)
    op = declared(kernel, single=not tuples)
    attrs = op.parse({})
    for result, expected in zip(op.call(CPU, [data], attrs), kernel(np, data) if tuples else (kernel(np, data),)):
        np.testing.assert_array_equal(result, expected)
        assert not np.shares_memory(result, data)
    view = declared(kernel, single=not tuples, view=True)
    assert np.shares_memory(view.call(CPU, [data], attrs, own=False)[-1], data)
    assert not np.shares_memory(view.call(CPU, [data], attrs)[-1], data)


def test_a_result_of_its_own_is_not_copied():
    data = np.arange(4.0)
    fresh = (data * 2, (data * 2)[1:])
    assert apart(CPU, fresh, [data, None]) is fresh


def test_executors_get_results_of_their_own():
    """Where a kernel that cannot write into a buffer returns its input, a register would be overwritten with it."""
    x = mx.sym.Variable("x")
    y = mx.sym.round(x * 1) + mx.sym.amp_cast(x, dtype="float16")
    value = mx.nd.array([1, 2, 3], dtype="int32")
    executor = y.bind(mx.current_context(), {"x": value})
    first = executor.forward()[0].asnumpy()
    value[:] = 7
    assert first.tolist() == [2, 4, 6] and executor.outputs[0].asnumpy().tolist() == [2, 4, 6]


@pytest.mark.parametrize("raised, kind", [
    (ValueError("v"), MXNetValueError), (TypeError("v"), MXNetTypeError), (IndexError("v"), MXNetIndexError),
    (ZeroDivisionError("v"), MXNetError), (MemoryError("v"), MXNetError), (RuntimeError("v"), MXNetError),
])
def test_errors_of_kernels_name_the_operator(raised, kind):
    def kernel(xp, data):
        raise raised
    op = declared(kernel)
    with pytest.raises(kind, match=r"^exp: v \(inputs: \(2,\) float64; attributes: {}\)") as caught:
        op.call(CPU, [np.ones(2)], op.parse({}))
    assert caught.value.__cause__ is raised
    with pytest.raises(kind, match="^Error in operator some_node: exp: v"):
        op.call(CPU, [np.ones(2)], op.parse({}), node="some_node")


def test_our_own_errors_pass_as_they_are():
    error = MXNetError("said well")

    def kernel(xp, data):
        raise error
    with pytest.raises(MXNetError) as caught:
        declared(kernel).call(CPU, [np.ones(2)], catalog.get("exp").parse({}))
    assert caught.value is error and error.__cause__ is None


def test_operators_are_pickled_by_name():
    for op in catalog.ops():
        assert pickle.loads(pickle.dumps(op)) is op is copy.deepcopy(op)
    with pytest.raises(MXNetTypeError, match="made for one call"):
        pickle.dumps(declared(lambda xp, data: data))


@pytest.mark.parametrize("module", ["nd", "nd.op", "nd.contrib", "nd.linalg", "nd.image", "nd.random", "nd._internal",
                                    "nd.sparse", "sym", "sym.op", "sym.contrib", "sym.linalg", "sym.image",
                                    "sym.random"])
def test_functions_are_pickled_by_name(module):
    where = mx
    for part in module.split("."):
        where = getattr(where, part)
    names = [name for name in dir(where) if not name.startswith("__")]
    functions = [f for name in names if hasattr(f := getattr(where, name), "__code__")]
    assert len(functions) > 5
    for function in functions:
        if function.__module__.startswith("cupynet") and function.__name__ not in ("method", "get"):
            assert pickle.loads(pickle.dumps(function)) is function


def test_an_incomplete_declaration_is_an_error(monkeypatch):
    def kernel(xp, data):
        return data
    with pytest.raises(TypeError, match="names \\['missing'\\]"):
        catalog.op(name="incomplete", nograd=("missing",))(kernel)
    monkeypatch.setattr(catalog, "_catalog", {})
    op = catalog.op(name="incomplete")(kernel)
    for complete, message in ((lambda: setattr(op, "doc", "Says what it is."), "no docstring"),
                              (lambda: op.shape(kernel), "no shape rule"), (lambda: op.type(kernel), "no type rule"),
                              (lambda: op.grad("data")(lambda F, grad: grad), "no gradient rule for \\['data'\\]")):
        with pytest.raises(TypeError, match=message):
            catalog.check_all()
        complete()
    catalog.check_all()
    with pytest.raises(TypeError, match="asks for 'dat'"):
        op.grad("data")(lambda F, grad, dat: grad)


def test_several_outputs_come_as_a_tuple():
    op = declared(lambda xp, data: np.stack([data, data]), single=False)
    with pytest.raises(MXNetError, match="kernel of exp gave ndarray; expected its 1 outputs as a tuple"):
        op.call(CPU, [np.ones(3)], op.parse({}))


def test_without_docstrings_the_package_imports():
    subprocess.run([sys.executable, "-OO", "-c", "import cupynet"], check=True)


def test_incomplete_declarations_do_not_import():
    code = """
from importlib.machinery import SourceFileLoader
load = SourceFileLoader.exec_module

def spoil(self, module):
    load(self, module)
    if module.__name__ == "cupynet.ops.nn.dense":
        module.fully_connected.shape_rule = None
SourceFileLoader.exec_module = spoil
import cupynet
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode and "FullyConnected has no shape rule" in done.stderr
