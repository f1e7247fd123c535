"""Programs under way: order, errors, which of them run at the same time as others, forks and the interpreter's exit."""
import gc
import threading

import numpy as np
import pytest
from device.test_workers import in_a_process
from flights import Gate, always, begin
from forks import can_fork, holds_in_a_child

import cupynet as mx
from cupynet.device import parallel, streams


@pytest.fixture(autouse=True)
def cpu():
    with mx.cpu(0):
        yield
    try:
        mx.nd.waitall()
    finally:
        assert not streams.flying and not streams.spoiled and not streams._failures


@pytest.fixture
def at_once(monkeypatch):
    always(monkeypatch)


@pytest.fixture
def gate(monkeypatch, at_once):
    return Gate(monkeypatch)


def zeros(n=1, ctx=None):
    return mx.nd.zeros((n,), ctx)


def fail(*raws):
    raise mx.base.MXNetValueError("Error in operator conv0: Convolution: no")


# ---- order ---------------------------------------------------------------------------------------

def test_programs_of_one_context_run_in_order(at_once):
    seen = []
    arrays = [zeros() for _ in range(30)]
    for i, x in enumerate(arrays):
        assert begin(lambda raw, i=i: seen.append(i), writes=[x])
    mx.nd.waitall()
    assert seen == list(range(30))


def test_programs_of_several_contexts_run_side_by_side(at_once):
    barrier = threading.Barrier(3, timeout=20)
    for i in range(3):
        assert begin(lambda raw: barrier.wait(), writes=[zeros(ctx=mx.cpu(i))])
    mx.nd.waitall()


def test_a_program_in_turn_waits_for_those_before_it(gate):
    x, y, seen = zeros(), zeros(), []

    def first(raw):
        gate.stand()
        seen.append(1)
    assert begin(first, writes=[x])
    assert not begin(lambda raw: seen.append(2), writes=[y], inline=True)
    assert seen == [1, 2]


def test_a_program_with_the_whole_blas_waits_for_all_others(gate, monkeypatch):
    x, y = zeros(ctx=mx.cpu(1)), zeros(ctx=mx.cpu(2))
    seen = []

    def first(raw):
        gate.stand()
        seen.append(1)
    assert begin(first, writes=[x])
    job = streams.Job([], [y._data], cuts=False, inline=True)
    mx.cpu(2).device.submit(job, lambda: seen.append(2))
    assert seen == [1, 2]


def test_random_numbers_come_in_the_order_of_calls(gate):
    device = mx.cpu(0).device
    mx.random.seed(3)
    first = mx.nd.random.uniform(shape=(3,)).asnumpy(), mx.nd.random.uniform(shape=(3,)).asnumpy()
    mx.random.seed(3)
    x = zeros(3)

    def draws(raw):
        gate.stand()
        raw[...] = device.rng.uniform((3,))
    assert begin(draws, writes=[x], more=[device.numbers])
    second = mx.nd.random.uniform(shape=(3,))
    np.testing.assert_array_equal([x.asnumpy(), second.asnumpy()], first)
    begin(draws, writes=[x], more=[device.numbers])
    mx.random.seed(3)
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=(3,)).asnumpy(), first[0])


# ---- errors --------------------------------------------------------------------------------------

@pytest.mark.parametrize("wait", [lambda x: x.asnumpy(), lambda x: x + 1, lambda x: x.wait_to_read(),
                                  lambda x: mx.nd.waitall(), lambda x: x[0:1].asnumpy(), np.asarray])
def test_an_error_surfaces_at_the_wait_and_once(at_once, wait):
    x = zeros()
    assert begin(fail, writes=[x])
    with pytest.raises(mx.base.MXNetValueError, match=r"^Error in operator conv0: Convolution: no$"):
        wait(x)
    x.wait_to_read()
    mx.nd.waitall()
    assert x.asnumpy().tolist() == [0] and type(x) is mx.nd.NDArray


def test_other_errors_become_mxnets(at_once):
    x = zeros()
    begin(lambda raw: {}[3], writes=[x])
    with pytest.raises(mx.MXNetError, match="KeyError: 3") as caught:
        x.asnumpy()
    assert "in <lambda>" in str(caught.value.__cause__)  # where it was raised


