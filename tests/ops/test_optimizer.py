"""Updates of weights: what samples cannot show."""
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from samples.optimizer import SAMPLES

import cupynet as mx
from cupynet import device
from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes, infer_types

NOT_IN_PLACE = ("multi_lars", "multi_sum_sq", "reset_arrays")
IN_PLACE = [s for s in SAMPLES if s.op not in NOT_IN_PLACE]


def weights(op, attrs, sample, ins):
    """The buffers that a caller gives for the outputs."""
    if "multi" not in sample.op:
        return [np.empty_like(ins[-1])] if sample.op == "mp_lamb_update_phase1" else ins[:1]
    count = len(op.output_names(attrs))
    return ins[:count * (len(ins) // count):len(ins) // count]


@pytest.mark.parametrize("sample", IN_PLACE, ids=[s.op for s in IN_PLACE])
@pytest.mark.parametrize("with_states", [True, False])
def test_out_may_be_the_weight_and_the_states(sample, with_states):
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    expected = op.run(np, "cpu", sample.inputs, attrs)
    ins = [x.copy() for x in sample.inputs]
    mutated = op.mutated_indices(op.active_inputs(attrs, len(ins)))
    targets = weights(op, attrs, sample, ins)
    written = len(targets) + len(mutated) * with_states
    if with_states:
        targets = [*targets, *(ins[i] for i in mutated)]
    found = op.run(np, "cpu", ins, attrs, out=tuple(targets) if len(targets) > 1 else targets[0])
    for i, (new, right) in enumerate(zip(found, expected)):
        np.testing.assert_array_equal(new, right)
        assert i >= written or new is targets[i]
    for x, before in zip(ins, sample.inputs):
        if not any(x is target for target in targets):
            np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name, attrs", [
    ("sgd_update", {"lr": 0.1}), ("sgd_mom_update", {"lr": 0.1, "momentum": 0.9}),
    ("nag_mom_update", {"lr": 0.05, "momentum": 0.9}), ("adam_update", {"lr": 0.1}),
    ("rmsprop_update", {"lr": 0.05}), ("rmspropalex_update", {"lr": 0.02}), ("ftml_update", {"lr": 0.1, "t": 1}),
    ("ftrl_update", {"lr": 1.0, "lamda1": 0.0}), ("_sparse_adagrad_update", {"lr": 0.5}),
    ("signum_update", {"lr": 0.01, "momentum": 0.9}), ("signsgd_update", {"lr": 0.01})])
def test_each_finds_the_bottom_of_a_bowl(name, attrs):
    op = catalog.get(name)
    attrs = op.parse(attrs)
    weight, *states = (np.full(3, x, "f4") for x in (1, *[0] * len(op.mutates)))
    for _ in range(400):
        weight, *states = op.run(np, "cpu", [weight, weight - [0.5, -1, 0], *states], attrs)
    np.testing.assert_allclose(weight, [0.5, -1, 0], atol=0.05)


def test_group_mutation_is_by_position():
    op = catalog.get("multi_sgd_mom_update")
    assert op.mutated_indices(op.active_inputs(op.parse({"lrs": 1, "wds": 0}), 6)) == (2, 5)
    assert op.mutates == ("data",)
    op = catalog.get("preloaded_multi_mp_sgd_update")
    assert op.mutated_indices(op.active_inputs(op.parse({}), 8)) == (2, 5)
    assert catalog.get("reset_arrays").mutated_indices(["a", "b"]) == (0, 1)
    assert catalog.get("multi_sgd_update").mutates == ()


def test_many_weights_are_counted():
    op = catalog.get("multi_sgd_update")
    attrs = op.parse({"lrs": (0.1, 0.2), "wds": (0, 0), "num_weights": 2})
    with pytest.raises(MXNetValueError, match=r"multi_sgd_update: got 3 inputs; num_weights=2 needs 2 times"):
        infer_shapes(op, attrs, [(1,)] * 3, [None] * 2)
    attrs = op.parse({"lrs": 0.1, "wds": (0, 0), "num_weights": 2})
    with pytest.raises(MXNetValueError, match=r"lrs is \(0.1,\); expected 2 numbers"):
        op.call(device.get("cpu", 0), [np.ones(1, "f4")] * 4, attrs)


def test_mixed_precision_types():
    op = catalog.get("mp_sgd_mom_update")
    ins, outs = [np.dtype("f2"), None, None, None], [None]
    infer_types(op, op.parse({"lr": 1}), ins, outs)
    assert ins == ["f2", "f2", "f4", "f4"] and outs == ["f2"]
    with pytest.raises(TypeError, match="weight32 has dtype"):
        infer_types(op, op.parse({"lr": 1}), [np.dtype("f2"), None, None, np.dtype("f2")], [None])


def test_misfitting_gradient_is_named():
    op = catalog.get("sgd_mom_update")
    with pytest.raises(MXNetValueError, match=r"grad has shape \(3,\), expected \(4,\)"):
        infer_shapes(op, op.parse({"lr": 1}), [(4,), (3,), (4,)], [None])


STEPS = json.loads((Path(__file__).parents[1] / "data" / "update_steps.json").read_text())


@pytest.mark.parametrize("name, states, attrs, expected", STEPS, ids=[f"{i}-{s[0]}" for i, s in enumerate(STEPS)])
def test_updates_are_rounded_as_mxnet_rounds_them(name, states, attrs, expected):
    """To the last bit, so that what is trained stays the same: see scripts/oracle/update_steps.py."""
    attrs = {key: tuple(value) if isinstance(value, list) else value for key, value in attrs.items()}
    draw = np.random.RandomState(0)
    ctx = mx.cpu()
    weight, grad, *kept = (mx.nd.array(draw.uniform(low, 1, 300), ctx) for low in (-1, -1, *[0] * states))
    new = mx.nd.zeros((300,), ctx)
    getattr(mx.nd, name)(weight, grad, *kept, out=new, **attrs)
    assert [zlib.crc32((x.asnumpy() + 0).tobytes()) for x in (new, *kept)] == expected
