"""Recurrent cells drawn at random, and what is asked of them: in MXNet for the answers, here for the tests.

``answer(mx, seed)`` builds the cells of a seed with the package `mx`, and returns what a user sees of them.
"""
import contextlib
import hashlib
import io
import json
import random
import re
import warnings

import numpy as np

MODES = ["rnn_relu", "rnn_tanh", "lstm", "gru"]
LAYOUTS = ["NTC", "TNC"]
COUNT = 250
WIDTH = 4  # of inputs and states


def cell(mx, draw, prefix, depth=2, step=False):
    """Return a cell; with `step` one that can be stepped."""
    rnn = mx.rnn
    kinds = ["rnn", "lstm", "gru"] * 2 + ["fused"] * (not step) * 2
    if depth:
        kinds += ["stack", "dropout", "zoneout", "residual"] + ["both", "both", "unfused"] * (not step)
    kind = draw.choice(kinds)
    if kind == "rnn":
        return rnn.RNNCell(WIDTH, draw.choice(["tanh", "relu", mx.sym.sigmoid]), prefix=prefix)
    if kind == "lstm":
        return rnn.LSTMCell(WIDTH, prefix=prefix, **draw.choice([{}, {"forget_bias": 0.5}]))
    if kind == "gru":
        return rnn.GRUCell(WIDTH, prefix=prefix)
    if kind in ("fused", "unfused"):
        fused = rnn.FusedRNNCell(WIDTH // 2 if kind == "fused" else WIDTH, draw.choice([1, 2]), draw.choice(MODES),
                                 bidirectional=kind == "fused", dropout=draw.choice([0., 0.3]),
                                 get_next_state=draw.random() < 0.5, forget_bias=draw.choice([1.0, 2]), prefix=prefix)
        return fused if kind == "fused" else fused.unfuse()
    if kind == "dropout":
        return rnn.DropoutCell(draw.choice([0, 0.5]), prefix=prefix)
    if kind == "both":
        return rnn.BidirectionalCell(cell(mx, draw, prefix + "l_", depth - 1), cell(mx, draw, prefix + "r_", depth - 1),
                                     **draw.choice([{}, {"output_prefix": prefix}]))
    if kind == "zoneout":
        base = draw.choice([rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell])(WIDTH, prefix=prefix)
        return rnn.ZoneoutCell(base, draw.choice([0., 0.2]), draw.choice([0., 0.3]))
    if kind == "residual":
        return rnn.ResidualCell(cell(mx, draw, prefix, depth - 1, step))
    stack = rnn.SequentialRNNCell()
    for i in range(draw.randrange(1, 4)):
        stack.add(cell(mx, draw, f"{prefix}{i}_", depth - 1, step))
    return stack


def convolutional(mx, draw, prefix):
    kind = draw.choice([mx.rnn.ConvRNNCell, mx.rnn.ConvLSTMCell, mx.rnn.ConvGRUCell])
    kernel = draw.choice([(3, 3), (1, 5), (5, 3)])
    return kind((2, 3, 9, 8), 4, h2h_kernel=kernel, h2h_dilate=draw.choice([(1, 1), (2, 1)]),
                i2h_kernel=draw.choice([(3, 3), (2, 4)]), i2h_stride=draw.choice([(1, 1), (2, 1)]),
                i2h_pad=draw.choice([(1, 1), (0, 2)]), prefix=prefix, i2h_weight_initializer=draw.choice(
                    [None, "xavier", mx.init.Normal(0.5)]),
                **draw.choice([{}, {"activation": "tanh"}, {"conv_layout": "NCHW"}]))


def flat(states):
    return [each for state in states for each in flat(state)] if isinstance(states, (list, tuple)) else [states]


def shape_of(states):
    """Return the structure of nested lists."""
    return [shape_of(each) for each in states] if isinstance(states, (list, tuple)) else states.name


