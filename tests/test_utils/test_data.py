"""Matrices, sparse data, an iterator that repeats itself, texts of differences, hybridized blocks."""
from types import SimpleNamespace

import numpy as np
import pytest

import cupynet as mx
from cupynet import test_utils as tu

sparse = pytest.importorskip("scipy.sparse")


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


def test_identity():
    assert tu.get_identity_mat(3).asnumpy().tolist() == np.eye(3).tolist()
    batch = tu.get_identity_mat_batch(2)
    assert batch.shape == (2, 2, 2) and batch.asnumpy()[1].tolist() == np.eye(2).tolist() and batch.dtype == np.float32


@pytest.mark.parametrize("n", [1, 2, 5])
def test_matrices_of_known_kinds(n):
    for _ in range(10):
        q = tu.new_orthonormal_matrix_2d(n)
        np.testing.assert_allclose(q @ q.T, np.eye(n), atol=1e-12)
        values = np.linalg.eigvals(tu.new_matrix_with_real_eigvals_2d(n))
        assert np.abs(values.imag).max() < 1e-6 and np.abs(values).max() < 10.001
        symmetric = tu.new_sym_matrix_with_real_eigvals_2d(n)
        np.testing.assert_allclose(symmetric, symmetric.T, atol=1e-12)
        assert np.abs(np.linalg.eigvalsh(symmetric)).max() < 10
    stacked = tu.new_matrix_with_real_eigvals_nd((2, 3, n, n))
    assert stacked.shape == (2, 3, n, n) and (n == 1 or np.abs(np.linalg.eigvals(stacked).imag).max() < 1e-6)
    stacked = tu.new_sym_matrix_with_real_eigvals_nd((2, n, n))
    np.testing.assert_allclose(stacked, stacked.swapaxes(1, 2), atol=1e-12)


def stored_by_scipy(array, stype):
    """What NDArray.tostype will make: the parts of a sparse array, as NDArrays."""
    dense = array.asnumpy()
    if stype == "csr":
        parts = sparse.csr_matrix(dense)
        return SimpleNamespace(dense=dense, indptr=parts.indptr, indices=parts.indices, data=parts.data)
    rows = np.flatnonzero(dense.any(axis=tuple(range(1, dense.ndim))))
    return SimpleNamespace(dense=dense, indices=mx.nd.array(rows), data=mx.nd.array(dense[rows]))


@pytest.fixture
def stored(monkeypatch):
    monkeypatch.setattr(mx.nd.NDArray, "tostype", stored_by_scipy)


def test_random_sparse_arrays(stored):
    made, (indptr, indices, data) = tu.rand_sparse_ndarray((40, 50), "csr", density=0.3)
    assert 400 < len(data) < 800 and len(indptr) == 41 and len(indices) == len(data) == (made.dense != 0).sum()
    made, (data, rows) = tu.rand_sparse_ndarray((40, 3, 2), "row_sparse", density=0.5)
    assert 8 < len(rows) < 32 and data.shape == (len(rows), 3, 2)
    assert tu.create_sparse_array((4, 5), "row_sparse", data_init=2, rsp_indices=[1, 3]).dense.tolist() == [
        [0] * 5, [2] * 5, [0] * 5, [2] * 5]
    assert not tu.create_sparse_array_zd((4, 5), "row_sparse", 0).dense.any()
    made = tu.rand_ndarray((4, 9), "csr", density=1, dtype="float64", modifier_func=lambda x: -1)
    assert made.dense.tolist() == np.full((4, 9), -1).tolist() and made.dense.dtype == np.float64
    made, _ = tu.rand_sparse_ndarray((4, 8), "csr", density=0.5, distribution="powerlaw")
    assert (made.dense != 0).sum(axis=1).tolist() == [1, 2, 4, 8]
    made, (indptr, indices, data) = tu.rand_sparse_ndarray((3, 30), "csr", density=1, shuffle_csr_indices=True)
    assert sorted(indices[:30]) == list(range(30)) != indices[:30].tolist()
    assert sparse.csr_matrix((data, indices, indptr)).toarray().tolist() == made.dense.tolist()


