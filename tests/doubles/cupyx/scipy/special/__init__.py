"""The double's special functions, computed by SciPy."""
import sys

from cupy import _core
import scipy.special

_core.fill(sys.modules[__name__], scipy.special, "cupyx.scipy.special")
