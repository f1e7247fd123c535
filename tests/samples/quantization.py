"""Samples of the family "quantization"."""
import numpy as np

from . import Sample, ints, rand


def end(value):
    return np.array([value], "float32")


def codes(*shape, dtype="int8", seed=0):
    low, high = {"int8": (-128, 128), "uint8": (0, 256), "int32": (-100000, 100000)}[dtype]
    return ints(*shape, low=low, high=high, dtype=dtype, seed=seed)


ENDS = [end(-1.5), end(0.75)]
OTHER = [end(-0.5), end(2)]
BIAS = [end(-0.25), end(0.125)]
CALIBRATED = {"min_calib_range": -1.0, "max_calib_range": 0.5}
_X = rand(3, 4, low=-2, high=2)
_NONE = {"oracle": False, "why": "MXNet has no answer, see the docstring"}


def _scaled(sums, data, bias=None):
    """Sums of products with the bias in their steps, and the ends of their range."""
    if bias is not None:
        step = 1.5 / {"int8": 127.5, "uint8": 255.5}[data.dtype.name] * 2 / 127.5
        sums = sums + np.trunc(bias * (0.25 / 127.5) / step)
    r = 1.5 / {"int8": 127, "uint8": 255}[data.dtype.name] * 2 / 127 * (2 ** 31 - 1)
    return sums, -end(r), end(r)


def _conv(data, weight, bias=None):
    sums = np.einsum("nchw,fc->nfhw", data.astype(int), weight[:, :, 0, 0].astype(int))
    return _scaled(sums, data, None if bias is None else bias[:, None, None])


def _product(lhs, rhs, *ends):
    return lhs.astype(int) * rhs * (1.5 / 127.5) * (2 / 127.5)


