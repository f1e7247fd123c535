"""The NumPy switches, environment variables, and facts about GPUs (``mx.util``).

MXNet reads a 0 in a shape as an unknown length, and a shape without lengths as unknown. With *np shapes* switched on
both mean what they mean in NumPy, and -1 is unknown. With *np arrays* on as well, Gluon works on ``mx.np`` arrays. Both
switches belong to the thread, and are off at the start.

>>> import cupynet as mx
>>> with mx.np_shape():
...     mx.is_np_shape()
True
>>> mx.is_np_shape()
False
"""
from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import device
from .base import MXNetNotImplementedError, MXNetTypeError, MXNetValueError

__all__ = ["is_np_shape", "set_np_shape", "np_shape", "use_np_shape", "is_np_array", "np_array", "use_np_array",
           "set_np", "reset_np", "use_np", "set_module", "np_ufunc_legal_option", "wrap_np_unary_func",
           "wrap_np_binary_func", "getenv", "setenv", "get_gpu_count", "get_gpu_memory", "get_cuda_compute_capability"]


class _State(threading.local):
    """The switches of a thread; hot code reads ``util.state.np_shape`` itself."""

    np_shape = False
    np_array = False


state = _State()
_announced: set[str] = set()


def _announce(switch: str, message: str) -> None:
    """Log once in a process that a switch was turned on."""
    if switch not in _announced:
        _announced.add(switch)
        import logging  # most programs turn no switch on
        logging.info(message)


# ---- the switches ---------------------------------------------------------------------------------

def is_np_shape() -> bool:
    """Whether this thread reads shapes as NumPy does: 0 is a length, and ``()`` the shape of a scalar."""
    return state.np_shape


def is_np_array() -> bool:
    """Whether Gluon of this thread works on ``mx.np`` arrays."""
    return state.np_array


def set_np_shape(active: bool) -> bool:
    """Turn NumPy's reading of shapes on or off for this thread, and return what it was before."""
    if not isinstance(active, (int, np.bool_)):
        raise MXNetTypeError(f"set_np_shape: active is {active!r}; expected True or False")
    if active:
        _announce("shape", "NumPy-shape semantics has been activated in your code. This is required for creating and "
                           "manipulating scalar and zero-size tensors, which were not supported in MXNet before, as in "
                           "the official NumPy library. Please DO NOT manually deactivate this semantics while using "
                           "`mxnet.numpy` and `mxnet.numpy_extension` modules.")
    before, state.np_shape = state.np_shape, bool(active)
    return before


def _set_np_array(active: bool) -> bool:
    if active:
        _announce("array", "NumPy array semantics has been activated in your code. This allows you to use operators "
                           "from MXNet NumPy and NumPy Extension modules as well as MXNet NumPy `ndarray`s.")
    before, state.np_array = state.np_array, bool(active)
    return before


def set_np(shape: bool = True, array: bool = True) -> None:
    """Turn both switches of this thread on (or off).

    Raises
    ------
    ValueError
        For np arrays without np shapes.
    """
    if array and not shape:
        raise MXNetValueError("NumPy Shape semantics is required in using NumPy array semantics.")
    _set_np_array(array)
    set_np_shape(shape)


def reset_np() -> None:
    """Turn both switches of this thread off."""
    set_np(shape=False, array=False)


class _Scope:
    """A switch set for a block, and put back after it; may be entered again inside itself."""

    def __init__(self, switch: Callable[[bool], bool], active: bool):
        self._switch, self._active = switch, active
        self._before: list[bool] = []

    def __enter__(self) -> _Scope:
        self._before.append(self._switch(self._active))
        return self

    def __exit__(self, *exc: object) -> None:
        self._switch(self._before.pop())


def np_shape(active: bool = True) -> _Scope:
    """Return a scope in which shapes are read as NumPy does (or, with False, are not)."""
    return _Scope(set_np_shape, active)


def np_array(active: bool = True) -> _Scope:
    """Return a scope in which Gluon works on ``mx.np`` arrays (or, with False, does not)."""
    return _Scope(_set_np_array, active)


