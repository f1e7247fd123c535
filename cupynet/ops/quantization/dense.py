"""The fully connected layer on codes."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..catalog import op
from ..infer import Slots
from ..nn.dense import fully_connected
from ..schema import Attrs
from .ranges import INT8, INT32, RANGED, check_codes, end_shapes, end_types, product_range, width

__all__ = ["layer_types", "with_bias", "without_bias"]


def _has_bias(attrs: Attrs) -> bool:
    return not attrs.no_bias


without_bias = {"bias": _has_bias, "min_bias": _has_bias, "max_bias": _has_bias}


def with_bias(xp: Any, sums: Any, bias: Any, step: Any, bias_step: Any) -> Any:
    """Add to int32 `sums`, last axis the outputs, a bias in codes of another step, cut to whole steps."""
    return sums + xp.trunc(bias.astype(np.float32) * (bias_step / step)).astype(INT32)


@op(name="_contrib_quantized_fully_connected", outputs=RANGED, differentiable=False, when=without_bias)
def quantized_fully_connected(xp, data, weight, bias=None, min_data=None, max_data=None, min_weight=None,
                              max_weight=None, min_bias=None, max_bias=None, *, num_hidden: int, no_bias: bool = False,
                              flatten: bool = True):
    """Affine map of codes, in whole numbers: ``data @ weight.T``, and the bias in the same steps.

    Parameters
    ----------
    data : (batch, ...), or (..., n) with ``flatten=False``; int8 or uint8
    weight : (num_hidden, n), int8
    bias : (num_hidden,), int8
        Absent with `no_bias`, as its range is.
    min_data, ..., max_bias : (1,), float32
        The ends of the ranges.

    Returns
    -------
    int32 of the shape of ``FullyConnected``, and the ends ``-r, r`` of its range:
    ``r = r_data / 127 r_weight / 127 (2^31 - 1)``, with 255 for data of uint8.
    """
    # products of codes are whole numbers of 16 bits, their sums exact in float64, for which there is a BLAS
    sums = fully_connected.kernel_fn(xp, data.astype(np.float64), weight.astype(np.float64), num_hidden=num_hidden,
                                     no_bias=True, flatten=flatten).astype(INT32)
    if bias is not None:
        step = width(xp, data.dtype, min_data, max_data) * width(xp, INT8, min_weight, max_weight)
        sums = with_bias(xp, sums, bias, step, width(xp, INT8, min_bias, max_bias))
    return (sums, *product_range(xp, data.dtype, min_data, max_data, min_weight, max_weight))


@quantized_fully_connected.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    fully_connected.shape_rule(attrs, ins, outs)
    end_shapes(ins, outs)


def layer_types(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """Data of int8 or uint8, weight and bias of int8, and the output int32."""
    check_codes(ins, "data")
    ins["weight"], outs[0] = INT8, INT32
    if "bias" in ins:
        ins["bias"] = INT8
    end_types(ins, outs)


quantized_fully_connected.type(layer_types)
