"""Let MXNet 1.9.1 train and save the networks of tests/trained.py, or read what cupynet has saved.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/trained.py               # writes tests/data/trained
    python scripts/oracle/trained.py read FOLDER   # compares what comes of the files there with what comes of its own

The files to read are made by ``trained.write_again(cupynet, DATA, FOLDER)``, with tests/data/trained as DATA.
"""
import json
import shutil
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS))
import trained  # noqa: E402

DATA = TESTS / "data" / "trained"


def difference(found, expected):
    """Return the largest difference between two nested answers."""
    if isinstance(expected, dict):
        return max(difference(found[key], expected[key]) for key in expected)
    return float(max(np.abs(np.ravel(a) - np.ravel(b)).max() for a, b in zip(found, expected)))


def rounded(value):
    """Return numbers with the digits that float32 has."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else float(f"{value:.7g}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        found, expected = trained.answers(mx, sys.argv[2]), json.loads((DATA / "answers.json").read_text())
        print({key: difference(found[key], expected[key]) for key in expected})
        sys.exit()
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    trained.write(mx, DATA)
    (DATA / "answers.json").write_text(json.dumps(rounded(trained.answers(mx, DATA))))
    print(len(list(DATA.iterdir())), sum(path.stat().st_size for path in DATA.iterdir()))
