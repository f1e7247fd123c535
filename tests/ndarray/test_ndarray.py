"""NDArray: creation, arithmetic, indexing, shapes, copies, and its manners towards other libraries."""
import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet import nd

A = [[1, 2, 3], [4, 5, 6]]


def same(array, values, dtype="float32"):
    """The array has exactly these values, this dtype and the shape of `values`."""
    values = np.asarray(values)
    assert array.shape == values.shape and array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array.asnumpy(), values.astype(dtype))


# ---- creation ------------------------------------------------------------------------------------

def test_array_dtypes():
    same(nd.array([1, 2]), [1, 2])
    same(nd.array(np.arange(3)), [0, 1, 2])
    same(nd.array(np.ones(2)), [1, 1])
    same(nd.array(nd.array([1], dtype="int32")), [1], "int32")
    same(nd.array([1.7], dtype="int32"), [1], "int32")
    assert nd.array(3.0).shape == () and nd.array([]).shape == (0,)
    same(nd.array([nd.array([1, 2]), nd.array([3, 4])]), [[1, 2], [3, 4]])
    with pytest.raises(TypeError, match="array: source_array"):
        nd.array(["a"])
    with pytest.raises(mx.MXNetError, match="not supported"):
        nd.zeros((2,), dtype="complex64")


def test_sources():
    same(nd.zeros((2, 3)), np.zeros((2, 3)))
    same(nd.ones(2), [1, 1])
    same(nd.full((2,), 3), [3, 3])
    same(nd.full((2,), 3, dtype="int64"), [3, 3], "int64")
    same(nd.arange(5), [0, 1, 2, 3, 4])
    same(nd.arange(2, 8, 3, repeat=2), [2, 2, 5, 5])
    same(nd.linspace(0, 1, 3), [0, .5, 1])
    same(nd.eye(2, 3, 1), np.eye(2, 3, 1))
    same(nd.zeros_like(nd.array(A)), np.zeros((2, 3)))
    same(nd.ones_like(nd.array(A, dtype="int32")), np.ones((2, 3)), "int32")
    assert nd.empty((2, 3)).shape == (2, 3)
    with pytest.raises(ValueError, match="inferring shapes failed"):
        nd.zeros((2, -1))
    with pytest.raises(mx.MXNetError, match="sparse|dense"):
        nd.zeros((2,), stype="csr")


def test_repr():
    assert repr(nd.ones((2,))) == f"\n[1. 1.]\n<NDArray 2 @{mx.current_context()}>"
    assert repr(nd.ones((1, 2, 3))) == f"\n[[[1. 1. 1.]\n  [1. 1. 1.]]]\n<NDArray 1x2x3 @{mx.current_context()}>"


def test_properties(ctx):
    a = nd.array(A)
    assert (a.size, a.ndim, a.shape, a.dtype) == (6, 2, (2, 3), np.float32)
    assert (a.context, a.ctx, a.stype) == (ctx, ctx, "default")
    same(a.T, np.transpose(A))
    assert len(a) == 2 and [row.shape for row in a] == [(3,), (3,)]
    assert nd.array([3.5]).asscalar() == np.float32(3.5) and float(nd.array([3.5])) == 3.5 and int(nd.array([3])) == 3
    with pytest.raises(ValueError, match="not a scalar"):
        a.asscalar()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(a)
    assert bool(nd.array([0])) is False and a[0, 0] == 1


# ---- arithmetic ----------------------------------------------------------------------------------

OPERATORS = ["+", "-", "*", "/", "%", "**", "==", "!=", ">", ">=", "<", "<="]


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator):
    x, y = np.array([[1, 2, 3], [4, 5, 6]], "f4"), np.array([[2, 2, 1], [4, 0.5, 6]], "f4")
    env = {"x": x, "y": y, "row": y[0], "k": 2.0}
    for text in (f"x {operator} y", f"x {operator} row", f"x {operator} k", f"k {operator} x"):
        expected = np.asarray(eval(text, env)).astype("f4")
        found = eval(text, {"x": nd.array(x), "y": nd.array(y), "row": nd.array(y[0]), "k": 2.0})
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-6, err_msg=text)


@pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "%="])
def test_in_place_operators_write_into_the_same_memory(operator):
    for right in (np.array([2, 3, 4], "f4"), 2.0, 2):
        x = np.array(A, "f4")
        env = {"x": nd.array(x), "r": nd.array(right) if isinstance(right, np.ndarray) else right}
        before, alias = env["x"], env["x"][0]
        exec(f"x {operator} r", env)
        assert env["x"] is before
        expected = {"x": x, "r": right}
        exec(f"x {operator} r", expected)
        np.testing.assert_allclose(before.asnumpy(), expected["x"], rtol=1e-6)
        np.testing.assert_allclose(alias.asnumpy(), expected["x"][0], rtol=1e-6)


def test_numbers_take_the_type_of_the_array():
    i = nd.array([2, 3, 7], dtype="int32")
    same(i / 2, [1, 1, 3], "int32")
    same(i * 1.5, [2, 3, 7], "int32")
    same(i + 1.9, [3, 4, 8], "int32")
    same(nd.array([2, 3], dtype="uint8") + 300, [46, 47], "uint8")
    same(nd.ones((2,), dtype="float16") * 2, [2, 2], "float16")
    same(nd.array([1.0]) * np.float64(2), [2])
    same(-nd.array([1, -2]), [-1, 2])
    same(abs(nd.array([1, -2])), [1, 2])
    same(nd.array([7.0, -7.0]) % 3, [1, 2])
    same(True + nd.array([1.0]), [2])


def test_wrong_operands():
    a = nd.ones((2, 3))
    with pytest.raises(ValueError, match=r"broadcast_add: rhs has shape \(2,\).*\(2, 3\)"):
        a + nd.ones((2,))
    with pytest.raises(TypeError, match="rhs has dtype float64, expected float32"):
        a + nd.ones((2, 3), dtype="float64")
    with pytest.raises(mx.MXNetError, match=r"rhs is on cpu\(7\)"):
        a + nd.ones((2, 3), ctx=mx.cpu(7))
    with pytest.raises(TypeError):
        a + "x"
    with pytest.raises(ValueError, match="out has shape|shape"):
        a += nd.ones((4, 2, 3))
    same(a, np.ones((2, 3)))


def test_functions_of_arrays_and_numbers():
    a, b = nd.array([1, 5]), nd.array([3, 3])
    same(nd.maximum(a, b), [3, 5])
    same(nd.maximum(a, 2), [2, 5])
    same(nd.minimum(2, a), [1, 2])
    same(nd.subtract(10, a), [9, 5])
    same(nd.power(2, a), [2, 32])
    same(nd.lesser(a, b), [1, 0])
    same(nd.greater(4, a), [1, 0])
    assert nd.add(1, 2) == 3


def test_out_receives_the_result():
    a, out = nd.array([1.0, 2.0]), nd.zeros((2,))
    assert nd.exp(a, out=out) is out
    np.testing.assert_allclose(out.asnumpy(), np.exp([1, 2]), rtol=1e-6)
    with pytest.raises(ValueError, match="out has shape"):
        nd.exp(a, out=nd.zeros((3,)))
    nd.elemwise_add(a, a, out=a)
    same(a, [2, 4])


def test_bad_calls_name_operator_and_argument():
    a = nd.ones((2, 3))
    with pytest.raises(mx.MXNetError, match="FullyConnected: unknown argument 'foo'"):
        nd.FullyConnected(a, a, a, num_hidden=2, foo=1)
    with pytest.raises(mx.MXNetError, match="FullyConnected: required argument 'num_hidden' is missing"):
        nd.FullyConnected(a, a, a)
    with pytest.raises(mx.MXNetError, match="Activation: act_type is 'relu6'; expected one of"):
        nd.Activation(a, act_type="relu6")
    with pytest.raises(TypeError, match="dot: input 'rhs' is missing"):
        nd.dot(a)
    with pytest.raises(TypeError, match="dot: lhs is int"):
        nd.dot(1, a)
    with pytest.raises(AttributeError, match="nope"):
        nd.nope  # noqa: B018
    with pytest.raises(mx.MXNetError, match="FullyConnected: weight has shape"):
        nd.FullyConnected(a, nd.ones((4, 9)), nd.ones((4,)), num_hidden=4)


# ---- indexing ------------------------------------------------------------------------------------

KEYS = ["0", "-1", "0, 1", "slice(1, None)", "(slice(None), 1)", "(slice(None), slice(None, None, -1))", "Ellipsis",
        "(Ellipsis, None)", "(None, 0)", "[0, 1, 0]", "([0, 1], [1, 2])", "(0, slice(1, 3))", "np.array([1, 0])",
        "(slice(None), [2, 0])", "np.array([[0, 1], [1, 1]])",
        "(slice(None, None, 2), slice(0, 2))", "slice(5, 9)"]


