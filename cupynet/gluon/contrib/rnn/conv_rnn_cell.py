"""Recurrent cells whose inputs and states are images, and whose linear functions are convolutions (Shi et al. 2015)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....base import MXNetAssertionError
from ...nn.pooling import repeated
from ...rnn.rnn_cell import HybridRecurrentCell

__all__ = ["Conv1DRNNCell", "Conv2DRNNCell", "Conv3DRNNCell", "Conv1DLSTMCell", "Conv2DLSTMCell", "Conv3DLSTMCell",
           "Conv1DGRUCell", "Conv2DGRUCell", "Conv3DGRUCell"]


class _ConvCell(HybridRecurrentCell):
    """What these cells share; see :class:`Conv2DRNNCell` for the parameters."""

    _gates, _kind = 1, "conv_rnn"
    _rank: int

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any, i2h_dilate: Any, h2h_dilate: Any, i2h_weight_initializer: Any,
                 h2h_weight_initializer: Any, i2h_bias_initializer: Any, h2h_bias_initializer: Any,
                 conv_layout: str, activation: Any, prefix: str | None, params: Any):
        super().__init__(prefix=prefix, params=params)
        rank = self._rank
        self._hidden_channels, self._input_shape = hidden_channels, tuple(input_shape)
        self._conv_layout, self._activation = conv_layout, activation
        self._i2h_kernel, self._i2h_pad, self._i2h_dilate, self._h2h_kernel, self._h2h_dilate = (
            repeated(each, rank) for each in (i2h_kernel, i2h_pad, i2h_dilate, h2h_kernel, h2h_dilate))
        if any(size % 2 == 0 for size in self._h2h_kernel):
            raise MXNetAssertionError(f"Only support odd number, get h2h_kernel= {h2h_kernel}")
        self._h2h_pad = tuple(d * (k - 1) // 2 for d, k in zip(self._h2h_dilate, self._h2h_kernel))
        self._stride = (1,) * rank
        first = self._conv_layout.find("C") == 1
        channels, lengths = (input_shape[0], input_shape[1:]) if first else (input_shape[-1], input_shape[:-1])
        width = self._gates * hidden_channels

        def kernel(before: int, size: tuple[int, ...]) -> tuple[int, ...]:
            return (width, before, *size) if first else (width, *size, before)
        after = tuple((length + 2 * p - d * (k - 1) - 1) + 1 for length, p, d, k in zip(
            lengths, self._i2h_pad, self._i2h_dilate, self._i2h_kernel))
        self._state_shape = (hidden_channels, *after) if first else (*after, hidden_channels)

        def parameter(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)
        self.i2h_weight = parameter("i2h_weight", kernel(channels, self._i2h_kernel), i2h_weight_initializer)
        self.h2h_weight = parameter("h2h_weight", kernel(hidden_channels, self._h2h_kernel), h2h_weight_initializer)
        self.i2h_bias = parameter("i2h_bias", (width,), i2h_bias_initializer)
        self.h2h_bias = parameter("h2h_bias", (width,), h2h_bias_initializer)

    def _alias(self) -> str:
        return self._kind

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return [{"shape": (batch_size, *self._state_shape), "__layout__": self._conv_layout}]

    def __repr__(self) -> str:
        shape = self.i2h_weight.shape
        return f"{type(self).__name__}({shape[1]} -> {shape[0]}, {self._activation}, {self._conv_layout})"

    def _linear(self, F: Any, step: str, inputs: Any, state: Any, i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                h2h_bias: Any) -> tuple[Any, Any]:
        width = self._gates * self._hidden_channels
        i2h = F.Convolution(data=inputs, num_filter=width, kernel=self._i2h_kernel, stride=self._stride,
                            pad=self._i2h_pad, dilate=self._i2h_dilate, weight=i2h_weight, bias=i2h_bias,
                            layout=self._conv_layout, name=step + "i2h")
        h2h = F.Convolution(data=state, num_filter=width, kernel=self._h2h_kernel, stride=self._stride,
                            pad=self._h2h_pad, dilate=self._h2h_dilate, weight=h2h_weight, bias=h2h_bias,
                            layout=self._conv_layout, name=step + "h2h")
        return i2h, h2h

    def _split(self, F: Any, x: Any, count: int, name: str) -> Any:
        return F.SliceChannel(x, num_outputs=count, axis=self._conv_layout.find("C"), name=name)


class _ConvRNNCell(_ConvCell):
    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        i2h, h2h = self._linear(F, step, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        output = self._get_activation(F, i2h + h2h, self._activation, name=step + "out")
        return output, [output]


class _ConvLSTMCell(_ConvCell):
    _gates, _kind = 4, "conv_lstm"

    def state_info(self, batch_size: int = 0) -> list[dict]:
        return super().state_info(batch_size) * 2

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        i2h, h2h = self._linear(F, step, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        gates = self._split(F, i2h + h2h, 4, step + "slice")
        enter, forget, leave = (F.Activation(gates[i], act_type="sigmoid", name=step + name)
                                for i, name in ((0, "i"), (1, "f"), (3, "o")))
        new = self._get_activation(F, gates[2], self._activation, name=step + "c")
        cell = F.elemwise_add(forget * states[1], enter * new, name=step + "state")
        output = F.elemwise_mul(leave, self._get_activation(F, cell, self._activation), name=step + "out")
        return output, [output, cell]


class _ConvGRUCell(_ConvCell):
    _gates, _kind = 3, "conv_gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: list[Any], i2h_weight: Any, h2h_weight: Any, i2h_bias: Any,
                       h2h_bias: Any) -> tuple[Any, list[Any]]:
        step = f"t{self._counter}_"
        i2h, h2h = self._linear(F, step, inputs, states[0], i2h_weight, h2h_weight, i2h_bias, h2h_bias)
        i2h = self._split(F, i2h, 3, step + "i2h_slice")
        h2h = self._split(F, h2h, 3, step + "h2h_slice")
        reset = F.Activation(i2h[0] + h2h[0], act_type="sigmoid", name=step + "r_act")
        update = F.Activation(i2h[1] + h2h[1], act_type="sigmoid", name=step + "z_act")
        new = self._get_activation(F, i2h[2] + reset * h2h[2], self._activation, name=step + "h_act")
        output = F.elemwise_add((1.0 - update) * new, update * states[0], name=step + "out")
        return output, [output]


class Conv1DRNNCell(_ConvRNNCell):
    """A recurrent cell over sequences, a plain one, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 1

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0,), i2h_dilate: Any = (1,), h2h_dilate: Any = (1,),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv2DRNNCell(_ConvRNNCell):
    """A recurrent cell over images, a plain one, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 2

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0), i2h_dilate: Any = (1, 1), h2h_dilate: Any = (1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv3DRNNCell(_ConvRNNCell):
    """A recurrent cell over volumes, a plain one, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 3

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0, 0), i2h_dilate: Any = (1, 1, 1), h2h_dilate: Any = (1, 1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCDHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv1DLSTMCell(_ConvLSTMCell):
    """A recurrent cell over sequences, long short-term memory, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 1

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0,), i2h_dilate: Any = (1,), h2h_dilate: Any = (1,),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv2DLSTMCell(_ConvLSTMCell):
    """A recurrent cell over images, long short-term memory, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 2

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0), i2h_dilate: Any = (1, 1), h2h_dilate: Any = (1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv3DLSTMCell(_ConvLSTMCell):
    """A recurrent cell over volumes, long short-term memory, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 3

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0, 0), i2h_dilate: Any = (1, 1, 1), h2h_dilate: Any = (1, 1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCDHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv1DGRUCell(_ConvGRUCell):
    """A recurrent cell over sequences, a gated unit, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 1

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0,), i2h_dilate: Any = (1,), h2h_dilate: Any = (1,),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv2DGRUCell(_ConvGRUCell):
    """A recurrent cell over images, a gated unit, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 2

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0), i2h_dilate: Any = (1, 1), h2h_dilate: Any = (1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)


class Conv3DGRUCell(_ConvGRUCell):
    """A recurrent cell over volumes, a gated unit, with convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one example, without the batch.
    hidden_channels : int
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of input and state; the state's must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : Initializer or str
    conv_layout : str
        The order of the axes.
    activation : str or Block
    prefix : str, optional
    params : ParameterDict, optional
    """

    _rank = 3

    def __init__(self, input_shape: Sequence[int], hidden_channels: int, i2h_kernel: Any, h2h_kernel: Any,
                 i2h_pad: Any = (0, 0, 0), i2h_dilate: Any = (1, 1, 1), h2h_dilate: Any = (1, 1, 1),
                 i2h_weight_initializer: Any = None, h2h_weight_initializer: Any = None,
                 i2h_bias_initializer: Any = "zeros", h2h_bias_initializer: Any = "zeros",
                 conv_layout: str = "NCDHW", activation: Any = "tanh", prefix: str | None = None,
                 params: Any = None):
        super().__init__(input_shape, hidden_channels, i2h_kernel, h2h_kernel, i2h_pad, i2h_dilate, h2h_dilate,
                         i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
                         conv_layout, activation, prefix, params)
