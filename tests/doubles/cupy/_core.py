"""How the double does it: arrays, universal functions, and functions handed on to NumPy."""
from __future__ import annotations

import inspect
import json
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _order, cuda
from ._observed import observed

API = json.loads((Path(__file__).parent / "api.json").read_text())
_cupy: Any = sys.modules["cupy"]  # its names are put there at the end, far from Python's own all, any, max ...


# ---- arrays in and out of NumPy -------------------------------------------------------------------

def _unwrap(value: Any, met: list[ndarray]) -> Any:
    """Return `value` with the double's arrays turned into NumPy's; they are gathered in `met`."""
    if isinstance(value, ndarray):
        met.append(value)
        return value._a
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)([_unwrap(each, met) for each in value])
    if hasattr(value, "__cupy_get_ndarray__"):
        return _unwrap(value.__cupy_get_ndarray__(), met)
    return value


def _wrap(result: Any, met: Sequence[ndarray] = ()) -> Any:
    """Return the arrays in `result` as the double's: the one of `met` that it is, a view of one, or a new one."""
    if isinstance(result, (list, tuple)):
        return (list if isinstance(result, list) else tuple)(_wrap(each, met) for each in result)
    if isinstance(result, np.generic):
        result = np.asarray(result)
    if not isinstance(result, np.ndarray):
        return result
    for each in met:
        if result is each._a:
            return each
    base = None
    if result.base is not None:
        base = next((each for each in met if np.may_share_memory(result, each._a)), None)
    new = object.__new__(ndarray)
    new._a = result
    new._base = base if base is None or base._base is None else base._base
    new._device = cuda.current_device() if base is None else base._device
    new._block = _new_block(result.nbytes) if base is None else base._block
    return new


def _new_block(nbytes: int) -> _order.Block:
    """Return new memory, written by what runs in the current stream."""
    if observed.allocated + nbytes > observed.limit:
        raise cuda.memory.OutOfMemoryError(nbytes, observed.allocated, observed.limit)
    stream = cuda.get_current_stream().ptr
    block = _order.Block(stream, nbytes)
    block.written[stream] = _order.clocks.get(stream, {}).get(stream, 0)
    return block


def _launch(name: str, met: Sequence[ndarray], waits: bool = False, writes: Sequence[ndarray] = ()) -> None:
    """Check that a kernel may run on the arrays `met`, some of which it writes, and note where it does."""
    device = cuda.current_device()
    for each in met:
        if each._device != device:
            raise ValueError(f"{name}: Array device must be same as the current device: array device = {each._device} "
                             f"while current = {device}")
    stream = cuda.get_current_stream().ptr
    observed.meet(name)
    observed.launches.append(name)
    observed.streams.add((device, stream))
    _order.use(name, stream, [x._block for x in met], [x._block for x in writes])
    if waits:
        _wait(name, stream)


def _wait(name: str, stream: int) -> None:
    """Let the host wait for a stream."""
    observed.meet(name)
    observed.waits.append(name)
    _order.host_waits(_order.clocks.get(stream, {}))


def _overlap(target: np.ndarray, source: Any) -> bool:
    """Whether arrays share memory otherwise than element by element."""
    same = isinstance(source, np.ndarray) and (target.ctypes.data, target.strides, target.shape) == (
        source.ctypes.data, source.strides, source.shape)
    return isinstance(source, np.ndarray) and not same and np.may_share_memory(target, source)


def _signature(text: str | None) -> inspect.Signature | None:
    """Return the signature that api.json describes as `text`."""
    if text is None:
        return None
    P, kind, found = inspect.Parameter, inspect.Parameter.POSITIONAL_OR_KEYWORD, []
    for word in text.split():
        name = word.strip("*=")
        if word.startswith("**"):
            found.append(P(name, P.VAR_KEYWORD))
        elif word.startswith("*"):
            kind = P.KEYWORD_ONLY
            if name:
                found.append(P(name, P.VAR_POSITIONAL))
        else:
            found.append(P(name, kind, default=None if word.endswith("=") else P.empty))
    return inspect.Signature(found)


