"""Convolution in one, two and three dimensions, its transpose, and their columns.

All of it comes down to three functions of a data array, weights and outputs, which are linear in each of
the other two: :func:`_correlate` computes the outputs, :func:`_data_grad` what flows back to the data, and
:func:`_weight_grad` what flows back to the weights. Each is an operator whose gradients are the other two,
so derivatives of any order exist; ``Deconvolution`` is the second with a bias.

They gather the windows of a few images at a time as the columns of a matrix that stays in the cache, and
multiply. Inside, the image is the *last* axis: ``(channels, height, width, images)``, so that the runs that
are copied stay long when the images are small, and one product serves them all.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..device import parallel
from .infer import Slots, same_type
from .registry import op, require
from .schema import Attrs, Shape

__all__ = ["Windows", "spatial", "length_of_output", "channels_first", "is_channels_last", "to_channels_first",
           "from_channels_first"]

_IGNORED = ("workspace", "cudnn_tune", "cudnn_off")  # how MXNet chooses among cuDNN's algorithms


# ---- geometry -------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Windows:
    """Where the windows of a kernel lie on an array: one tuple entry per spatial axis.

    Attributes
    ----------
    kernel, stride, dilate, pad : tuple of int
        Lengths of the window, steps from window to window, steps inside a window, zeros on either side.
    size, out : tuple of int
        Spatial shape of the array, and the number of windows.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilate: tuple[int, ...]
    pad: tuple[int, ...]
    size: tuple[int, ...]
    out: tuple[int, ...]

    @property
    def padded(self) -> tuple[int, ...]:
        """The spatial shape with the zeros around it, as far as the windows or the array reach."""
        return tuple(max(n + 2 * p, (o - 1) * s + d * (k - 1) + 1) for n, p, o, s, d, k in
                     zip(self.size, self.pad, self.out, self.stride, self.dilate, self.kernel))

    @property
    def inside(self) -> tuple[slice, ...]:
        """The index of the array's own elements in the padded one."""
        return tuple(slice(p, p + n) for p, n in zip(self.pad, self.size))

    @property
    def is_pointwise(self) -> bool:
        """Whether each window is one element, and every element has one: the columns are the array itself."""
        return self.size == self.out and set(self.kernel) == set(self.stride) == {1} and not any(self.pad)

    def view(self, xp: Any, padded: Any, lead: int) -> Any:
        """Return all windows of `padded`, whose spatial axes begin at `lead`, as ``(..., *kernel, *out, ...)``."""
        end = lead + len(self.kernel)
        steps = padded.strides[lead:end]
        return xp.lib.stride_tricks.as_strided(
            padded, (*padded.shape[:lead], *self.kernel, *self.out, *padded.shape[end:]),
            (*padded.strides[:lead], *(t * d for t, d in zip(steps, self.dilate)),
             *(t * s for t, s in zip(steps, self.stride)), *padded.strides[end:]))

    def add(self, padded: Any, columns: Any, lead: int, first: int = 0) -> None:
        """Add windows back to `padded` where they came from; `first` is the first row of windows in `columns`.

        `columns` is ``(..., *kernel, *rows of out, ...)``, as :meth:`view` gives them.
        """
        every = (slice(None),) * lead
        rows = columns.shape[lead + len(self.kernel):][:len(self.kernel)]
        starts = (first * self.stride[0], *(0,) * (len(self.kernel) - 1))
        for offset in itertools.product(*map(range, self.kernel)):
            place = tuple(slice(b + i * d, b + i * d + (n - 1) * s + 1, s)
                          for b, i, d, n, s in zip(starts, offset, self.dilate, rows, self.stride))
            padded[(*every, *place)] += columns[(*every, *offset)]


