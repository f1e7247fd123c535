"""Operators as functions of NDArrays, made from the registry when they are first asked for."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetTypeError
from ..context import as_context
from ..ops.call import bind, default_dtype, documentation, signature
from ..ops.call import method as _method
from ..ops.call import namespace as _namespace
from ..ops.op import Op
from .arithmetic import beside
from .base import NDArrayBase, only_arrays
from .invoke import invoke
from .ndarray import NDArray

__all__ = ["function", "namespace", "method"]


def _is_array(value: Any) -> bool:
    return isinstance(value, (NDArrayBase, np.ndarray))


def function(op: Op, called: str, cls: type | None = None) -> Callable:
    """Return the public function `called` of the operator `op`.

    Its results are of the class `cls`, or of what the class of the first input says.
    """
    simple = bool(op.inputs) and not (op.when or op.variadic or op.by_name)
    inputs = frozenset(op.inputs)

    def call(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:
        if simple and len(args) == len(inputs) and only_arrays(args) and inputs.isdisjoint(kwargs):
            if "dtype" in kwargs:
                default_dtype(kwargs)
            return invoke(op, args, op.parse(kwargs), out, None, cls)  # the common form needs no sorting of arguments
        chosen, named, many, values = bind(op, called, args, kwargs, _is_array, ("out", "name"))
        out = values.pop("out", out)
        values.pop("name", None)
        ctx = as_context(values.pop("ctx", None)) if not chosen.inputs and out is None else None
        if chosen.count:
            values.setdefault(chosen.count, len(many))
        attrs = chosen.parse(values)
        names = chosen.active_inputs(attrs, len(many)) if chosen.when else chosen.inputs
        # as MXNet does, arrays in their order are the inputs that the call has, whatever they are called
        ins = [*many, *(named[n] for n in chosen.inputs if n in named)]
        if not chosen.variadic and len(ins) != len(names):
            missing = [n for n in names if n not in named]
            extra = [n for n in named if n not in names]
            raise MXNetTypeError(f"{called}: input {missing[0]!r} is missing" if missing else
                                 f"{called}: takes no input {extra[0]!r} with these attributes")
        if not only_arrays(ins):
            ins = _converted(chosen, called, ins)
        return invoke(chosen, ins, attrs, out, ctx, cls)
    call.__name__ = call.__qualname__ = called
    call.__doc__ = documentation(op, called)
    call.__signature__ = signature(op)
    return call


def _converted(op: Op, called: str, ins: list[Any]) -> list[NDArray]:
    """Bring NumPy arrays and lists among the inputs beside the NDArrays."""
    model = next((x for x in ins if isinstance(x, NDArray)), None)
    for i, x in enumerate(ins):
        if not isinstance(x, NDArray) and (model is None or not isinstance(x, (np.ndarray, list))):
            name = op.inputs[min(i, len(op.inputs) - 1)]
            raise MXNetTypeError(f"{called}: {name} is {type(x).__name__}; expected an NDArray")
    return [x if isinstance(x, NDArray) else beside(model, x) for x in ins]


namespace = functools.partial(_namespace, functools.partial(function, cls=NDArray))
method = functools.partial(_method, function)
