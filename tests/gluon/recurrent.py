"""Recurrent layers and cells, and how they are used; ``tests/data/gluon-recurrent.json`` has MXNet 1.9.1's answers."""
import json

import numpy as np

# (what is made, how it is used, options of unroll): layer, layer with states, step (over images), unrolled
RECURRENT = [
    ("rnn.RNN(3)", "layer", {}),
    ("rnn.RNN(3, 2, activation='tanh', bidirectional=True, layout='NTC')", "layer", {}),
    ("rnn.LSTM(3, 2, bidirectional=True, input_size=4)", "layer", {}),
    ("rnn.LSTM(3, 2, dropout=0.3)", "layer", {}),
    ("rnn.LSTM(3)", "states", {}),
    ("rnn.GRU(3, layout='NTC')", "states", {}),
    ("rnn.GRU(3, 2, bidirectional=True)", "layer", {}),
    ("rnn.RNNCell(3)", "step", {}),
    ("rnn.RNNCell(3, activation='relu', input_size=4)", "step", {}),
    ("rnn.LSTMCell(3)", "step", {}),
    ("rnn.LSTMCell(3, activation='relu', recurrent_activation='tanh')", "step", {}),
    ("rnn.GRUCell(3)", "step", {}),
    ("rnn.ResidualCell(rnn.GRUCell(4))", "step", {}),
    ("rnn.ZoneoutCell(rnn.LSTMCell(3), 0.2, 0.3)", "step", {}),
    ("rnn.LSTMCell(3)", "unroll", {}),
    ("rnn.LSTMCell(3)", "unroll", {"merge_outputs": True}),
    ("rnn.LSTMCell(3)", "unroll", {"valid_length": True}),
    ("rnn.LSTMCell(3)", "unroll", {"valid_length": True, "merge_outputs": False}),
    ("rnn.GRUCell(3)", "unroll", {"layout": "TNC", "merge_outputs": False}),
    ("rnn.BidirectionalCell(rnn.LSTMCell(3), rnn.GRUCell(3))", "unroll", {}),
    ("rnn.BidirectionalCell(rnn.LSTMCell(3), rnn.GRUCell(3))", "unroll",
     {"valid_length": True, "merge_outputs": False}),
    ("rnn.BidirectionalCell(rnn.LSTMCell(3), rnn.GRUCell(3), 'both_')", "unroll", {"merge_outputs": True}),
    ("rnn.DropoutCell(0.3)", "unroll", {}),
    ("rnn.DropoutCell(0.3, axes=(1,))", "unroll", {"merge_outputs": True}),
    ("rnn.ZoneoutCell(rnn.RNNCell(3), 0.2, 0.3)", "unroll", {}),
    ("rnn.ResidualCell(rnn.RNNCell(4))", "unroll", {"merge_outputs": True}),
    ("rnn.ResidualCell(rnn.RNNCell(4))", "unroll", {"valid_length": True}),
    ("stacked(rnn.SequentialRNNCell())", "step", {}),
    ("stacked(rnn.SequentialRNNCell())", "unroll", {"valid_length": True}),
    ("stacked(rnn.HybridSequentialRNNCell())", "step", {}),
    ("stacked(rnn.HybridSequentialRNNCell())", "unroll", {}),
    ("contrib.LSTMPCell(4, 2)", "step", {}),
    ("contrib.LSTMPCell(4, 2)", "unroll", {"merge_outputs": True}),
    ("contrib.VariationalDropoutCell(rnn.LSTMCell(3), 0.1, 0.2, 0.3)", "step", {}),
    ("contrib.VariationalDropoutCell(rnn.LSTMCell(3), 0.1, 0.2, 0.3)", "unroll", {}),
    ("contrib.VariationalDropoutCell(rnn.GRUCell(3), 0.1, 0.0, 0.3)", "unroll", {"valid_length": True}),
    ("contrib.Conv1DRNNCell((2, 4), 3, 3, 3, i2h_pad=1)", "images", {}),
    ("contrib.Conv1DLSTMCell((2, 4), 3, 3, 3)", "images", {}),
    ("contrib.Conv2DGRUCell((2, 4, 4), 3, (3, 3), 3, activation='relu')", "images", {}),
    ("contrib.Conv3DLSTMCell((2, 4, 4, 4), 1, 3, 1, i2h_dilate=1)", "images", {}),
]
LENGTH, BATCH, WIDTH = 3, 2, 4


