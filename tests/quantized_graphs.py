"""Graphs drawn at random for the passes that put layers on codes; plain data that knows no library."""
from __future__ import annotations

import random

_LAYERS = [
    ("Convolution", 1, {"kernel": (1, 1), "num_filter": 2}),
    ("Convolution", 1, {"kernel": (1, 1), "num_filter": 2, "no_bias": True}),
    ("Convolution", 1, {"kernel": (1,), "num_filter": 2, "num_group": 2}),
    ("FullyConnected", 1, {"num_hidden": 2}), ("FullyConnected", 1, {"num_hidden": 2, "no_bias": True}),
    ("Activation", 1, {"act_type": "relu"}), ("Activation", 1, {"act_type": "tanh"}),
    ("Pooling", 1, {"kernel": (1, 1), "pool_type": "max"}), ("Pooling", 1, {"kernel": (1, 1), "pool_type": "avg"}),
    ("elemwise_add", 2, {}), ("Concat", 2, {"dim": 1}), ("Flatten", 1, {}), ("BatchNorm", 1, {}),
]
_OTHERS = [
    ("Concat", 3, {"dim": 0}), ("Pooling", 1, {"kernel": (1, 1), "pool_type": "sum"}), ("elemwise_mul", 2, {}),
    ("broadcast_add", 2, {}), ("BatchNorm", 1, {"axis": 3}), ("Dropout", 1, {}), ("Reshape", 1, {"shape": (-1, 2)}),
    ("relu", 1, {}), ("LeakyReLU", 1, {}), ("softmax", 1, {}), ("transpose", 1, {}), ("add_n", 2, {}),
    ("Embedding", 1, {"input_dim": 3, "output_dim": 2}), ("clip", 1, {"a_min": 0, "a_max": 1}),
    ("split", 1, {"num_outputs": 2}), ("RNN", 1, {"state_size": 2, "num_layers": 1, "mode": "lstm"}),
    ("Deconvolution", 1, {"kernel": (1, 1), "num_filter": 2}), ("identity", 1, {}), ("mean", 1, {}),
    ("SoftmaxOutput", 1, {}),
]


def program(seed: int) -> dict:
    """Return steps (operator, numbers of the steps that it reads or -1 for the data, attributes) and options."""
    draw = random.Random(seed)
    count, steps = draw.randint(1, 9), []
    for i in range(count):
        op, inputs, attrs = draw.choice(_LAYERS if draw.random() < 0.6 else _LAYERS + _OTHERS)
        steps.append((op, [draw.choice([-1, *range(i)][-3:]) for _ in range(inputs)], attrs))
    return {
        "steps": steps, "offline": 1.0 if draw.random() < 0.9 else 0.5,
        "excluded_sym_names": [f"n{draw.randrange(count)}"] if draw.random() < 0.25 else None,
        "excluded_op_names": [draw.choice(_LAYERS)[0]] if draw.random() < 0.15 else None,
        "quantized_dtype": draw.choice(["int8", "uint8", "auto"]), "quantize_mode": draw.choice(["smart", "full"]),
    }


def build(mx, steps):
    """Return the last step's first output as a symbol of the library `mx`."""
    data, made = mx.sym.Variable("data"), []
    for i, (op, inputs, attrs) in enumerate(steps):
        made.append(getattr(mx.sym, op)(*(data if j < 0 else made[j][0] for j in inputs), name=f"n{i}", **attrs))
    return made[-1][0]


def quantize(mx, seed: int):
    """Return what ``quantize_graph`` of the library makes of a program: symbol, parameters, collector."""
    options = program(seed)
    symbol = build(mx, options.pop("steps"))
    params = [name for name in symbol.list_arguments() if name != "data" and not name.endswith("label")]
    params = params[:round(len(params) * options.pop("offline"))]
    found, params, _, collector = mx.contrib.quantization.quantize_graph(
        symbol, {name: mx.nd.ones(2) for name in params}, {}, calib_mode="naive", **options)
    return found, params, collector


# ---- a small trained network ----------------------------------------------------------------------

HISTOGRAM = 1001, None, None  # the defaults of the collectors of histograms, for quicker tests
MODES = [("naive", "int8"), ("naive", "auto"), ("entropy", "auto"), ("none", "int8")]


def network(mx, np):
    """Return a network, its parameters, and examples."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="fc1")
    hidden = mx.sym.Activation(hidden, act_type="relu", name="relu1")
    symbol = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=4, name="fc2"), name="softmax")
    random = np.random.RandomState(0)
    data = random.rand(32, 10).astype("float32")
    shapes = {"fc1_weight": (16, 10), "fc1_bias": (16,), "fc2_weight": (4, 16), "fc2_bias": (4,)}
    params = {name: mx.nd.array(random.uniform(-0.5, 0.5, shape)) for name, shape in shapes.items()}
    return symbol, params, mx.io.NDArrayIter(data, np.zeros(32), batch_size=16)


def predictions(mx, symbol, params, examples):
    """Return what a network makes of the examples."""
    module = mx.mod.Module(symbol)
    examples.reset()
    module.bind(examples.provide_data, examples.provide_label, for_training=False)
    module.set_params(params, {})
    return module.predict(examples).asnumpy()


def quantized_network(mx, np, mode: str, dtype: str, logger=None):
    """Return ``quantize_model`` of the network in one mode, as plain data: JSON, codes, predictions."""
    symbol, params, examples = network(mx, np)
    symbol, params, _ = mx.contrib.quantization.quantize_model(
        symbol, params, {}, calib_mode=mode, calib_data=examples, quantized_dtype=dtype, logger=logger)
    return {"json": symbol.tojson(), "params": {name: value.asnumpy().tolist() for name, value in params.items()},
            "predictions": predictions(mx, symbol, params, examples).tolist()}
