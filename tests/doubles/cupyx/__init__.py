"""The double's cupyx: scattered updates and pinned memory."""
import sys

import cupy
import numpy as np
from cupy import _core


def scatter_add(a, slices, value):
    """Add to elements, also where positions are equal."""
    a.scatter_add(slices, value)


def scatter_max(a, slices, value):
    """Take the larger value at positions, which may be equal."""
    cupy.maximum.at(a, slices, value)


def scatter_min(a, slices, value):
    """Take the smaller value at positions, which may be equal."""
    cupy.minimum.at(a, slices, value)


empty_pinned = cupy.cuda.pinned
_core.fill(sys.modules[__name__], None, "cupyx")
