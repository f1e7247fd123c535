"""Normalization: blocks, buffers, states, errors; the samples check values and gradients."""
import importlib

import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet.base import MXNetError, MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes, infer_types
from cupynet.ops.nn import cache_blocks

ALL = importlib.import_module("samples.norm").SAMPLES
TAKES_OUT = [sample for sample in ALL if catalog.get(sample.op).takes_out]


def run(sample, out=None, inputs=None):
    op = catalog.get(sample.op)
    return op.run(np, "cpu", inputs or sample.inputs, op.parse(sample.attrs), train=sample.train, out=out)


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.id)
def test_blocks_change_nothing(sample, monkeypatch):
    whole = run(sample)
    monkeypatch.setattr(cache_blocks, "_BLOCK_BYTES", 100)
    for a, b in zip(run(sample), whole):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


@pytest.mark.parametrize("sample", TAKES_OUT, ids=lambda sample: sample.id)
@pytest.mark.parametrize("all_of_them", [True, False])
def test_results_go_into_the_given_buffers(sample, all_of_them):
    op = catalog.get(sample.op)
    plain = run(sample)
    names = op.output_names(op.parse(sample.attrs))
    out = tuple(np.full_like(r, np.nan) if all_of_them or i == 0 else None
                for i, r in enumerate(plain[:len(names)]))
    for buffer, given, expected in zip(out, run(sample, out), plain):
        assert buffer is None or given is buffer
        np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize("sample", [s for s in TAKES_OUT if catalog.get(s.op).inplace], ids=lambda sample: sample.id)
def test_results_may_replace_an_input(sample, monkeypatch):
    plain = run(sample)
    monkeypatch.setattr(cache_blocks, "_BLOCK_BYTES", 100)
    for i, x in enumerate(sample.inputs):
        if x.shape == plain[0].shape and x.dtype == plain[0].dtype:
            inputs = list(sample.inputs)
            inputs[i] = x.copy()
            np.testing.assert_allclose(run(sample, (inputs[i],), inputs)[0], plain[0], 1e-4, 1e-5)


def test_an_empty_batch_is_no_error():
    for sample in ALL:
        if sample.op in ("LayerNorm", "GroupNorm", "InstanceNorm", "L2Normalization"):
            data = sample.inputs[0][:0]
            assert run(sample, inputs=[data, *sample.inputs[1:]])[0].shape == data.shape


def test_batch_norm_of_large_values_is_exact():
    x = samples.rand(64, 2, 5, 5) + 1000
    gamma, beta, zero = np.ones(2, "f4"), np.zeros(2, "f4"), np.zeros(2, "f4")
    op = catalog.get("BatchNorm")
    y, mean, inverse, *_ = op.run(np, "cpu", [x, gamma, beta, zero, gamma], op.parse({}), train=True)
    true = x.astype("f8")
    np.testing.assert_allclose(mean, true.mean((0, 2, 3)), 1e-6)
    np.testing.assert_allclose(inverse, 1 / np.sqrt(true.var((0, 2, 3)) + 1e-3), 1e-3)
    assert abs(y.mean()) < 1e-3


def test_batch_norm_updates_its_states_in_training_only():
    x = mx.nd.array(samples.rand(4, 3, 2))
    gamma, beta, mean, var = mx.nd.ones(3), mx.nd.zeros(3), mx.nd.zeros(3), mx.nd.ones(3)
    mx.nd.BatchNorm(x, gamma, beta, mean, var)
    assert mean.asnumpy().tolist() == [0, 0, 0] and var.asnumpy().tolist() == [1, 1, 1]
    with mx.autograd.train_mode():
        mx.nd.BatchNorm(x, gamma, beta, mean, var, use_global_stats=True)
        assert mean.asnumpy().tolist() == [0, 0, 0]
        mx.nd.BatchNorm(x, gamma, beta, mean, var, momentum=0.75)
    values = x.asnumpy()
    np.testing.assert_allclose(mean.asnumpy(), values.mean((0, 2)) / 4, 1e-5)
    np.testing.assert_allclose(var.asnumpy(), 0.75 + values.var((0, 2)) / 4, 1e-5)  # the biased variance


def test_outputs_of_batch_norm_are_not_its_states():
    x, ones, mean = mx.nd.ones((2, 3)), mx.nd.ones(3), mx.nd.zeros(3)
    _, shown, _ = mx.nd.BatchNorm(x, ones, ones, mean, ones, output_mean_var=True)
    shown[:] = 7
    assert mean.asnumpy().tolist() == [0, 0, 0]


