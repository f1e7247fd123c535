"""Run the old programs of ``tests/programs`` by MXNet 1.9.1, and keep what they print beside them.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/programs.py [NAME ...]

MXNet runs with two threads. With one, the networks with batch normalization print other digits after some steps: the
sums of the normalization are rounded differently then, and a rectifier passes on what it has stopped before.
"""
import sys
import tempfile
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "tests" / "programs"
sys.path.insert(0, str(PROGRAMS.parent))
from old_programs import run  # noqa: E402

if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in PROGRAMS.glob("*.py")):
        with tempfile.TemporaryDirectory() as folder:
            done = run(PROGRAMS / f"{name}.py", [sys.executable, "-W", "ignore"], folder, "MXNet", OMP_NUM_THREADS="2")
        if done.returncode:
            print(f"{name} failed:\n{done.stdout}\n{done.stderr}")
        else:
            (PROGRAMS / f"{name}.out").write_text(done.stdout)
            print(name)
