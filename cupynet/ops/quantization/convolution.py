"""Convolution of codes."""
from __future__ import annotations

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..nn.convolution import Layout, Tune, convolution
from ..schema import Attrs, Shape
from .dense import layer_types, with_bias, without_bias
from .ranges import INT8, INT32, RANGED, end_shapes, product_range, width

__all__: list[str] = []


@op(name="_contrib_quantized_conv", outputs=RANGED, differentiable=False, when=without_bias, splits=True,
    ignores=("workspace", "cudnn_tune", "cudnn_off"))
def quantized_conv(xp, data, weight, bias=None, min_data=None, max_data=None, min_weight=None, max_weight=None,
                   min_bias=None, max_bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                   pad: Shape = (), num_filter: int, num_group: int = 1, workspace: int = 1024, no_bias: bool = False,
                   cudnn_tune: Tune = None, cudnn_off: bool = False, layout: Layout = None):
    """Convolution of codes, in whole numbers, with the bias in the same steps.

    Parameters
    ----------
    data : (batch, channels, ...), or channels last according to `layout`; int8 or uint8
    weight : as for ``Convolution``, int8
    bias : (num_filter,), int8
        Absent with `no_bias`, as its range is.
    min_data, ..., max_bias : (1,), float32
        The ends of the ranges.
    kernel, stride, dilate, pad, num_filter, num_group, layout
        Those of ``Convolution``.

    Returns
    -------
    int32 of the shape of ``Convolution``, and the ends ``-r, r`` of its range:
    ``r = r_data / 127 r_weight / 127 (2^31 - 1)``, with 255 for data of uint8.

    Notes
    -----
    MXNet's CPU build takes data of uint8 alone, for which its range is that of int8, twice too wide; and it adds the
    codes of the bias as they are, whatever their range. Here both are as in ``_contrib_quantized_fully_connected``.
    """
    sums = convolution.kernel_fn(xp, data.astype(np.float64), weight.astype(np.float64), kernel=kernel, stride=stride,
                                 dilate=dilate, pad=pad, num_filter=num_filter, num_group=num_group, no_bias=True,
                                 layout=layout).astype(INT32)
    if bias is not None:
        step = width(xp, data.dtype, min_data, max_data) * width(xp, INT8, min_weight, max_weight)
        last = layout is not None and layout.endswith("C")
        across = bias if last else bias.reshape(-1, *(1,) * len(kernel))
        sums = with_bias(xp, sums, across, step, width(xp, INT8, min_bias, max_bias))
    return (sums, *product_range(xp, data.dtype, min_data, max_data, min_weight, max_weight))


@quantized_conv.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    convolution.shape_rule(attrs, ins, outs)
    end_shapes(ins, outs)


quantized_conv.type(layer_types)
