"""Convolutions whose places are learnt (Dai et al. 2017, Zhu et al. 2019)."""
from __future__ import annotations

from typing import Any

from ...block import HybridBlock
from ...nn import Activation
from ...nn.pooling import repeated

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]


class DeformableConvolution(HybridBlock):
    """A convolution that looks up its input at places which another convolution shifts.

    Parameters
    ----------
    channels : int
        How many channels the output has.
    kernel_size, strides, padding, dilation : int or tuple of int
    groups, num_deformable_group : int
    layout : str
        The order of the axes.
    use_bias : bool
    in_channels : int
        0: found out by the first forward.
    activation : str, optional
    weight_initializer, bias_initializer, offset_weight_initializer, offset_bias_initializer : Initializer or str
    offset_use_bias : bool
    op_name : str
        The operator.
    adj : optional
        Not used.
    prefix : str, optional
    params : ParameterDict, optional
    """

    _masks = 0  # channels of masks beside the offsets, for each place of the kernel

    def __init__(self, channels: int, kernel_size: Any = (1, 1), strides: Any = (1, 1), padding: Any = (0, 0),
                 dilation: Any = (1, 1), groups: int = 1, num_deformable_group: int = 1, layout: str = "NCHW",
                 use_bias: bool = True, in_channels: int = 0, activation: str | None = None,
                 weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 offset_weight_initializer: Any = "zeros", offset_bias_initializer: Any = "zeros",
                 offset_use_bias: bool = True, op_name: str = "DeformableConvolution", adj: Any = None,
                 prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)
        kernel, stride, pad, dilate = (repeated(each, 2) for each in (kernel_size, strides, padding, dilation))
        self._channels, self._in_channels, self._op_name = channels, in_channels, op_name
        moved = (2 + self._masks) * kernel[0] * kernel[1] * num_deformable_group
        both = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad, "num_group": groups,
                "layout": layout}
        self._kwargs_offset = {**both, "num_filter": moved, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {**both, "num_filter": channels, "no_bias": not use_bias,
                                        "num_deformable_group": num_deformable_group}
        with self.name_scope():
            def parameter(name: str, shape: Any, init: Any, there: bool = True) -> Any:
                return self.params.get(name, shape=shape, init=init, allow_deferred_init=True) if there else None
            weights = [("offset_weight", (moved, in_channels // groups, *kernel), offset_weight_initializer, True),
                       ("offset_bias", (moved,), offset_bias_initializer, offset_use_bias),
                       ("deformable_conv_weight", (channels, in_channels // groups, *kernel), weight_initializer,
                        True),
                       ("deformable_conv_bias", (channels,), bias_initializer, use_bias)]
            for each in self._ordered(weights):
                setattr(self, each[0], parameter(*each))
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    @staticmethod
    def _ordered(weights: list[tuple]) -> list[tuple]:
        return weights

    def hybrid_forward(self, F: Any, x: Any, offset_weight: Any, deformable_conv_weight: Any,
                       offset_bias: Any = None, deformable_conv_bias: Any = None) -> Any:
        moved = self._convolved(F, x, offset_weight, offset_bias)
        return self._deformed(F, x, [moved], deformable_conv_weight, deformable_conv_bias)

    def _convolved(self, F: Any, x: Any, weight: Any, bias: Any) -> Any:
        inputs = (x, weight) if bias is None else (x, weight, bias)
        return F.Convolution(*inputs, cudnn_off=True, **self._kwargs_offset)

    def _deformed(self, F: Any, x: Any, places: list[Any], weight: Any, bias: Any) -> Any:
        inputs = (x, *places, weight) if bias is None else (x, *places, weight, bias)
        out = getattr(F.contrib, self._op_name)(*inputs, name="fwd", **self._kwargs_deformable_conv)
        return out if self.act is None else self.act(out)

    def _alias(self) -> str:
        return "deformable_conv"

    def __repr__(self) -> str:
        its, shape = self._kwargs_deformable_conv, self.deformable_conv_weight.shape
        text = f"{shape[1] or None} -> {shape[0]}, kernel_size={its['kernel']}, stride={its['stride']}"
        if its["pad"] != (0, 0):
            text += f", padding={its['pad']}"
        if its["dilate"] != (1, 1):
            text += f", dilation={its['dilate']}"
        if its["num_group"] != 1:
            text += f", groups={its['num_group']}"
        if self.deformable_conv_bias is None:
            text += ", bias=False"
        return f"{type(self).__name__}({text}{'' if self.act is None else f', {self.act}'})"


class ModulatedDeformableConvolution(DeformableConvolution):
    """A deformable convolution that also learns how much each place counts.

    The parameters are those of :class:`DeformableConvolution`.
    """

    _masks = 1

    def __init__(self, channels: int, kernel_size: Any = (1, 1), strides: Any = (1, 1), padding: Any = (0, 0),
                 dilation: Any = (1, 1), groups: int = 1, num_deformable_group: int = 1, layout: str = "NCHW",
                 use_bias: bool = True, in_channels: int = 0, activation: str | None = None,
                 weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 offset_weight_initializer: Any = "zeros", offset_bias_initializer: Any = "zeros",
                 offset_use_bias: bool = True, op_name: str = "ModulatedDeformableConvolution", adj: Any = None,
                 prefix: str | None = None, params: Any = None):
        super().__init__(channels, kernel_size, strides, padding, dilation, groups, num_deformable_group, layout,
                         use_bias, in_channels, activation, weight_initializer, bias_initializer,
                         offset_weight_initializer, offset_bias_initializer, offset_use_bias, op_name, adj, prefix,
                         params)

    @staticmethod
    def _ordered(weights: list[tuple]) -> list[tuple]:
        return weights[2:] + weights[:2]

    def hybrid_forward(self, F: Any, x: Any, offset_weight: Any, deformable_conv_weight: Any,
                       offset_bias: Any = None, deformable_conv_bias: Any = None) -> Any:
        both = self._convolved(F, x, offset_weight, offset_bias)
        its = self._kwargs_deformable_conv
        count = 2 * its["num_deformable_group"] * its["kernel"][0] * its["kernel"][1]
        moved = F.slice_axis(both, axis=1, begin=0, end=count)
        mask = F.sigmoid(F.slice_axis(both, axis=1, begin=count, end=None)) * 2
        return self._deformed(F, x, [moved, mask], deformable_conv_weight, deformable_conv_bias)

    def _alias(self) -> str:
        return "modulated_deformable_conv"

    def __repr__(self) -> str:
        parts = "" if self.act is None else f"  (act): {self.act}"
        return f"{type(self).__name__}(\n{parts}\n)"
