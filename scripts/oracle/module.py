"""Ask MXNet 1.9.1 what Module.fit logs and learns in the programs of tests/module/programs.py.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/module.py
"""
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "module"))
import programs  # noqa: E402

if __name__ == "__main__":
    answers = {}
    for name, (network, options) in programs.PROGRAMS.items():
        answers[name] = programs.fit(mx, network, **options)
        print(name, answers[name]["lines"][-2:])
    path = TESTS / "data" / "training" / "module.json"
    path.write_text(json.dumps(answers, indent=0) + "\n")
