"""Convolutions and their transposes, along one, two and three axes."""
from __future__ import annotations

from typing import Any

from ...base import MXNetAssertionError
from ..block import HybridBlock
from .activations import Activation
from .pooling import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    ReflectionPad2D,
    _Pooling,  # noqa: F401  an old name
    repeated,
)

__all__ = ["Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
           "MaxPool1D", "MaxPool2D", "MaxPool3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
           "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalAvgPool1D", "GlobalAvgPool2D",
           "GlobalAvgPool3D", "ReflectionPad2D"]


class _Conv(HybridBlock):
    """What convolutions share.

    Parameters
    ----------
    channels : int
        How many channels the output has.
    kernel_size, strides, padding, dilation : int or tuple of int
    groups : int
        Into how many parts the channels are divided, which do not see each other.
    layout : str
        The order of the axes, such as ``"NCHW"``.
    in_channels : int
        How many channels the input has; 0: found out by the first forward.
    activation : str, optional
        What :class:`Activation` takes.
    use_bias : bool
    weight_initializer, bias_initializer : Initializer or str, optional
    op_name : str
        The operator.
    adj : int or tuple of int, optional
        What is added to one side of a transposed convolution's output.
    """

    def __init__(self, channels: int, kernel_size: Any, strides: Any, padding: Any, dilation: Any, groups: int,
                 layout: str, in_channels: int = 0, activation: str | None = None, use_bias: bool = True,
                 weight_initializer: Any = None, bias_initializer: Any = "zeros", op_name: str = "Convolution",
                 adj: Any = None, prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)
        with self.name_scope():
            self._channels, self._in_channels = channels, in_channels
            strides, padding, dilation = (repeated(each, len(kernel_size)) for each in (strides, padding, dilation))
            self._op_name = op_name
            self._kwargs = {"kernel": kernel_size, "stride": strides, "dilate": dilation, "pad": padding,
                            "num_filter": channels, "num_group": groups, "no_bias": not use_bias, "layout": layout}
            if adj is not None:
                self._kwargs["adj"] = adj
            self.weight = self.params.get("weight", shape=self._weight_shape(), init=weight_initializer,
                                          allow_deferred_init=True)
            self.bias = self.params.get("bias", shape=(channels,), init=bias_initializer,
                                        allow_deferred_init=True) if use_bias else None
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def _weight_shape(self) -> tuple[int, ...]:
        kernel, groups = tuple(self._kwargs["kernel"]), self._kwargs["num_group"]
        if self._channels % groups or self._in_channels % groups:
            raise MXNetAssertionError(f"{type(self).__name__}: {self._channels} output and {self._in_channels} input "
                                      f"channels must be divisible by groups, {groups}")
        if self._op_name == "Deconvolution":
            channels = (self._in_channels, self._channels // groups)
        else:
            channels = (self._channels, self._in_channels // groups)
        last = self._kwargs["layout"].find("C") != 1  # as in NHWC
        return (channels[0], *kernel, channels[1]) if last else (*channels, *kernel)

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        operator = getattr(F, self._op_name)
        out = operator(x, weight, name="fwd", **self._kwargs) if bias is None else \
            operator(x, weight, bias, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)

    def _alias(self) -> str:
        return "conv"

    def __repr__(self) -> str:
        its, shape = self._kwargs, self.weight.shape
        rank = len(its["kernel"])
        text = f"{shape[1] or None} -> {shape[0]}, kernel_size={its['kernel']}, stride={its['stride']}"
        if tuple(its["pad"]) != (0,) * rank:
            text += f", padding={its['pad']}"
        if tuple(its["dilate"]) != (1,) * rank:
            text += f", dilation={its['dilate']}"
        if its["num_group"] != 1:
            text += f", groups={its['num_group']}"
        if self.bias is None:
            text += ", bias=False"
        if self.act is not None:
            text += f", {self.act}"
        return f"{type(self).__name__}({text})"


def _sized(class_name: str, kernel_size: Any, rank: int) -> tuple[int, ...]:
    kernel_size = repeated(kernel_size, rank)
    if len(kernel_size) != rank:
        raise MXNetAssertionError(f"{class_name}: kernel_size must be a number or a list of {rank} ints, got "
                                  f"{kernel_size}")
    return kernel_size


def _check_layout(class_name: str, layout: str, allowed: tuple[str, ...]) -> None:
    if layout not in allowed:
        raise MXNetAssertionError(f"Only supports {' and '.join(map(repr, allowed))} layout for {class_name} for now, "
                                  f"got {layout!r}")


class Conv1D(_Conv):
    """Convolution along one axis: (batch, channels, width) gives (batch, `channels`, width').

    See :class:`Conv2D` for the parameters.
    """

    def __init__(self, channels: int, kernel_size: Any, strides: Any = 1, padding: Any = 0, dilation: Any = 1,
                 groups: int = 1, layout: str = "NCW", activation: str | None = None, use_bias: bool = True,
                 weight_initializer: Any = None, bias_initializer: Any = "zeros", in_channels: int = 0,
                 **kwargs: Any):
        _check_layout("Conv1D", layout, ("NCW", "NWC"))
        super().__init__(channels, _sized("Conv1D", kernel_size, 1), strides, padding, dilation, groups, layout,
                         in_channels, activation, use_bias, weight_initializer, bias_initializer, **kwargs)


class Conv2D(_Conv):
    """Convolution along two axes: (batch, channels, height, width) gives (batch, `channels`, height', width').

    Parameters
    ----------
    channels : int
        How many channels the output has.
    kernel_size, strides, padding, dilation : int or tuple of int
    groups : int
        Into how many parts the channels are divided, which do not see each other.
    layout : str
        The order of the axes.
    activation : str, optional
        What :class:`Activation` takes.
    use_bias : bool
    weight_initializer, bias_initializer : Initializer or str, optional
    in_channels : int
        How many channels the input has; 0: found out by the first forward.
    """

    def __init__(self, channels: int, kernel_size: Any, strides: Any = (1, 1), padding: Any = (0, 0),
                 dilation: Any = (1, 1), groups: int = 1, layout: str = "NCHW", activation: str | None = None,
                 use_bias: bool = True, weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 in_channels: int = 0, **kwargs: Any):
        _check_layout("Conv2D", layout, ("NCHW", "NHWC"))
        super().__init__(channels, _sized("Conv2D", kernel_size, 2), strides, padding, dilation, groups, layout,
                         in_channels, activation, use_bias, weight_initializer, bias_initializer, **kwargs)


class Conv3D(_Conv):
    """Convolution along three axes: (batch, channels, depth, height, width).

    See :class:`Conv2D` for the parameters.
    """

    def __init__(self, channels: int, kernel_size: Any, strides: Any = (1, 1, 1), padding: Any = (0, 0, 0),
                 dilation: Any = (1, 1, 1), groups: int = 1, layout: str = "NCDHW", activation: str | None = None,
                 use_bias: bool = True, weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 in_channels: int = 0, **kwargs: Any):
        _check_layout("Conv3D", layout, ("NCDHW", "NDHWC"))
        super().__init__(channels, _sized("Conv3D", kernel_size, 3), strides, padding, dilation, groups, layout,
                         in_channels, activation, use_bias, weight_initializer, bias_initializer, **kwargs)


class _Transposed(_Conv):
    """What transposed convolutions share."""

    def __init__(self, rank: int, layouts: tuple[str, ...], channels: int, kernel_size: Any, strides: Any,
                 padding: Any, output_padding: Any, dilation: Any, groups: int, layout: str, activation: str | None,
                 use_bias: bool, weight_initializer: Any, bias_initializer: Any, in_channels: int, **kwargs: Any):
        name = type(self).__name__
        _check_layout(name, layout, layouts)
        output_padding = repeated(output_padding, rank)
        if len(output_padding) != rank:
            raise MXNetAssertionError(f"{name}: output_padding must be a number or a list of {rank} ints, got "
                                      f"{output_padding}")
        super().__init__(channels, _sized(name, kernel_size, rank), strides, padding, dilation, groups, layout,
                         in_channels, activation, use_bias, weight_initializer, bias_initializer,
                         op_name="Deconvolution", adj=output_padding, **kwargs)
        self.outpad = output_padding


class Conv1DTranspose(_Transposed):
    """Transposed convolution along one axis. See :class:`Conv2DTranspose` for the parameters."""

    def __init__(self, channels: int, kernel_size: Any, strides: Any = 1, padding: Any = 0, output_padding: Any = 0,
                 dilation: Any = 1, groups: int = 1, layout: str = "NCW", activation: str | None = None,
                 use_bias: bool = True, weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 in_channels: int = 0, **kwargs: Any):
        super().__init__(1, ("NCW", "NWC"), channels, kernel_size, strides, padding, output_padding, dilation, groups,
                         layout, activation, use_bias, weight_initializer, bias_initializer, in_channels, **kwargs)


class Conv2DTranspose(_Transposed):
    """Transposed convolution along two axes: the gradient of :class:`Conv2D` as a layer.

    Parameters
    ----------
    output_padding : int or tuple of int
        What is added to one side of the output.

    The others are those of :class:`Conv2D`.
    """

    def __init__(self, channels: int, kernel_size: Any, strides: Any = (1, 1), padding: Any = (0, 0),
                 output_padding: Any = (0, 0), dilation: Any = (1, 1), groups: int = 1, layout: str = "NCHW",
                 activation: str | None = None, use_bias: bool = True, weight_initializer: Any = None,
                 bias_initializer: Any = "zeros", in_channels: int = 0, **kwargs: Any):
        super().__init__(2, ("NCHW", "NHWC"), channels, kernel_size, strides, padding, output_padding, dilation,
                         groups, layout, activation, use_bias, weight_initializer, bias_initializer, in_channels,
                         **kwargs)


class Conv3DTranspose(_Transposed):
    """Transposed convolution along three axes. See :class:`Conv2DTranspose` for the parameters."""

    def __init__(self, channels: int, kernel_size: Any, strides: Any = (1, 1, 1), padding: Any = (0, 0, 0),
                 output_padding: Any = (0, 0, 0), dilation: Any = (1, 1, 1), groups: int = 1, layout: str = "NCDHW",
                 activation: str | None = None, use_bias: bool = True, weight_initializer: Any = None,
                 bias_initializer: Any = "zeros", in_channels: int = 0, **kwargs: Any):
        super().__init__(3, ("NCDHW", "NDHWC"), channels, kernel_size, strides, padding, output_padding, dilation,
                         groups, layout, activation, use_bias, weight_initializer, bias_initializer, in_channels,
                         **kwargs)
