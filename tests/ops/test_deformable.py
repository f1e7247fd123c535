"""What the samples of deformable convolution are too small, or too exact, to show."""
import numpy as np
import pytest

import cupynet as mx
from cupynet.ops.vision import deformable

_V1, _V2 = mx.nd.contrib.DeformableConvolution, mx.nd.contrib.ModulatedDeformableConvolution


def _arrays(dtype="float32", images=3, ctx=None):
    draw = np.random.RandomState(1)
    shapes = (images, 4, 7, 6), (images, 2 * 18, 7, 6), (images, 2 * 9, 7, 6), (6, 2, 3, 3), (6,)
    return [mx.nd.array(draw.uniform(-1, 1, shape), ctx, dtype) for shape in shapes]


def _run(arrays):
    for x in arrays:
        x.attach_grad()
    with mx.autograd.record():
        out = _V2(*arrays, kernel=(3, 3), pad=(1, 1), num_filter=6, num_group=2, num_deformable_group=2)
        loss = (out * out).sum()
    loss.backward()
    return [x.asnumpy() for x in (out, *(x.grad for x in arrays))]


@pytest.mark.parametrize("few", [1, 12, 20, 100])
def test_blocks_of_rows_and_images_make_no_difference(monkeypatch, ctx, few):
    expected = _run(_arrays(images=5, ctx=ctx))
    for name, value in (("_BLOCK", 1), ("_FEW_POSITIONS", few), ("_GPU_BLOCK", few * 36)):
        monkeypatch.setattr(deformable, name, value)
    for found, each in zip(_run(_arrays(images=5, ctx=ctx)), expected):
        np.testing.assert_allclose(found, each, 1e-4, 1e-4)


def test_half_precision_is_computed_in_single_precision(ctx):
    half = _arrays("float16", ctx=ctx)
    found, expected = _run(half), _run([x.astype("float32") for x in half])
    for x, each in zip(found, expected):
        assert x.dtype == np.float16
        np.testing.assert_allclose(x, each, 2e-2, 2e-2)


def test_without_offsets_and_with_a_full_mask_it_is_a_convolution(ctx):
    data, offset, mask, weight, bias = _arrays(ctx=ctx)
    attrs = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 6, "num_group": 2}
    plain = mx.nd.Convolution(data, weight, bias, **attrs).asnumpy()
    attrs["num_deformable_group"] = 2
    np.testing.assert_allclose(_V1(data, offset * 0, weight, bias, **attrs).asnumpy(), plain, 1e-4, 1e-5)
    np.testing.assert_allclose(_V2(data, offset * 0, mask * 0 + 1, weight, bias, **attrs).asnumpy(), plain, 1e-4, 1e-5)


def test_points_that_are_nowhere_read_zero(ctx):
    data, offset, mask, weight, bias = _arrays(ctx=ctx)
    for value in (np.nan, np.inf, -np.inf, 1e38):
        nowhere = mx.nd.full(offset.shape, value, ctx=ctx)
        attrs = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 6, "num_group": 2, "num_deformable_group": 2}
        for out in (_V1(data, nowhere, weight, bias, **attrs), _V2(data, nowhere, mask, weight, bias, **attrs)):
            np.testing.assert_array_equal(out.asnumpy(), np.broadcast_to(bias.asnumpy()[:, None, None], out.shape))


def test_shapes_follow_from_the_data():
    attrs = {"kernel": (3, 2), "stride": (2, 1), "num_filter": 4, "num_group": 2, "num_deformable_group": 4}
    symbol = mx.sym.contrib.ModulatedDeformableConvolution(mx.sym.Variable("data"), name="c", **attrs)
    assert symbol.list_arguments() == ["data", "c_offset", "c_mask", "c_weight", "c_bias"]
    shapes, outs, _ = symbol.infer_shape(data=(2, 8, 7, 6))
    assert shapes == [(2, 8, 7, 6), (2, 48, 3, 5), (2, 24, 3, 5), (4, 4, 3, 2), (4,)]
    assert outs == [(2, 4, 3, 5)]


@pytest.mark.parametrize("attrs, words", [
    ({"kernel": (3,)}, "kernel"), ({"kernel": (3, 3, 3)}, "kernel"), ({"kernel": (9, 3)}, "larger than data"),
    ({"layout": "NCW"}, "layout"), ({"num_group": 3}, "num_filter is 4"), ({"num_deformable_group": 3}, "channels"),
    ({"stride": (1,)}, "stride"), ({"num_deformable_group": 2}, "offset has shape"), ({"pad": (1, 1)}, "offset"),
])
def test_mistakes_are_named(attrs, words):
    data, offset, weight = mx.nd.zeros((2, 4, 7, 6)), mx.nd.zeros((2, 18, 5, 4)), mx.nd.zeros((4, 4, 3, 3))
    with pytest.raises(mx.base.MXNetError, match=words):
        _V1(data, offset, weight, **{"kernel": (3, 3), "num_filter": 4, "no_bias": True, **attrs})
