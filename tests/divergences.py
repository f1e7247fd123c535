"""Where cupynet answers otherwise than MXNet 1.9.1 on purpose, and why: a table for the random calls.

An entry is (functions, a predicate of the call or None for every call, the reason). A call to which an entry
applies must still end in an answer or in an MXNetError; its values are not compared.
"""

from __future__ import annotations

import numpy as np
from calls import Call, make


def has(*dtypes: str):
    """Calls with an array of one of `dtypes`."""
    return lambda call: any(recipe[1] in dtypes for recipe in call.arrays)


def attribute(test, *names: str):
    """Calls one of whose attributes `names` passes `test`."""
    return lambda call: any(name in call.attrs and test(call.attrs[name]) for name in names)


def repeated(indices) -> bool:
    """Whether a place occurs more than once in `indices`, (axes, ...)."""
    columns = indices.reshape(len(indices), -1)
    return np.unique(columns, axis=1).shape[1] < columns.shape[1]


def negative(value) -> bool:
    if isinstance(value, list):
        return any(negative(each) for each in value)
    return isinstance(value, (int, float)) and value < 0


def holds(test, *places: int):
    """Calls with an element that passes `test` in the arrays `places` (in any, if none is named)."""
    return lambda call: any(
        bool(np.any(test(make(recipe)))) for i, recipe in enumerate(call.arrays) if not places or i in places
    )


def either(*tests):
    return lambda call: any(test(call) for test in tests)


def both(*tests):
    return lambda call: all(test(call) for test in tests)


def mode(word):
    return lambda call: call.mode.startswith(word)


def is_nan(x):
    return np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)


def not_finite(x):
    return ~np.isfinite(x)


def shape_of(place, test):
    return lambda call: len(call.arrays) > place and test(call.arrays[place][2])


def differ(a, b):
    """Calls whose arrays `a` and `b` have different dtypes."""
    return lambda call: len(call.arrays) > max(a, b) and call.arrays[a][1] != call.arrays[b][1]


def elsewhere(call: Call) -> bool:
    """Calls with a region of an image that is not there."""
    image = np.trunc(make(call.arrays[1])[:, 0].astype("float64"))
    return bool(np.any((image < 0) | (image >= call.arrays[0][2][0])))


_ARITHMETIC = (
    "add subtract multiply divide true_divide modulo power maximum minimum equal not_equal greater "
    "greater_equal lesser lesser_equal logical_and logical_or logical_xor elemwise_add elemwise_sub "
    "elemwise_mul elemwise_div add_n _internal._mod _internal._power _internal._maximum _internal._minimum "
    "_internal._hypot _internal._equal _internal._not_equal _internal._greater _internal._greater_equal "
    "_internal._lesser _internal._lesser_equal _internal._logical_and _internal._logical_or "
    "_internal._logical_xor _internal._grad_add _internal._scatter_elemwise_div broadcast_add broadcast_sub "
    "broadcast_mul broadcast_div broadcast_mod broadcast_power broadcast_maximum broadcast_minimum "
    "broadcast_hypot broadcast_equal broadcast_not_equal broadcast_greater broadcast_greater_equal "
    "broadcast_lesser broadcast_lesser_equal broadcast_logical_and broadcast_logical_or broadcast_logical_xor "
    "broadcast_plus broadcast_minus"
).split()
_MOVING = (
    "diag contrib.boolean_mask transpose swapaxes flip reverse concat split split_v2 broadcast_axis depth_to_space "
    "space_to_depth moveaxis slice _internal._slice_assign_scalar slice_axis slice_like take pick batch_take where "
    "sort argsort topk SequenceReverse _internal._slice_assign pad stack tile repeat"
).split()
_LAYERS = (
    "Convolution Convolution_v1 Deconvolution FullyConnected dot batch_dot UpSampling SoftmaxActivation "
    "InstanceNorm LRN khatri_rao CTCLoss contrib.CTCLoss sort argsort contrib.BilinearResize2D"
).split()

ROUNDING = "abs floor ceil trunc fix rint round square _internal._plus_scalar _internal._minus_scalar".split()
_HEADS = ("SoftmaxOutput", "LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput", "SVMOutput")

