"""Checkpoints of recurrent networks, with the weights of each gate apart, so that fused and single cells read both."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import symbol
from ..checkpoint import load_checkpoint, save_checkpoint
from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell

__all__ = ["rnn_unroll", "save_rnn_checkpoint", "load_rnn_checkpoint", "do_rnn_checkpoint"]


def rnn_unroll(cell: BaseRNNCell, length: int, inputs: Symbol | Sequence[Symbol] | None = None,
               begin_state: Sequence[Symbol] | None = None, input_prefix: str = "", layout: str = "NTC"
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
    """Return ``cell.unroll(length, inputs, begin_state, layout)``, the newer way to say it.

    Without `inputs` there is a variable ``<input_prefix>t<i>_data`` for each step. MXNet 1.9.1 fails here, whatever
    it is given.
    """
    warnings.warn("rnn_unroll is deprecated. Please call cell.unroll directly.", stacklevel=2)
    if inputs is None:
        inputs = [symbol.Variable(f"{input_prefix}t{i}_data") for i in range(length)]
    return cell.unroll(length, inputs, begin_state=begin_state, layout=layout)


def _listed(cells: BaseRNNCell | Sequence[BaseRNNCell]) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells


def save_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str, epoch: int, symbol: Symbol,
                        arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
    """Save a network as ``mx.model.save_checkpoint`` does, with the weights of `cells` unpacked."""
    for cell in _listed(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str, epoch: int
                        ) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Return (symbol, arguments, auxiliary states) of such a checkpoint, with the weights of `cells` packed."""
    sym, args, auxs = load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        args = cell.pack_weights(args)
    return sym, args, auxs


def do_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str, period: int = 1) -> Callable:
    """Return a callback for the end of epochs that saves such a checkpoint every `period` epochs."""
    period = int(max(1, period))

    def save(epoch: int, sym: Symbol | None = None, arg: Any = None, aux: Any = None) -> None:
        if (epoch + 1) % period == 0:
            save_rnn_checkpoint(cells, prefix, epoch + 1, sym, arg, aux)
    return save
