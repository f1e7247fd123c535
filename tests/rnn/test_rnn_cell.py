"""Recurrent cells compose the graphs that MXNet's compose, compute the same, and say what they refuse."""
import gzip
import importlib.util
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetError

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("drawn_cells", HERE / "drawn.py")
drawn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawn)
ANSWERS = json.loads(gzip.decompress((HERE.parent / "data" / "rnn" / "drawn.json.gz").read_bytes()))


def close(found, expected, where=""):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key in expected:
            close(found[key], expected[key], f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, pair in enumerate(zip(found, expected)):
            close(*pair, f"{where}/{i}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=3e-4, abs=3e-4), where
    else:
        assert found == expected, where


@pytest.mark.parametrize("part", range(10))
def test_cells_are_those_of_mxnet(part):
    for seed in range(part, drawn.COUNT, 10):
        expected, found = ANSWERS["cells"][str(seed)], drawn.answer(mx, seed)
        if "error" in expected:  # MXNet cannot make starting states of cells in cells around cells
            assert expected["error"] == "TypeError" and "error" not in found
        else:
            close(found, expected, seed)


def data():
    return mx.sym.Variable("data")


def test_unfused_cells_compute_what_the_fused_one_does():
    fused = mx.rnn.FusedRNNCell(3, 2, "gru", bidirectional=True, prefix="g_")
    stack = fused.unfuse()
    args = {"g_parameters": mx.nd.random.uniform(-1, 1, (fused._size(4),)), "other": mx.nd.ones(2)}
    single = stack.pack_weights(fused.unpack_weights(args))
    batch = mx.nd.random.uniform(-1, 1, (5, 2, 4))
    results = []
    for cell, weights in ((fused, args), (stack, single)):
        outputs, _ = cell.unroll(5, data(), layout="TNC", merge_outputs=True)
        weights = {name: array for name, array in weights.items() if name != "other"}
        results.append(outputs.bind(mx.current_context(), {"data": batch, **weights}).forward()[0].asnumpy())
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)
    assert set(args) == {"g_parameters", "other"}, "what was given must not change"
    back = fused.pack_weights(stack.unpack_weights(single))
    assert (back["g_parameters"].asnumpy() == args["g_parameters"].asnumpy()).all()


def test_unpacked_weights_are_copies():
    cell = mx.rnn.LSTMCell(1)
    args = {name: mx.nd.zeros((4, 1) if name.endswith("weight") else (4,)) for name in cell.params._params}
    for array in cell.unpack_weights(args).values():
        array[:] = 1
    assert all((array.asnumpy() == 0).all() for array in args.values())


def test_zoneout_of_a_stack_and_states_of_cells_around_cells():
    """Both fail in MXNet."""
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(3, prefix="a_"))
    outputs, states = mx.rnn.ZoneoutCell(stack, 0.1, 0.1).unroll(2, data())
    assert len(outputs) == len(states) == 2
    both = mx.rnn.BidirectionalCell(mx.rnn.RNNCell(3, prefix="l_"), mx.rnn.RNNCell(3, prefix="r_"))
    states = mx.rnn.ResidualCell(both).begin_state(mx.sym.Variable)
    assert [state.name for state in states] == ["l_begin_state_0", "r_begin_state_0"]


def test_an_unknown_batch_is_fine_for_images():
    assert mx.rnn.ConvRNNCell((0, 2, 9, 8), 3).state_shape == [(0, 3, 9, 8)]


def test_parameters_given_to_a_stack_are_collected():
    params = mx.rnn.RNNParams("s_")
    stack = mx.rnn.SequentialRNNCell(params=params)
    stack.add(mx.rnn.RNNCell(3, prefix="s_a_"))
    assert "s_a_i2h_weight" in params._params
    with pytest.raises(MXNetError, match="Either specify params for SequentialRNNCell or child cells, not both"):
        stack.add(mx.rnn.RNNCell(3, params=mx.rnn.RNNParams("x_")))


def test_shared_parameters_are_one_variable():
    first = mx.rnn.RNNCell(3, prefix="a_")
    second = mx.rnn.RNNCell(3, prefix="b_", params=first.params)
    output, _ = second(first(data(), first.begin_state())[0], second.begin_state())
    assert output.list_arguments() == ["data", "a_i2h_weight", "a_i2h_bias", "a_h2h_weight", "a_h2h_bias"]


