"""Draw and summarise some networks with MXNet 1.9.1, for the tests of ``mx.viz``.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/viz.py

For each network a file in ``tests/data/viz/`` gets its JSON and, for several sets of arguments, the source
that ``plot_network`` makes and the text that ``print_summary`` prints, or the type and text of the exception.
"""
import contextlib
import io
import json
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "viz"
S = mx.sym


def mlp():
    net = S.FullyConnected(S.Variable("data"), name="fc1", num_hidden=128)
    net = S.Activation(net, name="relu1", act_type="relu")
    return S.SoftmaxOutput(S.FullyConnected(net, name="fc2", num_hidden=10, no_bias=True), name="out")


def lenet():
    net = S.Variable("data")
    for filters in (20, 50):
        net = S.Convolution(net, kernel=(5, 5), num_filter=filters)
        net = S.Activation(net, act_type="tanh")
        net = S.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = S.FullyConnected(S.Flatten(net), num_hidden=500)
    net = S.FullyConnected(S.Activation(net, act_type="tanh"), num_hidden=10)
    return S.SoftmaxOutput(net, name="softmax")


def unit(data, filters, kernel, stride=(1, 1), pad=(0, 0), name=None):
    net = S.Convolution(data, num_filter=filters, kernel=kernel, stride=stride, pad=pad, name=f"conv_{name}")
    return S.Activation(S.BatchNorm(net, name=f"bn_{name}"), act_type="relu", name=f"relu_{name}")


def inception():
    data = S.Variable("Previous Output")
    deep = unit(unit(data, 8, (1, 1), name="reduce"), 6, (3, 3), pad=(1, 1), name="3x3")
    pool = S.Pooling(data, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg", name="avg_pool")
    return S.Concat(unit(data, 8, (1, 1), name="1x1"), deep, unit(pool, 4, (1, 1), name="proj"), name="ch_concat")


def residual():
    data = S.Variable("data")
    net = S.BatchNorm(data, fix_gamma=False, eps=2e-5, name="bn0")
    net = S.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=6, no_bias=True, num_group=3, name="conv0")
    net = net + S.Convolution(data, kernel=(1, 1), num_filter=6, name="shortcut")
    net = S.Pooling(net, global_pool=True, kernel=(7, 7), pool_type="avg", name="pool")
    return S.LinearRegressionOutput(S.FullyConnected(S.flatten(net), num_hidden=1, name="fc"), name="lro")


def arithmetic():
    a, b = S.Variable("a"), S.Variable("b")
    return S.broadcast_to(S.reshape(a * b + S.dot(a, b), shape=(1, 4)), shape=(2, 4)) * 2 - 1


def branches():
    data = S.Variable("data")
    left, right = S.split(data, num_outputs=2, name="cut")
    both = S.stack(left, S.LeakyReLU(right, act_type="leaky", slope=0.1, name="leaky"), name="stack")
    return S.Group([S.softmax(both, name="probs"), S.BlockGrad(left, name="stop"), S.sum(right, name="total")])


def everything():
    net = S.Convolution(S.Variable("data"), kernel=(3, 3), stride=(2, 2), dilate=(2, 2), num_filter=4, name="conv")
    net = S.InstanceNorm(net, name="inorm")
    net = S.Deconvolution(net, kernel=(4, 4), stride=(2, 2), num_filter=3, name="deconv")
    net = S.LeakyReLU(net, act_type="prelu", name="prelu")
    net = S.UpSampling(net, scale=2, sample_type="nearest", name="up")
    net = S.Dropout(net, p=0.3, name="drop")
    net = S.LRN(net, nsize=3, name="lrn")
    net = S.Pad(net, mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 1, 1), name="pad")
    net = S.transpose(net, axes=(0, 2, 3, 1), name="nhwc")
    net = S.LayerNorm(net, name="lnorm")
    net = S.Reshape(net, shape=(0, -1), name="reshape")
    return S.MakeLoss(S.mean(S.square(net), name="mean"), name="loss")


def embedding():
    words = S.Embedding(S.Variable("data"), input_dim=50, output_dim=8, name="embed")
    rnn = S.RNN(S.swapaxes(words, dim1=0, dim2=1), state_size=6, num_layers=1, mode="lstm", name="lstm",
                parameters=S.Variable("lstm_parameters"), state=S.Variable("h0"), state_cell=S.Variable("c0"))
    return S.FullyConnected(S.SequenceLast(rnn, name="last"), num_hidden=3, name="fc")


def fc_on_images():
    net = S.Convolution(S.Variable("data"), kernel=(3, 3), num_filter=4, name="c")
    return S.FullyConnected(net, num_hidden=5, name="fc")


def conv1d():
    net = S.Convolution(S.Variable("data"), kernel=(3,), stride=(2,), num_filter=4, name="c1")
    net = S.Pooling(net, kernel=(2,), stride=(2,), pool_type="sum", name="p1")
    return S.expand_dims(net, axis=3, name="more")


def conv3d():
    net = S.Convolution(S.Variable("data"), kernel=(3, 3, 3), num_filter=4, name="c3", layout="NCDHW")
    return S.Pooling(net, kernel=(2, 2, 2), pool_type="max", name="p3")


def defaults():
    """Nodes that leave out what others say."""
    net = S.Pooling(S.Variable("data"), kernel=(2, 2), name="pool")
    return S.Pooling(net, kernel=(2, 2), pool_type="max", pooling_convention="full", name="pool2")


