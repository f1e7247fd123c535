"""Sessions with Gluon, as somebody types them: a file of statements in which ``ask("expression")`` notes an answer.

``scripts/oracle/gluon.py`` keeps what MXNet 1.9.1 answers, ``tests/gluon/test_sessions.py`` compares.
"""
import copy
import os
import pickle
import re
import tempfile
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np

SESSIONS = Path(__file__).parent / "sessions"
BUILTIN = (AssertionError, ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError,
           UserWarning, RuntimeError)
IDLE = ("Cannot decide type", "register_op_hook is experimental")  # warnings of MXNet's that help nobody


def tidied(text):
    """Text without what differs from run to run, or between the packages."""
    text = re.sub(r" ?For more info on naming, please see \S+", "", text)
    text = re.sub(r" object at 0x[0-9a-f]+>", ">", text)
    text = re.sub(r"_\d{12,}", "_ADDRESS", text)
    text = re.sub(r"mxnet\.[\w.]*?(\w+)(?=>|'>)", r"\1", text)
    return re.sub(r"cupynet\.[\w.]*?(\w+)(?=>|'>)", r"\1", text)


def answer(expression, names):
    """What an expression gives: its value, its error, what it printed and of what it warned."""
    printed = StringIO()
    with warnings.catch_warnings(record=True) as told, redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            text = repr(eval(expression, names))
        except Exception as error:
            kind = next((each.__name__ for each in BUILTIN if isinstance(error, each)), "Exception")
            first = str(error).split("\nStack")[0]
            text = f"{kind}: {first}"
    told = [f"UserWarning: {each.message}" for each in told
            if each.category is UserWarning and not str(each.message).startswith(IDLE)]
    return tidied("\n".join([*told, printed.getvalue().rstrip(), text]).strip())


def hold(name, mx):
    """Return the questions of a session and their answers."""
    asked = []
    names = {"mx": mx, "np": np, "nd": mx.nd, "autograd": mx.autograd, "gluon": mx.gluon, "nn": mx.gluon.nn,
             "copy": copy, "pickle": pickle, "__name__": "session"}
    names["ask"] = lambda expression: asked.append((expression, answer(expression, names)))
    code = compile((SESSIONS / f"{name}.py").read_text(), name, "exec")
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, mx.name.NameManager(), warnings.catch_warnings(), \
            redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        os.chdir(folder)
        mx.random.seed(17)
        try:
            exec(code, names)
        finally:
            os.chdir(before)
    return asked
