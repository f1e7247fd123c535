"""Reductions, shapes, joining and splitting, indexing, sorting, sequences."""

from . import FLOATS


def reduction(draw):
    shape = draw.shape()
    attrs = {}
    if draw.chance(0.8):
        attrs["axis"] = draw.axes(len(shape))
    attrs.update(draw.some(keepdims=draw.chance(), exclude=draw.chance(0.3)))
    return [draw.array(shape)], attrs


def norm(draw):
    shape = draw.shape()
    attrs = {"ord": draw.choice([1, 2, 2])} if draw.chance(0.7) else {}
    if draw.chance(0.8):
        axes = draw.axes(len(shape))
        attrs["axis"] = axes[:2] if isinstance(axes, list) else axes
    attrs.update(draw.some(keepdims=draw.chance()))
    if draw.chance(0.2):
        attrs["out_dtype"] = draw.choice(("float16", "float32", "float64", "int32", "int64", "int8"))
    return [draw.array(shape, draw.choice(("float32", "float32", "float64", "float16", "int32")))], attrs


def moments(draw):
    shape = draw.shape()
    return [draw.plain(shape, draw.floating())], {"axes": draw.axes(len(shape)), **draw.some(keepdims=draw.chance())}


def argument(draw):
    shape = draw.shape()
    return [draw.array(shape)], draw.some(axis=draw.choice([None, draw.axis(len(shape))]), keepdims=draw.chance())


def cumsum(draw):
    shape = draw.shape()
    return [draw.array(shape)], draw.some(
        axis=draw.choice([None, draw.axis(len(shape))]),
        dtype=draw.choice(("float32", "float64", "int32", "int64", "float16")),
    )


def one_array(draw):
    return [draw.array(draw.shape())], {}


def without_gradient(recipe):
    return lambda draw: (*recipe(draw)[:2], "plain")


def gradient_of(place, recipe):
    return lambda draw: (*recipe(draw)[:2], f"grad:{place}")


# ---- shapes


def reshape(draw):
    shape = draw.shape(1, 4)
    wish, n = [], 1
    while n < len(shape) + 1:
        code = draw.choice([0, 0, -1, -2, -3, -4, draw.int(1, 6), None])
        if code is None:
            code = shape[min(n - 1, len(shape) - 1)]
        wish.append(code)
        if code == -4:
            wish += draw.choice([[-1, 1], [1, -1], [2, -1], [1, 2]])
        n += 2 if code == -3 else len(shape) if code == -2 else 1
    return [draw.array(shape)], {"shape": wish, **({"reverse": True} if draw.chance(0.25) else {})}


