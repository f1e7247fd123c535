"""``python -m cupynet script.py args...``: run a program that says ``import mxnet``.

As with Python itself, ``-m module``, ``-c code`` and ``-`` (standard input) stand in the place of a script.
"""
from __future__ import annotations

import os
import runpy
import sys
import traceback
from types import ModuleType, TracebackType

from .compat import install
from .libinfo import cupynet_version

_USAGE = """usage: python -m cupynet [--version] script.py [argument ...]
       python -m cupynet -m module [argument ...]
       python -m cupynet -c code [argument ...]

Runs a program with `import mxnet` answered by cupynet, and with the names that NumPy has removed since MXNet's days."""


def _without_us(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback that begins in the program, as Python would."""
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, runpy.__file__, "<frozen runpy>"):
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def _execute(code: str | bytes, file: str) -> None:
    """Run `code` as the module ``__main__``."""
    module = ModuleType("__main__")
    module.__builtins__ = __builtins__
    if not file.startswith("<"):
        module.__file__ = file
    sys.modules["__main__"] = module
    exec(compile(code, file, "exec", dont_inherit=True), module.__dict__)


def main(arguments: list[str]) -> None:
    """Run what the command line names."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return
    first, rest = arguments[0], arguments[1:]
    if first in ("-V", "--version"):
        print(f"cupynet {cupynet_version}")
        return
    if first in ("-m", "-c") and not rest:
        raise SystemExit(f"python -m cupynet: {first} needs an argument\n{_USAGE}")
    install()
    sys.excepthook = _without_us
    if first == "-m":
        sys.argv, sys.path[0] = rest, os.getcwd()
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        _execute(rest[0], "<string>")
    elif first == "-":
        sys.argv, sys.path[0] = arguments, ""
        _execute(sys.stdin.read(), "<stdin>")
    elif first.startswith("-"):
        raise SystemExit(f"python -m cupynet: unknown option {first}\n{_USAGE}")
    else:
        if not os.path.isfile(first):
            raise SystemExit(f"python -m cupynet: can't open file {os.path.abspath(first)!r}: no such file")
        sys.argv, sys.path[0] = arguments, os.path.dirname(os.path.abspath(first))
        with open(first, "rb") as file:
            code = file.read()
        _execute(code, first)


if __name__ == "__main__":
    main(sys.argv[1:])
