"""Operators that rearrange, repeat, join and cut arrays without computing anything on their elements.

What can be a view of the input is one: reshaping, transposing, reversing and broadcasting move no data.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from .infer import Slots, first_type, known, same_type
from .reduce import normal_axis
from .registry import Op, op, require
from .schema import Attrs, Shape

__all__ = ["reshaped"]

_INT64 = np.dtype(np.int64)
_MOST_PIECES = 1 << 16
_MAX_OUTPUTS = 256  # of a split: only the names of the outputs that rules could ask for


def _inserted(shape: Sequence[int], axis: int, length: int) -> tuple[int, ...]:
    """Return `shape` with a new axis of `length` before `axis`."""
    return (*shape[:axis], length, *shape[axis:])


def _replaced(shape: Sequence[int], axis: int, length: int) -> tuple[int, ...]:
    """Return `shape` with `length` at `axis`."""
    return (*shape[:axis], length, *shape[axis + 1:])


def _without(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """Return `shape` without `axis`."""
    return (*shape[:axis], *shape[axis + 1:])


def _completed(shape: tuple[int, ...] | None, other: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return `shape` with its only unknown length found from `other`, a shape with as many elements."""
    if shape is None or shape.count(0) != 1 or not known(other):
        return shape
    rest = math.prod(n for n in shape if n)
    total = math.prod(other)
    return shape if total % rest else _replaced(shape, shape.index(0), total // rest)


def _agreed(slots: Slots) -> tuple[int, ...] | None:
    """Make all `slots` the same shape, which is returned."""
    shape = None
    for i in (*range(len(slots)), *range(len(slots))):  # twice, so that the first learn from the last
        slots[i] = shape
        shape = slots[i]
    return shape


def _moving_op(name: str, aliases: Sequence[str] = (), view: bool = True) -> Callable[[Callable], Op]:
    """Declare an operator of one input whose output has the same dtype and is a view where possible."""
    def declare(fn: Callable) -> Op:
        declared = op(name=name, aliases=aliases, view=view)(fn)
        declared.type(same_type)
        return declared
    return declare


# ---- new shapes for the same elements -----------------------------------------------------------------

@functools.lru_cache(maxsize=4096)
def reshaped(shape: tuple[int, ...], codes: tuple[int, ...], reverse: bool = False) -> tuple[int, ...]:
    """Return the shape that the `codes` of Reshape make of `shape`, 0 where it is not known yet.

    Raises MXNetValueError if they do not fit.
    """
    sizes, source, result, hole = iter(codes[::-1] if reverse else codes), 0, [], None
    lengths = shape[::-1] if reverse else shape

    def check(condition: Any, what: str) -> None:
        require(condition, "Reshape", f"shape is {codes} for data of shape {shape}: {what}")

    def take(count: int) -> tuple[int, ...]:
        nonlocal source
        taken = lengths[source:source + count]
        check(len(taken) == count, "it refers to more axes than data has")
        source += count
        return taken

    for code in sizes:
        check(code >= -4, "expected lengths and the codes 0, -1, -2, -3, -4")
        if code == 0:
            result += take(1)
        elif code == -1:
            check(hole is None, "only one length can be -1")
            hole = len(result)
            result.append(-1)
            source += 1
        elif code == -2:
            result += take(max(len(lengths) - source, 0))
        elif code == -3:
            result.append(math.prod(take(2)))
        elif code == -4:
            (length,), first, second = take(1), next(sizes, 0), next(sizes, 0)
            check(first > 0 or second > 0, "-4 is followed by two lengths, one of which may be -1")
            first, second = (length // second if first == -1 else first), (length // first if second == -1 else second)
            check(length in (0, first * second), f"{length} is not the product of the lengths after -4")
            result += (first, second)
        else:
            result.append(code)
            source += 1
    total = math.prod(shape)
    if hole is not None:
        result[hole] = 1
        rest = math.prod(result)
        check(rest == 0 or total % rest == 0, f"{total} elements do not divide by {rest}")
        result[hole] = total // rest if rest else 0
    size = math.prod(result)
    check(size in (total, 0) or total == 0, f"{total} elements cannot become {size}")
    return tuple(result[::-1] if reverse else result)


@functools.lru_cache(maxsize=4096)
def _reshape_target(data: tuple[int, ...], shape: tuple[int, ...], reverse: bool, target_shape: tuple[int, ...],
                    keep_highest: bool) -> tuple[int, ...]:
    """Return the output shape of Reshape, by its codes or in the old way by ``target_shape``."""
    if shape or not target_shape:
        require(shape, "Reshape", "required argument 'shape' is missing")
        return reshaped(data, shape, reverse)
    codes = [n or -1 for n in target_shape]  # there 0 is the length to find
    if keep_highest:
        codes[0] = 0
    return reshaped(data, tuple(codes))


@_moving_op("Reshape", ("reshape",))
def reshape(xp, data, *, shape: Shape = (), reverse: bool = False, target_shape: Shape = (),
            keep_highest: bool = False):
    """The same elements, in the same (row-major) order, in another shape.

    Parameters
    ----------
    data : any shape, any dtype
    shape : tuple of int
        Lengths, or codes that are read from left to right along with the axes of `data`: ``0`` keeps an
        axis; ``-1`` is found from the number of elements (once); ``-2`` keeps all axes that remain; ``-3``
        merges two axes; ``-4, a, b`` splits an axis into `a` and `b`, one of which may be -1.
    reverse : bool
        Read `shape` and the axes from right to left (the two lengths of a split then stand before -4).
    target_shape, keep_highest
        MXNet's older form, in which 0 is the length to be found; `keep_highest` keeps the first axis.

    Returns
    -------
    A view of `data`, where its layout allows one.

    Examples
    --------
    >>> x = mx.nd.ones((2, 3, 4))
    >>> x.reshape((4, 0, 2)).shape, x.reshape((-1, 0)).shape, x.reshape((0, -3)).shape
    ((4, 3, 2), (8, 3), (2, 12))
    >>> x.reshape((-4, 1, -1, -2)).shape, x.reshape((-1, 0), reverse=True).shape
    ((1, 2, 3, 4), (6, 4))
    """
    return data.reshape(_reshape_target(data.shape, shape, reverse, target_shape, keep_highest))


@reshape.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = _reshape_target(ins[0], attrs.shape, attrs.reverse, attrs.target_shape, attrs.keep_highest)
        outs[0] = _completed(outs[0], ins[0])
        ins[0] = _completed(ins[0], outs[0])


@_moving_op("Flatten", ("flatten",))
def flatten(xp, data):
    """Merge all axes but the first: ``(n, a, b, ...)`` becomes ``(n, a * b * ...)``."""
    return data.reshape(data.shape[0], math.prod(data.shape[1:]))


@flatten.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        require(ins[0], "Flatten", "data has no axis; expected at least one")
        outs[0] = (ins[0][0], math.prod(ins[0][1:]))
        ins[0] = (outs[0][0], *ins[0][1:])
        ins[0] = _completed(ins[0], outs[0])


def _span(begin: int | None, end: int | None, rank: int, name: str) -> tuple[int, int]:
    """Return the axes ``begin:end`` of an array of `rank` axes, counted from the front."""
    found = tuple(default if n is None else n + rank * (n < 0) for n, default in ((begin, 0), (end, rank)))
    require(0 <= found[0] <= found[1] <= rank, "reshape_like",
            f"{name}_begin is {begin} and {name}_end {end}; expected a range of the {rank} axes of {name}")
    return found


def _like(lhs: tuple[int, ...], rhs: tuple[int, ...], lhs_begin: int | None, lhs_end: int | None,
          rhs_begin: int | None, rhs_end: int | None) -> tuple[int, ...]:
    begin, end = _span(lhs_begin, lhs_end, len(lhs), "lhs")
    return (*lhs[:begin], *rhs[slice(*_span(rhs_begin, rhs_end, len(rhs), "rhs"))], *lhs[end:])


@op(name="reshape_like", view=True, nograd=("rhs",))
def reshape_like(xp, lhs, rhs, *, lhs_begin: int | None = None, lhs_end: int | None = None,
                 rhs_begin: int | None = None, rhs_end: int | None = None):
    """`lhs` in the shape of `rhs`, or with its axes ``lhs_begin:lhs_end`` replaced by ``rhs_begin:rhs_end`` of `rhs`.

    Only the shape of `rhs` matters; no gradient flows to it.
    """
    return lhs.reshape(_like(lhs.shape, rhs.shape, lhs_begin, lhs_end, rhs_begin, rhs_end))


@reshape_like.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    lhs, rhs = ins
    if all(n is None for n in attrs.values()):
        outs[0] = rhs
        ins["rhs"] = outs[0]
    elif lhs is not None and rhs is not None:
        outs[0] = _like(lhs, rhs, **attrs)
    if known(ins[0]) and known(outs[0]):
        require(math.prod(ins[0]) == math.prod(outs[0]), "reshape_like",
                f"lhs of shape {ins[0]} cannot become {outs[0]}, the shape that rhs {ins[1]} asks for")
    ins[0] = _completed(ins[0], outs[0])


reshape_like.type(first_type)


@_moving_op("expand_dims")
def expand_dims(xp, data, *, axis: int):
    """Insert an axis of length 1 before `axis` (negative: counted in the new shape)."""
    return data.reshape(_inserted(data.shape, normal_axis("expand_dims", axis, data.ndim + 1), 1))


@expand_dims.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = _without(outs[0], normal_axis("expand_dims", attrs.axis, len(outs[0])))
    if ins[0] is not None:
        outs[0] = _inserted(ins[0], normal_axis("expand_dims", attrs.axis, len(ins[0]) + 1), 1)


def _squeezed(shape: tuple[int, ...], axis: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return `shape` without the axes `axis`, or without all of length 1; at least one axis remains."""
    if axis is None:
        return tuple(n for n in shape if n != 1) or (1,)
    axes = {normal_axis("squeeze", each, len(shape)) for each in axis}
    require(all(shape[i] in (0, 1) for i in axes), "squeeze",
            f"axis is {axis}, but data has shape {shape}; expected axes of length 1")
    return tuple(n for i, n in enumerate(shape) if i not in axes) or (1,)


@_moving_op("squeeze")
def squeeze(xp, data, *, axis: Shape | None = None):
    """Remove the axes `axis`, which have length 1, or all such axes if it is None; one axis always remains."""
    return data.reshape(_squeezed(data.shape, axis))


@squeeze.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None and (attrs.axis is not None or known(ins[0])):
        outs[0] = _squeezed(ins[0], attrs.axis)
    if ins[0] is not None and attrs.axis is not None:
        axes = {normal_axis("squeeze", each, len(ins[0])) for each in attrs.axis}
        lengths = iter(outs[0])
        ins[0] = tuple(1 if i in axes else next(lengths) for i in range(len(ins[0])))


def _reshape_back(F, grad, data_shape):
    return F.Reshape(grad, shape=data_shape)


for _op in (reshape, flatten, expand_dims, squeeze):
    _op.grad("data")(_reshape_back)


@reshape_like.grad("lhs")
def _(F, grad, lhs_shape):
    return F.Reshape(grad, shape=lhs_shape)


# ---- axes in another order ----------------------------------------------------------------------------

@functools.lru_cache(maxsize=4096)
def _order(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return the complete order of axes that ``transpose`` makes of `axes`."""
    if not axes:
        return tuple(range(rank))[::-1]
    order = tuple(normal_axis("transpose", axis, rank) for axis in axes)
    require(sorted(order) == list(range(rank)), "transpose", f"axes is {axes}; expected each of {rank} axes once")
    return order


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


@_moving_op("transpose")
def transpose(xp, data, *, axes: Shape = ()):
    """Axes in another order: axis `i` of the output is ``axes[i]`` of `data`; reversed if `axes` is empty."""
    return data.transpose(*axes)


@transpose.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = tuple(ins[0][i] for i in _order(attrs.axes, len(ins[0])))
    if outs[0] is not None:
        ins[0] = tuple(outs[0][i] for i in _inverse(_order(attrs.axes, len(outs[0]))))


@transpose.grad("data")
def _(F, grad, *, axes):
    return F.transpose(grad, axes=_inverse(_order(axes, len(axes))) if axes else ())


@_moving_op("SwapAxis", ("swapaxes",))
def swap_axis(xp, data, *, dim1: int = 0, dim2: int = 0):
    """Exchange the axes `dim1` and `dim2`."""
    return data.swapaxes(dim1, dim2)


@swap_axis.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for source, target in ((ins, outs), (outs, ins)):
        if source[0] is not None:
            shape = list(source[0])
            i, j = (normal_axis("SwapAxis", dim, len(shape)) for dim in (attrs.dim1, attrs.dim2))
            shape[i], shape[j] = shape[j], shape[i]
            target[0] = tuple(shape)


@swap_axis.grad("data")
def _(F, grad, *, dim1, dim2):
    return F.SwapAxis(grad, dim1=dim1, dim2=dim2)


@_moving_op("reverse", ("flip",))
def reverse(xp, data, *, axis: Shape):
    """Elements in reverse order along each axis of `axis`."""
    return xp.flip(data, axis)


@reverse.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins[0]
    ins[0] = outs[0]
    if ins[0] is not None:
        axes = {normal_axis("reverse", axis, len(ins[0])) for axis in attrs.axis}
        require(len(axes) == len(attrs.axis), "reverse", f"axis is {attrs.axis}; expected each axis once")


@reverse.grad("data")
def _(F, grad, *, axis):
    return F.reverse(grad, axis=axis)


# ---- joining ----------------------------------------------------------------------------------------

def _concat_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All shapes agree but for the joined axis, where the lengths of the inputs add up."""
    first = next((shape for shape in (*ins, *outs) if shape is not None), None)
    if first is None:
        return
    axis = normal_axis("Concat", attrs.dim, len(first))
    common = _replaced(first, axis, 0)
    for _ in range(2):  # the second round brings what later arguments know to the earlier ones
        for slots in (ins, outs):
            for i in range(len(slots)):
                slots[i] = common
                common = _replaced(slots[i], axis, 0)
    lengths = [shape[axis] for shape in ins]
    if 0 not in lengths:
        outs[0] = _replaced(common, axis, sum(lengths))
    elif lengths.count(0) == 1 and outs[0][axis]:
        missing = outs[0][axis] - sum(lengths)
        require(missing > 0, "Concat", f"inputs have lengths {lengths} along axis {axis} (0: unknown), which leaves "
                                       f"nothing of {outs[0][axis]} in the output")
        ins[lengths.index(0)] = _replaced(common, axis, missing)


def _concat_grad(F, grad, data_shape, *, dim):
    ends = np.cumsum([shape[dim] for shape in data_shape]).tolist()
    return [F.slice_axis(grad, axis=dim, begin=begin, end=end) for begin, end in zip([0, *ends], ends)]


def _declare_concat(name: str, aliases: Sequence[str], what: str) -> Op:
    def kernel(xp, *data, dim: int = 1, out=None):
        return xp.concatenate(data, axis=dim, out=out)
    kernel.__name__ = name
    kernel.__doc__ = (f"{what} joined along the axis `dim`.\n\n"
                      "Parameters\n----------\n"
                      "*data : arrays of one dtype and one shape, but for the length of the axis `dim`\n\n"
                      "Returns\n-------\nTheir dtype and shape, with the sum of the lengths at `dim`.")
    declared = op(name=name, aliases=aliases)(kernel)
    declared.shape(_concat_shape)
    declared.type(same_type)
    declared.grad("data")(_concat_grad)
    return declared


_declare_concat("Concat", ("concat", "_sparse_concat"), "Arrays")
_declare_concat("_rnn_param_concat", (), "The parameters of recurrent layers, flattened and")


@op(name="stack")
def stack(xp, *data, axis: int = 0, out=None):
    """Arrays of one shape and dtype joined along a new axis, `axis` of the output."""
    return xp.stack(data, axis=axis, out=out)


@stack.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = _without(outs[0], normal_axis("stack", attrs.axis, len(outs[0])))
    shape = _agreed(ins)
    if shape is not None:
        outs[0] = _inserted(shape, normal_axis("stack", attrs.axis, len(shape) + 1), len(ins))


stack.type(same_type)


@stack.grad("data")
def _(F, grad, data_shape, *, axis):
    return [F.Reshape(F.slice_axis(grad, axis=axis, begin=i, end=i + 1), shape=shape)
            for i, shape in enumerate(data_shape)]


# ---- cutting into several outputs -----------------------------------------------------------------------

def _numbered(count: int) -> tuple[str, ...]:
    """Return the names of `count` outputs. Raises MXNetValueError for a number that only a damaged file asks for."""
    require(0 < count <= _MOST_PIECES, "split", f"cannot cut into {count} pieces; expected 1 to {_MOST_PIECES}")
    return tuple(f"output{i}" for i in range(count))


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
    shape = _agreed(outs)
    if shape is not None:
        axis = normal_axis("SliceChannel", attrs.axis, len(shape) + squeezed)
        ins[0] = _inserted(shape, axis, count) if squeezed else _replaced(shape, axis, shape[axis] * count)
    if ins[0] is not None:
        axis = normal_axis("SliceChannel", attrs.axis, len(ins[0]))
        length = ins[0][axis]
        require(length % count == 0 and (not squeezed or length in (0, count)), "SliceChannel",
                f"data has shape {ins[0]}, whose axis {axis} cannot be cut into num_outputs={count} equal pieces"
                + (" of length 1 (squeeze_axis)" if squeezed else ""))
        for i in range(len(outs)):
            outs[i] = _without(ins[0], axis) if squeezed else _replaced(ins[0], axis, length // count)


slice_channel.type(same_type)


@slice_channel.grad("data")
def _(F, grads, data_shape, *, num_outputs, axis, squeeze_axis):
    return _joined(F, grads, [data_shape[axis] // num_outputs] * num_outputs, axis, squeeze_axis)


def _bounds(length: int, indices: tuple[int, ...], sections: int) -> list[tuple[int, int]]:
    """Return where the pieces of ``_split_v2`` begin and end in an axis of `length` (0: unknown)."""
    if sections:
        require(length % sections == 0, "_split_v2", f"{sections} sections do not divide the length {length}")
        return [(i * length // sections, (i + 1) * length // sections) for i in range(sections)]
    if not length:  # the last piece is as long as the axis lets it be
        return list(zip(indices, (*indices[1:], indices[-1])))
    ends = (*indices[1:], length)
    return [(begin, max(begin, end)) for begin, end in
            (slice(*pair).indices(length)[:2] for pair in zip(indices, ends))]


@op(name="_split_v2", outputs=lambda attrs: _numbered(
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
    if ins[0] is None and outs[0] is not None:
        axis = normal_axis("_split_v2", attrs.axis, len(outs[0]) + squeezed)
        ins[0] = _inserted(outs[0], axis, 0) if squeezed else _replaced(outs[0], axis, 0)
    if ins[0] is None:
        return
    axis = normal_axis("_split_v2", attrs.axis, len(ins[0]))
    for i, (begin, end) in enumerate(_bounds(ins[0][axis], attrs.indices, attrs.sections)):
        require(not squeezed or end - begin in (0, 1), "_split_v2",
                f"squeeze_axis needs pieces of length 1, but output {i} of data {ins[0]} is {begin}:{end}")
        outs[i] = _without(ins[0], axis) if squeezed else _replaced(ins[0], axis, end - begin)
    lengths = [1 if squeezed else shape[axis] for shape in outs]
    if 0 not in lengths:
        ins[0] = _replaced(ins[0], axis, sum(lengths))


split_v2.type(same_type)


@split_v2.grad("data")
def _(F, grads, data_shape, *, indices, axis, squeeze_axis, sections):
    lengths = [end - begin for begin, end in _bounds(data_shape[axis], indices, sections)]
    return _joined(F, grads, lengths, axis, squeeze_axis)


# ---- repeating --------------------------------------------------------------------------------------

def _tiles(shape: tuple[int, ...], reps: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return `shape` and `reps` with ones in front, so that they have one rank."""
    rank = max(len(shape), len(reps))
    return (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(reps)) + reps


@op(name="tile")
def tile(xp, data, *, reps: Shape):
    """`data` laid out ``reps[i]`` times along axis `i`; the shorter of shape and `reps` gets ones in front."""
    return xp.tile(data, reps)


@tile.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(all(n > 0 for n in attrs.reps), "tile", f"reps is {attrs.reps}; expected positive numbers")
    if ins[0] is not None:
        shape, reps = _tiles(ins[0], attrs.reps)
        outs[0] = tuple(n * times for n, times in zip(shape, reps))
        lengths = tuple(n // times for n, times in zip(outs[0], reps))
        ins[0] = lengths[len(lengths) - len(ins[0]):]


tile.type(same_type)


@tile.grad("data")
def _(F, grad, data_shape, *, reps):
    shape, reps = _tiles(data_shape, reps)
    axes = tuple(2 * i for i, times in enumerate(reps) if times > 1)
    if axes:  # every axis as (times, length), summed over the times
        grad = F.sum(F.Reshape(grad, shape=tuple(n for pair in zip(reps, shape) for n in pair)), axis=axes)
    return F.Reshape(grad, shape=data_shape)


@op(name="repeat")
def repeat(xp, data, *, repeats: int, axis: int | None = None):
    """Each element `repeats` times in a row along `axis`; of the flattened array if `axis` is None."""
    return xp.repeat(data, repeats, axis)


@repeat.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    repeats = attrs.repeats
    require(repeats >= 0, "repeat", f"repeats is {repeats}; expected 0 or more")
    if ins[0] is None:
        return
    if attrs.axis is None:
        outs[0] = (math.prod(ins[0]) * repeats,)
    else:
        axis = normal_axis("repeat", attrs.axis, len(ins[0]))
        outs[0] = _replaced(ins[0], axis, ins[0][axis] * repeats)
        if repeats:
            ins[0] = _replaced(outs[0], axis, outs[0][axis] // repeats)


repeat.type(same_type)


@repeat.grad("data")
def _(F, grad, data_shape, *, repeats, axis):
    if repeats == 0:
        return None
    axis = len(data_shape) - 1 if axis is None else axis % len(data_shape)
    return F.sum(F.Reshape(grad, shape=_inserted(data_shape, axis + 1, repeats)), axis=axis + 1)


def _broadcast_check(name: str, data: tuple[int, ...], target: tuple[int, ...]) -> None:
    lead = len(target) - len(data)
    require(lead >= 0 and all(n in (0, 1, m) or m == 0 for n, m in zip(data, target[max(lead, 0):])), name,
            f"data has shape {data}, which does not broadcast to {target}")


def _broadcast_shape(name: str, target_of: Callable[[Attrs, Slots], tuple[int, ...] | None]) -> Callable:
    """Return the shape rule of an operator that broadcasts its first input to ``target_of(attrs, ins)``."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[0] = target_of(attrs, ins)
        if ins[0] is not None and outs[0] is not None:
            _broadcast_check(name, ins[0], outs[0])
    return rule


def _kept(shape: tuple[int, ...], data: tuple[int, ...]) -> tuple[int, ...]:
    """Return `shape` with 0 replaced by the length of the same axis (from the right) of `data`."""
    if 0 not in shape:
        return shape
    lead = len(shape) - len(data)
    require(lead >= 0 and 0 not in shape[:lead], "broadcast_to",
            f"shape is {shape} for data of shape {data}; a length of 0 keeps an axis that data has")
    return tuple(n or data[i - lead] for i, n in enumerate(shape))


@op(name="broadcast_to", view=True, broadcasts=True)
def broadcast_to(xp, data, *, shape: Shape = ()):
    """`data` repeated along its axes of length 1 to fill `shape`, in which 0 keeps an axis as it is.

    New axes in front are allowed (unlike MXNet's operator, like NumPy's).
    """
    return xp.broadcast_to(data, _kept(shape, data.shape))


broadcast_to.shape(_broadcast_shape("broadcast_to", lambda attrs, ins: (
    attrs.shape or None if ins[0] is None else _kept(attrs.shape, ins[0]))))


def _spread(data: tuple[int, ...], axis: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape `data` with the lengths `size` at `axis`, where it has length 1."""
    require(len(axis) == len(size), "broadcast_axis", f"axis is {axis} and size {size}; expected as many of each")
    for each, length in zip(axis, size):
        i = normal_axis("broadcast_axis", each, len(data))
        require(data[i] in (0, 1), "broadcast_axis", f"data has shape {data}; expected length 1 at axis {each}")
        data = _replaced(data, i, length)
    return data


@op(name="broadcast_axis", aliases=("broadcast_axes",), view=True, broadcasts=True)
def broadcast_axis(xp, data, *, axis: Shape = (), size: Shape = ()):
    """`data` repeated ``size[i]`` times along ``axis[i]``, where it has length 1."""
    return xp.broadcast_to(data, _spread(data.shape, axis, size))


broadcast_axis.shape(_broadcast_shape("broadcast_axis", lambda attrs, ins: (
    None if ins[0] is None else _spread(ins[0], attrs.axis, attrs.size))))


def _like_axes(lhs: tuple[int, ...], rhs: tuple[int, ...], lhs_axes: tuple[int, ...] | None,
               rhs_axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the shape of `lhs` broadcast like `rhs`, or with axes of the one like axes of the other."""
    if lhs_axes is None or rhs_axes is None:
        require(lhs_axes is rhs_axes, "broadcast_like", "lhs_axes and rhs_axes come together or not at all")
        return rhs
    require(len(lhs_axes) == len(rhs_axes), "broadcast_like",
            f"lhs_axes is {lhs_axes} and rhs_axes {rhs_axes}; expected as many of each")
    for mine, theirs in zip(lhs_axes, rhs_axes):
        lhs = _replaced(lhs, normal_axis("broadcast_like", mine, len(lhs)),
                        rhs[normal_axis("broadcast_like", theirs, len(rhs))])
    return lhs


@op(name="broadcast_like", view=True, broadcasts=True, nograd=("rhs",))
def broadcast_like(xp, lhs, rhs, *, lhs_axes: Shape | None = None, rhs_axes: Shape | None = None):
    """`lhs` broadcast to the shape of `rhs`, or its axes `lhs_axes` to the lengths of `rhs_axes` of `rhs`.

    Only the shape of `rhs` matters; no gradient flows to it.
    """
    return xp.broadcast_to(lhs, _like_axes(lhs.shape, rhs.shape, lhs_axes, rhs_axes))


broadcast_like.shape(_broadcast_shape("broadcast_like", lambda attrs, ins: (
    None if None in tuple(ins) else _like_axes(*ins, attrs.lhs_axes, attrs.rhs_axes))))
broadcast_like.grad("lhs")(lambda F, grad: grad)
broadcast_like.type(first_type)

for _op in (broadcast_to, broadcast_axis):
    _op.grad("data")(lambda F, grad: grad)
    _op.type(same_type)


# ---- padding ----------------------------------------------------------------------------------------

def _widths(pad_width: tuple[int, ...], rank: int) -> list[tuple[int, int]]:
    """Return `pad_width` as (before, after) of each axis."""
    require(len(pad_width) == 2 * rank and min(pad_width, default=0) >= 0, "Pad",
            f"pad_width is {pad_width}; expected two numbers, 0 or more, for each of {rank} axes")
    return list(zip(pad_width[::2], pad_width[1::2]))


@op(name="Pad", aliases=("pad",))
def pad(xp, data, *, mode: Literal["constant", "edge", "reflect"], pad_width: Shape, constant_value: float = 0.0,
        out=None):
    """`data` with a border of ``pad_width[2 * i]`` elements before and ``pad_width[2 * i + 1]`` after along axis `i`.

    The border is `constant_value`, a copy of the nearest element (``edge``), or a reflection that does not
    repeat the nearest element (``reflect``). Any rank, any dtype (MXNet: 4 and 5 axes, the last two or three).
    """
    widths = _widths(pad_width, data.ndim)
    if mode != "constant":
        result = xp.pad(data, widths, mode=mode)
        if out is None:
            return result
        out[...] = result
        return out
    if out is None:
        out = xp.empty([before + n + after for n, (before, after) in zip(data.shape, widths)], data.dtype)
    out[...] = constant_value
    out[tuple(slice(before, before + n) for n, (before, _) in zip(data.shape, widths))] = data
    return out


@pad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape = ins[0] if ins[0] is not None else outs[0]
    if shape is None:
        return
    widths = _widths(attrs.pad_width, len(shape))
    if ins[0] is not None:
        outs[0] = tuple(n and before + n + after for n, (before, after) in zip(ins[0], widths))
        require(attrs.mode != "reflect" or all(n == 0 or max(pair) < n for n, pair in zip(ins[0], widths)), "Pad",
                f"pad_width is {attrs.pad_width}; a reflection is narrower than data, which has shape {ins[0]}")
    ins[0] = tuple(n and n - before - after for n, (before, after) in zip(outs[0], widths))


pad.type(same_type)


@pad.grad("data")
def _(F, grad, data_shape, *, mode, pad_width):
    if mode != "constant":
        return F._backward_pad(grad, mode=mode, pad_width=pad_width)
    begin = pad_width[::2]
    return F.slice(grad, begin=begin, end=tuple(n + before for n, before in zip(data_shape, begin)))


@op(name="_backward_pad")
def backward_pad(xp, data, *, mode: Literal["edge", "reflect"], pad_width: Shape):
    """Gradient of Pad in the modes that copy elements: what went into the border is added where it came from."""
    for axis, (before, after) in enumerate(_widths(pad_width, data.ndim)):
        if before == after == 0:
            continue
        data = xp.moveaxis(data, axis, 0)
        stop = len(data) - after
        core, head, tail = data[before:stop].copy(), data[:before], data[stop:]
        if mode == "edge":
            core[0] += head.sum(0)
            core[-1] += tail.sum(0)
        else:
            core[1:before + 1] += head[::-1]
            core[len(core) - 1 - after:-1] += tail[::-1]
        data = xp.moveaxis(core, 0, axis)
    return data.copy() if not any(pad_width) else data


@backward_pad.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = tuple(n and n - sum(pair) for n, pair in zip(ins[0], _widths(attrs.pad_width, len(ins[0]))))


backward_pad.type(same_type)


@backward_pad.grad("data")
def _(F, grad, *, mode, pad_width):
    return F.Pad(grad, mode=mode, pad_width=pad_width)


# ---- blocks of pixels and channels ----------------------------------------------------------------------

def _image(name: str, block_size: int, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
    require(block_size > 0, name, f"block_size is {block_size}; expected a positive number")
    require(shape is None or len(shape) == 4, name, f"data has shape {shape}; expected (batch, channel, height, width)")
    return shape


def _divided(name: str, what: str, length: int, by: int) -> int:
    require(length % by == 0, name, f"{what} is {length}; expected a multiple of {by}")
    return length // by


def _deep(name: str, block_size: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return `shape` with blocks of pixels turned into channels."""
    n, c, h, w = shape
    return (n, c * block_size ** 2, _divided(name, "height", h, block_size), _divided(name, "width", w, block_size))


def _wide(name: str, block_size: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return `shape` with channels turned into blocks of pixels."""
    n, c, h, w = shape
    return (n, _divided(name, "the number of channels", c, block_size ** 2), h * block_size, w * block_size)


@op(name="depth_to_space")
def depth_to_space(xp, data, *, block_size: int):
    """Channels of ``(n, c * b * b, h, w)`` laid out as blocks of `b` x `b` pixels: ``(n, c, h * b, w * b)``.

    The block is the slower part of the channel's number (ONNX calls it DCR).
    """
    n, c, h, w = data.shape
    b = block_size
    blocks = data.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    return xp.ascontiguousarray(blocks).reshape(n, c // (b * b), h * b, w * b)


@op(name="space_to_depth")
def space_to_depth(xp, data, *, block_size: int):
    """Blocks of `b` x `b` pixels of ``(n, c, h, w)`` laid out as channels: ``(n, c * b * b, h / b, w / b)``.

    The inverse of ``depth_to_space``.
    """
    n, c, h, w = data.shape
    b = block_size
    blocks = data.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return xp.ascontiguousarray(blocks).reshape(n, c * b * b, h // b, w // b)


def _block_shape(name: str, forth: Callable, back: Callable) -> Callable:
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        for source, target, function in ((ins, outs, forth), (outs, ins, back)):
            if _image(name, attrs.block_size, source[0]) is not None:
                target[0] = function(name, attrs.block_size, source[0])
    return rule


depth_to_space.shape(_block_shape("depth_to_space", _wide, _deep))
space_to_depth.shape(_block_shape("space_to_depth", _deep, _wide))
depth_to_space.type(same_type)
space_to_depth.type(same_type)


@depth_to_space.grad("data")
def _(F, grad, *, block_size):
    return F.space_to_depth(grad, block_size=block_size)


@space_to_depth.grad("data")
def _(F, grad, *, block_size):
    return F.depth_to_space(grad, block_size=block_size)


# ---- diagonals --------------------------------------------------------------------------------------

def _diagonal_length(rows: int, columns: int, k: int) -> int:
    """Return how many elements the diagonal `k` of a matrix has."""
    return max(0, min(rows + min(k, 0), columns - max(k, 0)))


@op(name="diag")
def diag(xp, data, *, k: int = 0, axis1: int = 0, axis2: int = 1):
    """The diagonal `k` of `data` (above the main one if positive), or a matrix with `data` there.

    Parameters
    ----------
    data : any dtype
        One axis: the elements of the diagonal of a square matrix that is zero elsewhere. More axes: the
        diagonals of the matrices in `axis1` and `axis2` become the last axis of the output.
    """
    if data.ndim == 1:
        return xp.diag(data, k)
    return xp.diagonal(data, k, axis1 % data.ndim, axis2 % data.ndim).copy()


@diag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    shape, k = ins[0], attrs.k
    if shape is None:
        return
    if len(shape) == 1:
        outs[0] = (shape[0] and shape[0] + abs(k),) * 2
        ins[0] = (outs[0][0] and outs[0][0] - abs(k),)
        return
    first, second = (normal_axis("diag", axis, len(shape)) for axis in (attrs.axis1, attrs.axis2))
    require(first != second, "diag", f"axis1 and axis2 are both axis {first}; expected two different axes")
    length = 0
    if shape[first] and shape[second]:
        length = _diagonal_length(shape[first], shape[second], k)
        require(length, "diag", f"k is {k}, but data has shape {shape}: there is no such diagonal")
    outs[0] = (*(n for i, n in enumerate(shape) if i not in (first, second)), length)


diag.type(same_type)


@diag.grad("data")
def _(F, grad, data_shape, *, k, axis1, axis2):
    if len(data_shape) == 1:
        return F.diag(grad, k=k)
    return F._backward_diag(grad, shape=data_shape, k=k, axis1=axis1, axis2=axis2)


@op(name="_backward_diag")
def backward_diag(xp, data, *, shape: Shape, k: int, axis1: int, axis2: int, out=None):
    """Gradient of ``diag`` for two or more axes: zeros of `shape` with `data` on the diagonals."""
    if out is None:
        out = xp.empty(shape, data.dtype)
    out[...] = 0
    matrices = xp.moveaxis(out, (axis1, axis2), (-2, -1))
    places = xp.arange(data.shape[-1])
    matrices[..., places + max(-k, 0), places + max(k, 0)] = data
    return out


@backward_diag.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.shape


backward_diag.type(same_type)


@backward_diag.grad("data")
def _(F, grad, *, k, axis1, axis2):
    return F.diag(grad, k=k, axis1=axis1, axis2=axis2)


# ---- shapes and positions as arrays ---------------------------------------------------------------------

def _int64_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = _INT64


@op(name="shape_array", differentiable=False)
def shape_array(xp, data):
    """The shape of `data` as an int64 array."""
    return xp.asarray(data.shape, dtype=_INT64)


@shape_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        outs[0] = (len(ins[0]),)


@op(name="size_array", differentiable=False)
def size_array(xp, data):
    """The number of elements of `data` as an int64 array of shape ``(1,)``."""
    return xp.asarray((data.size,), dtype=_INT64)


@size_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = (1,)


@op(name="_contrib_arange_like", differentiable=False, ignores=("ctx",))
def arange_like(xp, data, *, start: float = 0.0, step: float = 1.0, repeat: int = 1, axis: int | None = None):
    """``start, start + step, ...``, each `repeat` times, in the shape and dtype of `data`, or as long as its `axis`."""
    shape = data.shape if axis is None else (data.shape[axis],)
    places = xp.arange(math.prod(shape))
    if repeat != 1:
        places //= repeat
    return (places * step + start).astype(data.dtype).reshape(shape)


@arange_like.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.repeat > 0, "_contrib_arange_like", f"repeat is {attrs.repeat}; expected a positive number")
    if ins[0] is not None and attrs.axis is not None:
        outs[0] = (ins[0][normal_axis("_contrib_arange_like", attrs.axis, len(ins[0]))],)
    elif attrs.axis is None:
        outs[0] = ins[0]
        ins[0] = outs[0]


arange_like.type(same_type)


@op(name="_contrib_index_array", differentiable=False)
def index_array(xp, data, *, axes: Shape | None = None):
    """The index of every element of `data`, or the parts of it in `axes`, along a new last axis, in int64."""
    axes = range(data.ndim) if axes is None else axes
    result = xp.empty((*data.shape, len(axes)), _INT64)
    for i, axis in enumerate(axes):
        n = data.shape[axis]
        result[..., i] = xp.arange(n).reshape([n if j == axis % data.ndim else 1 for j in range(data.ndim)])
    return result


@index_array.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        for axis in attrs.axes or ():
            normal_axis("_contrib_index_array", axis, len(ins[0]))
        outs[0] = (*ins[0], len(ins[0]) if attrs.axes is None else len(attrs.axes))
    if outs[0] is not None:
        ins[0] = outs[0][:-1]


for _op in (shape_array, size_array, index_array):
    _op.type(_int64_type)