def test_only_ndarrays_of_bool_are_masks():
    values = np.arange(6.0).reshape(3, 2)
    a, chosen = nd.array(values), np.array([True, False, True])
    same(a[nd.array(chosen, dtype="bool")], values[[0, 2]])
    same(a[chosen], values[[1, 0, 1]])  # as for MXNet, they are the rows 1 and 0
    same(a[[True, False, True]], values[[1, 0, 1]])
    same(a[True], values[1])
    a[chosen] = 9
    same(a, [[9, 9], [9, 9], [4, 5]])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("recorded", [False, True])
def test_reading(key, recorded):
    values, key = np.array(A, "f4"), eval(key)
    expected = values[key]
    expected = expected.reshape(1) if expected.ndim == 0 else expected
    a = nd.array(A)
    if recorded:
        if expected.size == 0:
            return  # nothing to differentiate
        a.attach_grad()
        with mx.autograd.record():
            found = a[key]
            (found * found).sum().backward()
        counts = np.zeros_like(values)
        np.add.at(counts, key, 1)
        np.testing.assert_allclose(a.grad.asnumpy(), 2 * values * counts)
    else:
        found = a[key]
    same(found, expected)


@pytest.mark.parametrize("key", KEYS)
def test_writing(key):
    values, key = np.array(A, "f4"), eval(key)
    a = nd.array(A)
    values[key] = 9
    a[key] = 9
    same(a, values)
    values[key] = np.full(values[key].shape, 7)
    a[key] = nd.full(a[key].shape if values[key].ndim else (1,), 7) if values[key].ndim else 7
    same(a, values)


def test_what_shares_memory():
    a = nd.array(A)
    a[0][:] = 10
    a[1:2][:] = 20
    same(a, [[10] * 3, [20] * 3])
    a.reshape((3, 2))[:] = 7
    same(a, [[7] * 3] * 2)
    column = a[:, 1]
    column[:] = 0
    same(a, [[7] * 3] * 2)
    for copied in (a.T, a.copy(), nd.reshape(a, shape=(6,)), a.expand_dims(0), a.flatten(),
                   nd.slice(a, begin=(0, 0), end=(1, 3))):
        copied[:] = -1
    same(a, [[7] * 3] * 2)


def test_indexing_by_arrays_of_floats_is_by_position():
    a = nd.array(A)
    same(a[nd.array([1, 0])], [A[1], A[0]])
    assert a[a > 2].shape == (2, 3, 3)


def test_assignment_converts_and_broadcasts():
    a = nd.zeros((2, 3))
    a[:] = np.arange(3, dtype="int64")
    same(a, [[0, 1, 2]] * 2)
    a[:] = [[5], [6]]
    same(a, [[5] * 3, [6] * 3])
    a[1, 2] = nd.array([8])
    a[0] = nd.array([1, 2, 3], ctx=mx.cpu(5))
    same(a, [[1, 2, 3], [6, 6, 8]])


def test_wrong_indices():
    a = nd.array(A)
    for bad in (lambda: a[2], lambda: a[0, 3], lambda: a[0, 0, 0], lambda: a["x"], lambda: a[[5]]):
        with pytest.raises(IndexError, match="index"):
            bad()
    with pytest.raises(IndexError):
        a[7] = 1
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        a[:] = np.zeros(4)
    same(a, A)


# ---- shapes, copies --------------------------------------------------------------------------------

@pytest.mark.parametrize("code, shape", [
    ((-1,), (6, 4)), ((0, -1, 1), (6, 4)), ((-3,), (6, 4)), ((-4, 2, 3, -2), (6, 4)),
    ((-4, -1, 3, 0), (6, 4)), ((-2, 1), (6, 4))])
def test_reshape_codes(code, shape):
    expected = {(-1,): (24,), (0, -1, 1): (6, 4, 1), (-3,): (24,), (-4, 2, 3, -2): (2, 3, 4), (-4, -1, 3, 0): (2, 3, 4),
                (-2, 1): (6, 4, 1)}[code]
    a = nd.zeros(shape)
    assert a.reshape(code).shape == a.reshape(*code).shape == a.reshape(shape=code).shape == expected
    assert nd.reshape(a, shape=code).shape == expected


