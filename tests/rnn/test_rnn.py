"""Checkpoints of recurrent networks keep the gates apart."""
import logging

import pytest

import cupynet as mx


@pytest.fixture
def trained():
    fused = mx.rnn.FusedRNNCell(2, 2, "lstm", prefix="lstm_")
    outputs, _ = fused.unroll(3, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    args = {"lstm_parameters": mx.nd.arange(fused._size(3)), "other_weight": mx.nd.ones((2,))}
    return fused, outputs, args, {"mean": mx.nd.ones(1)}


def test_a_checkpoint_is_read_by_fused_and_by_single_cells(tmp_path, trained, caplog):
    fused, outputs, args, auxs = trained
    with caplog.at_level(logging.INFO):
        mx.rnn.save_rnn_checkpoint(fused, str(tmp_path / "net"), 3, outputs, args, auxs)
    assert caplog.messages == [f'Saved checkpoint to "{tmp_path}/net-0003.params"']
    names = list(mx.nd.load(str(tmp_path / "net-0003.params")))
    assert names[:3] == ["arg:other_weight", "arg:lstm_l0_i2h_i_weight", "arg:lstm_l0_i2h_f_weight"]
    assert names[-1] == "aux:mean" and "arg:lstm_parameters" not in names
    symbol, found, auxs = mx.rnn.load_rnn_checkpoint([fused], str(tmp_path / "net"), 3)
    assert symbol.tojson() == outputs.tojson() and list(found) == ["other_weight", "lstm_parameters"]
    assert (found["lstm_parameters"].asnumpy() == args["lstm_parameters"].asnumpy()).all() and list(auxs) == ["mean"]
    _, found, _ = mx.rnn.load_rnn_checkpoint(fused.unfuse(), str(tmp_path / "net"), 3)
    assert found["lstm_l1_h2h_weight"].shape == (8, 2) and len(found) == 9


@pytest.mark.parametrize("period, epochs", [(2, [2, 4]), (0, [1, 2, 3, 4]), (2.7, [2, 4])])
def test_the_callback_saves_every_period(tmp_path, trained, period, epochs):
    fused, outputs, args, auxs = trained
    save = mx.rnn.do_rnn_checkpoint(fused, str(tmp_path / "net"), period)
    for epoch in range(4):
        save(epoch, outputs, args, auxs)
    assert sorted(path.name for path in tmp_path.glob("*.params")) == [f"net-{epoch:04d}.params" for epoch in epochs]