def _within(scope: Callable[[], _Scope], decorator: str, target: Any) -> Any:
    """Return the function or class `target` with everything in it run inside the scope."""
    def inside(function: Callable) -> Callable:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with scope():
                return function(*args, **kwargs)
        return run

    if not isinstance(target, type):
        if not callable(target):
            raise MXNetTypeError(f"{decorator} can only decorate classes and callable objects, while received a "
                                 f"{type(target)}")
        return inside(target)
    for name, member in list(vars(target).items()):
        if inspect.isfunction(member):
            setattr(target, name, inside(member))
        elif isinstance(member, (staticmethod, classmethod)):
            setattr(target, name, type(member)(inside(member.__func__)))
        elif isinstance(member, property):
            parts = (part and inside(part) for part in (member.fget, member.fset, member.fdel))
            setattr(target, name, property(*parts, doc=member.__doc__))
    return target


def use_np_shape(func: Any) -> Any:
    """Run a function, or each method and property of a class, with :func:`np_shape` on. (Unlike in MXNet also static
    and class methods.)"""
    return _within(np_shape, "use_np_shape", func)


def use_np_array(func: Any) -> Any:
    """Run a function, or each method and property of a class, with :func:`np_array` on."""
    return _within(np_array, "use_np_array", func)


def use_np(func: Any) -> Any:
    """Run a function, or each method and property of a class, with both switches on."""
    return use_np_shape(use_np_array(func))


# ---- functions in NumPy's manner ------------------------------------------------------------------

def set_module(module: str | None) -> Callable[[Any], Any]:
    """Return a decorator that gives a function or class the module name `module`, for display."""
    def decorate(target: Any) -> Any:
        if module is not None:
            target.__module__ = module
        return target
    return decorate


_UFUNC_DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True}
_DTYPE_NAMES = ("int8", "uint8", "int32", "int64", "float16", "float32", "float64")
_DTYPES = (*_DTYPE_NAMES, *(getattr(np, name) for name in _DTYPE_NAMES))


def np_ufunc_legal_option(key: str, value: Any) -> bool:
    """Whether NumPy's universal functions know an option `key` with such a value."""
    if key == "where":
        return True
    if key == "casting":
        return value in ("no", "equiv", "safe", "same_kind", "unsafe")
    if key == "order":
        return isinstance(value, str)
    if key == "dtype":
        return any(value is dtype or (isinstance(value, str) and value == dtype) for dtype in _DTYPES)
    return key == "subok" and isinstance(value, bool)


def _checked_ufunc(func: Callable, n_inputs: int) -> Callable:
    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        options = {name: value for name, value in kwargs.items() if name not in accepted}
        for name, value in options.items():
            if name not in _UFUNC_DEFAULTS:
                raise MXNetTypeError(f"{name} is an invalid keyword to function '{func.__name__}'")
            default = _UFUNC_DEFAULTS[name]
            if value is default or (isinstance(value, (str, bool, np.ndarray)) and np.all(value == default)):
                continue
            if np_ufunc_legal_option(name, value):
                raise MXNetNotImplementedError(f"{name}={value} is not implemented yet for operator {func.__name__}")
            raise MXNetTypeError(f"{name}={value} not understood for operator {func.__name__}")
        return func(*args, **{name: value for name, value in kwargs.items() if name in accepted})

    accepted = {*list(inspect.signature(func).parameters)[:n_inputs], "out"}
    return call


def wrap_np_unary_func(func: Callable) -> Callable:
    """Let ``func(x, out=None)`` take the options of NumPy's universal functions, and refuse other values than NumPy's
    defaults."""
    return _checked_ufunc(func, 1)


def wrap_np_binary_func(func: Callable) -> Callable:
    """Let ``func(x1, x2, out=None)`` take the options of NumPy's universal functions, and refuse other values than
    NumPy's defaults."""
    return _checked_ufunc(func, 2)


# ---- surroundings ---------------------------------------------------------------------------------

def getenv(name: str) -> str | None:
    """Return the value of an environment variable, or None."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None removes it."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def get_gpu_count() -> int:
    """Return the number of GPUs that CuPy can use."""
    return device.count_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Return the free and total memory of a GPU, in bytes."""
    return device.cuda.memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Any) -> int:
    """Return the compute capability of the GPU `ctx`: 90 for an H100."""
    if ctx.device_type != "gpu":
        raise MXNetValueError("Expecting a gpu context to get cuda compute capability, while received ctx " + str(ctx))
    return device.cuda.compute_capability(ctx.device_id)
