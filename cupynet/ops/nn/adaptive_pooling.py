"""Pooling to a given size."""
from __future__ import annotations

from collections.abc import Sequence

from ..catalog import op, require
from ..infer import Slots, float_type
from ..math.reduce import mean_of
from ..schema import Attrs, Shape

__all__: list[str] = []


def _bins(n: int, out: int) -> list[tuple[int, int]]:
    """Return where each of `out` nearly equal parts of `n` elements begins and ends."""
    return [(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]


def _adaptive_size(output_size: tuple, size: Sequence[int]) -> tuple[int, int]:
    if len(output_size) == 1:
        return output_size * 2
    return output_size or (1, 1)


@op(name="_contrib_AdaptiveAvgPooling2D")
def adaptive_avg_pooling(xp, data, *, output_size: Shape = ()):
    """Mean of nearly equal parts of every image: part i of n elements is ``[floor(i n / out), ceil((i+1) n / out))``.

    Parameters
    ----------
    data : (batch, channels, height, width)
    output_size : int or (int, int)
        How many parts; ``()`` means one.

    Returns
    -------
    ``(batch, channels, *output_size)``, dtype of `data`.
    """
    for axis, out in zip((2, 3), _adaptive_size(output_size, data.shape)):
        parts = [mean_of(xp, data[(slice(None),) * axis + (slice(*ends),)], axis, dtype=data.dtype)
                 for ends in _bins(data.shape[axis], out)]
        data = xp.concatenate(parts, axis=axis)
    return data


@adaptive_avg_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(len(attrs.output_size) <= 2 and all(n > 0 for n in attrs.output_size), "_contrib_AdaptiveAvgPooling2D",
            f"output_size is {attrs.output_size}; expected one or two positive numbers")
    data = ins["data"]
    if data is not None:
        require(len(data) == 4, "_contrib_AdaptiveAvgPooling2D", f"data has shape {data}; expected four axes")
        outs[0] = (*data[:2], *_adaptive_size(attrs.output_size, data))
    elif outs[0] is not None:
        ins["data"] = (*outs[0][:2], None, None)


@adaptive_avg_pooling.grad("data")
def _(F, grad, data_shape, *, output_size):
    return F._backward_adaptive_avg_pooling(grad, size=data_shape[2:])


@op(name="_backward_adaptive_avg_pooling")
def backward_adaptive_avg_pooling(xp, head, *, size: Shape):
    """Gradient of adaptive mean pooling with respect to data of spatial shape `size`."""
    for axis, n in zip((2, 3), size):
        shape = list(head.shape)
        shape[axis] = n
        wider = xp.zeros(shape, head.dtype)
        every = (slice(None),) * axis
        for i, (start, end) in enumerate(_bins(n, head.shape[axis])):
            wider[(*every, slice(start, end))] += head[(*every, slice(i, i + 1))] / (end - start)
        head = wider
    return head


@backward_adaptive_avg_pooling.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins["head"] is not None:
        outs[0] = (*ins["head"][:2], *attrs.size)


@backward_adaptive_avg_pooling.grad("head")
def _(F, grad, head_shape):
    return F._contrib_AdaptiveAvgPooling2D(grad, output_size=head_shape[2:])


adaptive_avg_pooling.type(float_type)
backward_adaptive_avg_pooling.type(float_type)
