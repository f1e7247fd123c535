"""What every recurrent cell is made of: shared parameters, starting states, steps in a row, gates apart.

A *cell* composes one step of a recurrent network: ``output, states = cell(input, states)``. Everything here is about
symbols; the arrays come when the network is bound.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import symbol
from ..base import MXNetAssertionError, MXNetKeyError, MXNetNotImplementedError
from ..ndarray import NDArray, concatenate
from ..symbol import Symbol

__all__ = ["RNNParams", "BaseRNNCell"]


class RNNParams:
    """Variables by name, made when they are first asked for; cells that are given the same one share weights.

    Parameters
    ----------
    prefix : str
        What all names begin with.

    Examples
    --------
    >>> import cupynet as mx
    >>> mx.rnn.RNNParams('enc_').get('i2h_weight')
    <Symbol enc_i2h_weight>
    """

    def __init__(self, prefix: str = ""):
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """Return the variable `name`; `kwargs` are those of ``mx.sym.Variable`` and count when it is made."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = symbol.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """A step of a recurrent network.

    Parameters
    ----------
    prefix : str
        What the names of its nodes and, without `params`, of its variables begin with.
    params : RNNParams, optional
        Where the weights come from, if they are shared.
    """

    def __init__(self, prefix: str = "", params: RNNParams | None = None):
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Count steps and starting states from 0 again, as :meth:`unroll` does, so that names are the same."""
        self._init_counter = -1
        self._counter = -1
        for cell in getattr(self, "_cells", ()):
            cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return (output, next states) of a step.

        Parameters
        ----------
        inputs : Symbol
            Shape (batch, features).
        states : list of Symbol
            Of the step before, or of :meth:`begin_state`.
        """
        raise MXNetNotImplementedError(f"{type(self).__name__}: a cell says in __call__ what a step is")

    @property
    def params(self) -> RNNParams:
        """The parameters, to be given to other cells; asking says that they are shared."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of each state; the batch size is 0, unknown."""
        raise MXNetNotImplementedError(f"{type(self).__name__}: a cell says in state_info what its states are")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of each state."""
        return [info["shape"] for info in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        """What tells the gates apart in the names of weights, in the order in which they lie in one weight."""
        return ()

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> list[Symbol]:
        """Return starting states.

        Parameters
        ----------
        func : callable
            ``func(name=, shape=, __layout__=, **kwargs)`` makes a state: ``mx.sym.zeros``, ``mx.sym.Variable``, ...
        """
        self._refuse_if_modified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **{**kwargs, **info}))
        return states

    def _refuse_if_modified(self) -> None:
        if self._modified:
            raise MXNetAssertionError("After applying modifier cells (e.g. DropoutCell) the base cell cannot be called "
                                      "directly. Call the modifier cell instead.")

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: Sequence[Symbol] | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None
               ) -> tuple[Symbol | list[Symbol], list[Symbol]]:
        """Return (outputs, states after the last step) of `length` steps.

        Parameters
        ----------
        length : int
        inputs : Symbol, or list of Symbol
            One with an axis of time, or one for each step, of shape (batch, features).
        begin_state : list of Symbol, optional
            By default those of :meth:`begin_state`.
        layout : str
            Which axis of an input or output with all steps is time: "NTC" or "TNC".
        merge_outputs : bool, optional
            True gives the outputs as one symbol, False as a list, None as it comes.
        """
        self.reset()
        inputs, _ = normalize_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for step in inputs:
            output, states = self(step, states)
            outputs.append(output)
        outputs, _ = normalize_sequence(length, outputs, layout, merge_outputs)
        return outputs, states

    # ---- gates: one weight for all, or one for each ----

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return `args` with the cell's weights cut into those of the gates: ``lstm_i2h_weight`` becomes
        ``lstm_i2h_i_weight``, ``lstm_i2h_f_weight``, ... What belongs to others stays as it is.
        """
        args = dict(args)
        for group in ("i2h", "h2h") if self._gate_names else ():
            whole = {kind: take(args, f"{self._prefix}{group}_{kind}", self) for kind in ("weight", "bias")}
            for i, gate in enumerate(self._gate_names):
                for kind, array in whole.items():
                    rows = array.shape[0] // len(self._gate_names)
                    args[f"{self._prefix}{group}{gate}_{kind}"] = array[i * rows:(i + 1) * rows].copy()
        return args

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return `args` with the weights of gates put together again: what undoes :meth:`unpack_weights`."""
        args = dict(args)
        for group in ("i2h", "h2h") if self._gate_names else ():
            parts: dict[str, list[NDArray]] = {"weight": [], "bias": []}
            for gate in self._gate_names:
                for kind, arrays in parts.items():
                    arrays.append(take(args, f"{self._prefix}{group}{gate}_{kind}", self))
            for kind, arrays in parts.items():
                args[f"{self._prefix}{group}_{kind}"] = concatenate(arrays)
        return args


def take(args: dict[str, NDArray], name: str, cell: BaseRNNCell) -> NDArray:
    """Take the array `name` out of `args`, the weights of `cell`."""
    if name not in args:
        raise MXNetKeyError(f"{type(cell).__name__}: {name} is missing among the weights")
    return args.pop(name)


def activated(inputs: Symbol, activation: str | Callable[..., Symbol], **kwargs: Any) -> Symbol:
    """Return an activation by name, or a function of symbols, applied to `inputs`."""
    if isinstance(activation, str):
        return symbol.Activation(inputs, act_type=activation, **kwargs)
    return activation(inputs, **kwargs)


def normalize_sequence(length: int, inputs: Symbol | Sequence[Symbol], layout: str, merge: bool | None
                       ) -> tuple[Symbol | list[Symbol], int]:
    """Return steps as one symbol (`merge`), as a list (not), or as they come (None), and the axis of time."""
    if inputs is None:
        raise MXNetAssertionError("unroll(inputs=None) has been deprecated. Please create input variables outside "
                                  "unroll.")
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is False:
            if len(inputs) != 1:
                raise MXNetAssertionError("unroll doesn't allow grouped symbol as input. Please convert to list with "
                                          "list(inputs) first or let unroll handle splitting.")
            inputs = list(symbol.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
    else:
        if len(inputs) != length:
            raise MXNetAssertionError(f"unroll: got {len(inputs)} inputs for length={length}")
        if merge:
            inputs = symbol.Concat(*[symbol.expand_dims(step, axis=axis) for step in inputs], dim=axis)
    return inputs, axis
