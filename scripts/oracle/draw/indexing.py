"""Indexing, sorting, sequences, and arrays out of nothing."""

from .array import gradient_of, without_gradient

# ---- indexing


def begin_end(draw, shape):
    rank = draw.int(1, len(shape))
    begin = [draw.choice([None, draw.int(-n, n - 1)]) for n in shape[:rank]]
    end = [draw.choice([None, draw.int(-n, n), n + 2]) for n in shape[:rank]]
    attrs = {"begin": begin, "end": end}
    if draw.chance(0.6):
        attrs["step"] = [draw.choice([None, 1, 2, -1, -2]) for _ in range(draw.choice([rank, rank, 1]))]
    return attrs


def slice_(draw):
    shape = draw.shape()
    return [draw.array(shape)], begin_end(draw, shape)


def slice_assign(draw):
    shape = draw.shape(1, 3)
    attrs, part = {"begin": [], "end": []}, []
    for n in shape:
        low = draw.int(0, n - 1)
        attrs["begin"].append(low)
        attrs["end"].append(draw.int(low + 1, n))
        part.append(attrs["end"][-1] - low)
    dtype = draw.dtype()
    return [draw.array(shape, dtype), draw.array(part, dtype)], attrs


def slice_assign_scalar(draw):
    shape = draw.shape(1, 3)
    return [draw.array(shape)], {**begin_end(draw, shape), "scalar": draw.float()}


def slice_axis(draw):
    shape = draw.shape()
    axis = draw.axis(len(shape))
    n = shape[axis]
    return [draw.array(shape)], {
        "axis": axis,
        "begin": draw.int(-n, n - 1),
        "end": draw.choice([None, draw.int(-n, n)]),
    }


def slice_like(draw):
    shape = draw.shape(1, 4)
    other = [draw.int(1, n) for n in shape]
    attrs = draw.some(axes=[draw.axis(len(shape)) for _ in range(draw.int(1, 2))])
    return [draw.array(shape), draw.array(other)], attrs


def indices(draw, shape, high, wild=0.3):
    """Whole numbers that index an axis of length `high`, repeated, now and then out of range."""
    low, top = (-high - 2, high + 3) if draw.chance(wild) else (0, high)
    return draw.array(shape, draw.choice(("float32", "float32", "int32", "int64")), "whole", low, top)


def take(draw):
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    return [draw.array(shape), indices(draw, draw.shape(1, 3, size=12), shape[axis])], {
        **({"axis": axis} if axis or draw.chance() else {}),
        **draw.some(mode=draw.choice(("clip", "wrap", "raise"))),
    }


def embedding(draw):
    rows, columns = draw.int(1, 5), draw.int(1, 4)
    return [indices(draw, draw.shape(1, 3, size=12), rows), draw.array([rows, columns], draw.floating())], {
        "input_dim": rows,
        "output_dim": columns,
        **draw.some(sparse_grad=False),
    }


def sparse_embedding(draw):
    arrays, attrs = embedding(draw)
    attrs.pop("sparse_grad", None)
    return arrays, attrs


def pick(draw):
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    rest = list(shape)
    keep = draw.chance()
    if keep:
        rest[axis] = 1
    else:
        del rest[axis]
    attrs = {"axis": axis, **draw.some(mode=draw.choice(("clip", "wrap")), keepdims=draw.chance())}
    return [draw.array(shape), indices(draw, rest or [1], shape[axis])], attrs


def batch_take(draw):
    rows, columns = draw.int(1, 5), draw.int(1, 4)
    return [draw.array([rows, columns]), draw.array([rows], "int32", "whole", 0, columns)], {}


def fill_element(draw):
    rows, columns = draw.int(1, 5), draw.int(1, 4)
    return [
        draw.array([rows, columns], "float32"),
        draw.array([rows], "float32"),
        draw.array([rows], "float32", "whole", 0, columns),
    ], {}


def one_hot(draw):
    depth = draw.int(1, 5)
    return [indices(draw, draw.shape(1, 3, size=12), depth)], {
        "depth": depth,
        **draw.some(
            on_value=draw.float(),
            off_value=draw.float(),
            dtype=draw.choice(("float32", "float64", "float16", "int32", "int64", "uint8", "int8")),
        ),
    }