def _garbage(array: np.ndarray) -> np.ndarray:
    array.fill(np.nan if array.dtype.kind in "fc" else 99)
    return array


def delegate(name: str, parameters: str | None, function: Callable, made: bool = False,
              waits: Callable[..., bool] | bool = False) -> Callable:
    """Make a function with CuPy's parameters of a NumPy function.

    `made` says that it needs no array; `waits`, whether a call (with these arguments) waits for the device.
    """
    signature = _signature(parameters)

    def call(*args: Any, **kwargs: Any) -> Any:
        if signature is not None:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{name}: CuPy's parameters are ({parameters}): {error}") from None
        met: list[ndarray] = []
        raw, named = _unwrap(args, met), {key: _unwrap(value, met) for key, value in kwargs.items()}
        if not met and not made:
            raise TypeError(f"{name}: CuPy needs a cupy.ndarray, got {[type(x).__name__ for x in args]}")
        if signature is not None:
            named_out = signature.bind(*args, **kwargs).arguments.get("out")
        else:
            named_out = kwargs.get("out")
        writes = [x for x in (named_out if isinstance(named_out, tuple) else (named_out,)) if isinstance(x, ndarray)]
        if word in _IN_PLACE and met:
            writes.append(met[0])
        for target in writes:
            if any(_overlap(target._a, x._a) for x in met):
                raise ValueError(f"{name}: out overlaps an input")
        result = function(*raw, **named)
        if not (isinstance(result, np.ndarray) and result.base is not None) or waits:  # views need no kernel
            _launch(name, met, waits(*args, **kwargs) if callable(waits) else waits, writes)
        return _wrap(result, met)
    word = name.removeprefix("cupy.ndarray.")
    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    return call


# ---- universal functions --------------------------------------------------------------------------

