"""Up-sampling."""
from __future__ import annotations

import itertools
from typing import Any, Literal

from ..catalog import op, require
from ..infer import Slots, alike, derived, either, same_type
from ..nn.convolution import deconvolution
from ..schema import Attrs

__all__: list[str] = []


def _enlarged(xp: Any, data: Any, scale: int) -> Any:
    """Repeat every pixel `scale` times along both spatial axes."""
    n, c, h, w = data.shape
    return xp.broadcast_to(data[:, :, :, None, :, None], (n, c, h, scale, w, scale)).reshape(n, c, h * scale, w * scale)


def _bilinear(scale: int, channels: int) -> dict[str, Any]:
    """Return the attributes of the deconvolution that a bilinear enlargement is."""
    kernel, pad = 2 * scale - scale % 2, -(-(scale - 1) // 2)
    return {"kernel": (kernel,) * 2, "stride": (scale,) * 2, "pad": (pad,) * 2, "num_filter": channels,
            "num_group": channels, "no_bias": True}


@op(name="UpSampling", ignores=("workspace",), when={"weight": lambda attrs: attrs.sample_type == "bilinear"},
    initial=dict.fromkeys(("weight", "arg1"), '["bilinear", {}]'), splits=True)  # MXNet marks any second input
def upsampling(xp, data, weight=None, *more, scale: int, num_filter: int = 0,
               sample_type: Literal["bilinear", "nearest"], multi_input_mode: Literal["concat", "sum"] = "concat",
               num_args: int = 1, out=None):
    """Enlarge images.

    Parameters
    ----------
    data, more : (batch, channels, height, width), one or several
        Several (``nearest`` only) are brought to the size of the first, enlarged, and joined.
    weight : (channels, 1, k, k), ``k = 2 scale - scale % 2``
        For ``bilinear`` only; its initial values interpolate.
    scale : int
        Factor for both axes.
    num_filter : int
        Number of channels, for ``bilinear``.
    sample_type : str
        ``nearest`` repeats pixels; ``bilinear`` is a deconvolution with `weight`, channel by channel.
    multi_input_mode : str
        How several inputs are joined: ``concat`` along channels, or ``sum``.
    num_args : int
        Number of inputs.

    Returns
    -------
    ``(batch, channels, scale * height, scale * width)``, dtype of the inputs.
    """
    if sample_type == "bilinear":
        return deconvolution.kernel_fn(xp, data, weight, **_bilinear(scale, data.shape[1]), out=out)
    height = data.shape[2] * scale
    parts = [_enlarged(xp, x, height // x.shape[2]) for x in (data, *more)]
    if multi_input_mode == "sum":
        parts = [sum(parts[1:], parts[0])]
    return xp.concatenate(parts, axis=1, out=out)


@upsampling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, scale = "UpSampling", attrs.scale
    require(scale > 0, name, f"scale is {scale}; expected at least 1")
    require(attrs.sample_type == "bilinear" or attrs.num_args == len(ins), name,
            f"num_args is {attrs.num_args}, got {len(ins)} inputs")
    for shape in (*ins, *outs):
        require(shape is None or len(shape) == 4, name, f"a shape is {shape}; expected four axes")
    data = ins["data"] or (None,) * 4
    if outs[0] is not None:
        batch, _, *size = outs[0]
        size = (derived(lambda n: n // scale, n) for n in size)
        ins["data"] = data = tuple(map(either, data, (batch, None, *size)))
    channels = data[1]
    if attrs.sample_type == "bilinear":
        channels = either(channels, attrs.num_filter or None)
        ins["weight"] = (channels, 1, *_bilinear(scale, channels)["kernel"])
    else:
        others, grown = list(ins)[1:], tuple(derived(lambda n: n * scale, n) for n in data[2:])
        for other, what in zip(others, ins.names[1:]):
            fits = other is None or None in (*data[2:], *other[2:]) or 0 in other[2:] or (
                data[2] * scale % other[2] == 0 and data[2] * other[3] == data[3] * other[2])
            fits = fits and (other is None or alike(data[0], other[0]))
            require(fits, name, f"{what} has shape {other}, which does not grow to the output's height and width, "
                                f"{grown}, by one factor")
            joins = other is None or all(map(alike, other[:1 if attrs.multi_input_mode == "concat" else 2], data))
            require(joins, name, f"{what} has shape {other}, which does not join data of shape {ins['data']}")
        if attrs.multi_input_mode == "concat":
            lengths = (channels, *(None if other is None else other[1] for other in others))
            channels = derived(lambda *known: sum(known), *lengths)
    if ins["data"] is not None:
        outs[0] = (data[0], channels, *(derived(lambda n: n * scale, n) for n in data[2:]))


upsampling.type(same_type)


@upsampling.grad("weight")
def _(F, grad, data, *, scale):
    how = _bilinear(scale, data.shape[1])
    return F._convolution_weight_grad(grad, data, **{n: how[n] for n in ("kernel", "stride", "pad", "num_group")})


@upsampling.grad("data", "more")
def _(F, grad, weight, data_shape, more_shape, *, scale, sample_type, multi_input_mode):
    if sample_type == "bilinear":
        return F.Convolution(grad, weight, **_bilinear(scale, data_shape[1])), []
    shapes = [data_shape, *(more_shape or ())]
    grads = [grad] * len(shapes)
    if multi_input_mode == "concat" and len(shapes) > 1:
        ends = list(itertools.accumulate(shape[1] for shape in shapes))
        grads = [F.slice_axis(grad, axis=1, begin=end - shape[1], end=end) for end, shape in zip(ends, shapes)]
    factors = [(scale * data_shape[2] // shape[2],) * 2 for shape in shapes]
    found = [F.Pooling(part, kernel=factor, stride=factor, pool_type="sum") for part, factor in zip(grads, factors)]
    return found[0], found[1:]
