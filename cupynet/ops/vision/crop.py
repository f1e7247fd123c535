"""Cropping feature maps."""
from __future__ import annotations

from ..catalog import op, require
from ..infer import Slots, same_type
from ..schema import Attrs, Shape
from .maps import require_rank

__all__: list[str] = []


def _crop_origin(data: tuple, height: int, width: int, offset: tuple, center_crop: bool) -> tuple[int, int]:
    return ((data[2] - height) // 2, (data[3] - width) // 2) if center_crop else offset[:2]


@op(name="Crop", view=True)
def crop(xp, *data, num_args: int, offset: Shape = (0, 0), h_w: Shape = (0, 0), center_crop: bool = False):
    """Crop the last two axes of a feature map.

    Parameters
    ----------
    data : one or two arrays (N, C, H, W)
        With two, the second says how much is kept of the first; otherwise `h_w` does.
    offset : (y, x)
        Where the part begins; further numbers are ignored, here and in `h_w`.
    h_w : (height, width)
    center_crop : bool
        Take the middle, whatever `offset` is.

    Returns
    -------
    Part of ``data[0]``, same dtype. (MXNet takes float32 alone.)
    """
    height, width = data[1].shape[2:] if len(data) == 2 else h_w[:2]
    y, x = _crop_origin(data[0].shape, height, width, offset, center_crop)
    return data[0][:, :, y:y + height, x:x + width]


@crop.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(ins) == attrs.num_args and len(ins) in (1, 2), "Crop",
            f"num_args is {attrs.num_args} and there are {len(ins)} inputs; expected 1 or 2 of both")
    for i, shape in enumerate(ins):
        require_rank("Crop", ins.names[i], shape, 4, "(N, C, H, W)")
    size = attrs.h_w[:2] if len(ins) == 1 else ins[1] and ins[1][2:]
    require(len(ins) == 2 or (len(size) == 2 and min(size) > 0), "Crop",
            f"h_w is {attrs.h_w}; expected a height and a width, greater than 0")
    require(len(attrs.offset) >= 2 or attrs.center_crop, "Crop", f"offset is {attrs.offset}; expected y and x")
    if size is None or ins[0] is None:
        return
    if None not in size and None not in ins[0][2:]:
        origin = _crop_origin(ins[0], *size, attrs.offset, attrs.center_crop)
        require(all(o >= 0 and o + n <= whole for o, n, whole in zip(origin, size, ins[0][2:])), "Crop",
                f"a crop of {size} at offset {origin} does not fit into data of shape {ins[0]}")
    outs[0] = (*ins[0][:2], *size)


crop.type(same_type)


@crop.grad("data")
def _(F, grad, data_shape, *, offset, center_crop):
    shape = data_shape[0]
    origin = _crop_origin(shape, *grad.shape[2:], offset, center_crop)
    return [F._backward_crop(grad, begin=(0, 0, *origin), shape=shape)] + [None] * (len(data_shape) - 1)
