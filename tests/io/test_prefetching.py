"""Iterators read ahead by threads: the same batches, errors passed on, no thread left behind."""
import gc
import threading

import numpy as np
import pytest

import cupynet as mx

X, Y = np.arange(20).reshape(10, 2), np.arange(10)


def labels(it):
    return [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in it]


def test_prefetching():
    it = mx.io.PrefetchingIter(mx.io.NDArrayIter(X, Y, 5))
    for _ in range(3):
        assert labels(it) == [([0, 1, 2, 3, 4], 0), ([5, 6, 7, 8, 9], 0)]
        assert labels(it) == []
        it.reset()
    next(it)
    it.reset()
    assert len(labels(it)) == 2
    both = mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 5), mx.io.NDArrayIter(X + 100, Y, 5)],
                                 rename_data=[{"data": "d1"}, {"data": "d2"}],
                                 rename_label=[{"softmax_label": "l1"}, {"softmax_label": "l2"}])
    assert [d.name for d in (*both.provide_data, *both.provide_label)] == ["d1", "d2", "l1", "l2"]
    batch = next(both)
    assert (batch.data[1] - batch.data[0]).asnumpy().tolist() == [[100, 100]] * 5


def test_prefetching_passes_errors_on():
    class Broken(mx.io.NDArrayIter):
        def next(self):
            raise OSError("disk")
    it = mx.io.PrefetchingIter(Broken(X, Y, 5))
    with pytest.raises(OSError, match="disk"):
        next(it)


def wait_for_threads(count):
    """Wait until no more than `count` threads are alive (a test that hangs here has found the fault)."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and threading.active_count() > count:
            thread.join(10)
    return threading.active_count() <= count


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_no_thread_is_left_behind(steps):
    before = threading.active_count()
    it = mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 4), mx.io.NDArrayIter(X, Y, 4)])
    for _ in range(steps):
        next(it, None)
    del it
    gc.collect()
    assert wait_for_threads(before)


def test_a_reset_ends_the_threads_of_the_last_epoch():
    before = threading.active_count()
    it = mx.io.PrefetchingIter(mx.io.NDArrayIter(X, Y, 4))
    for _ in range(20):
        next(it)
        it.reset()
    assert threading.active_count() <= before + 1 and len(labels(it)) == 3


def test_iterators_that_do_not_fit():
    with pytest.raises(mx.MXNetError, match="iters is empty"):
        mx.io.PrefetchingIter([])
    for names in ({"data": "a"}, [{"data": "a"}] * 2):
        with pytest.raises(TypeError, match="rename_data is .* expected a list with a dict for each of the 1 iter"):
            mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 4)], rename_data=names)
    it = mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 5), mx.io.NDArrayIter(X[:5], Y[:5], 5)])
    next(it)
    with pytest.raises(mx.MXNetError, match="Number of entry mismatches between iterators"):
        next(it)
    it = mx.io.PrefetchingIter([mx.io.NDArrayIter(X, Y, 4), mx.io.NDArrayIter(X[:9], Y[:9], 4)])
    next(it), next(it)
    with pytest.raises(mx.MXNetError, match="Different pad size in data iterators"):
        next(it)
