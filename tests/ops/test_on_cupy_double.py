"""Kernels and gradient rules as a GPU runs them, on the double of CuPy (``pytest --ctx fake-gpu``)."""
from __future__ import annotations

import numpy as np
import pytest

from cupynet import device
from cupynet.ops import catalog
from cupynet.ops.gradient import RawFunctions, kept_by_rules, pull_back

from .test_samples import EACH, dynamic, gradients, head_gradient, run


@pytest.fixture
def gpu():
    """The first GPU of the double."""
    found = device.get("cuda", 0)
    found.enter()
    return found


def close(found, right, rtol, atol, sample):
    """Compare an array of the double with NumPy's; half precision may round in another order."""
    assert (found.shape, found.dtype) == (right.shape, right.dtype)
    half = 20 if right.dtype == np.float16 else 1
    np.testing.assert_allclose(found.get(), right, half * max(rtol, sample.rtol), half * max(atol, sample.atol))


# Operators that wait for the device: what they check or return depends on values.
WAITING = {"_histogram", "take", "_sample_unique_zipfian", "_backward_boolean_mask", "_contrib_RROIAlign",
           "_backward_RROIAlign", "_cvimresize", "_cvcopyMakeBorder", "_cvimdecode"}


@EACH
def test_kernels_and_gradients(family, index, sample, gpu):
    """The same values and gradients as NumPy's, on the home stream and without waiting for the device."""
    import cupy
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    expected = run(op, attrs, sample.inputs, sample)
    raws = [gpu.from_host(x) for x in sample.inputs]
    before = [x.get() for x in raws]
    rng = gpu.rng
    cupy.observed.clear()
    results = op.run(cupy, "cuda", raws, attrs, train=sample.train, rng=rng, device=gpu)
    waits, streams = list(cupy.observed.waits), set(cupy.observed.streams)
    for result, value in zip(results, expected, strict=True):
        assert isinstance(result, cupy.ndarray)
        if op.takes_rng:
            assert (result.shape, result.dtype) == (value.shape, value.dtype)
        else:
            close(result, value, 1e-4, 1e-5, sample)
    for x, y in zip(raws, before):
        np.testing.assert_array_equal(x.get(), y, "the kernel has changed an input")
    if op.differentiable and not op.takes_rng:
        heads = [head_gradient(r.shape, r.dtype) for r in expected[:op.visible_count(attrs)]]
        right = gradients(op, attrs, sample.inputs, expected, heads)
        wanted = [x.dtype.kind == "f" for x in sample.inputs]
        ins, outs = kept_by_rules(op, attrs, wanted)
        heads = [gpu.from_host(h) for h in heads]
        cupy.observed.clear()
        found = pull_back(op, attrs, RawFunctions(gpu), heads,
                          [x if i in ins else None for i, x in enumerate(raws)],
                          [x if i in outs else None for i, x in enumerate(results)],
                          [x.shape for x in raws], [x.dtype for x in raws], wanted)
        waits += cupy.observed.waits
        for mine, theirs in zip(found, right):
            assert (mine is None) == (theirs is None)
            if mine is not None:
                close(mine, theirs, 1e-3, 1e-4, sample)
    assert streams | cupy.observed.streams <= {(0, gpu.stream.ptr)}
    assert not waits or op.name in WAITING or dynamic(op, attrs, sample), f"waits for the device: {waits}"
