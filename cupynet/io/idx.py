"""Files of the MNIST format (idx): a header, lengths, and unsigned bytes; plain or compressed (``.gz``)."""
from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from ..base import MXNetError

__all__ = ["read_idx"]


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """Return the unsigned bytes in an idx file, in their shape. Raises MXNetError for another kind of file."""
    path = Path(path)
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise MXNetError(f"cannot read {path}: {error}") from error
    ndim = data[3] if len(data) > 3 and data[:3] == b"\0\0\x08" else 0
    shape = struct.unpack(f">{ndim}I", data[4:4 + 4 * ndim]) if 0 < ndim <= 4 <= len(data) - 4 * ndim else ()
    if not shape or math.prod(shape) != len(data) - 4 - 4 * ndim:
        raise MXNetError(f"{path} is not an MNIST file: {len(data)} bytes that begin with {data[:16].hex(' ')}")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * ndim).reshape(shape)