_RATES = (
    "preloaded_multi_sgd_update preloaded_multi_sgd_mom_update preloaded_multi_mp_sgd_update "
    "preloaded_multi_mp_sgd_mom_update _internal._multi_adamw_update _internal._multi_mp_adamw_update"
).split()
_SHAPES = ("GroupNorm", "LayerNorm", "InstanceNorm", "contrib.SyncBatchNorm", "BatchNorm")
_SELF_ATTENTION = [
    f"contrib.interleaved_matmul_{form}" for form in ("selfatt_qk", "selfatt_valatt", "encdec_qk", "encdec_valatt")
]
_REGIONS = "ROIAlign PSROIPooling DeformablePSROIPooling RROIAlign".split()
_REGIONS = ["ROIPooling", *(f"contrib.{name}" for name in _REGIONS)]
_IMAGES = [
    f"image.{name}"
    for name in "crop to_tensor resize normalize adjust_lighting random_lighting random_color_jitter".split()
]
_IMAGES += [f"image.random_{name}" for name in ("brightness", "contrast", "saturation", "hue")]
_IMAGES += [f"image.{way}flip_{name}" for way in ("", "random_") for name in ("left_right", "top_bottom")]
_DISTRIBUTIONS = "uniform normal gamma negative_binomial generalized_negative_binomial exponential poisson".split()
_DRAWS = [f"{stem}{name}" for stem in ("random_", "_internal._random_") for name in (*_DISTRIBUTIONS, "randint")]
_SAMPLES = [f"{stem}{name}" for stem in ("sample_", "random.") for name in _DISTRIBUTIONS]
_UPDATES = ("sgd_update", "sgd_mom_update", "adam_update")

