"""Cells on trial: dropout that is the same in all steps, and long short-term memory whose output is projected."""
from __future__ import annotations

from typing import Any

from ....base import MXNetAssertionError
from ...parameter import ParameterDict
from ...rnn.rnn_cell import BidirectionalCell, HybridRecurrentCell, ModifierCell, SequentialRNNCell, _begin
from ...rnn.sequences import format_sequence, masked

__all__ = ["VariationalDropoutCell", "LSTMPCell"]


class VariationalDropoutCell(ModifierCell):
    """Dropout of inputs, states and outputs with masks that are drawn once a sequence (Gal & Ghahramani 2016).

    Parameters
    ----------
    base_cell : RecurrentCell
    drop_inputs, drop_states, drop_outputs : float
        How much is dropped.
    """

    def __init__(self, base_cell: Any, drop_inputs: float = 0.0, drop_states: float = 0.0, drop_outputs: float = 0.0):
        if drop_states and isinstance(base_cell, BidirectionalCell):
            raise MXNetAssertionError("BidirectionalCell doesn't support variational state dropout. Please add "
                                      "VariationalDropoutCell to the cells underneath instead.")
        if drop_states and isinstance(base_cell, SequentialRNNCell) and any(
                isinstance(each, BidirectionalCell) for each in base_cell._children.values()):
            raise MXNetAssertionError("Bidirectional SequentialRNNCell doesn't support variational state dropout. "
                                      "Please add VariationalDropoutCell to the cells underneath instead.")
        super().__init__(base_cell)
        self.drop_inputs, self.drop_states, self.drop_outputs = drop_inputs, drop_states, drop_outputs
        self._forget_masks()

    def _forget_masks(self) -> None:
        self.drop_inputs_mask = self.drop_states_mask = self.drop_outputs_mask = None

    def _alias(self) -> str:
        return "vardrop"

    def reset(self) -> None:
        super().reset()
        self._forget_masks()

    def _mask(self, F: Any, which: str, like: Any) -> Any:
        """Return the mask of a kind, which is drawn when it is first needed."""
        name = f"drop_{which}_mask"
        if getattr(self, name) is None:
            setattr(self, name, F.Dropout(F.ones_like(like), p=getattr(self, f"drop_{which}")))
        return getattr(self, name)

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        if self.drop_states:
            states = list(states)
            states[0] = states[0] * self._mask(F, "states", states[0])
        if self.drop_inputs:
            inputs = inputs * self._mask(F, "inputs", inputs)
        output, following = self.base_cell(inputs, states)
        if self.drop_outputs:
            output = output * self._mask(F, "outputs", output)
        return output, following

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p_out = {self.drop_outputs}, p_state = {self.drop_states})"

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length=valid_length)
        self.reset()
        inputs, axis, F, batch_size = format_sequence(length, inputs, layout, True)
        states = _begin(self, F, begin_state, inputs, batch_size)
        if self.drop_inputs:
            inputs = F.Dropout(inputs, p=self.drop_inputs, axes=(axis,))
        outputs, states = self._with_base(lambda base: base.unroll(
            length, inputs, states, layout, merge_outputs=True, valid_length=valid_length))
        if self.drop_outputs:
            outputs = F.Dropout(outputs, p=self.drop_outputs, axes=(axis,))
        merge = True if merge_outputs is None else merge_outputs
        outputs, _, _, _ = format_sequence(length, outputs, layout, merge)
        if valid_length is not None:
            outputs = masked(F, outputs, length, valid_length, axis, merge)
        return outputs, states


class LSTMPCell(HybridRecurrentCell):
    """Long short-term memory whose output is projected to fewer numbers (Sak et al. 2014).

    Parameters
    ----------
    hidden_size, projection_size : int
    i2h_weight_initializer, h2h_weight_initializer, h2r_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    input_size : int
        0: found out by the first forward.
    prefix : str, optional
    params : ParameterDict, optional
    """

    def __init__(self, hidden_size: int, projection_size: int, i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, h2r_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros", input_size: int = 0,
                 prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size, self._projection_size, self._input_size = hidden_size, projection_size, input_size

        def parameter(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)
        self.i2h_weight = parameter("i2h_weight", (4 * hidden_size, input_size), i2h_weight_initializer)
        self.h2h_weight = parameter("h2h_weight", (4 * hidden_size, projection_size), h2h_weight_initializer)
        self.h2r_weight = parameter("h2r_weight", (projection_size, hidden_size), h2r_weight_initializer)
        self.i2h_bias = parameter("i2h_bias", (4 * hidden_size,), i2h_bias_initializer)
        self.h2h_bias = parameter("h2h_bias", (4 * hidden_size,), h2h_bias_initializer)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [{"shape": (batch_size, self._projection_size), "__layout__": "NC"},
                {"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _alias(self) -> str:
        return "lstmp"

    def __repr__(self) -> str:
        shape = self.i2h_weight.shape
        return f"{type(self).__name__}({shape[1] or None} -> {shape[0]} -> {self.h2r_weight.shape[0]})"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, h2r_weight: Any,
                       i2h_bias: Any, h2h_bias: Any) -> tuple[Any, list[Any]]:
        step, width = f"t{self._counter}_", 4 * self._hidden_size
        i2h = F.FullyConnected(data=inputs, weight=i2h_weight, bias=i2h_bias, num_hidden=width, name=step + "i2h")
        h2h = F.FullyConnected(data=states[0], weight=h2h_weight, bias=h2h_bias, num_hidden=width, name=step + "h2h")
        gates = F.SliceChannel(i2h + h2h, num_outputs=4, name=step + "slice")
        enter, forget, new, leave = (F.Activation(gates[i], act_type="tanh" if name == "c" else "sigmoid",
                                                  name=step + name) for i, name in enumerate("ifco"))
        cell = F.elemwise_add(forget * states[1], enter * new, name=step + "state")
        hidden = F.elemwise_mul(leave, F.Activation(cell, act_type="tanh"), name=step + "hidden")
        output = F.FullyConnected(data=hidden, num_hidden=self._projection_size, weight=h2r_weight, no_bias=True,
                                  name=step + "out")
        return output, [output, cell]
