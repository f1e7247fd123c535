"""Ask MXNet 1.9.1 what Module.fit logs and learns in the programs of tests/module/programs.py.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/module.py

It runs with two threads, and once more with one: how far MXNet then is from itself tells how far rounding leads in a
network with batch normalization, whose sums are rounded differently.
"""
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "module"))


def ask():
    """Print what MXNet logs and learns."""
    warnings.simplefilter("ignore")
    import mxnet as mx
    import programs
    print(json.dumps({name: programs.fit(mx, network, **options)
                      for name, (network, options) in programs.PROGRAMS.items()}))


if __name__ == "__main__":
    if "--ask" in sys.argv:
        ask()
        sys.exit()
    answers, alone = (json.loads(subprocess.run(
        [sys.executable, __file__, "--ask"], env={**os.environ, "OMP_NUM_THREADS": threads}, check=True,
        stdout=subprocess.PIPE).stdout) for threads in "21")
    for name, answer in answers.items():
        answer["losses of one thread"] = alone[name]["losses"]
    path = TESTS / "data" / "training" / "module.json"
    path.write_text(json.dumps(answers, indent=0) + "\n")
