"""Calling an operator by its public signature: inputs first, then attributes, each by position or by name."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..base import MXNetTypeError, _Null
from . import catalog
from .op import Op
from .schema import REQUIRED

__all__ = ["bind", "signature", "documentation", "publish", "namespace", "method", "default_dtype",
           "FLUENT"]

# Operators that are also methods of NDArray and Symbol.
FLUENT = tuple((
    "abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort broadcast_axes "
    "broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space diag exp expand_dims expm1 fix "
    "flatten flip floor log log10 log1p log2 log_softmax max mean min nanprod nansum norm one_hot ones_like pad "
    "pick prod radians rcbrt reciprocal relu repeat reshape_like rint round rsqrt shape_array sigmoid sign sin sinh "
    "size_array slice slice_axis slice_like softmax softmin sort space_to_depth split sqrt square squeeze sum "
    "swapaxes take tan tanh tile topk transpose trunc zeros_like").split())


def bind(op: Op, called: str, args: tuple, kwargs: dict[str, Any], is_array: Callable[[Any], bool],
         last: tuple[str, ...] = ()) -> tuple[Op, dict[str, Any], list[Any], dict[str, Any]]:
    """Sort the arguments of a call.

    Parameters
    ----------
    last : tuple of str
        What may be given by position behind the attributes; it is put among their values.

    Returns
    -------
    (operator, named inputs, inputs of the variadic parameter, attribute values)
        The operator is the one for this call where `op` is open; then attributes are given by name only.
    """
    if op.resolver is not None:
        op = op.resolve({name: value for name, value in kwargs.items() if not is_array(value)})
    named: dict[str, Any] = {}
    many: list[Any] = []
    values: dict[str, Any] = {}
    fixed = op.inputs[:-1] if op.variadic else op.inputs
    attr_names = [n for n in op.schema.fields if n != op.count]
    if op.variadic:
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            args = tuple(args[0])
        wrong = next((value for value in args if not is_array(value)), None)
        if wrong is not None:
            raise MXNetTypeError(f"{called}: an input is {wrong!r}; attributes of this operator are given by name")
        many, args, names = list(args), (), ()
    else:
        names = ([*(n for n in fixed if n not in op.by_name), *attr_names, *last] if op.resolver is None
                 else fixed)
    if len(args) > len(names):
        raise MXNetTypeError(f"{called}: takes at most {len(names)} positional arguments ({', '.join(names)}), "
                             f"got {len(args)}")
    for name, value in [*zip(names, args), *kwargs.items()]:
        if value is _Null:  # as if it had not been given
            continue
        if name in fixed:
            if name in named:
                raise MXNetTypeError(f"{called}: got {name!r} twice")
            if value is not None:
                named[name] = value
        elif op.variadic and is_array(value):
            many.append(value)
        elif name in values:
            raise MXNetTypeError(f"{called}: got {name!r} twice")
        elif value is not None or name in op.schema.fields:
            values[name] = value
    default_dtype(values)
    for name in [n for n, v in values.items() if v is None and n not in op.schema.nullable]:
        del values[name]  # an explicit None stands for the default, unless it is a value itself
    return op, named, many, values


def default_dtype(values: dict[str, Any]) -> None:
    """Let a `dtype` that is given as None mean what it means to NumPy, as in MXNet's functions of operators."""
    if values.get("dtype", _Null) is None:
        values["dtype"] = "float64"


def signature(op: Op) -> inspect.Signature:
    """Return the public signature of `op` as a function of arrays."""
    P = inspect.Parameter
    parameters = []
    for name in op.inputs:
        if name == op.variadic:
            parameters.append(P(name, P.VAR_POSITIONAL))
        elif name not in op.by_name:
            parameters.append(P(name, P.POSITIONAL_OR_KEYWORD, default=None))
    kind = P.KEYWORD_ONLY if op.variadic else P.POSITIONAL_OR_KEYWORD
    for name, (annotation, default) in op.schema.fields.items():
        if name != op.count:
            parameters.append(P(name, kind, default=None if default is REQUIRED else default, annotation=annotation))
    parameters += [P(name, P.KEYWORD_ONLY, default=None) for name in op.by_name]
    parameters += [P("out", P.KEYWORD_ONLY, default=None), P("name", P.KEYWORD_ONLY, default=None)]
    if op.resolver is not None:
        parameters.append(P("kwargs", P.VAR_KEYWORD))
    return inspect.Signature(parameters)


def documentation(op: Op, called: str) -> str:
    """Return the docstring of the public function `called`."""
    return op.doc if called == op.name else f"{op.doc}\n\nThe same operator as ``{op.name}``."


Maker = Callable[[Op, str], Callable]  # (operator, name by which it is called) -> public function


def publish(functions: dict[str, Callable], module: dict[str, Any]) -> None:
    """Put functions that were made into a module under their names, where pickle looks for them."""
    for name, function in functions.items():
        function.__module__, function.__qualname__ = module["__name__"], name
        module[name] = function


def namespace(make: Maker, prefix: str, module: dict[str, Any]) -> tuple[Callable, Callable]:
    """Return ``__getattr__`` and ``__dir__`` for a module of the operators whose names begin with `prefix`.

    A function is made when it is first asked for, so operators that are registered later appear as well.
    """
    def get(name: str) -> Callable:
        op = None if name.startswith("__") else catalog.find(prefix + name)
        if op is None:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        made = make(op, name)
        publish({name: made}, module)
        return made

    def listing() -> list[str]:
        return sorted({*module, *(n[len(prefix):] for n in catalog.names() if n.startswith(prefix))})
    return get, listing


def method(make: Maker, name: str) -> Callable:
    """Return the operator `name` as a method: the array or symbol is its first input."""
    op, call = catalog.get(name), None

    def fluent(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal call
        if call is None:  # most are never called
            call = make(op, name)
        return call(self, *args, **kwargs)
    fluent.__name__, fluent.__doc__ = name, documentation(op, name)
    return fluent