def test_reshape_refuses_what_does_not_fit():
    with pytest.raises(mx.MXNetError, match="Reshape"):
        nd.zeros((2, 3)).reshape((4, 2))


def test_copies():
    a = nd.array(A)
    b = nd.zeros((2, 3))
    assert a.copyto(b) is b
    same(b, A)
    same(a.copyto(mx.cpu(2)), A)
    assert a.copyto(mx.cpu(2)).context == mx.cpu(2)
    assert a.as_in_context(a.context) is a and a.as_in_context(mx.cpu(3)).context == mx.cpu(3)
    same(a.astype("int32"), A, "int32")
    assert a.astype("float32", copy=False) is a and a.astype("float32") is not a
    with pytest.raises(ValueError, match="copyto"):
        a.copyto(nd.zeros((3, 3)))
    for twin in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        twin[:] = 0
        same(a, A)
    values = a.asnumpy()
    values[:] = 0
    same(a, A)


def test_joining_and_splitting():
    a = nd.array(A)
    same(nd.concat(a, a, dim=0), np.concatenate([A, A]))
    same(nd.concatenate([a, a], axis=1), np.concatenate([A, A], 1))
    same(nd.stack(a, a), np.stack([A, A]))
    assert [x.shape for x in nd.split(a, num_outputs=3)] == [(2, 1)] * 3
    assert [x.shape for x in nd.split_v2(a, (1,), axis=1)] == [(2, 1), (2, 2)]
    same(nd.moveaxis(nd.zeros((2, 3, 4)), 0, -1), np.zeros((3, 4, 2)))
    with pytest.raises(ValueError, match="moveaxis"):
        nd.moveaxis(a, 5, 0)


def test_reductions_keep_an_axis():
    a = nd.array(A)
    same(a.sum(), [21])
    same(a.max(), [6])
    same(a.mean(axis=0), [2.5, 3.5, 4.5])
    same(a.argmax(axis=1), [2, 2])
    same(nd.argmax_channel(a), [2, 2])
    same(nd.norm(nd.array([3, 4])), [5])


# ---- other libraries ---------------------------------------------------------------------------------

def test_numpy_sees_values():
    a = nd.array(A)
    assert np.asarray(a).tolist() == A and np.array(a, "int32").dtype == np.int32
    np.testing.assert_array_equal(np.sum(a).asnumpy(), [21])
    np.testing.assert_allclose(np.exp(a).asnumpy(), np.exp(np.array(A, "f4")), rtol=1e-6)
    for result in (a + np.ones((2, 3)), np.ones((2, 3)) + a, np.ones(3, "f4") + a):
        same(result, np.array(A) + 1)
    same(np.float64(2) - a, 2 - np.array(A))
    same(np.arctan2(a, a), np.arctan2(np.array(A, "f4"), np.array(A, "f4")))
    same(np.concatenate([a, a]), np.concatenate([A, A]))
    assert isinstance(np.cumsum(a), nd.NDArray)
    assert np.allclose(a, np.array(A))
    values = np.zeros((2, 3))
    values += a
    assert values.tolist() == A


def test_numpy_functions_are_recorded_or_refused():
    a = nd.array(A)
    a.attach_grad()
    with mx.autograd.record():
        y = np.exp(a) * np.ones((2, 3))
        with pytest.raises(mx.MXNetError, match="cannot be recorded"):
            np.cumsum(a)
    y.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), np.exp(np.array(A, "f4")), rtol=1e-6)


def test_dlpack_shares_memory():
    a = nd.array(A)
    if a.context.device_type == "cpu":
        view = np.from_dlpack(a)
        a[0, 0] = 50
        assert view[0, 0] == 50
        b = nd.from_dlpack(np.arange(3, dtype="f4"))
        same(b, [0, 1, 2])
        values = np.zeros(2, "f4")
        nd.from_numpy(values)[:] = 3
        assert values.tolist() == [3, 3]
        assert not hasattr(a, "__cuda_array_interface__")
    else:
        assert a.__cuda_array_interface__["shape"] == (2, 3)
    same(nd.from_dlpack(a), a.asnumpy())


