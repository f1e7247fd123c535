"""All steps and layers in one operator: ``mx.sym.RNN`` as a cell."""
from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import initializer as init
from .. import symbol
from ..base import MXNetAssertionError, MXNetNotImplementedError, MXNetValueError
from ..ndarray import NDArray, zeros
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence, take
from .cells import GRU_GATES, LSTM_GATES, GRUCell, LSTMCell, RNNCell
from .stacked import BidirectionalCell, DropoutCell, SequentialRNNCell

__all__ = ["FusedRNNCell"]

_GATES = {"rnn_relu": [""], "rnn_tanh": [""], "lstm": LSTM_GATES, "gru": GRU_GATES}


class FusedRNNCell(BaseRNNCell):
    """Layers of recurrent cells in one operator, with all weights in one vector; faster than single steps.

    It knows no single step, only :meth:`unroll`, and is fastest with the layout "TNC".

    Parameters
    ----------
    num_hidden, num_layers : int
    mode : "rnn_relu", "rnn_tanh", "lstm" or "gru"
    bidirectional : bool
    dropout : float
        Between the layers.
    get_next_state : bool
        Whether :meth:`unroll` returns the last states; otherwise it returns none.
    forget_bias : float
        What the forget gates of an LSTM start with.
    prefix : str, optional
        By default the mode and an underscore.
    params : RNNParams, optional

    Examples
    --------
    >>> import cupynet as mx
    >>> cell = mx.rnn.FusedRNNCell(16, num_layers=2, mode='gru', bidirectional=True)
    >>> outputs, _ = cell.unroll(10, mx.sym.Variable('data'), layout='TNC', merge_outputs=True)
    >>> outputs.infer_shape(data=(10, 4, 8))[1]
    [(10, 4, 32)]
    """

    def __init__(self, num_hidden: int, num_layers: int = 1, mode: str = "lstm", bidirectional: bool = False,
                 dropout: float = 0.0, get_next_state: bool = False, forget_bias: float = 1.0,
                 prefix: str | None = None, params: RNNParams | None = None):
        if mode not in _GATES:
            raise MXNetValueError(f"FusedRNNCell: mode is {mode!r}; expected one of {', '.join(_GATES)}")
        super().__init__(prefix=f"{mode}_" if prefix is None else prefix, params=params)
        self._num_hidden, self._num_layers, self._mode = num_hidden, num_layers, mode
        self._bidirectional, self._dropout, self._get_next_state = bidirectional, dropout, get_next_state
        self._directions = ["l", "r"] if bidirectional else ["l"]
        self._parameter = self._params.get("parameters", init=init.FusedRNN(
            None, num_hidden, num_layers, mode, bidirectional, forget_bias))

    @property
    def state_info(self) -> list[dict[str, Any]]:
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(1 + (self._mode == "lstm"))]

    @property
    def _gate_names(self) -> Sequence[str]:
        return _GATES[self._mode]

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise MXNetNotImplementedError("FusedRNNCell cannot be stepped. Please use unroll")

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        self.reset()
        inputs, axis = normalize_sequence(length, inputs, layout, True)
        if axis == 1:
            warnings.warn("NTC layout detected. Consider using TNC for FusedRNNCell for faster speed", stacklevel=2)
            inputs = symbol.swapaxes(inputs, dim1=0, dim2=1)
        elif axis != 0:
            raise MXNetAssertionError(f"Unsupported layout {layout}")
        states = self.begin_state() if begin_state is None else begin_state
        rnn = symbol.RNN(data=inputs, parameters=self._parameter, state_size=self._num_hidden,
                         num_layers=self._num_layers, bidirectional=self._bidirectional, p=self._dropout,
                         state_outputs=self._get_next_state, mode=self._mode, name=f"{self._prefix}rnn",
                         **dict(zip(("state", "state_cell"), states[:len(self.state_info)])))
        outputs, after = rnn, []
        if self._get_next_state:
            rnn._set_attr(__layout__="LNC")
            outputs, *after = rnn
        if axis == 1:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        outputs, _ = normalize_sequence(length, outputs, layout, merge_outputs)
        return outputs, after

    def unfuse(self) -> SequentialRNNCell:
        """Return cells, one for each layer, that compute the same from the same (unpacked) weights."""
        stack = SequentialRNNCell()
        for layer in range(self._num_layers):
            cells = [self._single(f"{self._prefix}{side}{layer}_") for side in self._directions]
            if self._bidirectional:
                stack.add(BidirectionalCell(*cells, output_prefix=f"{self._prefix}bi_l{layer}_"))
            else:
                stack.add(cells[0])
            if self._dropout > 0 and layer != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack

    def _single(self, prefix: str) -> BaseRNNCell:
        """Return the cell of one layer in one direction."""
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix=prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix=prefix)
        return RNNCell(self._num_hidden, activation=self._mode.removeprefix("rnn_"), prefix=prefix)

    # ---- weights ----

    def _slices(self, num_input: int) -> Iterator[tuple[str, slice, tuple[int, ...]]]:
        """Yield name, place and shape of every gate's weights and biases in the vector."""
        hidden, start = self._num_hidden, 0
        for kind in ("weight", "bias"):
            for layer in range(self._num_layers):
                width = num_input if layer == 0 else hidden * len(self._directions)
                for side in self._directions:
                    for group, columns in (("i2h", width), ("h2h", hidden)):
                        shape = (hidden, columns) if kind == "weight" else (hidden,)
                        for gate in self._gate_names:
                            stop = start + math.prod(shape)
                            yield f"{self._prefix}{side}{layer}_{group}{gate}_{kind}", slice(start, stop), shape
                            start = stop

    def _size(self, num_input: int) -> int:
        """Return how long the vector is."""
        return max(place.stop for _, place, _ in self._slices(num_input))

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        args = dict(args)
        whole = take(args, self._parameter.name, self)
        smallest = self._size(0)
        num_input = (whole.size - smallest) // (self._size(1) - smallest)
        if num_input < 0 or self._size(num_input) != whole.size:
            raise MXNetAssertionError(f"Invalid parameters size for FusedRNNCell: {self._parameter.name} has "
                                      f"{whole.size} elements, which fit no number of inputs")
        for name, place, shape in self._slices(num_input):
            args[name] = whole[place].reshape(shape).copy()
        return args

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        args = dict(args)
        first = f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"
        like = take({**args}, first, self)
        num_input = like.shape[1]
        whole = zeros((self._size(num_input),), ctx=like.context, dtype=like.dtype)
        for name, place, shape in self._slices(num_input):
            part = take(args, name, self)
            if part.shape != shape:
                raise MXNetValueError(f"FusedRNNCell: {name} has the shape {part.shape}; expected {shape}")
            whole[place] = part.reshape((-1,))
        args[self._parameter.name] = whole
        return args
