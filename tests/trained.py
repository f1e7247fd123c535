"""Small networks that MXNet trained and saved, and what goes on from its files: run by MXNet and by cupynet.

``scripts/oracle/trained.py`` makes the files of tests/data/trained; ``tests/test_trained.py`` reads and writes them.
"""
import numpy as np

BATCH, CLASSES = 4, 3
KEYS = [3, 5]  # of the buckets
WORDS = 7
OPTIMIZERS = {
    "sgd": {"learning_rate": 0.1}, "momentum": {"learning_rate": 0.1, "momentum": 0.9, "wd": 1e-3},
    "nag": {"learning_rate": 0.1, "momentum": 0.9}, "adam": {"learning_rate": 0.01}, "adagrad": {"learning_rate": 0.1},
    "rmsprop": {"learning_rate": 0.01}, "rmspropalex": {"learning_rate": 0.01, "centered": True}, "adadelta": {},
    "ftrl": {"learning_rate": 0.1}, "adamax": {}, "nadam": {}, "ftml": {}, "signum": {"momentum": 0.9},
    "dcasgd": {}, "lamb": {"learning_rate": 0.01},
}
NAMES = {"momentum": "sgd", "rmspropalex": "rmsprop"}  # names of optimizers that stand above under another
STATES = [(optimizer, "updater") for optimizer in OPTIMIZERS] + [
    (optimizer, "kvstore") for optimizer in ("sgd", "momentum", "adam", "rmspropalex")]  # who updates by what


def _layer(mx, net, filters, name, kernel=(3, 3), **options):
    pad = tuple(length // 2 for length in kernel)
    net = mx.sym.Convolution(net, num_filter=filters, kernel=kernel, pad=pad, no_bias=True, name=f"{name}_conv",
                             **options)
    net = mx.sym.BatchNorm(net, fix_gamma=False, eps=1e-3, name=f"{name}_bn")
    return mx.sym.Activation(net, act_type="relu", name=f"{name}_relu")


def _ending(mx, net):
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=CLASSES, name="fc_out")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def mlp(mx):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    return _ending(mx, mx.sym.Activation(net, act_type="relu", name="relu1"))


def lenet(mx):
    net = mx.sym.Variable("data")
    for i, filters in enumerate((2, 3), 1):
        net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=filters, name=f"conv{i}")
        net = mx.sym.Pooling(mx.sym.Activation(net, act_type="tanh"), kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=5, name="fc1"), act_type="tanh")
    return _ending(mx, mx.sym.Dropout(net, p=0.3))


def resnet(mx):
    net = _layer(mx, mx.sym.Variable("data"), 3, "stem")
    for i in range(2):
        inner = _layer(mx, _layer(mx, net, 3, f"unit{i}a"), 3, f"unit{i}b", (1, 1))
        net = mx.sym.Activation(net + inner, act_type="relu", name=f"unit{i}")
    return _ending(mx, mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg"))


def inception(mx):
    net = _layer(mx, mx.sym.Variable("data"), 2, "stem")
    for i in range(2):
        branches = [_layer(mx, net, 2, f"mixed{i}_1x1", (1, 1)),
                    _layer(mx, _layer(mx, net, 2, f"mixed{i}_reduce", (1, 1)), 2, f"mixed{i}_3x3"),
                    _layer(mx, mx.sym.Pooling(net, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg"), 1,
                           f"mixed{i}_pool", (1, 1))]
        net = mx.sym.Concat(*branches, name=f"mixed{i}")
    return _ending(mx, mx.sym.Pooling(net, global_pool=True, kernel=(8, 8), pool_type="max"))


NETWORKS = {"mlp": (mlp, (6,)), "lenet": (lenet, (1, 12, 12)), "resnet": (resnet, (2, 6, 6)),
            "inception": (inception, (2, 8, 8))}


def batch(mx, shape, seed):
    """Return a batch of noise."""
    random = np.random.RandomState(seed)
    data, label = random.normal(0, 1, (BATCH, *shape)), random.randint(0, CLASSES, BATCH)
    return mx.io.DataBatch([mx.nd.array(data)], [mx.nd.array(label)])


def bound(mx, module, shape):
    module.bind([("data", (BATCH, *shape))], [("softmax_label", (BATCH,))])
    return module


def trained(mx, name, optimizer="sgd", store="updater", steps=2):
    """Return a module after a few steps."""
    network, shape = NETWORKS[name]
    mx.random.seed(3)
    with mx.name.NameManager():
        module = bound(mx, mx.mod.Module(network(mx)), shape)
    module.init_params(mx.init.Xavier())
    begin(mx, module, optimizer, store)
    for step in range(steps):
        module.forward_backward(batch(mx, shape, step))
        module.update()
    return module


def begin(mx, module, optimizer, store):
    """Give a module its optimizer, which updates by itself or in a store."""
    module.init_optimizer(kvstore=mx.kv.create("local") if store == "kvstore" else None,
                          optimizer=NAMES.get(optimizer, optimizer), optimizer_params=OPTIMIZERS[optimizer])


def outputs(mx, prefix, name):
    """Return what the network of a checkpoint makes of a batch."""
    shape = NETWORKS[name][1]
    module = bound(mx, mx.mod.Module.load(prefix, 2), shape)
    module.forward(batch(mx, shape, 9), is_train=False)
    return module.get_outputs()[0].asnumpy()


def gone_on(mx, folder, optimizer, store):
    """Return the parameters of the perceptron after two more steps from its checkpoint and from saved states."""
    shape = NETWORKS["mlp"][1]
    module = bound(mx, mx.mod.Module.load(f"{folder}/mlp", 2), shape)
    begin(mx, module, optimizer, store)
    module.load_optimizer_states(f"{folder}/{optimizer}-{store}.states")
    for step in (5, 6):
        module.forward_backward(batch(mx, shape, step))
        module.update()
    return {key: array.asnumpy().ravel().tolist() for key, array in sorted(module.get_params()[0].items())}


# ---- buckets --------------------------------------------------------------------------------------


def language_model(mx):
    """Return the function that makes the network of a bucket, the same whatever was composed before."""
    make = _language_model(mx)

    def network(length):
        with mx.name.NameManager():
            return make(length)
    return network


def _language_model(mx):
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(4, prefix="lstm_l0_"))

    def network(length):
        net = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=WORDS, output_dim=3, name="embed")
        stack.reset()
        net, _ = stack.unroll(length, inputs=net, merge_outputs=True)
        net = mx.sym.FullyConnected(mx.sym.Reshape(net, shape=(-1, 4)), num_hidden=WORDS, name="pred")
        label = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
        return mx.sym.SoftmaxOutput(net, label, name="softmax"), ("data",), ("softmax_label",)
    return network


