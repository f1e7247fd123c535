"""What this cupynet can do on this machine, under MXNet's names of features (``mx.runtime``).

>>> import cupynet as mx
>>> mx.runtime.Features().is_enabled('LAPACK')
True
"""
from __future__ import annotations

import collections
from typing import NamedTuple

import numpy as np

from . import device, opencv
from .base import MXNetError, MXNetTypeError

__all__ = ["Feature", "Features", "feature_list"]

_NEVER = ("CUDA_RTC", "TENSORRT", "CPU_SSE4A", "OPENMP", "JEMALLOC", "MKLDNN", "CAFFE", "CXX14", "SIGNAL_HANDLER",
          "DEBUG", "TVM_OP", "CUDNN", "NCCL", "PROFILER", "DIST_KVSTORE")
_BLAS = {"BLAS_OPEN": "openblas", "BLAS_ATLAS": "atlas", "BLAS_MKL": "mkl", "BLAS_APPLE": "accelerate"}
_SIMD = {"CPU_SSE": "SSE", "CPU_SSE2": "SSE2", "CPU_SSE3": "SSE3", "CPU_SSE4_1": "SSE41", "CPU_SSE4_2": "SSE42",
         "CPU_AVX": "AVX", "CPU_AVX2": "AVX2", "SSE": "SSE", "F16C": "F16C"}
_GROUPS = {"X86_V2": ("SSE", "SSE2", "SSE3", "SSE41", "SSE42"), "X86_V3": ("AVX", "AVX2", "F16C")}  # NumPy's, of these
_ORDER = ("CUDA", "CUDNN", "NCCL", "CUDA_RTC", "TENSORRT", "CPU_SSE", "CPU_SSE2", "CPU_SSE3", "CPU_SSE4_1",
          "CPU_SSE4_2", "CPU_SSE4A", "CPU_AVX", "CPU_AVX2", "OPENMP", "SSE", "F16C", "JEMALLOC", "BLAS_OPEN",
          "BLAS_ATLAS", "BLAS_MKL", "BLAS_APPLE", "LAPACK", "MKLDNN", "OPENCV", "CAFFE", "PROFILER", "DIST_KVSTORE",
          "CXX14", "INT64_TENSOR_SIZE", "SIGNAL_HANDLER", "DEBUG", "TVM_OP")


class Feature(NamedTuple):
    """The name of a feature and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Return all features that MXNet has a name for.

    CUDA stands for a GPU that CuPy can use, OPENCV for its Python package; the BLAS and the vector instructions are
    those of NumPy. What only compiled code can have is never there.
    """
    numpy = np.show_config(mode="dicts")
    blas = numpy.get("Build Dependencies", {}).get("blas", {}).get("name", "").lower()
    simd = numpy.get("SIMD Extensions", {})
    groups = (name for kind in ("baseline", "found") for name in simd.get(kind, ()))
    vector = {name for group in groups for name in _GROUPS.get(group, (group,))}
    there = dict.fromkeys(_NEVER, False) | {name: text in blas for name, text in _BLAS.items()}
    there |= {name: text in vector for name, text in _SIMD.items()}
    there |= {"CUDA": device.count_gpus() > 0, "OPENCV": opencv.is_there(), "LAPACK": True, "INT64_TENSOR_SIZE": True}
    return [Feature(name, there[name]) for name in _ORDER]


class Features(collections.OrderedDict):
    """The features by name; there is one such object."""

    instance: Features | None = None

    def __new__(cls) -> Features:
        if cls.instance is None:
            cls.instance = super().__new__(cls)
            super().__init__(cls.instance, ((feature.name, feature) for feature in feature_list()))
        return cls.instance

    def __init__(self) -> None:
        pass  # filled when it was made

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether a feature is there, by its name without regard to case. Raises MXNetError for unknown names."""
        if not isinstance(feature_name, str):
            raise MXNetTypeError(f"Features.is_enabled: feature_name is {feature_name!r}; expected text")
        name = feature_name.upper()
        if name not in self:
            raise MXNetError(f"Feature '{name}' is unknown, known features are: {list(self)}")
        return self[name].enabled
