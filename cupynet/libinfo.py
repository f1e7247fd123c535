"""Where MXNet's shared library would be (``mx.libinfo``): nowhere, since cupynet is pure Python."""
from __future__ import annotations

from .error import MXNetError

__all__ = ["find_lib_path", "find_include_path", "cupynet_version"]

__version__ = "1.9.1"      # the MXNet API that this is
cupynet_version = "0.1.0"


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Raise MXNetError: there is no shared library."""
    raise MXNetError(f"Cannot find the library {prefix}: cupynet is pure Python and has none")


def find_include_path() -> str:
    """Raise MXNetError: there are no headers."""
    raise MXNetError("Cannot find the MXNet include path: cupynet is pure Python and has no headers")
