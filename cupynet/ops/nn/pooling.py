"""Pooling, and its counterpart that makes images larger.

A window of any rank is reduced one axis after the other: ``k`` passes over a line of ``k`` rows, not ``k * k``
over a square of them. A few images are taken at a time, so that they stay in the cache, and the batch is
shared between threads on the host.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ...base import MXNetValueError
from ...device.backend import backend
from ..catalog import op, require
from ..infer import Length, Slots, float_type, same_type
from ..schema import Attrs, Shape
from .windows import Windows, channels_first, from_channels_first, is_channels_last, spatial, to_channels_first

__all__ = ["Convention", "Layout", "Type", "pooling", "windows_of_pool", "padded_by", "places_in", "reduce_windows",
           "spread_windows", "count_of_windows"]


Layout = Literal[None, "NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"]
Type = Literal["avg", "lp", "max", "sum"]
Convention = Literal["full", "same", "valid"]

_CACHED = 1 << 18      # numbers that a thread pools at a time
_WORTHWHILE = 1 << 18  # numbers below which waking a thread takes longer than it saves


# ---- geometry -------------------------------------------------------------------------------------

def count_of_windows(n: Length, kernel: int, stride: int, pad: int, convention: str) -> Length:
    """Return how many windows an axis of `n` elements has, None for unknown `n`."""
    if n is None:
        return None
    if convention == "same":
        return -(-n // stride)
    reach = n + 2 * pad - kernel
    return (reach // stride if convention == "valid" else -(-reach // stride)) + 1


def windows_of_pool(size: tuple[int, ...], kernel: tuple, stride: tuple, pad: tuple, global_pool: bool,
                    convention: str) -> Windows:
    """Return where the windows lie on an image of spatial shape `size`. Raises MXNetValueError."""
    if global_pool:
        return Windows(size, (1,) * len(size), (1,) * len(size), (0,) * len(size), size, (1,) * len(size))
    stride, dilate, pad = spatial("Pooling", kernel, stride, (), pad)
    out = tuple(count_of_windows(n, k, s, p, convention) for n, k, s, p in zip(size, kernel, stride, pad))
    return Windows(kernel, stride, dilate, pad, size, out)


def _counts(windows: Windows, include_pad: bool) -> list[np.ndarray]:
    """Return, for each axis, how many elements each window has there: padding counts only if `include_pad`."""
    found = []
    for n, k, s, p, o in zip(windows.size, windows.kernel, windows.stride, windows.pad, windows.out):
        start = np.arange(o) * s - p
        end = np.minimum(start + k, n + p)
        found.append(np.maximum(end - start if include_pad else np.minimum(end, n) - np.maximum(start, 0), 1))
    return found


def _divisors(xp: Any, windows: Windows, include_pad: bool, dtype: Any) -> Any:
    """Return the number of elements of every window, or one number if all have as many."""
    total: Any = 1
    for axis, count in enumerate(_counts(windows, include_pad)):
        count = count.reshape((-1,) + (1,) * (len(windows.out) - 1 - axis))
        total = total * count
    return int(total.flat[0]) if total.min() == total.max() else xp.asarray(total.astype(dtype))


# ---- walking over a batch -------------------------------------------------------------------------

def _each(xp: Any, images: int, numbers: int, work: Callable[[slice], None]) -> None:
    """Call ``work(slice of images)`` for the whole batch: in small pieces on the host, at once on a GPU."""
    place = backend(xp)
    together = place.piece(max(1, _CACHED // max(numbers, 1)), max(images, 1))

    def share(start: int, stop: int) -> None:
        for i in range(start, stop, together):
            work(slice(i, min(i + together, stop)))
    place.split(images, share, None if images * numbers >= _WORTHWHILE and images > 1 else 1)


def padded_by(xp: Any, data: Any, windows: Windows, fill: Any) -> Any:
    """Return `data` with as many elements `fill` around it as the windows reach over; itself where none."""
    if windows.padded == windows.size:
        return data
    whole = xp.full((*data.shape[:2], *windows.padded), fill, data.dtype)
    whole[(..., *windows.inside)] = data
    return whole


def _lines(windows: Windows, axis: int, rank: int) -> list[tuple]:
    """Return the index, for each place in a window along a spatial axis, of that element of every window."""
    k, s, o = windows.kernel[axis], windows.stride[axis], windows.out[axis]
    rest = (slice(None),) * (rank - 1 - axis)
    return [(..., slice(j, j + (o - 1) * s + 1, s), *rest) for j in range(k)]


def reduce_windows(ufunc: Callable, padded: Any, windows: Windows, out: Any) -> Any:
    """Reduce every window of `padded` with a commutative function, one axis after the other, into `out`."""
    rank = len(windows.kernel)
    for axis in range(rank):
        first, *others = _lines(windows, axis, rank)
        last = axis == rank - 1
        if not others:
            padded = padded[first]
            continue
        result = ufunc(padded[first], padded[others[0]], **({"out": out} if last else {}))
        for each in others[1:]:
            ufunc(result, padded[each], out=result)
        padded = result
    if padded is not out:
        out[...] = padded
    return out


def spread_windows(xp: Any, grad: Any, windows: Windows) -> Any:
    """Add every element of `grad` to all elements of its window; return the padded sum. Undoes a sum of windows."""
    rank = len(windows.kernel)
    for axis in reversed(range(rank)):
        shape = list(grad.shape)
        shape[2 + axis] = windows.padded[axis]
        wider = xp.zeros(shape, grad.dtype)
        for place in _lines(windows, axis, rank):
            wider[place] += grad
        grad = wider
    return grad


def _root(xp: Any, x: Any, p: int) -> Any:
    """The p-th root; that of a negative number exists for p = 3 alone, as in MXNet."""
    return xp.sqrt(x) if p == 2 else xp.cbrt(x) if p == 3 else x ** (1 / p)


# ---- the three things that are done with windows ----------------------------------------------------

def _pool(xp: Any, data: Any, windows: Windows, kind: str, p: int, include_pad: bool, out: Any) -> Any:
    """Reduce every window of `data`, ``(batch, channels, *size)``."""
    result = xp.empty((*data.shape[:2], *windows.out), data.dtype) if out is None else out
    if not data.size:
        result[...] = np.finfo(data.dtype).min if kind == "max" else 0  # as in MXNet, where a window holds nothing
        return result
    divisors = _divisors(xp, windows, include_pad, data.dtype) if kind == "avg" else 1
    exact = np.dtype("float32") if data.dtype == np.float16 and kind != "max" else data.dtype

    def work(images: slice) -> None:
        part, target = data[images], result[images]
        if kind == "max":
            reduce_windows(xp.maximum, padded_by(xp, part, windows, -np.inf), windows, target)
            return
        part = part.astype(exact, copy=False)
        if kind == "lp" and p != 1:
            part = part ** p
        total = target if exact == target.dtype else xp.empty(target.shape, exact)
        reduce_windows(xp.add, padded_by(xp, part, windows, 0), windows, total)
        if kind == "avg":
            xp.divide(total, divisors, out=total, casting="unsafe")
        elif kind == "lp" and p != 1:
            total[...] = _root(xp, total, p)
        if total is not target:
            target[...] = total
    _each(xp, data.shape[0], math.prod(data.shape[1:]), work)
    return result


def _unpool(xp: Any, grad: Any, data: Any, output: Any, windows: Windows, kind: str, p: int, include_pad: bool,
            out: Any) -> Any:
    """Give the gradient of every window back to its elements; for max, to the first of the largest."""
    result = xp.empty(data.shape, data.dtype) if out is None else out
    divisors = _divisors(xp, windows, include_pad, data.dtype) if kind == "avg" else 1

    def work(images: slice) -> None:
        part = grad[images]
        if kind == "max":
            whole = _to_largest(xp, part, data[images], output[images], windows)
        elif kind == "lp" and p > 1:
            whole = spread_windows(xp, part / output[images] ** (p - 1), windows)
        else:
            whole = spread_windows(xp, part / divisors if kind == "avg" else part, windows)
        inner = whole[(..., *windows.inside)]
        if kind == "lp":
            x = data[images]
            inner = inner if p == 1 else inner * x ** (p - 1)
        result[images] = inner
    _each(xp, data.shape[0], math.prod(data.shape[1:]), work)
    return result


def places_in(windows: Windows) -> list[tuple]:
    """Return the index of each place in a window, for all windows at once."""
    return [(..., *(slice(i, i + (o - 1) * s + 1, s) for i, o, s in zip(offset, windows.out, windows.stride)))
            for offset in itertools.product(*map(range, windows.kernel))]


def _to_largest(xp: Any, grad: Any, data: Any, output: Any, windows: Windows) -> Any:
    """Return, padded, `grad` of every window at the first element that equals the window's maximum."""
    padded = padded_by(xp, data, windows, -np.inf)
    tiled = (windows.kernel == windows.stride
             and windows.padded == tuple(map(math.prod, zip(windows.kernel, windows.out))))
    whole = (xp.empty if tiled else xp.zeros)(padded.shape, data.dtype)  # tiles are written once each
    taken = None
    for place in places_in(windows):
        here = padded[place] == output
        if taken is None:
            taken = here.copy()
        else:
            here &= ~taken
            taken |= here
        if tiled:
            xp.multiply(grad, here, out=whole[place])
        else:
            whole[place] += grad * here
    return whole


