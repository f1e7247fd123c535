"""Quantized operators, transforms, point processes, graphs."""

SIGNED = ("int8", "uint8")


def limits(draw, low=-2.0, high=2.0):
    return [
        draw.array([1], "float32", "value", round(draw.random.uniform(low, -0.1), 3)),
        draw.array([1], "float32", "value", round(draw.random.uniform(0.1, high), 3)),
    ]


def codes(draw, shape, dtype):
    low, high = {"int8": (-127, 128), "uint8": (0, 256), "int32": (-100000, 100000)}[dtype]
    return draw.array(shape, dtype, "whole", low, high)


def quantize(draw):
    dtype = draw.choice(SIGNED)
    ends = (
        limits(draw)
        if dtype == "int8" or draw.chance()
        else [draw.array([1], "float32", "value", 0.0), draw.array([1], "float32", "value", 1.5)]
    )
    return [draw.plain(draw.shape(1, 4), "float32"), *ends], {"out_type": dtype} if draw.chance(0.8) else {}, "plain"


def quantize_v2(draw):
    attrs = draw.some(out_type=draw.choice(("int8", "uint8", "auto")))
    if draw.chance():
        attrs.update(min_calib_range=draw.choice([-1.5, 0.0]), max_calib_range=1.25)
    if draw.chance(0.15):
        return [codes(draw, draw.shape(1, 3), draw.choice(SIGNED))], attrs, "plain"
    return [draw.array(draw.shape(1, 4), "float32")], attrs, "plain"


def quantize_asym(draw):
    attrs = {"min_calib_range": -1.5, "max_calib_range": 1.25} if draw.chance() else {}
    return [draw.plain(draw.shape(3, 3), "float32")], attrs, "plain"


def dequantize(draw):
    return (
        [codes(draw, draw.shape(1, 4), draw.choice(("int8", "uint8", "int8", "uint8", "int32"))), *limits(draw)],
        draw.some(out_type="float32"),
        "plain",
    )


def requantize(draw):
    attrs = draw.some(out_type=draw.choice(("int8", "uint8", "auto")))
    if draw.chance():
        attrs.update(min_calib_range=draw.choice([-1.5, 0.0]), max_calib_range=1.25)
    return [codes(draw, draw.shape(1, 4), "int32"), *limits(draw, -50000, 50000)], attrs, "plain"


def quantized_fully_connected(draw):
    rows, columns, hidden = draw.int(1, 3), draw.int(1, 4), draw.int(1, 3)
    bias = draw.chance()
    arrays = [codes(draw, [rows, columns], draw.choice(SIGNED)), codes(draw, [hidden, columns], "int8")]
    ends = [*limits(draw), *limits(draw)]
    if bias:
        arrays.append(codes(draw, [hidden], "int8"))
        ends += limits(draw)
    return [*arrays, *ends], {"num_hidden": hidden, "no_bias": not bias, **draw.some(flatten=draw.chance())}, "plain"


def quantized_conv(draw):
    filters, channels = draw.int(1, 3), draw.int(1, 3)
    kernel = [draw.int(1, 2), draw.int(1, 2)]
    bias = draw.chance()
    arrays = [
        codes(draw, [draw.int(1, 2), channels, draw.int(2, 4), draw.int(2, 4)], draw.choice(SIGNED)),
        codes(draw, [filters, channels, *kernel], "int8"),
    ]
    ends = [*limits(draw), *limits(draw)]
    if bias:
        arrays.append(codes(draw, [filters], "int8"))
        ends += limits(draw)
    return (
        [*arrays, *ends],
        {
            "num_filter": filters,
            "kernel": kernel,
            "no_bias": not bias,
            **draw.some(stride=[draw.int(1, 2), draw.int(1, 2)], pad=[draw.int(0, 1), draw.int(0, 1)]),
        },
        "plain",
    )


def quantized_pooling(draw):
    return (
        [
            codes(draw, [draw.int(1, 2), draw.int(1, 2), draw.int(2, 5), draw.int(2, 5)], draw.choice(SIGNED)),
            *limits(draw),
        ],
        {
            "kernel": [draw.int(1, 3), draw.int(1, 2)],
            "pool_type": draw.choice(("max", "avg")),
            **draw.some(
                stride=[draw.int(1, 2), draw.int(1, 2)],
                pad=[draw.int(0, 1), draw.int(0, 1)],
                global_pool=draw.chance(0.3),
                count_include_pad=draw.chance(),
                pooling_convention=draw.choice(("valid", "full")),
            ),
        },
        "plain",
    )


def quantized_flatten(draw):
    return [codes(draw, draw.shape(1, 4), draw.choice(SIGNED)), *limits(draw)], {}, "plain"


def quantized_act(draw):
    return [codes(draw, draw.shape(1, 4), draw.choice(SIGNED)), *limits(draw)], {"act_type": "relu"}, "plain"


def quantized_concat(draw):
    shape, count = draw.shape(2, 3), draw.int(1, 3)
    ends = [limits(draw) for _ in range(count)]
    dtypes = SIGNED if draw.chance(0.3) else (draw.choice(SIGNED),)
    return (
        [*(codes(draw, shape, draw.choice(dtypes)) for _ in range(count)), *(pair for each in ends for pair in each)],
        {"num_args": count, "dim": 1},
        "plain",
    )


