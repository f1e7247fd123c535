"""Convolution and Deconvolution."""
from __future__ import annotations

from typing import Literal

from ...base import MXNetValueError
from ..catalog import op, require
from ..infer import Length, Slots, derived, either, same_type
from ..schema import Attrs, Shape
from .windows import (
    channels_first,
    correlate,
    data_grad,
    from_channels_first,
    is_channels_last,
    length_of_output,
    spatial,
    to_channels_first,
    weight_grad,
    windows_of,
)

__all__ = ["Layout", "Tune", "convolution", "deconvolution", "ranked"]

_IGNORED = ("workspace", "cudnn_tune", "cudnn_off")  # how MXNet chooses among cuDNN's algorithms


# ---- Convolution ----------------------------------------------------------------------------------

Layout = Literal[None, "NCW", "NCHW", "NCDHW", "NHWC", "NDHWC"]
Tune = Literal[None, "fastest", "limited_workspace", "off"]


def _convolve(xp, data, weight, bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = (),
              num_filter: int, num_group: int = 1, workspace: int = 1024, no_bias: bool = False,
              cudnn_tune: Tune = None, cudnn_off: bool = False, layout: Layout = None, out=None):
    """Correlate every image with a bank of filters and add a bias.

    ``output[n, f, y, x] = bias[f] + sum over c, i, j of
    data[n, c, y * stride + i * dilate - pad, x * stride + j * dilate - pad] * weight[f, c, i, j]``,
    with zeros outside the image, and likewise in one and three dimensions.

    Parameters
    ----------
    data : (batch, channels, [depth, [height,]] width), or channels last according to `layout`
    weight : (num_filter, channels / num_group, *kernel), or channels last
    bias : (num_filter,)
        Absent with `no_bias`.
    kernel : tuple of one, two or three ints
        Spatial shape of the filters.
    stride, dilate, pad : tuple of int
        Step from window to window, step inside a window (both 1 by default), zeros on either side (0 by default).
    num_filter : int
        Number of output channels.
    num_group : int
        Channels and filters are divided into so many groups; filters see the channels of their group only.
    layout : str
        Order of the axes of data, weight and output: ``None`` is channels first. ``NHWC`` and ``NDHWC`` work
        through transposition.

    Returns
    -------
    ``(batch, num_filter, *spatial)`` with ``(n + 2 pad - dilate (kernel - 1) - 1) // stride + 1`` positions along
    an axis of length n. All arrays have one floating-point dtype; float16 is accumulated in float32.

    Raises
    ------
    MXNetValueError
        If the shapes do not fit, a group would be fractional, or the kernel is larger than the padded image.
    """
    def compute(data, weight, bias, out):
        windows = windows_of("Convolution", data.shape[2:], None, kernel, stride, dilate, pad)
        return correlate(xp, data, weight, bias, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, weight, bias), out)


def _convolution_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "Convolution"
    kernel, groups, filters, layout = attrs.kernel, attrs.num_group, attrs.num_filter, attrs.layout
    stride, dilate, pad = spatial(name, kernel, attrs.stride, attrs.dilate, attrs.pad)
    _check_groups(name, "num_filter", filters, groups)
    data = ranked(name, "data", ins["data"], len(kernel), layout)
    weight = to_channels_first(ins["weight"], layout)
    out = ranked(name, "output", outs[0], len(kernel), layout)
    if data is None:
        data = (None,) * (2 + len(kernel))
    if data[1] is not None:
        _check_groups(name, "the number of channels", data[1], groups)
        depth = data[1] // groups
    else:
        depth = weight[1] if weight is not None and len(weight) == 2 + len(kernel) else None
        data = (data[0], derived(lambda n: n * groups, depth), *data[2:])
    size = data[2:]
    if out is not None:  # with stride one the length of the data follows from that of the output
        back = (n + d * (k - 1) - 2 * p if s == 1 and n is not None else None
                for n, k, s, d, p in zip(out[2:], kernel, stride, dilate, pad))
        size = tuple(map(either, size, back))
        data = (either(data[0], out[0]), data[1], *size)
    if any(n is not None and d * (k - 1) >= n + 2 * p for n, k, d, p in zip(size, kernel, dilate, pad)):
        raise MXNetValueError(f"{name}: kernel {kernel} dilated by {dilate} is larger than data of shape "
                              f"{ins['data']} padded by {pad}")
    ins["weight"] = from_channels_first((filters, depth, *kernel), layout)
    if not attrs.no_bias:
        ins["bias"] = (filters,)
    if ins["data"] is not None or any(n is not None for n in data):
        ins["data"] = from_channels_first(data, layout)
        lengths = map(length_of_output, size, kernel, stride, dilate, pad)
        outs[0] = from_channels_first((data[0], filters, *lengths), layout)


