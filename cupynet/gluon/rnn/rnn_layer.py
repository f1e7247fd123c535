"""Recurrent layers: whole sequences, all layers and directions in one operator."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ... import ndarray as nd
from ... import symbol as sym
from ...base import MXNetAssertionError, MXNetNotImplementedError, MXNetValueError
from ...ndarray.base import NDArrayBase
from ..block import HybridBlock
from .rnn_cell import made_state
from .sequences import is_tensor

__all__ = ["RNN", "LSTM", "GRU"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
_NAME = re.compile(r"(l|r)(\d+)_(i2h|h2h|h2r)_(weight|bias)\Z")


class _RNNLayer(HybridBlock):
    """What recurrent layers share."""

    def __init__(self, hidden_size: int, num_layers: int, layout: str, dropout: float, bidirectional: bool,
                 input_size: int, i2h_weight_initializer: Any, h2h_weight_initializer: Any,
                 i2h_bias_initializer: Any, h2h_bias_initializer: Any, mode: str, projection_size: int | None,
                 h2r_weight_initializer: Any, lstm_state_clip_min: float | None, lstm_state_clip_max: float | None,
                 lstm_state_clip_nan: bool | None, dtype: Any, use_sequence_length: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if layout not in ("TNC", "NTC"):
            raise MXNetAssertionError(f"Invalid layout {layout}; must be one of ['TNC' or 'NTC']")
        self._hidden_size, self._projection_size, self._num_layers = hidden_size, projection_size or None, num_layers
        self._mode, self._layout, self._dropout, self._dtype = mode, layout, dropout, dtype
        self._dir, self._input_size = 2 if bidirectional else 1, input_size
        self._clip = {"lstm_state_clip_min": lstm_state_clip_min, "lstm_state_clip_max": lstm_state_clip_max,
                      "lstm_state_clip_nan": lstm_state_clip_nan}
        self._gates = _GATES[mode]
        self._use_sequence_length = use_sequence_length
        self.skip_states: bool | None = None
        width, seen = self._gates * hidden_size, self._projection_size or hidden_size
        before = input_size
        for layer in range(num_layers):
            for side in "lr"[:self._dir]:
                name = f"{side}{layer}_"
                self._register(name + "i2h_weight", (width, before), i2h_weight_initializer)
                self._register(name + "h2h_weight", (width, seen), h2h_weight_initializer)
                self._register(name + "i2h_bias", (width,), i2h_bias_initializer)
                self._register(name + "h2h_bias", (width,), h2h_bias_initializer)
                if self._projection_size:
                    self._register(name + "h2r_weight", (seen, hidden_size), h2r_weight_initializer)
            before = seen * self._dir

    def _register(self, name: str, shape: tuple[int, ...], init: Any) -> None:
        setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True,
                                            dtype=self._dtype))

    def __repr__(self) -> str:
        shape = self.l0_i2h_weight.shape
        text = f"{shape[1] or None} -> {shape[0] // self._gates}, {self._layout}"
        if self._num_layers != 1:
            text += f", num_layers={self._num_layers}"
        if self._dropout != 0:
            text += f", dropout={self._dropout}"
        if self._dir == 2:
            text += ", bidirectional"
        return f"{type(self).__name__}({text})"

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Any]:
        """Return parameters by the paths that they would have in cells, which files of MXNet hold."""
        prefix += "." if prefix else ""

        def path(name: str) -> str:
            side, layer, group, kind = _NAME.match(name).groups()
            cell = f".{side}_cell" if self._dir == 2 else ""
            return f"{prefix}_unfused.{layer}{cell}.{group}_{kind}"
        found = {path(name): each for name, each in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(prefix + name))
        return found

    def state_info(self, batch_size: int = 0) -> list[dict]:
        """Return shape, layout and dtype of each state."""
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define state_info")

    def infer_shape(self, inputs: Any, *args: Any) -> None:
        """Set the shapes of the first layer's weights by the width of the input."""
        if len(inputs.shape) != 3:
            raise MXNetAssertionError("Input data should be rank-3 tensor of dim [sequence length, batch size, input "
                                      f"size], got {inputs.shape}")
        for side in "lr"[:self._dir]:
            getattr(self, f"{side}0_i2h_weight").shape = (self._gates * self._hidden_size, inputs.shape[2])

    def cast(self, dtype: Any) -> None:
        """Change the dtype of all parameters, and of the states."""
        super().cast(dtype)
        self._dtype = dtype

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
        return [made_state(func, f"{self.prefix}h0_{i}", {**info, **kwargs})
                for i, info in enumerate(self.state_info(batch_size))]

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None, **kwargs: Any) -> Any:
        """Run over a sequence: outputs, and with `states` given also the last states.

        Parameters
        ----------
        inputs : NDArray or Symbol
            Of the layer's layout.
        states : NDArray or list of NDArray, optional
            Default: zeros.
        sequence_length : NDArray, optional
            How many steps of each example count, if the layer was made with ``use_sequence_length``.
        """
        self.skip_states = states is None
        if states is None:
            if isinstance(inputs, NDArrayBase):
                batch_size = inputs.shape[self._layout.find("N")]
                states = self.begin_state(batch_size, ctx=inputs.context, dtype=inputs.dtype)
            else:
                states = self.begin_state(0, func=sym.zeros)
        if is_tensor(states):
            states = [states]
        if self._use_sequence_length:
            return super().__call__(inputs, states, sequence_length, **kwargs)
        return super().__call__(inputs, states, **kwargs)

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], sequence_length: Any = None,
                       **kwargs: Any) -> Any:
        if F is nd:
            batch_size = inputs.shape[self._layout.find("N")]
            for state, info in zip(states, self.state_info(batch_size)):
                if state.shape != info["shape"]:
                    raise MXNetValueError(f"Invalid recurrent state shape. Expecting {info['shape']}, got "
                                          f"{state.shape}.")
        outputs, states = self._run(F, inputs, states, sequence_length, kwargs)
        return outputs if self.skip_states else (outputs, states)

    def _run(self, F: Any, inputs: Any, states: list[Any], sequence_length: Any,
             params: dict[str, Any]) -> tuple[Any, list[Any]]:
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, dim1=0, dim2=1)
        groups = [("i2h", "weight"), ("h2h", "weight"), *([("h2r", "weight")] if self._projection_size else [])]
        names = [f"{side}{layer}_{group}_{kind}" for rows in (groups, [("i2h", "bias"), ("h2h", "bias")])
                 for layer in range(self._num_layers) for side in "lr"[:self._dir] for group, kind in rows]
        together = F._internal._rnn_param_concat(*[params[name].reshape(-1) for name in names], dim=0)
        lengths = [sequence_length] if self._use_sequence_length else []
        found = F.RNN(inputs, together, *states, *lengths, use_sequence_length=self._use_sequence_length,
                      state_size=self._hidden_size, projection_size=self._projection_size,
                      num_layers=self._num_layers, bidirectional=self._dir == 2, p=self._dropout, state_outputs=True,
                      mode=self._mode, **self._clip)
        outputs, states = found[0], [found[i + 1] for i in range(2 if self._mode == "lstm" else 1)]
        return (F.swapaxes(outputs, dim1=0, dim2=1) if self._layout == "NTC" else outputs), states

    def _info(self, batch_size: int, length: int) -> dict[str, Any]:
        return {"shape": (self._num_layers * self._dir, batch_size, length), "__layout__": "LNC",
                "dtype": self._dtype}