def spatial(name: str, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple
            ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return stride, dilate and pad with defaults filled in. Raises MXNetValueError."""
    rank = len(kernel)
    require(1 <= rank <= 3, name, f"kernel is {kernel}; expected one, two or three lengths")
    stride, dilate, pad = stride or (1,) * rank, dilate or (1,) * rank, pad or (0,) * rank
    for what, value, least in (("kernel", kernel, 1), ("stride", stride, 1), ("dilate", dilate, 1), ("pad", pad, 0)):
        require(len(value) == rank and min(value) >= least, name,
                f"{what} is {value}; expected {rank} numbers >= {least}, as many as kernel {kernel} has")
    return stride, dilate, pad


def length_of_output(n: int, kernel: int, stride: int, dilate: int, pad: int) -> int:
    """Return how many windows fit an axis of `n` elements, 0 for unknown `n`."""
    return (n + 2 * pad - dilate * (kernel - 1) - 1) // stride + 1 if n else 0


def _windows(name: str, size: tuple, out: tuple | None, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple
             ) -> Windows:
    """Return the windows on an array of `size`, as many as fit unless `out` says how many there are."""
    stride, dilate, pad = spatial(name, kernel, stride, dilate, pad)
    if out is None:
        out = tuple(map(length_of_output, size, kernel, stride, dilate, pad))
    return Windows(kernel, stride, dilate, pad, tuple(size), tuple(out))


# ---- walking over a batch -------------------------------------------------------------------------

_CACHED = 1 << 18        # numbers that a thread works on at a time: about one core's cache
_FEW_POSITIONS = 512     # columns below which a product is inefficient
_SHORT_RUN = 8           # images below which having them last is a burden, unlike none
_BLOCK = 1 << 23         # numbers in the columns of a single image; beyond, it is taken in blocks of rows
_GPU_BLOCK = 1 << 27     # the same for all the images on a GPU, where only memory limits them


class _Sweep:
    """A walk over all windows of a batch: a few images at a time, and if need be a few rows of them.

    This is the one place that knows that a host likes small pieces, spread over threads, and a GPU large ones.
    On the host there are enough images for products of a good size, and as many as make `cached` numbers.

    Attributes
    ----------
    blocks : list of slice
        The rows of windows (positions on the first spatial axis) that are taken together.
    """

    def __init__(self, xp: Any, windows: Windows, images: int, channels: int, filters: int, groups: int, dtype: Any,
                 cached: int = 0):
        self.xp, self.windows, self.channels, self.groups, self.dtype = xp, windows, channels, groups, dtype
        self._images = images
        positions, depth = math.prod(windows.out), channels * math.prod(windows.kernel)
        numbers = max(1, (depth + filters) * positions)  # for one image
        if xp is np:
            worthwhile = images * (depth // groups) * filters * positions >= parallel.WORTHWHILE
            self._parts = None if worthwhile else 1
            share = max(1, -(-images // (parallel.threads if worthwhile else 1)))
            together = 2 ** round(math.log2(max(cached / numbers, _FEW_POSITIONS / max(1, positions), 1)))
            if together < _SHORT_RUN or windows.is_pointwise:
                together = 1 if 2 * positions > _FEW_POSITIONS else max(_SHORT_RUN, together)
            self._together, block = min(together, share), _BLOCK
        else:
            self._together, block = max(1, min(images, _GPU_BLOCK // numbers)), _GPU_BLOCK
        rows = windows.out[0]
        height = max(1, min(rows, block * rows // (numbers * self._together)))
        self.blocks = [slice(i, min(i + height, rows)) for i in range(0, rows, height)]

    def room(self, purpose: str, shape: tuple[int, ...]) -> Any:
        """Return an array with any contents, which the next call for the same `purpose` takes over."""
        return parallel.scratch(purpose, shape, self.dtype) if self.xp is np else self.xp.empty(shape, self.dtype)

    def product(self, a: Any, b: Any) -> Any:
        """Return ``a @ b`` for stacks of matrices, in an array that the next product takes over."""
        return self.xp.matmul(a, b, out=self.room("product", (*a.shape[:2], b.shape[2])))

    def run(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Call ``work(first image, end)`` for the whole batch, in shares side by side on the host."""
        if self.xp is np:
            return parallel.split(self._images, work, self._parts)
        return [work(0, self._images)]

    def chunks(self, start: int, stop: int) -> Iterator[tuple[slice, _Patches]]:
        """Yield the images from `start` to `stop` a few at a time, with buffers for their windows."""
        patches = None
        for i in range(start, stop, self._together):
            images = slice(i, min(i + self._together, stop))
            count = images.stop - i
            if patches is None or patches.count != count:
                patches = _Patches(self, count)
            yield images, patches


class _Patches:
    """One thread's buffers for the windows of `count` images, with the images as the last axis."""

    def __init__(self, sweep: _Sweep, count: int):
        self.sweep, self.count = sweep, count
        windows = sweep.windows
        self.padded = sweep.room("padded", (sweep.channels, *windows.padded, count))
        self.padded[...] = 0
        self.inside = self.padded[(slice(None), *windows.inside)]
        self._view = windows.view(sweep.xp, self.padded, 1)

    def load(self, data: Any) -> None:
        """Take in the images `data`, ``(count, channels, *size)``."""
        if self.sweep.windows.is_pointwise and self.count == 1 and data.dtype == self.padded.dtype:
            self.inside = data[0]
        else:
            self.inside[...] = _images_last(data)

    def columns(self, rows: slice) -> Any:
        """Return some rows of windows as matrices, ``(groups, channels / groups * kernel, positions)``."""
        groups, windows = self.sweep.groups, self.sweep.windows
        if windows.is_pointwise:
            return self.inside[:, rows].reshape(groups, self.sweep.channels // groups, -1)
        view = self._view[(slice(None),) * (1 + len(windows.kernel)) + (rows,)]
        columns = self.sweep.room("columns", view.shape)
        columns[...] = view
        return columns.reshape(groups, self.sweep.channels // groups * math.prod(windows.kernel), -1)

    def scatter(self, columns: Any, rows: slice) -> None:
        """Add matrices like those of :meth:`columns` back to where the windows came from."""
        windows = self.sweep.windows
        windows.add(self.padded, columns.reshape(self.sweep.channels, *windows.kernel, rows.stop - rows.start,
                                                 *windows.out[1:], self.count), 1, rows.start)


def _images_last(x: Any) -> Any:
    """View ``(images, channels, ...)`` as ``(channels, ..., images)``."""
    return x.transpose(*range(1, x.ndim), 0)


def _images_first(x: Any) -> Any:
    """View ``(channels, ..., images)`` as ``(images, channels, ...)``."""
    return x.transpose(x.ndim - 1, *range(x.ndim - 1))


def _flow(grad: Any, images: slice, rows: slice, sweep: _Sweep) -> Any:
    """Return the gradient of some rows of outputs of some images as ``(groups, filters / groups, positions)``."""
    part = grad[images] if len(sweep.blocks) == 1 else grad[images, :, rows]
    if images.stop - images.start > 1 or part.dtype != sweep.dtype:
        copy = sweep.room("flow", (*part.shape[1:], part.shape[0]))
        copy[...] = _images_last(part)
        part = copy  # a single image has the right form already
    return part.reshape(sweep.groups, grad.shape[1] // sweep.groups, -1)


def _working_dtype(xp: Any, dtype: Any) -> Any:
    """Half precision is computed in single precision on the host, which has no products of halves."""
    return np.dtype(np.float32) if xp is np and dtype == np.float16 else dtype


# ---- the three functions --------------------------------------------------------------------------

def _correlate(xp: Any, data: Any, weight: Any, bias: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return outputs ``(images, filters, *windows.out)`` of ``(images, channels, *windows.size)``.

    `weight` is ``(filters, channels / groups, *kernel)``, `bias` ``(filters,)`` or None.
    """
    (images, channels), filters, dtype = data.shape[:2], weight.shape[0], _working_dtype(xp, data.dtype)
    if out is None:
        out = xp.empty((images, filters, *windows.out), data.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(groups, filters // groups, 1)
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype, _CACHED)
    direct = out.dtype == dtype and len(sweep.blocks) == 1 and out.flags.c_contiguous

    def work(start: int, stop: int) -> None:
        for chunk, patches in sweep.chunks(start, stop):
            patches.load(data[chunk])
            in_place = direct and patches.count == 1
            for rows in sweep.blocks:
                columns = patches.columns(rows)
                if in_place:
                    found = xp.matmul(kernels, columns, out=out[chunk].reshape(groups, filters // groups, -1))
                else:
                    found = sweep.product(kernels, columns)
                if bias is not None:
                    found += bias
                if not in_place:
                    shape = (filters, rows.stop - rows.start, *windows.out[1:], patches.count)
                    out[chunk, :, rows] = _images_first(found.reshape(shape))

    sweep.run(work)
    return out


def _weight_grad(xp: Any, data: Any, grad: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return the gradient ``(filters, channels / groups, *kernel)`` of the weights, from that of the outputs."""
    (images, channels), filters, dtype = data.shape[:2], grad.shape[1], _working_dtype(xp, data.dtype)
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype)
    shape = (filters, channels // groups, *windows.kernel)

    def work(start: int, stop: int) -> Any:
        total = xp.zeros((groups, filters // groups, math.prod(shape[1:])), dtype)
        for chunk, patches in sweep.chunks(start, stop):
            patches.load(data[chunk])
            for rows in sweep.blocks:
                total += sweep.product(_flow(grad, chunk, rows, sweep), patches.columns(rows).swapaxes(1, 2))
        return total

    first, *others = sweep.run(work)
    for other in others:
        first += other
    if out is None:
        return first.reshape(shape).astype(data.dtype, copy=False)
    out[...] = first.reshape(shape)
    return out


def _data_grad(xp: Any, grad: Any, weight: Any, bias: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return the gradient ``(images, channels, *windows.size)`` of the data, plus `bias` ``(channels,)``."""
    (images, filters), channels = grad.shape[:2], weight.shape[1] * groups
    if _turning_pays(windows, channels, filters):
        return _correlate(xp, grad, _turn(xp, weight, groups), bias, _turned(windows), groups, out)
    dtype = _working_dtype(xp, grad.dtype)
    if out is None:
        out = xp.empty((images, channels, *windows.size), grad.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1).swapaxes(1, 2)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(channels, *(1,) * len(windows.size), 1)
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype, 4 * _CACHED)

    def work(start: int, stop: int) -> None:
        for chunk, patches in sweep.chunks(start, stop):
            patches.padded[...] = 0
            for rows in sweep.blocks:
                patches.scatter(sweep.product(kernels, _flow(grad, chunk, rows, sweep)), rows)
            inside = patches.inside
            out[chunk] = _images_first(inside if bias is None else inside + bias)

    sweep.run(work)
    return out


# With stride one the gradient of the data is itself a correlation, of the gradient of the outputs with the
# kernel turned round; that reads each window where the general way adds to it.

def _turned(windows: Windows) -> Windows:
    pad = tuple(d * (k - 1) - p for d, k, p in zip(windows.dilate, windows.kernel, windows.pad))
    return Windows(windows.kernel, windows.stride, windows.dilate, pad, windows.out, windows.size)


def _turn(xp: Any, weight: Any, groups: int) -> Any:
    filters, depth, *kernel = weight.shape
    swapped = weight.reshape(groups, filters // groups, depth, *kernel).swapaxes(1, 2)
    turned = swapped[(Ellipsis, *(slice(None, None, -1),) * len(kernel))]
    # with its strides reversed a matrix would miss the fast product
    return xp.ascontiguousarray(turned.reshape(groups * depth, filters // groups, *kernel))


def _turning_pays(windows: Windows, channels: int, filters: int) -> bool:
    if set(windows.stride) != {1} or min(_turned(windows).pad) < 0:
        return False
    if windows.is_pointwise:
        return True
    before, after = math.prod(windows.out), math.prod(windows.size)
    return after <= 1.2 * before and filters * after <= 1.5 * channels * before


# ---- layouts --------------------------------------------------------------------------------------

def is_channels_last(layout: str | None) -> bool:
    """Whether the channels are the last axis (``NHWC`` and the like)."""
    return layout is not None and layout.endswith("C")


def channels_first(xp: Any, layout: str | None, compute: Callable[..., Any], arrays: Sequence[Any], out: Any) -> Any:
    """Return ``compute(*arrays, out)``, which knows channels as the second axis only, for any layout."""
    if not is_channels_last(layout):
        return compute(*arrays, out)
    moved = [xp.moveaxis(x, -1, 1) if x is not None and x.ndim > 1 else x for x in arrays]
    result = xp.moveaxis(compute(*moved, None), 1, -1)
    if out is None:
        return xp.ascontiguousarray(result)
    out[...] = result
    return out


def to_channels_first(shape: tuple | None, layout: str | None) -> tuple | None:
    """Return `shape` with the channels as its second entry (None stays None)."""
    return (shape[0], shape[-1], *shape[1:-1]) if shape is not None and is_channels_last(layout) else shape


def from_channels_first(shape: tuple | None, layout: str | None) -> tuple | None:
    """Undo :func:`to_channels_first`."""
    return (shape[0], *shape[2:], shape[1]) if shape is not None and is_channels_last(layout) else shape


# ---- Convolution ----------------------------------------------------------------------------------

_Layout = Literal[None, "NCW", "NCHW", "NCDHW", "NHWC", "NDHWC"]


def _convolve(xp, data, weight, bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = (),
              num_filter: int, num_group: int = 1, no_bias: bool = False, layout: _Layout = None, out=None):
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
        windows = _windows("Convolution", data.shape[2:], None, kernel, stride, dilate, pad)
        return _correlate(xp, data, weight, bias, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, weight, bias), out)


def _convolution_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name = "Convolution"
    kernel, groups, filters, layout = attrs.kernel, attrs.num_group, attrs.num_filter, attrs.layout
    stride, dilate, pad = spatial(name, kernel, attrs.stride, attrs.dilate, attrs.pad)
    _check_groups(name, "num_filter", filters, groups)
    data = _ranked(name, "data", ins["data"], len(kernel), layout)
    weight = to_channels_first(ins["weight"], layout)
    out = _ranked(name, "output", outs[0], len(kernel), layout)
    if data is None:
        data = (0,) * (2 + len(kernel))
    if data[1]:
        _check_groups(name, "the number of channels", data[1], groups)
        depth = data[1] // groups
    else:
        depth = weight[1] if weight is not None and len(weight) == 2 + len(kernel) else 0
        data = (data[0], depth * groups, *data[2:])
    size = data[2:]
    if out is not None:  # with stride one the length of the data follows from that of the output
        back = (n + d * (k - 1) - 2 * p if s == 1 and n else 0
                for n, k, s, d, p in zip(out[2:], kernel, stride, dilate, pad))
        size = tuple(n or b for n, b in zip(size, back))
        data = (data[0] or out[0], data[1], *size)
    for n, k, d, p in zip(size, kernel, dilate, pad):
        require(not n or d * (k - 1) < n + 2 * p, name,
                f"kernel {kernel} dilated by {dilate} is larger than data of shape {ins['data']} padded by {pad}")
    ins["weight"] = from_channels_first((filters, depth, *kernel), layout)
    if not attrs.no_bias:
        ins["bias"] = (filters,)
    if any(data):
        ins["data"] = from_channels_first(data, layout)
        lengths = map(length_of_output, size, kernel, stride, dilate, pad)
        outs[0] = from_channels_first((data[0], filters, *lengths), layout)


def _check_groups(name: str, what: str, number: int, groups: int) -> None:
    require(groups > 0 and number > 0 and number % groups == 0, name,
            f"{what} is {number} and num_group is {groups}; expected a positive multiple")


def _ranked(name: str, what: str, shape: tuple | None, rank: int, layout: str | None) -> tuple | None:
    """Return `shape` channels first, after checking that it has as many axes as the kernel asks for."""
    require(shape is None or len(shape) == rank + 2, name,
            f"{what} has shape {shape}; a kernel of {rank} lengths expects {rank + 2} axes")
    return to_channels_first(shape, layout)


def _has_bias(attrs: Attrs) -> bool:
    return not attrs.no_bias


convolution = op(name="Convolution", when={"bias": _has_bias}, ignores=_IGNORED)(_convolve)
convolution_v1 = op(name="Convolution_v1", when={"bias": _has_bias}, ignores=_IGNORED)(_convolve)


@op(name="_convolution_data_grad")
def convolution_data_grad(xp, head, weight, *, size: Shape, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                          pad: Shape = (), num_group: int = 1, layout: _Layout = None, out=None):
    """Gradient of a convolution with respect to its data, whose spatial shape was `size`.

    `head` is the gradient of the convolution's output; for `weight` and the attributes see ``Convolution``.
    """
    def compute(head, weight, out):
        windows = _windows("Convolution", size, head.shape[2:], kernel, stride, dilate, pad)
        return _data_grad(xp, head, weight, None, windows, num_group, out)
    return channels_first(xp, layout, compute, (head, weight), out)


@op(name="_convolution_weight_grad")
def convolution_weight_grad(xp, data, head, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                            pad: Shape = (), num_group: int = 1, layout: _Layout = None, out=None):
    """Gradient of a convolution with respect to its weight.

    `head` is the gradient of the convolution's output; for `data` and the attributes see ``Convolution``.
    """
    def compute(data, head, out):
        windows = _windows("Convolution", data.shape[2:], head.shape[2:], kernel, stride, dilate, pad)
        return _weight_grad(xp, data, head, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, head), out)


@convolution_data_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    head, weight = (to_channels_first(shape, attrs.layout) for shape in ins)
    if head is not None and weight is not None:
        outs[0] = from_channels_first((head[0], weight[1] * attrs.num_group, *attrs.size), attrs.layout)


@convolution_weight_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data, head = (to_channels_first(shape, attrs.layout) for shape in ins)
    if data is not None and head is not None:
        outs[0] = from_channels_first((head[1], data[1] // attrs.num_group, *attrs.kernel), attrs.layout)


# ---- Deconvolution --------------------------------------------------------------------------------

@op(name="Deconvolution", when={"bias": _has_bias}, ignores=_IGNORED)
def deconvolution(xp, data, weight, bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
                  pad: Shape = (), adj: Shape = (), target_shape: Shape = (), num_filter: int, num_group: int = 1,
                  no_bias: bool = True, layout: _Layout = None, out=None):
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
        windows = _windows("Deconvolution", size, data.shape[2:], kernel, stride, dilate, crop)
        return _data_grad(xp, data, weight, bias, windows, num_group, out)
    return channels_first(xp, layout, compute, (data, weight, bias), out)


def _deconvolved(size: tuple, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple, adj: tuple, target: tuple
                 ) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the padding and the spatial shape of the output, 0 where the length in `size` is not known."""
    name, rank = "Deconvolution", len(kernel)
    stride, dilate, pad = spatial(name, kernel, stride, dilate, pad)
    adj, target = adj or (0,) * rank, target or (0,) * rank
    require(len(adj) == len(target) == rank, name,
            f"adj is {adj} and target_shape is {target}; expected {rank} numbers each, as many as kernel has")
    spread = tuple(s * (n - 1) + d * (k - 1) + 1 if n else 0 for n, k, s, d in zip(size, kernel, stride, dilate))
    if any(target):
        require(all(not n or (n >= t and (n - t) % 2 < s) for n, t, s in zip(spread, target, stride)), name,
                f"target_shape is {target}; expected at most {spread}, and an even number less with stride 1")
        return tuple((n - t + 1) // 2 if n else p for n, t, p in zip(spread, target, pad)), target
    require(all(a < s for a, s in zip(adj, stride)), name, f"adj is {adj}; expected numbers below stride {stride}")
    return pad, tuple(n - 2 * p + a if n else 0 for n, p, a in zip(spread, pad, adj))


@deconvolution.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, rank, layout = "Deconvolution", len(attrs.kernel), attrs.layout
    groups, filters = attrs.num_group, attrs.num_filter
    _check_groups(name, "num_filter", filters, groups)
    data = _ranked(name, "data", ins["data"], rank, layout) or (0,) * (2 + rank)
    weight = to_channels_first(ins["weight"], layout)
    out = _ranked(name, "output", outs[0], rank, layout)
    channels = data[1] or (weight[0] if weight is not None else 0)
    if channels:
        _check_groups(name, "the number of channels", channels, groups)
    batch = data[0] or (out[0] if out is not None else 0)
    _, size = _deconvolved(data[2:], attrs.kernel, attrs.stride, attrs.dilate, attrs.pad, attrs.adj,
                           attrs.target_shape)
    require(all(not n or m > 0 for n, m in zip(data[2:], size)), name,
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


# ---- im2col and col2im ----------------------------------------------------------------------------

@op(name="im2col")
def im2col(xp, data, *, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = ()):
    """Lay out the windows of a convolution as columns.

    Parameters
    ----------
    data : (batch, channels, [depth, [height,]] width)
    kernel, stride, dilate, pad
        As for ``Convolution``.

    Returns
    -------
    ``(batch, channels * prod(kernel), prod(spatial shape of the output))``, so that a convolution is a product of
    its weight, as a matrix, with this.
    """
    windows = _windows("im2col", data.shape[2:], None, kernel, stride, dilate, pad)
    padded = xp.zeros((*data.shape[:2], *windows.padded), data.dtype)
    padded[(Ellipsis, *windows.inside)] = data
    return windows.view(xp, padded, 2).reshape(
        data.shape[0], data.shape[1] * math.prod(kernel), math.prod(windows.out))


@op(name="col2im")
def col2im(xp, data, *, output_size: Shape, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = ()):
    """Add columns back to the places that ``im2col`` took them from: its transpose (and not its inverse).

    Parameters
    ----------
    data : (batch, channels * prod(kernel), number of windows)
    output_size : tuple of int
        Spatial shape of the result.
    kernel, stride, dilate, pad
        As for ``im2col``.

    Returns
    -------
    ``(batch, channels, *output_size)``.
    """
    windows = _windows("col2im", output_size, None, kernel, stride, dilate, pad)
    channels = data.shape[1] // math.prod(kernel)
    padded = xp.zeros((data.shape[0], channels, *windows.padded), data.dtype)
    windows.add(padded, data.reshape(data.shape[0], channels, *kernel, *windows.out), 2)
    return xp.ascontiguousarray(padded[(Ellipsis, *windows.inside)])


def _count_windows(name: str, size: tuple, attrs: Attrs) -> int:
    out = _windows(name, size, None, attrs.kernel, attrs.stride, attrs.dilate, attrs.pad).out
    require(all(o > 0 or not n for o, n in zip(out, size)), name,
            f"kernel {attrs.kernel} dilated by {attrs.dilate} is larger than {size} padded by {attrs.pad}")
    return math.prod(out)


@im2col.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data = _ranked("im2col", "data", ins["data"], len(attrs.kernel), None)
    if data is not None:
        outs[0] = (data[0], data[1] * math.prod(attrs.kernel), _count_windows("im2col", data[2:], attrs))


@col2im.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(attrs.output_size) == len(attrs.kernel), "col2im",
            f"output_size is {attrs.output_size}; expected as many lengths as kernel {attrs.kernel} has")
    data, depth = ins["data"], math.prod(attrs.kernel)
    ins["data"] = (0, 0, _count_windows("col2im", attrs.output_size, attrs))
    if data is not None:
        require(data[1] % depth == 0, "col2im",
                f"data has shape {data}; expected a multiple of {depth} (the kernel) on axis 1")
        outs[0] = (data[0], data[1] // depth, *attrs.output_size)


@im2col.grad("data")
def _(F, grad, data_shape, *, kernel, stride, dilate, pad):
    return F.col2im(grad, output_size=data_shape[2:], kernel=kernel, stride=stride, dilate=dilate, pad=pad)


@col2im.grad("data")
def _(F, grad, *, kernel, stride, dilate, pad):
    return F.im2col(grad, kernel=kernel, stride=stride, dilate=dilate, pad=pad)


for _op in (im2col, col2im):
    _op.type(same_type)