class ufunc:
    """One of CuPy's universal functions: its table of loops decides on types, NumPy computes."""

    _ADDABLE = ("int32", "uint32", "uint64", "float16", "float32", "float64")  # what CUDA can add atomically

    def __init__(self, name: str, loops: Sequence[str], function: Callable):
        self.__name__ = self.name = name
        self.types, self._function = list(loops), function
        self._loops = [tuple([np.dtype(c) for c in side] for side in loop.split("->")) for loop in loops]
        self.nin, self.nout = map(len, self._loops[0])
        self.nargs = self.nin + self.nout

    def _loop(self, args: Sequence[Any], dtype: Any) -> tuple[list[np.dtype], list[np.dtype]]:
        """Return the types of the first loop that fits, as CuPy's guess_routine does."""
        def fits(arg: Any, wanted: np.dtype) -> bool:
            if type(arg) in (int, float, complex):
                try:
                    return np.can_cast(np.asarray(arg).dtype, wanted) or np.result_type(type(arg)(0), wanted) == wanted
                except TypeError:
                    return False
            return np.can_cast(np.asarray(arg).dtype, wanted)
        weak = all(type(arg) in (int, float, complex) for arg in args)
        for ins, outs in self._loops:
            if dtype is not None:
                if all(out == dtype for out in outs):
                    return ins, outs
            elif all(np.can_cast(np.asarray(arg).dtype, t) if weak else fits(arg, t) for arg, t in zip(args, ins)):
                return ins, outs
        raise TypeError(f"Wrong type ({[getattr(x, 'dtype', type(x)) for x in args]}, dtype={dtype}) of arguments for "
                        f"{self.name}")

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> Any:
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name}")
        met: list[ndarray] = []
        for each in args:
            if not isinstance(each, (ndarray, int, float, complex, np.generic)) and \
                    not hasattr(each, "__cupy_get_ndarray__"):
                raise TypeError(f"Unsupported type {type(each)}")
        raws = [_unwrap(each, met) for each in args[:self.nin]]
        targets = args[self.nin:] or (out if isinstance(out, tuple) else () if out is None else (out,))
        for each in targets:
            if not isinstance(each, ndarray):
                raise TypeError(f"{self.name}: out is {type(each)}, not a cupy.ndarray")
        raws = [x.copy() if any(_overlap(each._a, x) for each in targets) else x for x in raws]  # as CuPy does
        _launch(self.name, [*met, *targets], writes=targets)
        ins, outs = self._loop(raws, None if dtype is None else np.dtype(dtype))
        with np.errstate(all="ignore"):
            results = self._function(*[np.asarray(x).astype(t, copy=False) for x, t in zip(raws, ins)])
        results = results if isinstance(results, tuple) else (results,)
        results = [np.asarray(x).astype(t, order="C", copy=False) for x, t in zip(results, outs)]
        if not targets:
            made = [_wrap(x if not any(np.may_share_memory(x, m._a) for m in met) else x.copy()) for x in results]
            return made[0] if self.nout == 1 else tuple(made)
        for target, result in zip(targets, results):
            if target.shape != result.shape:
                raise ValueError(f"{self.name}: Out shape is mismatched: {target.shape} for {result.shape}")
            if not np.can_cast(result.dtype, target.dtype, casting):
                raise TypeError(f"output (typecode '{result.dtype.char}') could not be coerced to provided output "
                                f"parameter (typecode '{target.dtype.char}') according to the casting rule '{casting}'")
            target._a[...] = result
        return targets[0] if self.nout == 1 else tuple(targets)

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Apply to elements of `a`, also where positions are equal."""
        if self.name not in ("add", "maximum", "minimum"):
            raise NotImplementedError(f"`cupy_{self.name}.at` is not supported yet")
        if a.dtype not in self._ADDABLE or (self.name != "add" and a.dtype == "float16"):
            raise TypeError(f"scatter_{self.name} does not support {a.dtype}")
        met = [a]
        key, value = _key(a, indices, met), _unwrap(b, met)
        _launch(f"{self.name}.at", met, _is_mask(key), [a])
        getattr(np, self.name).at(a._a, key, value)

    def outer(self, A: Any, B: Any, **kwargs: Any) -> Any:
        """Apply to every pair of elements."""
        A, B = array(A), array(B)
        return self(A.reshape(A.shape + (1,) * B.ndim), B, **kwargs)

    def reduce(self, array: ndarray, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """Reduce one axis; CuPy knows only sums and products."""
        methods = {"add": "sum", "multiply": "prod"}
        if self.name not in methods:
            raise NotImplementedError(f"`cupy_{self.name}.reduce` is not supported yet")
        return getattr(array, methods[self.name])(axis, dtype, out, keepdims)


# ---- the array ------------------------------------------------------------------------------------

def _key(array: ndarray, key: Any, met: list[ndarray]) -> Any:
    """Return an index for NumPy of an index for CuPy: positions wrap around instead of being out of range."""
    items = list(key) if isinstance(key, tuple) else [key]
    for i, item in enumerate(items):
        if isinstance(item, (list, tuple)):
            items[i] = _wrap(np.array(item, np.intp if not len(item) else None))
        elif isinstance(item, np.ndarray):
            raise TypeError(f"an index is a {type(item)}: bring it to the device first")
    taken = [0 if x is None else x.ndim if isinstance(x, ndarray) and x.dtype == bool else 1 for x in items]
    taken = [0 if x is Ellipsis else n for x, n in zip(items, taken)]
    axis = 0
    for i, item in enumerate(items):
        if item is Ellipsis:
            axis += array.ndim - sum(taken)
        elif isinstance(item, ndarray) and item.dtype.kind in "iu":
            met.append(item)
            if axis < array.ndim and array.shape[axis]:
                items[i] = np.remainder(item._a, array.shape[axis])
            else:
                items[i] = item._a
        else:
            items[i] = _unwrap(item, met)
        axis += taken[i]
    return tuple(items)


def _is_mask(key: Any) -> bool:
    return any(isinstance(x, np.ndarray) and x.dtype == bool for x in key)


class ndarray:
    """CuPy's array: a NumPy array that is hidden well, and the device that it lives on."""

    __slots__ = ("_a", "_base", "_block", "_device", "__weakref__")
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"):
        if memptr is not None or strides is not None:
            raise NotImplementedError("the double makes no arrays on given memory")
        self._a = _garbage(np.empty(shape, dtype, order or "C"))
        self._base, self._device = None, cuda.current_device()
        self._block = _new_block(self._a.nbytes)

    dtype, ndim, strides, itemsize, nbytes = (
        property(lambda self, name=name: getattr(self._a, name))
        for name in ("dtype", "ndim", "strides", "itemsize", "nbytes"))
    size = property(lambda self: int(self._a.size))
    base = property(lambda self: self._base)
    device = property(lambda self: cuda.Device(self._device))
    data = property(lambda self: cuda.MemoryPointer(self._a.ctypes.data, self._device, self))
    T, mT, real, imag = (property(lambda self, name=name: _wrap(getattr(self._a, name), [self]))
                         for name in ("T", "mT", "real", "imag"))

    @property
    def shape(self) -> tuple[int, ...]:
        return self._a.shape

    @shape.setter
    def shape(self, value: Any) -> None:
        self._a = _wrap(np.reshape(self._a, value, copy=False), [self])._a

    @property
    def flags(self) -> types.SimpleNamespace:
        flags = self._a.flags
        return types.SimpleNamespace(c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous,
                                     owndata=self._base is None, fnc=flags.fnc, forc=flags.forc)

    # -- elements

    def __len__(self) -> int:
        return len(self._a)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> ndarray:
        met = [self]
        key = _key(self, key, met)
        result = self._a[key]
        if any(isinstance(x, np.ndarray) for x in key):
            _launch("getitem", met, _is_mask(key))
            return _wrap(np.array(result, order="C"))
        if not isinstance(result, np.ndarray):
            result = self._a[(*key, ...)]  # a view, where NumPy gives a number
        return _wrap(result, [self])

    def __setitem__(self, key: Any, value: Any) -> None:
        met = [self]
        key = _key(self, key, met)
        if isinstance(value, (list, tuple)):
            raise TypeError(f"Unsupported type {type(value)}")
        value = _unwrap(value, met)
        arrays = any(isinstance(x, np.ndarray) for x in key)
        _launch("setitem", met, _is_mask(key), [self])
        if isinstance(value, np.ndarray) and arrays:  # from the last to the first: on a GPU, either may come last
            places = np.arange(self.size).reshape(self.shape)[key]
            value = np.broadcast_to(value.reshape(value.shape[max(value.ndim - places.ndim, 0):]), places.shape)
            self._a.flat[places.reshape(-1)[::-1]] = value.reshape(-1)[::-1]
            return
        if isinstance(value, np.ndarray):
            target = self._a if key == (Ellipsis,) else self[key]._a
            if _overlap(target, value):
                raise ValueError("setitem: the value overlaps its target")
        self._a[key] = value

    def fill(self, value: Any) -> None:
        """Set every element."""
        self[...] = value

    # -- to the host

    def get(self, stream: Any = None, order: str = "C", out: np.ndarray | None = None, blocking: bool = True
            ) -> np.ndarray:
        """Return a NumPy copy."""
        if out is None:
            out = np.empty(self.shape, self.dtype, order)
        if not isinstance(out, np.ndarray) or out.shape != self.shape or out.dtype != self.dtype:
            raise TypeError(f"get: cannot copy {self.shape} {self.dtype} into out")
        stream = (cuda.get_current_stream() if stream is None else stream).ptr
        observed.meet("copy to host")
        observed.launches.append("copy to host")
        _order.use("get", stream, [self._block], [])
        _order.leave_to_host(stream, out, self._a.copy())
        if blocking or not cuda.is_pinned(out):  # a copy to other memory of the host does not come back before it ends
            _wait("get", stream)
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy the elements of a NumPy array."""
        if not isinstance(arr, np.ndarray) or arr.shape != self.shape or arr.dtype != self.dtype:
            raise ValueError(f"set: arr does not fit {self.shape} {self.dtype}")
        place = (cuda.get_current_stream() if stream is None else stream).ptr
        observed.meet("copy from host")
        observed.launches.append("copy from host")
        _order.use("set", place, [], [self._block])
        self._a[...] = arr
        if cuda.is_pinned(arr) and stream is not None:
            _order.take_from_host(place, arr)

    def __array__(self, dtype: Any = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
                        "array explicitly.")

    # -- other libraries

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        mine = getattr(_cupy, function.__name__, None)
        if mine is None:
            return NotImplemented
        return (mine if method == "__call__" else getattr(mine, method))(*inputs, **kwargs)

    def __array_function__(self, function: Callable, classes: Any, args: Any, kwargs: Any) -> Any:
        room = _cupy
        for name in function.__module__.split(".")[1:]:
            room = getattr(room, name, None)
        mine = getattr(room, function.__name__, None)
        if mine is None or any(c not in (ndarray, np.ndarray) for c in classes):
            return NotImplemented
        return mine(*args, **kwargs)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        raw = self._a.__array_interface__
        return {"shape": raw["shape"], "typestr": raw["typestr"], "descr": raw["descr"], "strides": raw["strides"],
                "data": (raw["data"][0], False), "version": 3, "stream": cuda.get_current_stream().ptr or 1}

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
                   ) -> _Capsule:
        mine = cuda.get_current_stream().ptr
        if stream is not None and stream != -1:
            _order.advance(stream)
            _order.merge(_order.clocks[stream], _order.clocks.get(mine, {}))
        return _Capsule(self)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, self._device

    def __reduce__(self) -> Any:
        return array, (self.get(),)

    # -- what is not NumPy's method on the hidden array

    def copy(self, order: str = "C") -> ndarray:
        """Return a copy on the current device; this array may live on another one."""
        _launch("copy", [])
        _order.use("copy", cuda.get_current_stream().ptr, [self._block], [])
        return _wrap(self._a.copy(order))

    def astype(self, dtype: Any, order: str = "K", casting: str | None = None, subok: Any = None, copy: bool = True
               ) -> ndarray:
        """Return the elements as `dtype`."""
        _launch("astype", [self])
        with np.errstate(all="ignore"):
            return _wrap(self._a.astype(dtype, order, casting or "unsafe", copy=copy), [self])

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        """Return the same memory, read as `dtype`."""
        return _wrap(self._a.view() if dtype is None else self._a.view(dtype), [self])

    def scatter_add(self, slices: Any, value: Any) -> None:
        """Add to elements, also where positions are equal."""
        _cupy.add.at(self, slices, value)

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> ndarray:
        with self.device:
            return self.copy()


def _waiting(name: str, method: str) -> Callable:
    def call(self: ndarray, *args: Any) -> Any:
        stream = cuda.get_current_stream().ptr
        _order.use(name, stream, [self._block], [])
        _wait(name, stream)
        return getattr(self._a, method)(*args)
    return call


for _name in ("__bool__", "__int__", "__float__", "__complex__", "__repr__", "__str__", "__format__", "item", "tolist",
              "tobytes"):
    setattr(ndarray, _name, _waiting(_name, _name))


def _operator(function: str, swap: bool = False, in_place: bool = False) -> Callable:
    def call(self: ndarray, other: Any) -> Any:
        if not isinstance(other, ndarray) and getattr(other, "__array_priority__", 0) > self.__array_priority__:
            return NotImplemented
        apply = getattr(_cupy, function)
        if in_place:
            return apply(self, other, self) if function != "matmul" else apply(self, other, out=self)
        return apply(other, self) if swap else apply(self, other)
    return call


for _name, _function in {
        "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
        "mod": "remainder", "pow": "power", "lshift": "left_shift", "rshift": "right_shift", "and": "bitwise_and",
        "or": "bitwise_or", "xor": "bitwise_xor", "matmul": "matmul"}.items():
    setattr(ndarray, f"__{_name}__", _operator(_function))
    setattr(ndarray, f"__r{_name}__", _operator(_function, swap=True))
    setattr(ndarray, f"__i{_name}__", _operator(_function, in_place=True))
for _name, _function in {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
                         "ge": "greater_equal"}.items():
    setattr(ndarray, f"__{_name}__", _operator(_function))
for _name, _function in {"neg": "negative", "abs": "absolute", "invert": "invert", "pos": "positive"}.items():
    setattr(ndarray, f"__{_name}__", lambda self, function=_function: getattr(_cupy, function)(self))


# ---- what differs from NumPy's functions ----------------------------------------------------------

class _Capsule:
    def __init__(self, array: ndarray):
        self.array = array


def array(obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", subok: bool = False, ndmin: int = 0, *,
          blocking: bool = False) -> ndarray:
    """Return an array on the current device with the values of `obj`, NumPy arrays included."""
    if hasattr(obj, "__cupy_get_ndarray__"):
        obj = obj.__cupy_get_ndarray__()
    met: list[ndarray] = []
    raw = obj if isinstance(obj, np.ndarray) else _unwrap(obj, met)
    if isinstance(obj, ndarray) and obj._device != cuda.current_device():
        return array(obj.copy(), dtype, copy, order, subok, ndmin)
    _launch("array", met)
    made = np.array(raw, dtype, copy=copy or None if met else True, order=order or "K", ndmin=ndmin)
    if made.dtype.char not in "?bhilqBHILQefdFD" and made.dtype.name != "bfloat16":
        raise ValueError(f"Unsupported dtype {made.dtype}")
    return _wrap(made, met)


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None, blocking: bool = False
            ) -> ndarray:
    """Return `a` itself if it is an array of that type here, else an array with its values."""
    return array(a, dtype, bool(copy), order or "K")


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    """Return a NumPy copy."""
    return a.get(stream, order, out, blocking) if isinstance(a, ndarray) else np.asarray(a, order=order)


def from_dlpack(device: Any, **kwargs: Any) -> ndarray:
    """Return an array that shares the memory of another of the double's arrays."""
    if device.__dlpack_device__()[0] != 2:
        raise BufferError("CPU arrays cannot be directly imported to CuPy. Use `cupy.array(numpy.array(obj))` instead.")
    source = device.__dlpack__(stream=cuda.get_current_stream().ptr).array
    return _wrap(source._a[...], [source])


