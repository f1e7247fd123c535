"""Recurrent layers and cells are composed and compute as in MXNet 1.9.1."""
import json
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.gluon import rnn

from .recurrent import RECURRENT, made, observed

ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "gluon-recurrent.json").read_text())


@pytest.mark.parametrize("number", range(len(RECURRENT)), ids=[f"{cell} {use}" for cell, use, _ in RECURRENT])
def test_as_mxnet(number):
    with mx.cpu():
        found = json.loads(json.dumps(observed(mx, *RECURRENT[number])))
    expected = dict(ANSWERS[number])
    np.testing.assert_allclose(found.pop("values"), expected.pop("values"), rtol=1e-4, atol=1e-5)
    assert found == expected


@pytest.mark.parametrize("layer, cell", [(rnn.LSTM, rnn.LSTMCell), (rnn.GRU, rnn.GRUCell)])
@pytest.mark.parametrize("hybrid", [False, True])
def test_a_layer_is_its_cells(layer, cell, hybrid):
    together, single = layer(3, input_size=4), cell(3, input_size=4)
    together.initialize()
    single.initialize()
    for name, each in single._reg_params.items():
        each.set_data(getattr(together, "l0_" + name).data())
    if hybrid:
        together.hybridize()
        single.hybridize()
    x = mx.nd.random.uniform(shape=(5, 2, 4))
    outputs, _ = single.unroll(5, x, layout="TNC", merge_outputs=True)
    assert mx.test_utils.almost_equal(together(x).asnumpy(), outputs.asnumpy(), 1e-4, 1e-5)


def test_hybridized_stacks_with_states():
    cell = made(mx, "stacked(rnn.HybridSequentialRNNCell())")
    cell.initialize()
    x, states = mx.nd.ones((2, 4)), cell.begin_state(batch_size=2)
    plain, _ = cell(x, states)
    cell.hybridize()
    once, following = cell(x, states)
    assert mx.test_utils.almost_equal(plain.asnumpy(), once.asnumpy(), 1e-5, 1e-6)
    assert [each.shape for each in following] == [(2, 4)] * 3


def test_files_hold_the_paths_of_cells(tmp_path):
    one, other = (rnn.LSTM(3, 2, bidirectional=True, input_size=4) for _ in range(2))
    one.initialize()
    one.save_parameters(str(tmp_path / "a.params"))
    assert "_unfused.1.r_cell.h2h_bias" in mx.nd.load(str(tmp_path / "a.params"))
    other.load_parameters(str(tmp_path / "a.params"))
    x = mx.nd.ones((2, 1, 4))
    assert (one(x).asnumpy() == other(x).asnumpy()).all()


@pytest.mark.parametrize("wrong, error", [
    (lambda: rnn.BidirectionalCell(rnn.RNNCell(3), rnn.RNNCell(3))(mx.nd.ones((1, 3)), []), NotImplementedError),
    (lambda: rnn.ResidualCell(rnn.RNNCell(3)).base_cell.begin_state(batch_size=1), AssertionError),
    (lambda: rnn.ResidualCell(rnn.ResidualCell(rnn.RNNCell(3)).base_cell), AssertionError),
    (lambda: rnn.ZoneoutCell(rnn.BidirectionalCell(rnn.RNNCell(3), rnn.RNNCell(3))), AssertionError),
    (lambda: rnn.LSTM(3, layout="NCT"), AssertionError),
    (lambda: rnn.DropoutCell("x"), AssertionError),
    (lambda: rnn.RNNCell(3).unroll(3, [mx.nd.ones((1, 3))]), AssertionError),
    (lambda: rnn.RNNCell(3).unroll(3, mx.nd.ones((1, 2, 3))), AssertionError),
])
def test_refusals(wrong, error):
    with pytest.raises(error) as raised:
        wrong()
    assert isinstance(raised.value, mx.MXNetError)


def test_a_state_of_another_shape():
    layer = rnn.GRU(3, input_size=2)
    layer.initialize()
    with pytest.raises(ValueError, match=r"Invalid recurrent state shape. Expecting \(1, 4, 3\), got \(1, 5, 3\)"):
        layer(mx.nd.ones((2, 4, 2)), mx.nd.ones((1, 5, 3)))
