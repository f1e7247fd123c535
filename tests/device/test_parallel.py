"""The pool of threads."""
import threading

import numpy as np
import pytest
from forks import can_fork, holds_in_a_child

from cupynet.device import parallel


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    monkeypatch.setattr(parallel, "threads", 3)
    monkeypatch.setattr(parallel, "_pool", None)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 10, 100])
def test_ranges_make_up_the_whole(n):
    found = parallel.split(n, lambda start, stop: list(range(start, stop)))
    assert [i for part in found for i in part] == list(range(n))
    assert len(found) == max(1, min(n, 3))


def test_work_is_done_side_by_side():
    barrier = threading.Barrier(3, timeout=20)
    parallel.split(3, lambda start, stop: barrier.wait())


def test_one_part_is_done_by_the_caller():
    assert parallel.split(9, lambda *ends: (threading.get_ident(), *ends), 1) == [(threading.get_ident(), 0, 9)]


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_errors_surface_when_all_has_ended(bad):
    ended = []

    def work(start, stop):
        if start == bad:
            raise ZeroDivisionError(start)
        ended.append(start)
    with pytest.raises(ZeroDivisionError, match=str(bad)):
        parallel.split(3, work)
    assert sorted([*ended, bad]) == [0, 1, 2]


def test_numpy_settings_hold_in_every_thread():
    with np.errstate(over="raise"):
        assert parallel.split(3, lambda *_: np.geterr()["over"]) == ["raise"] * 3


@pytest.mark.parametrize("shape", [(3, 4, 5), (300, 200, 150), (20, 500, 900)])
@pytest.mark.parametrize("given", [False, True])
def test_matmul(shape, given):
    m, k, n = shape
    rng = np.random.RandomState(0)
    a, b = rng.rand(m, k).astype("f4"), rng.rand(n, k).astype("f4").T
    out = np.empty((m, n), "f4") if given else None
    found = parallel.matmul(a, b, out)
    assert out is None or found is out
    np.testing.assert_allclose(found, a @ b, rtol=1e-5)


@pytest.fixture
def two_blas_threads():
    """Give the BLAS two threads, whatever it has."""
    get, put = parallel._blas.functions
    before = get()
    put(2)
    yield
    put(before)


def needs_openblas(test):
    return pytest.mark.usefixtures("two_blas_threads")(pytest.mark.skipif(
        parallel._blas.functions is None, reason="NumPy's BLAS is not OpenBLAS, or there is one core")(test))


@needs_openblas
def test_blas_has_its_threads_back_afterwards():
    count = parallel._blas.functions[0]
    with parallel.single_threaded_blas():
        assert count() == 1
        with parallel.single_threaded_blas():
            assert count() == 1
        assert count() == 1
    assert count() == 2
    parallel.split(3, lambda *_: None)
    assert count() == 2
    with pytest.raises(ZeroDivisionError):
        parallel.split(3, lambda *_: 1 / 0)
    assert count() == 2
    parallel.matmul(np.ones((300, 200), "f4"), np.ones((200, 300), "f4"))
    assert count() == 2


@needs_openblas
@can_fork
def test_blas_has_its_threads_back_in_a_forked_child():
    count = parallel._blas.functions[0]
    with parallel.single_threaded_blas():  # as if another thread had it
        assert holds_in_a_child(lambda: count() == 2 and not parallel._blas.users)


@can_fork
def test_a_forked_child_starts_a_pool_of_its_own():
    parallel.split(3, lambda *_: None)
    assert holds_in_a_child(lambda: parallel.split(3, lambda start, stop: start) == [0, 1, 2])