def _ascontiguousarray(a: np.ndarray, dtype: Any = None) -> np.ndarray:
    return np.asarray(a, dtype, order="C")  # NumPy's function makes an axis where there is none


def _take_along_axis(a: np.ndarray, indices: np.ndarray, axis: int | None) -> np.ndarray:
    return np.take_along_axis(a, indices % (a.size if axis is None else a.shape[axis]), axis)


def _accumulating(function: Callable) -> Callable:
    def call(*args: Any, out: np.ndarray | None = None, **kwargs: Any) -> Any:
        if any(x.dtype != np.float16 for x in args):
            return function(*args, out=out, **kwargs) if out is not None else function(*args, **kwargs)
        result = function(*[x.astype(np.float32) for x in args], **kwargs).astype(np.float16)  # as cuBLAS does
        if out is not None:
            out[...] = result
        return result if out is None else out
    return call


_INSTEAD = {  # functions that NumPy has otherwise or not at all
    "take": lambda a, indices, axis=None, out=None: np.take(a, indices, axis, out, mode="wrap"),
    "take_along_axis": _take_along_axis, "ascontiguousarray": _ascontiguousarray,
    "empty": lambda *args, **kwargs: _garbage(np.empty(*args, **kwargs)),
    "empty_like": lambda *args, **kwargs: _garbage(np.empty_like(*args, **kwargs)),
    "as_strided": np.lib.stride_tricks.as_strided,
    "allclose": lambda *args, **kwargs: np.bool_(np.allclose(*args, **kwargs)),
    "array_equal": lambda *args, **kwargs: np.bool_(np.array_equal(*args, **kwargs)),
    "count_nonzero": lambda *args, **kwargs: np.asarray(np.count_nonzero(*args, **kwargs)),
    "matmul": _accumulating(np.matmul), "dot": _accumulating(np.dot), "tensordot": _accumulating(np.tensordot),
    "rsqrt": lambda x: 1 / np.sqrt(x),
}
_MADE = set("arange zeros ones empty full eye identity tri linspace logspace indices broadcast_shapes can_cast "
            "promote_types result_type min_scalar_type isscalar issubdtype iterable".split())
