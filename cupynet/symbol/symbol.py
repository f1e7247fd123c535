"""Symbol: outputs of a graph of operators, to be named, composed, inferred, stored and bound."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from .. import attribute
from ..base import MXNetError, MXNetTypeError, MXNetValueError, NotImplementedForSymbol
from ..dtypes import flag_of
from ..graph.node import Entry, Node, post_order
from ..ndarray.serialization import write_file
from ..ops import catalog
from . import serialization
from .arithmetic import Arithmetic
from .attributes import Attributes
from .base import SymbolBase
from .binding import Binding
from .compose import apply, compose
from .inference import Inference

__all__ = ["Symbol", "Variable", "var", "Group", "load", "load_json"]


def _only_arrays(function: str, alias: str | None = None) -> Callable:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedForSymbol(function, alias)
    method.__name__ = function
    method.__doc__ = "Not for symbols, which have no values. Raises NotImplementedForSymbol."
    return method


class Symbol(Arithmetic, Attributes, Inference, Binding):
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

    __slots__ = ()

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
        return apply("_split_v2", self, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)

    def as_nd_ndarray(self) -> Symbol:
        """Return the symbol itself, which is of the classic kind."""
        return self

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


SymbolBase._class = Symbol


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
    attrs = attribute.composed(attr)
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
