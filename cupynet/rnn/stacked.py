"""Cells on top of each other, one from each end of time, and dropout between them."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import symbol
from ..base import MXNetAssertionError, MXNetNotImplementedError, numeric_types
from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence

__all__ = ["SequentialRNNCell", "DropoutCell", "BidirectionalCell"]


class _Cells(BaseRNNCell):
    """What is made of several cells: their states one after the other, their weights in turn."""

    def __init__(self, params: RNNParams | None):
        super().__init__(prefix="", params=params)
        self._override_cell_params = params is not None
        self._cells: list[BaseRNNCell] = []

    def _append(self, cell: BaseRNNCell) -> None:
        if self._override_cell_params:
            if not cell._own_params:
                raise MXNetAssertionError(f"Either specify params for {type(self).__name__} or child cells, not both.")
            cell.params._params.update(self._params._params)
        self._params._params.update(cell.params._params)
        self._cells.append(cell)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> list[Symbol]:
        self._refuse_if_modified()
        return [state for cell in self._cells for state in _begin(cell, func, kwargs)]

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return dict(args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        for cell in self._cells:
            args = cell.pack_weights(args)
        return dict(args)


def _begin(cell: BaseRNNCell, func: Callable[..., Symbol], kwargs: dict[str, Any]) -> list[Symbol]:
    """Return starting states of `cell`, whatever its ``begin_state`` calls the function that makes them."""
    return cell.begin_state(**kwargs) if func is symbol.zeros else cell.begin_state(func, **kwargs)


def _each(cells: Sequence[BaseRNNCell], states: Sequence[Symbol]) -> list[Sequence[Symbol]]:
    """Return the states of each cell."""
    parts, start = [], 0
    for cell in cells:
        stop = start + len(cell.state_info)
        parts.append(states[start:stop])
        start = stop
    return parts


class SequentialRNNCell(_Cells):
    """Cells on top of each other: the output of one is the input of the next.

    Parameters
    ----------
    params : RNNParams, optional
        Where the parameters of cells that are added are collected; MXNet refuses every cell then.

    Examples
    --------
    >>> import cupynet as mx
    >>> stack = mx.rnn.SequentialRNNCell()
    >>> stack.add(mx.rnn.LSTMCell(16, prefix='l0_'))
    >>> stack.add(mx.rnn.LSTMCell(16, prefix='l1_'))
    >>> outputs, states = stack.unroll(3, mx.sym.Variable('data'), merge_outputs=True)
    >>> outputs.infer_shape(data=(5, 3, 8))[1]
    [(5, 3, 16)]
    """

    def __init__(self, params: RNNParams | None = None):
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put `cell` on top."""
        self._append(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        after: list[Symbol] = []
        for cell, before in zip(self._cells, _each(self._cells, states)):
            inputs, states = cell(inputs, before)
            after.extend(states)
        return inputs, after

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        self.reset()
        inputs, _ = normalize_sequence(length, inputs, layout, None)
        states = self.begin_state() if begin_state is None else begin_state
        after: list[Symbol] = []
        for i, (cell, before) in enumerate(zip(self._cells, _each(self._cells, states))):
            last = i == len(self._cells) - 1
            inputs, states = cell.unroll(length, inputs=inputs, begin_state=before, layout=layout,
                                         merge_outputs=merge_outputs if last else None)
            after.extend(states)
        return inputs, after


class DropoutCell(BaseRNNCell):
    """Dropout of the input; without states. Put it between cells.

    Parameters
    ----------
    dropout : float
        The share that is dropped; 0 does nothing.
    prefix, params
        As for :class:`BaseRNNCell`.
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None):
        super().__init__(prefix, params)
        if not isinstance(dropout, numeric_types):
            raise MXNetAssertionError(f"DropoutCell: dropout probability must be a number; got {dropout!r}")
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        if self.dropout > 0:
            inputs = symbol.Dropout(data=inputs, p=self.dropout)
        return inputs, states

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        self.reset()
        inputs, _ = normalize_sequence(length, inputs, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state=begin_state, layout=layout, merge_outputs=merge_outputs)


class BidirectionalCell(_Cells):
    """A cell from the first step to the last and one from the last to the first; their outputs behind each other.

    It knows no single step, only :meth:`unroll`, which returns a list of two lists of states.

    Parameters
    ----------
    l_cell, r_cell : BaseRNNCell
    params : RNNParams, optional
        As for :class:`SequentialRNNCell`.
    output_prefix : str
        What the names of the outputs begin with.
    """

    def __init__(self, l_cell: BaseRNNCell, r_cell: BaseRNNCell, params: RNNParams | None = None,
                 output_prefix: str = "bi_"):
        super().__init__(params)
        self._output_prefix = output_prefix
        for cell in (l_cell, r_cell):
            self._append(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise MXNetNotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        self.reset()
        inputs, axis = normalize_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        (left, l_states), (right, r_states) = (
            cell.unroll(length, inputs=steps, begin_state=before, layout=layout, merge_outputs=merge_outputs)
            for cell, steps, before in zip(self._cells, (inputs, inputs[::-1]), _each(self._cells, states)))
        if merge_outputs is None:
            merge_outputs = isinstance(left, Symbol) and isinstance(right, Symbol)
            if not merge_outputs:
                left, right = (list(symbol.SliceChannel(outputs, axis=axis, num_outputs=length, squeeze_axis=1))
                               if isinstance(outputs, Symbol) else outputs for outputs in (left, right))
        if merge_outputs:
            outputs = symbol.Concat(left, symbol.reverse(right, axis=axis), dim=2, name=f"{self._output_prefix}out")
        else:
            outputs = [symbol.Concat(*both, dim=1, name=f"{self._output_prefix}t{i}")
                       for i, both in enumerate(zip(left, right[::-1]))]
        return outputs, [l_states, r_states]
