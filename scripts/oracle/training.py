"""Ask MXNet 1.9.1 about initializers, schedules, optimizers and metrics, for their tests.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/training.py

The answers go to ``tests/data/training/``: the questions are in the same files. With a file as argument, it reads
that file of optimizer states and prints what it holds: so one sees that MXNet reads what cupynet writes.
"""
import contextlib
import io
import json
import logging
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "training"
NAMES = {0: "fc_weight", 1: "fc_bias", 2: "bn_gamma"}
SHAPES = [(3, 4), (5,), (2,)]
STEPS = 5

FACTOR = ["FactorScheduler", {"step": 2, "factor": 0.5, "base_lr": 0.2}]
COMMON = [{}, {"wd": 0.1}, {"rescale_grad": 0.5, "clip_gradient": 0.3, "wd": 0.01}, {"lr_scheduler": FACTOR}]


def some(*more, common=COMMON):
    return [*common, *more]


# Class -> sets of arguments. "dtype" is that of the weights, "single" updates one weight at a time.
OPTIMIZERS = {
    "SGD": some({"momentum": 0.9, "wd": 0.1}, {"momentum": 0.9, "clip_gradient": 0.2, "single": True},
                {"learning_rate": 0.1, "begin_num_update": 3, "lr_scheduler": FACTOR},
                {"momentum": 0.9, "wd": 0.1, "dtype": "float16", "multi_precision": True},
                {"wd": 0.1, "dtype": "float16", "multi_precision": True, "single": True},
                {"momentum": 0.9, "dtype": "float16"}, {"momentum": 0.9, "dtype": "float64"}),
    "ccSGD": [{"momentum": 0.5}],
    "NAG": some({"momentum": 0.9}, {"momentum": 0.9, "wd": 0.1}, {"momentum": 0.5, "wd": 0.2, "lr_scheduler": FACTOR},
                {"momentum": 0.9, "rescale_grad": 0.5, "clip_gradient": 0.3},
                {"momentum": 0.9, "dtype": "float16", "multi_precision": True}),
    "Signum": some({"momentum": 0.0, "wd": 0.1}, {"momentum": 0.5, "wd_lh": 0.1, "wd": 0.01},
                   {"dtype": "float16", "multi_precision": True}),
    "DCASGD": some({"momentum": 0.9, "wd": 0.1}, {"lamda": 1.0}),
    "Test": [{}, {"rescale_grad": 0.5}],
    "Adam": some({"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-2},
                 {"dtype": "float16", "multi_precision": True, "wd": 0.1}, {"begin_num_update": 7}),
    "Adamax": some({"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.9}),
    "Nadam": some({"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-2, "schedule_decay": 0.1}),
    "AdaGrad": some({"eps": 1e-2, "learning_rate": 0.3}),
    "AdaDelta": some({"rho": 0.5, "epsilon": 1e-2}),
    "RMSProp": some({"centered": True, "wd": 0.1}, {"gamma1": 0.5, "epsilon": 1e-2, "clip_weights": 0.8},
                    {"centered": True, "gamma1": 0.5, "gamma2": 0.3, "learning_rate": 0.1},
                    {"dtype": "float16", "multi_precision": True}),
    "Ftrl": some({"lamda1": 0.3, "beta": 0.5, "wd": 0.1}),
    "FTML": some({"learning_rate": 0.1, "beta1": 0.3, "beta2": 0.9, "epsilon": 1e-2}),
    "LARS": some({"momentum": 0.9, "wd": 0.1, "eta": 0.1}, {"momentum": 0.9, "lr_scheduler": FACTOR, "eta": 0.1},
                 {"momentum": 0.9, "eta": 0.1, "eps": 1e-2, "single": True}, {"wd": 0.1, "eta": 0.1, "single": True},
                 {"momentum": 0.9, "lr_scheduler": FACTOR, "momentum_correction": False},
                 {"momentum": 0.9, "eta": 0.1, "dtype": "float16", "multi_precision": True}),
    "LAMB": some({"lower_bound": 0.5, "upper_bound": 1.0, "learning_rate": 0.1}, {"bias_correction": False},
                 {"single": True, "learning_rate": 0.1, "wd": 0.1}, {"single": True, "lower_bound": 2.0},
                 {"dtype": "float16", "multi_precision": True, "learning_rate": 0.1}),
    "LBSGD": [{"batch_scale": 2, "warmup_epochs": 2, "updates_per_epoch": 3, "warmup_strategy": strategy, **more}
              for strategy in ("linear", "power2", "sqrt", "lars", "none")
              for more in ({}, {"momentum": 0.9, "wd": 0.1})] + [{}, {"begin_epoch": 1, "updates_per_epoch": 2}],
}
ROWWISE = {"GroupAdaGrad": [{}, {"eps": 1e-2, "learning_rate": 0.3, "rescale_grad": 0.5, "clip_gradient": 0.3}]}

WARM = {"warmup_steps": 5, "warmup_begin_lr": 0.001}
SCHEDULES = [
    ["FactorScheduler", {"step": 3, "factor": 0.5}],
    ["FactorScheduler", {"step": 2, "factor": 0.1, "stop_factor_lr": 1e-4}],
    ["FactorScheduler", {"step": 3, "factor": 0.5, "base_lr": 0.4, **WARM}],
    ["FactorScheduler", {"step": 3, "factor": 0.5, "warmup_mode": "constant", **WARM}],
    ["FactorScheduler", {"step": 1}],
    ["MultiFactorScheduler", {"step": [3, 7], "factor": 0.1}],
    ["MultiFactorScheduler", {"step": [3, 7, 12], "factor": 0.1, "base_lr": 0.4, **WARM}],
    ["PolyScheduler", {"max_update": 20}],
    ["PolyScheduler", {"max_update": 20, "base_lr": 0.4, "pwr": 1, "final_lr": 0.05, **WARM}],
    ["PolyScheduler", {"max_update": 4, "warmup_steps": 6}],
    ["CosineScheduler", {"max_update": 20}],
    ["CosineScheduler", {"max_update": 20, "base_lr": 0.4, "final_lr": 0.05, "warmup_mode": "constant", **WARM}],
]


# ---- optimizers -----------------------------------------------------------------------------------


def plain(value):
    """Return a state as nested lists."""
    if isinstance(value, mx.nd.NDArray):
        return value.astype("float32").asnumpy().tolist()
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    return value


def with_schedule(arguments):
    given = {k: v for k, v in arguments.items() if k not in ("dtype", "single")}
    if "lr_scheduler" in given:
        name, values = given["lr_scheduler"]
        given["lr_scheduler"] = getattr(mx.lr_scheduler, name)(**values)
    return given


def train(name, arguments, weights, grads):
    """Return the weights after each step and the states after the last."""
    dtype = arguments.get("dtype", "float32")
    with contextlib.redirect_stdout(io.StringIO()):  # a remark about learning rates
        optimizer = mx.optimizer.create(name, param_idx2name=NAMES, **with_schedule(arguments))
    update = mx.optimizer.get_updater(optimizer)
    weights = [mx.nd.array(w, dtype=dtype) for w in weights]
    seen = []
    for step in grads:
        step = [mx.nd.array(g, dtype=dtype) for g in step]
        indices = list(range(len(weights)))
        if update.aggregate_updates and not arguments.get("single"):
            update(indices, step, weights)
        else:
            for i in indices:
                update(i, step[i], weights[i])
        seen.append(plain(weights))
    return {"weights": seen, "states": plain([update.states[i] for i in indices])}


def optimizers():
    draw = np.random.RandomState(7)
    cases = []
    for table, shapes in ((OPTIMIZERS, SHAPES), (ROWWISE, [(3, 4), (2, 5)])):
        weights = [draw.uniform(-1, 1, shape).astype("float32").tolist() for shape in shapes]
        grads = [[draw.uniform(-1, 1, shape).astype("float32").tolist() for shape in shapes] for _ in range(STEPS)]
        for name, argument_sets in table.items():
            for arguments in argument_sets:
                try:
                    found = train(name, arguments, weights, grads)
                except Exception as error:
                    print(f"left out: {name} {arguments}: {str(error).splitlines()[-1]}")
                    continue
                cases.append({"optimizer": name, "arguments": arguments, "given": len(shapes) == 2, **found})
        yield {"weights": weights, "grads": grads}
    yield cases


def defaults():
    """Return the attributes of every optimizer made without arguments."""
    found = {}
    for name in (*OPTIMIZERS, *ROWWISE, "SGLD"):
        attributes = vars(mx.optimizer.create(name))
        found[name] = {k: v for k, v in attributes.items() if isinstance(v, (int, float, str, type(None)))}
    return found


def multipliers():
    """Return what names and attributes of variables do to learning rate and weight decay."""
    weight = mx.sym.Variable("fc_weight", lr_mult=2.0, wd_mult=3.0)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight, num_hidden=3, name="fc", attr={"lr_mult": "7"})
    names = {0: "fc_weight", 1: "fc_bias", 2: "bn_gamma", 3: "bn_beta", 4: "other"}
    found = []
    for kind, sym, lr_mult, wd_mult in (("sgd", None, {}, {}), ("sgd", net, {}, {}), ("lars", net, {}, {}),
                                        ("sgd", net, {"fc_weight": 0.5, 4: 3.0}, {"fc_bias": 0.5, 0: 2.0})):
        optimizer = mx.optimizer.create(kind, learning_rate=0.1, wd=0.01, param_idx2name=names, sym=sym)
        if lr_mult:
            optimizer.set_lr_mult(lr_mult)
            optimizer.set_wd_mult(wd_mult)
        found.append({"optimizer": kind, "symbol": sym is not None, "lr_mult": list(lr_mult.items()),
                      "wd_mult": list(wd_mult.items()), "lrs": optimizer._get_lrs(list(range(6))),
                      "wds": optimizer._get_wds(list(range(6)))})
    return {"json": net.tojson(), "cases": found}


def states():
    """Write files of states, as kvstore, Module and Trainer do."""
    for name, kind, arguments, whole in (("sgd", "sgd", {"momentum": 0.9}, False),
                                         ("sgd_without_momentum", "sgd", {}, False),
                                         ("sgd_mixed", "sgd", {"momentum": 0.9, "multi_precision": True}, False),
                                         ("adam", "adam", {}, False),
                                         ("adam_optimizer", "adam", {"wd": 0.1, "lr_scheduler": FACTOR}, True),
                                         ("group_adagrad_optimizer", "groupadagrad", {"eps": 0.5}, True)):
        optimizer = mx.optimizer.create(kind, **with_schedule(arguments))
        update = mx.optimizer.get_updater(optimizer)
        for step in (1, 2):
            for i in (0, 3):
                array = mx.nd.arange(6, dtype="float16" if "mixed" in name else "float32").reshape((2, 3))
                update(i, array * step - i, array / 10)
        (DATA / f"{name}.states").write_bytes(update.get_states(dump_optimizer=whole))


# ---- schedules ------------------------------------------------------------------------------------


class Lines(logging.Handler):
    """Keeps log lines."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def schedules():
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    found = []
    for name, arguments in SCHEDULES:
        handler = Lines()
        root.addHandler(handler)
        schedule = getattr(mx.lr_scheduler, name)(**json.loads(json.dumps(arguments)))
        rates = [schedule(update) for update in range(26)]
        root.removeHandler(handler)
        found.append({"schedule": name, "arguments": arguments, "rates": rates, "log": handler.lines})
    return found


# ---- metrics --------------------------------------------------------------------------------------


def batches(kind, number=3, size=6):
    """Return (labels, predictions) of several batches, as lists of one output."""
    draw = np.random.RandomState(len(kind))
    classes = 2 if kind == "binary" else 4
    made = []
    for _ in range(number):
        if kind in ("regression", "table"):
            shape = (size,) if kind == "regression" else (size, 2)
            label = draw.uniform(-2, 2, shape)
            pred = label + draw.normal(0, 0.5, shape)
        elif kind == "images":
            label, pred = draw.randint(0, 4, (size, 3, 2)), draw.uniform(size=(size, 4, 3, 2))
        elif kind == "chosen":
            label, pred = draw.randint(0, 4, (size,)), draw.randint(0, 4, (size,))
        else:
            label = draw.randint(0, classes, (size, 1) if kind == "columns" else (size,))
            pred = draw.uniform(size=(size, classes)) ** 3
            pred[np.arange(size), label.ravel()] += 0.2
            pred /= pred.sum(axis=1, keepdims=True)
        made.append([label.astype("float32").tolist(), pred.astype("float32").tolist()])
    return made


SCORES = {"classes": batches("classes"), "binary": batches("binary"), "columns": batches("columns"),
          "images": batches("images"), "chosen": batches("chosen"), "regression": batches("regression"),
          "table": batches("table")}
METRICS = [
    ("acc", {}, "classes binary columns images chosen"), ("acc", {"axis": -1}, "classes"),
    ("top_k_accuracy", {"top_k": 2}, "classes columns"), ("top_k_acc", {"top_k": 3}, "classes"),
    ("f1", {}, "binary"), ("f1", {"average": "micro"}, "binary"), ("mcc", {}, "binary"),
    ("mcc", {"average": "micro"}, "binary"), ("pcc", {}, "binary classes chosen"),
    ("perplexity", {"ignore_label": None}, "classes binary"), ("perplexity", {"ignore_label": 1}, "classes"),
    ("mae", {}, "regression table"), ("mse", {}, "regression table"), ("rmse", {}, "regression table"),
    ("ce", {}, "classes columns"), ("ce", {"eps": 0.1}, "classes"), ("nll_loss", {}, "classes"),
    ("pearsonr", {}, "regression table"), ("pearsonr", {"average": "micro"}, "regression table"),
    ("loss", {}, "regression"), ("torch", {"name": "mine"}, "table"), ("caffe", {}, "table"),
]


def metrics():
    found = []
    for name, arguments, kinds in METRICS:
        for kind in kinds.split():
            try:
                metric = mx.metric.create(name, **arguments)
                seen = [[metric.get_name_value(), metric.get_global_name_value()]]
                for i, (label, pred) in enumerate(SCORES[kind]):
                    if i == 2:
                        metric.reset_local()
                    metric.update([mx.nd.array(label)], [mx.nd.array(pred)])
                    seen.append([metric.get_name_value(), metric.get_global_name_value()])
                seen = json.loads(json.dumps(seen, default=float))
            except Exception as error:
                print(f"left out: {name} {arguments} {kind}: {str(error).splitlines()[-1]}")
                continue
            found.append({"metric": name, "arguments": arguments, "batches": kind, "config": metric.get_config(),
                          "seen": seen})
    return {"batches": SCORES, "cases": found}


# ---- initializers ---------------------------------------------------------------------------------


def filled(init, name, shape, **attrs):
    array = mx.nd.full(shape, 7.0)
    try:
        init(name if attrs.pop("old", False) else mx.init.InitDesc(name, attrs), array)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    return array.asnumpy().tolist()


def initializers():
    I = mx.init  # noqa: E741
    names = ("a_weight a_bias a_gamma a_beta a_moving_mean a_running_var a_moving_var a_moving_inv_var a_moving_avg "
             "a_min a_max upsampling0 upsampling_weight stn_loc_weight stn_loc_bias stn_loc_other a_parameters data "
             "weight bias A_WEIGHT a_weight_ a_label a_bias_quantize").split()
    by_name = []
    for name in names:
        shape = (6,) if name == "stn_loc_bias" else (1, 1, 2, 2)
        by_name.append({"name": name, "shape": shape, "new": filled(I.Constant(3), name, shape),
                        "old": filled(I.Constant(3), name, shape, old=True)})
    dumps = {}
    for name, *arguments in (("Zero",), ("One",), ("Constant", 3), ("Uniform",), ("Uniform", 0.1), ("Normal",),
                             ("Orthogonal",), ("Xavier",), ("Xavier", "gaussian", "in", 2.34), ("MSRAPrelu",),
                             ("MSRAPrelu", "in", 0), ("Bilinear",), ("LSTMBias",), ("LSTMBias", 2.5)):
        dumps[json.dumps([name, *arguments])] = getattr(I, name)(*arguments).dumps()
    attributed = [{"name": name, "init": init, "shape": shape, "value": filled(I.Zero(), name, shape, __init__=init)}
                  for name, init, shape in (("a_weight", '["one", {}]', (2,)), ("a_bias", '["lstmbias", {}]', (8,)),
                                            ("x", '["constant", {"value": 2}]', (2,)), ("x", "ones", (2,)),
                                            ("x", '["lstmbias", {"forget_bias": 2.5}]', (9,)),
                                            ("x", "Bilinear", (2, 1, 3, 5)),
                                            ("x", "bilinear", (1, 2, 4, 4)), ("x", '["xavier", {}]', (2,)))]
    fused = []
    for mode, hidden, layers, both in (("lstm", 2, 1, False), ("lstm", 1, 2, True), ("gru", 2, 1, True),
                                       ("rnn_tanh", 1, 2, False), ("rnn_relu", 2, 2, True)):
        cell = mx.rnn.FusedRNNCell(hidden, layers, mode, both)
        out, _ = cell.unroll(2, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
        shapes = dict(zip(out.list_arguments(), out.infer_shape(data=(2, 1, 3))[0]))
        (name,) = [name for name in shapes if name.endswith("parameters")]
        array = mx.nd.full(shapes[name], 7.0)
        order = Order()
        init = mx.init.FusedRNN(order, hidden, layers, mode, both, 2.5)
        init._init_weight(mx.init.InitDesc(name), array)
        fused.append({"mode": mode, "num_hidden": hidden, "num_layers": layers, "bidirectional": both,
                      "parts": order.seen, "value": array.asnumpy().tolist(),
                      "dumps": init.dumps().replace("order", "zero")})
    return {"by_name": by_name, "dumps": dumps, "attributed": attributed, "fused": fused}


@mx.init.register
class Order(mx.init.Initializer):
    """Fills the first weight with 1, the second with 2, ..."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def _init_weight(self, name, arr):
        self.seen.append([name, list(arr.shape)])
        arr[:] = len(self.seen)


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            update = mx.optimizer.get_updater(mx.optimizer.create("sgd"))
            update.set_states(file.read())
        print({i: plain(state) for i, state in update.states.items()}, type(update.optimizer).__name__,
              vars(update.optimizer))
        return
    DATA.mkdir(parents=True, exist_ok=True)
    dense, rows, cases = optimizers()
    answers = {"optimizers": {"names": NAMES, "given": [dense, rows], "cases": cases, "defaults": defaults(),
                              "multipliers": multipliers()},
               "schedules": schedules(), "metrics": metrics(), "initializers": initializers()}
    for name, found in answers.items():
        (DATA / f"{name}.json").write_text(json.dumps(found) + "\n")
    states()
    print(f"{len(cases)} optimizers, {len(answers['schedules'])} schedules, {len(answers['metrics']['cases'])} metrics "
          f"-> {DATA}")


if __name__ == "__main__":
    main()
