"""Deformable convolution: every element of every window is read at a place of its own, which the network learns.

The windows become the rows of a matrix, as in an ordinary convolution, but each element is interpolated between
the four pixels around its place. The data is laid out with the channels last for that, so that all channels of a
pixel are fetched, and in the backward pass added to, in one run. Only a few rows of windows are taken at a time.
"""
from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...device import parallel
from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, derived, either, same_type
from ..nn.windows import length_of_output, spatial
from ..schema import Attrs, Shape

__all__: list[str] = []


_Layout = Literal[None, "NCW", "NCHW", "NCDHW"]

_BLOCK = 1 << 18         # numbers in the windows that are taken together: about one core's cache
_FEW_POSITIONS = 256     # windows below which a product is inefficient
_GPU_BLOCK = 1 << 26     # the same on a GPU, where only memory limits them


# ---- sampling -------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Form:
    """What the attributes say: one entry per axis, then groups of channels that share filters, and offsets.

    `modulated` is the second version of the operator: it has a mask, and the data fades out over one pixel around
    the image, where the first one repeats the last row and column and has nothing before the first.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilate: tuple[int, int]
    pad: tuple[int, int]
    groups: int
    parts: int
    modulated: bool

    @classmethod
    def of(cls, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple, groups: int, parts: int, modulated: bool
           ) -> _Form:
        return cls(kernel, *spatial("DeformableConvolution", kernel, stride, dilate, pad), groups, parts, modulated)


@functools.lru_cache(maxsize=64)
def _lattice(form: _Form, out: tuple[int, int]) -> np.ndarray:
    """Return y and x of the elements of all windows without offsets, as ``(2, *out, elements, 1)``."""
    axes = [np.arange(n)[:, None] * s - p + np.arange(k) * d
            for n, k, s, d, p in zip(out, form.kernel, form.stride, form.dilate, form.pad)]
    y, x = np.broadcast_arrays(axes[0][:, None, :, None], axes[1][None, :, None, :])
    return np.stack([y, x]).reshape(2, *out, math.prod(form.kernel), 1)


def _corners(xp: Any, points: Any, size: tuple[int, int], fades: bool) -> Iterator[tuple]:
    """Yield, for each of the four pixels around `points`, its row in the table, its weight, and the slopes of it.

    `points` are y and x as ``(2, images, ..., parts)``, and the rows of the table are the pixels of all images,
    part by part. Weights and slopes (along y and x) are zero where a point or its pixel is outside.
    """
    inside = True
    for p, length in zip(points, size):
        inside &= ((p > -1) if fades else (p >= 0)) & (p < length)
    sides = []
    for p, length in zip(points, size):
        place = xp.where(inside, p, 0)  # any other number might not fit an integer
        low = xp.floor(place)
        part = place - low
        side = []
        for at, weight, sign in ((low, 1 - part, -1.0), (low + 1, part, 1.0)):
            nearest = xp.clip(at, 0, length - 1)
            counts = (inside & (at == nearest) if fades else inside).astype(p.dtype)
            side.append((nearest.astype(np.intp), weight * counts, counts * sign))
        sides.append(side)
    images, parts = points.shape[1], points.shape[-1]
    first = xp.arange(images).reshape(images, 1, 1, 1, 1) * size[0]
    for (y, y_weight, y_slope), (x, x_weight, x_slope) in itertools.product(*sides):
        row = ((first + y) * size[1] + x) * parts + xp.arange(parts)
        yield row, y_weight * x_weight, y_slope * x_weight, y_weight * x_slope


class _Sampler:
    """Fetches the windows of one call: the arrays, their layout, and the walk over images and rows of windows."""

    def __init__(self, xp: Any, form: _Form, data: Any, offset: Any, mask: Any):
        self.xp, self.form, self.data, self.offset, self.mask = xp, form, data, offset, mask
        self.dtype = np.dtype(np.float32) if data.dtype == np.float16 else data.dtype
        self.images, self.channels, *size = data.shape
        self.size, self.out = tuple(size), offset.shape[2:]
        self.elements = math.prod(form.kernel)
        self._lattice = xp.asarray(_lattice(form, self.out), dtype=self.dtype)

    def run(self, work: Any, filters: int) -> list[Any]:
        """Call ``work(first image, end)`` for the whole batch, in shares side by side on the host."""
        effort = self.images * math.prod(self.out) * self.elements * self.channels * filters // self.form.groups
        return backend(self.xp).split(self.images, work, None if effort >= parallel.WORTHWHILE else 1)

    def chunks(self, start: int, stop: int) -> Iterator[tuple[slice, list[slice]]]:
        """Yield a few images at a time, and the blocks of rows of windows in which to take them."""
        height, width = self.out
        depth = self.elements * self.channels
        positions = max(backend(self.xp).piece(_BLOCK, _GPU_BLOCK) // depth, _FEW_POSITIONS)
        rows = max(1, min(height, positions // width))
        together = max(1, positions // (height * width))
        blocks = [slice(i, min(i + rows, height)) for i in range(0, height, rows)]
        for i in range(start, stop, together):
            yield slice(i, min(i + together, stop)), blocks

    def table(self, images: slice) -> Any:
        """Return the pixels of some images as rows, ``(images * height * width * parts, channels / parts)``."""
        last = self.data[images].transpose(0, 2, 3, 1)
        return self.xp.ascontiguousarray(last, dtype=self.dtype).reshape(-1, self.channels // self.form.parts)

    def _elements_last(self, x: Any, images: slice, rows: slice, each: int) -> Any:
        """Return ``(images, parts * elements * each, *out)`` as ``(each, images, rows, width, elements, parts)``."""
        taken = x[images, :, rows]
        count, _, height, width = taken.shape
        split = taken.reshape(count, self.form.parts, self.elements, each, height, width)
        return self.xp.ascontiguousarray(split.transpose(3, 0, 4, 5, 2, 1), dtype=self.dtype)

    def corners(self, images: slice, rows: slice) -> list[tuple]:
        """Return :func:`_corners` of all elements of some windows."""
        points = self._elements_last(self.offset, images, rows, 2)
        points += self._lattice[:, None, rows]
        return list(_corners(self.xp, points, self.size, self.form.modulated))

    def modulation(self, images: slice, rows: slice) -> Any:
        """Return the mask for all elements of some windows, 1 where there is none."""
        return 1 if self.mask is None else self._elements_last(self.mask, images, rows, 1)[0]

    def put(self, target: Any, values: Any, images: slice, rows: slice) -> None:
        """Write ``(each, images, rows, width, elements, parts)`` to the places that `_elements_last` took them from."""
        each, count, height, width = values.shape[:4]
        back = values.transpose(1, 5, 4, 0, 2, 3)
        target[images, :, rows] = back.reshape(count, self.form.parts * self.elements * each, height, width)

    def grouped(self, columns: Any) -> Any:
        """Return windows, a row per pixel, as ``(groups, windows, elements * channels / groups)``."""
        groups = self.form.groups
        if groups == 1:
            return columns.reshape(1, -1, self.elements * self.channels)
        split = columns.reshape(-1, self.elements, groups, self.channels // groups)
        return split.transpose(2, 0, 1, 3).reshape(groups, -1, self.elements * self.channels // groups)

    def ungrouped(self, columns: Any) -> Any:
        """Undo :meth:`grouped`."""
        groups, width = self.form.groups, self.channels // self.form.parts
        if groups > 1:
            columns = columns.reshape(groups, -1, self.elements, self.channels // groups).transpose(1, 2, 0, 3)
        return columns.reshape(-1, width)

    def filters(self, weight: Any) -> Any:
        """Return `weight` as ``(groups, filters / groups, elements * channels / groups)``, to suit :meth:`grouped`."""
        filters, depth = weight.shape[:2]
        last = weight.reshape(filters, depth, self.elements).swapaxes(1, 2).astype(self.dtype)
        return last.reshape(self.form.groups, filters // self.form.groups, -1)


def _weighted(values: Any, weights: Any) -> Any:
    """Multiply the rows of `values` by `weights`, in place."""
    values *= weights.reshape(-1, 1)
    return values


def _deformed(xp: Any, form: _Form, data: Any, offset: Any, mask: Any, weight: Any, bias: Any, out: Any) -> Any:
    """Return the outputs of a deformable convolution; `mask` and `bias` may be None."""
    sampler = _Sampler(xp, form, data, offset, mask)
    filters, kernels = weight.shape[0], sampler.filters(weight)
    if out is None:
        out = xp.empty((data.shape[0], filters, *offset.shape[2:]), data.dtype)

    def work(start: int, stop: int) -> None:
        for images, blocks in sampler.chunks(start, stop):
            table = sampler.table(images)
            for rows in blocks:
                modulation, columns = sampler.modulation(images, rows), None
                for index, share, *_ in sampler.corners(images, rows):
                    part = _weighted(table.take(index.reshape(-1), axis=0), share * modulation)
                    columns = part if columns is None else xp.add(columns, part, out=columns)
                found = xp.matmul(kernels, sampler.grouped(columns).swapaxes(1, 2))
                if bias is not None:
                    found += bias.astype(found.dtype, copy=False).reshape(form.groups, -1, 1)
                found = found.reshape(filters, images.stop - images.start, rows.stop - rows.start, -1)
                out[images, :, rows] = found.swapaxes(0, 1)

    sampler.run(work, filters)
    return out


# ---- operators ------------------------------------------------------------------------------------

def _has_bias(attrs: Attrs) -> bool:
    return not attrs.no_bias


@op(name="_contrib_DeformableConvolution", splits=True, when={"bias": _has_bias}, ignores=("workspace",))
def deformable_convolution(xp, data, offset, weight, bias=None, *, kernel: Shape, stride: Shape = (),
                           dilate: Shape = (), pad: Shape = (), num_filter: int, num_group: int = 1,
                           num_deformable_group: int = 1, workspace: int = 1024, no_bias: bool = False,
                           layout: _Layout = None, out=None):
    """Convolution whose windows are bent by offsets (Dai et al., "Deformable convolutional networks", 2017).

    ``output[n, f, y, x] = bias[f] + sum over c, i, j of weight[f, c, i, j] * data[n, c](
    y * stride - pad + i * dilate + dy, x * stride - pad + j * dilate + dx)``, where (dy, dx) are the offsets of
    this element of this window, and ``data[n, c](v, u)`` interpolates between the four pixels around (v, u). There
    is zero where v < 0, v >= height, u < 0 or u >= width; within the last pixel, its value is constant.

    Parameters
    ----------
    data : (batch, channels, height, width), floating point
    offset : (batch, num_deformable_group * kernel height * kernel width * 2, output height, output width)
        In pixels: for each element of the window, in row-major order, first dy, then dx.
    weight : (num_filter, channels / num_group, *kernel)
    bias : (num_filter,)
        Absent with `no_bias`.
    kernel : (height, width)
    stride, dilate, pad : (along y, along x)
        Step from window to window, step inside a window (both 1 by default), zeros on either side (0 by default).
    num_filter : int
        Number of output channels.
    num_group : int
        Channels and filters are divided into so many groups; filters see the channels of their group only.
    num_deformable_group : int
        Channels are divided into so many groups with offsets of their own.
    layout : {None, "NCHW"}

    Returns
    -------
    (batch, num_filter, output height, output width), same dtype, with ``(n + 2 pad - dilate (kernel - 1) - 1) //
    stride + 1`` positions along an axis of length n. float16 is computed in float32. Where an offset puts a point
    on a pixel, the gradient of the offset is the slope towards the next pixel. There are no second derivatives.

    Raises
    ------
    MXNetValueError
        If the kernel is not two-dimensional, shapes do not fit, or a group would be fractional.
    """
    form = _Form.of(kernel, stride, dilate, pad, num_group, num_deformable_group, False)
    return _deformed(xp, form, data, offset, None, weight, bias, out)


@op(name="_contrib_ModulatedDeformableConvolution", splits=True, when={"bias": _has_bias},
    ignores=("workspace", "im2col_step"))
def modulated_deformable_convolution(
        xp, data, offset, mask, weight, bias=None, *, kernel: Shape, stride: Shape = (), dilate: Shape = (),
        pad: Shape = (), num_filter: int, num_group: int = 1, num_deformable_group: int = 1,
        workspace: int = 1024, no_bias: bool = False, im2col_step: int = 64, layout: _Layout = None, out=None):
    """Deformable convolution that also scales every element of a window (Zhu et al., "Deformable ConvNets v2", 2018).

    As ``DeformableConvolution``, but what is read is multiplied by `mask`, and the image is surrounded by zeros
    between which and its outermost pixels is interpolated: it fades out over one pixel on every side.

    Parameters
    ----------
    data : (batch, channels, height, width), floating point
    offset : (batch, num_deformable_group * kernel height * kernel width * 2, output height, output width)
        In pixels: for each element of the window, in row-major order, first dy, then dx.
    mask : (batch, num_deformable_group * kernel height * kernel width, output height, output width)
    weight : (num_filter, channels / num_group, *kernel)
    bias : (num_filter,)
        Absent with `no_bias`.
    kernel, stride, dilate, pad, num_filter, num_group, num_deformable_group, layout
        As for ``DeformableConvolution``.

    Returns
    -------
    (batch, num_filter, output height, output width), as for ``DeformableConvolution``. (MXNet has this operator on
    GPUs only, and asks that `im2col_step` divide the batch.)

    Raises
    ------
    MXNetValueError
        If the kernel is not two-dimensional, shapes do not fit, or a group would be fractional.
    """
    form = _Form.of(kernel, stride, dilate, pad, num_group, num_deformable_group, True)
    return _deformed(xp, form, data, offset, mask, weight, bias, out)


def _deformed_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, kernel, groups, parts = "DeformableConvolution", attrs.kernel, attrs.num_group, attrs.num_deformable_group
    require(len(kernel) == 2, name, f"kernel is {kernel}; expected a height and a width")
    require(attrs.layout in (None, "NCHW"), name, f"layout is {attrs.layout!r}; a kernel of 2 lengths expects 'NCHW'")
    stride, dilate, pad = spatial(name, kernel, attrs.stride, attrs.dilate, attrs.pad)
    for slot in ("data", "offset", "mask", "weight"):
        shape = ins.get(slot)
        require(shape is None or len(shape) == 4, name, f"{slot} has shape {shape}; expected 4 axes")
    data, weight = (ins[slot] or (None,) * 4 for slot in ("data", "weight"))
    channels = either(data[1], derived(lambda n: n * groups, weight[1]))
    for what, number, into, count in (("num_filter", attrs.num_filter, "num_group", groups),
                                      ("the number of channels", channels, "num_group", groups),
                                      ("the number of channels", channels, "num_deformable_group", parts)):
        require(count > 0 and (number is None or (number % count == 0 and (number or what != "num_filter"))), name,
                f"{what} is {number} and {into} is {count}; expected a positive multiple")
    for n, k, d, p in zip(data[2:], kernel, dilate, pad):
        require(not n or d * (k - 1) < n + 2 * p, name,
                f"kernel {kernel} dilated by {dilate} is larger than data of shape {data} padded by {pad}")

    elements = parts * math.prod(kernel)
    lengths = map(length_of_output, data[2:], kernel, stride, dilate, pad)
    outs[0] = (data[0], attrs.num_filter, *(derived(lambda n: max(n, 0), n) for n in lengths))
    for slot, each in (("offset", 2), ("mask", 1)):
        if slot in ins:
            batch, _, *out = outs[0]
            ins[slot] = (batch, elements * each, *out)
            batch, _, *out = ins[slot]
            outs[0] = (batch, None, *out)
    ins["data"] = (outs[0][0], channels, None, None)
    ins["weight"] = (attrs.num_filter, derived(lambda n: n // groups, channels), *kernel)
    if not attrs.no_bias:
        ins["bias"] = (attrs.num_filter,)


# ---- gradients ------------------------------------------------------------------------------------

_GRADIENTS = ("data_grad", "offset_grad", "weight_grad", "mask_grad")


@op(name="_backward_DeformableConvolution", splits=True, when={"mask": lambda attrs: attrs.modulated},
    differentiable=False, outputs=lambda attrs: _GRADIENTS if attrs is None or attrs.modulated else _GRADIENTS[:3])
def deformable_backward(xp, head, data, offset, weight, mask=None, *, kernel: Shape, stride: Shape = (),
                        dilate: Shape = (), pad: Shape = (), num_group: int = 1, num_deformable_group: int = 1,
                        modulated: bool = False, out=None):
    """Gradients of a deformable convolution with respect to data, offset, weight and, if `modulated`, mask.

    `head` is the gradient of the convolution's output. All come from one sweep, as they need the same samples.
    """
    form = _Form.of(kernel, stride, dilate, pad, num_group, num_deformable_group, modulated)
    sampler = _Sampler(xp, form, data, offset, mask)
    filters, kernels = weight.shape[0], sampler.filters(weight)
    d_data, d_offset, d_weight, d_mask = _buffers(xp, (data, offset, weight, mask), out)

    def work(start: int, stop: int) -> Any:
        total = xp.zeros(kernels.shape, kernels.dtype)
        for images, blocks in sampler.chunks(start, stop):
            table = sampler.table(images)
            d_table = xp.zeros(table.shape, table.dtype)
            for rows in blocks:
                flow = head[images, :, rows].swapaxes(0, 1).astype(kernels.dtype)
                flow = flow.reshape(form.groups, filters // form.groups, -1)
                d_columns = sampler.ungrouped(xp.matmul(flow.swapaxes(1, 2), kernels))
                modulation, columns = sampler.modulation(images, rows), None
                along_y = along_x = along_mask = 0
                for index, share, y_slope, x_slope in sampler.corners(images, rows):
                    row = index.reshape(-1)
                    part = table.take(row, axis=0)
                    product = xp.einsum("ij,ij->i", part, d_columns).reshape(share.shape)
                    along_y = along_y + product * y_slope
                    along_x = along_x + product * x_slope
                    if d_mask is not None:
                        along_mask = along_mask + product * share
                    share = share * modulation
                    backend(xp).scatter_add(d_table, row, d_columns * share.reshape(-1, 1))
                    part = _weighted(part, share)
                    columns = part if columns is None else xp.add(columns, part, out=columns)
                total += xp.matmul(flow, sampler.grouped(columns))
                sampler.put(d_offset, xp.stack([along_y, along_x]) * modulation, images, rows)
                if d_mask is not None:
                    sampler.put(d_mask, along_mask[None], images, rows)
            d_data[images] = d_table.reshape(-1, *sampler.size, sampler.channels).transpose(0, 3, 1, 2)
        return total

    first, *others = sampler.run(work, filters)
    for other in others:
        first += other
    last = first.reshape(filters, sampler.elements, weight.shape[1])
    d_weight[...] = last.swapaxes(1, 2).reshape(weight.shape)
    return (d_data, d_offset, d_weight) if d_mask is None else (d_data, d_offset, d_weight, d_mask)


def _buffers(xp: Any, arrays: Sequence[Any], out: Sequence[Any] | None) -> list[Any]:
    """Return an array like each of `arrays` to write to: that of `out` if there is one, None for None."""
    given = (*(out or ()), *(None,) * len(arrays))
    return [xp.empty(x.shape, x.dtype) if buffer is None and x is not None else buffer
            for x, buffer in zip(arrays, given)]


@deformable_backward.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for slot in ("data", "offset", "weight", "mask"):
        if slot in ins:
            outs[f"{slot}_grad"] = ins[slot]


deformable_backward.type(same_type)


@deformable_convolution.grad("data", "offset", "weight")
def _(F, grad, data, offset, weight, *, kernel, stride, dilate, pad, num_group, num_deformable_group):
    return F._backward_DeformableConvolution(
        grad, data, offset, weight, kernel=kernel, stride=stride, dilate=dilate, pad=pad, num_group=num_group,
        num_deformable_group=num_deformable_group)


@modulated_deformable_convolution.grad("data", "offset", "weight", "mask")
def _(F, grad, data, offset, mask, weight, *, kernel, stride, dilate, pad, num_group, num_deformable_group):
    return F._backward_DeformableConvolution(
        grad, data, offset, weight, mask, kernel=kernel, stride=stride, dilate=dilate, pad=pad, num_group=num_group,
        num_deformable_group=num_deformable_group, modulated=True)


def _bias_rule(F, grad):
    return F.sum(grad, axis=(1,), exclude=True)


for _op in (deformable_convolution, modulated_deformable_convolution):
    _op.shape(_deformed_shape)
    _op.type(same_type)
    _op.grad("bias")(_bias_rule)
