"""CUDA devices on the double of CuPy: streams, copies between places, and what must not wait."""
from __future__ import annotations

import threading

import numpy as np
import pytest
from forks import can_fork, holds_in_a_child

import cupynet as mx
from cupynet import device, observe
from cupynet.device import cuda


@pytest.fixture(autouse=True)
def observed():
    """What the double sees of a test."""
    import cupy
    for place in (mx.gpu(0), mx.gpu(1)):
        mx.nd.ones((1,), place)  # devices are tried out when they are first used
        assert place.device.rng is not None
    cupy.observed.clear()
    yield cupy.observed
    cupy.observed.clear()


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


# ---- hazards ---------------------------------------------------------------------------------------

BIG = 1 << 15  # elements of arrays that come and go in page-locked memory


def clock(place):
    """How much work of which streams comes before what a device does next."""
    from cupy import _order
    return dict(_order.clocks.get(device.get("cuda", place).stream.ptr, {}))


def test_a_copy_between_devices_waits_for_the_source():
    a = mx.nd.ones((3,), mx.gpu(0))
    for _ in range(3):
        a += 1
    b = a.as_in_context(mx.gpu(1))
    stream = device.get("cuda", 0).stream.ptr
    assert clock(1)[stream] >= clock(0)[stream] - 2  # but for the event and the parcel
    assert b.asnumpy().tolist() == [4, 4, 4]


def never_done(monkeypatch):
    """Let the device be slow: an event is only done when the host has waited for it."""
    import cupy
    monkeypatch.setattr(cupy.observed.random, "random", lambda: 0)


def test_a_copy_between_devices_does_not_make_the_source_wait(monkeypatch):
    """What the target has to do before is no business of the source's."""
    never_done(monkeypatch)
    a, b = mx.nd.ones((3,), mx.gpu(0)), mx.nd.ones((3,), mx.gpu(1))
    b += 1
    before = clock(0).get(device.get("cuda", 1).stream.ptr, 0)
    b[:] = a
    c = a.as_in_context(mx.gpu(1))
    a += 1  # at once, and yet the copies are of what was there
    assert clock(0).get(device.get("cuda", 1).stream.ptr, 0) == before
    del a
    assert b.asnumpy().tolist() == c.asnumpy().tolist() == [1, 1, 1]


def test_what_a_copy_uses_is_held_until_it_is_done(observed):
    first = device.get("cuda", 0)
    first.synchronize()
    assert not first._held
    copies = [mx.nd.array(np.full(BIG, i, "f4"), mx.gpu(0)) for i in range(6)]
    copies += [mx.nd.full((BIG,), i, mx.gpu(1)).as_in_context(mx.gpu(0)) for i in range(6)]
    assert first._held
    for i, copy in enumerate(copies):
        assert (copy.asnumpy() == i % 6).all()
    mx.nd.waitall()
    assert not first._held and not device.get("cuda", 1)._held


def test_copies_from_the_host_run_beside_kernels(observed, monkeypatch):
    """A large array travels while the device computes: its stream comes after nothing but earlier arrivals."""
    from cupy import _order
    first = device.get("cuda", 0)
    a = mx.nd.ones((3,), mx.gpu(0))
    first.synchronize()
    never_done(monkeypatch)
    observed.clear()
    known = dict(_order.host)
    a += 1
    mx.nd.array(np.ones(BIG, "f4"), mx.gpu(0))
    ahead = _order.clocks[first._arrivals.ptr].get(first.stream.ptr, 0)
    assert ahead == known[first.stream.ptr] and not observed.waits


@pytest.mark.parametrize("order", ["C", "F"])
def test_large_arrays_go_to_the_host_and_back(order):
    values = np.asarray(np.random.RandomState(0).rand(200, 300), order=order)
    a = mx.nd.array(values, mx.gpu(0), dtype="float64")
    a[3] = 7
    values[3] = 7
    found = a.T.asnumpy()
    assert type(found) is np.ndarray and found.flags.owndata
    np.testing.assert_array_equal(found, values.T)


def test_arrays_of_other_streams_are_waited_for():
    import cupy
    a = mx.nd.zeros((3,), mx.gpu(0))
    for use in (lambda x: a + x, lambda x: a.__setitem__(slice(None), x), lambda x: mx.nd.array(x, mx.gpu(0)),
                lambda x: mx.nd.array(x, mx.gpu(1)), mx.nd.from_dlpack, lambda x: mx.nd.ones((3,), mx.gpu(1)) + x):
        with cupy.cuda.Device(0), cupy.cuda.Stream():
            theirs = cupy.ones((3,), "f4")
            use(theirs)
            del theirs  # its memory goes back to their stream, which does not wait for ours


def test_other_streams_wait_for_our_arrays():
    import cupy
    a, expected = mx.nd.zeros((3,), mx.gpu(0)), 1
    for take in (lambda x: x.__cupy_get_ndarray__(), cupy.from_dlpack, cupy.asarray):
        a += 1
        with cupy.cuda.Device(0), cupy.cuda.Stream() as stream:
            assert (cupy.ones((3,), "f4") + take(a)).get()[0] == 1 + expected
            assert cupy.cuda.get_current_stream() == stream
        expected += 1