def sentences(mx, key, seed):
    words = np.random.RandomState(seed).randint(0, WORDS, (BATCH, key + 1))
    return mx.io.DataBatch([mx.nd.array(words[:, :-1])], [mx.nd.array(words[:, 1:])], bucket_key=key,
                           provide_data=[("data", (BATCH, key))], provide_label=[("softmax_label", (BATCH, key))])


def bound_buckets(module):
    module.bind([("data", (BATCH, max(KEYS)))], [("softmax_label", (BATCH, max(KEYS)))])
    return module


def trained_buckets(mx):
    """Return a language model after a step in each bucket."""
    mx.random.seed(4)
    module = bound_buckets(mx.mod.BucketingModule(language_model(mx), max(KEYS)))
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"learning_rate": 0.5})
    for step, key in enumerate(KEYS):
        module.forward_backward(sentences(mx, key, step))
        module.update()
    return module


def bucket_outputs(mx, prefix):
    """Return what each bucket of a saved language model makes of sentences."""
    module = bound_buckets(mx.mod.BucketingModule.load(prefix, 2, sym_gen=language_model(mx),
                                                       default_bucket_key=max(KEYS)))
    module.init_params()
    found = []
    for key in KEYS:
        module.forward(sentences(mx, key, 9), is_train=False)
        found.append(module.get_outputs()[0].asnumpy())
    return found


def plain(value):
    """Return arrays as lists."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def answers(mx, folder):
    """Return what comes of all files in a folder."""
    found = {"outputs": {name: plain(outputs(mx, f"{folder}/{name}", name)) for name in NETWORKS},
             "buckets": plain(bucket_outputs(mx, f"{folder}/words"))}
    found["gone on"] = {f"{optimizer}-{store}": gone_on(mx, folder, optimizer, store) for optimizer, store in STATES}
    return found


def write(mx, folder):
    """Train, and write all files into a folder."""
    for name in NETWORKS:
        trained(mx, name).save_checkpoint(f"{folder}/{name}", 2)
    trained_buckets(mx).save_checkpoint(f"{folder}/words", 2)
    for optimizer, store in STATES:
        trained(mx, "mlp", optimizer, store).save_optimizer_states(f"{folder}/{optimizer}-{store}.states")


def write_again(mx, source, target):
    """Read the files of a folder, and write what was read into another."""
    for name, (_, shape) in NETWORKS.items():
        bound(mx, mx.mod.Module.load(f"{source}/{name}", 2), shape).save_checkpoint(f"{target}/{name}", 2)
    buckets = mx.mod.BucketingModule.load(f"{source}/words", 2, sym_gen=language_model(mx),
                                          default_bucket_key=max(KEYS))
    bound_buckets(buckets).init_params()
    for key in KEYS:
        buckets.forward(sentences(mx, key, 0), is_train=False)
    buckets.save_checkpoint(f"{target}/words", 2)
    for optimizer, store in STATES:
        module = bound(mx, mx.mod.Module.load(f"{source}/mlp", 2), NETWORKS["mlp"][1])
        begin(mx, module, optimizer, store)
        module.load_optimizer_states(f"{source}/{optimizer}-{store}.states")
        module.save_optimizer_states(f"{target}/{optimizer}-{store}.states")
