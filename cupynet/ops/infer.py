"""Shape and type inference for one operator, and the stock rules that most operators share.

A shape is ``None`` (nothing known) or a tuple in which ``None`` stands for an unknown length; a dtype is ``None``
or a ``numpy.dtype``. (Users write 0 or -1 for an unknown length: see :mod:`.notation`.) A rule gets two
:class:`Slots`, for inputs and outputs, indexed by name or position; assigning to a slot *merges* what the rule
knows with what was known, and a contradiction raises.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from .op import Op
from .schema import Attrs

__all__ = ["Slots", "infer_shapes", "infer_types", "same_shape", "same_type", "known", "alike", "either", "derived",
           "elements", "merge_shapes", "merge_types", "broadcast_shapes", "broadcast_shape", "number_type",
           "float_type", "first_type", "no_inputs_type"]

Length = int | None
ShapeLike = tuple[Length, ...] | None


def known(shape: ShapeLike) -> bool:
    """Whether every length of `shape` is known."""
    return shape is not None and None not in shape


def alike(a: Length, b: Length) -> bool:
    """Whether two lengths can be the same."""
    return a == b or a is None or b is None


def either(*lengths: Length) -> Length:
    """Return the first length that is known."""
    for length in lengths:
        if length is not None:
            return length
    return None


def derived(function: Callable[..., Length], *lengths: Length) -> Length:
    """Return ``function(*lengths)`` where all of them are known, else None."""
    return None if None in lengths else function(*lengths)


def elements(lengths: Iterable[Length]) -> Length:
    """Return how many elements axes of these lengths span: 0 if one is 0, else None if one is unknown."""
    lengths = tuple(lengths)
    return 0 if 0 in lengths else None if None in lengths else math.prod(lengths)


def merge_shapes(a: ShapeLike, b: ShapeLike) -> ShapeLike:
    """Return what `a` and `b` say together. Raises ValueError if they contradict each other."""
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b) or not all(map(alike, a, b)):
        raise ValueError
    return tuple(map(either, a, b))


def merge_types(a: Any, b: Any) -> Any:
    if a is None or b is None or a == b:
        return b if a is None else a
    raise ValueError


class Slots:
    """The shapes (or dtypes) of an operator's inputs or outputs, by name or position; assignment merges."""

    __slots__ = ("names", "values", "changed", "_what", "_op", "_node")

    def __init__(self, op: Op, node: str, names: Sequence[str], values: list, what: str):
        self.names, self.values, self.changed = names, values, False
        self._op, self._node, self._what = op, node, what

    @property
    def _who(self) -> str:
        """What messages call the operator."""
        return _called(self._op, self._node)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __contains__(self, key: str) -> bool:
        return key in self.names

    def __getitem__(self, key: str | int) -> Any:
        return self.values[key if key.__class__ is int else self.names.index(key)]

    def get(self, key: str) -> Any:
        """Return the slot called `key`, or None where the call has no such slot."""
        return self.values[self.names.index(key)] if key in self.names else None

    def __setitem__(self, key: str | int, value: Any) -> None:
        index = key if key.__class__ is int else self.names.index(key)
        old = self.values[index]
        # numpy.dtype('float64') == None holds, so None is asked for first
        if value is None or value is old or (old is not None and value == old):
            return
        shape = self._what == "shape"
        if shape:
            value = tuple([n if n is None else int(n) for n in value])
        try:
            new = (merge_shapes if shape else merge_types)(old, value)
        except ValueError:
            raise (MXNetValueError if shape else MXNetTypeError)(
                f"{self._who}: {self.names[index]} has {self._what} {old}, expected {value}") from None
        if old is None or new != old:
            self.values[index] = new
            self.changed = True


def _called(op: Op, node: str) -> str:
    return f"{op.name} {node!r}" if node else op.name


