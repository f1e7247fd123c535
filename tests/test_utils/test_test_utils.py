"""The tools for tests: what they accept, what they refuse, and that they find planted errors."""
from __future__ import annotations

import math
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import cupynet as mx
from cupynet import test_utils as tu

S = mx.sym


def network():
    x, y = S.Variable("x"), S.Variable("y")
    return x * y + S.sin(x)


@pytest.fixture
def data():
    rng = np.random.RandomState(1)
    return rng.randn(2, 3), rng.randn(2, 3)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


# ---- names ---------------------------------------------------------------------------------------


def test_star_import_brings_what_old_test_files_use():
    names = {}
    exec("from cupynet.test_utils import *", names)
    assert names["np"] is np and names["mx"] is mx and names["os"] is os and names["sys"] is sys
    assert names["array"] is mx.nd.array and names["Context"] is mx.Context
    for each in ("assert_almost_equal check_numeric_gradient check_symbolic_forward check_symbolic_backward "
                 "check_consistency default_context set_default_context almost_equal assert_allclose assert_exception "
                 "rand_ndarray rand_shape_nd rand_shape_2d rand_shape_3d same random_arrays random_sample assign_each "
                 "np_reduce simple_forward environment discard_stderr default_dtype default_rtols default_numeric_eps "
                 "verify_generator gen_buckets_probs_with_ppf get_mnist list_gpus").split():
        assert callable(names[each])


# ---- where and how precisely ---------------------------------------------------------------------


def test_default_context():
    found = {}

    def other_thread():
        found["before"] = tu.default_context()
        tu.set_default_context(mx.cpu(1))
        found["set"] = tu.default_context(), mx.current_context(), mx.nd.ones(1).context
        with mx.cpu(2):
            tu.set_default_context(mx.cpu(3))
            found["inside"] = tu.default_context()
        found["after"] = tu.default_context()

    thread = threading.Thread(target=other_thread)
    before = tu.default_context()
    thread.start()
    thread.join()
    assert found == {"before": mx.cpu(0), "set": (mx.cpu(1),) * 3, "inside": mx.cpu(2), "after": mx.cpu(3)}
    assert tu.default_context() is before
    with pytest.raises(TypeError, match="is not a Context"):
        tu.set_default_context("cpu")


def test_tolerances():
    assert tu.default_dtype() is np.float32
    assert tu.default_rtols()[np.dtype("float32")] == 1e-4 and tu.default_rtols()[np.dtype("int64")] == 0
    assert tu.default_atols()[np.dtype("float64")] == 1e-20 and tu.default_atols()[np.dtype("float16")] == 0.1
    assert {dtype.name: eps for dtype, eps in tu.default_numeric_eps().items()} == {
        "float16": 0.015625, "float32": 0.001953125, "float64": 6.103515625e-05}
    half, single = np.ones(2, "float16"), np.ones(2, "float32")
    assert tu.get_tols(half, single, None, None) == (0.01, 0.1)
    assert tu.get_tols(single, single, 1, None) == (1, 1e-3)
    assert tu.get_tols(half, single, {np.dtype("float16"): 0.5}, None)[0] == 0.5
    assert (tu.get_rtol(None, "float16"), tu.get_atol(3), tu.get_etol()) == (0.01, 3, 0)
    assert tu.effective_dtype(mx.nd.ones(2)) == "float32" and tu.effective_dtype(2.0) == "float64"


# ---- comparisons ---------------------------------------------------------------------------------


