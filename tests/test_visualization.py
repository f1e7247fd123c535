"""Drawings and tables of networks, against those of MXNet 1.9.1 (``scripts/oracle/viz.py``)."""
from __future__ import annotations

import builtins
import copy
import json
import math
import re
from pathlib import Path

import pytest

import cupynet as mx

pytest.importorskip("graphviz")  # a machine without a registry may lack this dependency

DATA = Path(__file__).parent / "data" / "viz"
STORED = {path.stem: json.loads(path.read_text()) for path in sorted(DATA.glob("*.json"))}
PLOTS = [(name, plot) for name, stored in STORED.items() for plot in stored["plots"]]
SUMMARIES = [(name, summary) for name, stored in STORED.items() for summary in stored["summaries"]]
# networks whose parameters MXNet miscounts (or crashes on): our totals, where the shape of the data is given
RECOUNTED = {"everything": 112 + 8 + 192 + 3 + 6, "fc_on_images": 112 + 4 * 14 * 14 * 5 + 5, "nhwc": 112 + 8,
             "embedding": 400 + 4 * 6 * (8 + 6 + 2) + 21, "shared": 16 + 4 + 4}


def load(name):
    return mx.sym.load_json(json.dumps(STORED[name]["json"]))


def shapes(arguments):
    """JSON made lists of tuples."""
    arguments = copy.deepcopy(arguments)
    if isinstance(arguments.get("shape"), dict):
        arguments["shape"] = {name: tuple(shape) for name, shape in arguments["shape"].items()}
    return arguments


@pytest.mark.parametrize("name, stored", [(n, p) for n, p in PLOTS if "source" in p and n != "twins"])
def test_plot(name, stored):
    drawing = mx.viz.plot_network(load(name), **shapes(stored["arguments"]))
    assert drawing.source.rstrip("\n") == stored["source"]  # newer versions of graphviz end with a newline
    assert drawing.name == stored["name"] and drawing.format == stored["format"]


def test_plot_with_a_name_twice():
    stored = STORED["twins"]["plots"][0]
    with pytest.warns(RuntimeWarning, match="multiple variables with the same name.*Repeated names: same"):
        drawing = mx.viz.plot_network(load("twins"), **shapes(stored["arguments"]))
    assert drawing.source.rstrip("\n") == stored["source"]


def test_plot_fills_in_a_default_where_mxnet_fails():
    source = mx.viz.plot_network(load("defaults")).source
    assert '"Pooling\nmax, 2x2/1"' in source


def test_plot_with_types():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    source = mx.viz.plot_network(net, shape={"data": (2, 5)}, dtype={"data": "float16"}, hide_weights=False).source
    assert re.findall(r"-> (\w+) \[label=(\S+)", source) == [
        ("data", '"5(float16)"'), ("fc_weight", '"5(float16)"'), ("fc_bias", '"(float16)"')]
    assert 'fc -> data [label="(float16)"' in mx.viz.plot_network(net, dtype={"data": "float16"}).source


@pytest.mark.parametrize("stored", [p for n, p in PLOTS if n == "mlp" and "error" in p])
def test_plot_refuses(stored):
    with pytest.raises(mx.MXNetError) as info:
        mx.viz.plot_network(load("mlp"), **shapes(stored["arguments"]))
    assert stored["error"] == "MXNetError" or isinstance(info.value, getattr(builtins, stored["error"]))


def test_only_symbols():
    for function in (mx.viz.plot_network, mx.viz.print_summary):
        with pytest.raises(TypeError, match="symbol must be"):
            function(3)


def without_counts(text):
    """Blank the column of parameters and the total."""
    return [re.sub(r"Total params: \d+", "", line)[:76] + line[88:] for line in text.splitlines()]


@pytest.mark.parametrize("name, stored", SUMMARIES)
def test_summary(name, stored, capsys):
    net, arguments, expected = load(name), shapes(stored["arguments"]), stored["result"]
    if isinstance(expected, dict) and expected["error"] != "IndexError":
        with pytest.raises(mx.MXNetError):
            mx.viz.print_summary(net, **arguments)
        return
    mx.viz.print_summary(net, **arguments)
    printed = capsys.readouterr().out
    if isinstance(expected, str):
        assert without_counts(printed) == without_counts(expected)
        if name not in RECOUNTED:
            assert printed == expected
    if "shape" in arguments:  # by an independent way: everything that simple_bind would train
        total = int(re.search(r"Total params: (\d+)", printed)[1])
        args, _, _ = net.infer_shape(**arguments["shape"])
        trained = sum(math.prod(shape) for each, shape in zip(net.list_arguments(), args)
                      if each.endswith(("_weight", "_bias", "_gamma", "_beta", "_parameters")))
        assert total == RECOUNTED.get(name, total) == trained


def test_summary_refuses_columns():
    with pytest.raises(ValueError, match="expected the ends of four columns"):
        mx.viz.print_summary(load("mlp"), positions=[0.5, 1.0])
