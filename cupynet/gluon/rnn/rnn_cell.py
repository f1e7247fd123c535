"""Recurrent cells: one step of a recurrent network, and what changes such a step."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ... import ndarray as nd
from ...base import MXNetAssertionError, MXNetNotImplementedError
from ..block import Block, HybridBlock
from ..nn import LeakyReLU
from ..parameter import ParameterDict
from ..text import indented
from .sequences import format_sequence, is_tensor, masked, reversed_sequences

__all__ = ["RecurrentCell", "HybridRecurrentCell", "RNNCell", "LSTMCell", "GRUCell", "SequentialRNNCell",
           "HybridSequentialRNNCell", "DropoutCell", "ModifierCell", "ZoneoutCell", "ResidualCell",
           "BidirectionalCell"]

_MODIFIED = ("After applying modifier cells (e.g. DropoutCell) the base cell cannot be called directly. Call the "
             "modifier cell instead.")
_ELEMENTWISE = ("tanh", "relu", "sigmoid", "softsign")


def _infos(cells: Iterable[RecurrentCell], batch_size: int) -> list[dict]:
    return [info for cell in cells for info in cell.state_info(batch_size)]


def _states(cells: Iterable[RecurrentCell], **kwargs: Any) -> list[Any]:
    return [state for cell in cells for state in cell.begin_state(**kwargs)]


def _begin(cell: RecurrentCell, F: Any, begin_state: Any, inputs: Any, batch_size: int) -> Any:
    """Return the states to begin with: the user's, or zeros."""
    if begin_state is not None:
        return begin_state
    if F is not nd:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)
    first = inputs if is_tensor(inputs) else inputs[0]
    with first.context:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)