def test_what_a_failed_program_only_reads_is_whole(gate):
    x, y = zeros(), zeros()

    def program(*raws):
        gate.stand()
        fail()
    begin(program, reads=[x], writes=[y])
    assert x.asnumpy().tolist() == [0]
    with pytest.raises(mx.MXNetError):
        y.asnumpy()


def test_programs_after_a_failed_one_fail_if_they_depend_on_it(gate):
    x, y, z, w, ran = zeros(), zeros(), zeros(), zeros(), []

    def first(raw):
        gate.stand()
        fail()
    begin(first, writes=[x])
    begin(lambda *raws: ran.append("depends"), reads=[x], writes=[y])
    begin(lambda *raws: ran.append("depends on that"), reads=[y], writes=[z])
    begin(lambda *raws: ran.append("overwrites"), writes=[x])
    begin(lambda *raws: ran.append("independent"), writes=[w])
    w.wait_to_read()
    with pytest.raises(mx.MXNetError, match="conv0"):
        z.asnumpy()
    assert ran == ["independent"]
    begin(lambda a, b: ran.append("again"), reads=[x], writes=[y])
    y.wait_to_read()
    assert ran == ["independent", "again"]


def test_programs_in_the_queue_fail_even_if_the_error_has_been_told_by_then(gate):
    x, y, z, w, ran = zeros(), zeros(), zeros(), zeros(), []
    begin(fail, writes=[x, y])

    def slow(raw):
        gate.stand()
    begin(slow, writes=[w])
    begin(lambda *raws: ran.append(1), reads=[x], writes=[z])
    while not streams.spoiled:
        pass
    with pytest.raises(mx.MXNetError, match="conv0"):
        y.asnumpy()
    mx.nd.waitall()
    assert not ran and z.asnumpy().tolist() == [0]


def test_a_program_in_turn_does_not_run_on_spoiled_memory(at_once):
    x, y, ran = zeros(), zeros(), []
    begin(fail, writes=[x])
    with pytest.raises(mx.MXNetError, match="conv0"):
        begin(lambda *raws: ran.append(1), reads=[x.detach()], writes=[y], inline=True)
    mx.cpu(0).device.stream.drain()
    assert not ran


def test_errors_of_several_programs_surface_one_by_one(at_once):
    arrays = [zeros() for _ in range(3)]
    for x in arrays:
        begin(fail, writes=[x])
    for _ in arrays:
        with pytest.raises(mx.MXNetError, match="conv0"):
            mx.nd.waitall()
    mx.nd.waitall()


def test_an_error_that_nobody_asks_for_keeps_no_memory(at_once):
    x = zeros(1000)
    begin(fail, writes=[x])
    mx.cpu(0).device.stream.drain()
    assert len(streams.spoiled) == 1
    del x
    gc.collect()
    assert not streams.spoiled
    with pytest.raises(mx.MXNetError, match="conv0"):
        mx.nd.waitall()


# ---- when it is worth it ---------------------------------------------------------------------------

def attempts(count, *contexts, seconds=1.0, **settings):
    """Which of some programs, begun in turn on `contexts`, are put under way."""
    found = []
    for i in range(count):
        ctx = contexts[i % len(contexts)]
        job = streams.Job([], [zeros(ctx=ctx)._data], **{"cuts": True, **settings})
        job.timing.seconds = seconds
        found.append(ctx.device.submit(job, lambda: None))
        mx.nd.waitall()
    return found


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(parallel, "threads", 4)
    monkeypatch.setattr(streams, "serial", False)
    monkeypatch.setattr(streams, "_begun", streams._begun + 1000)  # whatever other tests have run is long ago


def test_programs_of_one_context_run_in_turn(cores):
    assert not any(attempts(20, mx.cpu(3)))


def test_programs_of_several_contexts_are_put_under_way(cores):
    assert attempts(6, mx.cpu(3), mx.cpu(4)) == [False, *[True] * 5]
    assert attempts(40, mx.cpu(3))[-20:] == [False] * 20  # the other has done nothing for long


@pytest.mark.parametrize("reason", [{"cuts": False}, {"inline": True}, {"seconds": None}, {"seconds": 1e-4}])
def test_programs_that_run_in_turn(cores, reason):
    assert not any(attempts(6, mx.cpu(3), mx.cpu(4), **reason))