def global_pool():
    return S.Pooling(S.Variable("data"), global_pool=True, pool_type="avg", name="gap")


def leaky_default():
    return S.LeakyReLU(S.Variable("data"), name="leaky")


def nhwc():
    net = S.Convolution(S.Variable("data"), kernel=(3, 3), num_filter=4, layout="NHWC", name="c")
    return S.BatchNorm(net, axis=3, name="bn")


def long_names():
    net = S.FullyConnected(S.Variable("an_input_with_a_name_that_is_longer_than_its_column_in_the_table"), num_hidden=4,
                           name="a_layer_with_a_name_that_is_longer_than_its_column_in_the_table")
    return S.Activation(net, act_type="relu", name="act\"quoted\" [odd] <b>")


def variable():
    return S.Variable("alone")


def shared():
    data, weight = S.Variable("data"), S.Variable("shared_weight")
    net = S.FullyConnected(data, weight=weight, num_hidden=4, name="one")
    return S.FullyConnected(net, weight=weight, num_hidden=4, name="two", flatten=False)


def batch_norms():
    net = S.BatchNorm(S.Variable("data"), name="bn")
    return S.FullyConnected(S.BatchNorm(S.Flatten(net), name="bn2"), num_hidden=3, name="head")


def twins():
    data = S.Variable("data")
    return S.Activation(S.Activation(data, act_type="relu", name="same"), act_type="tanh", name="same")


def normalised_names():
    x = S.Variable("x_running_mean") + S.Variable("y_moving_var") + S.Variable("z_running_var") + S.Variable("q_gamma")
    return x * S.Variable("t_beta") * S.Variable("weight") * S.Variable("w_state")


IMAGE = {"data": (2, 3, 16, 16)}
CASES = {
    mlp: [{}, {"shape": {"data": (100, 200)}}, {"shape": {"data": (100, 200)}, "hide_weights": False},
          {"title": "my net", "save_format": "png", "node_attrs": {"fixedsize": "false", "shape": "oval"}}],
    lenet: [{}, {"shape": {"data": (128, 1, 28, 28)}}, {"shape": {"data": (128, 1, 28, 28)}, "hide_weights": False}],
    inception: [{"shape": {"Previous Output": (4, 3, 28, 28)}},
                {"shape": {"Previous Output": (4, 3, 28, 28)}, "hide_weights": False}],
    residual: [{"shape": IMAGE}, {"hide_weights": False}],
    arithmetic: [{}, {"shape": {"a": (2, 2), "b": (2, 2)}}],
    branches: [{}, {"shape": {"data": (2, 6, 4)}}, {"shape": {"data": (2, 6)}}],
    everything: [{}, {"shape": IMAGE}, {"shape": IMAGE, "hide_weights": False}],
    embedding: [{}, {"shape": {"data": (4, 7)}, "hide_weights": False}],
    fc_on_images: [{"shape": IMAGE}],
    conv1d: [{}, {"shape": {"data": (2, 3, 20)}}],
    conv3d: [{}, {"shape": {"data": (2, 3, 8, 8, 8)}}],
    defaults: [{}, {"shape": IMAGE}],
    global_pool: [{}, {"shape": IMAGE}],
    leaky_default: [{}],
    nhwc: [{"shape": {"data": (2, 16, 16, 3)}}],
    long_names: [{}, {"shape": {"an_input_with_a_name_that_is_longer_than_its_column_in_the_table": (2, 3)}}],
    variable: [{}, {"shape": {"alone": (2, 3)}}],
    shared: [{}, {"shape": {"data": (2, 4)}, "hide_weights": False}],
    batch_norms: [{"shape": IMAGE}],
    twins: [{"shape": IMAGE}],
    normalised_names: [{}, {"hide_weights": False}],
}
BAD = {mlp: [{"shape": {"data": (0, 200)}}, {"shape": {"nope": (2, 200)}}, {"shape": {"fc1_bias": (128,)}},
             {"node_attrs": 3}, {"shape": 3}]}
LAYOUTS = [{}, {"line_length": 80}, {"line_length": 100, "positions": [0.3, 0.6, 0.75, 1.0]},
           {"positions": [40, 60, 80, 100]}]


def attempt(function, *args, **kwargs):
    """Return what `function` gives and prints, or the type and text of its exception."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            result = function(*args, **kwargs)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error).strip().splitlines()[-1:]}
    return result if result is not None else printed.getvalue()


def source(graph):
    return {"source": graph.source, "name": graph.name, "format": graph.format, "node_attr": graph.node_attr}


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    for build, argument_sets in CASES.items():
        with mx.name.NameManager():
            net = build()
        plots, summaries = [], []
        for arguments in argument_sets + BAD.get(build, []):
            plots.append({"arguments": arguments,
                          **attempt(lambda kw, s=net: source(mx.viz.plot_network(s, **kw)), arguments)})
            given = {"shape": arguments["shape"]} if "shape" in arguments else {}
            for layout in LAYOUTS if build in (mlp, long_names) else LAYOUTS[:1]:
                summaries.append({"arguments": {**given, **layout},
                                  "result": attempt(mx.viz.print_summary, net, **given, **layout)})
        found = {"json": json.loads(net.tojson()), "plots": plots, "summaries": summaries}
        (DATA / f"{build.__name__}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(CASES)} networks -> {DATA}")


if __name__ == "__main__":
    main()
