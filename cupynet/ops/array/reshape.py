"""New shapes for the same elements."""
from __future__ import annotations

import functools
import math
from typing import Any

from ..catalog import op, require
from ..infer import Length, Slots, alike, derived, elements, first_type, known
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .shapes import completed, inserted, moving_op, without

__all__: list[str] = []


@functools.lru_cache(maxsize=4096)
def reshaped(shape: tuple[Length, ...], codes: tuple[int, ...], reverse: bool = False) -> tuple[Length, ...]:
    """Return the shape that the `codes` of Reshape make of `shape`, None where it is not known yet.

    Raises MXNetValueError if they do not fit.
    """
    sizes, source, result, hole = iter(codes[::-1] if reverse else codes), 0, [], None
    lengths = shape[::-1] if reverse else shape
    loose = list(lengths)  # those that no code refers to, of which the length -1 is found, and what is made of them
    made = 1

    def check(condition: Any, what: str) -> None:
        require(condition, "Reshape", f"shape is {codes} for data of shape {shape}: {what}")

    def take(count: int) -> tuple[Length, ...]:
        nonlocal source
        taken = lengths[source:source + count]
        check(len(taken) == count, "it refers to more axes than data has")
        loose[source:source + count] = [1] * count
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
            result.append(elements(take(2)))
        elif code == -4:
            (length,), first, second = take(1), next(sizes, 0), next(sizes, 0)
            check(first > 0 or second > 0, "-4 is followed by two lengths, one of which may be -1")
            first, second = (derived(lambda n, by=second: n // by, length) if first == -1 else first,
                             derived(lambda n, by=first: n // by, length) if second == -1 else second)
            check(alike(length, elements((first, second))), f"{length} is not the product of the lengths after -4")
            result += (first, second)
        else:
            result.append(code)
            made *= code
            source += 1
    total = elements(shape)
    if hole is not None:
        rest = elements(loose)
        check(rest is None or rest % made == 0, f"{rest} elements do not divide by {made}")
        result[hole] = derived(lambda rest: rest // made, rest)
    size = elements(result)
    check(alike(size, total), f"{total} elements cannot become {size}")
    return tuple(result[::-1] if reverse else result)


@functools.lru_cache(maxsize=4096)
def _reshape_target(data: tuple[Length, ...], shape: tuple[int, ...], reverse: bool, target_shape: tuple[int, ...],
                    keep_highest: bool) -> tuple[Length, ...]:
    """Return the output shape of Reshape, by its codes or in the old way by ``target_shape``."""
    if not shape and not target_shape:
        require(alike(elements(data), 1), "Reshape", f"required argument 'shape' is missing for data of shape {data}; "
                                                     "() is for one element")
        return ()
    if shape:
        return reshaped(data, shape, reverse)
    codes = [n or -1 for n in target_shape]  # there 0 is the length to find
    if keep_highest:
        codes[0] = 0
    return reshaped(data, tuple(codes))


@moving_op("Reshape", ("reshape",))
def reshape(xp, data, *, shape: Shape = (), reverse: bool = False, target_shape: Shape = (),
            keep_highest: bool = False):
    """The same elements, in the same (row-major) order, in another shape.

    Parameters
    ----------
    data : any shape, any dtype
    shape : tuple of int
        Lengths, or codes that are read from left to right along with the axes of `data`: ``0`` keeps an
        axis; ``-1`` is found from the number of elements (once), ``-2`` keeps all axes that remain; ``-3``
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
        outs[0] = completed(outs[0], ins[0])
        ins[0] = completed(ins[0], outs[0])


@moving_op("Flatten", ("flatten",))
def flatten(xp, data):
    """Merge all axes but the first: ``(n, a, b, ...)`` becomes ``(n, a * b * ...)``."""
    return data.reshape(data.shape[0], math.prod(data.shape[1:]))


@flatten.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        require(ins[0], "Flatten", "data has no axis; expected at least one")
        outs[0] = (ins[0][0], elements(ins[0][1:]))
        ins[0] = (outs[0][0], *ins[0][1:])
        ins[0] = completed(ins[0], outs[0])


def _span(begin: int | None, end: int | None, rank: int, name: str) -> tuple[int, int]:
    """Return the axes ``begin:end`` of an array of `rank` axes, counted from the front."""
    found = tuple(default if n is None else n + rank * (n < 0) for n, default in ((begin, 0), (end, rank)))
    require(0 <= found[0] <= found[1] <= rank, "reshape_like",
            f"{name}_begin is {begin} and {name}_end {end}; expected a range of the {rank} axes of {name}")
    return found


def _like(lhs: tuple[Length, ...], rhs: tuple[Length, ...], lhs_begin: int | None, lhs_end: int | None,
          rhs_begin: int | None, rhs_end: int | None) -> tuple[Length, ...]:
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
    ins[0] = completed(ins[0], outs[0])


reshape_like.type(first_type)


@moving_op("expand_dims")
def expand_dims(xp, data, *, axis: int):
    """Insert an axis of length 1 before `axis` (negative: counted in the new shape)."""
    return data.reshape(inserted(data.shape, normal_axis("expand_dims", axis, data.ndim + 1), 1))


@expand_dims.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = without(outs[0], normal_axis("expand_dims", attrs.axis, len(outs[0])))
    if ins[0] is not None:
        outs[0] = inserted(ins[0], normal_axis("expand_dims", attrs.axis, len(ins[0]) + 1), 1)


def _squeezed(shape: tuple[Length, ...], axis: tuple[int, ...] | None) -> tuple[Length, ...]:
    """Return `shape` without the axes `axis`, or without all of length 1; at least one axis remains."""
    if axis is None:
        return tuple(n for n in shape if n != 1) or (1,)
    axes = {normal_axis("squeeze", each, len(shape)) for each in axis}
    require(all(alike(shape[i], 1) for i in axes), "squeeze",
            f"axis is {axis}, but data has shape {shape}; expected axes of length 1")
    return tuple(n for i, n in enumerate(shape) if i not in axes) or (1,)


@moving_op("squeeze")
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
