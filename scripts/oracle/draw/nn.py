"""Layers: products, convolutions, pooling, normalization, activations, losses, recurrent layers."""

FLOAT = ("float32", "float32", "float32", "float64", "float16")


def spatial(draw, rank, longest=6):
    return [draw.int(2, longest) for _ in range(rank)]


def windows(draw, rank, dilated=True):
    """Kernel, and stride, pad and dilate or not."""
    attrs = {"kernel": [draw.int(1, 3) for _ in range(rank)]}
    if draw.chance(0.6):
        attrs["stride"] = [draw.int(1, 3) for _ in range(rank)]
    if draw.chance(0.6):
        attrs["pad"] = [draw.int(0, 2) for _ in range(rank)]
    if dilated and draw.chance(0.3):
        attrs["dilate"] = [draw.int(1, 2) for _ in range(rank)]
    return attrs


def convolution(draw):
    rank = draw.choice([1, 2, 2, 2, 3])
    groups = draw.choice([1, 1, 2])
    channels, filters = groups * draw.int(1, 2), groups * draw.int(1, 2)
    attrs = {**windows(draw, rank), "num_filter": filters}
    if groups > 1:
        attrs["num_group"] = groups
    dtype = draw.choice(FLOAT)
    arrays = [
        draw.plain([draw.int(1, 2), channels, *spatial(draw, rank, 5)], dtype),
        draw.plain([filters, channels // groups, *attrs["kernel"]], dtype),
    ]
    if draw.chance(0.3):
        attrs["no_bias"] = True
    else:
        arrays.append(draw.plain([filters], dtype))
    attrs.update(draw.some(workspace=256, cudnn_off=True))
    return arrays, attrs


def convolution_v1(draw):
    while True:
        arrays, attrs = convolution(draw)
        if len(attrs["kernel"]) == 2:
            return arrays, attrs


def deconvolution(draw):
    rank = draw.choice([1, 2, 2, 2, 3])
    groups = draw.choice([1, 1, 2])
    channels, filters = groups * draw.int(1, 2), groups * draw.int(1, 2)
    attrs = {**windows(draw, rank), "num_filter": filters}
    if groups > 1:
        attrs["num_group"] = groups
    if draw.chance(0.3):
        attrs["adj"] = [draw.int(0, 1) for _ in range(rank)]
    if draw.chance(0.2):
        attrs["target_shape"] = [draw.int(4, 8) for _ in range(rank)]
    dtype = draw.choice(FLOAT)
    arrays = [
        draw.plain([draw.int(1, 2), channels, *spatial(draw, rank, 4)], dtype),
        draw.plain([channels, filters // groups, *attrs["kernel"]], dtype),
    ]
    if draw.chance(0.4):
        attrs["no_bias"] = False
        arrays.append(draw.plain([filters], dtype))
    return arrays, attrs


def pooling(draw):
    rank = draw.choice([1, 2, 2, 2, 3])
    attrs = {**windows(draw, rank, dilated=False), "pool_type": draw.choice(("max", "avg", "sum", "lp", "max", "avg"))}
    if attrs["pool_type"] == "lp":
        attrs["p_value"] = draw.int(1, 3)
    attrs.update(draw.some(pooling_convention=draw.choice(("valid", "full", "same"))))
    if draw.chance(0.2):
        attrs["global_pool"] = True
        if draw.chance():
            del attrs["kernel"]
    if draw.chance(0.3):
        attrs["count_include_pad"] = draw.chance()
    if draw.chance(0.15):
        attrs["layout"] = draw.choice((("NCW", "NWC"), ("NCHW", "NHWC"), ("NCDHW", "NDHWC"))[rank - 1])
    return [
        draw.array(
            [draw.int(1, 2), draw.int(1, 2), *spatial(draw, rank)],
            draw.choice(FLOAT),
            "normal" if draw.chance(0.7) else "ties",
        )
    ], attrs


def pooling_v1(draw):
    rank = draw.choice([2, 2, 2, 3])
    attrs = {**windows(draw, rank, dilated=False), "pool_type": draw.choice(("max", "avg", "sum"))}
    attrs.update(draw.some(pooling_convention=draw.choice(("valid", "full"))))
    if draw.chance(0.2):
        attrs["global_pool"] = True
    return [draw.plain([draw.int(1, 2), draw.int(1, 2), *spatial(draw, rank)], draw.choice(FLOAT))], attrs


def adaptive(draw):
    return [draw.plain([draw.int(1, 2), draw.int(1, 3), *spatial(draw, 2)], draw.choice(FLOAT))], draw.some(
        output_size=draw.choice([draw.int(1, 4), [draw.int(1, 4)], [draw.int(1, 4), draw.int(1, 4)]])
    )


def fully_connected(draw):
    shape, hidden, dtype = draw.shape(1, 4, size=40), draw.int(1, 4), draw.choice(FLOAT)
    flatten = draw.chance(0.6)
    columns = 1
    for n in shape[1:] if flatten else shape[-1:]:
        columns *= n
    arrays = [draw.array(shape, dtype), draw.plain([hidden, columns], dtype)]
    attrs = {"num_hidden": hidden}
    if not flatten or draw.chance():
        attrs["flatten"] = flatten
    if draw.chance(0.3):
        attrs["no_bias"] = True
    else:
        arrays.append(draw.plain([hidden], dtype))
    return arrays, attrs


def activation(draw):
    return [draw.array(draw.shape(), draw.choice(FLOAT))], {
        "act_type": draw.choice(("relu", "sigmoid", "tanh", "softrelu", "softsign"))
    }


def leaky(draw):
    shape, kind, dtype = (
        draw.shape(),
        draw.choice(("leaky", "elu", "selu", "gelu", "prelu", "prelu")),
        draw.choice(FLOAT),
    )
    arrays = [draw.array(shape, dtype)]
    if kind == "prelu":
        channels = shape[1] if len(shape) > 1 else shape[0]
        gamma = draw.choice([[channels], [1], [channels], [1 if i != 1 else n for i, n in enumerate(shape)]])
        arrays.append(draw.plain(gamma, dtype))
    return arrays, {"act_type": kind, **draw.some(slope=draw.float(0, 1))}


def rrelu(draw):
    return (
        [draw.array(draw.shape(), draw.choice(FLOAT))],
        {"act_type": "rrelu", **draw.some(lower_bound=0.1, upper_bound=0.3)},
        "infer",
    )


def softmax(draw):
    shape = draw.shape()
    attrs = draw.some(axis=draw.axis(len(shape)), temperature=draw.choice([None, 0.5, 2.0]))
    if draw.chance(0.15):
        attrs["dtype"] = draw.choice(("float32", "float64"))
    return [draw.array(shape, draw.choice(FLOAT))], attrs


def softmax_length(draw):
    shape = draw.shape(2, 4)
    axis = draw.axis(len(shape))
    rest = list(shape)
    n = rest.pop(axis)
    return [draw.array(shape, draw.choice(FLOAT)), draw.array(rest, "int32", "whole", 1, n + 1)], {
        "axis": axis,
        "use_length": True,
        **draw.some(temperature=2.0),
    }


def any_softmax(draw):
    return softmax_length(draw) if draw.chance(0.25) else softmax(draw)


def softmax_activation(draw):
    mode = draw.choice(("instance", "channel"))
    return [draw.array(draw.shape(2, 4), draw.choice(FLOAT))], {"mode": mode}


def dropout(draw):
    return [draw.array(draw.shape(), draw.choice(FLOAT))], {"p": draw.choice([0.0, 0.3, 0.5])}, "infer"


def moving(draw, channels, dtype):
    return [
        draw.plain([channels], dtype),
        draw.plain([channels], dtype),
        draw.plain([channels], dtype),
        draw.array([channels], dtype, "uniform", 0.5, 1.5),
    ]


def batch_norm(draw, with_axis=True, ranks=(2, 5)):
    shape = draw.shape(*ranks, size=60)
    axis = draw.axis(len(shape)) if with_axis and draw.chance(0.3) else 1
    dtype = "float32" if draw.chance(0.8) else "float64"
    attrs = draw.some(
        eps=draw.choice([1e-3, 0.1, 1e-5]),
        momentum=draw.choice([0.9, 0.5, 0.0]),
        fix_gamma=draw.chance(),
        use_global_stats=draw.chance(0.3),
    )
    if axis != 1:
        attrs["axis"] = axis
    if draw.chance(0.2):
        attrs["output_mean_var"] = True
    mode = "infer" if draw.chance(0.3) else "grad"
    return [draw.array(shape, dtype, "normal"), *moving(draw, shape[axis], dtype)], attrs, mode


def sync_batch_norm(draw):
    arrays, attrs, mode = batch_norm(draw, with_axis=False, ranks=(2, 4))
    return arrays, {**attrs, "key": str(draw.int(0, 99999))}, mode


def layer_norm(draw):
    shape = draw.shape(1, 4)
    axis, dtype = draw.axis(len(shape)), draw.choice(FLOAT)
    return [draw.array(shape, dtype, "normal"), draw.plain([shape[axis]], dtype), draw.plain([shape[axis]], dtype)], {
        "axis": axis,
        **draw.some(eps=draw.choice([1e-5, 0.1])),
        **({"output_mean_var": True} if draw.chance(0.2) else {}),
    }


def group_norm(draw):
    groups = draw.int(1, 3)
    shape = [draw.int(1, 2), groups * draw.int(1, 2), *spatial(draw, draw.choice([1, 1, 2]), 3)]
    dtype = draw.choice(FLOAT)
    return [draw.array(shape, dtype, "normal"), draw.plain([groups], dtype), draw.plain([groups], dtype)], {
        "num_groups": groups,
        **draw.some(eps=0.1),
        **({"output_mean_var": True} if draw.chance(0.2) else {}),
    }


def instance_norm(draw):
    shape, dtype = draw.shape(3, 5), draw.choice(FLOAT)
    return [
        draw.array(shape, dtype, "normal"),
        draw.plain([shape[1]], dtype),
        draw.plain([shape[1]], dtype),
    ], draw.some(eps=draw.choice([1e-3, 0.1]))


def l2_normalization(draw):
    mode = draw.choice(("instance", "channel", "spatial"))
    return [draw.array(draw.shape(2 if mode == "instance" else 3, 5), draw.choice(FLOAT))], {
        "mode": mode,
        **draw.some(eps=draw.choice([1e-10, 0.1])),
    }


def lrn(draw):
    return [draw.plain([draw.int(1, 2), draw.int(1, 6), *spatial(draw, 2, 3)], draw.choice(("float32", "float64")))], {
        "nsize": draw.int(1, 6),
        **draw.some(alpha=draw.choice([1e-4, 0.5]), beta=draw.choice([0.75, 0.5]), knorm=1.5),
    }


def upsampling(draw):
    scale = draw.int(1, 3)
    shape, dtype = [draw.int(1, 2), draw.int(1, 2), draw.int(1, 3), draw.int(1, 3)], draw.choice(FLOAT)
    if draw.chance(0.3):
        size = 2 * scale - scale % 2
        return [draw.plain(shape, dtype), draw.plain([shape[1], 1, size, size], dtype)], {
            "scale": scale,
            "sample_type": "bilinear",
            "num_filter": shape[1],
            "num_args": 2,
        }
    count = draw.int(1, 3)
    mode = draw.choice(("concat", "sum"))
    return [draw.plain(shape, dtype) for _ in range(count)], {
        "scale": scale,
        "sample_type": "nearest",
        "num_args": count,
        **({"multi_input_mode": mode} if count > 1 else {}),
    }


def im2col(draw):
    rank = draw.choice([1, 2, 2, 3])
    return [draw.plain([draw.int(1, 2), draw.int(1, 2), *spatial(draw, rank, 5)], draw.choice(FLOAT))], windows(
        draw, rank
    )


def col2im(draw):
    rank = draw.choice([1, 2])
    attrs = windows(draw, rank)
    size = [draw.int(3, 6) for _ in range(rank)]
    columns, inside = 1, 1
    for i, n in enumerate(size):
        k = (attrs["kernel"][i] - 1) * attrs.get("dilate", [1] * rank)[i] + 1
        columns *= max((n + 2 * attrs.get("pad", [0] * rank)[i] - k) // attrs.get("stride", [1] * rank)[i] + 1, 1)
        inside *= attrs["kernel"][i]
    return [draw.plain([draw.int(1, 2), inside * draw.int(1, 2), columns], draw.choice(FLOAT))], {
        **attrs,
        "output_size": size,
    }


# ---- products


def dot(draw):
    dtype = draw.choice(FLOAT)
    if draw.chance(0.25):
        shape = draw.shape(1, 3)
        return [draw.array(shape, dtype), draw.array([shape[-1], *draw.shape(0, 2)], dtype)], {}
    n, k, m = draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)
    a, b = draw.chance(0.3), draw.chance(0.3)
    return [draw.array([k, n] if a else [n, k], dtype), draw.array([m, k] if b else [k, m], dtype)], {
        **({"transpose_a": a} if a or draw.chance(0.3) else {}),
        **({"transpose_b": b} if b else {}),
    }


def batch_dot(draw):
    arrays, attrs = dot(draw)
    batch = [draw.int(1, 3) for _ in range(draw.choice([1, 1, 2]))]
    if any(len(recipe[2]) != 2 for recipe in arrays):
        arrays = [draw.array([2, 3], "float32"), draw.array([3, 2], "float32")]
    for recipe in arrays:
        recipe[2] = [*batch, *recipe[2]]
    return arrays, attrs


def khatri_rao(draw):
    columns, dtype = draw.int(1, 3), draw.choice(FLOAT)
    return [draw.plain([draw.int(1, 3), columns], dtype) for _ in range(draw.int(1, 3))], {}, "plain"


def attention(name):
    def recipe(draw):
        heads, batch, width = draw.int(1, 2), draw.int(1, 2), draw.int(1, 3)
        q, k = draw.int(1, 3), draw.int(1, 3)
        dtype = "float32"
        if name == "selfatt_qk":
            arrays = [draw.plain([q, batch, heads * width * 3], dtype)]
        elif name == "selfatt_valatt":
            arrays = [draw.plain([q, batch, heads * width * 3], dtype), draw.plain([heads * batch, q, q], dtype)]
        elif name == "encdec_qk":
            arrays = [draw.plain([q, batch, heads * width], dtype), draw.plain([k, batch, heads * width * 2], dtype)]
        else:
            arrays = [draw.plain([k, batch, heads * width * 2], dtype), draw.plain([heads * batch, q, k], dtype)]
        return arrays, {"heads": heads}

    return recipe


# ---- losses


def softmax_output(draw):
    shape = draw.shape(1, 4)
    multi, preserve = draw.chance(0.3), draw.chance(0.15)
    dtype = "float32" if draw.chance(0.8) else "float64"
    if draw.chance(0.15):
        label = draw.array(shape, dtype, "distribution")
    elif multi and len(shape) > 1:
        label = draw.array(
            draw.choice([[shape[0], *shape[2:]], [shape[0], 1, *shape[2:]]]), dtype, "whole", -1, shape[1]
        )
    elif draw.chance(0.7):
        label = draw.array(shape[:-1] or [1], dtype, "whole", -1, shape[-1])
    else:
        label = draw.array(shape[:1], dtype, "whole", 0, shape[-1])
    attrs = draw.some(
        grad_scale=draw.float(),
        ignore_label=draw.choice([0.0, 1.0, -1.0]),
        use_ignore=draw.chance(),
        normalization=draw.choice(("null", "batch", "valid")),
    )
    if draw.chance(0.2):
        attrs["smooth_alpha"] = 0.2
    if draw.chance(0.2):
        attrs["out_grad"] = True
    if multi:
        attrs["multi_output"] = True
    if preserve:
        attrs["preserve_shape"] = True
    return [draw.array(shape, dtype, "normal"), label], attrs


def regression(draw):
    shape, dtype = draw.shape(1, 4), draw.choice(("float32", "float32", "float64"))
    label = shape if draw.chance(0.7) else shape[:1]
    return [draw.plain(shape, dtype), draw.plain(label, dtype)], draw.some(grad_scale=draw.float())


def make_loss(draw):
    return [draw.array(draw.shape(), draw.choice(FLOAT))], draw.some(
        grad_scale=draw.float(), valid_thresh=draw.float(-1, 1), normalization=draw.choice(("null", "batch", "valid"))
    )


def cross_entropy(draw):
    rows, columns = draw.int(1, 4), draw.int(1, 4)
    return [draw.plain([rows, columns], "float32"), draw.array([rows], "float32", "whole", 0, columns)], {}, "grad:0"


def svm(draw):
    shape, dtype = draw.shape(2, 3), draw.choice(FLOAT)
    return [draw.plain(shape, dtype), draw.array(shape[:1], dtype, "whole", 0, shape[1])], draw.some(
        margin=draw.float(0, 2), regularization_coefficient=draw.float(0, 2), use_linear=draw.chance()
    )


def ctc(draw):
    length, batch, classes = draw.int(2, 6), draw.int(1, 3), draw.int(2, 4)
    most = draw.int(1, 3)
    first = draw.chance()
    low = 1 if first else 0
    high = classes if first else max(classes - 1, 1)
    arrays = [
        draw.plain([length, batch, classes], draw.choice(("float32", "float64"))),
        draw.array([batch, most], "float32", "whole", low, max(high, low + 1)),
    ]
    attrs = {} if first and draw.chance() else {"blank_label": "first" if first else "last"}
    if draw.chance(0.4):
        arrays.append(draw.array([batch], "float32", "whole", 1, length + 1))
        attrs["use_data_lengths"] = True
    if draw.chance(0.4):
        if draw.chance():
            attrs["label_lengths"] = {"array": len(arrays)}
        arrays.append(draw.array([batch], "float32", "whole", 1, most + 1))
        attrs["use_label_lengths"] = True
    return arrays, attrs, "grad:0"


# ---- recurrent


def rnn(draw):
    mode = draw.choice(("rnn_relu", "rnn_tanh", "lstm", "gru"))
    gates = {"lstm": 4, "gru": 3}.get(mode, 1)
    length, batch, width, hidden, layers = (
        draw.int(1, 4),
        draw.int(1, 2),
        draw.int(1, 3),
        draw.int(1, 3),
        draw.int(1, 2),
    )
    both = draw.chance(0.4)
    directions = 2 if both else 1
    count = 0
    for layer in range(layers):
        inputs = width if layer == 0 else hidden * directions
        count += directions * gates * hidden * (inputs + hidden + 2)
    dtype = "float32" if draw.chance(0.8) else "float64"
    arrays = [
        draw.plain([length, batch, width], dtype),
        draw.array([count], dtype, "uniform", -0.7, 0.7),
        draw.plain([layers * directions, batch, hidden], dtype),
    ]
    if mode == "lstm":
        arrays.append(draw.plain([layers * directions, batch, hidden], dtype))
    attrs = {
        "state_size": hidden,
        "num_layers": layers,
        "mode": mode,
        **({"bidirectional": True} if both else {}),
        **draw.some(state_outputs=draw.chance()),
    }
    return arrays, attrs, "infer" if draw.chance(0.2) else "grad"


RECIPES = {
    "Convolution": convolution,
    "Convolution_v1": convolution_v1,
    "Deconvolution": deconvolution,
    "Pooling": pooling,
    "Pooling_v1": pooling_v1,
    "contrib.AdaptiveAvgPooling2D": adaptive,
    "FullyConnected": fully_connected,
    "Activation": activation,
    "LeakyReLU": leaky,
    "softmax": any_softmax,
    "log_softmax": softmax,
    "softmin": softmax,
    "SoftmaxActivation": softmax_activation,
    "Dropout": dropout,
    "BatchNorm": batch_norm,
    "contrib.BatchNormWithReLU": batch_norm,
    "contrib.SyncBatchNorm": sync_batch_norm,
    "LayerNorm": layer_norm,
    "GroupNorm": group_norm,
    "InstanceNorm": instance_norm,
    "L2Normalization": l2_normalization,
    "LRN": lrn,
    "UpSampling": upsampling,
    "im2col": im2col,
    "col2im": col2im,
    "dot": dot,
    "batch_dot": batch_dot,
    "khatri_rao": khatri_rao,
    **{
        f"contrib.interleaved_matmul_{name}": attention(name)
        for name in ("selfatt_qk", "selfatt_valatt", "encdec_qk", "encdec_valatt")
    },
    "SoftmaxOutput": softmax_output,
    "LinearRegressionOutput": regression,
    "LogisticRegressionOutput": regression,
    "MAERegressionOutput": regression,
    "MakeLoss": make_loss,
    "softmax_cross_entropy": cross_entropy,
    "SVMOutput": svm,
    "CTCLoss": ctc,
    "contrib.CTCLoss": ctc,
    "RNN": rnn,
}
