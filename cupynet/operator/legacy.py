"""What there was before ``CustomOp``: operators that are instances, and become part of symbols by being called.

MXNet 1.9.1 crashes where it binds a ``NumpyOp``; here both forms work as they once did.

>>> import cupynet as mx, warnings
>>> class Square(mx.operator.NumpyOp):
...     def forward(self, in_data, out_data):
...         out_data[0][:] = in_data[0] ** 2
...     def backward(self, out_grad, in_data, out_data, in_grad):
...         in_grad[0][:] = 2 * in_data[0] * out_grad[0]
>>> with warnings.catch_warnings(action="ignore"):  # deprecated
...     square = Square()
>>> square(mx.sym.Variable('x'), name='square').eval(x=mx.nd.array([1, 2, 3]))[0].asnumpy()
array([1., 4., 9.], dtype=float32)
"""
from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetNotImplementedError
from ..context import Context
from ..ndarray import NDArray
from ..ops.catalog import op
from ..ops.op import Op
from ..symbol import Symbol, _internal
from .interface import CustomOp, CustomOpProp
from .use import Use

__all__ = ["PythonOp", "NumpyOp", "NDArrayOp"]

_instances: dict[str, PythonOp] = {}  # by what symbols store of them


# ---- what users write -----------------------------------------------------------------------------

class PythonOp:
    """Base class of :class:`NumpyOp` and :class:`NDArrayOp`. A call makes a symbol of the operator.

    Parameters
    ----------
    need_top_grad : bool
        Whether backward reads the gradients of the outputs; False for a loss layer.
    """

    _declaration = ""

    def __init__(self, need_top_grad: bool = True):
        warnings.warn("PythonOp has been deprecated. Please use CustomOp", stacklevel=2)
        self.need_top_grad_ = need_top_grad

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        return self.get_symbol(*args, **kwargs)

    def get_symbol(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """Return the operator applied to symbols, given by position or by the names of :meth:`list_arguments`.

        Inputs that are left out become variables; `name` and `attr` are as for other operators.
        """
        if not self._declaration:
            raise MXNetNotImplementedError("Must override this: derive from NumpyOp or NDArrayOp, or use CustomOp")
        key = f"{id(self):x}"
        _instances[key] = self
        return getattr(_internal, self._declaration)(*args, info=key, **kwargs)

    def forward(self, in_data: list, out_data: list) -> None:
        """Fill `out_data`, lists of arrays as `in_data`. (By default with the first input.)"""
        out_data[0][:] = in_data[0]

    def backward(self, out_grad: list, in_data: list, out_data: list, in_grad: list) -> None:
        """Fill `in_grad`. (By default with ones.)"""
        in_grad[0][:] = 1.0

    def infer_shape(self, in_shape: list) -> tuple[list, list]:
        """Return the shapes of inputs and outputs."""
        return in_shape, [in_shape[0]]

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return ["output"]

    def need_top_grad(self) -> bool:
        """Whether backward reads the gradients of the outputs."""
        return self.need_top_grad_


class NumpyOp(PythonOp):
    """An operator on NumPy arrays (on a GPU its inputs and outputs are copied)."""

    _declaration = "_Native"

    def __init__(self, need_top_grad: bool = True):
        super().__init__(need_top_grad)
        warnings.warn("NumpyOp has been deprecated. Please use CustomOp", stacklevel=2)


class NDArrayOp(PythonOp):
    """An operator on NDArrays."""

    _declaration = "_NDArray"

    def __init__(self, need_top_grad: bool = True):
        super().__init__(need_top_grad)
        warnings.warn("NDArrayOp has been deprecated. Please use CustomOp", stacklevel=2)

    def declare_backward_dependency(self, out_grad: list[int], in_data: list[int], out_data: list[int]) -> list[int]:
        """Return which of the numbered arrays backward reads."""
        return [*(out_grad if self.need_top_grad() else ()), *in_data, *out_data]


# ---- in terms of CustomOp -------------------------------------------------------------------------

class _Prop(CustomOpProp):
    """Says of a PythonOp what a prop says."""

    def __init__(self, python_op: PythonOp):
        super().__init__(need_top_grad=python_op.need_top_grad())
        self._op = python_op
        self.list_arguments, self.list_outputs = python_op.list_arguments, python_op.list_outputs
        self.infer_shape = python_op.infer_shape
        if isinstance(python_op, NDArrayOp):
            self.declare_backward_dependency = python_op.declare_backward_dependency

    def create_operator(self, ctx: Context, in_shapes: list, in_dtypes: list) -> CustomOp:
        return _Operator(self._op)


class _Operator(CustomOp):
    """Computes with a PythonOp."""

    def __init__(self, python_op: PythonOp):
        self._op = python_op

    def forward(self, is_train: bool, req: list[str], in_data: list[NDArray], out_data: list[NDArray],
                aux: list[NDArray]) -> None:
        self._run(self._op.forward, (in_data,), out_data)

    def backward(self, req: list[str], out_grad: list[NDArray], in_data: list[NDArray], out_data: list[NDArray],
                 in_grad: list[NDArray], aux: list[NDArray]) -> None:
        self._run(self._op.backward, (out_grad, in_data, out_data), in_grad)

    def _run(self, method: Any, given: Sequence[list], results: list[NDArray]) -> None:
        if isinstance(self._op, NDArrayOp):
            method(*given, results)
            return
        filled = [np.zeros(x.shape, x.dtype) for x in results]
        method(*([None if x is None else x.asnumpy() for x in arrays] for arrays in given), filled)
        for target, values in zip(results, filled):
            target[:] = values


def _resolve(declared: Op, values: dict[str, Any]) -> Op:
    python_op = _instances.get(str(values.get("info")))
    if python_op is None:
        raise MXNetError(f"{declared.name}: the Python object that computes it is not in this program; a symbol with "
                         "a NumpyOp or NDArrayOp cannot be loaded from a file")
    return Use(declared, type(python_op).__name__, _Prop, {"python_op": python_op}, ("info",)).declaration()


@op(name="_Native", outputs=lambda attrs: ("output",), count="")
def native(xp, *data, info: str, train, device, out=None):
    """The :class:`~cupynet.operator.NumpyOp` that was stored as `info`. MXNet's operator ``_Native``."""
    raise MXNetError("_Native: an open operator runs only as what its resolver makes of it")


@op(name="_NDArray", outputs=lambda attrs: ("output",), count="")
def ndarray(xp, *data, info: str, train, device, out=None):
    """The :class:`~cupynet.operator.NDArrayOp` that was stored as `info`. MXNet's operator ``_NDArray``."""
    raise MXNetError("_NDArray: an open operator runs only as what its resolver makes of it")


@native.resolves
def _(values: dict[str, Any], subgraphs: Sequence[Any]) -> Op:
    return _resolve(native, values)


@ndarray.resolves
def _(values: dict[str, Any], subgraphs: Sequence[Any]) -> Op:
    return _resolve(ndarray, values)
