"""Symbol: outputs of a graph of operators, to be named, composed, inferred, stored and bound."""
from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import attribute
from .. import name as naming
from ..base import (
    MXNetError,
    MXNetIndexError,
    MXNetTypeError,
    MXNetValueError,
    NotImplementedForSymbol,
)
from ..context import Context, as_context
from ..dtypes import as_dtype, flag_of
from ..executor import Executor
from ..graph.inference import complete, shapes_of, types_of
from ..graph.node import Entry, Node, post_order, variables
from ..ndarray import NDArray, zeros
from ..ndarray.serialization import write_file
from ..ops import catalog
from ..ops.infer import known
from ..ops.op import Op
from ..ops.schema import as_text
from . import serialization

__all__ = ["Symbol", "Variable", "var", "Group", "load", "load_json", "compose"]


def compose(op: Op, called: str, named: Mapping[str, Symbol], many: Sequence[Symbol], values: Mapping[str, Any],
            name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return the application of an operator to symbols; inputs that are not given become variables.

    Parameters
    ----------
    op, called : Op, str
        The operator, and the name by which it was called, from which automatic names are made.
    named, many : dict, sequence
        Inputs by name, and those of the variadic parameter.
    values : dict
        The operator's attributes.
    name, attr : str, dict, optional
        Name and attributes of the new node.
    """
    values = dict(values)
    if op.count:
        values.setdefault(op.count, len(many))
    parsed = op.parse(values)
    if op.count and op.variadic == op.inputs[0] and parsed[op.count] < 1:
        raise MXNetValueError(f"{op.name}: needs at least one input")
    name = naming.current().get(name, called.lower())
    attrs = attribute.current().get(attr) | {key: as_text(value) for key, value in values.items()}
    node = Node(op, name, attrs)
    names = op.active_inputs(node.parsed, int(values[op.count]) if op.count else None)
    if len(many) > len(names):
        raise MXNetValueError(f"{op.name} {name!r}: takes {len(names)} inputs with these attributes, got {len(many)}")
    for key in named:
        if key not in names:
            raise MXNetValueError(f"{op.name} {name!r}: takes no input {key!r} with these attributes")
    for i, input_name in enumerate(names):
        given = many[i] if op.variadic and i < len(many) else named.get(input_name)
        if given is None:
            node.inputs.append((Node(None, f"{name}_{input_name}", dict(attrs)), 0))
            continue
        if not isinstance(given, Symbol):
            raise MXNetTypeError(f"{op.name} {name!r}: {input_name} is {type(given).__name__}; expected a Symbol")
        if len(given._heads) != 1:
            raise MXNetError(f"{op.name} {name!r}: {input_name} has {len(given._heads)} outputs; a single one is "
                             "required (index the symbol to choose)")
        node.inputs.append(given._heads[0])
    node.initialize_inputs()
    return Symbol([(node, i) for i in range(node.visible_count)])


def _apply(called: str, *symbols: Symbol, **values: Any) -> Symbol:
    op = catalog.get(called)
    return compose(op, called, {} if op.variadic else dict(zip(op.inputs, symbols)), symbols if op.variadic else (),
                   values)


def _arithmetic(both: str, scalar: str, python: str) -> Callable:
    def method(self: Symbol, other: Any) -> Symbol:
        if isinstance(other, Symbol):
            return _apply(both, self, other)
        if isinstance(other, (int, float, np.generic)):
            return _apply(scalar, self, scalar=other)
        return NotImplemented if not isinstance(other, NDArray) else _refuse(other)
    method.__name__ = python
    method.__doc__ = f"``self {python} other`` with a symbol or a number."
    return method


def _refuse(other: Any) -> Any:
    raise MXNetTypeError(f"a Symbol cannot be combined with a {type(other).__name__}; bind arrays to variables instead")


def _reflected(scalar: str, python: str) -> Callable:
    def method(self: Symbol, other: Any) -> Symbol:
        return _apply(scalar, self, scalar=other) if isinstance(other, (int, float, np.generic)) else NotImplemented
    method.__name__ = python
    method.__doc__ = f"``other {python} self`` with a number."
    return method


def _only_arrays(function: str, alias: str | None = None) -> Callable:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedForSymbol(function, alias)
    method.__name__ = function
    method.__doc__ = "Not for symbols, which have no values. Raises NotImplementedForSymbol."
    return method


class Symbol:
    """One or several outputs of a graph of operators; a recipe with no values.

    Made by :func:`Variable`, by the functions of ``mx.sym`` and by arithmetic, not by calling the class.

    Examples
    --------
    >>> import cupynet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.Variable('data'), num_hidden=4, name='fc1')
    >>> net.list_arguments()
    ['data', 'fc1_weight', 'fc1_bias']
    >>> net.infer_shape(data=(2, 3))
    ([(2, 3), (4, 3), (4,)], [(2, 4)], [])
    """

    __slots__ = ("_heads", "__weakref__")
    __array_priority__ = 1000.0
    __array_ufunc__ = None  # NumPy leaves arithmetic to us

    def __init__(self, heads: Sequence[Entry] | None):
        """Take over the outputs `heads`; ``None`` leaves the symbol to be filled by unpickling, as in MXNet."""
        self._heads = list(heads or ())

    # ---- names ---------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """Name of the operator or variable; None for a group."""
        nodes = {id(node) for node, _ in self._heads}
        return self._heads[0][0].name if len(nodes) == 1 else None

    def _variables(self) -> tuple[list[Node], list[Node]]:
        return variables(post_order(self._heads))

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs to be bound, auxiliary states left out."""
        return [node.name for node in self._variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the states that operators update, such as moving averages."""
        return [node.name for node in self._variables()[1]]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, arguments and auxiliary states, in order."""
        return [node.name for node in post_order(self._heads) if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return [node.output_name(i) for node, i in self._heads]

    def get_internals(self) -> Symbol:
        """Return a group of every value in the graph, inputs before users."""
        return Symbol([(node, i) for node in post_order(self._heads) for i in range(node.visible_count)])

    def get_children(self) -> Symbol | None:
        """Return a group of the direct inputs; None for a variable."""
        inputs = [entry for node in dict.fromkeys(node for node, _ in self._heads) for entry in node.inputs]
        return Symbol(inputs) if inputs else None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(node.name) for node, _ in self._heads)}]>"
        return f"<Symbol {self.name}>"

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[Symbol]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | str | slice) -> Symbol:
        if isinstance(index, str):
            found = [i for i, output in enumerate(self.list_outputs()) if output == index]
            if not found:
                raise MXNetValueError(f'Cannot find output that matches name "{index}"')
            if len(found) > 1:
                raise MXNetValueError(f'There are multiple outputs with name "{index}"')
            index = found[0]
        if isinstance(index, slice):
            return Symbol(self._heads[index])
        if not isinstance(index, int):
            raise MXNetTypeError(f"Symbol only support integer or text index to fetch i-th output, not {index!r}")
        if not -len(self._heads) <= index < len(self._heads):
            raise MXNetIndexError(f"output {index} of {self!r} does not exist; it has {len(self._heads)}")
        return Symbol([self._heads[index]])

    # ---- attributes ----------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """Return the attribute `key` as text, or None."""
        node = self._heads[0][0]
        return node.attrs.get(attribute.stored(key), node.attrs.get(key))

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return the attributes of the symbol's own node."""
        if recursive:
            raise MXNetError("Symbol.list_attr with recursive=True has been deprecated. Please use attr_dict instead.")
        return _with_short_names(self._heads[0][0].attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes of every node that has any, by the node's name."""
        return {node.name: _with_short_names(node.attrs) for node in post_order(self._heads) if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of the symbol's own node."""
        node = self._heads[0][0]
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise MXNetValueError("Set Attr only accepts string values")
            if node.op is not None and node.op.schema.fields:
                node.op.parse({**node.attrs, attribute.stored(key): value})
            node.attrs[attribute.stored(key)] = value
            vars(node).pop("parsed", None)

    # ---- composition ---------------------------------------------------------------------------

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """Return a copy with variables replaced by other symbols, given by name.

        ``name=`` renames the outermost operator of the copy.
        """
        composed = self.__copy__()
        composed._compose(*args, **kwargs)
        return composed

    def _compose(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> None:
        if args and kwargs:
            raise MXNetTypeError("compose only accept input Symbols either as positional or keyword arguments, "
                                 "not both")
        for each in (*args, *kwargs.values()):
            if not isinstance(each, Symbol):
                raise MXNetTypeError("Compose expect `Symbol` as arguments")
            if len(each._heads) != 1:
                raise MXNetError(f"compose: {each!r} has {len(each._heads)} outputs; a single one is required")
        if args:
            raise MXNetError("compose: General composition only support kwargs for now")
        order = post_order(self._heads)
        names = [node.name for node in order if node.op is None]
        for key in kwargs:
            if key not in names:
                raise MXNetError(f"Symbol.Compose: keyword argument name {key} not found. Candidate arguments: "
                                 + ", ".join(f"[{i}]{n}" for i, n in enumerate(names)))
        if name:
            for node, _ in self._heads:
                node.name = name

        def composed(entry: Entry) -> Entry:
            node = entry[0]
            return kwargs[node.name]._heads[0] if node.op is None and node.name in kwargs else entry

        for node in order:
            node.inputs = list(map(composed, node.inputs))
        self._heads = list(map(composed, self._heads))

    def __copy__(self) -> Symbol:
        copies: dict[int, Node] = {}
        for node in post_order(self._heads):
            copies[id(node)] = Node(node.op, node.name, dict(node.attrs), [(copies[id(p)], i) for p, i in node.inputs])
        return Symbol([(copies[id(node)], i) for node, i in self._heads])

    def __deepcopy__(self, memo: dict) -> Symbol:
        return self.__copy__()

    __add__ = _arithmetic("_plus", "_PlusScalar", "+")
    __sub__ = _arithmetic("_minus", "_MinusScalar", "-")
    __mul__ = _arithmetic("_mul", "_MulScalar", "*")
    __truediv__ = _arithmetic("_div", "_DivScalar", "/")
    __mod__ = _arithmetic("_mod", "_ModScalar", "%")
    __pow__ = _arithmetic("_power", "_PowerScalar", "**")
    __radd__ = _reflected("_PlusScalar", "+")
    __rsub__ = _reflected("_RMinusScalar", "-")
    __rmul__ = _reflected("_MulScalar", "*")
    __rtruediv__ = _reflected("_RDivScalar", "/")
    __rmod__ = _reflected("_RModScalar", "%")
    __rpow__ = _reflected("_rpower_scalar", "**")
    __eq__ = _arithmetic("_equal", "_equal_scalar", "==")
    __ne__ = _arithmetic("_not_equal", "_not_equal_scalar", "!=")
    __gt__ = _arithmetic("_greater", "_greater_scalar", ">")
    __ge__ = _arithmetic("_greater_equal", "_greater_equal_scalar", ">=")
    __lt__ = _arithmetic("_lesser", "_lesser_scalar", "<")
    __le__ = _arithmetic("_lesser_equal", "_lesser_equal_scalar", "<=")
    __hash__ = object.__hash__

    def __neg__(self) -> Symbol:
        return self * -1.0

    def __abs__(self) -> Symbol:
        return _apply("abs", self)

    __bool__ = _only_arrays("__bool__", "bool")
    __iadd__ = _only_arrays("__iadd__", "+=")
    __isub__ = _only_arrays("__isub__", "-=")
    __imul__ = _only_arrays("__imul__", "*=")
    __itruediv__ = _only_arrays("__itruediv__", "/=")
    asnumpy = _only_arrays("asnumpy")
    asscalar = _only_arrays("asscalar")
    copy = _only_arrays("copy")
    as_in_context = _only_arrays("as_in_context")
    detach = _only_arrays("detach")
    backward = _only_arrays("backward")
    wait_to_read = _only_arrays("wait_to_read")

    def reshape(self, *shape: Any, **kwargs: Any) -> Symbol:
        """Return the operator Reshape applied to this symbol."""
        if shape:
            kwargs["shape"] = shape[0] if len(shape) == 1 else shape
        return compose(catalog.get("Reshape"), "reshape", {"data": self}, (), kwargs)

    def astype(self, dtype: Any) -> Symbol:
        """Return the operator Cast applied to this symbol."""
        return compose(catalog.get("Cast"), "cast", {"data": self}, (), {"dtype": dtype})

    def reshape_like(self, other: Symbol, **kwargs: Any) -> Symbol:
        """Return the operator reshape_like applied to this symbol and `other`."""
        return compose(catalog.get("reshape_like"), "reshape_like", {"lhs": self, "rhs": other}, (), kwargs)

    def split_v2(self, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False) -> Symbol:
        """Return equal sections, or the parts before the given indices, as outputs of one symbol."""
        sections = indices_or_sections if isinstance(indices_or_sections, int) else 0
        indices = [] if sections else [0, *indices_or_sections]
        return _apply("_split_v2", self, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)

    def as_nd_ndarray(self) -> Symbol:
        """Return the symbol itself, which is of the classic kind."""
        return self

    # ---- inference -----------------------------------------------------------------------------

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple:
        """Return (argument shapes, output shapes, auxiliary shapes) from the shapes of some arguments.

        Shapes are given by position or by name; 0 stands for an unknown length. If they do not determine all
        shapes, a warning says which, and the result is ``(None, None, None)``. A contradiction raises
        MXNetError naming operator and argument.
        """
        result = self.infer_shape_partial(*args, **kwargs)
        missing = [f"{name}: {shape or None}" for name, shape in zip(self.list_arguments(), result[0])
                   if not known(shape) or shape == ()]
        if not missing and all(known(shape) and shape != () for part in result for shape in part):
            return result
        if args or kwargs:
            warnings.warn("Cannot decide shape for the following arguments (0s in shape means unknown dimensions). "
                          "Consider providing them as input:\n\t" + "\n\t".join(missing), stacklevel=2)
        return None, None, None

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """Return what follows from some shapes: like :meth:`infer_shape`, with 0 and ``()`` for what is unknown."""
        given = self._given("InferShape", args, kwargs)
        given = {name: _shape("infer_shape", name, shape) for name, shape in given.items()}
        order = post_order(self._heads)
        try:
            table = shapes_of(order, given)
        except MXNetError as error:
            print("infer_shape error. Arguments:")
            for name, shape in given.items():
                print(f"  {name}: {shape}")
            raise MXNetError(f"Error in operator {_node_of(error)}: {error}") from error.__cause__
        arg_nodes, aux_nodes = variables(order)
        return ([table[id(n)][0] or () for n in arg_nodes], [table[id(n)][i] or () for n, i in self._heads],
                [table[id(n)][0] or () for n in aux_nodes])

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple:
        """Return (argument types, output types, auxiliary types) as NumPy classes from the types of some arguments.

        If they do not determine all types the result is ``(None, None, None)``.
        """
        result = self.infer_type_partial(*args, **kwargs)
        return (None, None, None) if any(t is None for part in result for t in part) else result

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """Return what follows from some types: like :meth:`infer_type`, with None for what is unknown."""
        given = self._given("InferType", args, kwargs)
        order = post_order(self._heads)
        table = types_of(order, {name: as_dtype(dtype) for name, dtype in given.items()})
        arg_nodes, aux_nodes = variables(order)

        def kind(dtype: np.dtype | None) -> type | None:
            return None if dtype is None else dtype.type
        return ([kind(table[id(n)][0]) for n in arg_nodes], [kind(table[id(n)][i]) for n, i in self._heads],
                [kind(table[id(n)][0]) for n in aux_nodes])

    def _given(self, what: str, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        names = self.list_inputs()
        if args and kwargs:
            raise MXNetValueError("Can only specify known argument shapes either by positional or kwargs way.")
        if args:
            arguments = self.list_arguments()
            if len(args) > len(arguments):
                raise MXNetValueError(f"{what}: {len(args)} values for {len(arguments)} arguments")
            kwargs = dict(zip(arguments, args))
        for name in kwargs:
            if name not in names:
                raise MXNetError(f"{what}: Keyword argument name {name} not found. Candidate arguments: "
                                 + ", ".join(f"[{i}]{n}" for i, n in enumerate(names)))
        return {name: value for name, value in kwargs.items() if value is not None}

    # ---- storing -------------------------------------------------------------------------------

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """Return the graph as JSON text, laid out as MXNet writes it.

        Parameters
        ----------
        remove_amp_cast : bool
            Leave out the casts that automatic mixed precision inserts.
        """
        return serialization.dump(self._heads, remove_amp_cast)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write :meth:`tojson` to a file."""
        if not isinstance(fname, (str, os.PathLike)):
            raise MXNetTypeError(f"save: fname is {type(fname).__name__}; expected a path")
        write_file(fname, self.tojson(remove_amp_cast).encode())

    def __getstate__(self) -> dict[str, str]:
        return {"handle": self.tojson(remove_amp_cast=False)}

    def __setstate__(self, state: dict[str, str]) -> None:
        self._heads = serialization.load(state["handle"])

    def __reduce__(self) -> tuple:
        return Symbol, (None,), self.__getstate__()

    # ---- binding -------------------------------------------------------------------------------

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
        order = post_order(self._heads)
        arg_nodes, aux_nodes = variables(order)
        listing = "".join(f"{name}: {shape}\n" for name, shape in kwargs.items())
        given = {name: _shape("simple_bind", name, shape) for name, shape in kwargs.items()}
        dtypes = {name: as_dtype(dtype) for name, dtype in (type_dict or {}).items()}
        try:
            shapes, types = shapes_of(order, given), complete(order, dtypes)
        except MXNetError as error:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}Error in operator {_node_of(error)}: "
                             f"{error}") from error.__cause__
        unknown = [n for n in (*arg_nodes, *aux_nodes) if not known(shapes[id(n)][0])]
        if unknown:
            raise MXNetError(f"simple_bind error. Arguments:\n{listing}InferShape pass cannot decide shapes for the "
                             "following arguments (0 means unknown dimensions). Please consider providing them as "
                             "inputs:\n"
                             + ", ".join(f"{n.name}: {shapes[id(n)][0]}" for n in unknown))
        old = {} if shared_exec is None else {**shared_exec.arg_dict, **shared_exec.aux_dict}
        old_grads = {} if shared_exec is None or shared_exec.grad_arrays is None else shared_exec.grad_dict
        buffer = {} if shared_buffer is None else shared_buffer

        def allocate(node: Node, pool: dict[str, NDArray | None], label: str) -> NDArray:
            shape, dtype = shapes[id(node)][0], types[id(node)][0]
            for found in (pool.get(node.name), buffer.get(label)):
                if found is not None and found.shape == shape and found._data.dtype == dtype and found.context is ctx:
                    return found
            buffer[label] = made = zeros(shape, ctx, dtype)
            return made

        names = [n.name for n in arg_nodes]
        reqs = _requests(grad_req, names)
        args = [allocate(n, old, n.name) for n in arg_nodes]
        grads = [None if req == "null" else allocate(n, old_grads, f"grad of {n.name}")
                 for n, req in zip(arg_nodes, reqs)]
        aux = [allocate(n, old, n.name) for n in aux_nodes]
        return Executor(self.__copy__(), ctx, args, grads, reqs, aux)

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
        return Executor(self.__copy__(), ctx, arrays, grads, reqs, aux)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Return the outputs for arguments given by name."""
        ctx = as_context(ctx) if ctx is not None or not kwargs else next(iter(kwargs.values())).context
        return self.bind(ctx, kwargs).forward()

    def gradient(self, wrt: Sequence[str]) -> Symbol:
        """Not offered, as in MXNet 1.x: gradients come from an executor's backward. Raises MXNetError."""
        raise MXNetError("Symbol.gradient is not supported; bind the symbol and call backward")

    def optimize_for(self, backend: str, *args: Any, **kwargs: Any) -> Symbol:
        """Not offered: there are no subgraph backends. Raises MXNetError."""
        raise MXNetError(f"optimize_for: there is no subgraph backend {backend!r}; executors optimize by themselves")

    def debug_str(self) -> str:
        """Return a listing of the graph, one node a line."""
        lines = []
        if len(self) > 1 or self._heads[0][0].op is not None:
            lines += ["Symbol Outputs:"]
            lines += [f"\toutput[{i}]={node.name}({k})" for i, (node, k) in enumerate(self._heads)]
        for node in post_order(self._heads):
            if node.op is None:
                lines.append(f"Variable:{node.name}")
            else:
                lines += ["--------------------", f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
                lines += [f"\targ[{i}]={parent.name}({k}) version=0" for i, (parent, k) in enumerate(node.inputs)]
                if node.attrs:
                    lines += ["Attrs:", *(f"\t{key}={value}" for key, value in sorted(node.attrs.items()))]
        return "\n".join(lines) + "\n"


# ---- helpers --------------------------------------------------------------------------------------

def _with_short_names(attrs: Mapping[str, str]) -> dict[str, str]:
    """Return attributes with the hidden ones also under their short names."""
    found = dict(attrs)
    for short in attribute.HIDDEN:
        if f"__{short}__" in attrs:
            found[short] = attrs[f"__{short}__"]
    return found


def _node_of(error: MXNetError) -> str:
    """Return the name of the node in the message ``Op 'node': ...``."""
    parts = str(error).split("'")
    return parts[1] if len(parts) > 1 else "?"


def _shape(what: str, name: str, shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, (int, np.integer)) and n >= 0 for n in shape):
        raise MXNetTypeError(f"{what}: {name} is {shape!r}; expected a shape, a tuple of lengths (0 where unknown)")
    return tuple(map(int, shape))


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


def Variable(name: str, attr: dict[str, str] | None = None, shape: Any = None, lr_mult: float | None = None,
             wd_mult: float | None = None, dtype: Any = None, init: Any = None, stype: str | None = None,
             **kwargs: str) -> Symbol:
    """Return a symbol that stands for an array to be bound.

    Parameters
    ----------
    name : str
    attr : dict of str, optional
        Attributes of one's own.
    shape, dtype : optional
        What is known beforehand; 0 in a shape is an unknown length.
    lr_mult, wd_mult : float, optional
        Multipliers of learning rate and weight decay.
    init : Initializer or str, optional
        How to initialize the array.
    **kwargs : str
        More attributes, whose names must begin and end with two underscores.
    """
    if not isinstance(name, str):
        raise MXNetTypeError("Expect a string for variable `name`")
    if stype not in (None, "default"):
        raise MXNetError(f"Variable: storage type {stype!r} is not supported; arrays are dense ('default')")
    attrs = attribute.current().get(attr)
    for key, value in (("__shape__", None if shape is None else tuple(shape)), ("__lr_mult__", lr_mult),
                       ("__wd_mult__", wd_mult), ("__dtype__", None if dtype is None else flag_of(dtype))):
        if value is not None:
            attrs[key] = str(value)
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise MXNetValueError(f"Attribute name={key} is not supported. Additional attributes must start and end "
                                  "with double underscores, e.g, __yourattr__")
        attrs[key] = str(value)
    return Symbol([(Node(None, name, attrs), 0)])


var = Variable


def Group(symbols: Sequence[Symbol]) -> Symbol:
    """Return one symbol with the outputs of all `symbols`."""
    symbols = list(symbols)
    if not symbols or not all(isinstance(each, Symbol) for each in symbols):
        raise MXNetTypeError("Expected a list of symbols as input")
    return Symbol([entry for each in symbols for entry in each._heads])


def load(fname: str) -> Symbol:
    """Return the symbol stored in a JSON file, also one of an old version of MXNet."""
    return Symbol(serialization.load_file(fname))


def load_json(json_str: str) -> Symbol:
    """Return the symbol stored in JSON text, also of an old version of MXNet."""
    if not isinstance(json_str, str):
        raise MXNetTypeError("fname required to be string")
    return Symbol(serialization.load(json_str))
