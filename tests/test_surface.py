"""MXNet's public names are there, with its parameters; what is being built is listed, and the list only shrinks."""
import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

import cupynet as mx

ROOT = Path(__file__).resolve().parents[1]
loader = importlib.machinery.SourceFileLoader("surface", str(ROOT / "scripts" / "surface"))
spec = importlib.util.spec_from_loader("surface", loader)
surface = importlib.util.module_from_spec(spec)
loader.exec_module(surface)

OPEN = ROOT / "tests" / "data" / "mxnet-api-open.txt"  # a line for each name that somebody is building


def test_nothing_is_missing_but_what_is_being_built():
    absent = {name.full for gone in surface.missing().values() for name in gone if surface.reason(name) is None}
    listed = {line for line in OPEN.read_text().split() if not line.endswith(":differs")}
    assert not absent - listed, "these names of MXNet are gone"
    assert not listed - absent, f"these names are there now: take them out of {OPEN.name}"


def test_nothing_differs_but_what_is_being_built():
    different = {f"{name.full}:differs": text for name, text in surface.differences().items()}
    listed = {line for line in OPEN.read_text().split() if line.endswith(":differs")}
    assert not {name: text for name, text in different.items() if name not in listed}, "parameters differ from MXNet's"
    assert not listed - set(different), f"these are as MXNet's now, or named no more: take them out of {OPEN.name}"


def test_a_reason_is_given_only_for_what_is_missing():
    absent = {name for gone in surface.missing().values() for name in gone}
    needless = [pattern for pattern in surface.REASONS
                if not any(surface.reason(name, {pattern: "x"}) for name in absent)]
    assert not needless, "take these out of REASONS in scripts/surface"


THEIRS = "(self, a, b=2, *, c=None)"


@pytest.mark.parametrize("ours, found", [
    (lambda self, a, b=2, c=None: 0, None),
    (lambda self, *args, **kwargs: 0, None),
    (lambda self, a, b=2, *, c=0, d=1: 0, None),
    (lambda self, b, a=2, c=None: 0, "b in the place of a"),
    (lambda self, a, b, c=None: 0, "b is required"),
    (lambda self, a, b=3, c=None: 0, "b=3 instead of 2"),
    (lambda self, a, *, b=2, c=None: 0, "b cannot be given by position"),
    (lambda self, a, b=2: 0, "there is no c"),
    (lambda self, a, b=2, c=None, *, d: 0, "d is required"),
])
def test_differences_are_seen(monkeypatch, ours, found):
    monkeypatch.setattr(mx.name.Prefix, "planted", ours, raising=False)
    assert surface.difference(surface.Name("name", "Prefix.planted", THEIRS)) == found


def test_missing_names_are_seen(monkeypatch):
    monkeypatch.delattr(mx.name, "Prefix")
    assert {name.full for name in surface.missing()["name"]} == {"name.Prefix", "name.Prefix.get"}


def test_the_report(capsys, monkeypatch):
    monkeypatch.delattr(mx.name, "Prefix")
    monkeypatch.setattr(mx.name.NameManager, "get", lambda self, hint, name: name)
    assert surface.report(["name", "library"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert "name: 6 names, 2 missing" in lines and "    missing    Prefix(prefix)" in lines
    assert "    differs    NameManager.get: hint in the place of name" in lines
    assert "library: 1 names, 1 missing (loads operators compiled in C++ against MXNet's headers)" in lines


def test_every_module_is_among_the_names():
    assert {name.module for name in surface.names()} >= {
        "ndarray", "symbol", "autograd", "random", "operator", "metric", "initializer", "optimizer", "lr_scheduler",
        "context", "name", "attribute", "executor", "callback", "test_utils", "util", "base", "runtime", "engine",
        "misc", "contrib.autograd"}
