"""Operators on batches of sequences of different lengths, padded to one length."""
from __future__ import annotations

from typing import Any

from ..catalog import op, require
from ..infer import Slots, first_type, known
from ..schema import Attrs

__all__: list[str] = []


_WHEN = {"sequence_length": lambda attrs: attrs.use_sequence_length}


def _check(name: str, attrs: Attrs, data: tuple | None, axes: tuple[int, ...] = (0, 1)) -> None:
    require(attrs.axis in axes, name, f"axis is {attrs.axis}; the sequence axis must be {' or '.join(map(str, axes))}")
    require(data is None or len(data) > 1, name, f"data has shape {data}; expected (time, batch, ...), rank 2 or more")


def _lengths_shape(attrs: Attrs, ins: Slots, data: tuple | None) -> None:
    """Tie `sequence_length` to the batch axis of `data`, in both directions."""
    if "sequence_length" not in ins:
        return
    if data is not None:
        ins["sequence_length"] = (data[1 - attrs.axis],)
    if known(ins["sequence_length"]) and ins["data"] is not None:
        batch, rest = ins["sequence_length"][0], (None,) * (len(ins["data"]) - 2)
        ins["data"] = ((None, batch) if attrs.axis == 0 else (batch, None)) + rest


def _within(xp: Any, sequence_length: Any, data: Any, axis: int) -> Any:
    """Return whether each place (time, batch) or (batch, time) of `data` lies within its sequence."""
    time = xp.arange(data.shape[axis])
    return time[:, None] < sequence_length if axis == 0 else time < sequence_length[:, None]


@op(name="SequenceMask", when=_WHEN, nograd=("sequence_length",))
def sequence_mask(xp, data, sequence_length=None, *, use_sequence_length: bool = False, value: float = 0.0,
                  axis: int = 0):
    """Set everything past the end of each sequence to `value`.

    Parameters
    ----------
    data : (time, batch, ...) for ``axis=0``, (batch, time, ...) for ``axis=1``
    sequence_length : (batch,), any dtype
        Only with ``use_sequence_length=True``; without it `data` is returned unchanged.
    value : float
        What padding becomes.

    Returns
    -------
    Shape and dtype of `data`.

    Raises
    ------
    MXNetValueError
        If `axis` is neither 0 nor 1 or `data` has less than two axes.
    """
    if sequence_length is None:
        return data.copy()
    within = _within(xp, sequence_length, data, axis)
    return xp.where(within.reshape(within.shape + (1,) * (data.ndim - 2)), data, data.dtype.type(value))


@sequence_mask.shape
def _(attrs, ins, outs):
    _check("SequenceMask", attrs, ins[0] if ins[0] is not None else outs[0])
    ins[0] = outs[0]
    _lengths_shape(attrs, ins, ins[0])
    outs[0] = ins[0]


sequence_mask.type(first_type)


@sequence_mask.grad("data")
def _(F, grad, sequence_length, *, use_sequence_length, axis):
    return F.SequenceMask(grad, sequence_length, use_sequence_length=True, axis=axis) if use_sequence_length else grad


@op(name="SequenceReverse", when=_WHEN, nograd=("sequence_length",))
def sequence_reverse(xp, data, sequence_length=None, *, use_sequence_length: bool = False, axis: int = 0):
    """Reverse each sequence in time; padding stays where it is.

    Parameters
    ----------
    data : (time, batch, ...)
    sequence_length : (batch,), any dtype
        Only with ``use_sequence_length=True``; without it the whole time axis is reversed.
    axis : int
        Must be 0.

    Returns
    -------
    Shape and dtype of `data`.

    Raises
    ------
    MXNetValueError
        If `axis` is not 0 or `data` has less than two axes.
    """
    if sequence_length is None:
        return data[::-1].copy()
    time = xp.arange(data.shape[0])[:, None]
    length = sequence_length.astype("int64")
    return data[xp.where(time < length, length - 1 - time, time), xp.arange(data.shape[1])]