def test_saving_and_loading(tmp_path):
    path = str(tmp_path / "x.params")
    data = {"w": nd.array(A), "b": nd.array([1, 2], dtype="int64")}
    nd.save(path, data)
    found = nd.load(path)
    assert list(found) == ["w", "b"]
    same(found["w"], A)
    same(found["b"], [1, 2], "int64")
    nd.save(path, [nd.array(A)])
    same(nd.load(path)[0], A)
    same(nd.load_frombuffer((tmp_path / "x.params").read_bytes())[0], A)
    with pytest.raises(TypeError, match="save"):
        nd.save(path, {"x": 3})
    same(nd.load(path)[0], A)  # a refused save leaves the file alone
    with pytest.raises(mx.MXNetError, match="cannot read"):
        nd.load(str(tmp_path / "nothing"))


def test_out_gives_shape_and_dtype_to_what_has_no_inputs():
    for draw in (nd.random.uniform, nd.random.normal, nd.random.gamma, nd.random.exponential, nd.random.poisson,
                 nd.random.negative_binomial, nd.random.generalized_negative_binomial, nd.random_uniform):
        for dtype in ("float32", "float64"):
            out = nd.full((40, 3), -1, dtype=dtype)
            assert draw(out=out) is out
            assert out.dtype is np.dtype(dtype).type and (out.asnumpy() >= 0).any()
    assert nd.random.randint(0, 5, out=nd.zeros((4,), dtype="int64")).dtype is np.int64
    assert nd.random.uniform(-1, 1, out=nd.zeros((2,), mx.cpu(1))).context == mx.cpu(1)
    with pytest.raises(mx.MXNetError, match="out has shape"):
        nd.random.uniform(0, 1, (3, 2), out=nd.zeros((2, 3)))


def test_out_of_another_dtype_or_shape_is_refused_and_unchanged():
    a, momentum = nd.ones((2, 3)), nd.zeros((2, 3))
    for wrong in (nd.zeros((2, 3), dtype="float64"), nd.zeros((3, 2))):
        with pytest.raises(mx.MXNetError, match="out has"):
            nd.sgd_mom_update(a, a, momentum, lr=0.1, momentum=0.9, out=wrong)
        with pytest.raises(mx.MXNetError, match="out has"):
            nd.broadcast_add(a, a, out=wrong)
        assert not wrong.asnumpy().any() and not momentum.asnumpy().any()
    with pytest.raises(mx.MXNetError, match="out has shape"):
        nd.ones((3, 3), out=a)


def test_a_bare_dlpack_capsule():
    a = nd.array([[1, 2], [3, 4]], mx.cpu())  # the double of CuPy has no true capsules
    b = nd.from_dlpack(nd.to_dlpack_for_write(a))
    b[0, 0] = 7
    assert a[0, 0].asscalar() == 7
    used = a.to_dlpack_for_read()
    nd.from_dlpack(used)
    with pytest.raises(mx.MXNetError, match="capsule"):
        nd.from_dlpack(used)


def test_histogram_of_a_number_of_bins():
    a = nd.array([1, 2, 3, 4, 5, 6])
    counts, edges = nd.histogram(a, 3)
    assert counts.dtype is np.float32 and counts.asnumpy().tolist() == [2, 2, 2]
    counts, edges = nd.histogram(a, bins=2, range=(0, 6))
    assert counts.dtype is np.int64 and counts.asnumpy().tolist() == [2, 4] and edges.asnumpy().tolist() == [0, 3, 6]


def test_small_mistakes():
    a = nd.ones((2, 3))
    with pytest.raises(mx.MXNetError, match="not an index"):
        a[1.5]
    with pytest.raises(mx.MXNetError, match="expected a path"):
        nd.load(5)
    with pytest.warns(RuntimeWarning, match="itself"):
        a.copyto(a)


def test_a_remainder_by_zero_is_zero():
    a, zero = nd.array([5, -5, 0]), nd.zeros((3,))
    for found in (a % zero, a % 0, 5 % zero, nd.modulo(a, zero)):
        same(found, [0, 0, 0])
    a %= zero
    same(a, [0, 0, 0])


def test_inf_and_nan_come_out_silently():
    code = ("import warnings, cupynet as mx; x = mx.nd.zeros((2,)); "
            "print((1 / x).asnumpy(), (x / x).asnumpy(), mx.nd.log(x).asnumpy())")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])
    assert done.stderr == "" and done.stdout == "[inf inf] [nan nan] [-inf -inf]\n"