def target_shape(draw):
    shape = draw.shape(1, 4)
    total = 1
    for n in shape:
        total *= n
    return [draw.array(shape)], {
        "target_shape": draw.choice([[0, total // shape[0]], [total], [0, 0], [shape[0], 0]]),
        **draw.some(keep_highest=draw.chance()),
    }


def any_reshape(draw):
    return target_shape(draw) if draw.chance(0.1) else reshape(draw)


def reshape_like(draw):
    shape = draw.shape(1, 4)
    other = [shape[i] for i in draw.random.permutation(len(shape))]
    attrs = {}
    if draw.chance(0.6):
        attrs = draw.some(
            lhs_begin=draw.int(-3, 2), lhs_end=draw.int(-2, 4), rhs_begin=draw.int(-3, 2), rhs_end=draw.int(-2, 4)
        )
    return [draw.array(shape), draw.array(other)], attrs


def expand_dims(draw):
    shape = draw.shape()
    return [draw.array(shape)], {"axis": draw.int(-len(shape) - 1, len(shape))}


def squeeze(draw):
    shape = [1 if draw.chance(0.6) else n for n in draw.shape()]
    ones = [i for i, n in enumerate(shape) if n == 1]
    attrs = {}
    if draw.chance(0.7) and ones:
        chosen = [ones[i] for i in draw.random.permutation(len(ones))[: draw.int(1, len(ones))]]
        attrs["axis"] = chosen if draw.chance() else chosen[0] - (len(shape) if draw.chance(0.3) else 0)
    return [draw.array(shape)], attrs


def transpose(draw):
    shape = draw.shape()
    return [draw.array(shape)], {"axes": [int(i) for i in draw.random.permutation(len(shape))]} if draw.chance() else {}


def swapaxes(draw):
    shape = draw.shape()
    return [draw.array(shape)], {"dim1": draw.axis(len(shape)), "dim2": draw.axis(len(shape))}


def flip(draw):
    shape = draw.shape()
    return [draw.array(shape)], {
        "axis": draw.choice(
            [draw.int(0, len(shape) - 1), [draw.int(0, len(shape) - 1)], list(range(len(shape))), draw.axis(len(shape))]
        )
    }


def concat(draw):
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    dtype = draw.dtype()
    arrays = []
    for _ in range(draw.int(1, 4)):
        each = list(shape)
        each[axis] = draw.int(1, 3)
        arrays.append(draw.array(each, dtype))
    return arrays, {} if axis == 1 and draw.chance() else {"dim": axis}


def stack(draw):
    shape, dtype = draw.shape(1, 4), draw.dtype()
    return (
        [draw.array(shape, dtype) for _ in range(draw.int(1, 4))],
        draw.some(axis=draw.int(-len(shape) - 1, len(shape))),
    )


def split(draw):
    shape, parts = draw.shape(2, 4), draw.int(1, 3)
    axis = draw.axis(len(shape))
    shape[axis] = parts * draw.int(1, 2)
    return [draw.array(shape)], {"num_outputs": parts, "axis": axis, **draw.some(squeeze_axis=draw.chance(0.4))}


def split_v2(draw):
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    shape[axis] = draw.int(2, 6)
    where = draw.choice([draw.int(1, 3), sorted({draw.int(1, shape[axis] - 1) for _ in range(draw.int(1, 3))})])
    return [draw.array(shape)], {"indices_or_sections": where, "axis": axis, **draw.some(squeeze_axis=draw.chance(0.3))}


def tile(draw):
    return [draw.array(draw.shape(1, 3))], {"reps": [draw.int(1, 3) for _ in range(draw.int(1, 4))]}


def repeat(draw):
    shape = draw.shape(1, 4)
    return [draw.array(shape)], {
        "repeats": draw.int(1, 3),
        **draw.some(axis=draw.choice([None, draw.axis(len(shape))])),
    }


def broadcast_to(draw):
    one, other = draw.broadcast_pair()
    full = [max(a, b) for a, b in zip(one, other)]
    return [draw.array(one)], {"shape": [0 if a == b and draw.chance(0.3) else b for a, b in zip(one, full)]}


def broadcast_axis(draw):
    shape = [1 if draw.chance() else n for n in draw.shape(1, 4)]
    ones = [i for i, n in enumerate(shape) if n == 1]
    chosen = [ones[i] for i in draw.random.permutation(len(ones))[: draw.int(1, 2)]] if ones else [0]
    return [draw.array(shape)], {"axis": chosen, "size": [draw.int(1, 3) for _ in chosen]}


def broadcast_like(draw):
    one, other = draw.broadcast_pair()
    full = [max(a, b) for a, b in zip(one, other)]
    attrs = {}
    if draw.chance(0.4):
        axes = [int(i) for i in draw.random.permutation(len(one))[: draw.int(1, len(one))]]
        attrs = {"lhs_axes": axes, "rhs_axes": axes}
    return [draw.array(one), draw.array(full)], attrs


def pad(draw):
    shape = draw.shape(4, 5, longest=4, size=80)
    mode = draw.choice(("constant", "edge", "reflect"))
    widths = [0, 0, 0, 0]
    for n in shape[2:]:
        most = n - 1 if mode == "reflect" else 3
        widths += [draw.int(0, most), draw.int(0, most)]
    return [draw.array(shape, draw.choice(FLOATS) if draw.chance(0.9) else None)], {
        "mode": mode,
        "pad_width": widths,
        **draw.some(constant_value=draw.float()),
    }


def depth_to_space(draw):
    block = draw.int(1, 3)
    return [draw.array([draw.int(1, 2), block * block * draw.int(1, 2), draw.int(1, 3), draw.int(1, 3)])], {
        "block_size": block
    }


def space_to_depth(draw):
    block = draw.int(1, 3)
    return [draw.array([draw.int(1, 2), draw.int(1, 2), block * draw.int(1, 2), block * draw.int(1, 2)])], {
        "block_size": block
    }


def diag(draw):
    shape = draw.shape(1, 4)
    attrs = draw.some(k=draw.int(-2, 2))
    if len(shape) > 1 and draw.chance():
        a, b = draw.random.permutation(len(shape))[:2]
        attrs.update(axis1=int(a) - draw.choice([0, len(shape)]), axis2=int(b))
    return [draw.array(shape)], attrs


def arange_like(draw):
    shape = draw.shape(1, 3)
    return [draw.array(shape, draw.floating())], draw.some(
        start=draw.float(),
        step=draw.float(0.2, 2),
        repeat=draw.choice([1, 1, 2]),
        axis=draw.choice([None, draw.axis(len(shape))]),
    )


def index_array(draw):
    shape = draw.shape(1, 4)
    return [draw.array(shape)], draw.some(axes=[draw.axis(len(shape)) for _ in range(draw.int(1, 3))])


RECIPES = {
    **dict.fromkeys(("sum", "mean", "prod", "nansum", "nanprod", "max", "min", "sum_axis"), reduction),
    "norm": norm,
    "moments": moments,
    "argmax": argument,
    "argmin": argument,
    "argmax_channel": without_gradient(one_array),
    "cumsum": cumsum,
    "_internal._square_sum": reduction,
    "reshape": any_reshape,
    "Reshape": any_reshape,
    "reshape_like": reshape_like,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "flip": flip,
    "reverse": flip,
    "flatten": one_array,
    "concat": concat,
    "stack": stack,
    "split": split,
    "split_v2": split_v2,
    "tile": tile,
    "repeat": repeat,
    "broadcast_to": broadcast_to,
    "broadcast_axis": broadcast_axis,
    "broadcast_like": broadcast_like,
    "pad": pad,
    "depth_to_space": depth_to_space,
    "space_to_depth": space_to_depth,
    "diag": diag,
    "contrib.arange_like": arange_like,
    "contrib.index_array": index_array,
}
