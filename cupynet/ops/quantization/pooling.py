"""Pooling of codes."""
from __future__ import annotations

import math

import numpy as np

from ..catalog import op, require
from ..infer import Slots
from ..nn.pooling import Convention, Layout, Type, pooling
from ..schema import Attrs, Shape
from .ranges import RANGED, check_codes, end_shapes, end_types, rounded

__all__: list[str] = []


@op(name="_contrib_quantized_pooling", outputs=RANGED, differentiable=False, splits=True, ignores=("cudnn_off",))
def quantized_pooling(xp, data, min_data, max_data, *, kernel: Shape = (), pool_type: Type = "max",
                      global_pool: bool = False, cudnn_off: bool = False, pooling_convention: Convention = "valid",
                      stride: Shape = (), pad: Shape = (), p_value: int | None = None,
                      count_include_pad: bool | None = None, layout: Layout = None):
    """The largest code of each window, or their mean, rounded with halves to the even code; the range stays.

    Parameters
    ----------
    data : (batch, channels, [depth,] height, width), int8 or uint8
    min_data, max_data : (1,), float32
    pool_type : {"max", "avg"}
        The mean divides by the size of the kernel, also at the edges; with ``count_include_pad=False`` by the number
        of codes in the window.
    kernel, global_pool, pooling_convention, stride, pad, layout
        Those of ``Pooling``.

    Returns
    -------
    The shape of ``Pooling``, same dtype, and the ends of the range.
    """
    attrs = {"kernel": kernel, "global_pool": global_pool, "pooling_convention": pooling_convention, "stride": stride,
             "pad": pad, "layout": layout}
    values = data.astype(np.float32)
    if pool_type == "avg" and not global_pool and count_include_pad is not False:
        found = pooling.kernel_fn(xp, values, pool_type="sum", **attrs) / np.float32(math.prod(kernel))
    else:
        found = pooling.kernel_fn(xp, values, pool_type=pool_type, count_include_pad=count_include_pad, **attrs)
    return rounded(xp, found, data.dtype), min_data.copy(), max_data.copy()


@quantized_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.pool_type in ("max", "avg"), "_contrib_quantized_pooling",
            f"pool_type is {attrs.pool_type!r}; QuantizedPoolingOp only supports pool_type=max/avg for now")
    pooling.shape_rule(attrs, ins, outs)
    end_shapes(ins, outs)


@quantized_pooling.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    check_codes(ins, "data")
    end_types(ins, outs)
