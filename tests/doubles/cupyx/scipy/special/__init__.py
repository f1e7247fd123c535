"""The double's special functions, computed by SciPy."""
import sys

import scipy.special
from cupy import _core

_core.fill(sys.modules[__name__], scipy.special, "cupyx.scipy.special")