TABLE = [
    (_ARITHMETIC, has("bool"), "arithmetic and comparison of bool arrays, which MXNet has in np alone, is NumPy's"),
    (_MOVING, has("bool"), "bool arrays are moved like others, MXNet 1.x often has no kernel for them"),
    (_LAYERS, has("float16", "float64"), "on a CPU MXNet has no kernel for this precision, on a GPU it has"),
    (
        ("amp_cast", "amp_multicast"),
        has("float64", "float16", "int64", "bool", "int32", "int8", "uint8"),
        "MXNet's CPU kernel (oneDNN) knows few types",
    ),
    (("amp_cast",), attribute(lambda v: v == "float64", "dtype"), "MXNet's CPU kernel (oneDNN) knows few types"),
    (("arcsinh", "arccosh"), mode("second"), "MXNet's second derivative has the wrong sign"),
    (
        ("relu", "LeakyReLU", "Activation", "log_softmax"),
        holds(not_finite),
        "what becomes of nan and infinity depends on MXNet's build (oneDNN)",
    ),
    (
        ("erfinv", "gamma", "gammaln"),
        has("int32", "int64", "int8", "uint8"),
        "the conversion of nan and infinity to a whole number is undefined",
    ),
    (
        ("gamma", "gammaln"),
        either(mode("grad"), mode("infer"), holds(not_finite)),
        "at the poles MXNet gives signs of infinity that no limit has",
    ),
    (
        ("_internal._hypot", "broadcast_hypot", "_internal._hypot_scalar"),
        has("int32", "int64", "int8", "uint8"),
        "the conversion of a number out of range to a whole number is undefined",
    ),
    (
        ("prod", "nanprod"),
        both(either(mode("grad"), mode("infer"), mode("second")), holds(lambda x: (x == 0) | ~np.isfinite(x))),
        "MXNet divides by zero: its gradient is nan where an element is 0",
    ),
    (
        ("norm",),
        either(
            holds(not_finite), holds(lambda x: x == 0), attribute(lambda v: v is not None, "out_dtype"), has("int32")
        ),
        "MXNet's gradient is nan at 0, and it cannot store the result in another dtype",
    ),
    (("_internal._square_sum",), None, "MXNet has it for sparse arrays alone"),
    (("flip", "reverse", "transpose"), attribute(negative, "axis", "axes"), "negative axes count from the end"),
    (("cumsum",), attribute(negative, "axis"), "negative axes count from the end"),
    (("broadcast_like",), attribute(bool, "lhs_axes"), "an axis that has the length already is fine"),
    (
        ("broadcast_to",),
        lambda call: len(call.attrs.get("shape", ())) != len(call.arrays[0][2]),
        "axes may be put in front, as NumPy does",
    ),
    (("contrib.fft", "contrib.ifft", "contrib.count_sketch"), None, "MXNet has them on a GPU alone"),
    (("contrib.quantized_elemwise_mul",), None, "every call of MXNet's ends in an error"),
    (
        ("contrib.quantized_conv",),
        None,
        "MXNet's CPU kernel (oneDNN) takes uint8 alone, for which its range is twice too wide, and adds the bias in "
        "whatever steps it is",
    ),
    (("contrib.quantize_v2", "contrib.quantized_act"), has("uint8", "int8"), "MXNet mistakes uint8 for int8"),
    (("contrib.quantized_elemwise_add",), differ(0, 1), "MXNet loses an operand of uint8 beside one of int8"),
    (
        ("contrib.quantized_pooling",),
        either(attribute(bool, "global_pool"), attribute(lambda v: v is False, "count_include_pad")),
        "MXNet's CPU kernel (oneDNN) knows no empty windows, and looks at the kernel where it means nothing",
    ),
    (("contrib.arange_like",), has("float16"), "MXNet truncates start and step to whole numbers"),
    (("tile",), lambda call: len(call.attrs.get("reps", ())) + len(call.arrays[0][2]) > 6, "MXNet has a limit of axes"),
    (("gather_nd",), holds(lambda x: x < 0, 1), "MXNet writes gradients of negative indices elsewhere"),
    (("unravel_index",), shape_of(0, lambda s: len(s) > 1), "MXNet writes beyond its output"),
    (("ravel_multi_index",), shape_of(0, lambda s: len(s) > 2), "indices may have any shape"),
    (("contrib.boolean_mask",), attribute(bool, "axis"), "MXNet knows axis 0 alone"),
    (("histogram",), has("int32"), "MXNet truncates the borders of the bins"),
    (("sort", "argsort", "topk"), holds(is_nan), "MXNet sorts nan anywhere"),
    (
        ("sort",),
        lambda call: "axis" not in call.attrs or call.attrs["axis"] is None,
        "MXNet cannot differentiate sort of the default axis",
    ),
    (
        ("pad",),
        has("int32", "int64", "int8", "uint8", "float16"),
        "MXNet pads floating-point numbers alone, and adds float16 in float16",
    ),
    (("zeros", "ones", "eye"), attribute(lambda v: True, "unheard_of"), "further arguments are ignored"),
    (
        ("Reshape", "reshape"),
        lambda call: -4 in call.attrs.get("shape", ()) and -1 in call.attrs.get("shape", ()),
        "MXNet misreads -1 behind -4, and writes beyond its memory",
    ),
    (
        ("reshape_like",),
        attribute(lambda v: True, "lhs_end", "rhs_end", "rhs_begin", "lhs_begin"),
        "empty ranges of axes are none",
    ),
    (("contrib.index_array",), attribute(lambda v: True, "axes"), "MXNet reads beyond the shape for axes out of range"),
    (("argsort", "topk", "sort"), holds(lambda x: np.unique(x).size < x.size), "MXNet orders equal elements anyhow"),
    (
        ("multi_all_finite",),
        lambda call: len({recipe[1] for recipe in call.arrays}) > 1,
        "arrays of several types may be asked about together",
    ),
    (
        ("Pooling",),
        either(
            has("float16", "float64"),
            attribute(lambda v: True, "count_include_pad", "layout"),
            attribute(lambda v: v == "same", "pooling_convention"),
        ),
        "what padding as wide as the window means depends on MXNet's build, and 'same' has no kernel there",
    ),
    (("Pooling_v1",), shape_of(0, lambda s: len(s) == 5), "MXNet's CPU has no kernel for three dimensions"),
    (
        ("LeakyReLU",),
        attribute(lambda v: v == "selu", "act_type"),
        "MXNet multiplies selu's scale twice into its gradient",
    ),
    (("softmax",), attribute(bool, "use_length"), "MXNet refuses negative axes with lengths, or misreads them"),
    (
        ("SoftmaxActivation",),
        either(shape_of(0, lambda s: len(s) > 2), shape_of(0, lambda s: len(s) < 3)),
        "MXNet's CPU kernel (oneDNN) takes instance for the last axis forward and for all backward",
    ),
    (("contrib.SyncBatchNorm",), has("float64"), "MXNet has float32 alone"),
    (("L2Normalization",), has("float16"), "MXNet adds up in half precision"),
    (
        ("im2col", "col2im"),
        lambda call: len(call.attrs.get("kernel", ())) != 2,
        "MXNet has no CPU kernel but for images",
    ),
    (("SoftmaxOutput",), attribute(bool, "out_grad"), "MXNet multiplies by the output instead of the head gradient"),
    (_HEADS, differ(0, 1), "labels may have a type of their own"),
    (
        ("SoftmaxOutput",),
        both(attribute(bool, "multi_output"), shape_of(0, lambda s: len(s) == 1)),
        "probabilities for a vector are fine",
    ),
    (("nag_mom_update", "mp_nag_mom_update"), None, "MXNet computes the decay in mom from the new weight"),
    (("_internal._multi_mp_lamb_update",), None, "MXNet takes the norm of the half-precision weight"),
    (("slice",), attribute(negative, "begin", "end"), "an empty range gives an empty array"),
    (
        ("contrib.SparseEmbedding", "batch_take", "choose_element_0index"),
        has("bool", "int64"),
        "indices and data may have any type",
    ),
    (
        ("fill_element_0index",),
        lambda call: len({recipe[1] for recipe in call.arrays}) > 1,
        "indices may have any type",
    ),
    (("_internal._scatter_set_nd",), attribute(negative, "shape"), "the shape is that of the array"),
    (("Convolution_v1",), attribute(lambda v: v == 2, "num_group"), "MXNet mixes up the gradients of groups"),
    (("contrib.BatchNormWithReLU",), None, "MXNet has it in oneDNN alone, and there for four axes and training"),
    (("LayerNorm", "GroupNorm", "InstanceNorm"), has("float16"), "MXNet adds up in half precision"),
    (
        _SHAPES,
        lambda call: any(len(recipe[2]) > 1 for recipe in call.arrays[1:]),
        "MXNet does not look at these shapes",
    ),
    (_SELF_ATTENTION, has("int8", "uint8", "int32", "int64", "float16", "float64", "bool"), "MXNet's CPU has float32"),
    (("softmax_cross_entropy",), differ(0, 1), "labels may have a type of their own"),
    (
        ("LeakyReLU",),
        lambda call: len(call.arrays) > 1 and len(call.arrays[1][2]) > 1,
        "gamma may have any shape that broadcasts",
    ),
    (
        ("scatter_nd",),
        lambda call: repeated(make(call.arrays[1])),
        "which of several values for one place stays is undefined",
    ),
    (("contrib.group_adagrad_update",), None, "MXNet's CPU has no kernel"),
    (("contrib.isnan", "contrib.isinf", "contrib.isfinite"), has("bool"), "bool arrays are never nan"),
    (
        ("contrib.isinf", "contrib.isfinite"),
        has("int8", "uint8", "int32", "int64"),
        "MXNet compares with infinity converted to a whole number",
    ),
    (("ftml_update", "lamb_update_phase1"), has("float16"), "MXNet rounds to half precision at every step"),
    (
        _RATES,
        lambda call: any(
            recipe[2] not in ([1], [call.attrs.get("num_weights")])
            for recipe in call.arrays[-2:]
            if recipe[0] == "uniform" and len(recipe) > 4
        ),
        "MXNet does not look at the shapes of rates",
    ),
    (("linalg.trsm",), attribute(lambda v: v == 0.0, "alpha"), "MXNet divides by alpha in the gradient"),
    (
        ("GridGenerator", "Crop", "contrib.MultiBoxPrior"),
        has("float16", "float64", "int32", "int64", "int8", "uint8", "bool"),
        "MXNet has float32 alone",
    ),
    (
        ("contrib.DeformableConvolution",),
        attribute(lambda v: v == [1, 1], "kernel"),
        "MXNet writes into the offsets of a kernel of one element",
    ),
    (
        ("contrib.MultiBoxTarget", "contrib.MultiBoxDetection"),
        lambda call: len({recipe[2][0] for recipe in call.arrays if recipe[0] != "boxes"}) > 1,
        "MXNet does not look at all batches",
    ),
    (_REGIONS, differ(0, 1), "regions may have a type of their own"),
    (_REGIONS, elsewhere, "MXNet reads and writes beyond its memory for an image that is not there"),
    (_IMAGES, has("bool"), "bool images are moved like others, MXNet 1.x has no kernel for them"),
    (
        ("image.flip_left_right", "image.flip_top_bottom"),
        shape_of(0, lambda s: len(s) == 4),
        "batches may be mirrored",
    ),
    (
        ("image.normalize",),
        either(
            attribute(lambda v: isinstance(v, list) and len(v) > 1 and len(set(v)) == 1, "mean", "std"),
            attribute(lambda v: isinstance(v, list) and 0.0 in v, "std"),
        ),
        "equal numbers count as one; what infinity is as a whole number is undefined",
    ),
    (("contrib.ModulatedDeformableConvolution",), None, "MXNet has it on GPUs alone"),
    (
        ("contrib.BilinearResize2D",),
        both(
            attribute(lambda v: v in ("to_even_down", 0.5), "mode", "scale_height", "scale_width"),
            shape_of(0, lambda s: 1 in s[2:]),
        ),
        "MXNet gives an array that cannot be read",
    ),
    (
        ("contrib.Proposal", "contrib.MultiProposal"),
        either(shape_of(0, lambda s: len(s) > 4), attribute(negative, "ratios", "feature_stride")),
        "MXNet does not look at further axes and negative numbers",
    ),
    (
        ("BilinearSampler",),
        attribute(lambda v: not isinstance(v, bool), "cudnn_off"),
        "what means nothing is not read",
    ),
    (
        _DRAWS,
        lambda call: "shape" not in call.attrs,
        "without a shape one number is drawn",
    ),
    (
        ("sample_multinomial", "random.multinomial"),
        lambda call: call.arrays[0][0] != "distribution" or call.arrays[0][1] not in ("float32", "float64"),
        "what is no distribution may give any class, and whole numbers may be probabilities",
    ),
    (_SAMPLES, differ(0, 1), "parameters may have types of their own"),
    (_SAMPLES, attribute(lambda v: v == 0 or (isinstance(v, list) and 0 in v), "shape"), "no draws are fine"),
    (("shuffle", "random.shuffle"), has("bool"), "bool arrays are moved like others"),
    (
        _UPDATES,
        attribute(lambda v: not isinstance(v, bool), "lazy_update"),
        "lazy_update means nothing for dense arrays",
    ),
]

# Results that are not compared, for a reason: (functions, labels, reason).
SET_ASIDE = [
    (("_internal._adamw_update", "_internal._mp_adamw_update"), ("input1",), "MXNet rescales the gradient in place"),
    (("mp_lamb_update_phase2",), ("input4",), "MXNet forgets to store weight32"),
]


def set_aside(call: Call) -> frozenset[str]:
    """Return the labels of the results of `call` that are not compared."""
    return frozenset(label for functions, labels, _ in SET_ASIDE if call.name in functions for label in labels)


def reasons(call: Call) -> list[str]:
    """Return why cupynet and MXNet may differ in `call`; nothing where they must agree."""
    return [why for functions, test, why in TABLE if call.name in functions and _applies(test, call)]


def _applies(test, call: Call) -> bool:
    try:
        return test is None or bool(test(call))
    except (IndexError, TypeError, ValueError):  # a spoilt call lacks what the test looks at
        return False