class RecurrentCell(Block):
    """One step of a recurrent network: ``output, states = cell(inputs, states)``.

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and parts begin with.
    params : ParameterDict, optional
        Parameters of another cell to share.
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix=prefix, params=params)
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Forget what was counted: a new sequence begins."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._children.values():
            cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Return shape and layout of each state."""
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define state_info")

    def begin_state(self, batch_size: int = 0, func: Callable = nd.zeros, **kwargs: Any) -> list[Any]:
        """Return the states to begin with.

        Parameters
        ----------
        batch_size : int
        func : callable
            What makes a state, such as ``mx.nd.zeros`` or ``mx.sym.Variable``.
        **kwargs
            Further arguments of `func`, such as ``ctx``.
        """
        if self._modified:
            raise MXNetAssertionError(_MODIFIED)
        states = []
        for info in self.state_info(batch_size):
            self._init_counter += 1
            states.append(made_state(func, f"{self._prefix}begin_state_{self._init_counter}", {**info, **kwargs}))
        return states

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        """Run over a sequence.

        Parameters
        ----------
        length : int
            How many steps.
        inputs : NDArray or Symbol, or list of them
            A tensor with a time axis, or the steps, each (batch, features).
        begin_state : list, optional
            Default: zeros.
        layout : str
            The axes of a tensor: batch N, time T, features C.
        merge_outputs : bool, optional
            Whether the outputs are one tensor; default: a list, unless `valid_length` makes a tensor.
        valid_length : NDArray or Symbol, optional
            How many steps of each example count; the outputs behind are 0, and the states are those of the last step
            that counts.

        Returns
        -------
        The outputs and the last states.
        """
        self.reset()
        inputs, axis, F, batch_size = format_sequence(length, inputs, layout, False)
        states = _begin(self, F, begin_state, inputs, batch_size)
        outputs, all_states = [], []
        for i in range(length):
            output, states = self(inputs[i], states)
            outputs.append(output)
            if valid_length is not None:
                all_states.append(states)
        if valid_length is not None:
            states = [F.SequenceLast(F.stack(*each, axis=0), sequence_length=valid_length, use_sequence_length=True,
                                     axis=0) for each in zip(*all_states)]
            outputs = masked(F, outputs, length, valid_length, axis, True)
        return format_sequence(length, outputs, layout, merge_outputs)[0], states

    def _get_activation(self, F: Any, inputs: Any, activation: Any, **kwargs: Any) -> Any:
        """Return an activation, given by name or as a block, of `inputs`."""
        if isinstance(activation, str):
            if activation in _ELEMENTWISE:
                return getattr(F, activation)(inputs, **kwargs)
            return F.Activation(inputs, act_type=activation, **kwargs)
        if isinstance(activation, LeakyReLU):
            return F.LeakyReLU(inputs, act_type="leaky", slope=activation._alpha, **kwargs)
        return activation(inputs)

    def forward(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Return the output and the next states of one step."""
        self._counter += 1
        return super().forward(inputs, states)


def made_state(func: Callable, name: str, info: dict[str, Any]) -> Any:
    """Return a state made by `func`; arrays have no names and layouts."""
    if getattr(func, "__module__", "").startswith(nd.__name__):
        info = {key: value for key, value in info.items() if not key.startswith("__")}
        return func(**info)
    return func(name=name, **info)


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """A recurrent cell that is a :class:`HybridBlock`.

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and parts begin with.
    params : ParameterDict, optional
        Parameters of another cell to share.
    """

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define hybrid_forward")


class _GatedCell(HybridRecurrentCell):
    """What cells with weights share: a linear function of the input and one of the state."""

    def __init__(self, gates: int, hidden_size: int, i2h_weight_initializer: Any, h2h_weight_initializer: Any,
                 i2h_bias_initializer: Any, h2h_bias_initializer: Any, input_size: int, prefix: str | None,
                 params: ParameterDict | None):
        super().__init__(prefix=prefix, params=params)
        self._hidden_size, self._input_size = hidden_size, input_size
        width = gates * hidden_size

        def parameter(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)
        self.i2h_weight = parameter("i2h_weight", (width, input_size), i2h_weight_initializer)
        self.h2h_weight = parameter("h2h_weight", (width, hidden_size), h2h_weight_initializer)
        self.i2h_bias = parameter("i2h_bias", (width,), i2h_bias_initializer)
        self.h2h_bias = parameter("h2h_bias", (width,), h2h_bias_initializer)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _linear(self, F: Any, step: str, inputs: Any, state: Any, i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                h2h_bias: Any) -> tuple[Any, Any]:
        width = self.i2h_weight.shape[0]
        i2h = F.FullyConnected(data=inputs, weight=i2h_weight, bias=i2h_bias, num_hidden=width, name=step + "i2h")
        h2h = F.FullyConnected(data=state, weight=h2h_weight, bias=h2h_bias, num_hidden=width, name=step + "h2h")
        return i2h, h2h

    def __repr__(self) -> str:
        shape = self.i2h_weight.shape
        return f"{type(self).__name__}({shape[1] or None} -> {shape[0]}{self._shown_activation()})"

    def _shown_activation(self) -> str:
        return ""


class RNNCell(_GatedCell):
    """``activation(W_i x + b_i + W_h h + b_h)``.

    Parameters
    ----------
    hidden_size : int
    activation : str or Block
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    input_size : int
        0: found out by the first forward.
    prefix : str, optional
    params : ParameterDict, optional
    """

    def __init__(self, hidden_size: int, activation: Any = "tanh", i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", input_size: int = 0, prefix: str | None = None,
                 params: ParameterDict | None = None):
        super().__init__(1, hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer,
                         h2h_bias_initializer, input_size, prefix, params)
        self._activation = activation

    def _alias(self) -> str:
        return "rnn"

    def _shown_activation(self) -> str:
        return f", {self._activation}"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        i2h, h2h = self._linear(F, step, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        output = self._get_activation(F, F.elemwise_add(i2h, h2h, name=step + "plus0"), self._activation,
                                      name=step + "out")
        return output, [output]


class LSTMCell(_GatedCell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997), with gates in the order input, forget, cell, output.

    Parameters
    ----------
    hidden_size : int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    input_size : int
        0: found out by the first forward.
    prefix : str, optional
    params : ParameterDict, optional
    activation, recurrent_activation : str or Block
        Of the cell and the output, and of the gates.
    """

    def __init__(self, hidden_size: int, i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros", input_size: int = 0,
                 prefix: str | None = None, params: ParameterDict | None = None, activation: Any = "tanh",
                 recurrent_activation: Any = "sigmoid"):
        super().__init__(4, hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer,
                         h2h_bias_initializer, input_size, prefix, params)
        self._activation, self._recurrent_activation = activation, recurrent_activation

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"} for _ in range(2)]

    def _alias(self) -> str:
        return "lstm"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        i2h, h2h = self._linear(F, step, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        gates = F.SliceChannel(F.elemwise_add(i2h, h2h, name=step + "plus0"), num_outputs=4, name=step + "slice")
        gate = [self._get_activation(F, gates[i], self._activation if name == "c" else self._recurrent_activation,
                                     name=step + name) for i, name in enumerate("ifco")]
        cell = F.elemwise_add(F.elemwise_mul(gate[1], states[1], name=step + "mul0"),
                              F.elemwise_mul(gate[0], gate[2], name=step + "mul1"), name=step + "state")
        output = F.elemwise_mul(gate[3], F.Activation(cell, act_type=self._activation, name=step + "activation0")
                                if isinstance(self._activation, str) else self._get_activation(
                                    F, cell, self._activation), name=step + "out")
        return output, [output, cell]


class GRUCell(_GatedCell):
    """Gated recurrent unit (Cho et al. 2014), as cuDNN computes it: with gates in the order reset, update, new.

    Parameters
    ----------
    hidden_size : int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    input_size : int
        0: found out by the first forward.
    prefix : str, optional
    params : ParameterDict, optional
    """

    def __init__(self, hidden_size: int, i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros", input_size: int = 0,
                 prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(3, hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer,
                         h2h_bias_initializer, input_size, prefix, params)

    def _alias(self) -> str:
        return "gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        before = states[0]
        i2h, h2h = self._linear(F, step, inputs, before, i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        i2h = F.SliceChannel(i2h, num_outputs=3, name=step + "i2h_slice")
        h2h = F.SliceChannel(h2h, num_outputs=3, name=step + "h2h_slice")
        reset, update = (F.Activation(F.elemwise_add(i2h[i], h2h[i], name=f"{step}plus{i}"), act_type="sigmoid",
                                      name=f"{step}{name}_act") for i, name in enumerate("rz"))
        new = F.Activation(F.elemwise_add(i2h[2], F.elemwise_mul(reset, h2h[2], name=step + "mul0"),
                                          name=step + "plus2"), act_type="tanh", name=step + "h_act")
        rest = F.elemwise_sub(F.ones_like(update, name=step + "ones_like0"), update, name=step + "minus0")
        output = F.elemwise_add(F.elemwise_mul(rest, new, name=step + "mul1"),
                                F.elemwise_mul(update, before, name=step + "mul20"), name=step + "out")
        return output, [output]


# ---- several cells --------------------------------------------------------------------------------


class _Stacked:
    """What both kinds of stacks share."""

    def __repr__(self) -> str:
        cells = "\n".join(f"({i}): {indented(repr(cell), 2)}" for i, cell in self._children.items())
        return f"{type(self).__name__}(\n{cells}\n)"

    def add(self, cell: RecurrentCell) -> None:
        """Append a cell, which gets the output of the one before."""
        self.register_child(cell)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return _infos(self._children.values(), batch_size)

    def begin_state(self, **kwargs: Any) -> list[Any]:
        if self._modified:
            raise MXNetAssertionError(_MODIFIED)
        return _states(self._children.values(), **kwargs)

    def __call__(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        self._counter += 1
        return self._step(inputs, states)

    def _step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        following, place = [], 0
        for cell in self._children.values():
            if isinstance(cell, BidirectionalCell):
                raise MXNetAssertionError(f"{type(self).__name__}: a BidirectionalCell cannot be stepped")
            count = len(cell.state_info())
            inputs, state = cell(inputs, states[place:place + count])
            place += count
            following += state
        return inputs, following

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        self.reset()
        inputs, _, F, batch_size = format_sequence(length, inputs, layout, None)
        begin_state = _begin(self, F, begin_state, inputs, batch_size)
        cells, place, following = list(self._children.values()), 0, []
        for i, cell in enumerate(cells):
            count = len(cell.state_info())
            inputs, states = cell.unroll(length, inputs=inputs, begin_state=begin_state[place:place + count],
                                         layout=layout, valid_length=valid_length,
                                         merge_outputs=None if i < len(cells) - 1 else merge_outputs)
            place += count
            following += states
        return inputs, following

    def __getitem__(self, i: int) -> RecurrentCell:
        return self._children[str(i)]

    def __len__(self) -> int:
        return len(self._children)

    def __bool__(self) -> bool:
        return True


class SequentialRNNCell(_Stacked, RecurrentCell):
    """Recurrent cells one above the other.

    Parameters
    ----------
    prefix : str, optional
    params : ParameterDict, optional
    """

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """Not used: the cells are called one by one. Raises MXNetNotImplementedError."""
        raise MXNetNotImplementedError("SequentialRNNCell has no hybrid_forward; see HybridSequentialRNNCell")


class HybridSequentialRNNCell(_Stacked, HybridRecurrentCell):
    """Hybrid recurrent cells one above the other, which run as one graph once hybridized.

    Parameters
    ----------
    prefix : str, optional
    params : ParameterDict, optional
    """

    def __call__(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        return HybridRecurrentCell.__call__(self, inputs, states)

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        return self._step(inputs, states)


class BidirectionalCell(HybridRecurrentCell):
    """A cell that runs over a sequence forwards, and one that runs backwards; to be unrolled only.

    Parameters
    ----------
    l_cell, r_cell : RecurrentCell
        Forwards and backwards.
    output_prefix : str
        What the names of outputs begin with.
    """

    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_"):
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def __call__(self, inputs: Any, states: list[Any]) -> Any:
        raise MXNetNotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def __repr__(self) -> str:
        return (f"{type(self).__name__}(forward={self._children['l_cell']}, "
                f"backward={self._children['r_cell']})")

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return _infos(self._children.values(), batch_size)

    def begin_state(self, **kwargs: Any) -> list[Any]:
        if self._modified:
            raise MXNetAssertionError(_MODIFIED)
        return _states(self._children.values(), **kwargs)

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        self.reset()
        inputs, axis, F, batch_size = format_sequence(length, inputs, layout, False)
        backwards = reversed_sequences(inputs, length, valid_length)
        states = _begin(self, F, begin_state, inputs, batch_size)
        left, right = self._children["l_cell"], self._children["r_cell"]
        count = len(left.state_info(batch_size))
        l_outputs, l_states = left.unroll(length, inputs=inputs, begin_state=states[:count], layout=layout,
                                          merge_outputs=merge_outputs, valid_length=valid_length)
        r_outputs, r_states = right.unroll(length, inputs=backwards, begin_state=states[count:], layout=layout,
                                           merge_outputs=False, valid_length=valid_length)
        r_outputs = reversed_sequences(r_outputs, length, valid_length)
        if merge_outputs is None:
            merge_outputs = is_tensor(l_outputs)
            l_outputs = format_sequence(None, l_outputs, layout, merge_outputs)[0]
        if merge_outputs:
            r_outputs = F.stack(*r_outputs, axis=axis)
            outputs = F.concat(l_outputs, r_outputs, dim=2, name=self._output_prefix + "out")
        else:
            outputs = [F.concat(l_out, r_out, dim=1, name=f"{self._output_prefix}t{i}")
                       for i, (l_out, r_out) in enumerate(zip(l_outputs, r_outputs))]
        if valid_length is not None:
            outputs = masked(F, outputs, length, valid_length, axis, merge_outputs)
        return outputs, l_states + r_states


# ---- what changes a cell --------------------------------------------------------------------------


class DropoutCell(HybridRecurrentCell):
    """Dropout between cells, the same for all steps that come as one tensor.

    Parameters
    ----------
    rate : float
        How much is dropped.
    axes : tuple of int
        Axes along which the mask is the same.
    prefix : str, optional
    params : ParameterDict, optional
    """

    def __init__(self, rate: float, axes: Any = (), prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)):
            raise MXNetAssertionError("rate must be a number")
        self._rate, self._axes = rate, axes

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self._rate}, axes={self._axes})"

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return []

    def _alias(self) -> str:
        return "dropout"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        if self._rate > 0:
            inputs = F.Dropout(data=inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd")
        return inputs, states

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        self.reset()
        inputs, _, F, _ = format_sequence(length, inputs, layout, merge_outputs)
        if is_tensor(inputs):
            return self.hybrid_forward(F, inputs, begin_state if begin_state else [])
        return super().unroll(length, inputs, begin_state=begin_state, layout=layout, merge_outputs=merge_outputs,
                              valid_length=None)


class ModifierCell(HybridRecurrentCell):
    """Base class of cells that change what another cell does.

    Parameters
    ----------
    base_cell : RecurrentCell
        Which must no longer be used by itself.
    """

    def __init__(self, base_cell: RecurrentCell):
        if base_cell._modified:
            raise MXNetAssertionError(f"Cell {base_cell.name} is already modified. One cell cannot be modified twice")
        base_cell._modified = True
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The parameters of the base cell."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return self.base_cell.state_info(batch_size)

    def begin_state(self, func: Callable = nd.zeros, **kwargs: Any) -> list[Any]:
        if self._modified:
            raise MXNetAssertionError(_MODIFIED)
        return self._with_base(lambda base: base.begin_state(func=func, **kwargs))

    def _with_base(self, function: Callable[[RecurrentCell], Any]) -> Any:
        """Return a function of the base cell, which is free to be used meanwhile."""
        self.base_cell._modified = False
        try:
            return function(self.base_cell)
        finally:
            self.base_cell._modified = True

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define hybrid_forward")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell})"


class ZoneoutCell(ModifierCell):
    """Zoneout: while training, a part of the outputs and states stays what it was (Krueger et al. 2017).

    Parameters
    ----------
    base_cell : RecurrentCell
    zoneout_outputs, zoneout_states : float
        Which part.
    """

    def __init__(self, base_cell: RecurrentCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0):
        if isinstance(base_cell, BidirectionalCell):
            raise MXNetAssertionError("BidirectionalCell doesn't support zoneout since it doesn't support step. Please "
                                      "add ZoneoutCell to the cells underneath instead.")
        if isinstance(base_cell, SequentialRNNCell) and any(isinstance(each, BidirectionalCell)
                                                            for each in base_cell._children.values()):
            raise MXNetAssertionError("Bidirectional SequentialRNNCell doesn't support zoneout. Please add ZoneoutCell "
                                      "to the cells underneath instead.")
        super().__init__(base_cell)
        self._zoneout_outputs, self._zoneout_states = zoneout_outputs, zoneout_states
        self._prev_output = None

    def __repr__(self) -> str:
        return (f"{type(self).__name__}(p_out={self._zoneout_outputs}, p_state={self._zoneout_states}, "
                f"{self.base_cell})")

    def _alias(self) -> str:
        return "zoneout"

    def reset(self) -> None:
        super().reset()
        self._prev_output = None

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        output, following = self.base_cell(inputs, states)

        def zoned(new: Any, old: Any, part: float) -> Any:
            return F.where(F.Dropout(F.ones_like(new), p=part), new, old)
        if self._zoneout_outputs != 0:
            # the mask is drawn first, as in MXNet
            mask = F.Dropout(F.ones_like(output), p=self._zoneout_outputs)
            before = self._prev_output if self._prev_output is not None else F.zeros_like(output)
            new_output = F.where(mask, output, before)
        else:
            new_output = output
        if self._zoneout_states != 0:
            following = [zoned(new, old, self._zoneout_states) for new, old in zip(following, states)]
        self._prev_output = new_output
        return new_output, following


class ResidualCell(ModifierCell):
    """The input is added to the output (Wu et al. 2016).

    Parameters
    ----------
    base_cell : RecurrentCell
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        output, states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), states

    def unroll(self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC",
               merge_outputs: bool | None = None, valid_length: Any = None) -> tuple[Any, list[Any]]:
        self.reset()
        outputs, states = self._with_base(lambda base: base.unroll(
            length, inputs=inputs, begin_state=begin_state, layout=layout, merge_outputs=merge_outputs,
            valid_length=valid_length))
        merge = is_tensor(outputs) if merge_outputs is None else merge_outputs
        inputs, axis, F, _ = format_sequence(length, inputs, layout, merge)
        if valid_length is not None:
            inputs = masked(F, inputs, length, valid_length, axis, merge)
        if merge:
            return F.elemwise_add(outputs, inputs), states
        return [F.elemwise_add(out, each) for out, each in zip(outputs, inputs)], states
