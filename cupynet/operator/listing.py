"""Which operators there are, and what they take, in MXNet's words."""
from __future__ import annotations

import types
import typing
from typing import Any, Literal, NamedTuple

from ..base import MXNetError
from ..ops import catalog
from ..ops.schema import REQUIRED, DType, Floats, OptShape, Shape, as_text

__all__ = ["get_all_registered_operators", "OperatorArguments", "get_operator_arguments"]

_TYPES = {int: "int", float: "float", bool: "boolean", str: "string", Shape: "Shape(tuple)", OptShape: "Shape(tuple)",
          Floats: "tuple of <float>", DType: "dtype"}


class OperatorArguments(NamedTuple):
    """What an operator takes: how many arguments, their names, and their types in MXNet's words."""

    narg: int
    names: list[str]
    types: list[str]


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, aliases included; operators of one's own are all ``Custom``."""
    return catalog.names()


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Return the arguments of an operator, inputs first.

    >>> import cupynet as mx
    >>> mx.operator.get_operator_arguments('Activation').types
    ['NDArray-or-Symbol', "{'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'}, required"]
    """
    if op_name not in catalog.names():
        raise MXNetError(f"Operator {op_name} is not registered")
    op = catalog.get(op_name)
    names, kinds = list(op.inputs), ["NDArray-or-Symbol"] * len(op.inputs)
    if op.variadic:
        kinds[op.inputs.index(op.variadic)] += "[]"
    fields = sorted(op.schema.fields.items(), key=lambda field: field[0] != op.count)  # the number of inputs first
    for name, (annotation, default) in fields:
        names.append(name)
        kinds.append(_described(annotation, REQUIRED if name == op.count else default))
    return OperatorArguments(len(names), names, kinds)


def _described(annotation: Any, default: Any) -> str:
    """Return type and default of an attribute."""
    nullable = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    if nullable:
        annotation = next(each for each in typing.get_args(annotation) if each is not type(None))
    choices = typing.get_origin(annotation) is Literal
    if choices:
        texts = sorted(repr(each) for each in typing.get_args(annotation) if each is not None)
        kind = f"{{{', '.join(['None'] * (nullable or None in typing.get_args(annotation)) + texts)}}}"
    else:
        kind = _TYPES.get(annotation, getattr(annotation, "__name__", "string")) + " or None" * nullable
    if default is REQUIRED:
        return f"{kind}, required"
    return f"{kind},{' ' * (not choices)}optional, default={_default(default, quoted=choices)}"


def _default(value: Any, quoted: bool) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return str(list(value))
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return repr(as_text(value)) if quoted or isinstance(value, (int, str)) else as_text(value)
