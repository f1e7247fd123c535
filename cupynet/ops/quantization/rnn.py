"""Recurrent networks on codes."""
from __future__ import annotations

from ..catalog import op, require
from ..infer import Slots
from ..nn.rnn import Mode, rnn
from ..schema import Attrs
from .ranges import FLOAT32, UINT8

__all__: list[str] = []


@op(name="_contrib_quantized_rnn", outputs=("output", "state_output", "statecell_output", "saved"),
    visible=lambda attrs: 3 if attrs.state_outputs else 1, differentiable=False,
    ignores=("use_sequence_length", "quantized"))
def quantized_rnn(xp, data, parameters, state, state_cell, data_scale, data_shift, *, state_size: int,
                  num_layers: int, bidirectional: bool = False, mode: Mode, p: float = 0.0,
                  state_outputs: bool = False, projection_size: int | None = None,
                  lstm_state_clip_min: float | None = None, lstm_state_clip_max: float | None = None,
                  lstm_state_clip_nan: bool = False, use_sequence_length: bool = False):
    """Long short-term memory over sequences of codes ``data_scale x + data_shift`` of numbers x.

    Parameters
    ----------
    data : (time, batch, input), uint8
        As ``_contrib_quantize_asym`` gives them.
    parameters, state, state_cell : as for ``RNN``, float32
    data_scale, data_shift : (1,), float32
    mode : {"lstm"}
        The other attributes are those of ``RNN``; there is no dropout.

    Returns
    -------
    The outputs of ``RNN`` for the numbers that `data` stands for.

    Notes
    -----
    MXNet also makes codes of the weights, with instructions that many a CPU lacks; where they are missing it raises.
    Here the weights stay as they are.
    """
    return rnn.kernel_fn(xp, (data.astype(FLOAT32) - data_shift) / data_scale, parameters, state, state_cell,
                         state_size=state_size, num_layers=num_layers, bidirectional=bidirectional, mode=mode,
                         state_outputs=state_outputs, projection_size=projection_size,
                         lstm_state_clip_min=lstm_state_clip_min, lstm_state_clip_max=lstm_state_clip_max,
                         lstm_state_clip_nan=lstm_state_clip_nan, train=False, rng=None)


@quantized_rnn.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.mode == "lstm", "_contrib_quantized_rnn",
            f"mode is {attrs.mode!r}; Quantized recurrent neural network only supports LSTM operator on CPU.")
    rnn.shape_rule(attrs, ins, outs)
    ins["data_scale"] = ins["data_shift"] = (1,)


@quantized_rnn.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for slots in (ins, outs):
        for name in slots.names:
            slots[name] = UINT8 if name == "data" else FLOAT32