def gather_nd(draw):
    shape = draw.shape(1, 4)
    depth = draw.int(1, len(shape))
    places = draw.shape(1, 2, size=8)
    return [
        draw.array(shape),
        draw.array(
            [depth, *places],
            draw.choice(("float32", "int32", "int64")),
            "whole",
            -1 if draw.chance(0.2) else 0,
            min(shape[:depth]),
        ),
    ], {}


def scatter_nd(draw):
    shape = draw.shape(1, 4)
    depth = draw.int(1, len(shape))
    places = draw.shape(1, 2, size=8)
    return [
        draw.array([*places, *shape[depth:]]),
        draw.array([depth, *places], draw.choice(("float32", "int32", "int64")), "whole", 0, min(shape[:depth])),
    ], {"shape": shape}


def scatter_set_nd(draw):
    shape = draw.shape(1, 3)
    dtype = draw.dtype()
    depth = draw.int(1, len(shape))
    count = min(shape[:depth])
    return [
        draw.array(shape, dtype),
        draw.array([count, *shape[depth:]], dtype),
        draw.array([depth, count], "int32", "permutation")
        if depth == 1
        else draw.array([depth, count], "int32", "whole", 0, count),
    ], {"shape": shape, "out": {"array": 0}}


def ravel(draw):
    shape = draw.shape(1, 4)
    return [
        draw.array(
            [len(shape), draw.int(1, 5)], draw.choice(("float32", "int32", "int64", "float64")), "whole", 0, min(shape)
        )
    ], {"shape": shape}


def unravel(draw):
    shape = draw.shape(1, 4)
    total = 1
    for n in shape:
        total *= n
    return [
        draw.array(draw.shape(1, 2, size=8), draw.choice(("float32", "int32", "int64", "float64")), "whole", 0, total)
    ], {"shape": shape}


def where(draw):
    shape, dtype = draw.shape(), draw.dtype()
    condition = shape if draw.chance(0.8) else shape[:1]
    return [draw.array(condition, None, "ties"), draw.array(shape, dtype), draw.array(shape, dtype)], {}


def boolean_mask(draw):
    shape = draw.shape(1, 4)
    axis = draw.int(0, len(shape) - 1) if draw.chance(0.2) else 0
    return [draw.array(shape), draw.array([shape[axis]], draw.choice(("float32", "int32", "bool")), "whole", 0, 2)], {
        "axis": axis
    } if axis or draw.chance() else {}


def index_copy(draw):
    shape = draw.shape(1, 4)
    count = draw.int(1, shape[0])
    dtype = draw.floating()
    return [
        draw.array(shape, dtype),
        draw.array([count], draw.choice(("int32", "int64")), "permutation"),
        draw.array([count, *shape[1:]], dtype),
    ], {}


def histogram(draw):
    shape, dtype = draw.shape(1, 3), draw.choice(("float32", "float64", "int32"))
    if draw.chance():
        return [draw.plain(shape, dtype)], {"bins": draw.int(1, 6), "range": [-1.5, draw.choice([0.5, 2.0])]}, "plain"
    return [draw.plain(shape, dtype), draw.array([4], dtype, "value", -2, -0.5, 0.25, 1)], {}, "plain"


# ---- sorting


def sort(draw):
    shape = draw.shape()
    return [draw.array(shape)], draw.some(axis=draw.choice([None, draw.axis(len(shape))]), is_ascend=draw.chance())


def argsort(draw):
    arrays, attrs = sort(draw)
    return arrays, {**attrs, **draw.some(dtype=draw.choice(("float32", "int32", "int64", "float64", "uint8")))}


def topk(draw):
    shape = draw.shape()
    axis = draw.choice([None, draw.axis(len(shape))])
    most = shape[axis] if axis is not None else 4
    attrs = draw.some(
        ret_typ=draw.choice(("both", "indices", "mask", "value")),
        is_ascend=draw.chance(),
        dtype=draw.choice(("float32", "int32", "int64", "float64", "uint8")),
    )
    return [draw.array(shape)], {**attrs, **draw.some(axis=axis, k=draw.int(0, most))}


