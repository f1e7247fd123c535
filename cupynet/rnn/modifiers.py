"""Cells around a cell, which change what it gives: zoneout, residual connections."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .. import symbol
from ..base import MXNetAssertionError
from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence
from .fused import FusedRNNCell
from .stacked import BidirectionalCell, SequentialRNNCell

__all__ = ["ModifierCell", "ZoneoutCell", "ResidualCell"]


class ModifierCell(BaseRNNCell):
    """A cell around `base_cell`, which lends it its parameters and must not be used by itself from now on."""

    def __init__(self, base_cell: BaseRNNCell):
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return self.base_cell.state_info

    @contextmanager
    def _unmodified(self) -> Iterator[BaseRNNCell]:
        """Give the base cell, which may be used by itself inside."""
        self.base_cell._modified = False
        try:
            yield self.base_cell
        finally:
            self.base_cell._modified = True

    def begin_state(self, init_sym: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> list[Symbol]:
        """Return starting states, made by `init_sym`; see :meth:`BaseRNNCell.begin_state`."""
        self._refuse_if_modified()
        with self._unmodified() as cell:
            return cell.begin_state(func=kwargs.pop("func", init_sym), **kwargs)

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Keeps outputs and states of the step before, each element with a probability (Krueger et al. 2017).

    Parameters
    ----------
    base_cell : BaseRNNCell
        One that can be stepped: not fused, not bidirectional.
    zoneout_outputs, zoneout_states : float
    """

    def __init__(self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0):
        if isinstance(base_cell, FusedRNNCell):
            raise MXNetAssertionError("FusedRNNCell doesn't support zoneout. Please unfuse first.")
        if _is_bidirectional(base_cell):
            raise MXNetAssertionError("BidirectionalCell doesn't support zoneout since it doesn't support step. Please "
                                      "add ZoneoutCell to the cells underneath instead.")
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states
        self.prev_output: Symbol | None = None

    def reset(self) -> None:
        super().reset()
        self.prev_output = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, after = self.base_cell(inputs, states)
        before = symbol.zeros((0, 0)) if self.prev_output is None else self.prev_output
        output = _zoned(output, before, self.zoneout_outputs)
        after = [_zoned(new, old, self.zoneout_states) for new, old in zip(after, states)]
        self.prev_output = output
        return output, after


def _is_bidirectional(cell: BaseRNNCell) -> bool:
    return isinstance(cell, BidirectionalCell) or (
        isinstance(cell, SequentialRNNCell) and any(map(_is_bidirectional, cell._cells)))


def _zoned(new: Symbol, old: Symbol, probability: float) -> Symbol:
    """Return `new` with some elements of `old`."""
    if probability == 0.0:
        return new
    return symbol.where(symbol.Dropout(symbol.ones_like(new), p=probability), new, old)


class ResidualCell(ModifierCell):
    """Adds the input to the output (He et al. 2015), which must be as wide."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, states = self.base_cell(inputs, states)
        return _sum(output, inputs), states

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        self.reset()
        with self._unmodified() as cell:
            outputs, states = cell.unroll(length, inputs=inputs, begin_state=begin_state, layout=layout,
                                          merge_outputs=merge_outputs)
        merged = isinstance(outputs, Symbol) if merge_outputs is None else merge_outputs
        inputs, _ = normalize_sequence(length, inputs, layout, merged)
        if merged:
            return _sum(outputs, inputs), states
        return [_sum(output, step) for output, step in zip(outputs, inputs)], states


def _sum(output: Symbol, inputs: Symbol) -> Symbol:
    return symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