def test_overlapping_source_and_target():
    x = mx.nd.arange(5, ctx=mx.gpu(0))
    x[1:] = x[:-1]
    assert x.asnumpy().tolist() == [0, 0, 1, 2, 3]
    mx.nd.elemwise_add(x[1:], x[1:], out=x[:-1])
    assert x.asnumpy().tolist() == [0, 2, 4, 6, 3]
    x[::-1] = x
    assert x.asnumpy().tolist() == [3, 6, 4, 2, 0]


# ---- errors ----------------------------------------------------------------------------------------

@pytest.fixture
def broken():
    import cupy
    return cupy.cuda.CUDARuntimeError(700)


@pytest.mark.parametrize("what, action", [
    ("*", lambda x: x + x), ("*", mx.nd.exp), ("*", lambda x: x.__iadd__(1)),
    ("setitem", lambda x: x.__setitem__(0, 1)), ("getitem", lambda x: x[[0, 1]]),
    ("cupy.zeros", lambda x: mx.nd.zeros((2,), mx.gpu(0))), ("cupy.full", lambda x: mx.nd.ones((2,), mx.gpu(0))),
    ("copy to host", lambda x: x.asnumpy()), ("array", lambda x: mx.nd.array([1, 2], mx.gpu(0))),
    ("copy from host", lambda x: mx.nd.array(np.ones(BIG), mx.gpu(0))),
    ("copy between devices", lambda x: x.as_in_context(mx.gpu(1))), ("copy", lambda x: x.copyto(mx.gpu(1))),
    ("Stream.synchronize", lambda x: x.wait_to_read()), ("Stream.synchronize", lambda x: mx.nd.waitall()),
    ("get", lambda x: x.asnumpy()), ("get", lambda x: float(x[0])),
    ("tanh", lambda x: mx.sym.tanh(mx.sym.Variable("x")).bind(mx.gpu(0), {"x": x}).forward()),
    ("cupy.zeros", lambda x: mx.sym.tanh(mx.sym.Variable("x")).bind(mx.gpu(0), {"x": x})),
])
def test_cudas_errors_become_mxnets(observed, broken, what, action):
    x = mx.nd.ones((2,), mx.gpu(0))
    observed.failures[what] = broken
    with pytest.raises(mx.MXNetError, match="cudaErrorIllegalAddress") as caught:
        action(x)
    assert not observed.failures and type(caught.value) is mx.MXNetError
    assert (x + 1).asnumpy().shape == (2,)  # and it goes on


def test_an_operators_error_names_it(observed, broken):
    observed.failures["tanh"] = broken
    with pytest.raises(mx.MXNetError, match="^tanh: cudaErrorIllegalAddress"):
        mx.nd.tanh(mx.nd.ones((2,), mx.gpu(0)))
    executor = mx.sym.tanh(mx.sym.Variable("x"), name="first").bind(mx.gpu(0), {"x": mx.nd.ones((2,), mx.gpu(0))})
    observed.failures["tanh"] = broken
    with pytest.raises(mx.MXNetError, match="^Error in operator first: tanh: cudaErrorIllegalAddress"):
        executor.forward()


def test_no_memory(observed):
    x = mx.nd.ones((1000,), mx.gpu(0))
    observed.limit = observed.allocated + 100
    for action in (lambda: x + 1, lambda: mx.nd.zeros((1000,), mx.gpu(0)), x.copy, lambda: x[[1] * 1000],
                   lambda: mx.nd.array(np.ones(1000), mx.gpu(0)), lambda: mx.nd.array(np.ones(BIG), mx.gpu(0)),
                   lambda: x.as_in_context(mx.gpu(1)),
                   lambda: mx.sym.Variable("x").simple_bind(mx.gpu(0), x=(1000,))):
        with pytest.raises(mx.MXNetError, match="Out of memory"):
            action()


@can_fork
def test_a_forked_child_is_told_that_it_has_no_gpu():
    x = mx.nd.ones((2,), mx.gpu(0))

    def refuses():
        for use in (lambda: x + 1, x.asnumpy, lambda: mx.nd.ones((1,), mx.gpu(0)), lambda: mx.nd.ones((1,), mx.gpu(1))):
            with pytest.raises(mx.MXNetError, match="fork"):
                use()
        return (mx.nd.ones((2,), mx.cpu()) + 1).asnumpy().tolist() == [2, 2]
    assert holds_in_a_child(refuses)
    assert (x + 1).asnumpy().tolist() == [2, 2]


def test_the_naive_engine_waits_for_every_operator(observed):
    x = mx.nd.ones((2,), mx.gpu(0))
    observed.clear()
    with observe.hooked(cuda._in_turn):
        y = mx.nd.tanh(x) + 1
        assert observed.waits == ["Stream.synchronize"] * 2
        (mx.nd.ones((2,), mx.cpu(0)) + 1).asnumpy()
    assert len(observed.waits) == 2 and y.shape == (2,)