def _check_groups(name: str, what: str, number: int, groups: int) -> None:
    if groups <= 0 or number % groups or (number <= 0 and what == "num_filter"):
        raise MXNetValueError(f"{name}: {what} is {number} and num_group is {groups}; expected a positive multiple")


def ranked(name: str, what: str, shape: tuple | None, rank: int, layout: str | None) -> tuple | None:
    """Return `shape` channels first, after checking that it has as many axes as the kernel asks for."""
    if shape is not None and len(shape) != rank + 2:
        raise MXNetValueError(f"{name}: {what} has shape {shape}; a kernel of {rank} lengths expects {rank + 2} axes")
    return to_channels_first(shape, layout)


def _has_bias(attrs: Attrs) -> bool:
    return not attrs.no_bias


convolution = op(name="Convolution", splits=True, when={"bias": _has_bias}, ignores=_IGNORED)(_convolve)
convolution_v1 = op(name="Convolution_v1", splits=True, when={"bias": _has_bias}, ignores=_IGNORED)(_convolve)


@op(name="_convolution_data_grad", splits=True)
def convolution_data_grad(xp, head, weight, *, size: Shape, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                          pad: Shape = (), num_group: int = 1, layout: Layout = None, out=None):
    """Gradient of a convolution with respect to its data, whose spatial shape was `size`.

    `head` is the gradient of the convolution's output; for `weight` and the attributes see ``Convolution``.
    """
    def compute(head, weight, out):
        windows = windows_of("Convolution", size, head.shape[2:], kernel, stride, dilate, pad)
        return data_grad(xp, head, weight, None, windows, num_group, out)
    return channels_first(xp, layout, compute, (head, weight), out)


@op(name="_convolution_weight_grad", splits=True)
def convolution_weight_grad(xp, data, head, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                            pad: Shape = (), num_group: int = 1, layout: Layout = None, out=None):
    """Gradient of a convolution with respect to its weight.

    `head` is the gradient of the convolution's output; for `data` and the attributes see ``Convolution``.
    """
    def compute(data, head, out):
        windows = windows_of("Convolution", data.shape[2:], head.shape[2:], kernel, stride, dilate, pad)
        return weight_grad(xp, data, head, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, head), out)


@convolution_data_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    head, weight = (to_channels_first(shape, attrs.layout) for shape in ins)
    if head is not None and weight is not None:
        channels = derived(lambda n: n * attrs.num_group, weight[1])
        outs[0] = from_channels_first((head[0], channels, *attrs.size), attrs.layout)