def _infer(op: Op, attrs: Attrs, ins: list, outs: list, node: str, what: str) -> bool:
    names = op.active_inputs(attrs, len(ins))
    if len(names) != len(ins):
        raise MXNetError(f"{_called(op, node)}: takes {len(names)} inputs ({', '.join(names)}), got {len(ins)}")
    if op.inputs == (op.variadic,) and not op.spread and attrs[op.count] not in (0, len(ins)):
        raise MXNetError(f"{_called(op, node)}: {op.count} is {attrs[op.count]}, got {len(ins)} inputs")
    in_slots = Slots(op, node, names, ins, what)
    out_slots = Slots(op, node, op.output_names(attrs), outs, what)
    rule = op.shape_rule if what == "shape" else op.type_rule
    try:
        rule(attrs, in_slots, out_slots)
    except MXNetError as error:
        who = _called(op, node)
        if str(error).startswith(who):
            raise
        text = str(error).removeprefix(f"{op.name}: ")
        raise type(error)(f"{who}: {text}") from error.__cause__
    except (IndexError, ValueError, TypeError, ArithmeticError) as error:  # a rule met a rank it does not expect
        raise MXNetError(f"{_called(op, node)}: inputs with the {what}s {ins} do not fit together, or the attributes "
                         f"{dict(attrs)}: {error}") from error
    return in_slots.changed or out_slots.changed


def infer_shapes(op: Op, attrs: Attrs, ins: list, outs: list, node: str = "") -> bool:
    """Fill in `ins` and `outs` (lists of shapes) by the operator's rule; return whether anything was learnt.

    Raises MXNetValueError naming the operator, its node, the argument, what came and what was expected.
    """
    return _infer(op, attrs, ins, outs, node, "shape")


def infer_types(op: Op, attrs: Attrs, ins: list, outs: list, node: str = "") -> bool:
    """Fill in `ins` and `outs` (lists of dtypes) by the operator's rule; return whether anything was learnt."""
    return _infer(op, attrs, ins, outs, node, "dtype")


def same_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All inputs and outputs have one shape (elementwise operators)."""
    shape = None
    for slots in (ins, outs):
        for i, other in enumerate(slots):
            slots[i] = shape  # names the argument that differs from those before it
            shape = slots[i] if other is not None else shape
    for slots in (ins, outs):
        for i in range(len(slots)):
            slots[i] = shape


def broadcast_shapes(a: ShapeLike, b: ShapeLike) -> ShapeLike:
    """Return the shape of ``a + b``, None where it is not known yet. Raises ValueError."""
    if a is None or b is None:
        return None
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    out = []
    for x, y in zip(a, b):
        if y in (x, 1):
            out.append(x)
        elif x == 1:
            out.append(y)
        elif x is None or y is None:
            out.append(either(x, y))
        else:
            raise ValueError
    return tuple(out)


def broadcast_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """The output has the shape of the inputs broadcast together, NumPy style."""
    shape = ins[0]
    for i in range(1, len(ins)):
        try:
            shape = broadcast_shapes(shape, ins[i])
        except ValueError:
            raise MXNetValueError(f"{ins._who}: {ins.names[i]} has shape {ins[i]}, which does not broadcast "
                                  f"with {shape} of {ins.names[0]}") from None
    outs[0] = shape


def same_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All inputs and outputs have one dtype."""
    same_shape(attrs, ins, outs)


def number_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All inputs and outputs have one dtype, which is not bool."""
    same_shape(attrs, ins, outs)
    if ins[0] == np.bool_ and ins[0] is not None:
        raise MXNetTypeError(f"{ins._who}: {ins.names[0]} has dtype bool, expected numbers")


def float_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All inputs and outputs have one dtype, which is a floating-point one."""
    same_shape(attrs, ins, outs)
    if ins[0] is not None and ins[0].kind != "f":
        raise MXNetTypeError(f"{ins._who}: {ins.names[0]} has dtype {ins[0]}, expected a floating-point type")


def first_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """The outputs have the dtype of the first input, whatever the others have (float32 if unknown)."""
    known_type = ins[0] or next((t for t in outs if t is not None), None)
    ins[0] = known_type
    for i in range(len(outs)):
        outs[i] = known_type
    for i in range(1, len(ins)):
        if ins[i] is None:
            ins[i] = known_type


def no_inputs_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """A source of arrays: the dtype is the attribute, float32 by default."""
    for i in range(len(outs)):
        outs[i] = attrs.dtype or np.dtype(np.float32)
