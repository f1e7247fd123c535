"""Features under MXNet's names, with answers that are true here."""
import numpy as np
import pytest

import cupynet as mx
from cupynet import runtime

# As MXNet 1.9.1 lists them
NAMES = ("CUDA CUDNN NCCL CUDA_RTC TENSORRT CPU_SSE CPU_SSE2 CPU_SSE3 CPU_SSE4_1 CPU_SSE4_2 CPU_SSE4A CPU_AVX CPU_AVX2 "
         "OPENMP SSE F16C JEMALLOC BLAS_OPEN BLAS_ATLAS BLAS_MKL BLAS_APPLE LAPACK MKLDNN OPENCV CAFFE PROFILER "
         "DIST_KVSTORE CXX14 INT64_TENSOR_SIZE SIGNAL_HANDLER DEBUG TVM_OP").split()


def test_names_and_objects():
    features = runtime.Features()
    assert list(features) == NAMES == [feature.name for feature in runtime.feature_list()]
    assert features is runtime.Features() is runtime.Features.instance and isinstance(features, dict)
    assert all(name == feature.name and type(feature.enabled) is bool for name, feature in features.items())
    assert repr(features["LAPACK"]) == "✔ LAPACK" and repr(features["TVM_OP"]) == "✖ TVM_OP"
    assert repr(features) == str(runtime.feature_list())


def test_questions():
    features = runtime.Features()
    assert features.is_enabled("lapack") is True and features.is_enabled("MKLDNN") is False
    assert features.is_enabled("CUDA") == (mx.num_gpus() > 0)
    assert features.is_enabled("OPENCV")  # one of the packages for tests
    with pytest.raises(RuntimeError, match=r"Feature 'FOO' is unknown, known features are: \['CUDA', 'CUDNN'"):
        features.is_enabled("foo")
    with pytest.raises(TypeError, match="feature_name is 3"):
        features.is_enabled(3)


@pytest.mark.parametrize("simd, there", [
    ({"baseline": ["X86_V2"], "found": ["X86_V3"]}, {"CPU_SSE", "CPU_SSE4_2", "CPU_AVX", "CPU_AVX2", "SSE", "F16C"}),
    ({"baseline": ["SSE", "SSE2", "SSE3"], "found": ["SSSE3", "SSE41"], "not found": ["AVX"]},
     {"CPU_SSE", "CPU_SSE3", "CPU_SSE4_1", "SSE"}),
    ({"baseline": ["NEON"]}, set())])
def test_vector_instructions_and_blas_are_numpys(monkeypatch, simd, there):
    found = {"SIMD Extensions": simd, "Build Dependencies": {"blas": {"name": "mkl-sdl"}}}
    monkeypatch.setattr(np, "show_config", lambda mode: found)
    on = {feature.name for feature in runtime.feature_list() if feature.enabled}
    assert there <= on and "BLAS_MKL" in on and "BLAS_OPEN" not in on
    assert not on & ({"CPU_AVX", "CPU_AVX2", "F16C", "CPU_SSE4_2", "CPU_SSE"} - there)
