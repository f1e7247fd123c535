"""Threads that work for others: started when first needed, gone when the interpreter exits, fresh after a fork."""
from __future__ import annotations

import atexit
import os
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["Call", "Workers"]


class Call:
    """A function on its way through a worker; whoever needs it done can wait.

    Attributes
    ----------
    ended : bool
        Whether it has run, or will never run.
    result : object
        What the function returned.
    error : BaseException or None
        What it raised instead.
    """

    __slots__ = ("_function", "_gate", "ended", "result", "error")

    def __init__(self, function: Callable[[], Any]):
        self._function: Callable[[], Any] | None = function
        self._gate = threading.Lock()  # closed until the end; costs a tenth of an Event
        self._gate.acquire()
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do it, in the calling thread."""
        try:
            self.result = self._function()
        except BaseException as error:  # belongs to whoever waits
            self.error = error
        self.end()

    def end(self) -> None:
        """Let go of the function, and of those who wait."""
        self._function = None
        self.ended = True
        self._gate.release()

    def cancel(self) -> None:
        """End without having run."""
        self.error = RuntimeError("the interpreter exits")
        self.end()

    def wait(self) -> None:
        """Return when it has ended."""
        if not self.ended:
            with self._gate:
                pass


class Workers:
    """One queue of calls, and up to `count` threads that take them from it in order."""

    _all: weakref.WeakSet[Workers] = weakref.WeakSet()

    def __init__(self, name: str, count: int = 1):
        self._name, self._count = name, count
        self._stopped = False
        self._forget()
        self._all.add(self)

    def _forget(self) -> None:
        """Begin anew, in a forked child: the parent's threads are not there, its queue may be in any state."""
        self._queue: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    def submit(self, call: Call) -> None:
        """Let a thread run `call`; at the interpreter's exit, when there are none any more, do so at once."""
        if len(self._threads) < self._count:
            self._start()
        if self._threads and not self._stopped:
            self._queue.put(call)
        else:
            call.run()

    def _start(self) -> None:
        with self._starting:
            if self._stopped or len(self._threads) >= self._count:
                return
            thread = threading.Thread(target=_serve, args=(self._queue,), name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is about to exit
                self._stopped = True
            else:
                self._threads.append(thread)

    def stop(self) -> None:
        """Drop what has not begun, and return when what has begun is done."""
        self._stopped = True
        dropped = []
        while not self._queue.empty():
            dropped.append(self._queue.get())
        for call in dropped:
            if call is not None:
                call.cancel()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()


def _serve(calls: queue.SimpleQueue[Call | None]) -> None:
    while True:
        call = calls.get()
        if call is None:
            return
        call.run()
        del call  # waiting for the next one, hold nothing of the last


def _stop_all() -> None:
    for workers in list(Workers._all):
        workers.stop()


def _forget_all() -> None:
    for workers in list(Workers._all):
        workers._forget()


atexit.register(_stop_all)  # a thread that is killed inside the BLAS can take the process down with it
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
