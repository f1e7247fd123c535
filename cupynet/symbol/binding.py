"""Binding a symbol to arrays."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context, as_context
from ..dtypes import as_dtype
from ..executor import Executor
from ..graph.node import Node
from ..graph.structure import Structure
from ..ndarray import NDArray
from ..ndarray.creation import filled
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
        shared_exec : Executor, optional
            An executor whose arrays of the same name and shape are used instead of new ones.
        shared_buffer : dict, optional
            Arrays by name to use; new ones are added.
        **kwargs
            Shapes by name. Names that the symbol does not have are ignored.

        Raises
        ------
        MXNetError
            If shapes contradict each other, or do not follow.
        """
        _only_dense(stype_dict, group2ctx)
        ctx = as_context(ctx)
        symbol = self.__copy__()  # which nobody changes
        structure = Structure(symbol._heads)
        arg_nodes, aux_nodes = structure.arguments, structure.auxiliary
        listing = "".join(f"{name}: {shape}\n" for name, shape in kwargs.items())
        given = {name: as_shape("simple_bind", name, shape) for name, shape in kwargs.items()}
        dtypes = {name: as_dtype(dtype) for name, dtype in (type_dict or {}).items()}
        try:
            shapes, types = structure.infer(given, dtypes)
        except MXNetError as error:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}Error in operator {node_of(error)}: "
                             f"{error}") from error.__cause__
        unknown = [n for n in (*arg_nodes, *aux_nodes) if not known(shapes[id(n)][0])]
        if unknown:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}InferShape pass cannot decide shapes for the "
                             "following arguments (-1 means unknown dimensions). Please consider providing them as "
                             "inputs:\n"
                             + "".join(f"{n.name}: {printed_shape(shapes[id(n)][0])}, " for n in unknown))
        old = {} if shared_exec is None else {**shared_exec.arg_dict, **shared_exec.aux_dict}
        old_grads = {} if shared_exec is None or shared_exec.grad_arrays is None else shared_exec.grad_dict
        buffer = {} if shared_buffer is None else shared_buffer

        def allocate(node: Node, pool: dict[str, NDArray | None], label: str) -> NDArray:
            shape, dtype = shapes[id(node)][0], types[id(node)][0]
            for found in (pool.get(node.name), buffer.get(label)):
                if found is not None and found.shape == shape and found._data.dtype == dtype and found.context is ctx:
                    return found
            buffer[label] = made = filled("simple_bind", shape, 0, ctx, dtype)
            return made

        names = [n.name for n in arg_nodes]
        reqs = _requests(grad_req, names)
        args = [allocate(n, old, n.name) for n in arg_nodes]
        grads = [None if req == "null" else allocate(n, old_grads, f"grad of {n.name}")
                 for n, req in zip(arg_nodes, reqs)]
        aux = [allocate(n, old, n.name) for n in aux_nodes]
        return Executor(symbol, ctx, args, grads, reqs, aux, shared_exec, structure)

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

        Raises
        ------
        MXNetValueError
            If an array is missing, or a list has the wrong length. Extra names in a dict are ignored.
        """
        _only_dense(None, group2ctx)
        ctx = as_context(ctx)
        arg_nodes, aux_nodes = self._variables()
        names = [n.name for n in arg_nodes]
        aux_names = [n.name for n in aux_nodes]
        arrays = _arrays("args", args, names)
        aux = _arrays("aux_states", aux_states if aux_states is not None else [], aux_names)
        reqs = _requests(grad_req, names)
        if args_grad is None:
            grads = None
        elif isinstance(args_grad, Mapping):
            grads = [args_grad.get(name) for name in names]
        else:
            grads = _arrays("args_grad", args_grad, names, optional=True)
        return Executor(self.__copy__(), ctx, arrays, grads, reqs, aux, shared_exec)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Return the outputs for arguments given by name."""
        ctx = as_context(ctx) if ctx is not None or not kwargs else next(iter(kwargs.values())).context
        return self.bind(ctx, kwargs).forward()


def _only_dense(stype_dict: Any, group2ctx: Any) -> None:
    if any(stype != "default" for stype in (stype_dict or {}).values()):
        raise MXNetError(f"bind: storage types {stype_dict} are not supported; arrays are dense ('default')")
    if group2ctx:
        raise MXNetError("bind: group2ctx (one graph over several contexts) is not supported; bind one executor a "
                         "context")


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