OVERLAPS = {
    "shifted": (slice(1, None), slice(None, -1)),
    "shifted back": (slice(None, -1), slice(1, None)),
    "reversed": (slice(None), slice(None, None, -1)),
    "reversed into a part": (slice(2, 8), slice(7, 1, -1)),
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_a_part_of_an_array_is_assigned_to_another(name):
    x = nd.arange(3000).reshape((10, 300))
    v = x.asnumpy()
    target, source = OVERLAPS[name]
    v[target] = v[source].copy()
    x[target] = x[source]
    np.testing.assert_array_equal(x.asnumpy(), v)


def test_out_may_be_or_overlap_an_input():
    def arrays():
        return nd.array([1, 2, 3, 4]), nd.array([10, 20, 30, 40])
    x, y = arrays()
    nd.add_n(x, x, y, out=y)
    assert y.asnumpy().tolist() == [12, 24, 36, 48]
    x, y = arrays()
    nd.add_n(x, y, x, out=x)
    assert x.asnumpy().tolist() == [12, 24, 36, 48]
    x, y = arrays()
    nd.exp(x[:3] * 0, out=x[1:])
    assert x.asnumpy().tolist() == [1, 1, 1, 1]
    x, y = arrays()
    nd.broadcast_add(x[:3], y[:3], out=x[1:])
    assert x.asnumpy().tolist() == [1, 11, 22, 33]
    x = nd.array([[1, 2], [3, 4]])
    nd.dot(x, x, out=x)
    assert x.asnumpy().tolist() == [[7, 10], [15, 22]]
    x = nd.array([[1, 2], [3, 4]])
    nd.softmax(x, axis=0, out=x)
    np.testing.assert_allclose(x.asnumpy(), nd.softmax(nd.array([[1, 2], [3, 4]]), axis=0).asnumpy())
    x = nd.arange(4).reshape((2, 2))
    nd.split(x, 2, axis=0, squeeze_axis=True, out=[x[1], x[0]])
    assert x.asnumpy().tolist() == [[2, 3], [0, 1]]


def test_no_room_for_an_array():
    for make in (nd.empty, nd.zeros, nd.ones, lambda shape: nd.full(shape, 3)):
        for shape in ((1 << 50,), (1 << 40, 1 << 40)):
            with pytest.raises(mx.MXNetError, match=".*: an array of shape "):
                make(shape)
    with pytest.raises(mx.MXNetError, match="^_zeros: "):
        nd._internal._zeros(shape=(1 << 50,))


@pytest.mark.parametrize("change, shape", [
    (lambda x, inplace: x.flatten(inplace=inplace), (2, 12)),
    (lambda x, inplace: x.expand_dims(0, inplace), (1, 2, 3, 4)),
    (lambda x, inplace: x.expand_dims(axis=-1, inplace=inplace), (2, 3, 4, 1)),
    (lambda x, inplace: x.reshape((1, 2, 12)).squeeze(axis=0, inplace=inplace), (2, 12)),
    (lambda x, inplace: x.reshape((1, 24, 1)).squeeze(inplace=inplace), (24,)),
])
def test_other_shapes_share_memory_where_asked(change, shape):
    for inplace in (False, True):
        x = nd.zeros((2, 3, 4))
        y = change(x, inplace)
        y[:] = 1
        assert y.shape == shape and x.asnumpy().all() == inplace


def test_arguments_of_reshape():
    x = nd.arange(6)
    for call in (lambda: x.reshape(np.int64(3), 2), lambda: x.reshape((np.int32(3), -1)), lambda: x.reshape([3, 2]),
                 lambda: x.reshape((3, 2), shape=(2, 3)), lambda: x.reshape(shape=(3, 2)), lambda: x.reshape("(3, 2)"),
                 lambda: x.reshape_like(nd.zeros((3, 2))), lambda: x.reshape_like(rhs=nd.zeros((3, 2)))):
        assert call().shape == (3, 2)
    with pytest.raises(TypeError, match="Got unknown keywords in reshape: inplace. Accepted keyword arguments are"):
        x.reshape((3, 2), inplace=True)
    with pytest.raises(TypeError, match="Shape must be provided"):
        x.reshape()


def test_numbers_are_cast_as_in_c():
    assert nd.array([-1, 256, 3], dtype="uint8").asnumpy().tolist() == [255, 0, 3]
    x = nd.zeros((4,), dtype="uint8")
    x[0] = -1
    x[1:3] = [-2, 300]
    x[3] = 2.9
    assert x.asnumpy().tolist() == [255, 254, 44, 2]
    y = nd.zeros((4,), dtype="int32")
    y[(2,)] = [1.5]
    assert y.asnumpy().tolist() == [0, 0, 1, 0]
    with pytest.raises(TypeError, match="cannot assign"):
        y[:] = [[1], [2, 3]]


def test_assigning_nothing():
    x = nd.ones((2, 3))
    for value in (1, [], np.zeros((0, 3))):
        x[0:0] = value
        x[:, 3:] = 1
    assert x.asnumpy().all()
    with pytest.raises(ValueError, match="cannot assign"):
        x[0:1] = []


def test_small_things_as_in_mxnet():
    x = nd.array([[1, 2, 3], [4, 5, 6]])
    y = x.tostype("default")
    y[:] = 0
    assert x.asnumpy().all()
    assert type(nd.histogram(x, bins=2)) is tuple and type(nd.histogram(x, bins=2, range=(0, 6))) is list
    for made in (nd.linspace(0, 1, 3, dtype=None), nd.arange(3, dtype=None)):
        assert made.dtype is np.float64
    one = nd.array([1.5])
    assert f"{one:.3f}" == "1.500" and format(one) == str(one)
    with pytest.raises(TypeError):
        format(x, ".3f")
    assert [nd.logical_xor(1, 2), nd.logical_or(0, 2.5), nd.equal(1, 1.0), nd.lesser(2, 1)] == [0, 1, 1, 0]
    assert all(type(found) is int for found in (nd.logical_xor(1, 0), nd.equal(1, 2), nd.greater(2.0, 1)))
    with pytest.raises(TypeError, match="add: type"):
        nd.add(x, "1")


def test_memory_taken_over_from_numpy():
    source = np.arange(4, dtype="float32")
    x = nd.from_numpy(source, zero_copy=True)
    assert not source.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        source[0] = 1
    x[:] = 7
    x += 1
    assert source.tolist() == [8] * 4
    source = np.arange(4, dtype="float32")
    nd.from_numpy(source, zero_copy=False)[:] = 1
    assert source.flags.writeable and source.tolist() == [0, 1, 2, 3]


def test_what_numpy_gives_can_be_written_through():
    x = nd.arange(6).reshape((2, 3))
    for y in (np.swapaxes(x, 0, 1), np.transpose(x), np.transpose(x, (1, 0)), np.flip(x, 0)):
        y.reshape(-1)[:] = 9
        assert (y.asnumpy() == 9).all()


def test_parameters_in_mxnets_order():
    """What MXNet's programs give by position means the same here."""
    x, g, b = nd.array(np.arange(8.0).reshape(2, 2, 2, 1)), nd.ones(2), nd.zeros(2)
    m, v = nd.zeros(2), nd.ones(2)
    found = nd.BatchNorm_v1(x, g, b, 1.0, moving_mean=m, moving_var=v)  # eps, not a moving average
    np.testing.assert_allclose(found.asnumpy(), x.asnumpy() / np.sqrt(2), 1e-6)
    symbol = mx.sym.BatchNorm_v1(mx.sym.var("x"), mx.sym.var("g"), mx.sym.var("b"), 1.0, name="bn")
    assert symbol.attr("eps") == "1.0" and symbol.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    with pytest.raises(mx.MXNetError, match="eps"):
        nd.BatchNorm_v1(x, g, b, m, v)
    image, weight = nd.ones((1, 1, 2, 2)), nd.ones((1, 1, 1, 1))
    assert nd.Convolution(image, weight, None, (1, 1), (1, 1), (1, 1), (0, 0), 1, 1, 1024, True).shape == (1, 1, 2, 2)
    assert nd.Pooling(image, (2, 2), "avg", False, True, "full").shape == (1, 1, 1, 1)
    for wrong in ({"workspace": "much"}, {"cudnn_tune": "slowly"}, {"cudnn_off": "perhaps"}):
        with pytest.raises(mx.MXNetError, match=next(iter(wrong))):
            nd.Convolution(image, weight, kernel=(1, 1), num_filter=1, no_bias=True, **wrong)
    assert nd.power(base=nd.array([2.0]), exp=3).asscalar() == 8
    assert nd.contrib.arange_like(nd.zeros((2, 3)), 1.0, 2.0, 1, "", 1).asnumpy().tolist() == [1, 3, 5]


def test_older_places_of_names():
    assert nd.ndarray.zeros is nd.zeros and nd.ndarray.add is nd.add
    assert mx.autograd.string_types is mx.init.string_types is mx.base.string_types
    assert mx.lr_scheduler.pi == np.pi