@sequence_reverse.shape
def _(attrs, ins, outs):
    _check("SequenceReverse", attrs, ins[0] if ins[0] is not None else outs[0], axes=(0,))
    ins[0] = outs[0]
    _lengths_shape(attrs, ins, ins[0])
    outs[0] = ins[0]


sequence_reverse.type(first_type)


@sequence_reverse.grad("data")
def _(F, grad, sequence_length, *, use_sequence_length):
    if not use_sequence_length:
        return F.SequenceReverse(grad)
    return F.SequenceReverse(grad, sequence_length, use_sequence_length=True)


def _last_places(xp: Any, sequence_length: Any, batch: int, axis: int) -> tuple:
    """Return the index of the last step of each sequence; an empty one counts as of length 1."""
    last = xp.maximum(sequence_length.astype("int64") - 1, 0)
    return (last, xp.arange(batch)) if axis == 0 else (xp.arange(batch), last)


@op(name="SequenceLast", when=_WHEN, nograd=("sequence_length",))
def sequence_last(xp, data, sequence_length=None, *, use_sequence_length: bool = False, axis: int = 0):
    """Take the last step of each sequence.

    Parameters
    ----------
    data : (time, batch, ...) for ``axis=0``, (batch, time, ...) for ``axis=1``
    sequence_length : (batch,), any dtype
        Only with ``use_sequence_length=True``; without it the last step of the time axis is taken. A length
        of 0, for which MXNet reads outside the array, counts as 1.

    Returns
    -------
    (batch, ...), dtype of `data`.

    Raises
    ------
    MXNetValueError
        If `axis` is neither 0 nor 1 or `data` has less than two axes.
    """
    if sequence_length is None:
        return (data[-1] if axis == 0 else data[:, -1]).copy()
    return data[_last_places(xp, sequence_length, data.shape[1 - axis], axis)]


@sequence_last.shape
def _(attrs, ins, outs):
    _check("SequenceLast", attrs, ins[0])
    axis, data = attrs.axis, ins[0]
    if data is None:
        return
    if outs[0] is not None:
        rest = outs[0]
        ins[0] = (None, *rest) if axis == 0 else (rest[0], None, *rest[1:])
    _lengths_shape(attrs, ins, ins[0])
    data = ins[0]
    outs[0] = (data[1 - axis], *data[2:])


sequence_last.type(first_type)


@sequence_last.grad("data")
def _(F, grad, sequence_length, data_shape, *, use_sequence_length, axis):
    lengths = (sequence_length,) if use_sequence_length else ()
    return F._backward_sequence_last(grad, *lengths, length=data_shape[axis],
                                     use_sequence_length=use_sequence_length, axis=axis)


@op(name="_backward_sequence_last", when=_WHEN, nograd=("sequence_length",))
def place_last(xp, data, sequence_length=None, *, length: int, use_sequence_length: bool = False, axis: int = 0,
               out=None):
    """Put `data` (batch, ...) at the last step of each of a batch of sequences of zeros: adjoint of SequenceLast."""
    batch = data.shape[0]
    shape = ((length, batch) if axis == 0 else (batch, length)) + data.shape[1:]
    if out is None:
        out = xp.zeros(shape, data.dtype)
    else:
        out[...] = 0
    if sequence_length is not None:
        out[_last_places(xp, sequence_length, batch, axis)] = data
    elif axis == 0:
        out[-1] = data
    else:
        out[:, -1] = data
    return out


@place_last.shape
def _(attrs, ins, outs):
    if ins[0] is not None:
        batch, *rest = ins[0]
        outs[0] = ((attrs.length, batch) if attrs.axis == 0 else (batch, attrs.length)) + tuple(rest)
        if "sequence_length" in ins:
            ins["sequence_length"] = (batch,)


place_last.type(first_type)


@place_last.grad("data")
def _(F, grad, sequence_length, *, use_sequence_length, axis):
    lengths = (sequence_length,) if use_sequence_length else ()
    return F.SequenceLast(grad, *lengths, use_sequence_length=use_sequence_length, axis=axis)