def made(mx, expression):
    rnn = mx.gluon.rnn

    def stacked(cell):
        with cell.name_scope():
            cell.add(rnn.LSTMCell(4))
            cell.add(rnn.DropoutCell(0.5))
            cell.add(rnn.ResidualCell(rnn.GRUCell(4)))
        return cell
    return eval(expression, {"rnn": rnn, "stacked": stacked, "contrib": mx.gluon.contrib.rnn})


def used(mx, cell, use, options, x, valid, first):
    """Return outputs and states as one list."""
    if use == "layer":
        return [cell(x)]
    if use == "states":
        out, states = cell(x, first(cell))
        return [out, *states]
    if use in ("step", "images"):
        out, states = cell(x, first(cell))
        return [out, *states]
    options = dict(options)
    if options.pop("valid_length", False):
        options["valid_length"] = valid
    out, states = cell.unroll(LENGTH, x, begin_state=first(cell), **options)
    return [*(out if isinstance(out, list) else [out]), *states]


def graph(mx, expression, use, options):
    """Return the nodes of what is composed."""
    with mx.name.NameManager():
        cell = made(mx, expression)
        parts = used(mx, cell, use, options, mx.sym.Variable("x"), mx.sym.Variable("valid"),
                     lambda cell: cell.begin_state(func=mx.sym.Variable) if use != "states" else
                     [mx.sym.Variable(f"s{i}") for i in range(len(cell.state_info()))])
        nodes = json.loads(mx.sym.Group(parts).tojson())["nodes"]
    plain = [[node["op"], node["name"], {key: value for key, value in node.get("attrs", {}).items()
                                         if not key.startswith("__")}, [each[:2] for each in node["inputs"]]]
             for node in nodes]
    return {"shown": repr(cell), "prefix": cell.prefix, "info": str(cell.state_info(2)), "graph": plain,
            "params": [[name, str(each.shape), str(each.dtype), str(each.init)]
                       for name, each in cell.collect_params().items()],
            "paths": list(cell._collect_params_with_prefix())}


def values(mx, expression, use, options):
    """Return outputs, states and gradients, by operators."""
    draw = np.random.RandomState(4)
    with mx.name.NameManager():
        cell = made(mx, expression)
        cell.initialize(mx.init.One())
        shape = (BATCH, WIDTH) if use == "step" else (BATCH, LENGTH, WIDTH)
        if use == "images":
            shape = (BATCH, *cell._input_shape)
        if "layout" in options or (use in ("layer", "states") and "NTC" not in expression):
            shape = (LENGTH, BATCH, WIDTH)
        x = mx.nd.array(draw.uniform(-1, 1, shape))
        valid = mx.nd.array([2, 3])

        def first(cell):
            return cell.begin_state(func=mx.nd.zeros, batch_size=BATCH)
        used(mx, cell, use, options, x, valid, first)
        for each in cell.collect_params().values():
            each.set_data(mx.nd.array(draw.uniform(-0.7, 0.7, each.shape)))
        x.attach_grad()
        with mx.autograd.record(train_mode=False):
            parts = used(mx, cell, use, options, x, valid, first)
            total = sum((each * each).sum() for each in parts)
        total.backward()
    grads = [float(np.abs(each.grad().asnumpy()).sum()) for each in cell.collect_params().values()]
    return [*(float(each.asnumpy().sum()) for each in parts), float(np.abs(x.grad.asnumpy()).sum()), *grads]


def observed(mx, expression, use, options):
    return {**graph(mx, expression, use, options), "values": values(mx, expression, use, options)}