def _at_largest(xp: Any, data: Any, output: Any, values: Any, windows: Windows) -> Any:
    """Return, for every window, the element of `values` where `data` is largest: the transpose of the above."""
    padded, values = padded_by(xp, data, windows, -np.inf), padded_by(xp, values, windows, 0)
    result = xp.zeros(output.shape, values.dtype)
    taken = xp.zeros(output.shape, bool)
    for place in places_in(windows):
        here = (padded[place] == output) & ~taken
        taken |= here
        result += values[place] * here
    return result


# ---- Pooling --------------------------------------------------------------------------------------

@op(name="Pooling", splits=True, ignores=("cudnn_off",))
def pooling(xp, data, *, kernel: Shape = (), pool_type: Type = "max", global_pool: bool = False,
            cudnn_off: bool = False, pooling_convention: Convention = "valid", stride: Shape = (), pad: Shape = (),
            p_value: int | None = None, count_include_pad: bool | None = None, layout: Layout = None, out=None):
    """Reduce windows of every image to one number each.

    Parameters
    ----------
    data : (batch, channels, [depth, [height,]] width), or channels last according to `layout`
    kernel : tuple of one, two or three ints
        Spatial shape of a window; not needed with `global_pool`.
    pool_type : str
        The largest (``max``), the mean (``avg``), the sum (``sum``), or the p-norm (``lp``) of a window, which is
        ``sum(x^p)^(1/p)`` without absolute values.
    global_pool : bool
        Take the whole image as the only window.
    pooling_convention : str
        How many windows an axis of length n has: ``valid`` as many as fit the padded image,
        ``floor((n + 2 pad - kernel) / stride) + 1``; ``full`` also the one that sticks out, with the ceiling;
        ``same`` ``ceil(n / stride)``, without padding.
    stride, pad : tuple of int
        Step from window to window (1 by default), width of the padding on either side (0 by default).
    p_value : int
        p of ``lp``, 2 by default.
    count_include_pad : bool
        Whether padding counts in the mean; true by default.
    layout : str
        Order of the axes; ``None`` is channels first.

    Returns
    -------
    ``(batch, channels, *windows)`` of the dtype of `data`. The gradient of ``max`` goes to the first of the
    largest elements of a window, in row-major order. MXNet offers ``same`` for one axis only and fails there in
    1.9.1; here it works for all.

    Raises
    ------
    MXNetValueError
        If the window is larger than the padded image, or `pad` is not smaller than the window.
    """
    def compute(data, out):
        windows = windows_of_pool(data.shape[2:], kernel, stride, pad, global_pool, pooling_convention)
        return _pool(xp, data, windows, pool_type, p_value or 2, count_include_pad is not False, out)
    return channels_first(xp, layout, compute, (data,), out)


@pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, layout, kernel = "Pooling", attrs.layout, attrs.kernel
    data = to_channels_first(ins["data"], layout)
    require(kernel or attrs.global_pool, name, "required argument 'kernel' is missing")
    p = attrs.p_value
    require(attrs.pool_type != "lp" or (p or 2) > 0, name, f"p_value is {p}; expected at least 1")
    if not attrs.global_pool:
        stride, _, pad = spatial(name, kernel, attrs.stride, (), attrs.pad)
        require(attrs.pooling_convention != "same" or not any(pad), name, f"pad is {pad}; expected none with 'same'")
    if data is None:
        if outs[0] is not None and kernel:
            out = to_channels_first(outs[0], layout)
            ins["data"] = from_channels_first((*out[:2], *(None,) * len(kernel)), layout)
        return
    require(3 <= len(data) <= 5, name,
            f"data has shape {ins['data']}; expected batch, channels and one to three more axes")
    size = data[2:]
    if attrs.global_pool:
        lengths = (1,) * len(size)
    else:
        require(len(size) == len(kernel), name,
                f"data has shape {ins['data']}; a kernel of {len(kernel)} lengths expects {len(kernel) + 2} axes")
        for n, k, p in zip(size, kernel, pad):
            require(p < k or attrs.pool_type in ("sum", "lp") or is_channels_last(layout), name,
                    f"pad is {pad}; expected less than kernel {kernel}")
            require(n is None or k <= n + 2 * p, name,
                    f"kernel {kernel} is larger than data of shape {ins['data']} padded by {pad}")
        lengths = tuple(count_of_windows(n, k, s, p, attrs.pooling_convention)
                        for n, k, s, p in zip(size, kernel, stride, pad))
    outs[0] = from_channels_first((*data[:2], *lengths), layout)


