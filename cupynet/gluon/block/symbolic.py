"""SymbolBlock: a symbol as a block."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import MXNetAssertionError, MXNetError, MXNetTypeError, mx_real_t
from ...context import Context
from ...ndarray.base import NDArrayBase
from ...symbol import Group, Symbol, load, var
from ...symbol.base import SymbolBase
from ..parameter import ParameterDict
from ..text import common_start
from .formats import flatten, regroup
from .hybrid import HybridBlock

__all__ = ["SymbolBlock"]

_NORMALIZATIONS = ("BatchNorm", "BatchNorm_v1", "_contrib_SyncBatchNorm")


class SymbolBlock(HybridBlock):
    """A block made of a symbol, such as a network from a file, or the inner layers of one.

    Parameters
    ----------
    outputs : Symbol, or (nested) list of Symbol
    inputs : Symbol, or list of Symbol
        Variables of `outputs` that are its inputs; all others are parameters.
    params : ParameterDict, optional
        Where parameters are looked up by name.

    Examples
    --------
    >>> import cupynet as mx
    >>> x = mx.sym.Variable('x')
    >>> hidden = mx.sym.FullyConnected(x, num_hidden=3, name='fc')
    >>> block = mx.gluon.SymbolBlock(mx.sym.tanh(hidden), x)
    >>> block.initialize()
    >>> block(mx.nd.ones((2, 4))).shape
    (2, 3)
    """

    @staticmethod
    def imports(symbol_file: str | os.PathLike, input_names: str | Sequence[str],
                param_file: str | os.PathLike | None = None, ctx: Context | Sequence[Context] | None = None,
                allow_missing: bool = False, ignore_extra: bool = False) -> SymbolBlock:
        """Return the block in files that ``export`` or ``save_checkpoint`` wrote.

        Parameters
        ----------
        symbol_file : str
            ``prefix-symbol.json``
        input_names : str or list of str
            The names of its inputs.
        param_file : str, optional
            ``prefix-0000.params``
        ctx : Context or list of Context, optional
            Where to put the parameters.
        allow_missing, ignore_extra : bool
            Whether the file may lack some parameters, and hold others.
        """
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        inputs = [var(name, dtype=mx_real_t) if param_file is None else var(name) for name in names]
        block = SymbolBlock(load(symbol_file), inputs)
        if param_file is not None:
            block.collect_params().load(param_file, ctx, allow_missing, ignore_extra, cast_dtype=True,
                                        dtype_source="saved")
        return block

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None):
        super().__init__(prefix=None, params=None)
        self._prefix = ""
        self._params = ParameterDict("", params)
        given, self._in_format = flatten([inputs] if isinstance(inputs, SymbolBase) else list(inputs), "input")
        heads, self._out_format = flatten(outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1
                                          else outputs, "output")
        if not all(isinstance(each, SymbolBase) for each in (*given, *heads)):
            raise MXNetTypeError("SymbolBlock: outputs and inputs must be Symbols")
        for each in given:
            if len(each._heads) != 1 or each._heads[0][0].op is not None:
                raise MXNetAssertionError(f"Input symbols must be variable, but {each} is an output of operators")
        out = heads[0] if len(heads) == 1 else Group(heads)
        self._cached_graph = given, out
        self._make_parameters(out, {each.name for each in given})

    def _make_parameters(self, out: Symbol, given: set[str]) -> None:
        arguments, states = out.list_arguments(), out.list_auxiliary_states()
        dtypes = dict(zip(arguments + states, _types(out)))
        for name in arguments:
            if name not in given:
                self.params.get(name, allow_deferred_init=True, dtype=dtypes[name])
        for name in states:
            if name not in given:
                self.params.get(name, grad_req="null", allow_deferred_init=True, dtype=dtypes[name])
        start = len(common_start(list(self._params.keys()))) if len(self._params) > 1 else 0
        self._reg_params = {name[start:]: each for name, each in self._params.items()}

    def __repr__(self) -> str:
        inputs, out = self._cached_graph
        return f"{type(self).__name__}(\n{out} : {len(inputs)} -> {len(out)}\n)"

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the graph on arrays, or put symbols in the place of its inputs."""
        if isinstance(x, NDArrayBase):
            with x._ctx:
                return self._call_cached_op(x, *args)
        if not isinstance(x, SymbolBase):
            raise MXNetAssertionError("HybridBlock requires the first argument to forward be either Symbol or "
                                      f"NDArray, but got {type(x)}")
        items, form = flatten((x, *args), "input")
        if form != self._in_format:
            raise MXNetAssertionError(f"Invalid input format: {form}; expected {self._in_format}")
        inputs, out = self._cached_graph
        composed = out(**{each.name: item for each, item in zip(inputs, items)})
        return regroup(composed, self._out_format)

    def _clear_cached_op(self) -> None:
        self.__dict__["_cached_op"] = None  # the graph stays

    def cast(self, dtype: Any) -> None:
        """Change the dtype of all parameters; those of batch normalization stay float32 beside float16."""
        super().cast(dtype)
        if np.dtype(dtype) == np.float16:
            for each in _normalizing(self._cached_graph[1]):
                if each in self.params:
                    self.params[each].cast("float32")

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts."""
        self.collect_params().reset_ctx(ctx)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Not used: the symbol says all. Raises MXNetError."""
        raise MXNetError("SymbolBlock has no hybrid_forward; call the block")


def _types(out: Symbol) -> list[Any]:
    """Return the dtypes of arguments and states as far as they follow from the graph, else float32."""
    arguments, _, states = out.infer_type_partial()
    return [dtype or mx_real_t for dtype in [*arguments, *states]]


def _normalizing(out: Symbol) -> list[str]:
    """Return the names of the parameters and states of batch normalizations."""
    nodes = {node for node, _ in out.get_internals()._heads}
    return [entry[0].name for node in nodes if node.op is not None and node.op.name in _NORMALIZATIONS
            for entry in node.inputs[1:] if entry[0].op is None]
