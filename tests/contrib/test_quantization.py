"""Networks whose layers compute with codes: the graphs of MXNet 1.9.1 (scripts/oracle/quantization.py), calibration."""
import gzip
import json
import logging
from pathlib import Path

import numpy as np
import pytest
import quantized_graphs as programs

import cupynet as mx
from cupynet.contrib import quantization
from cupynet.contrib.quantization import calibration

STORED = json.loads(gzip.decompress((Path(__file__).parents[1] / "data" / "quantization.json.gz").read_bytes()))
FC1 = {"fc1_weight_quantize", "fc1_weight_quantize_min", "fc1_weight_quantize_max"}


@pytest.mark.parametrize("part", range(8))
def test_graphs_are_those_of_mxnet(part):
    for seed in list(STORED["graphs"])[part::8]:
        text, params, layers = STORED["graphs"][seed]
        symbol, found, collector = programs.quantize(mx, int(seed))
        assert symbol.tojson() == text, programs.program(int(seed))
        assert (sorted(found), sorted(collector.include_layer)) == (params, layers)


@pytest.fixture
def few_bins(monkeypatch):
    """Histograms of fewer bins than the 8001 that both libraries take otherwise."""
    monkeypatch.setattr(calibration.HistogramCollector.__init__, "__defaults__", programs.HISTOGRAM)


@pytest.mark.usefixtures("few_bins")
@pytest.mark.parametrize("mode, dtype", programs.MODES)
def test_calibrated_networks_are_those_of_mxnet(mode, dtype, caplog):
    """Thresholds, codes of parameters, predictions, and what is logged meanwhile."""
    expected = STORED["modes"][f"{mode} {dtype}"]
    caplog.set_level(logging.INFO)
    found = programs.quantized_network(mx, np, mode, dtype, logging)
    nodes, theirs = (json.loads(each["json"])["nodes"] for each in (found, expected))
    for one, other in zip(nodes, theirs, strict=True):
        attrs, expected_attrs = one.pop("attrs", {}), other.pop("attrs", {})
        assert one == other and attrs.keys() == expected_attrs.keys()
        for key, value in attrs.items():
            close = "calib" in key and float(value) == pytest.approx(float(expected_attrs[key]), abs=3e-6)
            assert close or value == expected_attrs[key]
    assert found["params"] == expected["params"]
    np.testing.assert_allclose(found["predictions"], expected["predictions"], atol=2e-6)
    np.testing.assert_allclose(found["predictions"], STORED["plain"], atol=0.01)
    assert [record.getMessage() for record in caplog.records] == expected["log"]


def lenet():
    net = mx.sym.var("data")
    for i, filters in enumerate((4, 8)):
        net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=filters, name=f"conv{i}")
        net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name=f"bn{i}"), act_type="relu", name=f"relu{i}")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name=f"pool{i}")
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=16, name="fc0")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu", name="relu2"), num_hidden=4, name="fc1")
    return mx.sym.SoftmaxOutput(net, name="softmax")


@pytest.mark.usefixtures("few_bins")
@pytest.mark.parametrize("mode, dtype", [("naive", "int8"), ("naive", "auto"), ("entropy", "int8")])
def test_a_convolutional_network_keeps_its_accuracy(ctx, mode, dtype):
    """Unlike one in MXNet 1.9.1, whose quantized convolution takes uint8 alone, and mistakes ranges and biases."""
    random = np.random.RandomState(3)
    centers = random.rand(4, 1, 14, 14)
    label = random.randint(0, 4, 128)
    data = (centers[label] + 0.3 * random.rand(128, 1, 14, 14)).astype("float32")
    examples = mx.io.NDArrayIter(data, label, 32)
    mx.random.seed(1)
    module = mx.mod.Module(lenet(), context=ctx)
    module.fit(examples, num_epoch=15, optimizer="adam", optimizer_params={"learning_rate": 0.01},
               initializer=mx.init.Xavier())
    plain = module.predict(examples).asnumpy()
    examples.reset()
    symbol, params, aux = quantization.quantize_model(lenet(), *module.get_params(), ctx=ctx, calib_mode=mode,
                                                      calib_data=examples, quantized_dtype=dtype)
    assert sum(name.startswith("quantized_") and name.endswith("_min_output")
               for name in symbol.get_internals().list_outputs()) == 12
    coded = mx.mod.Module(symbol, context=ctx)
    coded.bind(examples.provide_data, examples.provide_label, for_training=False)
    coded.set_params(params, aux)
    found = coded.predict(examples).asnumpy()
    assert (plain.argmax(1) == label).mean() > 0.95
    assert (found.argmax(1) == plain.argmax(1)).mean() > 0.95