def test_assert_almost_equal(capsys):
    a = np.arange(12.).reshape(3, 4)
    b = a.copy()
    b[1, 2] += 0.5
    b[2, 3] -= 1
    with pytest.raises(AssertionError) as info:
        tu.assert_almost_equal(a, b, names=("x", "y"))
    assert str(info.value).startswith(
        "\nItems are not equal:\nError 10000.000000 exceeds tolerance rtol=1.000000e-05, atol=1.000000e-20 "
        "(mismatch 16.666667%).\nLocation of maximum error: (2, 3), x=11.00000000, y=10.00000000\n ACTUAL: array([[")
    assert capsys.readouterr().out == (
        "\n*** Maximum errors for vector of size 12:  rtol=1e-05, atol=1e-20\n\n"
        "  1: Error 10000.000000  Location of error: (2, 3), x=11.00000000, y=10.00000000\n"
        "  2: Error 7692.307692  Location of error: (1, 2), x=6.00000000, y=6.50000000\n")
    with pytest.raises(AssertionError):
        tu.assert_almost_equal(a, b, rtol=0.01, atol=0.1, mismatches=(1, 1))
    assert capsys.readouterr().out.count("Location") == 1
    with pytest.raises(AssertionError):
        tu.assert_almost_equal(mx.nd.array(a), mx.nd.array(b), mismatches=(0, 0))
    assert "Location" not in capsys.readouterr().out
    tu.assert_almost_equal(a, b, atol=1)
    tu.assert_almost_equal(mx.nd.array(a), a)
    assert tu.find_max_violation(a, b)[0] == (2, 3)
    assert tu.almost_equal(a, a) and not tu.almost_equal(a, b)
    assert tu.almost_equal(mx.nd.array(a), mx.nd.array(a) + 1e-5)


def test_assert_almost_equal_of_special_values():
    nan, inf = np.array([1, np.nan]), np.array([1., np.inf])
    with pytest.raises(AssertionError, match="Error nan"):
        tu.assert_almost_equal(nan, nan)
    tu.assert_almost_equal(nan, nan, equal_nan=True)
    tu.assert_allclose(nan, nan)
    tu.assert_almost_equal(inf, inf)
    with pytest.raises(AssertionError, match="Error inf"):
        tu.assert_almost_equal(inf, np.array([1, 2.]))
    tu.assert_almost_equal_ignore_nan(nan, np.array([1, 5.]))
    with pytest.raises(AssertionError):
        tu.assert_almost_equal_ignore_nan(nan, np.array([2, 5.]))
    large = np.array([2 ** 60])
    with pytest.raises(AssertionError):
        tu.assert_almost_equal(large, large + 1)
    tu.assert_almost_equal(np.zeros((0, 3)), np.zeros((0, 3)))
    tu.assert_almost_equal(np.array([True]), [1])


def test_assert_almost_equal_of_shapes():
    tu.assert_almost_equal(np.ones((2, 2)), np.ones(2))
    tu.assert_almost_equal(np.ones((2, 2)), 1)
    tu.assert_almost_equal(3, 3.0)
    tu.assert_almost_equal([1, 2], mx.nd.array([1, 2]))
    with pytest.raises(AssertionError, match=r"Location of maximum error: \(1, 0\), a=1\.0+, b=3\.0+"):
        tu.assert_almost_equal(np.ones((2, 2)), np.array([[1], [3]]))
    with pytest.raises(AssertionError, match=r"a.shape = \(2, 2\) and b.shape = \(2,\) are not equal"):
        tu.assert_almost_equal(np.ones((2, 2)), np.ones(2), use_broadcast=False)
    assert not tu.almost_equal(np.ones((2, 2)), np.ones(2), use_broadcast=False)
    with pytest.raises(ValueError):
        tu.assert_almost_equal(np.ones((2, 2)), np.ones(3))


def test_a_share_of_errors_may_be_allowed():
    a, b = np.zeros(10), np.zeros(10)
    b[:2] = 1
    tu.assert_almost_equal_with_err(a, b, etol=0.2)
    for etol in (0.1, None):
        with pytest.raises(AssertionError):
            tu.assert_almost_equal_with_err(a, b, etol=etol)


def test_same():
    x = mx.nd.ones((2, 2))
    assert tu.same(x, np.ones((2, 2))) and not tu.same(x, np.ones(2)) and not tu.same(x, x + 1)
    assert tu.same_array(x, x) and tu.same_array(x[0], x[0]) and not tu.same_array(x, x.copy())
    assert tu.same(x, np.ones((2, 2)))
    assert tu.same_symbol_structure(network(), network())
    assert not tu.same_symbol_structure(network(), S.sin(network()))


