"""How users write and see what is not known of a shape, in both directions.

Inside, an unknown length is ``None`` and an unknown shape is ``None``. To a user it depends on the switch
:func:`cupynet.util.np_shape`, as in MXNet: off, the old meaning holds, in which 0 is an unknown length and ``()``
an unknown shape; on, zero lengths and rank 0 are ordinary, -1 is an unknown length and ``None`` an unknown shape.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..base import MXNetValueError
from ..util import is_np_shape
from .infer import ShapeLike

__all__ = ["read_shape", "shown_shape", "printed_shape", "undetermined"]


def read_shape(shape: Iterable[int] | None) -> ShapeLike:
    """Return what a user's `shape` means."""
    if shape is None:
        return None
    least = 0 if is_np_shape() else 1
    lengths = tuple([None if n is None or n < least else int(n) for n in shape])
    return lengths if lengths or is_np_shape() else None


def shown_shape(shape: ShapeLike) -> tuple[int, ...] | None:
    """Return `shape` as a user writes it."""
    if shape is None:
        return None if is_np_shape() else ()
    unknown = -1 if is_np_shape() else 0
    return tuple([unknown if n is None else n for n in shape])


def printed_shape(shape: ShapeLike) -> str:
    """Return `shape` as MXNet's messages print it: ``[-1,3]``, ``None``."""
    return "None" if shape is None else f"[{','.join(str(-1 if n is None else n) for n in shape)}]"


def undetermined(name: str, shape: ShapeLike, attrs: Mapping[str, Any]) -> MXNetValueError:
    """Return MXNet's error for an operator without inputs, called `name`, whose attributes leave its shape open."""
    listing = "".join(f"{key} : {value}\n" for key, value in attrs.items())
    return MXNetValueError(f"Operator {name} inferring shapes failed.\ninput shapes:\noutput shapes:\n"
                           f"{printed_shape(shape)}\noperator attributes:\n{listing}")
