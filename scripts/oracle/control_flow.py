"""Run loops and branches with MXNet 1.9.1 and store what they give.

Those of tests/control_flow_programs.py are run on arrays, those of tests/symbol/loops.py composed as symbols.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/control_flow.py
"""
import contextlib
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests import control_flow_programs as programs  # noqa: E402
from tests.symbol import loops  # noqa: E402

DATA = ROOT / "tests" / "data"


def arrays():
    found = {}
    for seed in range(programs.COUNT):
        values = programs.run_eagerly(mx, programs.Program(seed))
        row = np.concatenate([values[name].ravel() for name in sorted(values)])
        if np.isfinite(row).all():  # or memory behind the last step was not a number, and gradients with it
            found[str(seed)] = row
    path = DATA / "control_flow.npz"
    np.savez_compressed(path, **found)
    print(f"{path}: {len(found)} programs, {path.stat().st_size} bytes")


def symbols():
    with contextlib.redirect_stdout(io.StringIO()):
        found = {name: loops.observe(mx, name) for name in loops.CASES}
    path = DATA / "symbols" / "loops.json"
    path.write_text(json.dumps(found, indent=0) + "\n")
    print(f"{path}: {len(found)} symbols, {path.stat().st_size} bytes")


if __name__ == "__main__":
    arrays()
    symbols()
