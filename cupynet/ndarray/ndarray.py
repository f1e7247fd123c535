"""NDArray: an array of numbers on a context, with MXNet's methods."""
from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import tape
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context
from ..dtypes import as_dtype
from ..ops import catalog
from ..ops.infer import infer_shapes
from ..tape import state
from .arithmetic import Arithmetic
from .backward import run_backward
from .base import NDArrayBase, wrap
from .flight import share
from .indexing import Indexing, as_key
from .interop import Interop
from .invoke import call

__all__ = ["NDArray"]


class _MoveNode(tape.Node):
    """A recorded copy to another context; the gradient is copied back."""

    __slots__ = ("source", "target")

    def __init__(self, parents: tuple, source: Context, target: Context):
        super().__init__(parents, 1)
        self.source, self.target = source, target

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        if algebra.raw:
            return [self.source.device.copy_from(grads, self.target.device)]
        return [grads.as_in_context(self.source)]


def _moved(array: NDArray, context: Context) -> NDArray:
    raw = context.device.copy_from(array._data, array._ctx.device)
    return wrap(raw, context, (_MoveNode((array._entry,), array._ctx, context), 0), array._class)


class NDArray(Arithmetic, Indexing, Interop):
    """An array of numbers on a context.

    Made by :func:`~cupynet.ndarray.array`, ``zeros`` and their like, not by calling the class. Arithmetic
    broadcasts; the results of comparisons are 0 and 1 in the dtype of the left side; a full reduction or an
    indexed element has shape ``(1,)``. ``a[0]``, ``a[1:3]`` and ``reshape`` share memory with `a`; other slices
    are copies.

    Examples
    --------
    >>> import cupynet as mx
    >>> a = mx.nd.array([[1, 2], [3, 4]])
    >>> (a * 2 + 1).asnumpy()
    array([[3., 5.],
           [7., 9.]], dtype=float32)
    """
    __slots__ = ()

    @property
    def T(self) -> NDArray:
        """Copy with the axes in reverse order."""
        return self if self._data.ndim < 2 else call("transpose", self)

    # ---- shape ------------------------------------------------------------------------------

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Return a view with another shape; 0, -1, -2, -3 and -4 mean what they mean for the operator Reshape.

        Parameters
        ----------
        *shape : int, or one sequence of int
            Also as the keyword `shape`.
        reverse : bool
            Read the codes from the right.
        """
        unknown = kwargs.keys() - {"shape", "reverse"}
        if unknown:
            raise MXNetTypeError(f"Got unknown keywords in reshape: {', '.join(sorted(unknown))}. Accepted keyword "
                                 "arguments are 'shape' and 'reverse'.")
        if not shape and kwargs.get("shape") is None:
            raise MXNetTypeError("reshape: Shape must be provided.")
        wanted = shape[0] if len(shape) == 1 else shape or kwargs["shape"]
        return self._viewed("Reshape", shape=wanted, reverse=kwargs.get("reverse", False))

    def flatten(self, inplace: bool = False) -> NDArray:
        """Return the elements in two axes, the first one as it is; with `inplace` sharing memory."""
        return self._viewed("Flatten") if inplace else call("Flatten", self)

    def expand_dims(self, axis: int, inplace: bool = False) -> NDArray:
        """Return the elements with an axis of length 1 put at `axis`; with `inplace` sharing memory."""
        return self._viewed("expand_dims", axis=axis) if inplace else call("expand_dims", self, axis=axis)

    def squeeze(self, axis: int | Sequence[int] | None = None, inplace: bool = False) -> NDArray:
        """Return the elements without axes of length 1 (all, or those of `axis`); with `inplace` sharing memory."""
        return self._viewed("squeeze", axis=axis) if inplace else call("squeeze", self, axis=axis)

    def _viewed(self, name: str, **values: Any) -> NDArray:
        """Apply an operator that only changes the shape, sharing memory."""
        op = catalog.get(name)
        attrs = op.parse(values)
        self._ctx.device.enter()
        outs: list = [None]
        infer_shapes(op, attrs, [self.shape], outs)
        raw = self._data.reshape(outs[0])
        if state.recording and self._entry is not None:
            entry = tape.record(op, attrs, [self._data], [raw], (self._entry,), 1, self._ctx), 0
            return share(self, raw, entry)
        return share(self, raw)

    def broadcast_like(self, other: NDArray, lhs_axes: Any = None, rhs_axes: Any = None) -> NDArray:
        """Return the elements repeated along axes of length 1 to the lengths that `other` has (along some axes)."""
        return call("broadcast_like", self, other, lhs_axes=lhs_axes, rhs_axes=rhs_axes)

    def split_v2(self, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
        """Return equal sections, or the parts before the given indices."""
        if isinstance(indices_or_sections, (int, np.integer)):
            sections, indices = int(indices_or_sections), ()
        elif isinstance(indices_or_sections, Iterable):
            sections, indices = 0, (0, *indices_or_sections)
        else:
            raise MXNetValueError(f"split_v2: indices_or_sections is {indices_or_sections!r}; expected an int, or a "
                                  "tuple, list or set of int")
        return call("_split_v2", self, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write `rhs` into the slice of this array from `begin` to `end`; return the array."""
        self[as_key(begin, end, step)] = rhs
        return self

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write a number into the slice of this array from `begin` to `end`; return the array."""
        self[as_key(begin, end, step)] = value
        return self

    # ---- copies -----------------------------------------------------------------------------

    def copy(self) -> NDArray:
        """Return a copy on the same context."""
        return call("_copy", self)

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """Return the elements as `dtype`; without `copy`, the array itself if it has that type."""
        if not copy and as_dtype(dtype) == self._data.dtype:
            return self
        return call("Cast", self, dtype=dtype)

    def copyto(self, other: NDArray | Context) -> Any:
        """Copy the elements into `other`, or onto a context; return the copy, or False if `other` is the array."""
        if isinstance(other, Context):
            return self.as_in_context(other) if other is not self._ctx else self.copy()
        if not isinstance(other, NDArray):
            raise MXNetTypeError(f"copyto: other is {type(other).__name__}; expected an NDArray or a Context")
        if other is self:
            warnings.warn("copyto: an array is copied to itself, which does nothing", RuntimeWarning, stacklevel=2)
            return False  # as MXNet's
        if other.shape != self.shape:
            raise MXNetValueError(f"copyto: other has shape {other.shape}, expected {self.shape}")
        other[:] = self
        return other

    def as_in_context(self, context: Context) -> NDArray:
        """Return the array itself if it lives on `context`, else a copy there."""
        if context is self._ctx:
            return self
        if not isinstance(context, Context):
            raise MXNetTypeError(f"as_in_context: context is {type(context).__name__}; expected a Context")
        if state.recording and self._entry is not None:
            return _moved(self, context)
        return wrap(context.device.copy_from(self._data, self._ctx.device), context, None, self._class)

    as_in_ctx = as_in_context

    def as_nd_ndarray(self) -> NDArray:
        """Return the array itself, which is of the classic kind."""
        return self

    def as_np_ndarray(self) -> Any:
        """Not offered yet: there is no mx.np. Raises MXNetError."""
        raise MXNetError("as_np_ndarray: mx.np is not supported; use asnumpy(), or NumPy's functions on the array")

    def tostype(self, stype: str) -> NDArray:
        """Return a copy for ``"default"``. Raises MXNetError for sparse storage."""
        if stype != "default":
            raise MXNetError(f"tostype: storage type {stype!r} is not supported; arrays are dense ('default')")
        return self.copy()

    # ---- gradients --------------------------------------------------------------------------

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Mark the array as a variable: :meth:`backward` puts its gradient into :attr:`grad`.

        With ``grad_req="add"`` it is added to what is there, also where MXNet forgets to: behind Cast, copies to other
        contexts, and means.
        """
        if grad_req not in tape.REQUESTS:
            raise MXNetValueError(f"attach_grad: grad_req is {grad_req!r}; expected one of {', '.join(tape.REQUESTS)}")
        if stype not in (None, "default"):
            raise MXNetError(f"attach_grad: storage type {stype!r} is not supported; gradients are dense")
        self._ctx.device.enter()
        grad = self._wrap(self._ctx.device.xp.zeros_like(self._data))
        self._entry = (tape.Leaf(grad, grad_req), 0)

    def detach(self) -> NDArray:
        """Return an array that shares the memory but is not on the tape."""
        return share(self, self._data)

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of the marked arrays that this array depends on.

        Parameters
        ----------
        out_grad : NDArray, optional
            Gradient of this array; ones by default.
        retain_graph : bool
            Keep the tape for another backward pass.
        train_mode : bool
            Accepted for compatibility: gradients are those of the recorded forward pass.
        """
        run_backward([self], [out_grad], retain_graph)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> NDArray:
        return self.copy()


NDArrayBase._class = NDArray