@pytest.mark.parametrize("args, kwargs, error, words", [
    (((2, 3), "default"), {}, TypeError, "unknown storage type 'default'"),
    (((2, 3, 4), "csr"), {}, TypeError, "unknown storage type 'csr'"),
    (((2, 3), "csr"), {"density": 2}, ValueError, "density is 2"),
    (((2, 3), "row_sparse"), {"distribution": "powerlaw"}, ValueError, "powerlaw not supported for row_sparse")])
def test_random_sparse_arrays_refuse(args, kwargs, error, words):
    with pytest.raises(error, match=words):
        tu.rand_sparse_ndarray(*args, **kwargs)
    with pytest.raises(ValueError, match="there is no row 7"):
        tu.create_sparse_array((2, 3), "row_sparse", rsp_indices=[7])


def test_texts_of_differences():
    a, b = np.full((2, 3), 1e9), mx.nd.zeros((2, 3))
    assert tu.locationError(a, b.asnumpy(), (0, 1), ("a", "b")) == \
        "Location of error: (0, 1), a=1000000000.00000000, b=0.00000000"
    assert tu.locationError(a, a, (1, 2), "xy", maxError=True).startswith("Location of maximum error: (1, 2), x=")
    tu.checkShapes(a, b)
    with pytest.raises(AssertionError, match=r"a.shape = \(2, 3\) and b.shape = \(3,\) are not equal"):
        tu.checkShapes(a, np.ones(3))


def test_dummy_iter():
    real = mx.io.NDArrayIter(np.arange(6), np.arange(6), 2)
    dummy = tu.DummyIter(real)
    assert [next(dummy).data[0].asnumpy().tolist() for _ in range(5)] == [[0, 1]] * 5
    assert dummy.the_batch.label[0].asnumpy().tolist() == [0, 1] and dummy.provide_data == real.provide_data
    assert next(real).data[0].asnumpy().tolist() == [2, 3]


class Parameter:
    grad_req = "write"

    def __init__(self):
        self.value = mx.nd.random.normal(shape=(2,))
        self.value.attach_grad()

    def data(self):
        return self.value

    def grad(self):
        return self.value.grad

    def set_data(self, value):
        self.value[:] = value


class Net:
    """Enough of a Gluon block: x * weight, or something else when hybridized."""

    broken = None

    def __init__(self, prefix):
        self.prefix, self.hybrid, self.weight = prefix, False, None

    def initialize(self):
        self.weight = Parameter()

    def collect_params(self):
        return {self.prefix + "weight": self.weight}

    def hybridize(self):
        self.hybrid = True

    def __call__(self, x):
        out = x * self.weight.data()
        if self.hybrid and self.broken == "out":
            return out + 1
        return mx.nd.BlockGrad(out) + x * 0 if self.hybrid and self.broken == "gradient" else out


@pytest.mark.parametrize("test_grad", [False, True])
@pytest.mark.parametrize("broken", [None, "out", "gradient"])
def test_hybridized_blocks(monkeypatch, broken, test_grad):
    monkeypatch.setattr(Net, "broken", broken)
    x = mx.nd.random.normal(shape=(3, 2))
    if broken is None or (broken == "gradient" and not test_grad):
        tu.check_gluon_hybridize_consistency(Net, [x], test_grad=test_grad)
    else:
        with pytest.raises(AssertionError, match="out when hybridized" if broken == "out" else "gradient of input 0"):
            tu.check_gluon_hybridize_consistency(Net, [x], test_grad=test_grad)
    with pytest.raises(AssertionError, match="expected"):
        tu.check_gluon_hybridize_consistency(Net, [x], numpy_func=lambda x: x + 100, test_grad=test_grad)
