"""Sequences in their two forms: one tensor with a time axis, and a list of the steps."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ndarray as nd
from ... import symbol as sym
from ...base import MXNetAssertionError, _as_list
from ...ndarray.base import NDArrayBase
from ...symbol.base import SymbolBase

__all__ = ["is_tensor", "format_sequence", "masked", "reversed_sequences", "functions_for"]


def is_tensor(value: Any) -> bool:
    """Whether something is an array or a symbol, and no list of them."""
    return isinstance(value, (NDArrayBase, SymbolBase))


def functions_for(value: Any) -> Any:
    """Return ``mx.sym`` or ``mx.nd``, whichever works on `value`, or on the elements of it."""
    first = value if is_tensor(value) else value[0]
    return sym if isinstance(first, SymbolBase) else nd


def format_sequence(length: int | None, inputs: Any, layout: str, merge: bool | None,
                    in_layout: str | None = None) -> tuple[Any, int, Any, int]:
    """Return a sequence in the form that is wanted.

    Parameters
    ----------
    length : int, optional
        How many steps there must be.
    inputs : NDArray or Symbol, or list of them
    layout : str
        The axes of the result as a tensor, such as ``"NTC"``.
    merge : bool, optional
        Whether the result is a tensor; None: as it came.
    in_layout : str, optional
        The axes of `inputs`, if they differ.

    Returns
    -------
    The sequence, its time axis, ``mx.nd`` or ``mx.sym``, and the length of the batch (0 for symbols).
    """
    if inputs is None or (isinstance(inputs, (list, tuple)) and not inputs):
        raise MXNetAssertionError("unroll(inputs=None) has been deprecated. Please create input variables outside "
                                  "unroll.")
    F = functions_for(inputs)
    axis = layout.find("T")
    in_axis = in_layout.find("T") if in_layout is not None else axis
    batch_size = 0
    if is_tensor(inputs):
        if F is nd:
            batch_size = inputs.shape[layout.find("N")]
        if merge is False:
            inputs = _split(F, inputs, in_axis, length)
    else:
        if length is not None and len(inputs) != length:
            raise MXNetAssertionError(f"unroll: there are {len(inputs)} steps; expected {length}")
        if F is nd:
            batch_size = inputs[0].shape[layout.replace("T", "").find("N")]
        if merge is True:
            inputs = F.stack(*inputs, axis=axis)
            in_axis = axis
    if is_tensor(inputs) and axis != in_axis:
        inputs = F.swapaxes(inputs, dim1=axis, dim2=in_axis)
    return inputs, axis, F, batch_size


def _split(F: Any, inputs: Any, axis: int, length: int | None) -> list[Any]:
    if F is nd:
        there = inputs.shape[axis]
        if length is not None and length != there:
            raise MXNetAssertionError(f"unroll: axis {axis} of {inputs.shape} has {there} steps; expected {length}")
        length = there
    elif len(inputs) != 1:
        raise MXNetAssertionError("unroll doesn't allow grouped symbol as input. Please convert to list with "
                                  "list(inputs) first or let unroll handle splitting.")
    return list(_as_list(F.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1)) if F is nd
                else F.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))


def masked(F: Any, data: Any, length: int, valid_length: Any, time_axis: int, merge: bool) -> Any:
    """Return a sequence with 0 behind the valid steps of each example."""
    if not is_tensor(data):
        data = F.stack(*data, axis=time_axis)
    outputs = F.SequenceMask(data, sequence_length=valid_length, use_sequence_length=True, axis=time_axis)
    if merge:
        return outputs
    return list(_as_list(F.split(outputs, num_outputs=length, axis=time_axis, squeeze_axis=True)))


def reversed_sequences(sequences: Sequence[Any], unroll_step: int, valid_length: Any = None) -> list[Any]:
    """Return the steps in reverse, of each example only the valid ones."""
    if valid_length is None:
        return list(reversed(sequences))
    F = functions_for(sequences)
    turned = F.SequenceReverse(F.stack(*sequences, axis=0), sequence_length=valid_length, use_sequence_length=True)
    if unroll_step == 1:
        return [F.reshape(turned, (-3, -2))]
    return list(F.split(turned, axis=0, num_outputs=unroll_step, squeeze_axis=True))
