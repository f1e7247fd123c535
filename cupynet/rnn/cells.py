"""One step of a plain recurrent network, of an LSTM, of a GRU."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import initializer as init
from .. import symbol
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, activated

__all__ = ["RNNCell", "LSTMCell", "GRUCell"]

LSTM_GATES, GRU_GATES = ["_i", "_f", "_c", "_o"], ["_r", "_z", "_o"]


def lstm_step(gates: Symbol, cell_state: Symbol, name: str, activation: str | Callable = "tanh",
              axis: dict[str, int] | None = None) -> tuple[Symbol, list[Symbol]]:
    """Return (output, states) from what flows into the four gates, which lie behind each other along an axis.

    `axis` is empty or says which (Hochreiter & Schmidhuber 1997, with the forget gates of Gers et al. 2000).
    """
    parts = symbol.SliceChannel(gates, num_outputs=4, name=f"{name}slice", **(axis or {}))
    into = activated(parts[0], "sigmoid", name=f"{name}i")
    forget = activated(parts[1], "sigmoid", name=f"{name}f")
    new = activated(parts[2], activation, name=f"{name}c")
    out = activated(parts[3], "sigmoid", name=f"{name}o")
    state = symbol.elemwise_add(forget * cell_state, into * new, name=f"{name}state")
    output = symbol.elemwise_mul(out, activated(state, activation), name=f"{name}out")
    return output, [output, state]


def gru_step(i2h: Symbol, h2h: Symbol, state: Symbol, name: str, activation: str | Callable = "tanh"
             ) -> tuple[Symbol, list[Symbol]]:
    """Return (output, states) from what flows into the three gates from the input and from the state (Cho et al. 2014).
    """
    i2h_r, i2h_z, i2h_h = symbol.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
    h2h_r, h2h_z, h2h_h = symbol.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
    reset = activated(i2h_r + h2h_r, "sigmoid", name=f"{name}_r_act")
    update = activated(i2h_z + h2h_z, "sigmoid", name=f"{name}_z_act")
    new = activated(i2h_h + reset * h2h_h, activation, name=f"{name}_h_act")
    output = symbol.elemwise_add((1. - update) * new, update * state, name=f"{name[:-1]}_out")
    return output, [output]


class _DenseCell(BaseRNNCell):
    """What the three have in common: two matrices, each for all gates, and states of `num_hidden` units."""

    _states = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None):
        super().__init__(prefix=prefix, params=params)
        self._num_hidden = num_hidden

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _flows(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """Return what flows into the gates from the input and from the state."""
        rows = self._num_hidden * len(self._gate_names)
        i2h = symbol.FullyConnected(data=inputs, weight=self._iW, bias=self._iB, num_hidden=rows, name=f"{name}i2h")
        h2h = symbol.FullyConnected(data=state, weight=self._hW, bias=self._hB, num_hidden=rows, name=f"{name}h2h")
        return i2h, h2h


class RNNCell(_DenseCell):
    """``activation(W input + b + V state + c)``, which is output and state.

    Parameters
    ----------
    num_hidden : int
    activation : str, or function of a symbol
        A name that ``mx.sym.Activation`` knows, or a function that also takes ``name=``.
    prefix, params
        As for :class:`BaseRNNCell`.

    Examples
    --------
    >>> import cupynet as mx
    >>> outputs, states = mx.rnn.RNNCell(16, prefix='rnn_').unroll(2, mx.sym.Variable('data'))
    >>> outputs
    [<Symbol rnn_t0_out>, <Symbol rnn_t1_out>]
    """

    def __init__(self, num_hidden: int, activation: str | Callable = "tanh", prefix: str = "rnn_",
                 params: RNNParams | None = None):
        super().__init__(num_hidden, prefix, params)
        self._activation = activation
        self._iW = self._params.get("i2h_weight")
        self._iB = self._params.get("i2h_bias")
        self._hW = self._params.get("h2h_weight")
        self._hB = self._params.get("h2h_bias")

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], name)
        output = activated(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_DenseCell):
    """Long short-term memory: the states are the output and the memory.

    Parameters
    ----------
    num_hidden : int
    prefix, params
        As for :class:`BaseRNNCell`.
    forget_bias : float
        What the bias of the forget gate starts with.
    """

    _states = 2

    def __init__(self, num_hidden: int, prefix: str = "lstm_", params: RNNParams | None = None,
                 forget_bias: float = 1.0):
        super().__init__(num_hidden, prefix, params)
        self._iW = self._params.get("i2h_weight")
        self._hW = self._params.get("h2h_weight")
        self._iB = self._params.get("i2h_bias", init=init.LSTMBias(forget_bias=forget_bias))
        self._hB = self._params.get("h2h_bias")

    @property
    def _gate_names(self) -> Sequence[str]:
        return LSTM_GATES

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], name)
        return lstm_step(i2h + h2h, states[1], name)


class GRUCell(_DenseCell):
    """A gated recurrent unit, in the form of cuDNN: the reset gate stands behind the matrix of the state.

    Parameters
    ----------
    num_hidden : int
    prefix, params
        As for :class:`BaseRNNCell`.
    """

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None):
        super().__init__(num_hidden, prefix, params)
        self._iW = self._params.get("i2h_weight")
        self._iB = self._params.get("i2h_bias")
        self._hW = self._params.get("h2h_weight")
        self._hB = self._params.get("h2h_bias")

    @property
    def _gate_names(self) -> Sequence[str]:
        return GRU_GATES

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], f"{name}_")
        return gru_step(i2h, h2h, states[0], name)