_WAITS: dict[str, Any] = dict.fromkeys(
    "nonzero flatnonzero argwhere unique unique_values compress extract bincount histogram isin in1d setdiff1d "
    "intersect1d union1d median percentile quantile delete place trim_zeros lstsq matrix_rank".split(), True)
_IN_PLACE = {"sort", "partition", "put", "itemset", "byteswap"}
_WAITS |= {
    "where": lambda condition, *branches: not branches,
    "repeat": lambda a, repeats, axis=None: isinstance(repeats, ndarray),
    "choose": lambda a, choices, out=None, mode="raise": mode == "raise",
}


def _missing(name: str) -> Callable:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name} is CuPy's, but the double has nothing for it yet")
    return call


def fill(room: Any, source: Any, name: str) -> None:
    """Put what CuPy has in the room `name` into `room`, made of NumPy's `source`."""
    for word, told in API[name].items():
        if hasattr(room, word):
            continue
        plain = _INSTEAD.get(word, getattr(source, word, None))
        if told == "attribute":
            if plain is not None:
                setattr(room, word, plain)
        elif plain is None:
            setattr(room, word, _missing(f"{name}.{word}"))
        elif isinstance(told, list):
            setattr(room, word, ufunc(word, told, plain))
        else:
            told = f"self {told}" if room is ndarray else told
            setattr(room, word, delegate(f"{name}.{word}", told, plain, word in _MADE, _WAITS.get(word, False)))