def test_assert_exception():
    tu.assert_exception(lambda x, y=1: [][x], IndexError, 3, y=2)
    with pytest.raises(AssertionError, match="did not raise ValueError"):
        tu.assert_exception(lambda: 1, ValueError)
    with pytest.raises(ZeroDivisionError):
        tu.assert_exception(lambda: 1 / 0, ValueError)


# ---- data ----------------------------------------------------------------------------------------


def test_random_data():
    one = tu.random_arrays((2, 2))
    assert one.dtype == np.float32 and one[0, 0] == np.float32(1.7640524)  # MXNet's numbers for NumPy's seed 0
    two = tu.random_arrays((2,), ())
    assert [each.shape for each in two] == [(2,), ()]
    (low,) = tu.random_uniform_arrays((50,), low=3, high=4, dtype="float64")
    assert low.dtype == np.float64 and low.min() >= 3 and low.max() < 4
    assert sorted(tu.random_sample(range(5), 5)) == [0, 1, 2, 3, 4] and len(tu.random_sample([1, 2, 3], 2)) == 2
    for _ in range(20):
        assert all(1 <= length <= limit for length, limit in zip(tu.rand_shape_3d(2, 3, 4), (2, 3, 4)))
        assert len(tu.rand_shape_2d()) == 2 and len(tu.rand_shape_nd(5)) == 5
        x, y = tu.rand_coord_2d(0, 5, 7, 9)
        assert 0 <= x < 5 and 7 <= y < 9
    assert any(0 in tu.rand_shape_nd(4, 2, allow_zero_size=True) for _ in range(20))
    found = tu.rand_ndarray((2, 3), dtype="float16", ctx=mx.cpu(1))
    assert (found.shape, found.dtype, found.context) == ((2, 3), np.float16, mx.cpu(1))
    assert tu.rand_ndarray((2, 3)).dtype == np.float32
    with pytest.raises(mx.MXNetError, match="csr"):
        tu.rand_ndarray((2, 2), "csr")
    assert tu.create_vector(3).asnumpy().tolist() == [0, 1, 2]
    assert tu.create_2d_tensor(2, 2).asnumpy().tolist() == [[0, 0], [1, 1]]


