"""Symbol files as older versions of MXNet wrote them, made at random from those of tests/data/trained."""
import hashlib
import json
import random
from pathlib import Path

FILES = sorted(Path(__file__).parents[1].joinpath("data", "trained").glob("*-symbol.json"))
VERSIONS = [None, None, 800, 803, 810, 900, 902, 903, 904, 905, 906, 911, 1000, 1002, 1100, 1300, 10500, 10901]
HIDDEN = ["lr_mult", "wd_mult", "ctx_group", "force_mirroring", "mirror_stage", "__lr_mult__", "__mood__"]
LIFTED = ["weight_lr_mult", "bias_wd_mult", "weight_ctx_group"]  # of the inputs of an operator
ALIASES = {"elemwise_add": ["_Plus", "_plus"], "Flatten": ["flatten"], "SoftmaxOutput": ["Softmax"],
           "Concat": ["concat"], "SliceChannel": ["split"]}
COUNT = 150


def old(seed):
    """Return the text of a file."""
    draw = random.Random(seed)
    graph, version = json.loads(draw.choice(FILES).read_text()), draw.choice(VERSIONS)
    early = version is None or version < 900
    field = draw.choice(["attrs", "attr", "param", None])
    fields = [draw.choice(["attr", "attrs"]), "param"]
    for node in graph["nodes"]:
        attrs = node.pop("attrs", {})
        if node["op"] in ("FullyConnected", "Convolution") and draw.random() < 0.1:
            attrs[draw.choice(LIFTED)] = "3"
        if node["op"].startswith("elemwise") and draw.random() < 0.1:
            attrs["bias_wd_mult"] = "2"
        if draw.random() < 0.1:
            attrs[draw.choice(HIDDEN)] = draw.choice(["2", "0.5", "dev1"])
        for key, value in attrs.items():
            node.setdefault(field or draw.choice(fields), {})[key] = value
        if draw.random() < 0.3:
            node["backward_source_id"] = -1
        if early and node["op"] == "BatchNorm" and draw.random() < 0.5:
            node["inputs"] = node["inputs"][:draw.choice([3, 3, 1, 4])]
        if early and node["op"] in ("FullyConnected", "Convolution", "SoftmaxOutput") and draw.random() < 0.1:
            node["inputs"] = node["inputs"][:1]
        if draw.random() < 0.5:
            node["inputs"] = [entry[:2] for entry in node["inputs"]]
        node["op"] = draw.choice([node["op"], *ALIASES.get(node["op"], [])])
    if draw.random() < 0.5:
        del graph["node_row_ptr"]
    if version is None:
        del graph["attrs"]
    else:
        graph["attrs"]["mxnet_version"] = ["int", version]
    return json.dumps(graph)


def answer(mx, seed):
    """Return what is loaded, as hashes, or that nothing is."""
    try:
        symbol = mx.sym.load_json(old(seed))
    except mx.base.MXNetError:
        return "refused"
    texts = symbol.tojson(), json.dumps(symbol.attr_dict(), sort_keys=True)
    return [symbol.list_arguments()[-1], symbol.list_auxiliary_states()[-1:],
            *(hashlib.sha1(text.encode()).hexdigest()[:12] for text in texts)]
