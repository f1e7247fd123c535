"""Binding a symbol to arrays."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context, as_context
from ..dtypes import as_dtype
from ..executor import Executor
from ..graph.groups import assign
from ..graph.node import Node, copied
from ..graph.structure import Structure
from ..interpreted import bind
from ..ndarray import NDArray
from ..ndarray.creation import filled
from ..ndarray.flight import share
from ..ops.infer import known
from ..ops.notation import printed_shape
from .base import SymbolBase
from .inference import as_shape, node_of

__all__ = ["Binding"]


class Binding(SymbolBase):
    """A symbol that can be bound."""

    __slots__ = ()

    def simple_bind(self, ctx: Context, grad_req: Any = "write", type_dict: dict[str, Any] | None = None,
                    stype_dict: dict[str, str] | None = None, group2ctx: Any = None, shared_arg_names: Any = None,
                    shared_exec: Executor | None = None, shared_buffer: dict[str, NDArray] | None = None,
                    **kwargs: Any) -> Executor:
        """Return an executor on new arrays of zeros, whose shapes follow from those given by name.

        Parameters
        ----------
        ctx : Context
            Where the arrays live.
        grad_req : str, list or dict
            ``"write"``, ``"add"`` or ``"null"``, for all, by position, or by name.
        type_dict : dict, optional
            Dtypes by name (float32 where nothing follows).
        group2ctx : dict, optional
            Name of a group (``AttrScope(ctx_group=...)``) -> the context on which its nodes run and its variables are.
        shared_exec, shared_arg_names : Executor, list of str, optional
            An executor whose memory for intermediate values is used again (so the two take turns), and, if
            `shared_buffer` is given as well, whose arguments of these names, their gradients and auxiliary states.
        shared_buffer : dict, optional
            Arrays by name, whose beginning is used for other arguments where it is large enough; new ones are added.
        **kwargs
            Shapes by name. Names that the symbol does not have are ignored.

        Raises
        ------
        MXNetError
            If shapes contradict each other, or do not follow.
        """
        _only_dense(stype_dict)
        ctx, groups = as_context(ctx), _groups(group2ctx)
        structure = Structure(*copied(self._heads))  # which nobody changes
        names = {node.name for node in structure.inputs}
        listing = "".join(f"{name}: {shape}\n" for name, shape in kwargs.items())
        given = {name: as_shape("simple_bind", name, shape) for name, shape in kwargs.items() if name in names}
        dtypes = {name: as_dtype(dtype) for name, dtype in (type_dict or {}).items()}
        try:
            shapes, types = structure.infer(given, dtypes)
        except MXNetError as error:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}Error in operator {node_of(error)}: "
                             f"{error}") from error.__cause__
        arguments, auxiliary = structure.arguments, structure.auxiliary
        unknown = [n for n in (*arguments, *auxiliary) if not known(shapes[id(n)][0])]
        if unknown:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}InferShape pass cannot decide shapes for the "
                             "following arguments (-1 means unknown dimensions). Please consider providing them as "
                             "inputs:\n"
                             + "".join(f"{n.name}: {printed_shape(shapes[id(n)][0])}, " for n in unknown))
        where = assign(structure.order, ctx, groups) if groups else {}
        source = _Arrays(shared_exec, shared_arg_names, shared_buffer)

        def made(node: Node, kind: str = "") -> NDArray:
            return source.get(node.name, kind, shapes[id(node)][0], types[id(node)][0], where.get(id(node), ctx))
        reqs = _requests(grad_req, [n.name for n in arguments])
        args = [made(n) for n in arguments]
        grads = [None if req == "null" else made(n, "grad of ") for n, req in zip(arguments, reqs)]
        aux = [made(n) for n in auxiliary]
        return bind(type(self)(structure.heads), ctx, args, grads, reqs, aux, shared_exec, structure, groups)

    def bind(self, ctx: Context, args: Any, args_grad: Any = None, grad_req: Any = "write", aux_states: Any = None,
             group2ctx: Any = None, shared_exec: Executor | None = None) -> Executor:
        """Return an executor on the given arrays.

        Parameters
        ----------
        ctx : Context
            Where the arrays live.
        args, args_grad, aux_states : list, or dict by name, of NDArray
            Arguments; arrays for their gradients (no gradients without); auxiliary states.
        grad_req : str, list or dict
            ``"write"``, ``"add"`` or ``"null"``, for all, by position, or by name.
        group2ctx : dict, optional
            Name of a group (``AttrScope(ctx_group=...)``) -> the context on which its nodes run.
        shared_exec : Executor, optional
            An executor whose memory for intermediate values is used again, so that the two take turns.

        Raises
        ------
        MXNetValueError
            If an array is missing, or a list has the wrong length. Extra names in a dict are ignored.
        """
        ctx = as_context(ctx)
        structure = Structure(*copied(self._heads))  # which nobody changes
        names = [n.name for n in structure.arguments]
        aux_names = [n.name for n in structure.auxiliary]
        arrays = _arrays("args", args, names)
        aux = _arrays("aux_states", aux_states if aux_states is not None else [], aux_names)
        reqs = _requests(grad_req, names)
        if args_grad is None:
            grads = None
        elif isinstance(args_grad, Mapping):
            grads = [args_grad.get(name) for name in names]
        else:
            grads = _arrays("args_grad", args_grad, names, optional=True)
        return bind(type(self)(structure.heads), ctx, arrays, grads, reqs, aux, shared_exec, structure,
                    _groups(group2ctx))

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Return the outputs for arguments given by name."""
        ctx = as_context(ctx) if ctx is not None or not kwargs else next(iter(kwargs.values())).context
        return self.bind(ctx, kwargs).forward()


