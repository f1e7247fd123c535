"""Transforms, point processes, storage types: what the samples do not say."""
import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet import nd


def test_the_inverse_transform_is_not_divided(ctx):
    x = samples.rand(3, 8)
    back = nd.contrib.ifft(nd.contrib.fft(nd.array(x, ctx))).asnumpy()
    np.testing.assert_allclose(back / 8, x, atol=1e-6)
    with pytest.raises(mx.MXNetError, match=r"data has shape \(3, 5\); expected real and imaginary parts in turns"):
        nd.contrib.ifft(nd.ones((3, 5)))
    assert mx.sym.contrib.ifft(mx.sym.contrib.fft(mx.sym.var("x"))).infer_shape(x=(2, 5))[1] == [(2, 5)]


def test_a_sketch_keeps_products_on_average(ctx):
    random = np.random.RandomState(0)
    x, y = random.standard_normal((2, 1, 20)).astype("float32")
    products = []
    for _ in range(200):
        h, s = random.randint(0, 16, (1, 20)), random.choice([-1.0, 1.0], (1, 20))
        one, other = (nd.contrib.count_sketch(nd.array(z, ctx), nd.array(h, ctx), nd.array(s, ctx), out_dim=16)
                      for z in (x, y))
        products.append((one * other).sum().asscalar())
    assert abs(np.mean(products) - (x * y).sum()) < 0.2 * np.linalg.norm(x) * np.linalg.norm(y)


def test_a_process_without_influence_is_one_of_poisson(ctx):
    rate, lags = np.array([[0.5, 2.0]]), samples.rand(1, 4, low=0.1)
    zeros, marks = nd.zeros(2, ctx), nd.array([[0, 1, 1, 0]], ctx, "int32")
    found, state = nd.contrib.hawkesll(nd.array(rate, ctx), zeros, zeros + 1, nd.zeros((1, 2), ctx),
                                       nd.array(lags, ctx), marks, nd.array([3], ctx), nd.array([5], ctx))
    np.testing.assert_allclose(found.asscalar(), np.log([0.5, 2, 2]).sum() - 5 * 2.5, 1e-5)
    assert state.shape == (1, 2) and (state.asnumpy() > 0).all()


def test_other_storage_types_are_refused(ctx):
    x = nd.ones((2, 2), ctx)
    assert (nd.cast_storage(x, "default") == x).asnumpy().all()
    for refused in (lambda: nd.cast_storage(x, "csr"), lambda: nd.empty((2, 2), stype="row_sparse"),
                    lambda: nd.contrib.getnnz(x), lambda: nd.contrib.edge_id(x, x, x),
                    lambda: nd.contrib.dgl_adjacency(x),
                    lambda: mx.sym.contrib.dgl_subgraph(mx.sym.var("x"), num_args=1, return_mapping=True)):
        with pytest.raises(mx.MXNetError, match="dense"):
            refused()
    assert mx.sym.cast_storage(mx.sym.var("x"), "csr").attr("stype") == "csr"  # as a file may have it


def test_gradients_that_are_operators():
    x, head = nd.array([1, 2, 3]), nd.array([1, 0.5, 2])
    x.attach_grad()
    with mx.autograd.record():
        y = nd.contrib.quadratic(x, a=2, b=3, c=1)
    y.backward(head)
    assert (nd.contrib.backward_quadratic(head, x, a=2, b=3) == x.grad).asnumpy().all()
    assert nd.contrib.backward_gradientmultiplier(head, scalar=-2).asnumpy().tolist() == [-2, -1, -4]
    for name in ("backward_quadratic", "backward_hawkesll", "backward_index_copy"):
        with pytest.raises(mx.MXNetError):
            getattr(nd.contrib, name)()