def test_programs_on_memory_that_others_see_run_in_turn(cores):
    arrays = [zeros(ctx=mx.cpu(i)) for i in (3, 4)]
    jobs = [streams.Job([], [x._data], cuts=True) for x in arrays]

    def attempt():
        for x, job in zip(arrays, jobs):
            job.timing.seconds = 1.0
            yield x.context.device.submit(job, lambda: None)
            mx.nd.waitall()
    list(attempt())
    assert list(attempt()) == [True, True]
    seen = np.asarray(arrays[1])
    assert list(attempt()) == [True, False]
    del seen
    assert list(attempt()) == [True, True]


def test_naive_engine(cores, monkeypatch):
    monkeypatch.setattr(streams, "serial", True)
    assert not any(attempts(6, mx.cpu(3), mx.cpu(4)))
    text = "from cupynet.device import streams; print(streams.serial)"
    assert in_a_process("import os; os.environ['MXNET_ENGINE_TYPE'] = 'NaiveEngine'; " + text) == "True\n"
    assert in_a_process("import os; os.environ.pop('MXNET_ENGINE_TYPE', 0); " + text) == "False\n"


def test_one_core_is_not_shared(cores, monkeypatch):
    monkeypatch.setattr(parallel, "threads", 1)
    assert not any(attempts(6, mx.cpu(3), mx.cpu(4)))


def test_programs_share_the_cores(at_once, monkeypatch):
    """Programs at the same time split their work among as many threads as they have cores, in the same ranges."""
    monkeypatch.setattr(parallel, "threads", 4)
    monkeypatch.setattr(parallel, "_pool", None)
    barrier = threading.Barrier(2, timeout=20)
    found = {}

    def program(raw, name):
        barrier.wait()  # now both are under way
        found[name] = parallel.split(10, lambda start, stop: (start, stop, threading.get_ident()))
        barrier.wait()
    for i in range(2):
        assert begin(lambda raw, i=i: program(raw, i), writes=[zeros(ctx=mx.cpu(i))])
    mx.nd.waitall()
    found["alone"] = parallel.split(10, lambda start, stop: (start, stop, threading.get_ident()))
    for some in found.values():
        assert [each[:2] for each in some] == [(0, 2), (2, 5), (5, 7), (7, 10)]
    assert [len({thread for *_, thread in found[i]}) for i in range(2)] == [2, 2]
    assert parallel.claims == 0


@pytest.mark.skipif(parallel._blas.functions is None, reason="NumPy's BLAS is not OpenBLAS, or there is one core")
def test_products_outside_of_programs_wait_for_the_blas(gate):
    count = parallel._blas.functions[0]
    before, counts, begun = count(), [], threading.Event()

    def program(raw):
        begun.set()
        gate.stand()
        counts.append(count())
    assert begin(program, writes=[zeros()])
    begun.wait(20)
    gate._open.set()
    monkey = np.matmul
    a = np.ones((64, 64), "f4")
    parallel.share.products = parallel._MEMORY
    try:
        np.matmul = lambda *args, **kwargs: (counts.append(count()), monkey(*args, **kwargs))[1]
        parallel.matmul(a, a)
    finally:
        np.matmul = monkey
    assert counts == [1, before]


# ---- fork, exit ------------------------------------------------------------------------------------

@can_fork
def test_a_fork_waits_for_programs(gate):
    x = zeros()

    def program(raw):
        gate.stand()
        raw += 1
    assert begin(program, writes=[x])
    assert holds_in_a_child(
        lambda: float(x) == 1 and begin(lambda raw: raw.__iadd__(1), writes=[x]) and float(x) == 2)
    assert float(x) == 1


def test_the_interpreter_exits_with_programs_under_way():
    """What has begun ends; what has not is dropped; who looks later is told."""
    assert in_a_process("""
        import atexit, sys
        @atexit.register
        def last():
            for x in arrays:
                try:
                    print(x.asscalar())
                except mx.MXNetError as error:
                    print("dropped" in str(error))
                    break
        sys.path.insert(0, "tests")
        import threading, time
        import cupynet as mx
        from flights import begin
        from cupynet.device import streams
        streams.Stream._pays = lambda *_: True
        arrays = [mx.nd.zeros((1,)) for _ in range(3)]
        begun = threading.Event()
        def program(raw):
            begun.set()
            while not streams.spoiled:  # by what is dropped
                time.sleep(0.001)
            raw += 1
        for x in arrays:
            begin(program, writes=[x])
        begun.wait()
    """) == "1.0\nTrue\n"