def test_rnn_unroll_is_the_older_way():
    with pytest.warns(UserWarning, match="rnn_unroll is deprecated"):
        outputs, _ = mx.rnn.rnn_unroll(mx.rnn.RNNCell(3), 2, input_prefix="enc_")
    assert mx.sym.Group(outputs).list_arguments()[0] == "enc_t0_data"


def test_slow_layouts_warn():
    with pytest.warns(UserWarning, match="Consider using TNC for FusedRNNCell"):
        mx.rnn.FusedRNNCell(3).unroll(2, data())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mx.rnn.FusedRNNCell(3).unroll(2, data(), layout="TNC")


def modified():
    cell = mx.rnn.RNNCell(3)
    mx.rnn.ZoneoutCell(cell, 0.5)
    return cell


@pytest.mark.parametrize("call, kind, message", [
    (lambda: modified().begin_state(), AssertionError, "Call the modifier cell instead"),
    (lambda: modified().unroll(2, data()), MXNetError, "Call the modifier cell instead"),
    (lambda: mx.rnn.ZoneoutCell(mx.rnn.FusedRNNCell(3)), ValueError, "Please unfuse first"),
    (lambda: mx.rnn.ZoneoutCell(mx.rnn.FusedRNNCell(3, bidirectional=True).unfuse()), ValueError, "cells underneath"),
    (lambda: mx.rnn.FusedRNNCell(3)(data(), []), NotImplementedError, "FusedRNNCell cannot be stepped"),
    (lambda: mx.rnn.BidirectionalCell(mx.rnn.RNNCell(3), mx.rnn.RNNCell(3))(data(), []), NotImplementedError,
     "Bidirectional cannot be stepped"),
    (lambda: mx.rnn.BaseRNNCell()(data(), []), NotImplementedError, "BaseRNNCell: a cell says in __call__"),
    (lambda: mx.rnn.BaseRNNCell().state_shape, NotImplementedError, "says in state_info"),
    (lambda: mx.rnn.RNNCell(3).unroll(2, None), ValueError, "unroll.inputs=None. has been deprecated"),
    (lambda: mx.rnn.RNNCell(3).unroll(2, [data()]), AssertionError, "got 1 inputs for length=2"),
    (lambda: mx.rnn.RNNCell(3).unroll(2, mx.sym.Group([data(), data()])), ValueError, "grouped symbol"),
    (lambda: mx.rnn.FusedRNNCell(3).unroll(2, data(), layout="NCT"), ValueError, "Unsupported layout NCT"),
    (lambda: mx.rnn.FusedRNNCell(3, mode="gur"), ValueError, "mode is 'gur'; expected one of rnn_relu"),
    (lambda: mx.rnn.DropoutCell("half"), AssertionError, "dropout probability must be a number"),
    (lambda: mx.rnn.RNNCell(3).unpack_weights({}), KeyError, "RNNCell: rnn_i2h_weight is missing"),
    (lambda: mx.rnn.LSTMCell(3).pack_weights({}), KeyError, "LSTMCell: lstm_i2h_i_weight is missing"),
    (lambda: mx.rnn.FusedRNNCell(3).unpack_weights({"lstm_parameters": mx.nd.ones(100)}), ValueError,
     "Invalid parameters size for FusedRNNCell: lstm_parameters has 100"),
    (lambda: mx.rnn.FusedRNNCell(3).pack_weights({"lstm_l0_i2h_i_weight": mx.nd.ones((3, 2))}), KeyError,
     "lstm_l0_i2h_f_weight is missing"),
    (lambda: mx.rnn.ConvLSTMCell((1, 2, 8, 8), 3, h2h_kernel=(2, 3)), ValueError, "Only support odd number"),
    (lambda: mx.rnn.ConvLSTMCell((1, 2, 8, 8), 3, h2h_kernel=3), TypeError, "h2h_kernel is 3; expected two numbers"),
    (lambda: mx.rnn.ConvGRUCell((1, 2, 0, 8), 3), ValueError, "input_shape is .1, 2, 0, 8."),
])
def test_what_is_refused(call, kind, message):
    with pytest.raises(kind, match=message) as raised:
        call()
    assert isinstance(raised.value, MXNetError)
