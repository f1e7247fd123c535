"""Run the notebooks of ``tutorials/`` and store them with what they print and draw.

From the root of the clone, in an environment with the extra ``test``::

    python scripts/notebooks.py [NAME ...]
"""
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tutorials"))
from notebooks import NAMES, TUTORIALS, executed

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        notebook = executed(name)
        notebook.metadata.pop("language_info", None)  # of this Python's version, which says nothing
        nbformat.write(notebook, TUTORIALS / f"{name}.ipynb")
        print(name)