def test_derived_data():
    x = np.arange(4.).reshape(2, 2)
    assert tu.assign_each(x, lambda v: v * 2).tolist() == [[0, 2], [4, 6]]
    assert tu.assign_each(x, None).tolist() == x.tolist() and tu.assign_each(x, None) is not x
    assert tu.assign_each2(x, x, lambda a, b: a - b).tolist() == [[0, 0], [0, 0]]
    y = np.arange(24.).reshape(2, 3, 4)
    for axis in (None, 0, -1, (0, 2), [1], ()):
        for keepdims in (False, True):
            wanted = y.sum(axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
            found = tu.np_reduce(y, axis, keepdims, np.sum)
            assert np.shape(found) == wanted.shape
            np.testing.assert_allclose(found, wanted)
    assert tu.collapse_sum_like(np.ones((5, 2, 3)), (1, 3)).tolist() == [[10, 10, 10]]


# ---- checks of symbols ---------------------------------------------------------------------------


def test_simple_forward(data):
    x, y = data
    np.testing.assert_allclose(tu.simple_forward(network(), x=x, y=y), x * y + np.sin(x), 1e-5, 1e-6)
    v = S.Variable("x")
    group = S.Group([v * 2, S.sin(v)])
    assert [each.shape for each in tu.simple_forward(group, x=x)] == [(2, 3), (2, 3)]


def test_check_symbolic_forward(data):
    x, y = data
    net, wanted = network(), x * y + np.sin(x)
    (found,) = tu.check_symbolic_forward(net, [x, y], [wanted])
    np.testing.assert_allclose(found.asnumpy(), wanted, 1e-5, 1e-6)
    name = net.list_outputs()[0]
    tu.check_symbolic_forward(net, {"x": mx.nd.array(x), "y": y}, {name: wanted})
    (found,) = tu.check_symbolic_forward(net, [x, y], [wanted], dtype="asnumpy")
    assert found.dtype == np.float64
    with pytest.raises(AssertionError, match=rf"EXPECTED_{name}.*FORWARD_{name}"):
        tu.check_symbolic_forward(net, [x, y], [x])
    with pytest.raises(ValueError, match=r"location: the symbol has \['x', 'y'\], but values came for \['x'\]"):
        tu.check_symbolic_forward(net, {"x": x}, [wanted])
    with pytest.raises(ValueError, match="location: 1 values came"):
        tu.check_symbolic_forward(net, [x], [wanted])
    with pytest.raises(ValueError, match="aux_states: 1 values came"):
        tu.check_symbolic_forward(net, [x, y], [wanted], aux_states=[x])


def test_check_symbolic_backward(data):
    x, y = data
    net, head = network(), np.full((2, 3), 2.0)
    dx, dy = head * (y + np.cos(x)), head * x
    found = tu.check_symbolic_backward(net, [x, y], [head], [dx, dy])
    np.testing.assert_allclose(found["x"].asnumpy(), dx, 1e-4)
    tu.check_symbolic_backward(net, {"x": x, "y": y}, {net.list_outputs()[0]: head}, {"y": dy})
    tu.check_symbolic_backward(net, [x, y], [mx.nd.array(head)], [dx, dy], grad_req="add")
    tu.check_symbolic_backward(net, [x, y], [head], [dx, dy], grad_req=["add", "write"])
    tu.check_symbolic_backward(net, [x, y], [head], {"y": dy}, grad_req={"x": "null", "y": "write"})
    tu.check_symbolic_backward(net, [x, y], [head], [dx, dy], grad_req="null")
    tu.check_symbolic_backward(S.MakeLoss(S.Variable("x")), [x], None, [np.ones((2, 3))])
    for req in ("write", "add"):
        with pytest.raises(AssertionError, match=r"EXPECTED_y.*BACKWARD_y"):
            tu.check_symbolic_backward(net, [x, y], [head], [dx, dx], grad_req=req)
    with pytest.raises(mx.MXNetError, match="sparse"):
        tu.check_symbolic_backward(net, [x, y], [head], [dx, dy], grad_stypes={"x": "row_sparse"})


@pytest.mark.parametrize("dtype, eps, rtol, atol", [
    (np.float32, None, 1e-2, 1e-3), (np.float64, 1e-5, 1e-6, 1e-8), (np.float16, None, 0.1, 0.1)])
def test_check_numeric_gradient(data, dtype, eps, rtol, atol):
    net, both = network(), list(data)
    how = {"dtype": dtype, "numeric_eps": eps, "rtol": rtol, "atol": atol}
    tu.check_numeric_gradient(net, both, **how)
    tu.check_numeric_gradient(net, dict(zip("xy", both)), grad_nodes=["x"], **how)
    tu.check_numeric_gradient(net, both, grad_nodes={"x": "add", "y": "null"}, **how)


def test_check_numeric_gradient_of_several_outputs(data):
    x, y = S.Variable("x"), S.Variable("y")
    tu.check_numeric_gradient(S.Group([x * y, S.sin(x)]), list(data), numeric_eps=1e-2, rtol=1e-2, atol=1e-3)


def test_check_numeric_gradient_with_auxiliary_states():
    net = S.BatchNorm(S.Variable("x"), fix_gamma=False, name="bn")
    location = [np.random.randn(4, 3), np.ones(3), np.zeros(3)]
    for aux in ([np.zeros(3), np.ones(3)], {"bn_moving_mean": np.zeros(3), "bn_moving_var": np.ones(3)}):
        tu.check_numeric_gradient(net, location, aux, numeric_eps=1e-4, rtol=1e-3, atol=1e-5, dtype=np.float64)
    with pytest.raises(ValueError, match="aux_states: the symbol has"):
        tu.check_numeric_gradient(net, location, {"q": np.zeros(3)})


def test_check_numeric_gradient_finds_a_wrong_gradient(data):
    x = S.Variable("x")
    with pytest.raises(AssertionError, match=r"NUMERICAL_x.*BACKWARD_x"):
        tu.check_numeric_gradient(S.BlockGrad(x) * 2 + x, [data[0]])


def test_check_numeric_gradient_refuses(data):
    for grad_nodes in ("x", ["z"]):
        with pytest.raises(ValueError, match="grad_nodes"):
            tu.check_numeric_gradient(network(), list(data), grad_nodes=grad_nodes)
    with pytest.raises(TypeError, match="float16, float32 or float64"):
        tu.check_numeric_gradient(network(), list(data), dtype=np.int32)
    with pytest.raises(ValueError, match="grad_req"):
        tu.check_numeric_gradient(network(), list(data), grad_nodes={"x": "sum"})


def test_numeric_grad(data):
    x, y = data
    executor = network().bind(tu.default_context(), {"x": mx.nd.array(x), "y": mx.nd.array(y)})
    found = tu.numeric_grad(executor, {"x": x, "y": y}, eps=1e-2)
    np.testing.assert_allclose(found["x"], y + np.cos(x), 1e-2, 1e-3)
    np.testing.assert_allclose(found["y"], x, 1e-2, 1e-3)
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), x, 1e-6)


