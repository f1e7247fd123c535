"""A test double of CuPy 14 over NumPy, stricter than either: what passes here uses CuPy as CuPy wants to be used.

Only for tests (``pytest --ctx fake-gpu``): a machine without a GPU can run every line of cupynet that is meant for
one. ``api.json`` says which names, parameters and loops real CuPy has (``scripts/oracle/cupy_api.py`` writes it);
everything in it is handed on to NumPy here, with CuPy's checks before and CuPy's kind of result after. What NumPy does
differently is in the tables of exceptions below. Like CuPy, and unlike NumPy:

* arrays are no NumPy arrays, do not become ones unasked, and do not mix with them;
* full reductions and elements are arrays without axes, and results of universal functions lie in C order;
* a position out of range wraps around, and of two values for one place the first stays (on a GPU: either);
* a kernel on an array of a device that is not the current one is an error (CuPy: a slow peer access or an error).

* two uses of memory in different streams, of which none comes before the other, are an error (``_order``), and so is
  an ``out`` that overlaps an input; copies that the host has not waited for have not arrived.

:data:`observed` keeps what cannot be seen otherwise: every launch, every wait for the device, and the streams that
kernels ran on. It also makes kernels, copies and waits fail, and memory short. New memory is full of NaN or 99, so that
reading what nobody wrote shows. The double cannot show whether real kernels compile, what they take, flushed denormals,
the order of sums, or that CuPy's ``linalg`` returns NaN where NumPy's raises.
"""
import sys
import types

import numpy as np

from . import _core, cuda
from ._core import (
    ElementwiseKernel,
    RawKernel,
    ReductionKernel,
    array,
    asarray,
    asnumpy,
    from_dlpack,
    get_default_memory_pool,
    ndarray,
    ufunc,
)
from ._observed import observed

__version__ = _core.API["version"]
dtype, newaxis = np.dtype, None

linalg = _core.room("cupy.linalg", np.linalg)
linalg.LinAlgError = np.linalg.LinAlgError
fft = _core.room("cupy.fft", np.fft)
lib = sys.modules["cupy.lib"] = types.ModuleType("cupy.lib")
lib.stride_tricks = _core.room("cupy.lib.stride_tricks", np.lib.stride_tricks)
_core.fill(ndarray, np.ndarray, "cupy.ndarray")
_core.fill(sys.modules[__name__], np, "cupy")

from . import random  # noqa: E402
