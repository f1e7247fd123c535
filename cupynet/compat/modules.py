"""``mxnet`` and all that is in it, found by Python's import as the modules of cupynet themselves."""
from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from ..context import Context
from ..libinfo import cupynet_version
from ..ndarray import NDArray
from ..symbol import Symbol
from .borrowed import lend
from .numpy_names import restore

__all__ = ["install"]

_SHIM = str(Path(__file__).parent / "shim")  # holds a package mxnet, for processes that find it by sys.path alone

# Modules of MXNet that go by another name here.
_ELSEWHERE = {
    "mxnet._ctypes": "cupynet.c_api", "mxnet._ctypes.ndarray": "cupynet.ndarray", "mxnet._ffi": "cupynet.c_api",
    "mxnet._ctypes.symbol": "cupynet.symbol", "mxnet._ctypes.cached_op": "cupynet.cached_op",
    "mxnet.io.io": "cupynet.io", "mxnet.image.image": "cupynet.image", "mxnet.image.detection": "cupynet.image",
    "mxnet.ndarray.register": "cupynet.ndarray.functions", "mxnet.symbol.register": "cupynet.symbol.functions",
    "mxnet.ndarray.utils": "cupynet.ndarray.files", "mxnet.contrib.ndarray": "cupynet.ndarray.contrib",
    "mxnet.contrib.symbol": "cupynet.symbol.contrib", "mxnet.contrib.nd": "cupynet.ndarray.contrib",
    "mxnet.contrib.sym": "cupynet.symbol.contrib",
    # attributes of the package that scripts import as if they were modules
    "mxnet.nd": "cupynet.ndarray", "mxnet.sym": "cupynet.symbol", "mxnet.mod": "cupynet.module",
    "mxnet.kv": "cupynet.kvstore", "mxnet.init": "cupynet.initializer", "mxnet.opt": "cupynet.optimizer",
    "mxnet.rnd": "cupynet.random", "mxnet.viz": "cupynet.visualization", "mxnet.mon": "cupynet.monitor",
    "mxnet.img": "cupynet.image",
}

# Modules of MXNet that there are not yet, with all that is in them.
_NOT_YET = ("contrib.amp", "contrib.io", "contrib.onnx", "contrib.quantization", "contrib.svrg_optimization",
            "contrib.tensorboard", "contrib.text", "gluon", "library", "ndarray.numpy",
            "ndarray.numpy_extension", "notebook", "numpy", "numpy_extension", "onnx", "profiler", "rtc",
            "symbol.numpy", "symbol.numpy_extension", "symbol.sparse", "torch", "tvmop")
_GENERATED = re.compile(r"mxnet\.(ndarray|symbol)\.gen_(op|_internal|contrib|image|linalg|random|sparse)")

# What programs print the type of, and pickle, or store the name of: where MXNet has it.
_HOMES = {Context: "mxnet.context", NDArray: "mxnet.ndarray.ndarray", Symbol: "mxnet.symbol.symbol"}


class _Loader(importlib.abc.Loader):
    """Hands out a module that there is already, and leaves it as it is."""

    def __init__(self, fullname: str, target: str):
        self.fullname, self.target = fullname, target

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.target)
        self.before = module.__spec__, module.__loader__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # importlib has written the spec of the other name into the module
        module.__spec__, module.__loader__ = self.before
        lend(module, self.fullname.removeprefix("mxnet."))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds ``mxnet.x.y`` as ``cupynet.x.y``."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
                  ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "mxnet" and not fullname.startswith("mxnet."):
            return None
        name = _ELSEWHERE.get(fullname, "cupynet" + fullname.removeprefix("mxnet"))
        generated = _GENERATED.fullmatch(fullname)
        if generated:  # functions of operators, which stand in modules of these names here
            name = f"cupynet.{generated[1]}.{generated[2]}"
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name + ".").startswith(error.name + "."):
                raise  # something else is missing
            yet = any((fullname + ".").startswith(f"mxnet.{each}.") for each in _NOT_YET)
            missing = f"MXNet's {fullname!r} is not in cupynet {cupynet_version} yet" if yet else \
                f"cupynet {cupynet_version} has no {fullname!r}"
            raise ModuleNotFoundError(missing, name=fullname) from None
        spec = importlib.machinery.ModuleSpec(fullname, _Loader(fullname, name), is_package=True)
        spec.submodule_search_locations = []
        return spec


def install() -> None:
    """Let ``import mxnet`` mean cupynet, and bring back the names that NumPy has removed, in this process.

    Also in processes started from it by :mod:`multiprocessing`. A second call does nothing.
    """
    restore()
    for each, home in _HOMES.items():
        each.__module__ = home
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if _SHIM not in sys.path:
        sys.path.append(_SHIM)
    for name in [name for name in sys.modules if name == "mxnet" or name.startswith("mxnet.")]:
        if not (sys.modules[name].__name__ + ".").startswith("cupynet."):
            del sys.modules[name]
