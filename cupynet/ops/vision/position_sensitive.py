"""Pooling of regions where every bin has score maps of its own: R-FCN, and its deformable form."""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, same_type
from ..schema import Attrs, Shape
from .maps import accumulator, require_rank
from .roi import in_image, pool_own_channels, spread_own_channels, whole

__all__: list[str] = []


def _cells(bins: int, groups: int) -> np.ndarray:
    """Return which of the `groups` squared maps each of the `bins` squared bins reads, (bins, bins)."""
    group = np.clip(np.arange(bins) * groups // bins, 0, groups - 1)
    return group[:, None] * groups + group


def _regions_shape(name: str, attrs: Attrs, ins: Slots, outs: Slots, groups: int) -> None:
    """Infer the shapes of rois (R, 5) and output (R, output_dim, pooled_size, pooled_size)."""
    require(0 <= attrs.spatial_scale <= 1, name, f"spatial_scale is {attrs.spatial_scale}; expected 0 to 1")
    for what in ("output_dim", "pooled_size"):
        require(attrs[what] > 0, name, f"{what} is {attrs[what]}; expected a number greater than 0")
    require(groups > 0, name, f"group_size is {groups}; expected a number greater than 0")
    data = ins["data"]
    require_rank(name, "data", data, 4, "(N, C, H, W)")
    require_rank(name, "rois", ins["rois"], 2, "(R, 5)")
    channels = attrs.output_dim * groups * groups
    require(not data or data[1] is None or data[1] >= channels, name,
            f"data has shape {data}; {attrs.output_dim} outputs of {groups} x {groups} groups read {channels} channels")
    ins["rois"] = (outs[0][0] if outs[0] else None, 5)
    outs[0] = (ins["rois"][0], attrs.output_dim, attrs.pooled_size, attrs.pooled_size)


# ---- averages of whole pixels ---------------------------------------------------------------------

def _bin_weights(xp: Any, first: Any, last: Any, bins: int, length: int) -> Any:
    """Return (R, bins, length): how much each pixel counts in each bin of regions from `first` to `last`."""
    size = xp.maximum(last - first, 0.1)[:, None] / bins
    step = xp.arange(bins, dtype=size.dtype)
    begin = xp.clip(xp.floor(step * size + first[:, None]), 0, length)
    end = xp.clip(xp.ceil((step + 1) * size + first[:, None]), 0, length)
    pixel = xp.arange(length, dtype=size.dtype)
    inside = (pixel >= begin[..., None]) & (pixel < end[..., None])
    return inside / xp.maximum(end - begin, 1)[..., None]


def _factors(xp: Any, rois: Any, shape: tuple, bins: int, scale: float) -> tuple[Any, Any]:
    """Return weights of rows (R, bins, N * H) and of columns (R, bins, W)."""
    place = accumulator(rois)
    first, last = whole(xp, place[:, 1:3]) * scale, (whole(xp, place[:, 3:]) + 1) * scale
    across, down = (_bin_weights(xp, first[:, i], last[:, i], bins, length).astype(place.dtype)
                    for i, length in enumerate(shape[:1:-1]))
    return in_image(xp, down, place[:, 0], shape[0]), across


@op(name="_contrib_PSROIPooling", nograd=("rois",))
def ps_roi_pooling(xp, data, rois, *, spatial_scale: float, output_dim: int, pooled_size: int, group_size: int = 0):
    """Divide regions of feature maps into bins, and average the pixels of each in maps of its own.

    Parameters
    ----------
    data : (N, C, H, W), floating point
        ``C >= output_dim * group_size * group_size``; output `d` reads the channels
        ``(d * group_size + row) * group_size + column``.
    rois : (R, 5)
        Rows (image, x1, y1, x2, y2), rounded; both corners belong to the region.
    spatial_scale : float
        Pixels of `data` per unit of the coordinates of `rois`.
    output_dim : int
    pooled_size : int
        Bins along each side.
    group_size : int
        Rows and columns of maps, over which the bins are spread; by default one for each bin.

    Returns
    -------
    (R, output_dim, pooled_size, pooled_size), same dtype as `data`; 0 where a bin is empty or there is no such image.
    Dai et al., R-FCN, 2016.
    """
    groups = group_size or pooled_size
    maps = accumulator(data)[:, :output_dim * groups * groups]
    factors = _factors(xp, rois, data.shape, pooled_size, spatial_scale)
    result = pool_own_channels(xp, maps, *factors, _cells(pooled_size, groups), output_dim)
    return result.astype(data.dtype, copy=False)


@ps_roi_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    _regions_shape("_contrib_PSROIPooling", attrs, ins, outs, attrs.group_size or attrs.pooled_size)


ps_roi_pooling.type(same_type)


@ps_roi_pooling.grad("data")
def _(F, grad, rois, data_shape, *, spatial_scale, output_dim, pooled_size, group_size):
    return F._backward_PSROIPooling(grad, rois, shape=data_shape, spatial_scale=spatial_scale, group_size=group_size)


@op(name="_backward_PSROIPooling", differentiable=False)
def ps_roi_pooling_grad(xp, data, rois, *, shape: Shape, spatial_scale: float, group_size: int = 0):
    """Gradient of PSROIPooling to maps of `shape`: what flows back is spread evenly over the pixels of a bin."""
    flow = accumulator(data)
    output_dim, bins = flow.shape[1:3]
    groups = group_size or bins
    factors = _factors(xp, rois, shape, bins, spatial_scale)
    read = output_dim * groups * groups
    result = xp.zeros(shape, data.dtype)
    result[:, :read] = spread_own_channels(xp, flow, *factors, _cells(bins, groups), (shape[0], read, *shape[2:]))
    return result


@ps_roi_pooling_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


ps_roi_pooling_grad.type(same_type)


# ---- samples at places that the network moves -----------------------------------------------------

class _Samples:
    """The places that are read in a call, and what counts at them.

    Arrays are of shape (R, classes, outputs of a class, bins, bins), or broadcast to it.

    Attributes
    ----------
    shape : tuple
    extent : (R, 2)
        Width and height of the regions.
    part : (bins,)
        Which row or column of `trans` moves each row or column of bins.
    """

    def __init__(self, xp: Any, shape: tuple, rois: Any, trans: Any, *, spatial_scale: float, output_dim: int,
                 group_size: int, pooled_size: int, part_size: int, sample_per_part: int, trans_std: float):
        self.xp, self.per_part, bins = xp, sample_per_part, pooled_size
        n, channels, *self.size = shape
        place = accumulator(rois)
        first = whole(xp, place[:, 1:3]) * spatial_scale - 0.5
        last = (whole(xp, place[:, 3:]) + 1) * spatial_scale - 0.5
        self.extent = xp.maximum(last - first, 0.1)
        self.part = np.arange(bins) * (part_size or bins) // bins
        self.begin = [(first[:, i, None] + xp.arange(bins, dtype=place.dtype) * self.extent[:, i, None] / bins)
                      .reshape(-1, 1, 1, *form) for i, form in enumerate(((1, bins), (bins, 1)))]
        classes = 1
        if trans is not None:
            classes = trans.shape[1] // 2
            part = xp.asarray(self.part)
            moves = accumulator(trans)[:, :, part[:, None], part] * trans_std
            for i in (0, 1):
                self.begin[i] = self.begin[i] + (moves[:, i::2] * self.extent[:, i].reshape(-1, 1, 1, 1))[:, :, None]
        self.step = [(self.extent[:, i] / (bins * max(sample_per_part, 1))).reshape(-1, 1, 1, 1, 1) for i in (0, 1)]
        self.shape = (len(place), classes, output_dim // classes, bins, bins)
        image = place[:, 0].astype(np.intp).reshape(-1, 1, 1, 1, 1)
        self.known = (image >= 0) & (image < n)
        output = np.arange(output_dim).reshape(classes, -1, 1, 1) * group_size**2 + _cells(bins, group_size)
        self.plane = (xp.where(self.known, image, 0) * channels + xp.asarray(output)) * (self.size[0] * self.size[1])

    def __iter__(self) -> Iterator[tuple[Any, list]]:
        """Yield for each sample of the bins whether it counts, and the four pixels around it.

        A pixel is its place in the flat maps, its weight, and the slopes of it along x and y.
        """
        for row, column in itertools.product(range(self.per_part), repeat=2):
            counts, sides = self.known, []
            for begin, step, i, length in zip(self.begin, self.step, (column, row), self.size[::-1]):
                place = begin + i * step
                counts = counts & (place >= -0.5) & (place <= length - 0.5)
                place = self.xp.clip(self.xp.where(counts, place, 0), 0, length - 1)
                part = place - self.xp.floor(place)
                sides.append(((self.xp.floor(place), 1 - part, -1), (self.xp.ceil(place), part, 1)))
            yield counts, [(self.plane + (y * self.size[1] + x).astype(np.intp), x_weight * y_weight,
                            (x_slope * y_weight, x_weight * y_slope))
                           for y, y_weight, y_slope in sides[1] for x, x_weight, x_slope in sides[0]]

    def shares(self) -> Any:
        """Return what a sample counts in its bin: one over how many there are."""
        return 1 / self.xp.maximum(sum((counts.astype(np.float32) for counts, _ in self), start=0), 1)


def _has_trans(attrs: Attrs) -> bool:
    return not attrs.no_trans


@op(name="_contrib_DeformablePSROIPooling", when={"trans": _has_trans}, nograd=("rois",))
def deformable_ps_roi_pooling(xp, data, rois, trans=None, *, spatial_scale: float, output_dim: int, group_size: int,
                              pooled_size: int, part_size: int = 0, sample_per_part: int = 1, trans_std: float = 0.0,
                              no_trans: bool = False):
    """Divide regions into bins that are moved by offsets, and average interpolated samples in maps of their own.

    Parameters
    ----------
    data : (N, C, H, W), floating point
        ``C >= output_dim * group_size * group_size``, as in PSROIPooling.
    rois : (R, 5)
        Rows (image, x1, y1, x2, y2), rounded; both corners belong to the region.
    trans : (R, 2 * classes, part_size, part_size)
        For each class how far a part moves, x and y, in `trans_std` of the region's width and height. The outputs
        are divided among the classes. Absent with `no_trans`.
    spatial_scale : float
        Pixels of `data` per unit of the coordinates of `rois`.
    output_dim, group_size, pooled_size : int
        As in PSROIPooling.
    part_size : int
        Rows and columns of parts, over which the bins are spread; by default one for each bin.
    sample_per_part : int
        Samples along each side of a bin. Those more than half a pixel off the map do not count.
    trans_std : float
    no_trans : bool

    Returns
    -------
    (R, output_dim, pooled_size, pooled_size), same dtype as `data`; 0 where no sample counts. Dai et al., Deformable
    Convolutional Networks, 2017.
    """
    samples = _Samples(xp, data.shape, rois, trans, spatial_scale=spatial_scale, output_dim=output_dim,
                       group_size=group_size, pooled_size=pooled_size, part_size=part_size,
                       sample_per_part=sample_per_part, trans_std=trans_std)
    maps, total = accumulator(data).reshape(-1), xp.zeros(samples.shape, accumulator(data).dtype)
    for counts, pixels in samples:
        value = sum(maps.take(index) * weight for index, weight, _ in pixels)
        total += xp.where(counts, value, 0)
    total *= samples.shares()
    return total.reshape(len(rois), output_dim, pooled_size, pooled_size).astype(data.dtype, copy=False)


@deformable_ps_roi_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, parts = "_contrib_DeformablePSROIPooling", attrs.part_size or attrs.pooled_size
    _regions_shape(name, attrs, ins, outs, attrs.group_size)
    require(0 <= attrs.trans_std <= 1, name, f"trans_std is {attrs.trans_std}; expected 0 to 1")
    require(attrs.sample_per_part >= 0 and parts > 0, name, f"sample_per_part is {attrs.sample_per_part} and part_size "
            f"{attrs.part_size}; expected 0 or more")
    if not attrs.no_trans:
        trans = ins["trans"]
        require_rank(name, "trans", trans, 4, "(R, 2 * classes, part_size, part_size)")
        moved = trans[1] if trans else None
        require(moved is None or (moved > 0 and moved % 2 == 0 and attrs.output_dim % (moved // 2) == 0), name,
                f"trans has shape {trans}; expected two channels for each class, and classes that divide output_dim, "
                f"which is {attrs.output_dim}")
        ins["trans"] = (outs[0][0], None, parts, parts)
        ins["rois"] = (ins["trans"][0], 5)
        outs[0] = (ins["trans"][0], None, None, None)


deformable_ps_roi_pooling.type(same_type)


@deformable_ps_roi_pooling.grad("data", "trans")
def _(F, grad, data, rois, trans, *, spatial_scale, group_size, part_size, sample_per_part, trans_std, no_trans):
    found = F._backward_DeformablePSROIPooling(
        grad, data, rois, *(() if no_trans else (trans,)), spatial_scale=spatial_scale, group_size=group_size,
        part_size=part_size, sample_per_part=sample_per_part, trans_std=trans_std, no_trans=no_trans)
    return (found, None) if no_trans else found


def _gradients(attrs: Attrs | None) -> tuple[str, ...]:
    return ("data_grad",) if attrs is not None and attrs.no_trans else ("data_grad", "trans_grad")


@op(name="_backward_DeformablePSROIPooling", when={"trans": _has_trans}, outputs=_gradients, differentiable=False)
def deformable_ps_roi_pooling_grad(xp, head, data, rois, trans=None, *, spatial_scale: float, group_size: int,
                                   part_size: int = 0, sample_per_part: int = 1, trans_std: float = 0.0,
                                   no_trans: bool = False):
    """Gradients of DeformablePSROIPooling with respect to data and, without `no_trans`, trans."""
    samples = _Samples(xp, data.shape, rois, trans, spatial_scale=spatial_scale, output_dim=head.shape[1],
                       group_size=group_size, pooled_size=head.shape[2], part_size=part_size,
                       sample_per_part=sample_per_part, trans_std=trans_std)
    maps = accumulator(data).reshape(-1)
    flow = accumulator(head).reshape(samples.shape) * samples.shares()
    total, along = xp.zeros(maps.shape, maps.dtype), [0, 0]
    for counts, pixels in samples:
        counted = xp.where(counts, flow, 0)
        for index, weight, slopes in pixels:
            xp.add.at(total, index.reshape(-1), (counted * weight).reshape(-1))
            if trans is not None:
                product = counted * maps.take(index)
                along = [each + (product * slope).sum(2) for each, slope in zip(along, slopes)]
    d_data = total.reshape(data.shape).astype(data.dtype, copy=False)
    if trans is None:
        return (d_data,)
    places = xp.asarray(samples.part[:, None] == np.arange(trans.shape[2]), dtype=maps.dtype)  # (bins, parts)
    moved = xp.stack(along, 2) * (samples.extent * trans_std).reshape(-1, 1, 2, 1, 1)
    d_trans = xp.matmul(places.T, xp.matmul(moved, places))
    return d_data, d_trans.reshape(trans.shape).astype(trans.dtype, copy=False)


@deformable_ps_roi_pooling_grad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs["data_grad"] = ins["data"]
    if not attrs.no_trans:
        outs["trans_grad"] = ins["trans"]


deformable_ps_roi_pooling_grad.type(same_type)
