"""Symbol: outputs of a graph of operators, to be named, composed, inferred, stored and bound."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import attribute
from ..base import MXNetError, MXNetKeyError, MXNetTypeError, MXNetValueError
from ..context import Context
from ..dtypes import flag_of
from ..graph.node import Entry, Node, post_order
from ..ndarray.serialization import write_file
from ..ops.schema import as_text
from . import serialization
from .arithmetic import Arithmetic
from .attributes import Attributes
from .base import SymbolBase
from .binding import Binding
from .compose import connect
from .inference import Inference
from .methods import Methods

__all__ = ["Symbol", "Variable", "var", "Group", "load", "load_json"]

_STORAGE = {"default": 0, "row_sparse": 1, "csr": 2}
_BACKENDS = ("MKLDNN", "MKLDNN_QUANTIZE")


class Symbol(Arithmetic, Methods, Attributes, Inference, Binding):
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
        node = self._heads[0][0]
        if node.op is not None and not node.inputs and self.name is not None:  # an operator without inputs yet
            node.name = name or node.name
            names = () if node.op.variadic else node.op.active_inputs(node.parsed)
            if len(args) > len(names) and not node.op.variadic:
                raise MXNetError(f"Incorrect number of arguments, requires {len(names)}, provided {len(args)}")
            connect(node, {**dict(zip(names, args)), **kwargs}, args if node.op.variadic else ())
            return
        if args:
            raise MXNetError("compose: General composition only support kwargs for now")
        order = post_order(self._heads)
        names = [node.name for node in order if node.op is None]
        for key in kwargs:
            if key not in names:
                raise MXNetError(f"Symbol.Compose: keyword argument name {key} not found. Candidate arguments: "
                                 + ", ".join(f"[{i}]{n}" for i, n in enumerate(names)))
        if name:
            node.name = name

        def composed(entry: Entry) -> Entry:
            node = entry[0]
            return kwargs[node.name]._heads[0] if node.op is None and node.name in kwargs else entry

        for node in order:
            if any(parent.op is None and parent.name in kwargs for parent, _ in node.inputs):
                node.inputs = list(map(composed, node.inputs))
                node.number_updates()
        self._heads = list(map(composed, self._heads))

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

    # ---- what an executor does by itself -------------------------------------------------------

    def gradient(self, wrt: Sequence[str]) -> Symbol:
        """Not offered, as in MXNet 1.x: gradients come from an executor's backward. Raises MXNetError."""
        raise MXNetError("Symbol.gradient is not supported; bind the symbol and call backward")

    def get_backend_symbol(self, backend: str) -> Symbol:
        """Return the symbol as a subgraph backend would run it: itself, for those of MXNet's CPU build.

        Executors optimize by themselves, so there is nothing to choose. Any other `backend` raises MXNetError.
        """
        if backend not in _BACKENDS:
            raise MXNetError(f"SubgraphProperty {backend} is not found in SubgraphBackendRegistry; executors optimize "
                             "by themselves")
        return self.__copy__()

    def optimize_for(self, backend: str, args: Any = None, aux: Any = None, ctx: Context | None = None,
                     shape_dict: Any = None, type_dict: Any = None, stype_dict: Any = None, skip_infer: bool = False,
                     **kwargs: Any) -> Symbol:
        """Return what :meth:`get_backend_symbol` does; with a ``backend`` that does not exist, MXNet only logs."""
        return self.get_backend_symbol(backend)

    # ---- looking inside ------------------------------------------------------------------------

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
                lines += [f"\targ[{i}]={parent.name}({k})"
                          + (f" version={getattr(entry, 'version', 0)}" if parent.op is None else "")
                          for i, entry in enumerate(node.inputs) for parent, k in (entry,)]
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
    stype : str, optional
        How the array is stored: ``"default"``, ``"row_sparse"`` or ``"csr"``.
    **kwargs : str
        More attributes, whose names must begin and end with two underscores.
    """
    if not isinstance(name, str):
        raise MXNetTypeError("Expect a string for variable `name`")
    if stype is not None and stype not in _STORAGE:
        raise MXNetKeyError(f"Variable: stype is {stype!r}; expected one of {', '.join(map(repr, _STORAGE))}")
    attrs = attribute.composed(attr)
    for key, value in (("__shape__", shape), ("__lr_mult__", lr_mult), ("__wd_mult__", wd_mult),
                       ("__dtype__", None if dtype is None else flag_of(dtype)),
                       ("__storage_type__", _STORAGE.get(stype))):
        if value is not None:
            attrs[key] = as_text(value)
    if init is not None:
        if not isinstance(init, str):
            if not hasattr(init, "dumps"):
                raise MXNetTypeError(f"Variable: init is {init!r}; expected an Initializer or text")
            init = init.dumps()
        attrs["__init__"] = init
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise MXNetValueError(f"Attribute name={key} is not supported. Additional attributes must start and end "
                                  "with double underscores, e.g, __yourattr__")
        attrs[key] = as_text(value)
    return Symbol([(Node(None, name, attrs), 0)])


var = Variable


def Group(symbols: Iterable[Symbol], create_fn: Callable[[list[Entry]], Any] = Symbol) -> Any:
    """Return one symbol, made by `create_fn`, with the outputs of all `symbols`."""
    symbols = list(symbols) if isinstance(symbols, Iterable) else []
    if not symbols or not all(isinstance(each, SymbolBase) for each in symbols):
        raise MXNetTypeError("Expected a list of symbols as input")
    return create_fn([entry for each in symbols for entry in each._heads])


def load(fname: str) -> Symbol:
    """Return the symbol stored in a JSON file, also one of an old version of MXNet."""
    return Symbol(serialization.load_file(fname))


def load_json(json_str: str) -> Symbol:
    """Return the symbol stored in JSON text, also of an old version of MXNet."""
    if not isinstance(json_str, str):
        raise MXNetTypeError("fname required to be string")
    return Symbol(serialization.load(json_str))