def runs(*dtypes):
    return [{"ctx": mx.cpu(i), "x": (2, 3), "y": (2, 3), "type_dict": {"x": dtype, "y": dtype}}
            for i, dtype in enumerate(dtypes)]


def test_check_consistency(data):
    net = network()
    name = net.list_outputs()[0]
    truth = tu.check_consistency(net, runs("float16", "float64", "float32"))
    assert set(truth) == {name, "x", "y"} and truth["x"].dtype == np.float64
    truth = tu.check_consistency(net, runs("float32", "float64"), grad_req="null")
    assert set(truth) == {name}
    x, y = data
    for req in ("write", "add"):
        truth = tu.check_consistency(net, runs("float32", "float64"), grad_req=req, arg_params={"x": x, "y": y})
        np.testing.assert_allclose(truth["y"].asnumpy(), (x * y + np.sin(x)) * x)  # the outputs are the head gradients
    tu.check_consistency(net, runs("float32", "float64"), arg_params={"x": x, "y": y},
                         ground_truth={name: x * y + np.sin(x)}, use_uniform=True)


def test_check_consistency_finds_a_difference(capsys):
    net = network()
    other = S.elemwise_add(S.Variable("x"), S.Variable("y"), name=net.name)
    with pytest.raises(AssertionError):
        tu.check_consistency([net, other], runs("float32", "float64"))
    assert f"Predict Err: ctx 0 vs ctx 1 at {net.name}_output" in capsys.readouterr().out
    tu.check_consistency([net, other], runs("float32", "float64"), raise_on_err=False)
    printed = capsys.readouterr()
    assert "Train Err: ctx 0 vs ctx 1 at x" in printed.out and "AssertionError" in printed.err
    tu.check_consistency([net, other], runs("float32", "float64"), rtol=1e9)
    for symbols, each in ((net, runs("float32")), ([net], runs("float32", "float32")),
                          ([net, S.sin(S.Variable("x"))], runs("float32", "float32"))):
        with pytest.raises(ValueError, match="check_consistency"):
            tu.check_consistency(symbols, each)


def test_check_speed(data):
    assert 0 < tu.check_speed(network(), N=2, x=(2, 3), y=(2, 3)) < 1
    assert 0 < tu.check_speed(network(), dict(zip("xy", data)), N=2, typ="forward") < 1
    with pytest.raises(ValueError, match="typ"):
        tu.check_speed(network(), typ="backward")


# ---- random generators ---------------------------------------------------------------------------