def composed(mx, seed):
    """Return (cell, symbol of outputs and states, what was said of them, shapes of the inputs)."""
    draw = random.Random(seed)
    with mx.name.NameManager(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = draw.random() < 0.15
        top = convolutional(mx, draw, "conv_") if images else cell(mx, draw, draw.choice(["", "c_"]))
        length, layout = draw.randrange(1, 4), "NTC" if images else draw.choice(LAYOUTS)
        merge = draw.choice([None, True, False])
        shape = (2, 3, 9, 8) if images else (2, WIDTH)
        if images or draw.random() < 0.4:
            inputs = [mx.sym.Variable(f"x{i}") for i in range(length)]
            shapes = {f"x{i}": shape for i in range(length)}
            merge = None if images else merge
        else:
            inputs = mx.sym.Variable("data")
            shapes = {"data": (2, length, WIDTH) if layout == "NTC" else (length, 2, WIDTH)}
        said = {"info": top.state_info, "shapes": top.state_shape, "gates": list(top._gate_names)}
        begin = None
        if draw.random() < 0.3:
            begin = top.begin_state()
            said["begin"] = [each.name for each in begin]
        if draw.random() < 0.2:
            top.unroll(length, inputs, layout=layout)  # names must not depend on what was done before
        outputs, states = top.unroll(length, inputs=inputs, begin_state=begin, layout=layout, merge_outputs=merge)
        said["listed"], said["states"] = isinstance(outputs, list), shape_of(states)
        said["params"] = sorted(top.params._params)
        return top, mx.sym.Group(flat(outputs) + flat(states)), said, shapes


def computed(mx, top, symbol, shapes):
    """Return sums of the outputs and gradients for numbers made from the names' places, and the unpacked weights."""
    names = symbol.list_arguments()
    found, _, _ = symbol.infer_shape(**shapes)
    random = np.random.RandomState(len(names))
    args = {name: mx.nd.array(random.uniform(-1, 1, shape)) for name, shape in zip(names, found)}
    weights = {name: array for name, array in args.items() if name not in shapes}
    unpacked = top.unpack_weights(weights)
    packed = top.pack_weights(unpacked)
    assert all((packed[name].asnumpy() == array.asnumpy()).all() for name, array in weights.items())
    grads = {name: mx.nd.zeros(array.shape) for name, array in args.items()}
    executor = symbol.bind(mx.current_context(), args, grads)
    outputs = executor.forward(is_train=False)
    sums = [float(output.asnumpy().astype("float64").sum()) for output in outputs]
    back = None
    if "Dropout" not in symbol.tojson() and not any(p != "0.0" for p in re.findall(r'"p": "([^"]*)"', symbol.tojson())):
        executor.forward(is_train=True)
        # an output may be a state, too; of two equal heads MXNet knows only the last one's gradient
        heads = [json.dumps(head) for head in json.loads(symbol.tojson())["heads"]]
        executor.backward([mx.nd.full(output.shape, head not in heads[i + 1:])
                           for i, (head, output) in enumerate(zip(heads, outputs))])
        back = {name: float(np.abs(grads[name].asnumpy()).sum()) for name in sorted(grads)}
    return {"outputs": sums, "grads": back,
            "unpacked": {name: float(array.asnumpy().sum()) for name, array in unpacked.items()}}


def answer(mx, seed, compute=True):
    """Return what is to be the same: all of it, if MXNet does not fail."""
    try:
        top, symbol, said, shapes = composed(mx, seed)
    except Exception as error:
        return {"error": type(error).__name__}
    said["json"] = hashlib.sha1(symbol.tojson().encode()).hexdigest()
    if compute:
        try:
            said["computed"] = computed(mx, top, symbol, shapes)
        except mx.base.MXNetError:  # shapes that cannot fit
            said["computed"] = "refused"
    return json.loads(json.dumps(said))


# ---- sentences ------------------------------------------------------------------------------------


def sentences(draw):
    return [[draw.randrange(1, 9) for _ in range(draw.randrange(1, 8))] for _ in range(draw.randrange(1, 40))]


def batches(mx, seed):
    """Return two epochs of a BucketSentenceIter drawn at random, or the kind of the error."""
    draw = random.Random(seed)
    options = {"buckets": draw.choice([None, [3, 7], [6, 2, 4], [10], []]), "invalid_label": draw.choice([-1, 0]),
               "dtype": draw.choice(["float32", "int32"]), "layout": draw.choice(["NT", "TN"]),
               "data_name": draw.choice(["data", "words"])}
    given = sentences(draw)
    random.seed(seed)
    np.random.seed(seed)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            batches = mx.rnn.BucketSentenceIter(given, draw.randrange(1, 5), **options)
        except ValueError:
            return {"error": "ValueError"}
    found = {"said": said.getvalue(), "key": batches.default_bucket_key, "buckets": batches.buckets,
             "data": str(batches.provide_data), "label": str(batches.provide_label), "epochs": []}
    for _ in range(2):
        found["epochs"].append([[
            batch.bucket_key, batch.pad, batch.data[0].asnumpy().tolist(), batch.label[0].asnumpy().tolist(),
            str(batch.data[0].dtype), str(batch.provide_data), str(batch.provide_label)] for batch in batches])
        batches.reset()
    return found


def encoded(mx, seed):
    """Return sentences with numbers for their words, or the kind of the error."""
    draw = random.Random(seed)
    words = [[draw.choice("abcdefg") for _ in range(draw.randrange(0, 6))] for _ in range(draw.randrange(1, 6))]
    options = {"invalid_label": draw.choice([-1, 0, 3]), "start_label": draw.choice([0, 1, -1]),
               "invalid_key": draw.choice(["\n", "<pad>"])}
    if draw.random() < 0.5:
        options["vocab"] = draw.choice([{"a": 0, "b": 1}, {each: i for i, each in enumerate("gfedcba")}])
        options["unknown_token"] = draw.choice([None, "<unk>", "a"])
    elif draw.random() < 0.3:
        options["unknown_token"] = "<unk>"
    try:
        return list(mx.rnn.encode_sentences(words, **options))
    except (AssertionError, ValueError):
        return "refused"


def answers(mx):
    """Return all answers."""
    return {"cells": {seed: answer(mx, seed) for seed in range(COUNT)},
            "batches": {seed: batches(mx, seed) for seed in range(40)},
            "encoded": {seed: encoded(mx, seed) for seed in range(40)}}
