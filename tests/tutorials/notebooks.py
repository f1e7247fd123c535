"""Running the notebooks of ``tutorials/``: for their tests, and for ``scripts/notebooks.py``, which stores them."""
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parents[2] / "tutorials"
NAMES = sorted(path.stem for path in TUTORIALS.glob("*.ipynb"))
TIMES = "times"  # the tag of cells whose outputs are measured


def read(name):
    """Return a notebook as it is stored."""
    return nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4)


def executed(name):
    """Return a notebook with fresh outputs. Raises nbclient's CellExecutionError if a cell fails."""
    notebook = read(name)
    roots = os.pathsep.join([str(TUTORIALS.parent), os.environ.get("PYTHONPATH", "")])
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(TUTORIALS)}},
                            record_timing=False)
    client.execute(env={**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"})
    return notebook


def texts(cell):
    """Return what a cell prints and shows as text; a picture is told by its kind alone."""
    found = []
    for output in cell.get("outputs", ()):
        if output.output_type == "stream":
            found.append(output.text)
        elif "image/png" in output.data:
            found.append("(picture)\n")
        else:
            found.append(output.data.get("text/plain", "") + "\n")
    return "".join(found)