def test_chi_square_tail_is_scipys():
    stats = pytest.importorskip("scipy.stats")
    for freedom in (1, 2, 3, 10, 99, 1000):
        for statistic in (0, 1e-3, 0.5, 1, 3, 9.5, 50, 99, 120, 1000, 1100, 5000):
            expected = stats.chi2.sf(statistic, freedom)
            found = tu.generators._chi_square_tail(statistic, freedom)
            assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-300)
    assert tu.generators._chi_square_tail(math.inf, 3) == 0


def test_generators():
    assert tu.gen_buckets_probs_with_ppf(lambda p: p * 4, 2) == ([(0, 2), (2, 4)], [0.5, 0.5])
    buckets, probs = tu.gen_buckets_probs_with_ppf(float, 5)
    p, observed, expected = tu.chi_square_check(np.random.random_sample, buckets, probs, 10000)
    assert 0 < p < 1 and observed.sum() == 10000 and expected.tolist() == [2000] * 5
    p, observed, _ = tu.chi_square_check(lambda n: np.random.randint(0, 3, n), [0, 1, 2], [0.3, 0.3, 0.4], 10000)
    assert p < 1e-9 and observed.sum() == 10000
    assert len(tu.verify_generator(lambda n: mx.nd.random.uniform(0, 1, shape=(n,)), buckets, probs, 5000)) == 5
    with pytest.raises(AssertionError, match="Generator test fails"):
        tu.verify_generator(lambda n: np.random.uniform(0, 0.9, n), buckets, probs, 5000)
    for wrong in (([], []), (buckets, probs[1:]), (buckets, [1] * 5)):
        with pytest.raises(ValueError, match="the sum"):
            tu.chi_square_check(np.zeros, *wrong)
    assert tu.mean_check(lambda n: np.random.normal(2, 3, n), 2, 3, 10000)
    assert not tu.mean_check(lambda n: np.random.normal(2, 3, n), 3, 3, 10000)
    assert tu.var_check(lambda n: np.random.normal(2, 3, n), 3, 10000)
    assert not tu.var_check(lambda n: np.random.normal(2, 3, n), 2, 10000)


def test_retry():
    attempts = []

    @tu.retry(3)
    def sometimes(wanted):
        """Docs."""
        attempts.append(1)
        assert len(attempts) >= wanted
        return "done"

    assert sometimes(3) == "done" and len(attempts) == 3 and sometimes.__doc__ == "Docs."
    attempts.clear()
    with pytest.raises(AssertionError):
        sometimes(9)
    assert len(attempts) == 3
    with pytest.raises(ValueError, match="retry"):
        tu.retry(0)


# ---- surroundings --------------------------------------------------------------------------------


def test_environment(monkeypatch):
    monkeypatch.setenv("CUPYNET_A", "old")
    monkeypatch.delenv("CUPYNET_B", raising=False)
    with tu.environment("CUPYNET_A", "new"):
        assert os.environ["CUPYNET_A"] == "new"
    with pytest.raises(KeyboardInterrupt), tu.environment({"CUPYNET_A": None, "CUPYNET_B": "x"}):
        assert "CUPYNET_A" not in os.environ and os.environ["CUPYNET_B"] == "x"
        raise KeyboardInterrupt
    assert os.environ["CUPYNET_A"] == "old" and "CUPYNET_B" not in os.environ
    for wrong in (("a",), (1, 2, 3), ("a", 1), ({"a": 1},), ({1: "a"},)):
        with pytest.raises(TypeError, match="environment"), tu.environment(*wrong):
            pass


def test_discard_stderr():
    code = ("import os, sys\nfrom cupynet.test_utils import discard_stderr\n"
            "with discard_stderr():\n    print('hidden', file=sys.stderr)\n    os.write(2, b'hidden')\n"
            "print('shown', file=sys.stderr)\nos.write(2, b'too')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "shown\ntoo"


def test_list_gpus():
    assert tu.list_gpus() == list(range(mx.num_gpus()))
    assert not (tu.is_cd_run() or tu.is_aarch64_run() or tu.has_tvm_ops()) and tu.is_op_runnable()
