"""Parameter: an array that a network learns, with copies on one or several contexts."""
from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import autograd, initializer
from ... import ndarray as nd
from ... import symbol as sym
from ...base import MXNetAssertionError, MXNetError, MXNetTypeError, MXNetValueError, mx_real_t
from ...context import Context, cpu, current_context
from ...initializer import InitDesc
from ...ndarray import NDArray
from ...ndarray.base import NDArrayBase
from ...symbol import Symbol

__all__ = ["Parameter", "DeferredInitializationError", "shape_is_known", "tensor_types"]

tensor_types = (Symbol, NDArray)
_REQUESTS = ("write", "add", "null")
_STORAGE = ("default", "row_sparse", "csr")


class DeferredInitializationError(MXNetError):
    """The values of a parameter are asked for before its shape is known."""


def shape_is_known(shape: Sequence[int] | None) -> bool:
    """Whether all lengths of a shape are known; unknown ones are 0.

    Raises MXNetAssertionError for a negative length.
    """
    if not shape:
        return False
    for length in shape:
        if length < 0:
            raise MXNetAssertionError(f"shape dimension size cannot be less than 0, while received {length}")
        if length == 0:
            return False
    return True


class Parameter:
    """An array that a network learns, of the same values on every context where it is used.

    Parameters
    ----------
    name : str
    grad_req : "write", "add" or "null"
        What a backward pass does with the gradient.
    shape : int or tuple of int, optional
        Lengths that are not known yet are 0.
    dtype : str or numpy.dtype
    lr_mult, wd_mult : float
        Multipliers of learning rate and weight decay.
    init : Initializer or str, optional
        How it starts, whatever the network's initializer is.
    allow_deferred_init : bool
        Whether :meth:`initialize` may come before the shape is known.
    differentiable : bool
        If false, `grad_req` is always "null".
    stype, grad_stype : "default", "row_sparse" or "csr"
        How MXNet stores it and its gradient; here all arrays are dense.

    Examples
    --------
    >>> import cupynet as mx
    >>> weight = mx.gluon.Parameter('weight', shape=(2, 3))
    >>> weight.initialize(mx.init.One())
    >>> weight.data().asnumpy()
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """

    def __init__(self, name: str, grad_req: str = "write", shape: Any = None, dtype: Any = mx_real_t,
                 lr_mult: float = 1.0, wd_mult: float = 1.0, init: Any = None, allow_deferred_init: bool = False,
                 differentiable: bool = True, stype: str = "default", grad_stype: str = "default"):
        self._var: Symbol | None = None
        self._data: list[NDArray] | None = None
        self._grad: list[NDArray] | None = None
        self._ctx_list: list[Context] | None = None
        self._trainer: Any = None
        self._deferred_init: tuple = ()  # (initializer, contexts, network's initializer, values or None)
        self._differentiable = differentiable
        self._allow_deferred_init = allow_deferred_init
        self._grad_req: str | None = None
        self._shape = (shape,) if isinstance(shape, int) else shape
        self.name = name
        self._dtype = dtype
        self.lr_mult = lr_mult
        self.wd_mult = wd_mult
        self.grad_req = grad_req
        self.init = init
        for what, kind in (("stype", stype), ("grad_stype", grad_stype)):
            if kind not in _STORAGE:
                raise MXNetAssertionError(f"{what} for Parameter '{name}' must be one of 'default', 'row_sparse', or "
                                          f"'csr', but got '{kind}'")
        self._stype, self._grad_stype = stype, grad_stype

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def grad_req(self) -> str:
        """What a backward pass does with the gradient: ``"write"``, ``"add"`` or ``"null"``."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req not in _REQUESTS:
            raise MXNetAssertionError(f"grad_req must be one of 'write', 'add', or 'null', but got '{req}'")
        req = req if self._differentiable else "null"
        if req == self._grad_req:
            return
        self._grad_req = req
        if req == "null" and self._grad is not None:
            self._grad = None
            self._data = [each.detach() for each in self._data]
        elif self._data is not None:
            self._init_grad()

    @property
    def dtype(self) -> Any:
        """The dtype, as it was given."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape; 0 stands for a length that is not known. It can be set where it was unknown."""
        return self._shape

    @shape.setter
    def shape(self, shape: Sequence[int]) -> None:
        if self._shape is None:
            self._shape = shape
            return
        if len(self._shape) != len(shape) or any(old not in (0, -1, new) for old, new in zip(self._shape, shape)):
            raise MXNetAssertionError(f"Expected shape {shape} is incompatible with given shape {self._shape}.")
        self._shape = tuple(shape)

    @property
    def stype(self) -> str:
        """How MXNet would store it."""
        return self._stype

    @property
    def grad_stype(self) -> str:
        """How MXNet would store its gradient."""
        return self._grad_stype

    # ---- starting values -----------------------------------------------------------------------

    def initialize(self, init: Any = None, ctx: Context | Sequence[Context] | None = None,
                   default_init: Any = initializer.Uniform(), force_reinit: bool = False) -> None:  # noqa: B008
        """Give the first values, on each context the same; or later, if the shape is not known yet.

        Parameters
        ----------
        init : Initializer or str, optional
            Default: the parameter's own, else `default_init`.
        ctx : Context or list of Context, optional
            Default: the current context.
        default_init : Initializer or str
        force_reinit : bool
            Whether to draw new values if there are some.
        """
        if self._data is not None and not force_reinit:
            warnings.warn(f"Parameter '{self.name}' is already initialized, ignoring. Set force_reinit=True to "
                          "re-initialize.", stacklevel=2)
            return
        self._data = self._grad = None
        contexts = _contexts(ctx)
        if init is None:
            init = default_init if self.init is None else self.init
        if not shape_is_known(self.shape):
            if not self._allow_deferred_init:
                raise MXNetValueError(f"Cannot initialize Parameter '{self.name}' because it has invalid shape: "
                                      f"{self.shape}.")
            self._deferred_init = (init, contexts, default_init, None)
            return
        self._deferred_init = (init, contexts, default_init, None)
        self._finish_deferred_init()

    def _finish_deferred_init(self) -> None:
        """Give the values that :meth:`initialize` promised, now that the shape is known."""
        if not self._deferred_init:
            return
        init, contexts, default_init, data = self._deferred_init
        if not shape_is_known(self.shape):
            raise MXNetAssertionError(f"Cannot initialize Parameter '{self.name}' because it has invalid shape: "
                                      f"{self.shape}. Please specify in_units, in_channels, etc for `Block`s.")
        self._deferred_init = ()
        with autograd.pause():
            if data is None:
                data = nd.zeros(self.shape, dtype=self.dtype, ctx=cpu())
                initializer.create(default_init)(InitDesc(self.name, {"__init__": init}), data)
            self._init_impl(data, contexts)

    def _init_impl(self, data: NDArray, contexts: Sequence[Context]) -> None:
        """Put values on all contexts, with room for gradients."""
        self._ctx_list = list(contexts)
        self._data = [data.copyto(ctx) for ctx in self._ctx_list]
        self._init_grad()

    def _init_grad(self) -> None:
        if self.grad_req == "null":
            self._grad = None
            return
        self._grad = [nd.zeros(each.shape, dtype=each.dtype, ctx=each.context) for each in self._data]
        autograd.mark_variables(self._data, self._grad, self.grad_req)

    def _load_init(self, data: NDArray, ctx: Context | Sequence[Context] | None, cast_dtype: bool = False,
                   dtype_source: str = "current") -> None:
        """Take values from a file, on the contexts where the parameter is, or on those of `ctx`."""
        if dtype_source not in ("current", "saved"):
            raise MXNetAssertionError(f"dtype_source is {dtype_source!r}; expected 'current' or 'saved'")
        refused = f"Failed loading Parameter '{self.name}' from saved params:"
        if self.shape:
            if len(self.shape) != len(data.shape) or any(a not in (0, -1, b) for a, b in zip(self.shape, data.shape)):
                raise MXNetAssertionError(f"{refused} shape incompatible expected {self.shape} vs saved {data.shape}")
            self.shape = data.shape
        if self.dtype is not None and np.dtype(self.dtype) != np.dtype(data.dtype):
            if not cast_dtype:
                raise MXNetAssertionError(f"{refused} dtype incompatible expected {self.dtype} vs saved {data.dtype}. "
                                          "Set cast_dtype=True to cast the dtype of saved params.")
            if dtype_source == "saved":
                self.dtype = data.dtype
            else:
                data = data.astype(self.dtype)
        wanted = None if ctx is None else _contexts(ctx)
        there = self.list_ctx() if self._data is not None or self._deferred_init else None
        if wanted is not None and there is not None and set(wanted) != set(there):
            raise MXNetAssertionError(f"Failed to load Parameter '{self.name}' on {wanted} because it was previous "
                                      f"initialized on {there}.")
        if self._data is None:
            self._init_impl(data, there or wanted or [cpu()])
        else:
            self.set_data(data)
        self._deferred_init = ()

    # ---- values --------------------------------------------------------------------------------

    def data(self, ctx: Context | None = None) -> NDArray:
        """Return the values on a context (default: the current one, or the only one that there is).

        Raises DeferredInitializationError if the shape is not known yet, and MXNetError if the parameter was not
        initialized, or not on this context.
        """
        data = self._data
        if data is not None and len(data) == 1 and (ctx is None or ctx is data[0]._ctx):
            return data[0]
        return self._check_and_get(data, ctx)

    def list_data(self) -> list[NDArray]:
        """Return the values on all contexts, in the order of :meth:`list_ctx`."""
        return self._check_and_get(self._data, list)

    def grad(self, ctx: Context | None = None) -> NDArray:
        """Return the gradient on a context, as :meth:`data` returns the values."""
        self._check_has_gradient()
        return self._check_and_get(self._grad, ctx)

    def list_grad(self) -> list[NDArray]:
        """Return the gradients on all contexts, in the order of :meth:`list_ctx`."""
        self._check_has_gradient()
        return self._check_and_get(self._grad, list)

    def list_ctx(self) -> list[Context]:
        """Return the contexts where the parameter is, or will be."""
        if self._data is not None:
            return self._ctx_list
        if self._deferred_init:
            return self._deferred_init[1]
        raise MXNetError(f"Parameter '{self.name}' has not been initialized")

    def _check_has_gradient(self) -> None:
        if self._data is not None and self._grad is None:
            raise MXNetError(f"Cannot get gradient array for Parameter '{self.name}' because grad_req='null'")

    def _check_and_get(self, arrays: list[NDArray] | None, ctx: Any) -> Any:
        """Return one of `arrays`, that of a context, or with ``list`` as `ctx` all of them."""
        if arrays is not None:
            if ctx is list:
                return arrays
            if ctx is None:
                if len(arrays) == 1:
                    return arrays[0]
                ctx = current_context()
            if not isinstance(ctx, Context):
                raise MXNetTypeError(f"Parameter '{self.name}': ctx is {ctx!r}; expected a Context")
            for array in arrays:
                if array.context.shares(ctx):
                    return array
            raise MXNetError(f"Parameter '{self.name}' was not initialized on context {ctx}. It was only initialized "
                             f"on {self._ctx_list}.")
        if self._deferred_init:
            raise DeferredInitializationError(
                f"Parameter '{self.name}' has not been initialized yet because initialization was deferred. Actual "
                "initialization happens during the first forward pass. Please pass one batch of data through the "
                "network before accessing Parameters. You can also avoid deferred initialization by specifying "
                "in_units, num_features, etc., for network layers.")
        raise MXNetError(f"Parameter '{self.name}' has not been initialized. Note that you should initialize "
                         "parameters and create Trainer with Block.collect_params() instead of Block.params because "
                         "the later does not include Parameters of nested child Blocks")

    def set_data(self, data: Any) -> None:
        """Set the values on all contexts.

        Parameters
        ----------
        data : NDArray or numpy.ndarray
            Of the parameter's shape.
        """
        if not hasattr(data, "shape"):
            data = np.asarray(data, dtype=self.dtype)
        self.shape = data.shape
        if self._data is None:
            if not self._deferred_init:
                raise MXNetAssertionError(f"Parameter '{self.name}' has not been initialized")
            data = data if isinstance(data, NDArrayBase) else nd.array(data, dtype=self.dtype, ctx=cpu())
            self._deferred_init = (*self._deferred_init[:3], data)
            return
        if self._trainer is not None:
            self._trainer._values_were_set(self)  # a store that applies the optimizer has values of its own
        for each in self._data:
            each[:] = data

    def zero_grad(self) -> None:
        """Set the gradients on all contexts to 0."""
        for each in self._grad or ():
            each[:] = 0

    def reset_ctx(self, ctx: Context | Sequence[Context] | None) -> None:
        """Move the parameter to other contexts; of several copies their mean goes on."""
        contexts = _contexts(ctx)
        if self._data is not None:
            with autograd.pause():
                self._init_impl(self._reduce(), contexts)
        elif self._deferred_init:
            init, _, default_init, data = self._deferred_init
            self._deferred_init = (init, contexts, default_init, data)
        else:
            raise MXNetValueError(f"Cannot reset context for Parameter '{self.name}' because it has not been "
                                  "initialized.")

    def cast(self, dtype: Any) -> None:
        """Change the dtype of values and gradients."""
        self._dtype = dtype
        if self._data is None:
            return
        with autograd.pause():
            self._data = [each.astype(dtype) for each in self._data]
            if self._grad is not None:
                self._grad = [each.astype(dtype) for each in self._grad]
                autograd.mark_variables(self._data, self._grad, self.grad_req)

    def _reduce(self) -> NDArray:
        """Return the mean of the copies, on the host."""
        copies = [each.copyto(cpu()) for each in self.list_data()]
        return copies[0] if len(copies) == 1 else nd.add_n(*copies) / len(copies)

    def var(self) -> Symbol:
        """Return the variable that stands for the parameter in symbols, always the same."""
        if self._var is None:
            self._var = sym.var(self.name, shape=self.shape, dtype=self.dtype, lr_mult=self.lr_mult,
                                wd_mult=self.wd_mult, init=self.init, stype=self._stype)
        return self._var

    # ---- sparse --------------------------------------------------------------------------------

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """Not offered: the parameter is dense. Raises MXNetError."""
        raise MXNetError(f"Cannot return a copy of Parameter {self.name} via row_sparse_data() because its storage "
                         f"type is {self._stype}. Please use data() instead.")

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """Not offered: the parameter is dense. Raises MXNetError."""
        raise MXNetError(f"Cannot return copies of Parameter '{self.name}' on all contexts via "
                         f"list_row_sparse_data() because its storage type is {self._stype}. Please use data() "
                         "instead.")

    # ---- copies --------------------------------------------------------------------------------

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._grad is not None:  # the marks on arrays do not travel with them
            autograd.mark_variables(self._data, self._grad, self.grad_req)


def _contexts(ctx: Context | Sequence[Context] | None) -> list[Context]:
    found = [current_context()] if ctx is None else [ctx] if isinstance(ctx, Context) else list(ctx)
    for each in found:
        if not isinstance(each, Context):
            raise MXNetTypeError(f"ctx holds {each!r}; expected Contexts such as mx.cpu()")
    return found
