"""Programs that tests put under way by hand."""
from __future__ import annotations

import threading

from cupynet import device
from cupynet.device import streams
from cupynet.device.streams import Job, Stream, Task
from cupynet.ndarray.flight import hold, raw_of


def always(monkeypatch):
    """Let every program run in its context's thread, however short it is."""
    monkeypatch.setattr(streams, "serial", False)
    monkeypatch.setattr(Stream, "_pays", lambda self, job: not (job.inline or streams.serial or streams._is_seen(job)))
    monkeypatch.setattr(Stream, "is_alone", lambda self: False)
    monkeypatch.setattr(streams, "_streams", AllStreams())


class AllStreams(list):
    """Every context's stream, as if it had been in use."""

    def __iter__(self):
        return iter([d.stream for d in list(device._devices.values()) if d.kind == "cpu"])

    def __len__(self):
        return 2


def begin(function, reads=(), writes=(), more=(), **settings):
    """Begin a program that calls ``function(*raw arrays of reads, *of writes)``; say whether it is under way."""
    raws = [raw_of(x) for x in (*reads, *writes)]
    job = Job(raws[:len(reads)], [*raws[len(reads):], *more], cuts=True, **settings)
    under_way = (*reads, *writes)[0].context.device.submit(job, lambda: function(*raws))
    if under_way:
        hold([*reads, *writes], job.owners)
    return under_way


class Gate:
    """A program stands before it until somebody waits for a program: what does not wait comes too early."""

    def __init__(self, monkeypatch):
        self._open = threading.Event()
        wait = Task.wait

        def waits(task):
            self._open.set()
            wait(task)
        monkeypatch.setattr(Task, "wait", waits)

    def stand(self):
        """Wait for it to open; a test that never opens it fails."""
        if not self._open.wait(20):
            raise TimeoutError("nobody waited")

    @property
    def is_open(self):
        return self._open.is_set()
