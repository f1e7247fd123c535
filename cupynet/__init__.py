"""cupynet: MXNet 1.x's Python API on today's Python, NumPy and CuPy.

>>> import cupynet as mx
>>> (mx.nd.ones((2, 3)) * 2).sum().asscalar()
np.float32(12.0)
"""
from __future__ import annotations

import importlib
from typing import Any

from . import (
    attribute,
    autograd,
    base,
    context,
    control_flow,  # registers the operators of loops and branches
    engine,
    error,
    executor,
    name,
    ndarray,
    operator,
    ops,  # registers every operator before the namespaces look them up
    random,
    symbol,
    util,
)
from . import ndarray as nd
from . import random as rnd
from . import symbol as sym
from .attribute import AttrScope
from .base import MXNetError
from .cached_op import CachedOp as _CachedOp
from .context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
from .executor import Executor
from .libinfo import __version__, cupynet_version
from .ndarray import NDArray, waitall
from .symbol import Symbol, Variable
from .symbol.recorded import get_symbol as _get_symbol
from .util import (
    is_np_array,
    is_np_shape,
    np_array,
    np_shape,
    set_np_shape,
    use_np,
    use_np_array,
    use_np_shape,
)

# What stands above the modules in which MXNet has it
nd.CachedOp = _CachedOp
autograd.get_symbol = _get_symbol


# Rooms that not every program enters, loaded when first named: public name -> module.
_LAZY = {"initializer": "initializer", "init": "initializer", "lr_scheduler": "lr_scheduler", "optimizer": "optimizer",
         "opt": "optimizer", "metric": "metric", "registry": "registry", "recordio": "recordio", "io": "io",
         "callback": "callback", "model": "model", "module": "module", "mod": "module",
         "image": "image", "img": "image", "kvstore": "kvstore", "kv": "kvstore", "monitor": "monitor",
         "mon": "monitor", "rnn": "rnn",
         "executor_manager": "executor_manager", "viz": "visualization", "visualization": "visualization",
         "test_utils": "test_utils", "gluon": "gluon", "log": "log",
         "contrib": "contrib", "misc": "misc", "runtime": "runtime", "libinfo": "libinfo"}


def __getattr__(wanted: str) -> Any:
    if wanted not in _LAZY:
        raise AttributeError(f"module 'cupynet' has no attribute {wanted!r}")
    globals()[wanted] = module = importlib.import_module("." + _LAZY[wanted], __name__)
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
