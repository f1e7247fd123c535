"""Cutting an array into several outputs."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..catalog import op, require
from ..infer import Length, Slots, alike, derived, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .shapes import agreed, inserted, replaced, without

__all__: list[str] = []

_MAX_OUTPUTS = 256  # of a split: only the names of the outputs that rules could ask for
_MOST_PIECES = 1 << 16


def _numbered(count: int) -> tuple[str, ...]:
    """Return the names of `count` outputs. Raises MXNetValueError for a number that only a damaged file asks for."""
    require(0 < count <= _MOST_PIECES, "split", f"cannot cut into {count} pieces; expected 1 to {_MOST_PIECES}")
    return tuple(f"output{i}" for i in range(count))


def _named(count: int) -> tuple[str, ...]:
    """Return the names of `count` outputs, where a single one has no number."""
    return _numbered(count) if count > 1 else ("output",)


def _parts(xp: Any, data: Any, axis: int, bounds: Sequence[tuple[int, int]], squeeze_axis: bool, out: Any) -> Any:
    """Return copies of the pieces ``begin:end`` of `data` along `axis`, in the buffers `out` if there are any."""
    lead = (slice(None),) * normal_axis("split", axis, data.ndim)
    pieces = [data[(*lead, begin if squeeze_axis else slice(begin, end))] for begin, end in bounds]
    if out is None:
        return tuple(piece.copy() for piece in pieces)
    targets = out if isinstance(out, (tuple, list)) else (out,)
    for target, piece in zip(targets, pieces):
        target[...] = piece
    return targets


def _joined(F: Any, grads: Sequence[Any], lengths: Sequence[int], axis: int, squeeze_axis: bool) -> Any:
    """Return the gradient of an array from those of its pieces; None stands for zeros."""
    if squeeze_axis:
        grads = [None if grad is None else F.expand_dims(grad, axis=axis) for grad in grads]
    some = next((grad for grad, length in zip(grads, lengths) if grad is not None and length), None)
    if some is None:
        return None
    zero = None
    pieces = []
    for grad, length in zip(grads, lengths):
        if length == 0:
            continue
        if grad is None:
            if zero is None:
                zero = F.zeros_like(F.slice_axis(some, axis=axis, begin=0, end=1))
            grad = zero if length == 1 else F.broadcast_axis(zero, axis=axis, size=length)
        pieces.append(grad)
    return F.Concat(*pieces, dim=axis) if len(pieces) > 1 else pieces[0]


@op(name="SliceChannel", aliases=("split",),
    outputs=lambda attrs: _numbered(_MAX_OUTPUTS if attrs is None else attrs.num_outputs))
def slice_channel(xp, data, *, num_outputs: int, axis: int = 1, squeeze_axis: bool = False, out=None):
    """Cut `data` into `num_outputs` equal pieces along `axis`.

    With `squeeze_axis` the pieces have length 1 and lose that axis.

    Raises
    ------
    MXNetValueError
        If the length of the axis does not divide by `num_outputs`.
    """
    length = data.shape[axis] // num_outputs
    bounds = [(i * length, (i + 1) * length) for i in range(num_outputs)]
    return _parts(xp, data, axis, bounds, squeeze_axis, out)


@slice_channel.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    count, squeezed = attrs.num_outputs, attrs.squeeze_axis
    require(count > 0, "SliceChannel", f"num_outputs is {count}; expected at least 1")
    shape = agreed(outs)
    if shape is not None:
        axis = normal_axis("SliceChannel", attrs.axis, len(shape) + squeezed)
        whole = count if squeezed else derived(lambda n: n * count, shape[axis])
        ins[0] = (inserted if squeezed else replaced)(shape, axis, whole)
    if ins[0] is not None:
        axis = normal_axis("SliceChannel", attrs.axis, len(ins[0]))
        length = ins[0][axis]
        require(length is None or (length % count == 0 and (not squeezed or length == count)), "SliceChannel",
                f"data has shape {ins[0]}, whose axis {axis} cannot be cut into num_outputs={count} equal pieces"
                + (" of length 1 (squeeze_axis)" if squeezed else ""))
        for i in range(len(outs)):
            outs[i] = (without(ins[0], axis) if squeezed else
                       replaced(ins[0], axis, derived(lambda n: n // count, length)))


slice_channel.type(same_type)


@slice_channel.grad("data")
def _(F, grads, data_shape, *, num_outputs, axis, squeeze_axis):
    return _joined(F, grads, [data_shape[axis] // num_outputs] * num_outputs, axis, squeeze_axis)


def _bounds(length: Length, indices: tuple[int, ...], sections: int) -> list[tuple[int, Length]]:
    """Return where the pieces of ``_split_v2`` begin and end in an axis of `length`."""
    if sections and length is None:
        return [(0, None)] * sections
    if sections:
        require(length % sections == 0, "_split_v2", f"{sections} sections do not divide the length {length}")
        return [(i * length // sections, (i + 1) * length // sections) for i in range(sections)]
    if length is None:  # the last piece is as long as the axis lets it be
        return list(zip(indices, (*indices[1:], None)))
    ends = (*indices[1:], length)
    return [(begin, max(begin, end)) for begin, end in
            (slice(*pair).indices(length)[:2] for pair in zip(indices, ends))]


@op(name="_split_v2", outputs=lambda attrs: _named(
    _MAX_OUTPUTS if attrs is None else attrs.sections or len(attrs.indices)))
def split_v2(xp, data, *, indices: Shape, axis: int = 1, squeeze_axis: bool = False, sections: int = 0, out=None):
    """Cut `data` along `axis` into `sections` equal pieces, or into pieces that begin at `indices`.

    A piece ends where the next begins; the first index is therefore 0. With `squeeze_axis` the pieces have
    length 1 and lose that axis.
    """
    return _parts(xp, data, axis, _bounds(data.shape[axis], indices, sections), squeeze_axis, out)


@split_v2.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    squeezed = attrs.squeeze_axis
    require(attrs.sections > 0 or (attrs.indices and attrs.indices[0] == 0), "_split_v2",
            f"indices is {attrs.indices}; expected the beginnings of the pieces, the first of them 0")
    for shape in outs:
        if shape is not None:
            axis = normal_axis("_split_v2", attrs.axis, len(shape) + squeezed)
            ins[0] = (inserted if squeezed else replaced)(shape, axis, None)
    if ins[0] is None:
        return
    axis = normal_axis("_split_v2", attrs.axis, len(ins[0]))
    for i, (begin, end) in enumerate(_bounds(ins[0][axis], attrs.indices, attrs.sections)):
        piece = derived(lambda begin, end: end - begin, begin, end)
        require(not squeezed or alike(piece, 1), "_split_v2",
                f"squeeze_axis needs pieces of length 1, but output {i} of data {ins[0]} is {begin}:{end}")
        outs[i] = without(ins[0], axis) if squeezed else replaced(ins[0], axis, piece)
    lengths = [1 if squeezed else shape[axis] for shape in outs]
    if None not in lengths:
        ins[0] = replaced(ins[0], axis, sum(lengths))


split_v2.type(same_type)


@split_v2.grad("data")
def _(F, grads, data_shape, *, indices, axis, squeeze_axis, sections):
    lengths = [end - begin for begin, end in _bounds(data_shape[axis], indices, sections)]
    return _joined(F, grads, lengths, axis, squeeze_axis)
