"""Threads that work for others."""
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from forks import can_fork, holds_in_a_child

from cupynet.device.workers import Call, Workers

ROOT = Path(__file__).parents[2]


def in_a_process(text):
    """Run a program to its end; return what it printed."""
    done = subprocess.run([sys.executable, "-W", "error", "-W", "ignore:.*fork.*:DeprecationWarning", "-c",
                           textwrap.dedent(text)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return done.stdout


def test_results_and_errors_are_kept_for_who_waits():
    workers = Workers("test")
    good, bad = Call(lambda: 7), Call(lambda: 1 / 0)
    workers.submit(good)
    workers.submit(bad)
    for call in (good, bad, good):
        call.wait()
    assert good.result == 7 and good.error is None
    assert isinstance(bad.error, ZeroDivisionError) and bad.result is None


def test_one_thread_keeps_the_order():
    workers, seen = Workers("test"), []
    calls = [Call(lambda i=i: seen.append((i, threading.get_ident()))) for i in range(50)]
    for call in calls:
        workers.submit(call)
    calls[-1].wait()
    assert [i for i, _ in seen] == list(range(50)) and len({thread for _, thread in seen}) == 1
    assert len(workers._threads) == 1 and workers._threads[0].daemon


def test_several_threads_work_side_by_side():
    workers, barrier = Workers("test", 3), threading.Barrier(3, timeout=20)
    calls = [Call(barrier.wait) for _ in range(3)]
    for call in calls:
        workers.submit(call)
    for call in calls:
        call.wait()
    assert sorted(call.result for call in calls) == [0, 1, 2]


def test_functions_are_let_go():
    workers = Workers("test")
    call = Call(lambda: None)
    workers.submit(call)
    call.wait()
    assert call._function is None


def test_stopping_finishes_what_has_begun_and_drops_the_rest():
    workers, gate, begun = Workers("test"), threading.Event(), threading.Event()

    def first():
        begun.set()
        gate.wait(20)
        return 1
    calls = [Call(first), Call(lambda: 2), Call(lambda: 3)]
    for call in calls:
        workers.submit(call)
    begun.wait(20)
    stopper = threading.Thread(target=workers.stop)
    stopper.start()
    for call in calls[1:]:
        call.wait()  # until they have been dropped
    gate.set()
    stopper.join()
    assert calls[0].result == 1 and calls[1].result is None and calls[2].result is None
    for call in calls[1:]:
        call.wait()
        assert "exits" in str(call.error)
    late = Call(threading.get_ident)
    workers.submit(late)
    assert late.result == threading.get_ident()  # there is no other thread any more


@can_fork
def test_a_forked_child_has_threads_of_its_own():
    workers = Workers("test")
    call = Call(os.getpid)
    workers.submit(call)
    call.wait()

    def works():
        call = Call(os.getpid)
        workers.submit(call)
        call.wait()
        return call.result == os.getpid() and len(workers._threads) == 1
    assert holds_in_a_child(works)


def test_the_interpreter_exits_while_threads_work():
    assert in_a_process("""
        import sys, threading, time
        from cupynet.device.workers import Call, Workers
        workers = Workers("test", 2)
        begun = threading.Semaphore(0)
        def work():
            begun.release()
            while not calls[-1].ended:
                time.sleep(0.001)
            sys.stdout.write("x")
        calls = [Call(work) for _ in range(5)]
        for call in calls:
            workers.submit(call)
        begun.acquire(), begun.acquire()
    """) == "xx"


def test_work_at_the_exit_is_done_at_once():
    """What a program registers before it imports cupynet runs after the threads have gone."""
    assert in_a_process("""
        import atexit
        def last():
            print(parallel.split(4, lambda start, stop: stop - start), (mx.nd.ones((2,)) + 1).asnumpy())
        atexit.register(last)
        import cupynet as mx
        from cupynet.device import parallel
        parallel.threads = 2
        last()
    """) == "[2, 2] [2. 2.]\n" * 2
