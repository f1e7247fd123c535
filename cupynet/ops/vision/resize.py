"""Bilinear resizing."""
from __future__ import annotations

from typing import Any, Literal

from ...base import MXNetTypeError
from ..catalog import op, require
from ..infer import Slots, derived, first_type, same_type
from ..schema import Attrs
from .maps import accumulator, require_rank
from .resample import resample, taps, transpose_taps

__all__: list[str] = []


_MODES = Literal["size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]


def _resized(length: int, mode: str, size: int, scale: float | None, like: int | None) -> int | None:
    """Return the length that an axis of `length` is resized to."""
    if mode == "like":
        return like
    if mode == "size":
        return size if scale is None else int(length * scale)
    if mode == "odd_scale":
        return int(length * scale) if length % 2 == 0 else int((length - 1) * scale) + 1
    parity, step = (mode.startswith("to_odd"), 1 if mode.endswith("up") else -1)
    return length if length % 2 == parity else length + step


def _bilinear(xp: Any, data: Any, table: Any, height: int, width: int, align_corners: bool) -> Any:
    """Resample the last two axes by `table`, :func:`taps` or its adjoint."""
    result = accumulator(data)
    for axis, length in ((-2, height), (-1, width)):
        before, after = (data.shape[axis], length) if table is taps else (length, data.shape[axis])
        if before != after:
            # One position has no spacing: MXNet then takes the first of the source.
            kind = "corners" if align_corners or after == 1 else "linear"
            result = resample(xp, result, table(kind, before, after), axis)
    return result.astype(data.dtype, copy=result is data)


@op(name="_contrib_BilinearResize2D", when={"like": lambda attrs: attrs.mode == "like"}, nograd=("like",))
def bilinear_resize(xp, data, like=None, *, height: int = 1, width: int = 1, scale_height: float | None = None,
                    scale_width: float | None = None, mode: _MODES = "size", align_corners: bool = True):
    """Resize feature maps (N, C, H, W) by bilinear interpolation.

    Parameters
    ----------
    data : (N, C, H, W), floating point
    like : (N, C, H', W'), only with ``mode="like"``
        An array with the height and width of the result.
    height, width : int
    scale_height, scale_width : float
        Used instead of `height` and `width`.
    mode : str
        "size": the sizes or scales as given. "odd_scale": scaled so that odd lengths stay odd for even scales.
        "like": as `like`. "to_even_down", "to_even_up", "to_odd_down", "to_odd_up": the nearest length of that kind.
    align_corners : bool
        Whether the centres of the first and last pixels stay in place; otherwise their outer edges do.

    Returns
    -------
    (N, C, H', W'), same dtype as `data`; float16 is summed in float32.
    """
    tall, wide = (_resized(n, mode, size, scale, other) for n, size, scale, other in zip(
        data.shape[2:], (height, width), (scale_height, scale_width), (0, 0) if like is None else like.shape[2:4]))
    return _bilinear(xp, data, taps, tall, wide, align_corners)


@bilinear_resize.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, data, like = "_contrib_BilinearResize2D", ins[0], ins.get("like")
    require_rank(name, "data", data, 4, "(N, C, H, W)")
    require(like is None or len(like) >= 4, name, f"like has shape {like}, expected (N, C, H, W)")
    for what in ("height", "width"):
        scale = attrs[f"scale_{what}"]
        require(scale is None or scale > 0, name, f"scale_{what} is {scale}; expected a number greater than 0")
        if attrs.mode == "odd_scale":
            require(scale is not None, name, f"scale_{what} is needed with mode='odd_scale'")
        if attrs.mode == "size" and scale is None:
            require(attrs[what] > 0, name, f"{what} is {attrs[what]}; expected a number greater than 0")
    if outs[0] is not None:
        ins[0] = (*outs[0][:2], None, None)
    if data is None or (attrs.mode == "like" and like is None):
        return
    size = [None if n is None else
            _resized(n, attrs.mode, attrs[what], attrs[f"scale_{what}"], like[i + 2] if like else None)
            for i, (n, what) in enumerate(zip(data[2:], ("height", "width")))]
    size = [derived(lambda s: max(s, 0), s) for s in size]
    require(all(not n or s is None or s > 0 or attrs.mode == "like" for s, n in zip(size, data[2:])), name,
            f"data of shape {data} would be resized to {tuple(size)}")
    outs[0] = (*data[:2], *size)



@bilinear_resize.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    first_type(attrs, ins, outs)
    if ins[0] is not None and ins[0].kind != "f":
        raise MXNetTypeError(f"_contrib_BilinearResize2D: data has dtype {ins[0]}, expected a floating-point type")



@bilinear_resize.grad("data")
def _(F, grad, data_shape, *, align_corners):
    return F._backward_BilinearResize2D(grad, height=data_shape[2], width=data_shape[3], align_corners=align_corners)


@op(name="_backward_BilinearResize2D")
def bilinear_resize_grad(xp, data, *, height: int, width: int, align_corners: bool = True):
    """Adjoint of BilinearResize2D from maps of `height` and `width`: (N, C, H', W') to (N, C, height, width)."""
    return _bilinear(xp, data, transpose_taps, height, width, align_corners)


@bilinear_resize_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (*ins[0][:2], attrs.height, attrs.width)


bilinear_resize_grad.type(same_type)


@bilinear_resize_grad.grad("data")
def _(F, grad, data_shape, *, align_corners):
    return F._contrib_BilinearResize2D(grad, height=data_shape[2], width=data_shape[3], align_corners=align_corners)