pooling.type(float_type)


@pooling.grad("data")
def _(F, grad, data, output, *, kernel, pool_type, global_pool, pooling_convention, stride, pad, p_value,
      count_include_pad, layout):
    return F._backward_pooling(
        grad, data, output, kernel=kernel, pool_type=pool_type, global_pool=global_pool, stride=stride, pad=pad,
        pooling_convention=pooling_convention, p_value=p_value, count_include_pad=count_include_pad, layout=layout)


@op(name="_backward_pooling", splits=True, nograd=("output",))
def backward_pooling(xp, head, data, output, *, kernel: Shape = (), pool_type: Type = "max",
                     global_pool: bool = False, pooling_convention: Convention = "valid", stride: Shape = (),
                     pad: Shape = (), p_value: int | None = None, count_include_pad: bool | None = None,
                     layout: Layout = None, out=None):
    """Gradient of ``Pooling`` with respect to `data`, from the gradient `head` of its `output`."""
    def compute(head, data, output, out):
        windows = windows_of_pool(data.shape[2:], kernel, stride, pad, global_pool, pooling_convention)
        return _unpool(xp, head, data, output, windows, pool_type, p_value or 2, count_include_pad is not False, out)
    return channels_first(xp, layout, compute, (head, data, output), out)


@op(name="_backward_pooling_head", differentiable=False)
def backward_pooling_head(xp, data, output, values, *, kernel: Shape = (), global_pool: bool = False,
                          pooling_convention: Convention = "valid", stride: Shape = (), pad: Shape = (),
                          layout: Layout = None):
    """Elements of `values` at the places where ``Pooling`` found the largest of `data`: how ``max`` is linear."""
    def compute(data, output, values, out):
        windows = windows_of_pool(data.shape[2:], kernel, stride, pad, global_pool, pooling_convention)
        return _at_largest(xp, data, output, values, windows)
    return channels_first(xp, layout, compute, (data, output, values), None)


@backward_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["head"] = ins["output"]
    ins["output"] = ins["head"]
    outs[0] = ins["data"]
    ins["data"] = outs[0]


@backward_pooling_head.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["values"] = ins["data"]
    ins["data"] = ins["values"]
    outs[0] = ins["output"]
    ins["output"] = outs[0]


backward_pooling.type(same_type)
backward_pooling_head.type(same_type)


@backward_pooling.grad("head")
def _(F, grad, data, output, *, kernel, pool_type, global_pool, pooling_convention, stride, pad, p_value,
      count_include_pad, layout):
    where = {"kernel": kernel, "global_pool": global_pool, "pooling_convention": pooling_convention, "stride": stride,
             "pad": pad, "layout": layout}
    if pool_type == "max":
        return F._backward_pooling_head(data, output, grad, **where)
    if pool_type == "lp":
        raise MXNetValueError("Pooling: pool_type 'lp' has no gradients of higher order")
    return F.Pooling(grad, pool_type=pool_type, count_include_pad=count_include_pad, **where)


@backward_pooling.grad("data")
def _(F, grad, *, pool_type):
    if pool_type == "lp":
        raise MXNetValueError("Pooling: pool_type 'lp' has no gradients of higher order")
    # max, avg and sum: constant but for a set of measure zero
