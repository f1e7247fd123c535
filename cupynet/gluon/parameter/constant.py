"""Constant: an array that belongs to a network and does not change."""
from __future__ import annotations

import warnings
from typing import Any

from ...initializer import Initializer
from ...ndarray import NDArray, array
from ...ndarray.base import NDArrayBase
from .parameter import Parameter

__all__ = ["Constant"]


class Constant(Parameter):
    """A parameter whose values are given and never change.

    Parameters
    ----------
    name : str
    value : array_like or NDArray

    Examples
    --------
    >>> import cupynet as mx
    >>> two = mx.gluon.Constant('two', [2, 2])
    >>> two.initialize()
    >>> two.data().asnumpy()
    array([2., 2.], dtype=float32)
    """

    def __init__(self, name: str, value: Any):
        self.value = value if isinstance(value, NDArrayBase) else array(value)
        super().__init__(name, grad_req="null", shape=self.value.shape, dtype=self.value.dtype,
                         init=_Given(name, self.value), differentiable=False)

    @property
    def grad_req(self) -> str:
        """Always "null"; anything else is ignored, with a warning."""
        return "null"

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req != "null":
            warnings.warn(f'Constant parameter "{self.name}" does not support grad_req other than "null", and new '
                          f'value "{req}" is ignored.', stacklevel=2)
        self._grad_req = "null"


class _Given(Initializer):
    """Fills with given values."""

    def __init__(self, name: str, value: NDArray):
        super().__init__()
        self._text = f"Constant_{name}_{id(value)}"
        self._value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = self._value.as_in_context(arr.context)

    def dumps(self) -> str:
        return self._text