# ---- sequences


def sequence(draw):
    axis = draw.int(0, 1)
    shape = draw.shape(2, 4)
    use = draw.chance(0.7)
    dtype = draw.floating()
    arrays = [draw.array(shape, dtype)]
    if use:
        arrays.append(
            draw.array([shape[1 - axis]], draw.choice((dtype, "float32", "int32")), "whole", 1, shape[axis] + 1)
        )
    return arrays, {**draw.some(axis=axis), "use_sequence_length": use}


def sequence_mask(draw):
    arrays, attrs = sequence(draw)
    return arrays, {**attrs, **draw.some(value=draw.float())}


def sequence_reverse(draw):
    arrays, attrs = sequence(draw)
    attrs.pop("axis", None)
    if len(arrays) > 1:
        arrays[1] = draw.array([arrays[0][2][1]], draw.choice(("float32", "int32")), "whole", 1, arrays[0][2][0] + 1)
    return arrays, attrs


# ---- sources


def zeros(draw):
    return [], {"shape": draw.choice([draw.shape(), draw.int(1, 4)]), **draw.some(dtype=draw.dtype())}, "plain"


def full(draw):
    return [], {"shape": draw.shape(), "val": draw.float(), **draw.some(dtype=draw.dtype())}, "plain"


def arange(draw):
    start = draw.float()
    attrs = {
        "start": start,
        **draw.some(
            stop=start + draw.float(0.5, 6),
            step=draw.choice([0.5, 1, 2, -1, 0.3]),
            repeat=draw.int(1, 3),
            dtype=draw.choice(("float32", "float64", "int32", "int64", "float16", "uint8")),
        ),
    }
    return [], attrs, "plain"


def linspace(draw):
    return (
        [],
        {
            "start": draw.float(),
            "stop": draw.float(),
            "num": draw.int(1, 7),
            **draw.some(endpoint=draw.chance(), dtype=draw.choice(("float32", "float64", "int32", "float16"))),
        },
        "plain",
    )


def eye(draw):
    return (
        [],
        {
            "N": draw.int(1, 5),
            **draw.some(
                M=draw.int(0, 5),
                k=draw.int(-3, 3),
                dtype=draw.choice(("float32", "float64", "int32", "int64", "uint8")),
            ),
        },
        "plain",
    )


def moveaxis(draw):
    shape = draw.shape()
    return [draw.array(shape)], {"source": draw.axis(len(shape)), "destination": draw.axis(len(shape))}


RECIPES = {
    "moveaxis": moveaxis,
    "slice": slice_,
    "_internal._slice_assign": without_gradient(slice_assign),
    "_internal._slice_assign_scalar": without_gradient(slice_assign_scalar),
    "slice_axis": slice_axis,
    "slice_like": slice_like,
    "take": gradient_of(0, take),
    "Embedding": gradient_of(1, embedding),
    "contrib.SparseEmbedding": without_gradient(sparse_embedding),
    "pick": pick,
    "batch_take": without_gradient(batch_take),
    "fill_element_0index": without_gradient(fill_element),
    "one_hot": one_hot,
    "gather_nd": gather_nd,
    "scatter_nd": scatter_nd,
    "_internal._scatter_set_nd": without_gradient(scatter_set_nd),
    "ravel_multi_index": ravel,
    "unravel_index": unravel,
    "where": where,
    "contrib.boolean_mask": boolean_mask,
    "contrib.index_copy": index_copy,
    "histogram": histogram,
    "sort": sort,
    "argsort": argsort,
    "topk": topk,
    "SequenceMask": sequence_mask,
    "SequenceReverse": sequence_reverse,
    "SequenceLast": sequence,
    "zeros": zeros,
    "ones": zeros,
    "full": full,
    "arange": arange,
    "linspace": linspace,
    "eye": eye,
    "choose_element_0index": without_gradient(batch_take),
}
