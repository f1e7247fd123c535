"""Run the loops and branches of tests/control_flow_programs.py with MXNet 1.9.1 and store what they give.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/control_flow.py
"""
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests import control_flow_programs as programs  # noqa: E402

if __name__ == "__main__":
    found = {}
    for seed in range(programs.COUNT):
        values = programs.run_eagerly(mx, programs.Program(seed))
        found[str(seed)] = np.concatenate([values[name].ravel() for name in sorted(values)])
    path = ROOT / "tests" / "data" / "control_flow.npz"
    np.savez_compressed(path, **found)
    print(f"{path}: {len(found)} programs, {path.stat().st_size} bytes")