class _Arrays:
    """Where simple_bind gets its arrays: from an executor, from a buffer, or new."""

    def __init__(self, executor: Executor | None, names: Any, buffer: Any):
        if names is not None and not isinstance(names, list):
            raise MXNetValueError("shared_arg_names in simple_bind must be a list or None")
        if buffer is not None and not isinstance(buffer, dict):
            raise MXNetValueError("shared_buffer in simple_bind must be dict or None")
        self._names, self._buffer = names or (), buffer
        self._old: dict[str, NDArray | None] = {}
        if executor is not None and names is not None and buffer is not None:
            grads = executor.grad_dict if executor.grad_arrays is not None else {}
            self._old = {**{name: executor.arg_dict.get(name) for name in names}, **executor.aux_dict,
                         **{f"grad of {name}": grads.get(name) for name in names}}

    def get(self, name: str, kind: str, shape: tuple[int, ...], dtype: Any, ctx: Context) -> NDArray:
        """Return the array `name`, or with the `kind` ``"grad of "`` its gradient."""
        label = kind + name
        old = self._old.get(label)
        if old is not None:
            if old.shape != shape or old.dtype != dtype:
                raise MXNetError(f"simple_bind error. Inferred shape does not match shared_exec's array {label}: it is "
                                 f"{old.shape} {old._data.dtype}, expected {shape} {dtype}")
            return old
        if self._buffer is None or name in self._names:
            return filled("simple_bind", shape, 0, ctx, dtype)
        found = self._buffer.get(label)
        if found is not None and found._data.dtype != dtype:
            raise MXNetError(f"simple_bind error. Requested arg array's dtype does not match that of the reusable "
                             f"ndarray {label}: {dtype} and {found._data.dtype}")
        if found is None or found.context is not ctx or found.size < math.prod(shape):
            self._buffer[label] = found = filled("simple_bind", shape, 0, ctx, dtype)
        if found.shape == shape:
            return found
        return share(found, found._data.reshape(-1)[:math.prod(shape)].reshape(shape))


def _only_dense(stype_dict: Any) -> None:
    if any(stype != "default" for stype in (stype_dict or {}).values()):
        raise MXNetError(f"bind: storage types {stype_dict} are not supported; arrays are dense ('default')")


def _groups(group2ctx: Any) -> dict[str, Context] | None:
    if not group2ctx:
        return None
    if not isinstance(group2ctx, Mapping) or not all(isinstance(ctx, Context) for ctx in group2ctx.values()):
        raise MXNetTypeError(f"bind: group2ctx is {group2ctx!r}; expected a dict of contexts by the name of a group")
    return dict(group2ctx)


def _requests(grad_req: Any, names: Sequence[str]) -> list[str]:
    if isinstance(grad_req, str):
        reqs = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        reqs = [grad_req.get(name, "null") for name in names]
    else:
        reqs = list(grad_req)
    if len(reqs) != len(names):
        raise MXNetValueError(f"bind: {len(reqs)} values of grad_req for {len(names)} arguments")
    for name, req in zip(names, reqs):
        if req not in ("write", "add", "null"):
            raise MXNetValueError(f"bind: grad_req of {name!r} is {req!r}; expected 'write', 'add' or 'null'")
    return reqs


def _arrays(what: str, given: Any, names: Sequence[str], optional: bool = False) -> list:
    if isinstance(given, NDArray):
        given = [given]
    if isinstance(given, Mapping):
        for name in names:
            if name not in given:
                raise MXNetValueError(f"key `{name}` is missing in `{what}`")
        given = [given[name] for name in names]
    if not isinstance(given, (list, tuple)):
        raise MXNetTypeError(f"bind: {what} is {type(given).__name__}; expected a list or a dict of NDArrays")
    if len(given) != len(names):
        raise MXNetValueError(f"Length of {what} does not match the number of arguments")
    for name, each in zip(names, given):
        if not isinstance(each, NDArray) and not (optional and each is None):
            raise MXNetTypeError(f"bind: {what} {name!r} is {type(each).__name__}; expected an NDArray")
    return list(given)