def room(name: str, source: Any) -> types.ModuleType:
    """Return the module `name`, filled."""
    made = sys.modules[name] = types.ModuleType(name)
    fill(made, source, name)
    return made


# ---- memory and kernels ---------------------------------------------------------------------------

class MemoryPool:
    """As much of CuPy's memory pool as cupynet asks of it."""

    free_all_blocks = staticmethod(lambda stream=None: None)
    used_bytes = total_bytes = staticmethod(lambda: 0)


def get_default_memory_pool() -> MemoryPool:
    """Return the pool."""
    return MemoryPool()


class _Kernel:
    """A kernel written in CUDA C: a NumPy function of the same name stands in for it, if a test has given one."""

    stand_ins: dict[str, Callable] = {}

    def __init__(self, *args: Any, name: str = "kernel", **kwargs: Any):
        self.name = next((x for x in args[self._place:] if isinstance(x, str)), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.name not in self.stand_ins:
            raise NotImplementedError(f"kernel {self.name!r} is CUDA C; put a NumPy function with its name into "
                                      f"cupy.{type(self).__name__}.stand_ins to test what is around it")
        met: list[ndarray] = []
        raw = _unwrap(args, met)
        _launch(self.name, met)
        return _wrap(self.stand_ins[self.name](*raw, **kwargs), met)


class ElementwiseKernel(_Kernel):
    """``ElementwiseKernel(in_params, out_params, operation, name)``."""

    _place = 3


class ReductionKernel(_Kernel):
    """``ReductionKernel(in_params, out_params, map, reduce, post_map, identity, name)``."""

    _place = 6


class RawKernel(_Kernel):
    """``RawKernel(code, name)``; its stand-in gets (grid, block, arguments)."""

    _place = 1