class RNN(_RNNLayer):
    """Layers of ``activation(W_i x + b_i + W_h h + b_h)``.

    Parameters
    ----------
    hidden_size, num_layers : int
    activation : "relu" or "tanh"
    layout : "TNC" or "NTC"
        The axes of the input: time T, batch N, features C.
    dropout : float
        How much is dropped between layers.
    bidirectional : bool
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    input_size : int
        0: found out by the first forward.
    dtype : str or numpy.dtype

    Examples
    --------
    >>> import cupynet as mx
    >>> layer = mx.gluon.rnn.RNN(100, 3)
    >>> layer.initialize()
    >>> layer(mx.nd.ones((5, 3, 10))).shape
    (5, 3, 100)
    """

    def __init__(self, hidden_size: int, num_layers: int = 1, activation: str = "relu", layout: str = "TNC",
                 dropout: float = 0, bidirectional: bool = False, i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", input_size: int = 0, dtype: Any = "float32", **kwargs: Any):
        super().__init__(hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
                         h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, "rnn_" + activation,
                         None, None, None, None, False, dtype, **kwargs)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [self._info(batch_size, self._hidden_size)]


class LSTM(_RNNLayer):
    """Layers of long short-term memory (Hochreiter & Schmidhuber 1997).

    Parameters
    ----------
    hidden_size, num_layers : int
    layout : "TNC" or "NTC"
        The axes of the input: time T, batch N, features C.
    dropout : float
        How much is dropped between layers.
    bidirectional : bool
    input_size : int
        0: found out by the first forward.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    projection_size : int, optional
        Length of the outputs, if they are projected (Sak et al. 2014).
    h2r_weight_initializer : Initializer or str, optional
    state_clip_min, state_clip_max : float, optional
        Between which the cells are kept.
    state_clip_nan : bool
        Whether cells that are not numbers become 0.
    dtype : str or numpy.dtype
    """

    def __init__(self, hidden_size: int, num_layers: int = 1, layout: str = "TNC", dropout: float = 0,
                 bidirectional: bool = False, input_size: int = 0, i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", projection_size: int | None = None,
                 h2r_weight_initializer: Any = None, state_clip_min: float | None = None,
                 state_clip_max: float | None = None, state_clip_nan: bool = False, dtype: Any = "float32",
                 **kwargs: Any):
        super().__init__(hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
                         h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, "lstm", projection_size,
                         h2r_weight_initializer, state_clip_min, state_clip_max, state_clip_nan, dtype, **kwargs)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [self._info(batch_size, self._projection_size or self._hidden_size),
                self._info(batch_size, self._hidden_size)]


class GRU(_RNNLayer):
    """Layers of gated recurrent units (Cho et al. 2014), as cuDNN computes them.

    Parameters
    ----------
    hidden_size, num_layers : int
    layout : "TNC" or "NTC"
        The axes of the input: time T, batch N, features C.
    dropout : float
        How much is dropped between layers.
    bidirectional : bool
    input_size : int
        0: found out by the first forward.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    dtype : str or numpy.dtype
    """

    def __init__(self, hidden_size: int, num_layers: int = 1, layout: str = "TNC", dropout: float = 0,
                 bidirectional: bool = False, input_size: int = 0, i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", dtype: Any = "float32", **kwargs: Any):
        super().__init__(hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
                         h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, "gru", None, None, None,
                         None, False, dtype, **kwargs)

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [self._info(batch_size, self._hidden_size)]
