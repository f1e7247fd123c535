"""Layers on codes of 8 bits: what the codes stand for; the samples and random calls check the rest against MXNet."""
import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet import nd

INPUT, WEIGHT = samples.rand(4, 3, 6, 5), samples.rand(8, 3, 3, 2, seed=1)
BIAS = samples.rand(8, seed=2, low=-3, high=3)


def quantized(values, ctx, kind):
    """Codes and the ends of their range."""
    return nd.contrib.quantize_v2(nd.array(values, ctx), out_type=kind)


def inputs(ctx, kind, *parts):
    """Data of `kind` and other codes of int8, and the ends of the ranges in the order of layers."""
    found = [quantized(part, ctx, "int8" if i else kind) for i, part in enumerate(parts)]
    return [codes for codes, _, _ in found] + [end for _, *ends in found for end in ends]


def numbers(layer, low, high):
    """What the int32 codes of a layer stand for."""
    return layer.asnumpy() * (np.float64(high.asscalar()) / (2 ** 31 - 1))


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layer, attrs", [("conv", {"kernel": (3, 2), "num_filter": 8}),
                                          ("fully_connected", {"num_hidden": 8})])
def test_layers_are_near_those_of_numbers(ctx, kind, bias, layer, attrs):
    data = np.abs(INPUT) if kind == "uint8" else INPUT
    weight = WEIGHT if layer == "conv" else samples.rand(8, 90)
    parts = [data, weight, BIAS][:2 + bias]
    whole = getattr(nd.contrib, f"quantized_{layer}")(*inputs(ctx, kind, *parts), no_bias=not bias, **attrs)
    assert [x.dtype for x in whole] == [np.int32, np.float32, np.float32]
    plain = getattr(nd, "Convolution" if layer == "conv" else "FullyConnected")(
        *(nd.array(part, ctx) for part in parts), no_bias=not bias, **attrs).asnumpy()
    assert np.abs(numbers(*whole) - plain).max() < 0.02 * np.abs(plain).max()
    back = nd.contrib.dequantize(*nd.contrib.requantize(*whole)).asnumpy()
    assert np.abs(back - plain).max() < 0.03 * np.abs(plain).max()


@pytest.mark.parametrize("layout, order", [("NHWC", (0, 2, 3, 1)), ("NDHWC", (0, 2, 3, 4, 1))])
def test_channels_may_come_last(ctx, layout, order):
    rank = len(order) - 2
    data, weight = (samples.rand(*shape, *(3,) * rank) for shape in ((2, 4), (5, 4)))
    attrs = {"kernel": (3,) * rank, "num_filter": 5, "pad": (1,) * rank}
    first = nd.contrib.quantized_conv(*inputs(ctx, "int8", data, weight, BIAS[:5]), **attrs)[0].asnumpy()
    last = nd.contrib.quantized_conv(*inputs(ctx, "int8", data.transpose(order), weight.transpose(order), BIAS[:5]),
                                     layout=layout, **attrs)[0].asnumpy()
    assert (last == first.transpose(order)).all()


def test_a_recurrent_network_of_codes_is_that_of_the_numbers(ctx):
    data = nd.array(samples.rand(5, 2, 4), ctx)
    rest = [nd.array(samples.rand(*shape), ctx) for shape in ((4 * 3 * 7 + 24,), (1, 2, 3), (1, 2, 3))]
    attrs = {"state_size": 3, "num_layers": 1, "mode": "lstm", "state_outputs": True}
    codes, scale, shift = nd.contrib.quantize_asym(data)
    found = nd.contrib.quantized_rnn(codes, *rest, scale, shift, **attrs)
    for one, other in zip(found, nd.RNN(data, *rest, **attrs), strict=True):
        np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), atol=0.01)
    with pytest.raises(mx.MXNetError, match="only supports LSTM"):
        nd.contrib.quantized_rnn(codes, *rest, scale, shift, **{**attrs, "mode": "gru"})


