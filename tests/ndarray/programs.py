"""Little programs over NDArray, Symbol and Executor, drawn at random, that MXNet and cupynet must answer alike.

A program is Python source over the names ``mx``, ``nd``, ``np``, ``a`` (which makes an array) and a few modules. What
it leaves in its variables, or the error in which it ends, is described in text that does not depend on the library.
``scripts/oracle/array_programs.py`` asks MXNet 1.9.1 and keeps short hashes of what it answers;
``test_programs.py`` runs the same programs here.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import re
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ndarray.vocabulary import (
    BINDINGS,
    CALLS,
    CONVERSIONS,
    COPIES,
    EXECUTOR_CALLS,
    FUNCTIONS,
    GRAPHS,
    METHODS,
    PRINTS,
    PROPERTIES,
    STEPS,
    SYMBOL_CALLS,
    TYPICAL,
)

FLOATS = ("float32", "float32", "float32", "float64", "float16")
DTYPES = (*FLOATS, "int32", "int64", "uint8", "int8", "bool")
SHAPES = ((2, 3), (2, 3), (3,), (4,), (1,), (3, 1), (1, 3), (2, 3, 4), (2, 1, 3), (5, 2), (1, 1), (2, 2, 2, 2))


# ---- running ----------------------------------------------------------------------------------------


def values(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return small numbers that every dtype holds exactly."""
    drawn = np.random.RandomState(seed).randint(-6, 7, shape)
    kind = np.dtype(dtype).kind
    return (drawn / 2 if kind == "f" else np.abs(drawn) if kind == "u" else drawn > 0 if kind == "b" else drawn
            ).astype(dtype)


def number(x: Any, digits: int = 4) -> str:
    if isinstance(x, (float, np.floating)):  # no sign of zero, which depends on the processor; no ties of rounding
        return f"{float(x) * 1.00003 + 0.0:.{digits}g}"
    return str(x.item() if isinstance(x, np.generic) else x)


def describe(x: Any) -> str:
    """Return what `x` is, in words that are the same for both libraries."""
    kind = type(x).__name__
    if kind in ("Symbol", "Executor"):
        return kind if kind == "Executor" else f"{kind} {x.name} {x.list_outputs()}"
    if hasattr(x, "asnumpy"):
        stored = x.asnumpy() if getattr(x, "stype", "default") == "default" else x.tostype("default").asnumpy()
        return f"{kind} {x.context} {describe(stored)}"
    if isinstance(x, np.ndarray):
        digits = 3 if x.dtype == "float16" else 4
        return f"array {x.dtype} {x.shape} [{' '.join(number(each, digits) for each in x.reshape(-1).tolist())}]"
    if isinstance(x, np.generic):
        return f"{x.dtype} {number(x)}"
    if isinstance(x, (list, tuple)):
        return f"{kind}({', '.join(map(describe, x))})"
    if isinstance(x, dict):
        return "{" + ", ".join(f"{describe(k)}: {describe(v)}" for k, v in sorted(x.items(), key=str)) + "}"
    if isinstance(x, type):
        return f"class {x.__name__}"
    if isinstance(x, float):
        return f"float {number(x)}"
    return f"{kind} {x!r}" if isinstance(x, (bool, int, str, bytes, type(None))) else kind


