"""Patches of images as columns, and back."""
from __future__ import annotations

import math

from ..catalog import op, require
from ..infer import Length, Slots, derived, elements, same_type
from ..schema import Attrs, Shape
from .convolution import ranked
from .windows import windows_of

__all__: list[str] = []


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
    windows = windows_of("im2col", data.shape[2:], None, kernel, stride, dilate, pad)
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
    windows = windows_of("col2im", output_size, None, kernel, stride, dilate, pad)
    channels = data.shape[1] // math.prod(kernel)
    padded = xp.zeros((data.shape[0], channels, *windows.padded), data.dtype)
    windows.add(padded, data.reshape(data.shape[0], channels, *kernel, *windows.out), 2)
    return xp.ascontiguousarray(padded[(Ellipsis, *windows.inside)])


def _count_windows(name: str, size: tuple, attrs: Attrs) -> Length:
    out = windows_of(name, size, None, attrs.kernel, attrs.stride, attrs.dilate, attrs.pad).out
    require(all(o is None or o > 0 for o in out), name,
            f"kernel {attrs.kernel} dilated by {attrs.dilate} is larger than {size} padded by {attrs.pad}")
    return elements(out)


@im2col.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    data = ranked("im2col", "data", ins["data"], len(attrs.kernel), None)
    if data is not None:
        depth = derived(lambda n: n * math.prod(attrs.kernel), data[1])
        outs[0] = (data[0], depth, _count_windows("im2col", data[2:], attrs))


@col2im.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(attrs.output_size) == len(attrs.kernel), "col2im",
            f"output_size is {attrs.output_size}; expected as many lengths as kernel {attrs.kernel} has")
    data, depth = ins["data"], math.prod(attrs.kernel)
    ins["data"] = (None, None, _count_windows("col2im", attrs.output_size, attrs))
    if data is not None:
        require(data[1] is None or data[1] % depth == 0, "col2im",
                f"data has shape {data}; expected a multiple of {depth} (the kernel) on axis 1")
        outs[0] = (data[0], derived(lambda n: n // depth, data[1]), *attrs.output_size)


@im2col.grad("data")
def _(F, grad, data_shape, *, kernel, stride, dilate, pad):
    return F.col2im(grad, output_size=data_shape[2:], kernel=kernel, stride=stride, dilate=dilate, pad=pad)


@col2im.grad("data")
def _(F, grad, *, kernel, stride, dilate, pad):
    return F.im2col(grad, kernel=kernel, stride=stride, dilate=dilate, pad=pad)


for _op in (im2col, col2im):
    _op.type(same_type)
