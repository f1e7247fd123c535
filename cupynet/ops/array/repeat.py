"""Repeating elements and whole arrays."""
from __future__ import annotations

from ..catalog import op, require
from ..infer import Slots, derived, elements, same_type
from ..math.reduce import normal_axis
from ..schema import Attrs, Shape
from .shapes import inserted, replaced

__all__: list[str] = []


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
    require(all(n >= 0 for n in attrs.reps), "tile", f"reps is {attrs.reps}; expected 0 or more")
    if ins[0] is not None:
        shape, reps = _tiles(ins[0], attrs.reps)
        outs[0] = tuple(derived(lambda n, times: n * times, n, times) for n, times in zip(shape, reps))
        lengths = tuple(derived(lambda n, times: n // times, n, times or None) for n, times in zip(outs[0], reps))
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
    """Each element `repeats` times in a row along `axis`; of the flattened array if `axis` is None.

    0 times is an array of shape (0,), whatever the axis, as in MXNet.
    """
    return xp.repeat(data, repeats, axis if repeats else None)


@repeat.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    repeats = attrs.repeats
    require(repeats >= 0, "repeat", f"repeats is {repeats}; expected 0 or more")
    if ins[0] is None:
        return
    if attrs.axis is None or not repeats:
        outs[0] = (derived(lambda n: n * repeats, elements(ins[0])),)
    else:
        axis = normal_axis("repeat", attrs.axis, len(ins[0]))
        outs[0] = replaced(ins[0], axis, derived(lambda n: n * repeats, ins[0][axis]))
        ins[0] = replaced(outs[0], axis, derived(lambda n: n // repeats, outs[0][axis]))


repeat.type(same_type)


@repeat.grad("data")
def _(F, grad, data_shape, *, repeats, axis):
    if repeats == 0:
        return None
    axis = len(data_shape) - 1 if axis is None else axis % len(data_shape)
    return F.sum(F.Reshape(grad, shape=inserted(data_shape, axis + 1, repeats)), axis=axis + 1)
