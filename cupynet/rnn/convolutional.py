"""Recurrent cells whose matrices are convolutions: states are images (Shi et al. 2015)."""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import symbol
from ..base import MXNetAssertionError, MXNetTypeError, MXNetValueError
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, activated
from .cells import GRU_GATES, LSTM_GATES, gru_step, lstm_step

__all__ = ["BaseConvRNNCell", "ConvRNNCell", "ConvLSTMCell", "ConvGRUCell"]

_LEAKY = functools.partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """What convolutional cells have in common.

    Parameters
    ----------
    input_shape : tuple
        Of an input, the batch included, such as ``(1, 3, 28, 28)``: the height and width of the states follow from it.
        The batch may also be 0, unknown, which MXNet does not take.
    num_hidden : int
        Channels of the states.
    h2h_kernel, h2h_dilate, i2h_kernel, i2h_stride, i2h_pad, i2h_dilate : (int, int)
        Of the convolution of the state, whose kernel is odd, and of that of the input.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        As the `init` of ``mx.sym.Variable``.
    activation : str, or function of a symbol
    prefix, params
        As for :class:`BaseRNNCell`.
    conv_layout : "NCHW" or "NHWC"
    """

    def __init__(self, input_shape: Sequence[int], num_hidden: int, h2h_kernel: Sequence[int],
                 h2h_dilate: Sequence[int], i2h_kernel: Sequence[int], i2h_stride: Sequence[int],
                 i2h_pad: Sequence[int], i2h_dilate: Sequence[int], i2h_weight_initializer: Any,
                 h2h_weight_initializer: Any, i2h_bias_initializer: Any, h2h_bias_initializer: Any,
                 activation: str | Callable, prefix: str = "", params: RNNParams | None = None,
                 conv_layout: str = "NCHW"):
        super().__init__(prefix=prefix, params=params)
        for what, pair in (("h2h_kernel", h2h_kernel), ("h2h_dilate", h2h_dilate)):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise MXNetTypeError(f"{type(self).__name__}: {what} is {pair!r}; expected two numbers")
        if not all(length % 2 for length in h2h_kernel):
            raise MXNetAssertionError(f"Only support odd number, get h2h_kernel= {h2h_kernel}")
        self._h2h_kernel, self._h2h_dilate = h2h_kernel, h2h_dilate
        self._h2h_pad = tuple(dilate * (length - 1) // 2 for length, dilate in zip(h2h_kernel, h2h_dilate))
        self._i2h_kernel, self._i2h_stride = i2h_kernel, i2h_stride
        self._i2h_pad, self._i2h_dilate = i2h_pad, i2h_dilate
        self._num_hidden, self._input_shape = num_hidden, input_shape
        self._conv_layout, self._activation = conv_layout, activation
        self._state_shape = self._infer_state_shape()
        self._iW = self._params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self._params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self._params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self._params.get("h2h_bias", init=h2h_bias_initializer)

    def _infer_state_shape(self) -> tuple[int, ...]:
        image = symbol.Convolution(
            data=symbol.Variable("data"), num_filter=self._num_hidden, kernel=self._i2h_kernel,
            stride=self._i2h_stride, pad=self._i2h_pad, dilate=self._i2h_dilate, layout=self._conv_layout, name="i2h")
        shape = image.infer_shape_partial(data=self._input_shape)[1][0]
        if not all(length > 0 for length in shape[1:]):
            raise MXNetValueError(f"{type(self).__name__}: input_shape is {self._input_shape}; expected every length "
                                  "but that of the batch")
        return (0, *shape[1:])

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": self._state_shape, "__layout__": self._conv_layout}]

    def _flows(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """Return what flows into the gates from the input and from the state."""
        common = {"num_filter": self._num_hidden * self._num_gates, "layout": self._conv_layout}
        i2h = symbol.Convolution(data=inputs, weight=self._iW, bias=self._iB, kernel=self._i2h_kernel,
                                 stride=self._i2h_stride, pad=self._i2h_pad, dilate=self._i2h_dilate,
                                 name=f"{name}i2h", **common)
        h2h = symbol.Convolution(data=state, weight=self._hW, bias=self._hB, kernel=self._h2h_kernel, stride=(1, 1),
                                 pad=self._h2h_pad, dilate=self._h2h_dilate, name=f"{name}h2h", **common)
        return i2h, h2h


class ConvRNNCell(BaseConvRNNCell):
    """A plain recurrent cell with convolutions.

    Parameters
    ----------
    input_shape, num_hidden, ...
        As for :class:`BaseConvRNNCell`.
    """

    def __init__(self, input_shape: Sequence[int], num_hidden: int, h2h_kernel: Sequence[int] = (3, 3),
                 h2h_dilate: Sequence[int] = (1, 1), i2h_kernel: Sequence[int] = (3, 3),
                 i2h_stride: Sequence[int] = (1, 1), i2h_pad: Sequence[int] = (1, 1),
                 i2h_dilate: Sequence[int] = (1, 1), i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", activation: str | Callable = _LEAKY, prefix: str = "ConvRNN_",
                 params: RNNParams | None = None, conv_layout: str = "NCHW"):
        super().__init__(input_shape, num_hidden, h2h_kernel, h2h_dilate, i2h_kernel, i2h_stride, i2h_pad, i2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         activation, prefix, params, conv_layout)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], name)
        output = activated(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """An LSTM with convolutions (Shi et al. 2015).

    Parameters
    ----------
    input_shape, num_hidden, ...
        As for :class:`BaseConvRNNCell`.
    """

    def __init__(self, input_shape: Sequence[int], num_hidden: int, h2h_kernel: Sequence[int] = (3, 3),
                 h2h_dilate: Sequence[int] = (1, 1), i2h_kernel: Sequence[int] = (3, 3),
                 i2h_stride: Sequence[int] = (1, 1), i2h_pad: Sequence[int] = (1, 1),
                 i2h_dilate: Sequence[int] = (1, 1), i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", activation: str | Callable = _LEAKY, prefix: str = "ConvLSTM_",
                 params: RNNParams | None = None, conv_layout: str = "NCHW"):
        super().__init__(input_shape, num_hidden, h2h_kernel, h2h_dilate, i2h_kernel, i2h_stride, i2h_pad, i2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         activation, prefix, params, conv_layout)

    @property
    def _gate_names(self) -> Sequence[str]:
        return LSTM_GATES

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [*super().state_info, *super().state_info]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], name)
        return lstm_step(i2h + h2h, states[1], name, self._activation, {"axis": self._conv_layout.find("C")})


class ConvGRUCell(BaseConvRNNCell):
    """A gated recurrent unit with convolutions.

    Parameters
    ----------
    input_shape, num_hidden, ...
        As for :class:`BaseConvRNNCell`. As in MXNet, the gates are cut along the second axis in every layout.
    """

    def __init__(self, input_shape: Sequence[int], num_hidden: int, h2h_kernel: Sequence[int] = (3, 3),
                 h2h_dilate: Sequence[int] = (1, 1), i2h_kernel: Sequence[int] = (3, 3),
                 i2h_stride: Sequence[int] = (1, 1), i2h_pad: Sequence[int] = (1, 1),
                 i2h_dilate: Sequence[int] = (1, 1), i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", activation: str | Callable = _LEAKY, prefix: str = "ConvGRU_",
                 params: RNNParams | None = None, conv_layout: str = "NCHW"):
        super().__init__(input_shape, num_hidden, h2h_kernel, h2h_dilate, i2h_kernel, i2h_stride, i2h_pad, i2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         activation, prefix, params, conv_layout)

    @property
    def _gate_names(self) -> Sequence[str]:
        return GRU_GATES

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h, h2h = self._flows(inputs, states[0], name)
        return gru_step(i2h, h2h, states[0], name, self._activation)
