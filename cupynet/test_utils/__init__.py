"""Tools for tests: comparisons with tolerances, numeric gradients, checks of symbols, random data, data sets.

Test files rely on ``from cupynet.test_utils import *`` to bring ``np``, ``mx``, ``os``, ``sys``, ``array``,
``Context`` and other modules as well.
"""
import json
import logging
import os
import sys
import time
import traceback

import numpy as np

import cupynet as mx

from ..context import Context, current_context
from ..ndarray import array
from ..symbol import Symbol
from . import (
    arrays,
    comparisons,
    consistency,
    datasets,
    generators,
    gradients,
    matrices,
    sparse,
    surroundings,
    symbols,
    tolerances,
)
from .arrays import *
from .comparisons import *
from .consistency import *
from .datasets import *
from .generators import *
from .gradients import *
from .matrices import *
from .sparse import *
from .surroundings import *
from .symbols import *
from .tolerances import *

_PARTS = (arrays, comparisons, consistency, datasets, generators, gradients, matrices, sparse, surroundings, symbols,
          tolerances)
__all__ = [name for part in _PARTS for name in part.__all__]
__all__ += ["json", "logging", "os", "sys", "time", "traceback", "np", "mx", "Context", "current_context", "array",
            "Symbol"]
