"""Gradients in two bits: each element is sent as +threshold, 0 or -threshold, and what that misses is sent later.

The difference between gradient and message is kept for each device and added to its next gradient (Seide et al. 2014,
1-bit stochastic gradient descent; MXNet's ``2bit``).
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray, zeros_like

__all__ = ["TwoBit", "compression_of"]


def compression_of(params: Mapping[str, Any]) -> TwoBit | None:
    """Return the compression that `params` asks for, such as ``{'type': '2bit', 'threshold': 0.5}``."""
    if not isinstance(params, Mapping):
        raise MXNetTypeError(f"set_gradient_compression: compression_params is {params!r}; expected a dict")
    kind = params.get("type")
    if kind == "none":
        return None
    if kind != "2bit":
        raise MXNetValueError(f"set_gradient_compression: Unknown type for gradient compression {kind}; expected "
                              "'2bit'")
    unknown = set(params) - {"type", "threshold"}
    if unknown:
        raise MXNetValueError(f"set_gradient_compression: unknown parameter {sorted(unknown)[0]!r}; expected type and "
                              "threshold")
    return TwoBit(float(params.get("threshold", 0.5)))


class TwoBit:
    """Compression to two bits an element, with the error fed back.

    Parameters
    ----------
    threshold : float, above 0
    """

    def __init__(self, threshold: float):
        if not threshold > 0:
            raise MXNetValueError(f"set_gradient_compression: threshold is {threshold}; expected a number above 0")
        self.threshold = threshold
        self._residuals: dict[Any, NDArray] = {}

    def __call__(self, key: Any, gradient: NDArray) -> NDArray:
        """Return what is sent of a gradient; `key` says of which parameter on which device it is."""
        residual = self._residuals.get(key)
        if residual is None or residual.shape != gradient.shape:
            residual = self._residuals[key] = zeros_like(gradient)
        residual += gradient
        sent = (residual >= self.threshold) * self.threshold - (residual <= -self.threshold) * self.threshold
        residual -= sent
        return sent
