"""Batch normalization of codes, with the statistics of training."""
from __future__ import annotations

import numpy as np

from ..catalog import op, require
from ..infer import Slots
from ..schema import Attrs
from .quantize import calibrated
from .ranges import FLOAT32, INT8, RANGED, STEPS, UINT8, check_codes, end_shapes, end_types, largest, rounded

__all__: list[str] = []


@op(name="_contrib_quantized_batch_norm", outputs=RANGED, differentiable=False,
    mutates=("moving_mean", "moving_var"),
    ignores=("momentum", "fix_gamma", "use_global_stats", "output_mean_var", "cudnn_off"))
def quantized_batch_norm(xp, data, gamma, beta, moving_mean, moving_var, min_data, max_data, *,
                         eps: float = 0.0010000000474974513, momentum: float = 0.899999976, fix_gamma: bool = True,
                         use_global_stats: bool = False, output_mean_var: bool = False, axis: int = 1,
                         cudnn_off: bool = False, min_calib_range: float | None = None,
                         max_calib_range: float | None = None):
    """Codes normalized with moving statistics, scaled and shifted by channel, in a calibrated range.

    Parameters
    ----------
    data : (batch, channels, ...), int8 or uint8
    gamma, beta, moving_mean, moving_var : (channels,), float32
        The statistics are read, never updated; `gamma` counts whatever `fix_gamma` says.
    min_data, max_data : (1,), float32
        The ends of the range of `data`.
    eps : float
        Added to the variance.
    min_calib_range, max_calib_range : float
        The range of the output, which must be given.

    Returns
    -------
    int8, in the shape of `data`, and the ends of the range.

    Notes
    -----
    As in MXNet, codes of uint8 become such of int8 before anything else, and `data` is once more divided by
    ``sqrt(1 + eps)``.
    """
    across = (-1, *(1,) * (data.ndim - 2))
    r = np.float32(max(abs(min_calib_range), abs(max_calib_range)))
    codes = data.astype(FLOAT32)
    if data.dtype == UINT8:
        codes = xp.rint(codes * np.float32(STEPS[INT8] / STEPS[UINT8]))
    scale = gamma / xp.sqrt(moving_var + np.float32(eps))
    shift = (beta - moving_mean * scale) * (np.float32(STEPS[INT8]) / r)
    scale = scale * (largest(xp, min_data, max_data) / r) / np.sqrt(np.float32(1 + eps))
    codes = rounded(xp, codes * scale.reshape(across) + shift.reshape(across), INT8)
    ends = (xp.full(1, end, FLOAT32) for end in (min_calib_range, max_calib_range))
    return (codes, *ends, moving_mean, moving_var)


@quantized_batch_norm.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "_contrib_quantized_batch_norm"
    require(calibrated(attrs), name, "min_calib_range or max_calib_range is not available. Quantized BN currently "
            "don't support calib_mode=None")
    require(attrs.axis == 1, name, f"axis is {attrs.axis}; expected 1")
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    if ins["data"] is not None:
        require(len(ins["data"]) >= 2, name, f"data has shape {ins['data']}; expected batch, channels, ...")
        for each in ("gamma", "beta", "moving_mean", "moving_var"):
            ins[each] = ins["data"][1:2]
    end_shapes(ins, outs)


@quantized_batch_norm.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    check_codes(ins, "data")
    for each in ("gamma", "beta", "moving_mean", "moving_var"):
        ins[each] = FLOAT32
    outs[0] = INT8
    end_types(ins, outs)