def test_users_calibrate_on_their_own():
    symbol, params, examples = programs.network(mx, np)
    coded, few, _, collector = quantization.quantize_graph(symbol, params, {}, calib_mode="naive")
    assert set(few) > FC1 and collector.min_max_dict == {}
    executor = symbol.simple_bind(mx.cpu(), data=(16, 10), grad_req="null")
    executor.copy_params_from(params)
    executor.set_monitor_callback(collector.collect, monitor_all=True)
    for batch in examples:
        executor.forward(data=batch.data[0])
    whole = STORED["modes"]["naive int8"]["json"]
    assert quantization.calib_graph(coded, params, {}, collector, calib_mode="naive")[0].tojson() == whole

    class Own:
        min_max_dict = {"fc1_output": (-1.0, 2.0)}

        def collect(self, name, arr):
            raise AssertionError

    coded, _, _, own = quantization.quantize_graph(symbol, params, {}, calib_mode="customize",
                                                   LayerOutputCollector=Own())
    nodes = json.loads(quantization.calib_graph(coded, params, {}, own, calib_mode="customize")[0].tojson())["nodes"]
    attrs = {node["name"]: node["attrs"] for node in nodes if "attrs" in node}
    assert attrs["requantize_fc1"] == {"max_calib_range": "2.000000", "min_calib_range": "-1.000000",
                                       "out_type": "int8"}
    assert attrs["requantize_fc2"] == {"out_type": "int8"}


def test_histograms_grow_by_bins_of_the_same_width():
    """The expected values are MXNet's."""
    counts, edges = np.histogram([-1.0, 0.5, 0.2, 0], 11, (-1, 1))
    old = counts, edges, -1.0, 0.5, 1.0
    found = quantization.combine_histogram(old, np.array([0.3, -0.2], "float32"), -0.2, 0.3, 0.3)
    assert found[0].tolist() == [1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0] and found[1] is edges and found[2:] == (-1, 0.5, 1)
    found = quantization.combine_histogram(old, np.array([1.3, -0.2], "float32"), -0.2, 1.3, 1.3)
    assert found[0].tolist() == [0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1]
    np.testing.assert_allclose(found[1], np.linspace(-15 / 11, 15 / 11, 16), 1e-6)
    assert found[2:4] == (-1, 1.3) and found[4] == pytest.approx(15 / 11)


@pytest.mark.parametrize("options, message", [
    ({"calib_mode": "naive"}, "calib_data must be provided when calib_mode=naive"),
    ({"calib_mode": "naive", "calib_data": 3}, "must be of DataIter type when calib_mode=naive, while received type"),
    ({"calib_mode": "bad", "calib_data": mx.io.NDArrayIter(np.ones((2, 2)))}, "unknown calibration mode bad received"),
    ({"quantized_dtype": "int4"}, "unknown quantized_dtype int4 received"),
    ({"quantize_mode": "x", "calib_mode": "none"}, "unrecognized quantize mode: x"),
    ({"quantize_granularity": "x"}, "quantize_granularity x received"),
    ({"excluded_sym_names": "fc1"}, "excluded_sym_names must be a list of strings"),
    ({"excluded_op_names": "fc1"}, "excluded_op_names must be a list of strings"),
    ({"ctx": [mx.cpu()], "calib_mode": "none"}, "expected a single Context"),
])
def test_mistakes_are_named(options, message):
    symbol, params, _ = programs.network(mx, np)
    with pytest.raises(mx.MXNetError, match=message):
        quantization.quantize_model(symbol, params, {}, **options)


def test_mistakes_in_steps_are_named():
    symbol, params, _ = programs.network(mx, np)
    for mode in ("bad", "customize"):  # the latter without a collector
        with pytest.raises(mx.MXNetError, match=f"unknown calibration mode {mode} received"):
            quantization.quantize_graph(symbol, params, {}, calib_mode=mode)
    coded, *_, collector = quantization.quantize_graph(symbol, params, {}, calib_mode="naive")
    for mode, message in (("none", "please set calibration mode"), ("bad", "unknown calibration mode"),
                          ("entropy", "expected one with hist_dict")):
        with pytest.raises(mx.MXNetError, match=message):
            quantization.calib_graph(coded, params, {}, collector, calib_mode=mode)
    with pytest.raises(mx.MXNetError, match="only support Intel cpu"):
        quantization.quantize_model_mkldnn(symbol, params, {}, ctx=mx.gpu(0), calib_mode="none")


def test_parameters_that_are_not_there_become_codes_on_the_way():
    symbol, params, _ = programs.network(mx, np)
    del params["fc1_weight"]
    coded, found, aux = quantization.quantize_model_mkldnn(symbol, params, {"own": 1}, calib_mode="none")
    assert aux == {"own": 1} and not FC1 & set(found) and "fc1_weight" in coded.list_arguments()
