"""Ask MXNet 1.9.1 what the programs of tests/contrib/svrg_programs.py log and learn.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/svrg.py
"""
import json
import sys
from pathlib import Path

import mxnet as mx
from mxnet.contrib.svrg_optimization.svrg_module import SVRGModule

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "contrib"))
import svrg_programs  # noqa: E402

if __name__ == "__main__":
    answers = {name: svrg_programs.fit(mx, SVRGModule, **options) for name, options in svrg_programs.PROGRAMS.items()}
    (TESTS / "data" / "contrib" / "svrg.json").write_text(json.dumps(answers, indent=0) + "\n")
    print({name: lines[-1] for name, (lines, _) in answers.items()})