@convolution_weight_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data, head = (to_channels_first(shape, attrs.layout) for shape in ins)
    if data is not None and head is not None:
        depth = derived(lambda n: n // attrs.num_group, data[1])
        outs[0] = from_channels_first((head[1], depth, *attrs.kernel), attrs.layout)


# ---- Deconvolution --------------------------------------------------------------------------------

@op(name="Deconvolution", splits=True, when={"bias": _has_bias}, ignores=_IGNORED)
def deconvolution(xp, data, weight, bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                  pad: Shape = (), adj: Shape = (), target_shape: Shape = (), num_filter: int, num_group: int = 1,
                  workspace: int = 512, no_bias: bool = True, cudnn_tune: Tune = None, cudnn_off: bool = False,
                  layout: Layout = None, out=None):
    """Transposed convolution: every element of `data` adds a scaled copy of the filters to the output.

    It is the gradient of ``Convolution`` with respect to its data (Zeiler et al., "Deconvolutional networks",
    2010), for filters `weight` that would turn the output's channels into those of `data`.

    Parameters
    ----------
    data : (batch, channels, [depth, [height,]] width), or channels last according to `layout`
    weight : (channels, num_filter / num_group, *kernel), or channels last
    bias : (num_filter,)
        Absent with `no_bias`, the default.
    kernel, stride, dilate, pad, num_group, layout
        Those of the convolution that is transposed; `pad` crops the output.
    adj : tuple of int, smaller than stride
        Added to the output's lengths, which the convolution would have lost to rounding.
    target_shape : tuple of int
        Spatial shape of the output; takes the place of `pad` and `adj`.
    num_filter : int
        Number of output channels.

    Returns
    -------
    ``(batch, num_filter, *spatial)`` with ``stride (n - 1) + dilate (kernel - 1) + 1 - 2 pad + adj`` positions
    along an axis of length n. All arrays have one floating-point dtype.

    Raises
    ------
    MXNetValueError
        If shapes do not fit, `adj` is not smaller than `stride`, or `target_shape` is too large.
    """
    def compute(data, weight, bias, out):
        crop, size = _deconvolved(data.shape[2:], kernel, stride, dilate, pad, adj, target_shape)
        windows = windows_of("Deconvolution", size, data.shape[2:], kernel, stride, dilate, crop)
        return data_grad(xp, data, weight, bias, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, weight, bias), out)


