"""Recurrent networks: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

from cupynet.base import MXNetValueError
from cupynet.device.random import Generator
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes
from cupynet.ops.nn.rnn import parameter_count

RNN = catalog.get("RNN")


def run(inputs, *, train=False, rng=None, **attrs):
    return RNN.run(np, "cpu", inputs, RNN.parse(attrs), train=train, rng=rng)


def test_parameters_and_states_follow_from_data():
    attrs = RNN.parse({"state_size": 3, "num_layers": 2, "mode": "lstm", "state_outputs": True, "projection_size": 2,
                       "bidirectional": True})
    ins, outs = [(5, 4, 7), None, None, None], [None] * 4
    infer_shapes(RNN, attrs, ins, outs)
    assert ins == [(5, 4, 7), (480,), (4, 4, 2), (4, 4, 3)]  # MXNet's answer
    assert outs[:3] == [(5, 4, 4), (4, 4, 2), (4, 4, 3)]
    assert RNN.visible_count(attrs) == 3
    ins = [None, None, None, None]
    infer_shapes(RNN, attrs, ins, [(5, 4, 4), None, None, None])
    assert ins == [(5, 4, None), (None,), (4, 4, 2), (4, 4, 3)]


@pytest.mark.parametrize("mode, count", [("lstm", 4 * 3 * (5 + 3 + 2)), ("gru", 90), ("rnn_tanh", 30)])
def test_parameter_count(mode, count):
    assert parameter_count(data_size=5, state_size=3, num_layers=1, mode=mode) == count


def test_parameters_of_another_length_are_named():
    attrs = RNN.parse({"state_size": 3, "num_layers": 1, "mode": "gru"})
    with pytest.raises(MXNetValueError, match=r"RNN 'rnn0': parameters has shape \(91,\), expected \(90,\)"):
        infer_shapes(RNN, attrs, [(2, 2, 5), (91,), None], [None] * 4, "rnn0")


@pytest.mark.parametrize("attrs, message", [
    ({"num_layers": 0, "mode": "gru"}, "num_layers=0"),
    ({"num_layers": 1, "mode": "gru", "projection_size": 2}, "needs mode='lstm'"),
    ({"num_layers": 1, "mode": "gru", "p": 1.5}, "p is 1.5"),
])
def test_attributes_are_checked(attrs, message):
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(RNN, RNN.parse({"state_size": 3, **attrs}), [None] * 3, [None] * 4)


def test_dropout_is_between_layers_and_in_training_only():
    attrs = {"state_size": 8, "num_layers": 2, "mode": "rnn_tanh", "p": 0.5}
    count = parameter_count(data_size=4, state_size=8, num_layers=2, mode="rnn_tanh")
    inputs = [rand(5, 3, 4), rand(count), np.zeros((2, 3, 8), "f4")]
    generator = Generator(1)
    quiet, *_, saved = run(inputs, **attrs)
    noisy, *_, dropped = run(inputs, train=True, rng=generator, **attrs)
    assert not np.allclose(quiet, noisy)
    size = 5 * 3 * 8
    np.testing.assert_array_equal(saved[size:], 1)
    assert set(np.unique(dropped[size:])) == {0, 2}
    np.testing.assert_array_equal(saved[:size], dropped[:size])  # the first layer itself is not dropped
    one = {**attrs, "num_layers": 1}
    count = parameter_count(data_size=4, state_size=8, num_layers=1, mode="rnn_tanh")
    inputs = [rand(5, 3, 4), rand(count), np.zeros((1, 3, 8), "f4")]
    np.testing.assert_array_equal(run(inputs, **one)[0], run(inputs, train=True, rng=generator, **one)[0])


def test_clipping_can_stop_nan():
    count = parameter_count(data_size=2, state_size=2, num_layers=1, mode="lstm")
    inputs = [np.full((1, 1, 2), np.nan, "f4"), np.ones(count, "f4"), np.zeros((1, 1, 2), "f4"),
              np.zeros((1, 1, 2), "f4")]
    attrs = {"state_size": 2, "num_layers": 1, "mode": "lstm", "lstm_state_clip_min": -1, "lstm_state_clip_max": 1}
    assert np.isnan(run(inputs, **attrs)[2]).all()
    assert np.abs(run(inputs, lstm_state_clip_nan=True, **attrs)[2]).max() <= 1
