"""One place to look on: hooks around operators, copies between places, and waits.

A hook is a function ``hook(what, name, device)``, called before something happens; what it returns is called when that
has ended. `what` is ``"operator"``, ``"copy"`` or ``"wait"``; `name` the operator's or the function's; `device` the
:class:`~cupynet.device.Device` where it happens (None where it is not one's).

While there is no hook nothing of this is there: the methods that are looked on are replaced when the first hook comes,
and put back when the last one goes.

Examples
--------
>>> import cupynet as mx
>>> from cupynet import observe
>>> seen = []
>>> with observe.hooked(lambda what, name, device: seen.append(f"{what} {name}")):
...     _ = (mx.nd.ones((2,)) + 1).asnumpy()
>>> seen
['operator _plus_scalar', 'copy to_host']
"""
from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Hook", "around", "attach", "detach", "hooked", "look_on", "replace"]

Hook = Callable[[str, str, Any], "Callable[[], None] | None"]

_lock = threading.Lock()
_hooks: tuple[Hook, ...] = ()
_points: list[tuple[type, str, Callable, Callable]] = []  # class, method, as it is, as it is while looked on


def attach(hook: Hook) -> None:
    """Let `hook` look on from now on."""
    global _hooks
    with _lock:
        if not _hooks:
            for owner, name, _, watched in _points:
                setattr(owner, name, watched)
        _hooks = (*_hooks, hook)


def detach(hook: Hook) -> None:
    """Let `hook` look on no more (once, if it was attached several times)."""
    global _hooks
    with _lock:
        if hook not in _hooks:
            return
        at = _hooks.index(hook)
        _hooks = _hooks[:at] + _hooks[at + 1:]
        if not _hooks:
            for owner, name, plain, _ in _points:
                setattr(owner, name, plain)


@contextlib.contextmanager
def hooked(hook: Hook) -> Iterator[None]:
    """Let `hook` look on while the block runs."""
    attach(hook)
    try:
        yield
    finally:
        detach(hook)


@contextlib.contextmanager
def around(what: str, name: str, device: Any) -> Iterator[None]:
    """Call the hooks before and after the block."""
    after = [call for hook in _hooks if (call := hook(what, name, device)) is not None]
    try:
        yield
    finally:
        for call in reversed(after):
            call()


def replace(owner: type, name: str, watched: Callable) -> None:
    """Let the method `name` of a class be `watched` while somebody looks on; it calls :func:`around`."""
    _points.append((owner, name, owner.__dict__[name], watched))


def look_on(owner: type, what: str, *names: str) -> None:
    """Let hooks be called around methods of a class of devices."""
    for name in names:
        replace(owner, name, _surrounded(owner.__dict__[name], what, name))


def _surrounded(plain: Callable, what: str, name: str) -> Callable:
    @functools.wraps(plain)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        with around(what, name, self):
            return plain(self, *args, **kwargs)
    return watched