SAMPLES = [
    *(Sample("_contrib_quantize", [_X, *ENDS], attrs) for attrs in ({}, {"out_type": "int8"}, {"out_type": "uint8"})),
    *(Sample("_contrib_quantize_v2", [_X], attrs) for attrs in (
        {}, {"out_type": "uint8"}, {"out_type": "auto"}, {"out_type": "int8", **CALIBRATED},
        {"out_type": "auto", **CALIBRATED}, {"out_type": "auto", "min_calib_range": 0.0, "max_calib_range": 1.5})),
    Sample("_contrib_quantize_v2", [np.array([np.nan, np.inf, -np.inf, 1, -0.5, 0], "float32")], CALIBRATED),
    Sample("_contrib_quantize_v2", [np.array([0.5, 1.5, 2.5, -0.5, -1.5, 127.4, 300], "float32")],
           {"min_calib_range": 0.0, "max_calib_range": 127.5}),
    Sample("_contrib_quantize_v2", [np.zeros(3, "float32")]),
    Sample("_contrib_quantize_v2", [codes(2, 3)]),
    Sample("_contrib_quantize_v2", [codes(2, 3, dtype="uint8")], {"out_type": "uint8"}),
    Sample("_contrib_quantize_asym", [rand(2, 3, 8)]), Sample("_contrib_quantize_asym", [rand(2, 3, 8)], CALIBRATED),
    Sample("_contrib_quantize_asym", [np.array([-1, 0, 1, 4], "float32")],
           reference=lambda x: (np.array([0, 51, 102, 255]), end(51), end(51)), oracle=False),
    *(Sample("_contrib_dequantize", [codes(3, 4, dtype=dtype), *ENDS]) for dtype in ("int8", "uint8")),
    *(Sample("_contrib_requantize", [codes(3, 4, dtype="int32"), end(-30000), end(20000)], attrs) for attrs in (
        {}, {"out_type": "uint8"}, {"out_type": "auto"}, CALIBRATED,
        {"out_type": "auto", "min_calib_range": 0.0, "max_calib_range": 1.5})),
    *(Sample("_contrib_quantized_fully_connected",
             [codes(2, 5, dtype=dtype), codes(3, 5, seed=1), codes(3, seed=2), *ENDS, *OTHER, *BIAS],
             {"num_hidden": 3}) for dtype in ("int8", "uint8")),
    Sample("_contrib_quantized_fully_connected", [codes(2, 3, 4), codes(3, 12), *ENDS, *OTHER],
           {"num_hidden": 3, "no_bias": True}),
    Sample("_contrib_quantized_fully_connected", [codes(2, 3, 4), codes(3, 4), *ENDS, *OTHER],
           {"num_hidden": 3, "no_bias": True, "flatten": False}),
    *(Sample("_contrib_quantized_conv", [codes(2, 3, 4, 4, dtype=dtype), codes(4, 3, 1, 1), *ENDS, *OTHER],
             {"num_filter": 4, "kernel": (1, 1), "no_bias": True}, oracle=False,
             reference=lambda x, w, *_: _conv(x, w)) for dtype in ("int8", "uint8")),
    Sample("_contrib_quantized_conv", [codes(2, 3, 4, 4), codes(4, 3, 1, 1), codes(4), *ENDS, *OTHER, *BIAS],
           {"num_filter": 4, "kernel": (1, 1)}, oracle=False, reference=lambda x, w, b, *_: _conv(x, w, b)),
    Sample("_contrib_quantized_conv", [codes(2, 4, 5, 4), codes(4, 2, 3, 2), codes(4), *ENDS, *OTHER, *BIAS],
           {"num_filter": 4, "kernel": (3, 2), "stride": (2, 1), "pad": (1, 1), "num_group": 2}, **_NONE),
    *(Sample("_contrib_quantized_pooling", [codes(2, 3, 5, 4, dtype=dtype), *ENDS],
             {"kernel": (3, 2), "pool_type": kind, **attrs}, train=False)
      for dtype in ("int8", "uint8") for kind in ("max", "avg")
      for attrs in ({}, {"stride": (2, 2), "pad": (1, 1)}, {"stride": (2, 2), "pooling_convention": "full"},
                    {"pad": (1, 1), "count_include_pad": False}, {"global_pool": True})),
    *(Sample("_contrib_quantized_flatten", [codes(*shape, dtype=dtype), *ENDS])
      for dtype in ("int8", "uint8") for shape in ((2, 3, 4), (5,), (3, 2))),
    Sample("_contrib_quantized_act", [codes(2, 3, 4), *ENDS], {"act_type": "relu"}),
    Sample("_contrib_quantized_act", [codes(2, 3, 4, dtype="uint8"), *ENDS], {"act_type": "relu"}, oracle=False,
           reference=lambda x, *ends: (x, *ends)),
    *(Sample("_contrib_quantized_concat", [codes(2, 3, dtype=one), codes(2, 4, dtype=other), *ENDS, *OTHER],
             {"num_args": 2, "dim": 1}) for one in ("int8", "uint8") for other in ("int8", "uint8")),
    Sample("_contrib_quantized_concat", [codes(2, 3), codes(1, 3), codes(4, 3), *ENDS, *OTHER, *ENDS],
           {"num_args": 3, "dim": 0}),
    *(Sample("_contrib_quantized_elemwise_add", [codes(3, 4, dtype=one), codes(3, 4, dtype=other), *ENDS, *OTHER],
             {"min_calib_range": -3.0, "max_calib_range": 2.0}) for one in ("int8", "uint8")
      for other in ("int8", "uint8")),
    *(Sample("_contrib_quantized_elemwise_add", [codes(3, 4, dtype=dtype), codes(3, 4, dtype=dtype, seed=1), *ENDS,
                                                 *OTHER]) for dtype in ("int8", "uint8")),
    Sample("_contrib_quantized_elemwise_add", [codes(3, 4), codes(3, 4, dtype="uint8"), *ENDS, *OTHER], oracle=False,
           reference=lambda x, y, *_: ((x * (1.5 / 127.5) + y * (2 / 255.5)) / 3.5 * (2 ** 31 - 1),
                                       -end(3.5), end(3.5)), rtol=1e-6, atol=300),
    Sample("_contrib_quantized_elemwise_mul", [codes(3, 4), codes(3, 4, seed=1), *ENDS, *OTHER], oracle=False,
           reference=lambda x, y, *_: _scaled(x.astype(int) * y, x)),
    Sample("_contrib_quantized_elemwise_mul", [codes(3, 4), codes(3, 4, seed=1), *ENDS, *OTHER],
           {"enable_float_output": True}, reference=_product, oracle=False),
    Sample("_contrib_quantized_elemwise_mul", [codes(3, 4), codes(3, 4, seed=1), *ENDS, *OTHER],
           {"min_calib_range": -3.0, "max_calib_range": 2.0}, oracle=False,
           reference=lambda *ins: (np.rint(_product(*ins) * 127.5 / 3), end(-3), end(2))),
    Sample("_contrib_quantized_embedding", [np.array([[0, 1, 2], [7, 3, -1]], "float32"), codes(4, 3), *ENDS],
           {"input_dim": 4, "output_dim": 3}),
    *(Sample("_contrib_quantized_batch_norm",
             [codes(2, 3, 4, 2, dtype=dtype), rand(3), rand(3, seed=1), rand(3, seed=2), rand(3, low=0.5, high=1.5),
              *ENDS], {"min_calib_range": -3.0, "max_calib_range": 2.0, **attrs})
      for dtype in ("int8", "uint8") for attrs in ({}, {"eps": 0.1}, {"fix_gamma": False})),
    Sample("_contrib_quantized_rnn",
           [codes(3, 2, 4, dtype="uint8"), rand(4 * 3 * (4 + 3) + 8 * 3), rand(1, 2, 3), rand(1, 2, 3), end(40),
            end(100)], {"state_size": 3, "num_layers": 1, "mode": "lstm", "state_outputs": True}, **_NONE),
    *(Sample("_contrib_calibrate_entropy",
             [ints(n, high=high), np.linspace(-2, 2, n + 1, dtype="float32")], {"num_quantized_bins": bins})
      for n, high, bins in ((21, 20, 5), (63, 9, 7), (101, 3, 25), (11, 2, 3))),
]
