"""The order of the rooms: each imports only from those above it."""
import ast
from pathlib import Path

import pytest

import cupynet

ROOT = Path(cupynet.__file__).parent
ROOMS = [
    "error",
    "dtypes",
    "c_api",
    "base",
    "nested",
    "libinfo",
    "download",
    "log",
    "opencv",
    "observe",
    "device",
    "engine",
    "runtime",
    "util",
    "context",
    "ops",
    "tape",
    "ndarray",
    "autograd",
    "random",
    "name",
    "attribute",
    "graph",
    "executor",
    "interpreted",
    "cached_op",
    "symbol",
    "control_flow",
    "operator",
    "registry",
    "initializer",
    "lr_scheduler",
    "optimizer",
    "metric",
    "recordio",
    "io",
    "image",
    "checkpoint",
    "callback",
    "kvstore",
    "monitor",
    "module",
    "executor_manager",
    "model",
    "rnn",
    "gluon",
    "visualization",
    "test_utils",
    "contrib",
    "misc",
    "tools",
    "compat",
    "__main__",
]
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path):
    """The rooms that a file imports from, wherever in the file the import stands."""
    package = ["cupynet", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            if module[:1] == ["cupynet"]:
                yield from [module[1]] if len(module) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "cupynet":
                    yield parts[1] if len(parts) > 1 else "cupynet"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_rooms_above(path):
    room = room_of(path)
    assert room in ROOMS, f"{room} has no place in the order of rooms"
    if room == "test_utils":
        return  # brings the whole package to old test files, as MXNet's does
    for other in imported_rooms(path):
        assert other in ROOMS[:ROOMS.index(room) + 1], f"{room} must not import from {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_imported_inside_a_function(path):
    """No imports of our own in functions to dodge a circle; optional packages may be loaded late."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                ours = isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("cupynet"))
                assert not ours


def test_only_the_device_room_knows_cupy():
    for path in FILES:
        if room_of(path) != "device":
            for node in ast.walk(ast.parse(path.read_text())):
                modules = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                    [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not any(m.split(".")[0] == "cupy" for m in modules), path
