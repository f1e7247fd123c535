"""The notebooks run from top to bottom, and come to what is stored in them."""
import sys
from pathlib import Path

import pytest
from old_programs import differences

sys.path.insert(0, str(Path(__file__).parent))
from notebooks import NAMES, TIMES, TUTORIALS, executed, read, texts


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_comes_to_what_is_stored(name):
    stored, found = read(name), executed(name)
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    again = [cell for cell in found.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for old, new in zip(cells, again):
        if TIMES not in old.metadata.get("tags", ()):
            told = differences(texts(new), texts(old), exact=0, rtol=0.05)
            assert not told, f"cell {old.id}:\n" + "\n".join(told)


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_small(name):
    path = TUTORIALS / f"{name}.ipynb"
    assert path.stat().st_size < 300_000
    assert f"tutorials/{name}.ipynb" in (TUTORIALS.parent / "README.md").read_text()