def test_float16_data_has_float32_statistics():
    op = catalog.get("BatchNorm")
    ins, outs = [np.dtype("float16")] + [None] * 4, [None] * 4
    infer_types(op, op.parse({}), ins, outs)
    assert ins[1:] == [np.dtype("float32")] * 4 and outs == [np.dtype("float16")] + [np.dtype("float32")] * 3


@pytest.mark.parametrize("op, attrs, shape, vectors", [
    ("BatchNorm", {}, (2, 3, 4), 4), ("BatchNorm", {"axis": -1}, (2, 5, 3), 4), ("LayerNorm", {}, (2, 3), 2),
    ("InstanceNorm", {}, (2, 3, 4), 2), ("GroupNorm", {"num_groups": 3}, (2, 6, 4), 2)])
def test_vectors_are_inferred(op, attrs, shape, vectors):
    op = catalog.get(op)
    attrs = op.parse(attrs)
    ins = [shape] + [None] * vectors
    infer_shapes(op, attrs, ins, [None] * len(op.output_names(attrs)))
    assert ins[1:] == [(3,)] * vectors


def test_batch_norm_learns_the_channels_from_a_state():
    op = catalog.get("BatchNorm")
    ins, outs = [(2, None, 4), None, None, (3,), None], [None] * 4
    infer_shapes(op, op.parse({}), ins, outs)
    assert ins == [(2, 3, 4)] + [(3,)] * 4 and outs[0] == (2, 3, 4)


@pytest.mark.parametrize("op, attrs, shape, message", [
    ("BatchNorm", {"axis": 3}, (2, 3, 4), "axis of channels is 3"), ("BatchNorm", {}, (2,), "axis of channels is 1"),
    ("LayerNorm", {"axis": 2}, (2, 3), "axis is 2"), ("GroupNorm", {"num_groups": 4}, (2, 6, 4), "num_groups=4"),
    ("InstanceNorm", {}, (3,), "at least 3 axes"), ("L2Normalization", {"mode": "channel"}, (2, 3), "at least 3 axes"),
    ("LRN", {"nsize": 0}, (2, 3, 4, 4), "at least 1"), ("LRN", {"nsize": 3}, (2, 3, 4), "4 axes")])
def test_mistakes_are_named(op, attrs, shape, message):
    op = catalog.get(op)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(op, attrs, [shape] + [None] * (len(op.inputs) - 1), [None] * len(op.output_names(attrs)))


def test_unknown_modes_are_refused():
    with pytest.raises(MXNetError, match="mode"):
        catalog.get("L2Normalization").parse({"mode": "row"})


@pytest.mark.parametrize("name", ["BatchNorm", "BatchNorm_v1", "contrib.SyncBatchNorm", "contrib.BatchNormWithReLU"])
@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("train", [True, False])
def test_a_fixed_gamma_becomes_one(name, fixed, train, ctx):
    """In arrays, executors and CachedOps, also in evaluation, as in MXNet; it stays an argument."""
    space, _, last = name.rpartition(".")
    symbol = getattr(mx.sym.contrib if space else mx.sym, last)(mx.sym.Variable("data"), name="bn", fix_gamma=fixed)
    assert symbol.list_arguments() == ["data", "bn_gamma", "bn_beta"]
    expected = [1, 1] if fixed else [3, 3]
    executor = symbol.simple_bind(ctx, data=(4, 2, 3))
    executor.arg_dict["bn_gamma"][:] = 3
    executor.forward(is_train=train)
    assert executor.arg_dict["bn_gamma"].asnumpy().tolist() == expected
    arrays = [mx.nd.ones((4, 2, 3)), mx.nd.full((2,), 3), mx.nd.zeros((2,)), mx.nd.zeros((2,)), mx.nd.ones((2,))]
    with mx.autograd.train_mode() if train else mx.autograd.predict_mode():
        mx.nd.CachedOp(symbol)(*arrays)
        assert arrays[1].asnumpy().tolist() == expected
        arrays[1][:] = 3
        mx.nd.CachedOp(mx.sym.Group([symbol, symbol.get_internals()["bn_gamma"] * 1]))(*arrays)
        assert arrays[1].asnumpy().tolist() == expected
    op = catalog.get(symbol.tojson().split('"op": "')[-1].split('"')[0])
    raws = [x._data.copy() for x in arrays[:1]] + [mx.nd.full((2,), 3)._data] + [x._data for x in arrays[2:]]
    op.call(ctx.device, raws, op.parse({"fix_gamma": fixed}), train=train)
    assert raws[1].tolist() == expected
