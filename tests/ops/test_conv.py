"""Convolution: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

from cupynet import device
from cupynet.base import MXNetValueError
from cupynet.device import parallel
from cupynet.ops import catalog
from cupynet.ops.gradient import RawFunctions
from cupynet.ops.infer import infer_shapes
from cupynet.ops.nn import windows

F = RawFunctions(device.get("cpu", 0))
CASES = [  # data, weight, attributes: with and without strides, groups, padding, pointwise
    ((5, 4, 9, 8), (6, 4, 3, 3), {"pad": (1, 1)}),
    ((5, 4, 9, 8), (6, 2, 3, 2), {"stride": (2, 1), "num_group": 2, "dilate": (1, 2)}),
    ((5, 4, 9, 8), (6, 4, 1, 1), {}),
    ((5, 4, 9, 8), (4, 1, 3, 3), {"num_group": 4, "pad": (1, 1)}),
    ((5, 4, 9), (3, 4, 4), {"stride": (3,), "pad": (2,)}),
    ((2, 2, 4, 5, 6), (3, 2, 2, 2, 3), {"pad": (0, 1, 1)}),
]
EACH = pytest.mark.parametrize("size, weight, attrs", CASES)


def infer(name, ins, out=None, **attrs):
    op, ins, outs = catalog.get(name), list(ins), [out]
    infer_shapes(op, op.parse(attrs), ins, outs, "conv1")
    return ins, outs[0]


def convolve(data, weight, **attrs):
    return F.Convolution(data, weight, kernel=weight.shape[2:], num_filter=len(weight), no_bias=True, **attrs)


def three(size, weight, attrs):
    """The outputs, and both gradients for a head gradient."""
    x, w = rand(*size), rand(*weight, seed=1)
    out = convolve(x, w, **attrs)
    head = rand(*out.shape, seed=2)
    attrs = {"kernel": weight[2:], **attrs}
    return (out, F._convolution_data_grad(head, w, size=size[2:], **attrs),
            F._convolution_weight_grad(x, head, **attrs))


@EACH
def test_the_way_the_work_is_cut_up_does_not_show(size, weight, attrs, monkeypatch):
    expected = three(size, weight, attrs)
    for constants in ({"_CACHED": 1, "_FEW_POSITIONS": 1}, {"_FEW_POSITIONS": 1 << 20},
                      {"_BLOCK": 200, "_FEW_POSITIONS": 1}, {"_BLOCK": 1}):
        with monkeypatch.context() as patch:
            for name, value in constants.items():
                patch.setattr(windows, name, value)
            patch.setattr(parallel, "WORTHWHILE", 1)
            for found, right in zip(three(size, weight, attrs), expected):
                np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)


@EACH
def test_half_precision_is_accumulated_in_single(size, weight, attrs):
    x, w = rand(*size, dtype="float16"), rand(*weight, seed=1, dtype="float16")
    found = convolve(x, w, **attrs)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, convolve(x.astype("f4"), w.astype("f4"), **attrs).astype("f2"))


@EACH
def test_results_go_into_a_given_buffer(size, weight, attrs):
    x, w = rand(*size), rand(*weight, seed=1)
    out, data_grad, weight_grad = three(size, weight, attrs)
    head = rand(*out.shape, seed=2)
    more = {"kernel": weight[2:], **attrs}
    for name, ins, given, expected in (
            ("Convolution", (x, w), {"num_filter": weight[0], "no_bias": True}, out),
            ("_convolution_data_grad", (head, w), {"size": size[2:]}, data_grad),
            ("_convolution_weight_grad", (x, head), {}, weight_grad)):
        op, buffer = catalog.get(name), np.full_like(expected, np.nan)
        assert op.run(np, "cpu", ins, op.parse({**more, **given}), out=buffer)[0] is buffer
        np.testing.assert_array_equal(buffer, expected)


def test_channels_last_is_channels_first_moved():
    x, w, bias = rand(2, 5, 6, 4), rand(6, 3, 3, 2), rand(6)
    attrs = {"kernel": (3, 3), "num_filter": 6, "num_group": 2, "stride": (2, 1)}
    found = F.Convolution(x, w, bias, layout="NHWC", **attrs)
    expected = F.Convolution(np.moveaxis(x, -1, 1), np.moveaxis(w, -1, 1), bias, **attrs)
    np.testing.assert_allclose(found, np.moveaxis(expected, 1, -1), rtol=1e-5)
    assert infer("Convolution", [(2, 5, 6, 4), None, None], layout="NHWC", **attrs) == (
        [(2, 5, 6, 4), (6, 3, 3, 2), (6,)], found.shape)


def test_deconvolution_transposes_convolution():
    """<conv(x), y> is <x, deconv(y)>."""
    x, w = rand(2, 3, 7, 8), rand(4, 3, 3, 2, seed=1)
    attrs = {"kernel": (3, 2), "stride": (2, 3), "pad": (1, 0)}
    out = F.Convolution(x, w, num_filter=4, no_bias=True, **attrs)
    y = rand(*out.shape, seed=3)
    back = F.Deconvolution(y, w, num_filter=3, target_shape=(), adj=(0, 0), **attrs)
    np.testing.assert_allclose((out * y).sum(), (x[:, :, :back.shape[2], :back.shape[3]] * back).sum(), rtol=1e-4)


@pytest.mark.parametrize("batch", [0, 1])
def test_small_batches(batch):
    out, data_grad, weight_grad = three((batch, 3, 6, 6), (4, 3, 3, 3), {"pad": (1, 1)})
    assert out.shape == (batch, 4, 6, 6) and data_grad.shape == (batch, 3, 6, 6)
    assert weight_grad.shape == (4, 3, 3, 3) and (batch or not weight_grad.any())


def test_the_same_bits_in_every_run():
    first = three((32, 16, 14, 14), (32, 16, 3, 3), {"pad": (1, 1)})
    for _ in range(3):
        for found, right in zip(three((32, 16, 14, 14), (32, 16, 3, 3), {"pad": (1, 1)}), first):
            np.testing.assert_array_equal(found, right)


def test_shapes_follow_from_each_other():
    attrs = {"kernel": (3, 3), "num_filter": 8}
    assert infer("Convolution", [(2, 3, 9, 9), None, None], **attrs) == (
        [(2, 3, 9, 9), (8, 3, 3, 3), (8,)], (2, 8, 7, 7))
    assert infer("Convolution", [(None, 3, None, 9), None, None], **attrs)[1] == (None, 8, None, 7)
    ins, _ = infer("Convolution", [(None,) * 4, (8, 3, 3, 3), None], (2, 8, 7, 7), **attrs)
    assert ins[0] == (2, 3, 9, 9)
    assert infer("Deconvolution", [(2, 3, 5, 5), None], stride=(2, 2), **attrs) == (
        [(2, 3, 5, 5), (3, 8, 3, 3)], (2, 8, 11, 11))
    assert infer("Deconvolution", [(2, 3, 5, 5), None], stride=(2, 2), target_shape=(10, 10), **attrs)[1] == (
        2, 8, 10, 10)


@pytest.mark.parametrize("name, shape, attrs, words", [
    ("Convolution", (2, 3, 5, 5), {"kernel": (7, 7)}, r"kernel \(7, 7\).* is larger than data"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "dilate": (3, 3)}, "dilated by"),
    ("Convolution", (2, 3, 5), {"kernel": (3, 3)}, r"data has shape \(2, 3, 5\); .*expects 4 axes"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "num_group": 2}, "number of channels is 3"),
    ("Convolution", (2, 4, 5, 5), {"kernel": (3, 3), "num_group": 4, "num_filter": 6}, "num_filter is 6"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "stride": (2,)}, r"stride is \(2,\)"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "stride": (0, 1)}, r"stride is \(0, 1\)"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "pad": (-1, 1)}, r"pad is \(-1, 1\)"),
    ("Convolution", (2, 3, 5, 5, 5, 5), {"kernel": (1, 1, 1, 1)}, "one, two or three lengths"),
    ("Convolution", (2, 3, 5, 5), {"kernel": (3, 3), "layout": "NWHC"}, "layout is 'NWHC'"),
    ("Deconvolution", (2, 3, 5, 5), {"kernel": (3, 3), "adj": (1, 1)}, "adj is"),
    ("Deconvolution", (2, 3, 5, 5), {"kernel": (3, 3), "target_shape": (9, 9)}, "target_shape is"),
    ("Deconvolution", (2, 3, 1, 1), {"kernel": (3, 3), "pad": (2, 2)}, "leaves nothing"),
    ("Deconvolution", (2, 3, 5, 5), {"kernel": (3, 3), "num_group": 2}, "number of channels is 3"),
])
def test_mistakes_are_named(name, shape, attrs, words):
    attrs = {"num_filter": 8, **attrs}
    with pytest.raises(MXNetValueError, match=f"^{name}.*{words}"):
        infer(name, [shape, None, None][:3 if name == "Convolution" else 2], **attrs)


def test_columns_that_do_not_fit():
    with pytest.raises(MXNetValueError, match="col2im.*multiple of 9"):
        infer("col2im", [(1, 10, 16)], output_size=(6, 6), kernel=(3, 3))
    with pytest.raises(MXNetValueError, match="data.*expected"):
        infer("col2im", [(1, 9, 15)], output_size=(6, 6), kernel=(3, 3))
