"""Methods that are operators with parameters of their own, and those of NDArray that a symbol cannot have."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import MXNetValueError, NotImplementedForSymbol
from ..ops import catalog
from .base import SymbolBase
from .compose import apply, compose

__all__ = ["Methods"]


def _fluent(called: str, symbol: SymbolBase, values: Mapping[str, Any], **more: SymbolBase) -> SymbolBase:
    """Return the operator `called` applied to `symbol`; `values` may also name and mark the new node."""
    values, op = dict(values), catalog.get(called)
    name, attr = values.pop("name", None), values.pop("attr", None)
    return compose(op, called, {op.inputs[0]: symbol, **more}, (), values, name, attr)


def _only_arrays(function: str, alias: str | None = None) -> Callable:
    def method(self: SymbolBase, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedForSymbol(function, alias)
    method.__name__ = function
    method.__doc__ = "Not for symbols, which have no values. Raises NotImplementedForSymbol."
    return method


class Methods(SymbolBase):
    """A symbol with methods for operators."""

    __slots__ = ()

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

    def reshape(self, *shape: Any, **kwargs: Any) -> SymbolBase:
        """Return the operator Reshape applied to this symbol."""
        if shape:
            kwargs["shape"] = shape[0] if len(shape) == 1 else shape
        return _fluent("reshape", self, kwargs)

    def astype(self, dtype: Any) -> SymbolBase:
        """Return the operator Cast applied to this symbol."""
        return _fluent("cast", self, {"dtype": dtype})

    def flatten(self, inplace: bool = False, **kwargs: Any) -> SymbolBase:
        """Return the operator Flatten applied to this symbol; `inplace` means nothing to symbols."""
        return _fluent("flatten", self, kwargs)

    def expand_dims(self, axis: int, inplace: bool = False, **kwargs: Any) -> SymbolBase:
        """Return the operator expand_dims applied to this symbol; `inplace` means nothing to symbols."""
        return _fluent("expand_dims", self, {"axis": axis, **kwargs})

    def squeeze(self, axis: int | Sequence[int] | None = None, inplace: bool = False, **kwargs: Any) -> SymbolBase:
        """Return the operator squeeze applied to this symbol; `inplace` means nothing to symbols."""
        return _fluent("squeeze", self, {"axis": axis, **kwargs})

    def diag(self, k: int = 0, **kwargs: Any) -> SymbolBase:
        """Return the operator diag applied to this symbol."""
        return _fluent("diag", self, {"k": k, **kwargs})

    def reshape_like(self, rhs: SymbolBase, **kwargs: Any) -> SymbolBase:
        """Return the operator reshape_like applied to this symbol and `rhs`."""
        return _fluent("reshape_like", self, kwargs, rhs=rhs)

    def split_v2(self, indices_or_sections: int | Sequence[int], axis: int = 0,
                 squeeze_axis: bool = False) -> SymbolBase:
        """Return equal sections, or the parts before the given indices, as outputs of one symbol."""
        whole = isinstance(indices_or_sections, (int, np.integer))
        if not whole and not isinstance(indices_or_sections, (tuple, list)):
            raise MXNetValueError("indices_or_sections must either int or tuple of ints")
        sections, indices = (indices_or_sections, []) if whole else (0, [0, *indices_or_sections])
        return apply("_split_v2", self, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)

    def as_nd_ndarray(self) -> SymbolBase:
        """Return the symbol itself, which is of the classic kind."""
        return self

    def as_np_ndarray(self) -> SymbolBase:
        """Return a symbol of the same outputs."""
        return type(self)(self._heads)
