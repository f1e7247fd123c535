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

__all__ = ["Windows", "spatial", "length_of_output", "channels_first"]

_IGNORED = ("workspace", "cudnn_tune", "cudnn_off")


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


# ---- gathering and scattering ---------------------------------------------------------------------

_CACHED = 1 << 18        # numbers that a thread works on at a time: about one core's cache
_FEW_POSITIONS = 256     # columns below which a product is inefficient
_BLOCK = 1 << 23         # numbers in the columns of a single image, which is cut into rows beyond
_GPU_CHUNK = 1 << 27     # numbers in the columns on a GPU, where only memory limits them


class _Chunks:
    """How the work is cut up: images taken together, rows of windows taken together, shares for threads."""

    def __init__(self, xp: Any, windows: Windows, images: int, channels: int, filters: int, groups: int):
        self.rank = len(windows.out)
        self.positions = math.prod(windows.out)
        depth = channels * math.prod(windows.kernel)
        numbers = max(1, (depth + filters) * self.positions)
        if xp is np:
            self.parts = 1 if images * depth * filters // groups * self.positions < parallel.WORTHWHILE else None
            wanted = max(_CACHED / numbers, _FEW_POSITIONS / max(1, self.positions), 1)
            share = -(-images // (self.parts or parallel.threads))
            self.images = max(1, min(2 ** round(math.log2(wanted)), share))
            block = _BLOCK
        else:
            self.parts = 1
            self.images = max(1, min(images, _GPU_CHUNK // numbers))
            block = _GPU_CHUNK
        rows = windows.out[0] if windows.out else 1
        self.rows = max(1, min(rows, block * rows // (numbers * self.images)))
        self.blocks = [slice(i, min(i + self.rows, rows)) for i in range(0, rows, self.rows)]
        self.run = (lambda n, work: [work(0, n)]) if xp is not np else (
            lambda n, work: parallel.split(n, work, self.parts))

    def over(self, start: int, stop: int) -> Iterator[slice]:
        """Yield the images from `start` to `stop` in chunks."""
        for i in range(start, stop, self.images):
            yield slice(i, min(i + self.images, stop))


class _Patches:
    """One thread's buffers for the windows of a few images."""

    def __init__(self, xp: Any, windows: Windows, channels: int, groups: int, images: int, rows: int, dtype: Any):
        self.images, self.windows, self.groups = images, windows, groups
        self.padded = xp.zeros((channels, *windows.padded, images), dtype)
        self.inside = self.padded[(slice(None), *windows.inside)]
        self._view = windows.view(xp, self.padded, 1)
        self._rank = len(windows.out)
        self._buffer = None if windows.is_pointwise else xp.empty(
            (channels, *windows.kernel, rows, *windows.out[1:], images), dtype)

    def load(self, data: Any) -> None:
        """Take in the images `data`, ``(images, channels, *size)``."""
        if self.windows.is_pointwise and self.images == 1 and data.dtype == self.padded.dtype:
            self.inside = data[0]
        else:
            self.inside[...] = images_last(data)

    def buffer(self, rows: slice) -> Any:
        """Return room for the columns of some rows of windows, ``(channels, *kernel, rows, ..., images)``."""
        n = rows.stop - rows.start
        at = (slice(None),) * (1 + self._rank) + (slice(n),)
        return self._buffer if n == self._buffer.shape[1 + self._rank] else self._buffer[at].copy()

    def columns(self, rows: slice) -> Any:
        """Return the windows as a matrix for each group, ``(groups, channels / groups * kernel, positions)``."""
        if self.windows.is_pointwise:
            return self.inside.reshape(self.groups, len(self.inside) // self.groups, -1)
        buffer = self.buffer(rows)
        buffer[...] = self._view[(slice(None),) * (1 + self._rank) + (rows,)]
        return self.matrix(buffer)

    def matrix(self, buffer: Any) -> Any:
        """Return `buffer` as a matrix for each group."""
        depth = len(buffer) // self.groups * math.prod(self.windows.kernel)
        return buffer.reshape(self.groups, depth, -1)


def images_last(x: Any) -> Any:
    """View ``(images, channels, ...)`` as ``(channels, ..., images)``."""
    return x.transpose(*range(1, x.ndim), 0)


def images_first(x: Any) -> Any:
    """View ``(channels, ..., images)`` as ``(images, channels, ...)``."""
    return x.transpose(x.ndim - 1, *range(x.ndim - 1))


def _outputs_matrix(x: Any, images: slice, rows: slice, whole: bool, groups: int, dtype: Any) -> Any:
    """Return some rows of the outputs of some images as ``(groups, filters / groups, positions)``; a copy unless
    there is one image, which has that form already."""
    filters = x.shape[1]
    part = x[images] if whole else x[images, :, rows]
    if images.stop - images.start > 1:
        part = images_last(part)
    return part.astype(dtype, copy=False).reshape(groups, filters // groups, -1)


def _working_dtype(xp: Any, dtype: Any) -> Any:
    """Half precision is computed in single precision on the host, which has no products of halves."""
    return np.dtype(np.float32) if xp is np and dtype == np.float16 else dtype


# ---- the three functions --------------------------------------------------------------------------

def _correlate(xp: Any, data: Any, weight: Any, windows: Windows, groups: int, bias: Any = None, out: Any = None
               ) -> Any:
    """Return outputs ``(images, filters, *windows.out)`` of ``(images, channels, *windows.size)``.

    `weight` is ``(filters, channels / groups, *kernel)``, `bias` ``(filters,)`` or None.
    """
    (images, channels), filters = data.shape[:2], weight.shape[0]
    if out is None:
        out = xp.empty((images, filters, *windows.out), data.dtype)
    dtype = _working_dtype(xp, data.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(groups, filters // groups, 1)
    chunks = _Chunks(xp, windows, images, channels, filters, groups)
    direct = out.dtype == dtype and len(chunks.blocks) == 1 and out.flags.c_contiguous

    def work(start: int, stop: int) -> None:
        patches = None
        for chunk in chunks.over(start, stop):
            n = chunk.stop - chunk.start
            if patches is None or patches.images != n:
                patches = _Patches(xp, windows, channels, groups, n, chunks.rows, dtype)
            patches.load(data[chunk])
            for rows in chunks.blocks:
                columns = patches.columns(rows)
                if n == 1 and direct:
                    target = out[chunk].reshape(groups, filters // groups, -1)
                    xp.matmul(kernels, columns, out=target)
                else:
                    target = xp.matmul(kernels, columns)
                if bias is not None:
                    target += bias
                if n > 1 or not direct:
                    shape = (filters, rows.stop - rows.start, *windows.out[1:], n)
                    out[chunk, :, rows] = images_first(target.reshape(shape))

    chunks.run(images, work)
    return out


def _weight_grad(xp: Any, data: Any, grad: Any, windows: Windows, groups: int, out: Any = None) -> Any:
    """Return the gradient ``(filters, channels / groups, *kernel)`` of the weights, from that of the outputs."""
    (images, channels), filters = data.shape[:2], grad.shape[1]
    dtype = _working_dtype(xp, data.dtype)
    chunks = _Chunks(xp, windows, images, channels, filters, groups)
    shape = (filters, channels // groups, *windows.kernel)

    def work(start: int, stop: int) -> Any:
        patches = total = None
        for chunk in chunks.over(start, stop):
            n = chunk.stop - chunk.start
            if patches is None or patches.images != n:
                patches = _Patches(xp, windows, channels, groups, n, chunks.rows, dtype)
            patches.load(data[chunk])
            for rows in chunks.blocks:
                flow = _outputs_matrix(grad, chunk, rows, len(chunks.blocks) == 1, groups, dtype)
                part = xp.matmul(flow, patches.columns(rows).swapaxes(1, 2))
                if total is None:
                    total = part
                else:
                    total += part
        return total

    parts = [part for part in chunks.run(images, work) if part is not None] if images else []
    total = sum(parts[1:], parts[0]).reshape(shape) if parts else xp.zeros(shape, dtype)
    if out is None:
        return total.astype(data.dtype, copy=False)
    out[...] = total
    return out


def _data_grad(xp: Any, grad: Any, weight: Any, windows: Windows, groups: int, bias: Any = None, out: Any = None
               ) -> Any:
    """Return the gradient ``(images, channels, *windows.size)`` of the data, plus `bias` ``(channels,)``."""
    (images, filters), channels = grad.shape[:2], weight.shape[1] * groups
    turned = _turned(windows)
    if turned is not None and _turning_pays(windows, channels, filters):
        return _correlate(xp, grad, _turn(xp, weight, groups), turned, groups, bias, out)
    if out is None:
        out = xp.empty((images, channels, *windows.size), grad.dtype)
    dtype = _working_dtype(xp, grad.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1).swapaxes(1, 2)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(channels, *(1,) * (len(windows.size) + 1))
    chunks = _Chunks(xp, windows, images, channels, filters, groups)

    def work(start: int, stop: int) -> None:
        patches = None
        for chunk in chunks.over(start, stop):
            n = chunk.stop - chunk.start
            if patches is None or patches.images != n:
                patches = _Patches(xp, windows, channels, groups, n, chunks.rows, dtype)
            patches.padded[...] = 0
            for rows in chunks.blocks:
                flow = _outputs_matrix(grad, chunk, rows, len(chunks.blocks) == 1, groups, dtype)
                columns = xp.matmul(kernels, flow)
                windows.add(patches.padded, columns.reshape(
                    channels, *windows.kernel, rows.stop - rows.start, *windows.out[1:], n), 1, rows.start)
            if bias is not None:
                patches.inside += bias
            out[chunk] = images_first(patches.inside)

    chunks.run(images, work)
    return out