def quantized_elementwise(draw):
    shape, dtypes = draw.shape(1, 3), SIGNED if draw.chance(0.3) else (draw.choice(SIGNED),)
    operands = [codes(draw, shape, draw.choice(dtypes)) for _ in range(2)]
    return (
        [*operands, *limits(draw), *limits(draw)],
        draw.some(min_calib_range=-3.0, max_calib_range=3.0),
        "plain",
    )


def quantized_embedding(draw):
    rows, columns = draw.int(1, 4), draw.int(1, 4)
    return (
        [
            draw.array(draw.shape(1, 2), "float32", "whole", 0, rows),
            codes(draw, [rows, columns], "int8"),
            *limits(draw),
        ],
        {"input_dim": rows, "output_dim": columns},
        "plain",
    )


def quantized_batch_norm(draw):
    channels = draw.int(1, 3)
    return (
        [
            codes(draw, [draw.int(1, 2), channels, draw.int(1, 3), 2], draw.choice(SIGNED)),
            *[draw.plain([channels], "float32") for _ in range(3)],
            draw.array([channels], "float32", "uniform", 0.5, 1.5),
            *limits(draw),
        ],
        {"min_calib_range": -2.0, "max_calib_range": 2.0, **draw.some(eps=0.01, fix_gamma=draw.chance())},
        "plain",
    )


def calibrate(draw):
    n = draw.choice([5, 11, 21, 63])
    return (
        [
            draw.array([n], "float32", "whole", 0, draw.choice([2, 20])),
            draw.array([n + 1], "float32", "value", *[round(-2 + 4 * i / n, 6) for i in range(n + 1)]),
        ],
        {"num_quantized_bins": draw.choice([3, 5])},
        "plain",
    )


# ---- transforms


def fft(draw):
    return [draw.plain([draw.int(1, 3), draw.int(1, 5)], "float32")], draw.some(compute_size=draw.int(1, 4)), "grad"


def ifft(draw):
    return [draw.plain([draw.int(1, 3), 2 * draw.int(1, 4)], "float32")], {}, "grad"


def count_sketch(draw):
    n, d, out = draw.int(1, 3), draw.int(1, 5), draw.int(1, 4)
    return (
        [
            draw.plain([n, d], "float32"),
            draw.array([1, d], "float32", "whole", 0, out),
            draw.array([1, d], "float32", "value", *[draw.choice([-1.0, 1.0]) for _ in range(d)]),
        ],
        {"out_dim": out},
        "grad",
    )


def hawkes(draw):
    batch, length, marks = draw.int(1, 2), draw.int(1, 4), draw.int(1, 3)
    dtype, mode = draw.choice(("float32", "float64")), draw.choice(("grad", "grad", "plain"))
    arrays = [
        draw.array([batch, marks], dtype, "uniform", 0.2, 1.0),
        draw.array([marks], dtype, "uniform", 0.1, 0.5),
        draw.array([marks], dtype, "uniform", 0.5, 1.5),
        draw.array([batch, marks], dtype, "uniform"),
        draw.array([batch, length], dtype, "uniform", 0.1, 1.0),
        draw.array([batch, length], "int32", "whole", 0, marks),
        draw.array([batch], dtype, "whole", 1, length + 1),
        draw.array([batch], dtype, "uniform", 4.0, 6.0),
    ]
    if mode == "plain":
        return arrays, {}, mode
    return arrays, {}, mode + ":" + ",".join(str(i) for i in range(draw.int(1, 4)))


def getnnz(draw):
    return [draw.plain(draw.shape(2, 2))], draw.some(axis=draw.choice([None, 0, 1])), "plain"


def edge_id(draw):
    return (
        [
            draw.plain([3, 3], "float32"),
            draw.array([2], "int64", "whole", 0, 3),
            draw.array([2], "int64", "whole", 0, 3),
        ],
        {},
        "plain",
    )


def cast_storage(draw):
    return [draw.array(draw.shape())], {"stype": "default"}, "plain"


RECIPES = {
    "contrib.quantize": quantize,
    "contrib.quantize_v2": quantize_v2,
    "contrib.quantize_asym": quantize_asym,
    "contrib.dequantize": dequantize,
    "contrib.requantize": requantize,
    "contrib.quantized_fully_connected": quantized_fully_connected,
    "contrib.quantized_conv": quantized_conv,
    "contrib.quantized_pooling": quantized_pooling,
    "contrib.quantized_flatten": quantized_flatten,
    "contrib.quantized_act": quantized_act,
    "contrib.quantized_concat": quantized_concat,
    "contrib.quantized_elemwise_add": quantized_elementwise,
    "contrib.quantized_elemwise_mul": quantized_elementwise,
    "contrib.quantized_embedding": quantized_embedding,
    "contrib.quantized_batch_norm": quantized_batch_norm,
    "contrib.calibrate_entropy": calibrate,
    "contrib.fft": fft,
    "contrib.ifft": ifft,
    "contrib.count_sketch": count_sketch,
    "contrib.hawkesll": hawkes,
    "contrib.getnnz": getnnz,
    "contrib.edge_id": edge_id,
    "cast_storage": cast_storage,
}