def answer(mx: Any, source: str) -> str:
    """Run a program; return the description of its variables, or ``!`` and the classes of the error."""
    def a(seed: int, shape: Any, dtype: str = "float32") -> Any:
        return mx.nd.array(values(seed, shape, dtype), dtype=dtype)

    names = {"mx": mx, "nd": mx.nd, "np": np, "a": a, "copy": copy, "pickle": pickle, "values": values,
             "autograd": mx.autograd, "trip": lambda data: _trip(mx, data)}
    given = set(names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(source, names)
        return "; ".join(f"{name} = {describe(names[name])}" for name in sorted(names.keys() - given) if name[0] != "_")
    except Exception as error:
        return "!" + " ".join(each.__name__ for each in type(error).__mro__[:-3])


def agrees(want: str, found: str) -> bool:
    """Whether `found` is the answer `want` of MXNet's: an error may be of a subclass."""
    if not want.startswith("!"):
        return found == want
    kind = want[1:].split(maxsplit=1)[0]
    return found.startswith("!") and (kind in found[1:].split() or kind == "AssertionError")


def perform_line(mx: Any, line: str) -> str:
    return answer(mx, json.loads(line))


# What is answered otherwise than by MXNet, and why.
APART = [(re.compile(pattern, re.DOTALL), why) for pattern, why in (
    (r"int8'\).*norm\(|int\d\d'\).*norm\(", "MXNet takes the root of what whole numbers of few bits add up to"),
    (r"'add'.*(astype|cast|as_in_context|mean\()", "a gradient that is added to is overwritten, or divided again"),
    (r"float16'\).*(softmin|softmax|sigmoid|exp|log)", "half precision is rounded at other steps"),
    (r"reshape\([^;\n]*\)(; e\.arg_dict[^;]*|; e\.copy_params[^;]*)*\n *r = e\.out", "nobody has computed the outputs"),
    (r"BatchNorm.*e\.(outputs|output_dict|aux|grad)", "differences of two numbers are rounded"),
    (r"infer_shape_partial", "more is inferred here"), (r"load_json\('", "MXNet's own message is no text"),
    (r"attach_grad\(", "KeyError for an unknown request, ValueError for an unknown storage"),
    (r"nd\.(divide|modulo|multiply|add|subtract|power)\([^a]*np\.float32", "NumPy 2 keeps float32 beside numbers"),
)]


def apart(source: str) -> str | None:
    """Return why the answer to `source` may be another than MXNet's; None if it may not."""
    return next((why for pattern, why in APART if pattern.search(source)), None)


def _trip(mx: Any, data: Any) -> Any:
    """Save and load again."""
    with tempfile.TemporaryDirectory() as folder:
        mx.nd.save(os.path.join(folder, "x"), data)
        return mx.nd.load(os.path.join(folder, "x"))


def hashed(text: str) -> str:
    """Return a short hash of an answer; errors keep their class."""
    return text.split(maxsplit=1)[0] if text.startswith("!") else hashlib.md5(text.encode()).hexdigest()[:5]


# ---- drawing ----------------------------------------------------------------------------------------


class Draw:
    """Draws programs from a seed."""

    def __init__(self, seed: int):
        self.random = np.random.RandomState(seed)
        self.once = False  # whether keys name no place twice

    def below(self, n: int) -> int:
        return int(self.random.randint(n))

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == 0

    def pick(self, items: Any) -> Any:
        return items[self.below(len(items))]

    def array(self, shape: Any = None, dtype: str | None = None) -> str:
        shape = self.pick(SHAPES) if shape is None else shape
        dtype = self.pick(DTYPES) if dtype is None else dtype
        return f"a({self.below(1000)}, {shape}, {dtype!r})"

    def number(self) -> str:
        return self.pick(("2", "-3", "0", "1", "0.5", "-1.5", "2.0", "True", "np.float32(1.5)", "np.int64(2)",
                          "np.float64(-0.5)", "np.int32(-1)", "np.bool_(True)", "np.uint8(3)", "1e3", "-0.0"))

    def odd(self) -> str:
        """Something that is rarely meant."""
        return self.pick(("None", "'2'", "[1, 2]", "(1.0,)", "np.ones(3)", "np.array(2.0)", "object()", "1j", "'x'",
                          "np.float32", "[]", "{}"))

    # arithmetic

    def arithmetic(self) -> str:
        shape, dtype = self.pick(SHAPES), self.pick(DTYPES)
        x = self.array(shape, dtype)
        other = self.pick((
            lambda: self.array(shape, dtype), lambda: self.array(shape, dtype), self.number, self.number, self.number,
            lambda: self.array(self.pick(SHAPES), dtype), lambda: self.array(shape), self.odd, lambda: "x"))()
        op = self.pick("+ - * / % ** == != < <= > >=".split() * 3 + ["//", "@", "&", "|", "^"])
        return self.pick((
            lambda: f"x = {x}; y = {other}; r = x {op} y",
            lambda: f"x = {x}; y = {other}; r = y {op} x",
            lambda: f"x = {x}; y = {other}; k = x; x {self.pick(('+', '-', '*', '/', '%', '**', '//'))}= y; s = k is x",
            lambda: f"x = {x}; r = {self.pick(('-x', 'abs(x)', '+x', '~x', 'not x', 'divmod(x, 2)', 'pow(x, 2)'))}",
            lambda: f"x = {x}; y = {other}; r = nd.{self.pick(FUNCTIONS)}(x, y)",
            lambda: f"x = {x}; y = {other}; r = nd.{self.pick(FUNCTIONS)}(y, x)",
            lambda: f"r = nd.{self.pick(FUNCTIONS)}({self.number()}, {self.number()})",
            lambda: f"x = {x}; r = sum([x, x]); s = {self.pick(('max', 'min', 'sorted'))}([1, 2])",
        ))()

    # keys

    def bound(self, n: int) -> str:
        return self.pick(("", "", str(self.below(n + 1)), str(-self.below(n + 2)), str(n + 2), "None"))

    def item(self, n: int, basic: bool = False) -> str:
        kinds: list[Callable[[], str]] = [
            lambda: str(self.below(n)), lambda: str(-1 - self.below(n)), lambda: ":", lambda: ":",
            lambda: f"{self.bound(n)}:{self.bound(n)}", lambda: f"{self.bound(n)}:{self.bound(n)}",
            lambda: f"{self.bound(n)}:{self.bound(n)}:{self.pick(('1', '2', '-1', '-2', '3', '0'))}",
            lambda: ":" if self.once else "None", lambda: "...", lambda: f"np.int64({self.below(n)})"]
        if not basic:
            kinds += [
                lambda: str(self.places(n)), lambda: str([place - n * (not self.once) for place in self.places(n)]),
                lambda: f"np.array({self.places(n)}, 'int32')", lambda: f"np.array({[self.places(n)]})",
                lambda: f"nd.array({self.places(n)})", lambda: f"nd.array({self.places(n)}, dtype='int32')",
                lambda: f"({', '.join(map(str, self.places(n)))},)",
                lambda: f"[{self.pick(('True', 'False')) if n > 1 else 'False'}]"]
            if self.once:
                return self.pick(kinds)()
            kinds += [
                lambda: f"np.array({[[self.below(n) for _ in range(2)] for _ in range(2)]}, 'int32')",
                lambda: str([bool(self.below(2)) for _ in range(n)]),
                lambda: f"np.array({[bool(self.below(2)) for _ in range(n)]})",
                lambda: f"nd.array({[self.below(2) for _ in range(n)]}, dtype='bool')",
                lambda: self.pick(("1.0", "'a'", "2.5", str(n), str(-n - 1), "range(2)", "np.array(1)", "nd.array([1])",
                                   "np.float32(1)", "slice(None)", "[[0, 1], [1, 0]]"))]
        return self.pick(kinds)()

    def places(self, n: int) -> list[int]:
        if self.once:
            return self.random.permutation(n)[:1 + self.below(3)].tolist()
        return [self.below(n) for _ in range(1 + self.below(3))]

    def key(self, shape: tuple[int, ...], basic: bool = False) -> str:
        if not (basic or self.once) and self.chance(12):
            return self.pick(("x > 0", "x", "()", "(None,)", "...", "x.asnumpy() > 0", "(x > 0).astype('bool')",
                              "[[0], [1]]", "nd.array([[0, 1]])", "slice(0, 2)", "(slice(None), 0)", "None, ..."))
        count = min(1 + self.below(len(shape) + (1 if self.chance(8) else 0)), 5)
        items, axis = [], 0
        for _ in range(count):
            # MXNet puts new axes elsewhere than NumPy where there are arrays, too
            many = any(mark in "".join(items) for mark in "[(") and self.once
            item = self.item(shape[min(axis, len(shape) - 1)], basic or many or "None" in items)
            if item == "None" and any(mark in "".join(items) for mark in "[("):
                continue
            axis += item != "None"
            items.append(item)
        return ", ".join(items) or "0"

    def value(self, shape: tuple[int, ...]) -> str:
        return self.pick((
            self.number, self.number, lambda: self.array(shape), lambda: self.array(shape[1:] or (1,)),
            lambda: self.array((1,)), lambda: f"values({self.below(99)}, {shape}, 'float64')",
            lambda: f"np.array({self.below(9)}.5)", lambda: str(list(range(shape[-1]))),
            lambda: self.array(self.pick(SHAPES)), lambda: "x.copy()", lambda: "x[0].copy()", self.odd))()

    def getting(self) -> str:
        shape, dtype = self.pick(SHAPES), self.pick(DTYPES)
        return f"x = {self.array(shape, dtype)}; r = x[{self.key(shape)}]"

    def setting(self) -> str:
        shape, dtype = self.pick(SHAPES), self.pick(DTYPES)
        self.once = True
        key = self.key(shape)
        self.once = False
        made = f"x = {self.array(shape, dtype)}"
        if "[" in key or "(" in key:  # MXNet writes elsewhere where positions are negative
            key = re.sub(r"(?<![\d:])-\d", "0", key)
        if self.chance(2):
            return f"{made}; x[{key}] = {self.value(shape)}"
        if self.chance(3):
            return f"{made}; x[{key}] {self.pick('+-*/')}= {self.value(shape)}"
        return f"{made}; r = x[{key}].shape; x[{key}] = values({self.below(99)}, r, {self.pick(DTYPES)!r})"

    def viewing(self) -> str:
        shape = self.pick(SHAPES)
        view = self.pick((
            f"x[{self.key(shape, True)}]", f"x[{self.key(shape, True)}]", "x.reshape(-1)", "x.reshape((-1, 1))", "x.T",
            "x.flatten()", "x.flatten(inplace=True)", "x.expand_dims(0)", "x.expand_dims(0, inplace=True)",
            "x.squeeze()", "x.squeeze(inplace=True)", "x.detach()", "x.astype('float32', copy=False)", "x.copy()",
            "x.as_in_context(mx.cpu())", "x.reshape_like(x)", "x.slice_axis(axis=0, begin=0, end=1)", "nd.array(x)",
            "x.astype('float32')", "x.tostype('default')", "nd.identity(x)", "nd.concatenate([x], always_copy=False)",
            "x.as_nd_ndarray()", "x.transpose()", "x.broadcast_to(x.shape)", "nd.split_v2(x, 1)[0]", "copy.copy(x)",
            "copy.deepcopy(x)", "x.swapaxes(0, 0)", "x.asnumpy()", "nd.reshape(x, (-1,))", "x.copyto(mx.cpu(0))",
            "x.copyto(x)", "nd.stop_gradient(x)", "x.clip(-9, 9)", "x.abs()"))
        return (f"x = {self.array(shape, 'float32')}; y = {view}; s = y is x; "
                f"{self.pick(('y[:] = 9', 'y += 1', 'x[:] = 9', 'x *= 2', 'y[0] = 5', 'y[:] = y'))}")

    # methods

    def arguments(self) -> str:
        """Some arguments that no method in particular is meant for."""
        return ", ".join(self.pick((
            "0", "1", "-1", "2", "(0, 1)", "axis=0", "axis=-1", "axis=(0,)", "axis=None", "keepdims=True", "axis=5",
            "dtype='int32'", "foo=1", "out=None", "name='n'", "x", "None", "shape=(3, 2)", "'0'", "axis='1'",
            "np.int64(1)", "[0, 1]", "exclude=True", "k=1", "depth=4", "axis=np.int64(0)", "keepdims=1", "axis=[0, 1]",
            "begin=0, end=1", "a_min=0, a_max=1", "ord=1")) for _ in range(self.below(3)))

    def methods(self) -> str:
        x, name = self.array(), self.pick(METHODS)
        if self.chance(3) or name not in TYPICAL:
            return f"x = {x}; r = x.{name}({self.arguments()})"
        return f"x = {x}; r = x.{name}({self.pick(TYPICAL[name])})"

    def properties(self) -> str:
        return f"x = {self.array()}; r = x.{self.pick(PROPERTIES)}"

    def conversions(self) -> str:
        return f"x = {self.array(self.pick((*SHAPES, (1,), (1, 1), (1,))))}; r = {self.pick(CONVERSIONS)}"

    def copies(self) -> str:
        shape = self.pick(SHAPES)
        return (f"x = {self.array(shape)}; y = {self.array(self.pick((shape, shape, None)))}; "
                f"r = {self.pick(COPIES)}")

    # making arrays

    def shape(self) -> str:
        return self.pick(("(2, 3)", "3", "(2,)", "[2, 2]", "(1, 2, 2)", "np.int64(2)", "(np.int32(2), 1)", "0", "(0,)",
                          "(2, 0)", "()", "-1", "(2, -1)", "None", "'x'", "'(2, 3)'", "2.0", "(2.5,)", "(2.0, 1)",
                          "nd.array([2, 3])", "np.array([2, 1])", "True", "(2, 'a')", "[[1, 2]]", "'3'", "{}"))

    def dtype(self) -> str:
        return self.pick(("None", "'float32'", "'float64'", "'float16'", "'int32'", "'int64'", "'uint8'", "'int8'",
                          "'bool'", "np.float64", "np.int32", "np.bool_", "bool", "int", "float",
                          "np.dtype('float16')", "'uint16'", "'complex64'", "'x'", "0", "object", "'int16'",
                          "np.uint32", "'f4'", "'<f8'", "''", "'default'", "nd.array([1]).dtype"))

    def context(self) -> str:
        return self.pick(("None", "mx.cpu()", "mx.cpu(1)", "mx.cpu_pinned()", "'cpu'", "mx.Context('cpu', 0)", "0"))

    def creation(self) -> str:
        name, positional = self.pick((
            ("zeros", (self.shape,)), ("ones", (self.shape,)), ("full", (self.shape, self.scalar)),
            ("empty", (self.shape,)), ("array", (self.source,)), ("array", (self.source,)), ("array", (self.source,)),
            ("arange", (self.scalar,)), ("arange", (self.scalar, self.scalar)),
            ("arange", (self.scalar, self.scalar, self.scalar)), ("linspace", (self.scalar, self.scalar, self.count)),
            ("eye", (self.count,)), ("eye", (self.count, self.count)), ("eye", (self.count, self.count, self.count)),
            ("zeros_like", (self.array,)), ("ones_like", (self.array,)), ("full_like", (self.array, self.scalar)),
            ("random.uniform", ()), ("random.normal", ()), ("random.randint", (self.scalar, self.scalar)),
            ("random.exponential", ()), ("random.poisson", ()), ("random.gamma", ())))
        given = [draw() for draw in positional]
        random = name.startswith("random.")
        options = [
            ("dtype", self.dtype), ("dtype", self.dtype), ("ctx", self.context),
            ("foo", self.scalar), ("out", lambda: "None"), ("name", lambda: "'n'"), ("stype", lambda: "'default'"),
            ("repeat", self.count), ("endpoint", lambda: "False"), ("infer_range", lambda: "False"),
            ("shape", self.shape)]
        chosen = [self.pick(options[:3]), options[-1]] if random else [
            self.pick(options) for _ in range(self.below(3))]
        for option, draw in dict(chosen).items():
            given.append(f"{option}={draw()}")
        given = sorted(given, key=lambda text: "=" in text and "(" not in text.split("=")[0])
        made = f"r = nd.{name}({', '.join(given)})"
        return f"{made}; r = r.shape, r.dtype, r.context" if random or name == "empty" else made

    def scalar(self) -> str:
        return self.pick(("0", "1", "2", "5", "-2", "0.5", "-1.5", "None", "np.int64(3)", "np.float32(0.5)", "True",
                          "'3'", "1e10", "float('nan')", "nd.array([2])", "10"))

    def count(self) -> str:
        return self.pick(("0", "1", "2", "3", "3", "4", "-1", "None", "np.int64(2)", "2.0", "'3'", "1.5", "True"))

    def source(self) -> str:
        return self.pick((
            "[1, 2]", "[[1, 2], [3, 4.5]]", "[]", "[[]]", "3", "2.5", "True", "[True, False]", "np.arange(3)",
            "np.arange(4.).reshape(2, 2).T", "np.array(2)", "np.array([[1]], 'int8')", "np.ones((2, 0))", "(1, 2)",
            "'x'", "['a']", "None", "[None]", "[[1], [2, 3]]", "range(3)", "{1: 2}", "np.float32(2)", "[1e40, 1]",
            "[nd.array([1, 2])]", "[nd.array([1]), nd.array([2])]", self.array(), self.array(), "np.array([1j])",
            "np.array(['a'])", "np.array([1, 2], 'uint16')", "np.array([1, 2], '>f4')", "[float('nan'), -0.0]", "[-1]",
            "np.array([300, -1])", "iter([1])", "b'ab'", "[np.float64(1), np.int8(2)]", "np.ones((2, 3))[:, ::2]",
            "np.array([True])", "np.array([1.5], 'float16')", "[[nd.array([1, 2]), nd.array([3, 4])]]", "{1, 2}",
            "memoryview(b'ab')"))

    # gradients

    def gradients(self) -> str:
        shape, dtype = self.pick(SHAPES), self.pick(FLOATS)
        self.once = True
        key = self.key(shape)
        self.once = False
        attach = f"x = {self.array(shape, dtype)}; x.attach_grad({self.pick(('', '', chr(39) + 'add' + chr(39)))})"
        body = self.pick((
            f"y = x[{key}] * 2", f"y = x[{key}] * x[{key}]", f"y = x[{key}]; y = (y * y).sum()",
            f"y = x * 2; y = y[{key}] * y[{key}]", f"y = x.reshape(-1)[{self.item(4, True)}] * 3",
            f"y = nd.zeros({shape}, dtype={dtype!r}); y[{key}] = x[{key}]",
            f"y = nd.zeros({shape}, dtype={dtype!r}); y[{key}] = x[{key}] * 2; y = y * x",
            f"y = x * 1; y[{key}] = 0", f"y = x * x; y[{key}] += 1", "y = x * 2; y += x",
            "y = x + 1; x += 1; y = y * x",
            f"y = x.{self.pick(METHODS)}({self.arguments()}) * 1", "y = x.detach() * x", "y = x.copy() * x",
            "y = x.as_in_context(mx.cpu(1)) * 2", "y = x.astype('float64') * 2", "y = x.squeeze() * 2",
            "y = sum(list(x))", "y = x.T * 2", "y = x.flatten() * 3", "y = x.expand_dims(0) * 3",
            "y = x.copyto(mx.cpu(0)) * x", "z = nd.zeros(x.shape, dtype=x.dtype); x.copyto(z); y = z * x",
            "y = nd.array(x) * 2", "y = x.slice_assign(x * 0, (0,), (1,), (1,)) * 2", f"y = x {self.pick('+-*/%')} x"))
        end = self.pick(("y.backward()", "y.backward()", "y.backward(); y.backward()",
                         "y.backward(nd.ones_like(y) * 3)",
                         "y.backward(retain_graph=True); y.backward()", "autograd.backward([y])", "y.sum().backward()",
                         "autograd.backward(y, nd.ones(y.shape, dtype=y.dtype))", "y.backward(train_mode=False)"))
        train = self.pick(("", "", "", "train_mode=False"))
        lines = [attach, f"with autograd.record({train}):", *(f"    {part}" for part in body.split("; ")),
                 end, "g = x.grad", "f = bool(x._fresh_grad)"]
        return "\n".join(lines)

    # symbols and executors

    def graph(self) -> str:
        """Source that makes the symbol ``s`` of the variables x, y and w."""
        one = self.pick(GRAPHS)
        return ("x = mx.sym.Variable('x'); y = mx.sym.var('y', shape=(2, 3)); w = mx.sym.Variable('w', lr_mult=2); "
                f"s = {one}")

    def symbols(self) -> str:
        return f"with mx.name.NameManager():\n    {self.graph()}\n    r = {self.pick(SYMBOL_CALLS)}"

    def executors(self) -> str:
        bound = self.pick(BINDINGS)
        steps = "; ".join(self.pick(STEPS) for _ in range(1 + self.below(4)))
        seen = self.pick(EXECUTOR_CALLS)
        return (f"with mx.name.NameManager():\n    {self.graph()}\n    e = {bound}\n"
                "    for k, v in sorted(e.arg_dict.items()): v[:] = values(len(k), v.shape, 'float32')\n"
                f"    {steps}\n    r = {seen}; e = 0; k = v = 0")

    # text and files

    def printing(self) -> str:
        return f"x = {self.array(self.pick((*SHAPES, (1,), (40,), (30, 40))))}; r = {self.pick(PRINTS)}"

    def files(self) -> str:
        made = self.array(), self.array()
        data = self.pick((
            f"[{made[0]}, {made[1]}]", f"{{'u': {made[0]}, 'v': {made[1]}}}", made[0], "[]", "{}", f"({made[0]},)",
            f"{{'arg:w': {made[0]}}}", f"{{1: {made[0]}}}", "[1]", "None", f"[{made[0]}, 2]", f"{{'': {made[0]}}}",
            f"[{made[0]}.values()]" if self.chance(9) else f"[{made[0]}, {made[0]}]"))
        return self.pick((f"r = trip({data})", f"r = trip({data})", f"r = pickle.loads(pickle.dumps({data}))",
                          f"r = copy.deepcopy({data})", "r = nd.load('/nowhere/x')", "r = nd.load(3)",
                          f"r = nd.load_frombuffer({self.pick(('b' + chr(39) * 2, 'None', '3', 'b' + repr('abc')))})"))

    def functions(self) -> str:
        shape, dtype = self.pick(SHAPES), self.pick(DTYPES)
        made = f"x = {self.array(shape, dtype)}; y = {self.array(self.pick((shape, shape, None)), dtype)}"
        return f"{made}; r = {self.pick(CALLS)}"

    def program(self, family: str) -> str:
        source = getattr(self, family)()
        if self.chance(10):
            source = "with mx.np_shape(True):\n" + "\n".join("    " + line for line in source.split("\n"))
        return source


FAMILIES = {"arithmetic": 260, "getting": 300, "setting": 340, "viewing": 120, "methods": 400, "properties": 50,
            "conversions": 100, "copies": 130, "creation": 420, "gradients": 300, "printing": 80, "files": 60,
            "functions": 160, "symbols": 400, "executors": 300}


def stored_form(mx: Any, source: str, want: str) -> str:
    """Return what is kept of MXNet's answer `want`.

    A hash; ``!`` and the class of an error; ``+`` where MXNet raises an error and `mx` has an answer; ``?`` where
    the answer is not compared.
    """
    found = answer(mx, source)
    if want == "?" or (apart(source) and not agrees(want, found)):
        return "?"
    if want.startswith("!"):
        return hashed(want) if found.startswith("!") else "+"
    return hashed(want)


def difference(mx: Any, source: str, kept: str) -> str | None:
    """Say how the answer of `mx` differs from a kept one, None if it does not."""
    found = answer(mx, source)
    if kept == "?":
        return None
    if kept == "+" or kept.startswith("!"):
        return None if found.startswith("!") is (kept != "+") else f"{found}, expected {kept}"
    return f"{found}, which is not MXNet's" if hashed(found) != kept else None


def programs(family: str, seed: int = 0) -> list[str]:
    """Return the programs of a family."""
    draw = Draw(1000 * list(FAMILIES).index(family) + seed)
    return [draw.program(family) for _ in range(FAMILIES[family])]
