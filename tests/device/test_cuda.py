"""CUDA devices on the double of CuPy: streams, copies between places, and what must not wait."""
from __future__ import annotations

import threading

import numpy as np
import pytest

import cupynet as mx
from cupynet import device


@pytest.fixture(autouse=True)
def observed():
    """What the double sees of a test."""
    import cupy
    for place in (mx.gpu(0), mx.gpu(1)):
        mx.nd.ones((1,), place)  # devices are tried out when they are first used
        assert place.device.rng is not None
    cupy.observed.clear()
    return cupy.observed


def home_streams():
    return {(i, device.get("cuda", i).stream.ptr) for i in (0, 1)}


def test_what_is_there():
    assert mx.num_gpus() == 2 and mx.context.gpu_memory_info(1) == (3 << 30, 4 << 30)
    for bad in (2, 7):
        with pytest.raises(mx.MXNetError, match=rf"gpu\({bad}\) does not exist: this machine has 2"):
            mx.nd.zeros((1,), mx.gpu(bad))
        with pytest.raises(mx.MXNetError, match="does not exist"):
            mx.context.gpu_memory_info(bad)
    mx.gpu(1).empty_cache()


def test_copies_between_places(observed):
    values = np.arange(6, dtype="f4").reshape(2, 3)
    places = (mx.cpu(0), mx.gpu(0), mx.gpu(1), mx.cpu(1))
    for source in places:
        for target in places:
            a = mx.nd.array(values, source)
            b = a.as_in_context(target)
            assert b.context == target and (b is a) == (source == target)
            c = mx.nd.zeros((2, 3), target)
            c[:] = a
            a[:] = 0
            np.testing.assert_array_equal(c.asnumpy(), values)
            if source != target:
                np.testing.assert_array_equal(b.asnumpy(), values)
    assert observed.streams <= home_streams()


def test_copy_of_strided_memory_to_another_device():
    first, second = device.get("cuda", 0), device.get("cuda", 1)
    raw = first.from_host(np.arange(6, dtype="f4").reshape(2, 3)).T
    second.enter()
    found = second.copy_from(raw, first)
    assert found.device.id == 1 and found.flags.c_contiguous
    np.testing.assert_array_equal(second.to_host(found), [[0, 3], [1, 4], [2, 5]])


def test_from_host_is_a_copy():
    values = np.ones(3, "f4")
    a = mx.nd.array(values, mx.gpu(0))
    values[:] = 2
    assert a.asnumpy().tolist() == [1, 1, 1]


def test_devices_take_turns(observed):
    """Work on two devices from one thread finds each one's device and stream, whatever the user left current."""
    import cupy
    a, b = mx.nd.ones((2, 2), mx.gpu(0)), mx.nd.ones((2, 2), mx.gpu(1))
    for _ in range(2):
        a, b = a * 2 + a, mx.nd.dot(b, b)
        a[0], b[:, 1] = 1, 2
        with cupy.cuda.Device(1), cupy.cuda.Stream():
            a += mx.nd.sum(a)
    a.attach_grad()
    b.attach_grad()
    with mx.autograd.record():
        squares = b * b  # the way back is gpu(1), gpu(0), gpu(1)
        moved = (a * a).as_in_context(mx.gpu(1))
        loss = (moved * squares).sum()
    loss.backward()
    assert not observed.waits and observed.streams <= home_streams()
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * a.asnumpy() * b.asnumpy() ** 2)
    np.testing.assert_allclose(b.grad.asnumpy(), 2 * b.asnumpy() * a.asnumpy() ** 2)


def test_threads_have_places_of_their_own():
    a = mx.nd.ones((3,), mx.gpu(1))
    found = []
    thread = threading.Thread(target=lambda: found.append((a + 1).asnumpy().tolist()))
    thread.start()
    thread.join()
    assert found == [[2, 2, 2]]


@pytest.mark.parametrize("place", [0, 1])
def test_training_steps_do_not_wait(observed, place):
    """Forward, backward and update of a network are only put into the queue."""
    ctx = mx.gpu(place)
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, num_hidden=8, name="fc1")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name="bn"), act_type="relu")
    net = mx.sym.FullyConnected(mx.sym.Dropout(net, p=0.3), num_hidden=3, name="fc2")
    executor = mx.sym.SoftmaxOutput(net, name="softmax").simple_bind(ctx, data=(4, 5))
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape, ctx=ctx)
    observed.waits.clear()
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
        for weight, gradient in zip(executor.arg_arrays, executor.grad_arrays):
            mx.nd.sgd_update(weight, gradient, lr=0.1, wd=0.01, out=weight)
    assert not observed.waits and observed.streams <= home_streams()
    assert np.isfinite(executor.outputs[0].asnumpy()).all() and observed.waits == ["get"]


def test_a_monitor_may_use_other_devices():
    x = mx.sym.Variable("x")
    executor = mx.sym.exp(mx.sym.sin(x)).bind(mx.gpu(0), {"x": mx.nd.ones((2,), mx.gpu(0))})
    seen = []
    executor.set_monitor_callback(lambda name, array: seen.append((mx.nd.ones((1,), mx.gpu(1)) + 1).context))
    executor.forward()
    assert seen == [mx.gpu(1)] * 2
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), np.exp(np.sin([1, 1])), 1e-6)


def test_foreign_arrays_come_from_any_device():
    import cupy
    with cupy.cuda.Device(1):
        other = cupy.ones((2,), "f4")
    for array in (mx.nd.ones((2,), mx.gpu(0)), mx.nd.ones((2,), mx.gpu(1)), mx.nd.ones((2,), mx.cpu(0))):
        assert (array + other).asnumpy().tolist() == [2, 2]


def test_waiting():
    import cupy
    a = mx.nd.ones((2,), mx.gpu(1))
    cupy.observed.clear()
    a.wait_to_read()
    assert cupy.observed.waits == ["Stream.synchronize"]


def test_random_numbers_follow_the_seed():
    draws = []
    for _ in range(2):
        mx.random.seed(5)
        draws.append([mx.nd.random.normal(shape=(4,), ctx=mx.gpu(i)).asnumpy() for i in (0, 1)])
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0][0] != draws[0][1]).all()


def test_other_libraries():
    import cupy
    a = mx.nd.array([[1, 2], [3, 4]], mx.gpu(1))
    b = mx.nd.from_dlpack(a)
    b[0] = 9
    assert b.context == mx.gpu(1) and a.asnumpy().tolist() == [[9, 9], [3, 4]]
    told = a.__cuda_array_interface__
    assert told["shape"] == (2, 2) and told["stream"] == device.get("cuda", 1).stream.ptr
    assert cupy.asarray(a) is a.__cupy_get_ndarray__()
    assert mx.nd.array(cupy.ones((2,), "f4"), mx.gpu(0)).asnumpy().tolist() == [1, 1]
    with pytest.raises(mx.MXNetError, match=r"rhs is on gpu\(0\) but lhs is on gpu\(1\)"):
        a + mx.nd.ones((2, 2), mx.gpu(0))