def _deconvolved(size: tuple, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple, adj: tuple, target: tuple
                 ) -> tuple[tuple[int, ...], tuple[Length, ...]]:
    """Return the padding and the spatial shape of the output, None where the length in `size` is not known."""
    name, rank = "Deconvolution", len(kernel)
    stride, dilate, pad = spatial(name, kernel, stride, dilate, pad)
    adj, target = adj or (0,) * rank, target or (0,) * rank
    require(len(adj) == len(target) == rank, name,
            f"adj is {adj} and target_shape is {target}; expected {rank} numbers each, as many as kernel has")
    spread = tuple(derived(lambda n, k, s, d: s * (n - 1) + d * (k - 1) + 1, *each)
                   for each in zip(size, kernel, stride, dilate))
    if any(target):
        require(all(n is None or (n >= t and (n - t) % 2 < s) for n, t, s in zip(spread, target, stride)), name,
                f"target_shape is {target}; expected at most {spread}, and an even number less with stride 1")
        return tuple(p if n is None else (n - t + 1) // 2 for n, t, p in zip(spread, target, pad)), target
    require(all(a < s for a, s in zip(adj, stride)), name, f"adj is {adj}; expected numbers below stride {stride}")
    return pad, tuple(derived(lambda n, p, a: n - 2 * p + a, *each) for each in zip(spread, pad, adj))


@deconvolution.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, rank, layout = "Deconvolution", len(attrs.kernel), attrs.layout
    groups, filters = attrs.num_group, attrs.num_filter
    _check_groups(name, "num_filter", filters, groups)
    data = ranked(name, "data", ins["data"], rank, layout) or (None,) * (2 + rank)
    weight = to_channels_first(ins["weight"], layout)
    out = ranked(name, "output", outs[0], rank, layout)
    channels = either(data[1], None if weight is None else weight[0])
    if channels is not None:
        _check_groups(name, "the number of channels", channels, groups)
    batch = either(data[0], None if out is None else out[0])
    _, size = _deconvolved(data[2:], attrs.kernel, attrs.stride, attrs.dilate, attrs.pad, attrs.adj,
                           attrs.target_shape)
    require(all(n is None or m > 0 or n == m == 0 for n, m in zip(data[2:], size)), name,
            f"pad {attrs.pad} leaves nothing of the output for data of shape {ins['data']}")
    ins["weight"] = from_channels_first((channels, filters // groups, *attrs.kernel), layout)
    if not attrs.no_bias:
        ins["bias"] = (filters,)
    if ins["data"] is not None or out is not None:
        ins["data"] = from_channels_first((batch, channels, *data[2:]), layout)
        outs[0] = from_channels_first((batch, filters, *size), layout)


# ---- gradients ------------------------------------------------------------------------------------

# conv(data, weight), data_grad(head, weight) and weight_grad(data, head) are three views of one trilinear form,
# so the gradients of each are the other two.

def _size(shape: tuple, layout: str | None) -> tuple:
    """Return the spatial part of `shape`."""
    return shape[1:-1] if is_channels_last(layout) else shape[2:]


def _channels(shape: tuple, layout: str | None) -> int:
    """Return the number of channels of data of `shape`."""
    return shape[-1] if is_channels_last(layout) else shape[1]


def _data_rule(F, grad, weight, data_shape, *, kernel, stride, dilate, pad, num_group, layout):
    return F._convolution_data_grad(grad, weight, size=_size(data_shape, layout), kernel=kernel, stride=stride,
                                    dilate=dilate, pad=pad, num_group=num_group, layout=layout)


def _weight_rule(F, grad, data, *, kernel, stride, dilate, pad, num_group, layout):
    return F._convolution_weight_grad(data, grad, kernel=kernel, stride=stride, dilate=dilate, pad=pad,
                                      num_group=num_group, layout=layout)


def _bias_rule(F, grad, *, layout):
    return F.sum(grad, axis=(len(grad.shape) - 1 if is_channels_last(layout) else 1,), exclude=True)


for _op in (convolution, convolution_v1):
    _op.shape(_convolution_shape)
    _op.grad("data")(_data_rule)
    _op.grad("weight")(_weight_rule)

for _op in (convolution, convolution_v1, deconvolution):
    _op.grad("bias")(_bias_rule)

for _op in (convolution, convolution_v1, deconvolution, convolution_data_grad, convolution_weight_grad):
    _op.type(same_type)


@convolution_data_grad.grad("head")
def _(F, grad, weight, head_shape, *, kernel, stride, dilate, pad, num_group, layout):
    return F.Convolution(grad, weight, kernel=kernel, stride=stride, dilate=dilate, pad=pad, no_bias=True,
                         num_filter=_channels(head_shape, layout), num_group=num_group, layout=layout)


@convolution_data_grad.grad("weight")
def _(F, grad, head, *, kernel, stride, dilate, pad, num_group, layout):
    return F._convolution_weight_grad(grad, head, kernel=kernel, stride=stride, dilate=dilate, pad=pad,
                                      num_group=num_group, layout=layout)


@convolution_weight_grad.grad("data")
def _(F, grad, head, data_shape, *, kernel, stride, dilate, pad, num_group, layout):
    return F._convolution_data_grad(head, grad, size=_size(data_shape, layout), kernel=kernel, stride=stride,
                                    dilate=dilate, pad=pad, num_group=num_group, layout=layout)


@convolution_weight_grad.grad("head")
def _(F, grad, data, head_shape, *, kernel, stride, dilate, pad, num_group, layout):
    return F.Convolution(data, grad, kernel=kernel, stride=stride, dilate=dilate, pad=pad, no_bias=True,
                         num_filter=_channels(head_shape, layout), num_group=num_group, layout=layout)


@deconvolution.grad("data")
def _(F, grad, weight, data_shape, *, kernel, stride, dilate, pad, adj, target_shape, num_group, layout):
    crop, _ = _deconvolved(_size(data_shape, layout), kernel, stride, dilate, pad, adj, target_shape)
    return F.Convolution(grad, weight, kernel=kernel, stride=stride, dilate=dilate, pad=crop, no_bias=True,
                         num_filter=_channels(data_shape, layout), num_group=num_group, layout=layout)


@deconvolution.grad("weight")
def _(F, grad, data, *, kernel, stride, dilate, pad, adj, target_shape, num_group, layout):
    crop, _ = _deconvolved(_size(data.shape, layout), kernel, stride, dilate, pad, adj, target_shape)
    return F._convolution_weight_grad(grad, data, kernel=kernel, stride=stride, dilate=dilate, pad=crop,
                                      num_group=num_group, layout=layout)
