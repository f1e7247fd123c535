"""Convolution in one, two and three dimensions, its transpose, and their columns.

All of it comes down to three functions of a data array, weights and outputs, which are linear in each of
the other two: :func:`correlate` computes the outputs, :func:`data_grad` what flows back to the data, and
:func:`weight_grad` what flows back to the weights. Each is an operator whose gradients are the other two,
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
from typing import Any

import numpy as np

from ...base import MXNetValueError
from ...device import parallel
from ...device.backend import backend
from ..catalog import require
from ..infer import Length

__all__ = ["Windows", "channels_first", "correlate", "data_grad", "from_channels_first",
           "is_channels_last", "length_of_output", "spatial", "to_channels_first", "weight_grad", "windows_of"]


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
        if len(value) != rank or min(value) < least:
            raise MXNetValueError(f"{name}: {what} is {value}; expected {rank} numbers >= {least}, as many as kernel "
                                  f"{kernel} has")
    return stride, dilate, pad


def length_of_output(n: Length, kernel: int, stride: int, dilate: int, pad: int) -> Length:
    """Return how many windows fit an axis of `n` elements, None for unknown `n`."""
    return None if n is None else (n + 2 * pad - dilate * (kernel - 1) - 1) // stride + 1


def windows_of(name: str, size: tuple, out: tuple | None, kernel: tuple, stride: tuple, dilate: tuple, pad: tuple
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
        self._images, self._backend, self._parts = images, backend(xp), None
        positions, depth = math.prod(windows.out), channels * math.prod(windows.kernel)
        numbers = max(1, (depth + filters) * positions)  # for one image
        if self._backend.pieces:
            worthwhile = images * (depth // groups) * filters * positions >= parallel.WORTHWHILE
            if not worthwhile:
                self._parts = 1
            share = max(1, -(-images // (parallel.threads if worthwhile else 1)))
            together = 2 ** round(math.log2(max(cached / numbers, _FEW_POSITIONS / max(1, positions), 1)))
            self._first = (together < _SHORT_RUN or windows.is_pointwise) and 2 * positions > _FEW_POSITIONS
            if self._first:
                together = max(1, _CACHED // numbers)
            elif together < _SHORT_RUN or windows.is_pointwise:
                together = max(_SHORT_RUN, together)
            self._together, block = min(together, share), _BLOCK
        else:
            self._first = False
            self._together, block = max(1, min(images, _GPU_BLOCK // numbers)), _GPU_BLOCK
        rows = windows.out[0]
        height = max(1, min(rows, block * rows // (numbers * self._together)))
        self.blocks = [slice(i, min(i + height, rows)) for i in range(0, rows, height)]

    def room(self, purpose: str, shape: tuple[int, ...]) -> Any:
        """Return an array with any contents, which the next call for the same `purpose` takes over."""
        return self._backend.scratch(purpose, shape, self.dtype)

    def product(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return ``a @ b`` for stacks of matrices, in an array that the next product takes over unless there is `out`.

        The cores that have no image of their own help with that of the others.
        """
        if out is None:
            lead = a.shape[:-2] if a.ndim > b.ndim else b.shape[:-2]
            out = self.room("product", (*lead, a.shape[-2], b.shape[-1]))
        if self._backend.pieces and self._images == 1 and self._parts is None:
            for group in np.ndindex(out.shape[:-2]):
                self._backend.matmul(a[group[-a.ndim + 2:]], b[group[-b.ndim + 2:]], out[group])
            return out
        return self.xp.matmul(a, b, out=out)

    def run(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Call ``work(first image, end)`` for the whole batch, in shares side by side on the host."""
        return self._backend.split(self._images, work, self._parts)

    def chunks(self, start: int, stop: int) -> Iterator[tuple[slice, _Patches]]:
        """Yield the images from `start` to `stop` a few at a time, with buffers for their windows."""
        patches = None
        for i in range(start, stop, self._together):
            images = slice(i, min(i + self._together, stop))
            count = images.stop - i
            if patches is None or patches.count != count:
                patches = (_ImagesFirst if self._first else _ImagesLast)(self, count)
            yield images, patches


class _Patches:
    """One thread's buffers for the windows of `count` images.

    Matrices are ``(..., groups, rows, columns)``; whether the images are an axis of their own among the first, or
    part of the positions, is for the subclasses to say.
    """

    def __init__(self, sweep: _Sweep, count: int):
        self.sweep, self.count = sweep, count
        windows = sweep.windows
        before, after = self._axes(count)
        self._lead = 1 + len(before)
        self.padded = sweep.room("padded", (*before, sweep.channels, *windows.padded, *after))
        self.padded[...] = 0
        self.inside = self.padded[(*(slice(None),) * self._lead, *windows.inside)]
        self._view = windows.view(sweep.xp, self.padded, self._lead)

    def _axes(self, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the axis of images as it stands before or after the channels and their positions."""
        raise NotImplementedError

    def load(self, data: Any) -> None:
        """Take in the images `data`, ``(count, channels, *size)``."""
        raise NotImplementedError

    def flow(self, grad: Any, images: slice, rows: slice) -> Any:
        """Return the gradient of some rows of outputs as matrices, ``(filters / groups, positions)``."""
        raise NotImplementedError

    def target(self, out: Any, images: slice) -> Any:
        """Return the place of the outputs as matrices, None where these lie otherwise."""
        raise NotImplementedError

    def put(self, out: Any, images: slice, rows: slice, found: Any) -> None:
        """Put some rows of outputs, as matrices ``(filters / groups, positions)``, to their place."""
        raise NotImplementedError

    def unload(self, target: Any, bias: Any) -> None:
        """Put what has been scattered, plus `bias` ``(channels,)`` unless it is None, into the images `target`."""
        raise NotImplementedError

    def columns(self, rows: slice) -> Any:
        """Return some rows of windows as matrices, ``(channels / groups * kernel, positions)``."""
        windows, every = self.sweep.windows, (slice(None),) * self._lead
        if windows.is_pointwise:
            return self._matrices(self.inside[(*every, rows)], self.sweep.channels)
        view = self._view[(*every, *(slice(None),) * len(windows.kernel), rows)]
        columns = self.sweep.room("columns", view.shape)
        columns[...] = view
        return self._matrices(columns, self.sweep.channels * math.prod(windows.kernel))

    def _matrices(self, x: Any, depth: int) -> Any:
        """Return an array with `depth` rows, from where its channels are, as matrices, one a group."""
        groups = self.sweep.groups
        return x.reshape(*x.shape[:self._lead - 1], groups, depth // groups, -1)

    def scatter(self, columns: Any, rows: slice) -> None:
        """Add matrices like those of :meth:`columns` back to where the windows came from."""
        windows = self.sweep.windows
        before, after = self._axes(self.count)
        windows.add(self.padded, columns.reshape(*before, self.sweep.channels, *windows.kernel, rows.stop - rows.start,
                                                 *windows.out[1:], *after), self._lead, rows.start)


class _ImagesLast(_Patches):
    """All images in one matrix: one product serves them all, and long runs are copied where they are small."""

    def _axes(self, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (), (count,)

    def load(self, data: Any) -> None:
        self.inside[...] = _images_last(data)

    def flow(self, grad: Any, images: slice, rows: slice) -> Any:
        part = grad[images, :, rows]
        copy = self.sweep.room("flow", (*part.shape[1:], part.shape[0]))
        copy[...] = _images_last(part)
        return self._matrices(copy, grad.shape[1])

    def target(self, out: Any, images: slice) -> Any:
        return None

    def put(self, out: Any, images: slice, rows: slice, found: Any) -> None:
        shape = (out.shape[1], rows.stop - rows.start, *self.sweep.windows.out[1:], self.count)
        out[images, :, rows] = _images_first(found.reshape(shape))

    def unload(self, target: Any, bias: Any) -> None:
        inside = self.inside
        target[...] = _images_first(inside if bias is None else inside + bias[..., None])


class _ImagesFirst(_Patches):
    """A matrix for each image: they lie as the arrays do."""

    def _axes(self, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (count,), ()

    def load(self, data: Any) -> None:
        if self.sweep.windows.is_pointwise and data.dtype == self.padded.dtype:
            self.inside = data
        else:
            self.inside[...] = data

    def flow(self, grad: Any, images: slice, rows: slice) -> Any:
        part = grad[images] if len(self.sweep.blocks) == 1 else grad[images, :, rows]
        if part.dtype != self.sweep.dtype:
            copy = self.sweep.room("flow", part.shape)
            copy[...] = part
            part = copy
        return self._matrices(part, grad.shape[1])

    def target(self, out: Any, images: slice) -> Any:
        fits = out.dtype == self.sweep.dtype and len(self.sweep.blocks) == 1 and out.flags.c_contiguous
        return self._matrices(out[images], out.shape[1]) if fits else None

    def put(self, out: Any, images: slice, rows: slice, found: Any) -> None:
        out[images, :, rows] = found.reshape(self.count, out.shape[1], rows.stop - rows.start,
                                             *self.sweep.windows.out[1:])

    def unload(self, target: Any, bias: Any) -> None:
        inside = self.inside
        target[...] = inside if bias is None else inside + bias


def _images_last(x: Any) -> Any:
    """View ``(images, channels, ...)`` as ``(channels, ..., images)``."""
    return x.transpose(*range(1, x.ndim), 0)


def _images_first(x: Any) -> Any:
    """View ``(channels, ..., images)`` as ``(images, channels, ...)``."""
    return x.transpose(x.ndim - 1, *range(x.ndim - 1))


# ---- the three functions --------------------------------------------------------------------------

def correlate(xp: Any, data: Any, weight: Any, bias: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return outputs ``(images, filters, *windows.out)`` of ``(images, channels, *windows.size)``.

    `weight` is ``(filters, channels / groups, *kernel)``, `bias` ``(filters,)`` or None.
    """
    (images, channels), filters, dtype = data.shape[:2], weight.shape[0], backend(xp).working(data.dtype)
    if out is None:
        out = xp.empty((images, filters, *windows.out), data.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(groups, filters // groups, 1)
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype, _CACHED)

    def work(start: int, stop: int) -> None:
        for chunk, patches in sweep.chunks(start, stop):
            patches.load(data[chunk])
            target = patches.target(out, chunk)
            for rows in sweep.blocks:
                found = sweep.product(kernels, patches.columns(rows), target)
                if bias is not None:
                    found += bias
                if target is None:
                    patches.put(out, chunk, rows, found)

    sweep.run(work)
    return out


def weight_grad(xp: Any, data: Any, grad: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return the gradient ``(filters, channels / groups, *kernel)`` of the weights, from that of the outputs."""
    (images, channels), filters, dtype = data.shape[:2], grad.shape[1], backend(xp).working(data.dtype)
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype)
    shape = (filters, channels // groups, *windows.kernel)

    def work(start: int, stop: int) -> Any:
        total = xp.zeros((groups, filters // groups, math.prod(shape[1:])), dtype)
        for chunk, patches in sweep.chunks(start, stop):
            patches.load(data[chunk])
            for rows in sweep.blocks:
                found = sweep.product(patches.flow(grad, chunk, rows), patches.columns(rows).swapaxes(-1, -2))
                total += found if found.ndim == 3 else found[0] if len(found) == 1 else found.sum(0)
        return total

    first, *others = sweep.run(work)
    for other in others:
        first += other
    if out is None:
        return first.reshape(shape).astype(data.dtype, copy=False)
    out[...] = first.reshape(shape)
    return out


def data_grad(xp: Any, grad: Any, weight: Any, bias: Any, windows: Windows, groups: int, out: Any) -> Any:
    """Return the gradient ``(images, channels, *windows.size)`` of the data, plus `bias` ``(channels,)``."""
    (images, filters), channels = grad.shape[:2], weight.shape[1] * groups
    if _turning_pays(windows, channels, filters):
        return correlate(xp, grad, _turn(xp, weight, groups), bias, _turned(windows), groups, out)
    dtype = backend(xp).working(grad.dtype)
    if out is None:
        out = xp.empty((images, channels, *windows.size), grad.dtype)
    kernels = weight.astype(dtype, copy=False).reshape(groups, filters // groups, -1).swapaxes(1, 2)
    if bias is not None:
        bias = bias.astype(dtype, copy=False).reshape(channels, *(1,) * len(windows.size))
    sweep = _Sweep(xp, windows, images, channels, filters, groups, dtype, 4 * _CACHED)

    def work(start: int, stop: int) -> None:
        for chunk, patches in sweep.chunks(start, stop):
            patches.padded[...] = 0
            for rows in sweep.blocks:
                patches.scatter(sweep.product(kernels, patches.flow(grad, chunk, rows)), rows)
            patches.unload(out[chunk], bias)

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
