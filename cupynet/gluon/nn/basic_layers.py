"""Layers that most networks have."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ndarray as nd
from ... import symbol as sym
from ...base import MXNetAssertionError, MXNetValueError
from ..block import Block, HybridBlock
from .activations import Activation
from .containers import HybridSequential, Sequential
from .normalization import BatchNorm, BatchNormReLU, GroupNorm, InstanceNorm, LayerNorm, _BatchNorm  # noqa: F401  old names

__all__ = ["Sequential", "HybridSequential", "Dense", "Dropout", "Embedding", "BatchNorm", "BatchNormReLU",
           "InstanceNorm", "LayerNorm", "GroupNorm", "Flatten", "Lambda", "HybridLambda"]


class Dense(HybridBlock):
    """``activation(x @ weight.T + bias)``.

    Parameters
    ----------
    units : int
        Length of the output.
    activation : str, optional
        What :class:`Activation` takes.
    use_bias : bool
    flatten : bool
        Whether all axes of the input but the first are one; else only its last axis takes part.
    dtype : str or numpy.dtype
    weight_initializer, bias_initializer : Initializer or str, optional
    in_units : int
        Length of the input; 0: found out by the first forward.

    Notes
    -----
    Input of shape (batch, in_units) gives (batch, units); without `flatten` (..., in_units) gives (..., units).
    """

    def __init__(self, units: int, activation: str | None = None, use_bias: bool = True, flatten: bool = True,
                 dtype: Any = "float32", weight_initializer: Any = None, bias_initializer: Any = "zeros",
                 in_units: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self._flatten = flatten
        with self.name_scope():
            self._units = units
            self._in_units = in_units
            self.weight = self.params.get("weight", shape=(units, in_units), init=weight_initializer, dtype=dtype,
                                          allow_deferred_init=True)
            self.bias = self.params.get("bias", shape=(units,), init=bias_initializer, dtype=dtype,
                                        allow_deferred_init=True) if use_bias else None
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        out = F.FullyConnected(x, weight, bias, no_bias=bias is None, num_hidden=self._units, flatten=self._flatten,
                               name="fwd")
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        shape = self.weight.shape
        return (f"{type(self).__name__}({shape[1] or None} -> {shape[0]}, "
                f"{'linear' if self.act is None else self.act})")


class Dropout(HybridBlock):
    """While training, sets a part of the input to 0 and scales the rest up (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        The part.
    axes : tuple of int
        Axes along which the mask is the same.
    """

    def __init__(self, rate: float, axes: Any = (), **kwargs: Any):
        super().__init__(**kwargs)
        self._rate = rate
        self._axes = axes

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        if self._rate > 0:
            return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd", cudnn_off=False)
        return F.identity(x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p = {self._rate}, axes={self._axes})"


class Embedding(HybridBlock):
    """A row of a table for each index.

    Parameters
    ----------
    input_dim, output_dim : int
        How many rows there are, and their length.
    dtype : str or numpy.dtype
    weight_initializer : Initializer, optional
    sparse_grad : bool
        Accepted for compatibility: gradients are dense.
    """

    def __init__(self, input_dim: int, output_dim: int, dtype: Any = "float32", weight_initializer: Any = None,
                 sparse_grad: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self._input_dim, self._output_dim = input_dim, output_dim
        self._kwargs = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype, "sparse_grad": sparse_grad}
        self.weight = self.params.get("weight", shape=(input_dim, output_dim), init=weight_initializer, dtype=dtype,
                                      allow_deferred_init=True,
                                      grad_stype="row_sparse" if sparse_grad else "default")

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        return F.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{block_name}({input_dim} -> {output_dim}, {dtype})".format(block_name=type(self).__name__,
                                                                          **self._kwargs)


class Flatten(HybridBlock):
    """All axes but the first as one."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__


class Lambda(Block):
    """A function of arrays as a block.

    Parameters
    ----------
    function : str or callable
        The name of a function of ``mx.nd``, or any function.
    """

    def __init__(self, function: str | Callable, prefix: str | None = None):
        super().__init__(prefix=prefix)
        self._func_impl, self._func_name = _looked_up(function)

    def forward(self, *args: Any) -> Any:
        return self._func_impl(*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


class HybridLambda(HybridBlock):
    """A function of arrays or symbols as a block.

    Parameters
    ----------
    function : str or callable
        The name of a function that both ``mx.nd`` and ``mx.sym`` have, or a function of ``F`` and the inputs.
    """

    def __init__(self, function: str | Callable, prefix: str | None = None):
        super().__init__(prefix=prefix)
        if isinstance(function, str):
            if not (hasattr(nd, function) and hasattr(sym, function)):
                raise MXNetAssertionError(f"Function name {function} is not found in symbol/ndarray.")
            self._func = lambda F, *args: getattr(F, function)(*args)
            self._func_name = function
        else:
            self._func, self._func_name = _looked_up(function)

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        return self._func(F, x, *args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


def _looked_up(function: str | Callable) -> tuple[Callable, str]:
    """Return a function, of ``mx.nd`` if it is given by name, and its name."""
    if isinstance(function, str):
        found = getattr(nd, function, None)
        if found is None:
            raise MXNetAssertionError(f"Function name {function} is not found in ndarray.")
        return found, function
    if not callable(function):
        raise MXNetValueError(f"Unrecognized function in lambda: {function} of type {type(function)}")
    return function, getattr(function, "__name__", type(function).__name__)
