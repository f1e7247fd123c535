"""The examples in docstrings and in the README, run as they stand."""
import doctest
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import cupynet
from cupynet.ops import catalog

MODULES = ["cupynet", *(m.name for m in pkgutil.walk_packages(cupynet.__path__, "cupynet."))]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("name", MODULES)
def test_examples_of(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with cupynet.cpu(), np.printoptions():  # which examples may change
        result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS, extraglobs={"mx": cupynet})
    assert result.failed == 0


@pytest.mark.parametrize("op", [op for op in catalog.ops() if ">>>" in op.doc], ids=lambda op: op.name)
def test_examples_of_operators(op):
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    with cupynet.cpu():
        runner.run(doctest.DocTestParser().get_doctest(op.doc, {"mx": cupynet}, op.name, None, None))
    assert runner.summarize().failed == 0


def test_examples_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    readme = Path(__file__).parents[1] / "README.md"
    with cupynet.cpu(), np.printoptions():  # which examples may change
        result = doctest.testfile(str(readme), module_relative=False, optionflags=FLAGS)
    assert result.failed == 0 and result.attempted > 0