def test_a_chain_of_layers_binds_and_is_saved(ctx):
    data, weight = mx.sym.var("data"), mx.sym.var("weight")
    codes = mx.sym.contrib.quantize_v2(data, min_calib_range=-1.0, max_calib_range=1.0, name="q")
    table = mx.sym.contrib.quantize_v2(weight, name="w")
    layer = mx.sym.contrib.quantized_fully_connected(codes[0], table[0], None, codes[1], codes[2], table[1], table[2],
                                                     num_hidden=3, no_bias=True, name="fc")
    active = mx.sym.contrib.quantized_act(*mx.sym.contrib.requantize(*layer, name="r"), act_type="relu", name="a")
    output = mx.sym.contrib.dequantize(*active, name="d")
    assert layer.list_outputs() == ["fc_output", "fc_min_output", "fc_max_output"]
    assert codes.list_outputs() == ["q_output0", "q_output1", "q_output2"]
    x, w = samples.rand(2, 4), samples.rand(3, 4, seed=1)
    for symbol in (output, mx.sym.load_json(output.tojson())):
        executor = symbol.simple_bind(ctx, grad_req="null", data=(2, 4), weight=(3, 4))
        found = executor.forward(data=nd.array(x, ctx), weight=nd.array(w, ctx))[0].asnumpy()
        np.testing.assert_allclose(found, np.maximum(x @ w.T, 0), atol=0.05)
    assert layer.infer_type(data="float32", weight="float32")[1] == [np.int32, np.float32, np.float32]


def test_joined_codes_bring_their_ranges():
    x, y = mx.sym.var("x"), mx.sym.var("y")
    joined = mx.sym.contrib.quantized_concat(x, y, num_args=2, name="c")
    assert joined.list_arguments() == ["x", "y", "c_arg0_min", "c_arg0_max", "c_arg1_min", "c_arg1_max"]
    assert joined.infer_shape(x=(2, 3), y=(2, 4))[:2] == ([(2, 3), (2, 4), (1,), (1,), (1,), (1,)],
                                                          [(2, 7), (1,), (1,)])
    codes = nd.zeros((1, 2), dtype="int8")
    with pytest.raises(mx.MXNetError, match="takes 18 inputs.*got 6"):
        nd.contrib.quantized_concat(codes, codes, *[nd.ones(1)] * 4)  # which is num_args=6
    with pytest.raises(mx.MXNetError, match=r"arg1 has shape \(1, 2\), which does not fit \(2, 2\)"):
        nd.contrib.quantized_concat(nd.zeros((2, 2), dtype="int8"), codes, *[nd.ones(1)] * 4, num_args=2)


@pytest.mark.parametrize("call, message", [
    (lambda: nd.contrib.quantize_v2(nd.zeros(3, dtype="float64")), "data has dtype float64; expected int8 or uint8"),
    (lambda: nd.contrib.dequantize(nd.zeros(3, dtype="float64"), nd.ones(1), nd.ones(1)), "data has dtype float64"),
    (lambda: nd.contrib.requantize(nd.zeros(3, dtype="int8"), nd.ones(1), nd.ones(1)), "data has dtype int8"),
    (lambda: nd.contrib.quantize(nd.zeros(3), nd.ones(2), nd.ones(1)), r"min_range has shape \(2,\)"),
    (lambda: nd.contrib.quantized_act(nd.zeros(3, dtype="int8"), nd.ones(1), nd.ones(1), act_type="tanh"),
     "only supports act_type=relu"),
    (lambda: nd.contrib.quantized_pooling(nd.zeros((1, 1, 2, 2), dtype="int8"), nd.ones(1), nd.ones(1), kernel=(2, 2),
                                          pool_type="sum"), "only supports pool_type=max/avg"),
    (lambda: nd.contrib.quantized_batch_norm(nd.zeros((1, 1, 2), dtype="int8"), *[nd.ones(1)] * 6), "calib_mode=None"),
    (lambda: nd.contrib.calibrate_entropy(nd.ones(3), nd.ones(4)), "num_quantized_bins is 255; expected 1 to 3"),
    (lambda: nd.contrib.calibrate_entropy(nd.ones(3), nd.ones(3), num_quantized_bins=1),
     r"hist_edges has shape \(3,\); expected 3 \+ 1 elements"),
    (lambda: nd.contrib.quantized_embedding(nd.zeros(2), nd.zeros((2, 2), dtype="int8"), nd.ones(1), nd.ones(1),
                                            input_dim=0, output_dim=2), "expected positive numbers"),
])
def test_mistakes_are_named(call, message):
    with pytest.raises(mx.MXNetError, match=message):
        call()


def test_the_threshold_leaves_out_what_is_rare(ctx):
    values = np.append(np.random.RandomState(0).standard_normal(20000), 30).astype("float32")
    counts, edges = np.histogram(values, 201, (-30, 30))
    threshold, lost = nd.contrib.calibrate_entropy(nd.array(counts, ctx), nd.array(edges, ctx), num_quantized_bins=25)
    assert 2 < threshold.asscalar() < 8 and lost.asscalar() < 0.2
