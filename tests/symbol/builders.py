"""Symbols that MXNet and cupynet must make alike; every function here runs with either library as ``mx``.

``scripts/oracle/symbols.py`` stores what :func:`observe` sees in MXNet, ``test_against_mxnet.py`` what it sees here.
"""

import copy
import json
import pickle
import warnings

import numpy as np

CASES = {}  # name -> (builder, sets of shapes, sets of types)


def case(*shapes, types=()):
    """Declare a symbol to build, with the shapes and types that are asked about it."""

    def declare(build):
        CASES[build.__name__] = (build, shapes, types)
        return build

    return declare


# ---- what is looked at ----------------------------------------------------------------------------


def attempt(function, *args, **kwargs):
    """Return what `function` gives, or a mark that it raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


def _kinds(result):
    return [[None if t is None else np.dtype(t).name for t in part or ()] for part in result]


def observe(symbol, shapes=(), types=()):
    """Return everything that can be asked of a symbol, as JSON values."""
    children = symbol.get_children()
    seen = {
        "json": symbol.tojson(),
        "name": symbol.name,
        "repr": repr(symbol),
        "arguments": symbol.list_arguments(),
        "outputs": symbol.list_outputs(),
        "aux": symbol.list_auxiliary_states(),
        "inputs": symbol.list_inputs(),
        "internals": symbol.get_internals().list_outputs(),
        "children": None if children is None else children.list_outputs(),
        "attr_dict": symbol.attr_dict(),
        "list_attr": attempt(symbol.list_attr),
        "length": len(symbol),
        "iterated": [each.name for each in symbol],
        "shapes": [
            [given, attempt(symbol.infer_shape, **given), attempt(symbol.infer_shape_partial, **given)]
            for given in shapes
        ],
        "types": [[given, attempt(lambda g: _kinds(symbol.infer_type(**g)), given)] for given in types],
    }
    return json.loads(json.dumps(seen))


# ---- networks -------------------------------------------------------------------------------------


@case(
    {"data": (100, 100)},
    {"data": (0, 100)},
    {},
    {"data": (2, 3, 4, 5)},
    {"fc1_weight": (128, 9)},
    {"out_label": (7,)},
    {"data": (4, 5), "fc1_weight": (128, 6)},
    types=({}, {"data": "float32"}, {"data": "float64"}, {"data": "float16"}, {"fc1_weight": "float16"}),
)
def mlp(mx):
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(data=net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(data=net, name="fc2", num_hidden=10)
    return mx.sym.SoftmaxOutput(data=net, name="out")


@case({"data": (128, 1, 28, 28)}, {"data": (0, 1, 28, 28)}, types=({"data": "float32"}, {"data": "float64"}))
def lenet(mx):
    data = mx.sym.Variable("data")
    conv1 = mx.sym.Convolution(data=data, kernel=(5, 5), num_filter=20)
    tanh1 = mx.sym.Activation(data=conv1, act_type="tanh")
    pool1 = mx.sym.Pooling(data=tanh1, pool_type="max", kernel=(2, 2), stride=(2, 2))
    conv2 = mx.sym.Convolution(data=pool1, kernel=(5, 5), num_filter=50)
    tanh2 = mx.sym.Activation(data=conv2, act_type="tanh")
    pool2 = mx.sym.Pooling(data=tanh2, pool_type="max", kernel=(2, 2), stride=(2, 2))
    flatten = mx.sym.Flatten(data=pool2)
    fc1 = mx.sym.FullyConnected(data=flatten, num_hidden=500)
    tanh3 = mx.sym.Activation(data=fc1, act_type="tanh")
    fc2 = mx.sym.FullyConnected(data=tanh3, num_hidden=10)
    return mx.sym.SoftmaxOutput(data=fc2, name="out")


def conv_factory(mx, data, num_filter, kernel, stride=(1, 1), pad=(0, 0), name=None, suffix=""):
    conv = mx.sym.Convolution(
        data=data, num_filter=num_filter, kernel=kernel, stride=stride, pad=pad, name=f"conv_{name}{suffix}"
    )
    bn = mx.sym.BatchNorm(data=conv, name=f"bn_{name}{suffix}")
    return mx.sym.Activation(data=bn, act_type="relu", name=f"relu_{name}{suffix}")


@case({"Previous Output": (128, 3, 28, 28)}, {}, types=({"Previous Output": "float32"}, {"Previous Output": "float16"}))
def convolution_unit(mx):
    return conv_factory(mx, mx.sym.Variable("Previous Output"), 64, (7, 7), (2, 2))


@case({"Previous Output": (128, 3, 28, 28)}, types=({"Previous Output": "float32"},))
def inception(mx):
    data, name = mx.sym.Variable("Previous Output"), "in3a"
    c1x1 = conv_factory(mx, data, 64, (1, 1), name=f"{name}_1x1")
    c3x3r = conv_factory(mx, data, 64, (1, 1), name=f"{name}_3x3", suffix="_reduce")
    c3x3 = conv_factory(mx, c3x3r, 64, (3, 3), pad=(1, 1), name=f"{name}_3x3")
    cd3x3r = conv_factory(mx, data, 64, (1, 1), name=f"{name}_double_3x3", suffix="_reduce")
    cd3x3 = conv_factory(mx, cd3x3r, 96, (3, 3), pad=(1, 1), name=f"{name}_double_3x3_0")
    cd3x3 = conv_factory(mx, cd3x3, 96, (3, 3), pad=(1, 1), name=f"{name}_double_3x3_1")
    pooling = mx.sym.Pooling(
        data=data, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg", name=f"avg_pool_{name}_pool"
    )
    cproj = conv_factory(mx, pooling, 32, (1, 1), name=f"{name}_proj")
    return mx.sym.Concat(c1x1, c3x3, cd3x3, cproj, name=f"ch_concat_{name}_chconcat")


@case({"data": (4, 8)}, types=({"data": "float32"},))
def group(mx):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=128)
    net = mx.sym.Activation(net, name="relu1", act_type="relu")
    return mx.sym.Group(
        [mx.sym.SoftmaxOutput(net, name="softmax"), mx.sym.LinearRegressionOutput(net, name="regression")]
    )


@case({"x": (5, 2, 3)}, {"x": (5, 2, 3), "rnn0_state": (4, 2, 6)}, types=({"x": "float32"},))
def lstm(mx):
    return mx.sym.RNN(
        mx.sym.Variable("x"), state_size=6, num_layers=2, bidirectional=True, mode="lstm", state_outputs=True, p=0.2
    )


@case({"x": (5, 2, 3)})
def gru_output_only(mx):
    return mx.sym.RNN(mx.sym.Variable("x"), state_size=6, num_layers=1, mode="gru", name="gru")


@case(
    {"x": (2, 3, 4, 4)},
    {"bn_gamma": (3,)},
    {},
    types=({"x": "float32"}, {"x": "float16"}, {"bn_moving_mean": "float32"}),
)
def batch_norm(mx):
    return mx.sym.BatchNorm(mx.sym.Variable("x"), name="bn", fix_gamma=False, eps=1e-5, momentum=0.99)


@case({"x": (2, 3, 4, 4)})
def batch_norm_given_states(mx):
    return mx.sym.BatchNorm(
        mx.sym.Variable("x"),
        mx.sym.Variable("g"),
        mx.sym.Variable("b"),
        mx.sym.Variable("mean"),
        mx.sym.Variable("var"),
        axis=3,
        use_global_stats=True,
    )


@case({"x": (2, 3, 4, 4)})
def batch_norm_all_outputs(mx):
    return mx.sym.BatchNorm(mx.sym.Variable("x"), output_mean_var=True)


@case({"x": (2, 6, 3, 3)}, types=({"x": "float32"},))
def normalizations(mx):
    x = mx.sym.Variable("x")
    return mx.sym.Group(
        [
            mx.sym.InstanceNorm(x),
            mx.sym.LayerNorm(x),
            mx.sym.GroupNorm(x, num_groups=2),
            mx.sym.L2Normalization(x),
            mx.sym.LRN(x, nsize=3),
            mx.sym.Dropout(x, p=0.3),
        ]
    )


@case({"x": (4, 6)}, {"x": (4, 7)}, {}, types=({"x": "int32"},))
def split_and_concat(mx):
    parts = mx.sym.split(mx.sym.Variable("x"), num_outputs=3, axis=1)
    return mx.sym.Concat(parts[2], parts[0] * 2, parts[1], dim=1)


@case({"x": (4, 2, 6)})
def squeezed_split(mx):
    return mx.sym.SliceChannel(mx.sym.Variable("x"), num_outputs=2, axis=1, squeeze_axis=True, name="cut")


@case({"x": (4, 2, 6)})
def one_of_several(mx):
    return mx.sym.SliceChannel(mx.sym.Variable("x"), num_outputs=2, axis=1, name="cut")[1]


@case(
    {"a": (2, 3)},
    {"b": (2, 3)},
    {},
    {"a": (2, 3), "b": (3, 2)},
    {"a": (0, 3), "b": (2, 0)},
    types=({"a": "float32"}, {"b": "int32"}, {"a": "float32", "b": "float64"}, {}),
)
def sum_of_two(mx):
    return mx.sym.Variable("a") + mx.sym.Variable("b")


@case({"a": (2, 3)}, types=({"a": "float64"}, {"a": "int32"}))
def scalar_operators(mx):
    a = mx.sym.Variable("a")
    return mx.sym.Group(
        [
            a + 1,
            1 + a,
            a - 1,
            1 - a,
            a * 2,
            2 * a,
            a / 2,
            2 / a,
            a**2,
            2**a,
            a % 2,
            2 % a,
            -a,
            a == 1,
            a != 1,
            a > 1,
            a >= 1,
            a < 1,
            a <= 1,
            a < 1,
            a >= 1,
            a + 1.5,
            a * 0.1,
            a - 1e-7,
            a / 3e20,
            a * np.float32(0.5),
            a + np.int64(3),
        ]
    )


@case({"a": (2, 3)}, {"b": (2, 3)}, types=({"a": "float64"},))
def operators_of_two(mx):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    return mx.sym.Group(
        [
            a + b,
            a - b,
            a * b,
            a / b,
            a**b,
            a % b,
            a == b,
            a != b,
            a > b,
            a >= b,
            a < b,
            a <= b,
            abs(a),
            mx.sym.maximum(a, b),
            mx.sym.minimum(a, b),
            mx.sym.power(a, b),
            mx.sym.hypot(a, b),
            mx.sym.maximum(a, 1),
            mx.sym.minimum(1, a),
            mx.sym.power(a, 2),
            mx.sym.power(2, a),
            mx.sym.hypot(a, 3),
            mx.sym.hypot(3, a),
        ]
    )


@case({"a": (2, 2), "b": (2, 2)}, {"a": (2, 2)}, {"a": (2, 2), "b": (2, 3)})
def basic_operations(mx):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    return mx.sym.broadcast_to(mx.sym.reshape(a * b + mx.sym.dot(a, b), shape=(1, 4)), shape=(2, 4))


@case()
def prefixed(mx):
    data = mx.sym.Variable("data")
    with mx.name.Prefix("layer1_"):
        net = mx.sym.FullyConnected(data, name="fc", num_hidden=10)
    with mx.name.Prefix("p_"):
        net = mx.sym.FullyConnected(net, num_hidden=10) + 1
        with mx.name.Prefix("q_"):
            net = mx.sym.Variable("v") * mx.sym.Activation(net, act_type="relu")
        net = net * mx.sym.Activation(net, act_type="relu")
    return mx.sym.relu(net)


@case()
def managed_names(mx):
    data = mx.sym.Variable("data")
    with mx.name.NameManager():
        net = mx.sym.relu(mx.sym.relu(data))
        with mx.name.NameManager():
            net = mx.sym.relu(net)
        net = mx.sym.relu(net)
    return mx.sym.relu(net)


@case({"a": (2, 3)})
def scoped_attributes(mx):
    with mx.AttrScope(ctx_group="dev1", __mark__="7", lr_mult="3"):
        a = mx.sym.Variable("a")
        net = mx.sym.FullyConnected(a, num_hidden=4, name="fc")
        with mx.AttrScope(__mark__="8", force_mirroring="True"):
            net = net + 1
            net = mx.sym.BatchNorm(net, name="bn", attr={"__own__": "z", "__mark__": "9"})
        net = mx.sym.relu(net, attr={"wd_mult": "0.5"})
    return mx.sym.Concat(net, a, name="outside", attr={"mirror_stage": "1", "__lr_mult__": "2"})


@case({}, {"a": (4, 7)}, types=({}, {"a": "float64"}))
def variables(mx):
    a = mx.sym.Variable(
        "a", shape=(4, 0), dtype="float64", lr_mult=0.5, wd_mult=0, init=_Xavier(), __mine__="8", attr={"__more__": "9"}
    )
    b = mx.sym.var("b", shape=(4, 7), init="zeros", dtype=np.float64, attr={"lr_mult": "4", "ctx_group": "g"})
    return mx.sym.elemwise_add(a, b, name="total")


class _Xavier:
    """What Variable needs of an initializer."""

    def dumps(self):
        return '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 2}]'


@case({}, types=({}, {"v2": "float16"}))
def many_types(mx):
    return mx.sym.Group(
        [
            mx.sym.Variable(f"v{i}", dtype=t, shape=(1,))
            for i, t in enumerate(["float32", "float64", "float16", "uint8", "int32", "int8", "int64"])
        ]
    )


@case({"data": (3, 8)})
def shared_weight(mx):
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("myweight")
    net = mx.sym.FullyConnected(data, weight=weight, num_hidden=8, name="fc1")
    return mx.sym.FullyConnected(net, weight=weight, num_hidden=8, no_bias=True)


@case({"data": (3, 8)})
def composed(mx):
    net1 = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=10)
    net2 = mx.sym.FullyConnected(mx.sym.Variable("data2"), name="fc2", num_hidden=10)
    return mx.sym.Group([net2(data2=net1, name="composed"), net2])


@case({"other": (3, 8)}, {"data": (3, 8)})
def composed_group(mx):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc", num_hidden=4)
    both = mx.sym.Group([net, mx.sym.relu(net, name="act")])
    return both(data=mx.sym.Variable("other") * 2, fc_bias=mx.sym.zeros((4,)))


@case({"data": (2, 3, 8, 8)})
def internals(mx):
    return lenet(mx).get_internals()["activation0_output"]


@case({"data": (2, 3)})
def all_internals(mx):
    return mlp(mx).get_internals()


@case({"data": (2, 3)})
def children(mx):
    return mlp(mx).get_children()


@case({"data": (2, 3)})
def copied(mx):
    net = copy.deepcopy(mlp(mx))
    return mx.sym.Group([net, pickle.loads(pickle.dumps(net)), mx.sym.load_json(net.tojson())])


@case({})
def sources(mx):
    S = mx.sym
    return S.Group(
        [
            S.zeros((2, 3)),
            S.ones((2, 3), dtype="int32"),
            S.zeros(4),
            S.full((2,), 3),
            S.arange(5),
            S.arange(1, 7, 2, repeat=2, name="range", dtype="int32"),
            S.linspace(0, 1, 3),
            S.eye(3, k=1),
            S.random.uniform(shape=(2, 2)),
            S.random.normal(0, 1, shape=(2,), dtype="float64"),
            S.random.randint(0, 5, shape=(2,)),
            S.random.exponential(2, shape=(3,)),
            S.random.gamma(2, shape=(2,)),
            S.random.poisson(4, shape=2),
            S.uniform(low=-1, high=1, shape=(2,)),
            S.random_normal(shape=(3,)),
            S.random.randn(2, 3),
            S.random.negative_binomial(2, 0.5, shape=(2,)),
            S.random.generalized_negative_binomial(2, 0.5, shape=(2,)),
        ]
    )


@case({"low": (3,)}, {"low": (3,), "probabilities": (2, 4)})
def samples(mx):
    S = mx.sym
    low, high = S.Variable("low"), S.Variable("high")
    return S.Group(
        [
            S.random.uniform(low, high, shape=(2,)),
            S.random.normal(low, high),
            S.random.poisson(low),
            S.random.exponential(low, shape=2),
            S.sample_gamma(low, high),
            S.random.shuffle(low),
            S.random.multinomial(S.Variable("probabilities"), shape=5)[0],
            S.random.multinomial(S.Variable("probabilities"), get_prob=False),
        ]
    )


@case({"x": (2, 3)})
def values_as_text(mx):
    """Attributes of all kinds, as Python writes them."""
    S, x = mx.sym, mx.sym.Variable("x")
    return S.Group(
        [
            S.sum(x, axis=None),
            S.sum(x, axis=(0, 1), keepdims=True),
            S.sum(x, axis=[1]),
            S.sum(x, axis=1, exclude=0),
            S.clip(x, 0, 1e9),
            S.clip(x, a_min=-0.5, a_max=float("inf")),
            S.Reshape(x, shape=[-1, 0]),
            S.reshape(x, shape=(0, -1), reverse=True),
            S.Cast(x, dtype="float16"),
            S.cast(x, dtype=np.int32),
            S.one_hot(x, depth=4, on_value=0.1, dtype=np.dtype("int8")),
            S.slice(x, begin=(None, 1), end=(1, None)),
            S.slice_axis(x, axis=1, begin=0, end=None),
            S.transpose(x, axes=(1, 0)),
            S.expand_dims(x, 1),
            S.Activation(x, "relu"),
            S.argmax(x, axis=-1),
            S.LeakyReLU(x, act_type="elu", slope=1),
            S.Embedding(x, input_dim=5, output_dim=2),
            S.topk(x, k=2, ret_typ="both"),
            S.norm(x, ord=1, axis=1),
            S.dot(x, x, transpose_b=True),
            S.repeat(x, repeats=2, axis=None),
        ]
    )


@case({"x": (2, 3)})
def methods(mx):
    x = mx.sym.Variable("x")
    return mx.sym.Group(
        [
            x.sum(),
            x.sum(axis=1),
            x.reshape((3, 2)),
            x.reshape(-1),
            x.reshape(shape=(6,)),
            x.astype("int32"),
            x.astype(np.float64),
            x.reshape_like(x),
            x.transpose(),
            x.exp(),
            x.abs(),
            x.slice_axis(axis=0, begin=0, end=1),
            x.clip(0, 1),
            x.expand_dims(axis=0),
            x.flatten(),
            x.split(num_outputs=3)[0],
            x.softmax(),
            x.one_hot(depth=3),
            x.zeros_like(),
            x.square(),
            x.tile((2, 2)),
            x.mean(0),
            x.max(axis=0),
            x.norm(),
            x.swapaxes(0, 1),
            x.take(x),
            x.broadcast_to((2, 3)),
            x.argmax(axis=0),
            x.relu(),
            x.sigmoid(),
            x.log_softmax(),
            x.repeat(2),
            x.sqrt(),
            x.round(),
            x.topk(k=1),
            x.slice(begin=(0, 0), end=(1, 1)),
            x.flip(axis=0),
            x.sign(),
            x.pick(x.sum(axis=1)),
        ]
    )


@case({"x": (2, 3, 8, 8), "y": (5, 5, 3)})
def submodules(mx):
    """Automatic names of functions that live in modules of their own."""
    S, x, y = mx.sym, mx.sym.Variable("x"), mx.sym.Variable("y")
    return S.Group(
        [
            S.contrib.box_nms(x),
            S.contrib.arange_like(x),
            S.linalg.gemm2(x, x),
            S.linalg.syrk(x),
            S.linalg_gemm2(x, x),
            S.image.to_tensor(y),
            S.image.flip_left_right(y),
            S._internal._mul_scalar(x, scalar=2),
            S.op.sum(x),
            S.contrib.MultiBoxPrior(x, sizes=(0.5, 0.2)),
        ]
    )


@case({"x": (6,), "edges": (4,)})
def hand_written_functions(mx):
    S, x = mx.sym, mx.sym.Variable("x")
    return S.Group(
        [
            S.split_v2(x, 2),
            S.split_v2(x, (1, 3), axis=0),
            S.histogram(x, bins=3, range=(0, 1))[0],
            S.histogram(x, bins=S.Variable("edges"))[1],
        ]
    )


@case({"a": (2, 3)}, {"b": (2, 3)})
def sums(mx):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    return mx.sym.Group(
        [
            mx.sym.add_n(a, b, a),
            mx.sym.ElementWiseSum(a, b, name="esum"),
            mx.sym.stack(a, b, axis=1),
            mx.sym.concat(a, b, dim=0),
        ]
    )


@case({"x": (2, 3, 8, 8)}, types=({"x": "float16"},))
def learnt_activations(mx):
    x = mx.sym.Variable("x")
    return mx.sym.Group(
        [
            mx.sym.LeakyReLU(x, act_type="prelu"),
            mx.sym.LeakyReLU(x, act_type="gelu"),
            mx.sym.LeakyReLU(x),
            mx.sym.Deconvolution(x, kernel=(3, 3), num_filter=4),
        ]
    )


@case({"x": (2, 3, 8, 8), "y": (2, 3, 16, 16)}, types=({"x": "float32"},))
def resampling(mx):
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    return mx.sym.Group(
        [
            mx.sym.UpSampling(x, scale=2, sample_type="nearest"),
            mx.sym.UpSampling(x, scale=2, sample_type="bilinear", num_filter=3),
            mx.sym.UpSampling(x, y + 1, scale=2, sample_type="nearest", num_args=2),  # MXNet marks variables here
            mx.sym.contrib.AdaptiveAvgPooling2D(x, output_size=2),
        ]
    )


@case({"x": (2, 3), "y": (2,)})
def losses(mx):
    x = mx.sym.Variable("x")
    return mx.sym.Group(
        [
            mx.sym.SoftmaxOutput(x),
            mx.sym.Softmax(x),
            mx.sym.softmax(x),
            mx.sym.LinearRegressionOutput(x),
            mx.sym.LogisticRegressionOutput(x),
            mx.sym.MAERegressionOutput(x),
            mx.sym.SVMOutput(x),
            mx.sym.MakeLoss(x, grad_scale=2),
            mx.sym.make_loss(x),
            mx.sym.BlockGrad(x),
            mx.sym.stop_gradient(x),
            mx.sym.softmax_cross_entropy(x, mx.sym.Variable("y")),
            mx.sym.SoftmaxOutput(x, multi_output=True, use_ignore=True, ignore_label=255, name="sm"),
        ]
    )


@case({"data": (5, 3, 2), "l": (3, 2)})
def sequences(mx):
    x = mx.sym.Variable("data")
    return mx.sym.Group(
        [
            mx.sym.SequenceMask(x),
            mx.sym.SequenceLast(x, use_sequence_length=True),
            mx.sym.SequenceReverse(x, use_sequence_length=True),
            mx.sym.ctc_loss(x, mx.sym.Variable("l")),
            mx.sym.CTCLoss(x, mx.sym.Variable("l"), name="ctc"),
        ]
    )


@case({"d": (2, 3)})
def same_names_twice(mx):
    return mx.sym.FullyConnected(mx.sym.Variable("d"), name="d", num_hidden=2)


@case({"a": (2,)})
def two_variables_of_one_name(mx):
    return mx.sym.Variable("a") + mx.sym.Variable("a")


@case({"x": (2, 3)})
def twice_the_same(mx):
    x = mx.sym.Variable("x")
    y = mx.sym.relu(x)
    return mx.sym.Group([x, y, y, x])


@case()
def a_variable(mx):
    return mx.sym.Variable('quote " backslash \\ tab \t newline \n é')


@case({"x0": (2, 3)})
def long_lists(mx):
    """Lists of more than ten items, which the JSON breaks into lines."""
    xs = [mx.sym.Variable(f"x{i}") for i in range(12)]
    return mx.sym.Group([mx.sym.add_n(*xs[:10]), mx.sym.add_n(*xs[:11])] + xs)


@case({"x": (2, 3)}, types=({"x": "float32"},))
def mixed_precision(mx):
    """Casts of automatic mixed precision, which are left out of files."""
    x = mx.sym.Variable("x")
    low = mx.sym.amp_cast(x, dtype="float16")
    net = mx.sym.FullyConnected(
        low, mx.sym.amp_cast(mx.sym.Variable("w"), dtype="float16"), num_hidden=2, no_bias=True, name="fc"
    )
    both = mx.sym.amp_multicast(net, mx.sym.Variable("y"), num_outputs=2)
    return both[0] + both[1]


# ---- automatic names ------------------------------------------------------------------------------


def automatic_names(mx):
    """Return [(label, outputs, arguments, aux)] of calls that share one set of counters."""
    S, a, b = mx.sym, mx.sym.Variable("a"), mx.sym.Variable("b")
    calls = {
        "a+b": lambda: a + b,
        "a-b": lambda: a - b,
        "a*b": lambda: a * b,
        "a/b": lambda: a / b,
        "a+1": lambda: a + 1,
        "1+a": lambda: 1 + a,
        "a-1": lambda: a - 1,
        "1-a": lambda: 1 - a,
        "a*2": lambda: a * 2,
        "a/2": lambda: a / 2,
        "2/a": lambda: 2 / a,
        "a**2": lambda: a**2,
        "a**b": lambda: a**b,
        "-a": lambda: -a,
        "a==b": lambda: a == b,
        "a==1": lambda: a == 1,
        "a>b": lambda: a > b,
        "a>1": lambda: a > 1,
        "a%2": lambda: a % 2,
        "abs": lambda: S.abs(a),
        "sum": lambda: S.sum(a),
        "FullyConnected": lambda: S.FullyConnected(a, num_hidden=2),
        "Concat": lambda: S.Concat(a, b),
        "concat": lambda: S.concat(a, b),
        "Flatten": lambda: S.Flatten(a),
        "flatten": lambda: S.flatten(a),
        "SliceChannel": lambda: S.SliceChannel(a, num_outputs=2),
        "split": lambda: S.split(a, num_outputs=2),
        "BlockGrad": lambda: S.BlockGrad(a),
        "stop_gradient": lambda: S.stop_gradient(a),
        "MakeLoss": lambda: S.MakeLoss(a),
        "make_loss": lambda: S.make_loss(a),
        "ElementWiseSum": lambda: S.ElementWiseSum(a, b),
        "add_n": lambda: S.add_n(a, b),
        "broadcast_add": lambda: S.broadcast_add(a, b),
        "dot": lambda: S.dot(a, b),
        "SoftmaxOutput": lambda: S.SoftmaxOutput(a),
        "Softmax": lambda: S.Softmax(a),
        "softmax": lambda: S.softmax(a),
        "LeakyReLU": lambda: S.LeakyReLU(a),
        "BatchNorm": lambda: S.BatchNorm(a),
        "Reshape": lambda: S.Reshape(a, shape=(1,)),
        "transpose": lambda: S.transpose(a),
        "a[0]": lambda: a[0],
        "maximum(a,b)": lambda: S.maximum(a, b),
        "maximum(a,1)": lambda: S.maximum(a, 1),
        "zeros": lambda: S.zeros((1,)),
        "ones": lambda: S.ones((1,)),
        "arange": lambda: S.arange(3),
        "uniform": lambda: S.random.uniform(shape=(1,)),
        "normal": lambda: S.random.normal(shape=(1,)),
        "Embedding": lambda: S.Embedding(a, input_dim=2, output_dim=2),
        "Cast": lambda: S.Cast(a, dtype="int32"),
        "square": lambda: S.square(a),
        "hypot": lambda: S.hypot(a, b),
        "slice_axis": lambda: S.slice_axis(a, axis=0, begin=0, end=1),
        "where": lambda: S.where(a, a, b),
        "RNN": lambda: S.RNN(a, state_size=2, num_layers=1, mode="lstm", state_outputs=True),
        "Dropout": lambda: S.Dropout(a),
        "LRN": lambda: S.LRN(a, nsize=3),
        "L2Normalization": lambda: S.L2Normalization(a),
        "UpSampling": lambda: S.UpSampling(a, scale=2, sample_type="nearest"),
        "Deconvolution": lambda: S.Deconvolution(a, kernel=(2, 2), num_filter=2),
    }
    with mx.name.NameManager():
        return [
            [label, s.list_outputs(), s.list_arguments(), s.list_auxiliary_states()]
            for label, s in ((label, call()) for label, call in calls.items())
        ]


# ---- files of older versions, and odd ones of today's ---------------------------------------------


def _variables(*names):
    return [{"op": "null", "param": {}, "name": n, "inputs": [], "backward_source_id": -1} for n in names]


def _lenet_08():
    """A network as version 0.8 wrote it: `param` and `attr`, entries of two items, no states of BatchNorm."""
    return {
        "nodes": [
            *_variables("data", "conv_weight", "conv_bias"),
            {
                "op": "Convolution",
                "name": "conv",
                "inputs": [[0, 0], [1, 0], [2, 0]],
                "backward_source_id": -1,
                "param": {
                    "cudnn_tune": "off",
                    "dilate": "(1,1)",
                    "kernel": "(3,3)",
                    "no_bias": "False",
                    "num_filter": "8",
                    "num_group": "1",
                    "pad": "(1,1)",
                    "stride": "(1,1)",
                    "workspace": "512",
                },
                "attr": {"ctx_group": "dev1", "weight_lr_mult": "0.5", "lr_mult": "2"},
            },
            *_variables("bn_gamma", "bn_beta"),
            {
                "op": "BatchNorm",
                "name": "bn",
                "inputs": [[3, 0], [4, 0], [5, 0]],
                "backward_source_id": -1,
                "param": {"eps": "0.001", "fix_gamma": "True", "momentum": "0.9"},
                "attr": {"wd_mult": "0"},
            },
            {
                "op": "Activation",
                "param": {"act_type": "relu"},
                "name": "relu",
                "inputs": [[6, 0]],
                "backward_source_id": -1,
            },
            {"op": "Flatten", "param": {}, "name": "flat", "inputs": [[7, 0]], "backward_source_id": -1},
            *_variables("fc_weight", "fc_bias"),
            {
                "op": "FullyConnected",
                "param": {"no_bias": "False", "num_hidden": "10"},
                "name": "fc",
                "inputs": [[8, 0], [9, 0], [10, 0]],
                "backward_source_id": -1,
            },
            *_variables("softmax_label"),
            {
                "op": "SoftmaxOutput",
                "name": "softmax",
                "inputs": [[11, 0], [12, 0]],
                "backward_source_id": -1,
                "param": {"grad_scale": "1", "ignore_label": "-1", "multi_output": "False", "use_ignore": "False"},
            },
        ],
        "arg_nodes": [0, 1, 2, 4, 5, 9, 10, 12],
        "heads": [[13, 0]],
    }


def _graph(*nodes, heads=None, version=None, **more):
    free = [i for i, node in enumerate(nodes) if node["op"] == "null"]
    graph = {"nodes": list(nodes), "arg_nodes": free, "heads": heads or [[len(nodes) - 1, 0]], **more}
    if version:
        graph["attrs"] = {"mxnet_version": ["int", version]}
    return graph


def _null(name, **attrs):
    return {"op": "null", "name": name, "inputs": [], **({"attrs": attrs} if attrs else {})}


def _node(op, name, inputs, key="attrs", **attrs):
    return {"op": op, "name": name, "inputs": inputs, key: attrs}


def _files():
    bn = [
        _null("x"),
        _null("bn_gamma"),
        _null("bn_beta"),
        _null("bn_moving_mean"),
        _null("bn_moving_var"),
        _node("BatchNorm", "bn", [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 1], [4, 0, 1]], key="attr", eps="0.01"),
    ]
    argmax = [_null("x"), _node("argmax", "top", [[0, 0]], key="attr", axis="-1")]
    lifted = [
        _null("x", lr_mult="3", __mine__="1"),
        _null("w"),
        _null("b"),
        _node(
            "FullyConnected",
            "fc",
            [[0, 0], [1, 0], [2, 0]],
            key="attr",
            num_hidden="4",
            weight_lr_mult="0.1",
            bias_wd_mult="0",
            ctx_group="dev2",
            __other__="5",
        ),
    ]
    files = {
        "lenet_08": _lenet_08(),
        "bn_08_attr": _graph(
            _null("x"),
            _null("g"),
            _null("b"),
            _node("BatchNorm", "bn", [[0, 0], [1, 0], [2, 0]], key="attr", fix_gamma="False", lr_mult="2"),
        ),
        "fc_08_only_data": _graph(_null("x"), _node("FullyConnected", "fc", [[0, 0]], key="param", num_hidden="3")),
        "softmax_08_no_label": _graph(_null("x"), _node("SoftmaxOutput", "out", [[0, 0]], key="param")),
        "attr_and_param": _graph(
            _null("x"),
            {
                "op": "FullyConnected",
                "name": "fc",
                "inputs": [[0, 0]],
                "param": {"num_hidden": "3", "no_bias": "True"},
                "attr": {"__a__": "1"},
            },
        ),
        "old_alias": _graph(
            _null("x"),
            _null("y"),
            _node("_Plus", "s", [[0, 0], [1, 0]], key="attr"),
            _node("_PlusScalar", "t", [[2, 0]], key="attr", scalar="2"),
            _node("ElementWiseSum", "u", [[3, 0], [0, 0]], key="attr", num_args="2"),
            _node("flatten", "v", [[4, 0]], key="attr"),
            _node("sum_axis", "w", [[5, 0]], key="attr", axis="1"),
            version=901,
        ),
        "long_suffix": _graph(
            _null("x"),
            _node("Convolution", "c", [[0, 0, 0]], key="attr", kernel="(3L, 3L)", num_filter="8", no_bias="1"),
        ),
        "brackets": _graph(
            _null("x"),
            _null("w"),
            _node("Convolution", "c", [[0, 0, 0], [1, 0, 0]], kernel="[3,3]", no_bias="1", num_filter="8", pad="(1,1)"),
            version=10000,
        ),
        "todays_no_version_2": _graph(*[dict(n) for n in bn], version=10901),
        "extra_attribute_free": _graph(_null("x"), _node("relu", "r", [[0, 0, 0]], __anything__="1"), version=10901),
        "two_heads": _graph(
            _null("x"),
            _node("SliceChannel", "s", [[0, 0, 0]], num_outputs="2"),
            heads=[[1, 1, 0], [1, 0, 0], [0, 0, 0]],
            version=10901,
        ),
        "softmax_alias": _graph(
            _null("x"), _null("l"), _node("Softmax", "s", [[0, 0], [1, 0]], key="attr"), version=800
        ),
        "hidden_keys_on_variable": _graph(
            _null("x", ctx_group="d", weight_lr_mult="1", __lr_mult__="4"),
            _node("relu", "r", [[0, 0]], key="attr", mirror_stage="1"),
            version=900,
        ),
    }
    for version in (None, 800, 900, 903, 904, 905, 1000, 10901):
        files[f"bn_{version}"] = _graph(*[dict(n) for n in bn], version=version)
        files[f"argmax_{version}"] = _graph(*[dict(n) for n in argmax], version=version)
        files[f"lifted_{version}"] = _graph(*[dict(n) for n in lifted], version=version)
    x, relu = _null("x"), _node("relu", "r", [[0, 0, 0]])
    files |= {  # those that nobody can read
        "bad_unknown_op": _graph(x, _node("NoSuchOperator", "n", [[0, 0, 0]]), version=10901),
        "bad_unknown_attribute": _graph(
            x, _node("Activation", "n", [[0, 0, 0]], act_type="relu", zzz="1"), version=10901
        ),
        "needless_attribute": _graph(x, _node("relu", "n", [[0, 0, 0]], zzz="1"), version=10901),
        "bad_value": _graph(x, _node("FullyConnected", "n", [[0, 0, 0]], num_hidden="many"), version=10901),
        "bad_missing_attribute": _graph(x, _node("FullyConnected", "n", [[0, 0, 0]]), version=10901),
        "bad_top_list": [1, 2],
        "bad_no_nodes": {"heads": [[0, 0, 0]], "arg_nodes": []},
        "bad_no_heads": {"nodes": [x], "arg_nodes": [0]},
        "bad_unknown_field": {**_graph(x, relu), "unknown": 1},
    }
    return files


FILES = {name: json.dumps(content) for name, content in _files().items()}


def observe_file(mx, text):
    """Return what the symbol in `text` looks like once loaded, or that it cannot be."""
    symbol = attempt(mx.sym.load_json, text)
    return symbol if isinstance(symbol, dict) else observe(symbol)


# ---- every operator -------------------------------------------------------------------------------


def function(mx, name):
    """Find the Symbol function of a canonical operator name."""
    places = (
        (mx.sym.contrib, "_contrib_"),
        (mx.sym.linalg, "_linalg_"),
        (mx.sym.image, "_image_"),
        (mx.sym, ""),
        (mx.sym._internal, ""),
        (mx.sym.op, ""),
    )
    for place, prefix in places:
        if name.startswith(prefix) and hasattr(place, name[len(prefix) :]):
            return getattr(place, name[len(prefix) :])
    raise LookupError(f"no operator {name}")


def observe_sample(mx, sample):
    """Return what a call of an operator looks like with all its inputs given, and with the first one alone."""
    seen = {}
    for how, inputs in (("all", sample.inputs), ("first", sample.inputs[:1])):
        with mx.name.NameManager():
            names = [f"in{i}" for i in range(len(inputs))]
            symbol = attempt(lambda n: function(mx, sample.op)(*map(mx.sym.Variable, n), **sample.attrs), names)
            if isinstance(symbol, dict):
                seen[how] = symbol
                continue
            # an array without axes has the shape that means "unknown" to MXNet
            shapes = {n: x.shape for n, x in zip(names, inputs) if x.shape}
            types = {n: x.dtype.name for n, x in zip(names, inputs)}
            seen[how] = observe(symbol, [shapes], [types])
    return seen
