"""Contexts: identity, defaults, and what is said when there is no GPU."""
import copy
import pickle
import threading

import pytest

import cupynet as mx


def test_equality_hash_and_repr():
    assert mx.cpu() == mx.cpu(0) == mx.Context("cpu", 0)
    assert mx.cpu(0) != mx.cpu(1) and mx.cpu(0) != mx.gpu(0)
    assert len({mx.cpu(0), mx.cpu(), mx.cpu(1)}) == 2
    assert (str(mx.gpu(1)), repr(mx.cpu()), str(mx.cpu_pinned())) == ("gpu(1)", "cpu(0)", "cpu_pinned(0)")
    assert (mx.gpu(3).device_type, mx.gpu(3).device_id, mx.gpu(3).device_typeid) == ("gpu", 3, 2)
    assert mx.Context(mx.gpu(2)) is mx.gpu(2)
    assert pickle.loads(pickle.dumps(mx.cpu(1))) is mx.cpu(1) and copy.deepcopy(mx.cpu(1)) is mx.cpu(1)


def test_default_is_scoped_and_thread_local():
    outside = mx.current_context()
    seen = []
    with mx.cpu(3):
        assert mx.current_context() == mx.cpu(3)
        assert mx.nd.zeros((1,)).context == mx.cpu(3)
        with mx.Context("cpu", 4):
            assert mx.current_context() == mx.cpu(4)
        assert mx.current_context() == mx.cpu(3)
        thread = threading.Thread(target=lambda: seen.append(mx.current_context()))
        thread.start()
        thread.join()
    assert mx.current_context() == outside and seen == [mx.cpu(0)]


def test_unknown_kind_is_refused():
    with pytest.raises(KeyError, match="'tpu'; expected one of cpu, gpu"):
        mx.Context("tpu", 0)


def test_the_default_may_be_set():
    def default():
        with pytest.warns(DeprecationWarning, match="Context.default_ctx has been deprecated. Please use"):
            return mx.Context.default_ctx

    def put(ctx):
        with pytest.warns(DeprecationWarning, match="deprecated"):
            mx.Context.default_ctx = ctx
    before = default()
    try:
        put(mx.cpu(2))
        with mx.cpu(3):
            assert default() == mx.cpu(3)
            put(mx.cpu(5))
            assert default() == mx.current_context() == mx.cpu(5)
        assert default() == mx.current_context() == mx.cpu(2)
        seen = []
        thread = threading.Thread(target=lambda: seen.append(mx.current_context()))
        thread.start()
        thread.join()
        assert seen == [mx.cpu(0)]
        with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="default_ctx is set to 'gpu'"):
            mx.Context.default_ctx = "gpu"
    finally:
        put(before)


@pytest.mark.skipif(mx.num_gpus() > 0, reason="asks what happens without a GPU")
def test_a_missing_gpu_is_reported_at_first_use():
    place = mx.gpu(0)
    for make in (lambda: mx.nd.zeros((2,), ctx=place), lambda: mx.nd.ones((2,), place),
                 lambda: mx.nd.array([1], place)):
        with pytest.raises(mx.MXNetError, match="GPU|CuPy"):
            make()
    x = mx.nd.ones((2,))
    with pytest.raises(mx.MXNetError, match="CuPy|GPU"):
        x.as_in_context(place)
    assert x.asnumpy().tolist() == [1, 1]
    assert mx.num_gpus() == mx.context.num_gpus() == 0
