#!/usr/bin/env python3
"""Write the type stubs of the operator namespaces, whose functions are made at run time from the catalogue.

    python scripts/stubs.py            # write them
    python scripts/stubs.py --check    # fail if they are stale
"""
from __future__ import annotations

import argparse
import inspect
import keyword
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cupynet.ops import catalog  # noqa: E402
from cupynet.ops.op import Op  # noqa: E402
from cupynet.ops.schema import REQUIRED, DType, Floats, OptShape, Shape  # noqa: E402

# Stub file -> the prefix of the operators in it, and the class that they take and return.
TARGETS = {
    f"cupynet/{room}/{module}.pyi": (prefix, kind)
    for room, kind in (("ndarray", "NDArray"), ("symbol", "Symbol"))
    for module, prefix in (("op", ""), ("contrib", "_contrib_"), ("linalg", "_linalg_"), ("image", "_image_"))
}

HEADER = '''\
# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .{module} import {kind}

'''

_WORDS = {int: "int", float: "float", bool: "bool", str: "str", Shape: "int | Sequence[int]",
          OptShape: "Sequence[int | None]", Floats: "float | Sequence[float]", DType: "DTypeLike"}


def annotation(of: Any) -> str:
    """Return the annotation that a user sees for one of a kernel's attributes."""
    if of in _WORDS:
        return _WORDS[of]
    arguments = typing.get_args(of)
    if typing.get_origin(of) is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if typing.get_origin(of) in (typing.Union, types.UnionType):
        return " | ".join("None" if each is type(None) else annotation(each) for each in arguments)
    raise TypeError(f"no words for the annotation {of!r}")


def literal(default: Any) -> str:
    """Return the source of a default, or dots if it has none."""
    if isinstance(default, np.dtype):
        return repr(default.name)
    plain = isinstance(default, (bool, int, float, str, tuple, type(None)))
    return repr(default) if plain and "inf" not in repr(default) and "nan" not in repr(default) else "..."


def parameters(op: Op, kind: str) -> Iterator[str]:
    """Yield the parameters of the public function of `op`."""
    declared = inspect.signature(op.kernel_fn).parameters
    required = kind == "NDArray"  # a Symbol makes variables for the inputs that are left out
    for name in (name for name in op.inputs if name not in op.by_name):
        if name == op.variadic:
            yield f"*{name}: {kind} | Sequence[{kind}]"
            continue
        required &= declared[name].default is inspect.Parameter.empty and name not in op.when
        yield f"{name}: {kind}" if required else f"{name}: {kind} | None = None"
    required &= not op.variadic
    for name, (of, default) in op.schema.fields.items():
        if name == op.count:
            continue
        if name in op.ignores:
            yield f"{name}: Any = ..."
        else:
            required &= default is REQUIRED
            yield f"{name}: {annotation(of)}" + ("" if required or (op.variadic and default is REQUIRED)
                                                 else f" = {'...' if default is REQUIRED else literal(default)}")
    if not op.variadic:
        yield "*"
    for name in op.by_name:
        yield f"{name}: {kind}" + " | None = None" * (kind == "Symbol")
    if op.variadic and op.count:
        yield f"{op.count}: int = ..."
    if kind == "NDArray":
        yield "out: NDArray | Sequence[NDArray] | None = None"
    yield "name: str | None = None"
    if kind == "Symbol":
        yield "attr: dict[str, str] | None = None"
    elif not op.inputs and "ctx" not in op.schema.fields:
        yield "ctx: Any = None"
    if op.resolver is not None:
        yield "**kwargs: Any"


def returned(op: Op, kind: str) -> str:
    """Return what a call gives: one, a list, or Any where the attributes decide. A Symbol may have many outputs."""
    if kind == "Symbol":
        return kind
    count = op.visible if op.visible is not None else op.outputs if callable(op.outputs) else len(op.outputs)
    return "Any" if callable(count) else kind if count == 1 else f"list[{kind}]"


def function(op: Op, name: str, kind: str) -> str:
    """Return the stub of `op` under `name`, in one line or one parameter a line."""
    found = list(parameters(op, kind))
    line = f"def {name}({', '.join(found)}) -> {returned(op, kind)}:"
    if len(line) > 120:
        line = f"def {name}(\n    " + ",\n    ".join(found) + f",\n) -> {returned(op, kind)}:"
    summary = op.doc.split("\n\n")[0].replace("\n", " ").replace("\\", "\\\\")
    doc = f'    """{summary}"""' if len(summary) < 110 else f'    """{_wrapped(summary)}\n    """'
    return f"{line}\n{doc}\n"


def _wrapped(text: str) -> str:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 108:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return "\n    ".join([*lines, line])


def stub(prefix: str, kind: str) -> str:
    """Return the stub of the namespace of the operators whose names begin with `prefix`."""
    parts = [HEADER.format(module=kind.lower(), kind=kind)]
    for op in sorted(catalog.ops(), key=lambda op: op.name.lower()):
        names = [name[len(prefix):] for name in (op.name, *op.aliases) if name.startswith(prefix)]
        names = [name for name in names
                 if not name.startswith("_") and name.isidentifier() and not keyword.iskeyword(name)]
        if names:
            aliases = "".join(f"{alias} = {names[0]}\n" for alias in sorted(names[1:]))
            parts.append(function(op, names[0], kind) + aliases)
    return "\n".join(parts)


def stale() -> list[str]:
    """Return the stub files that are not what the declarations say."""
    return [path for path, what in TARGETS.items()
            if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != stub(*what)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a stub is stale")
    old = stale()
    if parser.parse_args().check:
        if old:
            raise SystemExit(f"stale: {', '.join(old)}; run python scripts/stubs.py")
        return
    for path in old:
        (ROOT / path).write_text(stub(*TARGETS[path]), encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
