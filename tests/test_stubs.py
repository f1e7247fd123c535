"""The type stubs of the operator namespaces say what the registry says."""
import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("stubs", ROOT / "scripts" / "stubs.py")
stubs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stubs)


def test_stubs_are_fresh():
    assert not stubs.stale(), "run python scripts/stubs.py"


@pytest.mark.parametrize("path", stubs.TARGETS)
def test_stubs_are_python_and_define_each_name_once(path):
    tree = ast.parse(stubs.stub(*stubs.TARGETS[path]))
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    defined += [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert len(defined) == len(set(defined))
    prefix, _ = stubs.TARGETS[path]
    public = {name[len(prefix):] for name in stubs.catalog.names() if name.startswith(prefix)}
    assert set(defined) == {name for name in public if not name.startswith("_")}
