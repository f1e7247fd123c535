"""The side of a benchmark that runs in a peer's environment: measures workloads when asked, one line of JSON each.

A peer's file declares its workloads and then serves them::

    @workload("matmul")
    def _():
        a, b = ...                     # prepared once
        def run(times):                # timed: does the work `times` times and waits until it is done
            ...
        return run

    serve(versions)

Standard library only; works from Python 3.8 on, since the oldest peer needs an old Python.
"""
import json
import platform
import statistics
import sys
import time

__all__ = ["CHAIN", "repeat", "serve", "workload"]

CHAIN = 20  # small operations recorded and differentiated in one go
_workloads = {}


def workload(name, per_run=1):
    """Declare the function that prepares the workload `name`, whose run does `per_run` units of work."""
    def declare(prepare):
        _workloads[name] = prepare, per_run
        return prepare
    return declare


def repeat(work, wait=lambda: None):
    """Return the run that calls `work` and waits at the end, so that asynchronous peers are timed alike."""
    def run(times):
        for _ in range(times):
            work()
        wait()
    return run


def measure(run, seconds=0.25, repeats=5):
    """Return the median time of one unit of `run`, from `repeats` batches that last about `seconds` together."""
    run(1)  # compiles, warms up, allocates
    times, taken = 1, 0.0
    while True:
        start = time.perf_counter()
        run(times)
        taken = time.perf_counter() - start
        if taken > seconds / repeats / 4:
            break
        times *= 4
    times = max(1, round(times * seconds / repeats / taken))
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(times)
        found.append((time.perf_counter() - start) / times)
    return statistics.median(found)


def serve(versions):
    """Answer every line of standard input (a workload, or ``about``) with one line of JSON."""
    ready = {}
    for line in sys.stdin:
        name = line.strip()
        if name == "about":
            answer = {"python": platform.python_version(), **versions}
        elif name not in _workloads:
            answer = {"missing": name}
        else:
            prepare, per_run = _workloads[name]
            try:
                if name not in ready:
                    ready[name] = prepare()
                answer = {"seconds": measure(ready[name]) / per_run}
            except Exception as error:  # one workload that fails must not take the others with it
                answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)
