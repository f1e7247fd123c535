"""Images from files and their bytes."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..base import MXNetValueError
from ..context import cpu
from ..ndarray import NDArray, array
from ..ndarray import _internal as nd

__all__ = ["imread", "imdecode"]


def imread(filename: str, *args: Any, **kwargs: Any) -> NDArray:
    """Read an image from a file.

    Parameters
    ----------
    filename : str
    flag : int, default 1
        1: in colours, 0: grey.
    to_rgb : bool, default True
        Whether colours come as red, green, blue; otherwise as blue, green, red.
    out : NDArray, optional
        Where to put it.

    Returns
    -------
    NDArray
        uint8 (height, width, 3), or (height, width, 1), on a CPU.
    """
    with cpu():
        return nd._cvimread(os.fspath(filename), *args, **kwargs)


def imdecode(buf: Any, *args: Any, **kwargs: Any) -> NDArray:
    """Decode an image from the bytes of a file.

    Parameters
    ----------
    buf : bytes, bytearray, memoryview, numpy.ndarray or NDArray
        Arrays of uint8.
    flag, to_rgb, out
        As in :func:`imread`.

    Returns
    -------
    NDArray
        uint8 (height, width, 3), or (height, width, 1).

    Examples
    --------
    >>> import base64
    >>> pixel = base64.b64decode('Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAAAwIBAA==')
    >>> mx.image.imdecode(pixel).asnumpy()
    array([[[1, 2, 3]]], dtype=uint8)
    """
    if not isinstance(buf, NDArray):
        if not isinstance(buf, (bytes, bytearray, memoryview, np.ndarray)):
            raise MXNetValueError(f"imdecode: buf is {type(buf).__name__}; buf must be of type bytes, bytearray or "
                                  "numpy.ndarray,if you would like to input type str, please convert to bytes")
        buf = array(np.frombuffer(buf, np.uint8), ctx=cpu(), dtype=np.uint8)
    return nd._cvimdecode(buf, *args, **kwargs)
